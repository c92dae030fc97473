// Invariants of the protocol (section 13 of the reference), checked on the facts of each step. Each
// is one sentence, one function, and has a mutant that it must catch (tests/mutants).
//
// Kafka may lose data after a power loss, a disk loss, an unclean election, or by the truncation
// rules before 2.8. A violation after such an event is reported as permitted: it is the story of
// the scenario, not a fault of the model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cluster/world.h"
#include "oracle/account.h"
#include "oracle/result.h"
#include "oracle/shadow.h"

namespace ackident {

class Invariants {
 public:
  void reset(const Composition& composition);
  // What on_fact() looks at: the loop over all facts spares it the others.
  static constexpr bool follows(FactKind kind) {
    switch (kind) {
      case FactKind::kTailLost:
      case FactKind::kAppended:
      case FactKind::kReplicated:
      case FactKind::kTruncated:
      case FactKind::kHighWatermark:
      case FactKind::kFollowerHighWatermark:
      case FactKind::kHighWatermarkLoaded:
      case FactKind::kBecameLeader:
      case FactKind::kBecameFollower:
      case FactKind::kWentOffline:
      case FactKind::kIsrProposed:
      case FactKind::kPartitionChanged:
      case FactKind::kLeaderElected:
      case FactKind::kBrokerFenced:
      case FactKind::kBrokerUnfenced:
      case FactKind::kBrokerRegistered:
      case FactKind::kTopicConfigChanged:
      case FactKind::kProduceRejected:
      case FactKind::kProduceAnswered:
      case FactKind::kRetried:
      case FactKind::kProducerEpochBumped:
      case FactKind::kDelivered:
      case FactKind::kProcessed:
      case FactKind::kCommitted:
      case FactKind::kPositionReset:
      case FactKind::kStarted:
      case FactKind::kKilled:
      case FactKind::kFrozen:
      case FactKind::kResumed:
      case FactKind::kFaultFired: return true;
      default: return false;
    }
  }
  // After `shadows` and `account` have followed the same fact. Extends the committed prefix.
  void on_fact(const World& world, Shadows& shadows, const Account& account, Instant at,
               EventId event, const Fact& fact);
  // What no fact tells of: to be called after a step at or after look_at(), a second apart.
  [[nodiscard]] Instant look_at() const { return look_at_; }
  void look_around(const World& world, Instant at, EventId event);
  // What only the end can tell. `settled`: the cluster was healed and became quiet.
  void finish(const World& world, const Shadows& shadows, const Account& account, bool settled);

  [[nodiscard]] const std::vector<InvariantViolation>& violations() const { return violations_; }

 private:
  struct Where {
    Instant at;
    EventId event;
    PartitionId partition = kNoPartition;
    NodeId node = kNoNode;
    bool permitted = false;
  };

  // What the controller said of a partition last, and before that.
  struct PartitionChangeSeen {
    PartitionRegistration now;
    PartitionRegistration before;
  };
  // An acks=all produce that a broker has appended and not answered.
  struct Waiting {
    NodeId broker = kNoNode;
    PartitionId partition = kNoPartition;
    Instant until;
    Correlation correlation;  // of the parked request: a later one may take its place
  };
  // When the session of a broker's former life was last known to be alive, and whether it counts.
  struct FormerLife {
    Instant contact = kLongAgo;
    bool unfenced = false;
  };
  // A member of an ISR that its leader could propose to remove, and since when it could.
  struct Laggard {
    NodeId node = kNoNode;
    PartitionEpoch epoch;
    Instant since;
  };
  struct Processed {
    PartitionId partition = kNoPartition;
    Offset to;
  };

  void about_a_node(const World& world, Shadows& shadows, const Where& where, const Fact& fact);

  // invariants.cc: logs
  void leader_began(ShadowPartition& partition, const Where& where, const Fact& fact);
  static bool forgot_proposal(const World& world, NodeId leader, NodeId member,
                              PartitionId partition);
  void high_watermark_rose(const World& world, ShadowPartition& partition, const Where& where,
                           const Fact& fact);
  void logs_agree(const ShadowPartition& partition, const Where& where);
  void shadows_are_true(const World& world, const ShadowPartition& partition, const Where& where);
  void converged(const World& world, const ShadowPartition& partition, const Where& where);
  void sequences_in_order(const World& world, const Where& where);
  void idempotence_held(const World& world, const Account& account, const Where& where);

  // invariants_broker.cc
  void role_changed(const World& world, ShadowPartition& partition, const Where& where,
                    const Fact& fact);
  void follower_appended(const World& world, const Where& where, const Fact& fact);
  void follower_heard(const ShadowPartition& partition, const Where& where, const Fact& fact);
  bool within_log(const ShadowPartition& partition, const Where& where, Offset to);
  void checkpoint_due(const World& world, ShadowPartition& partition, const Where& where,
                      const Fact& fact);
  void checkpoint_loaded(ShadowPartition& partition, const Where& where, const Fact& fact);
  void process_ended(const World& world, const Where& where, const Fact& fact);
  void process_began(const World& world, Shadows& shadows, const Where& where);
  void partition_epoch_rises(const Replica& replica, ShadowLog& log, const Where& where);
  void high_watermark_needs_min_isr(const World& world, ShadowPartition& partition,
                                    const Where& where, Offset from);

  // invariants_controller.cc
  void partition_changed(const World& world, const ShadowPartition& partition, const Where& where,
                         PartitionEpoch epoch);
  static bool proposed_and_forgot(const World& world, const PartitionRegistration& before,
                                  const PartitionRegistration& now, NodeId member,
                                  const Where& where);
  void members_joined(const World& world, const ShadowPartition& partition, const Where& where,
                      const PartitionRegistration& before, const PartitionRegistration& now);
  void leader_elected(const World& world, const Where& where, const Fact& fact);
  void unclean_election_explained(const Where& where, const Fact& fact);
  void isr_proposed(const World& world, ShadowPartition& partition, const Where& where);
  void leavers_lag(const World& world, const Where& where);
  void broker_registered(const World& world, const Where& where, NodeId broker);
  void broker_fenced(const World& world, const Where& where, NodeId broker);
  void broker_unfenced(const World& world, const Where& where, NodeId broker);

  // invariants_client.cc
  void produce_answered(const World& world, const ShadowPartition& partition,
                        const Account& account, const Where& where, const Fact& fact);
  void produce_rejected(const World& world, const Where& where, const Fact& fact);
  void position_reset(const Where& where, const Fact& fact);
  void retried(const World& world, const Where& where, const Fact& fact);
  void delivered(const ShadowPartition& partition, const Where& where, const Fact& fact);
  void progress(const World& world, const Where& where, const Fact& fact);
  void produce_appended(const World& world, const Where& where, const Fact& fact);
  void append_had_min_isr(const World& world, const Where& where, LeaderEpoch epoch);
  void produce_no_longer_waits(const World& world, const Fact& fact);
  void forget_waiting(NodeId broker);
  void produces_overdue(const World& world, const Where& where);

  // invariants_waits.cc
  void laggards_leave(const World& world, const Where& where);
  static Laggard laggard(const World& world, PartitionId partition, Instant now);
  void silent_brokers_are_fenced(const World& world, const Where& where);
  void old_batches_are_final(const World& world, const Where& where);

  void report(std::string_view invariant, const Where& where, std::string text);

  std::vector<InvariantViolation> violations_;
  std::vector<PartitionChangeSeen> partitions_;
  std::vector<std::int32_t> least_min_isr_;        // by TopicId: of all its configs so far
  std::vector<std::uint8_t> bumped_;               // by producer: its epoch changed (C2.20)
  std::vector<std::vector<Waiting>> waiting_;      // by producer
  Instant waiting_until_ = kNever;                 // nothing is overdue before this
  std::vector<std::vector<Processed>> processed_;  // by consumer
  std::vector<Instant> awake_;                     // by NodeId: since when it moves; kNever: not
  Instant look_at_;                                // when to look around again
  std::vector<Laggard> laggards_;                  // by PartitionId
  std::vector<FormerLife> former_;                 // by broker index
  Where tail_lost_;                                // the newest TailLost
  Where truncated_;                                // the newest Truncated
  Where unclean_;  // an unclean election without the topic's permission, to be explained
};

}  // namespace ackident
