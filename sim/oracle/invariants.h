// Invariants of the protocol (section 13 of the reference), checked on the facts of each step. Each
// is one sentence, one function, and has a mutant that it must catch (tests/mutants).
//
// Kafka may lose data after a power loss, a disk loss, an unclean election, or by the truncation
// rules before 2.7. A violation after such an event is reported as permitted: it is the story of the
// scenario, not a fault of the model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cluster/world.h"
#include "oracle/account.h"
#include "oracle/result.h"
#include "oracle/shadow.h"

namespace ackident {

inline constexpr std::size_t kViolationsMax = 100;

class Invariants {
 public:
  void reset(const Composition& composition);
  // After `shadows` and `account` have followed the same fact. Extends the committed prefix.
  void on_fact(const World& world, Shadows& shadows, const Account& account, Instant at,
               EventId event, const Fact& fact);
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

  void leader_began(ShadowPartition& partition, const Where& where, const Fact& fact);
  void high_watermark_rose(const World& world, ShadowPartition& partition, const Where& where,
                           const Fact& fact);
  void partition_changed(const World& world, const Where& where);
  void broker_fenced(const World& world, const Where& where, NodeId broker);
  void produce_answered(const World& world, const ShadowPartition& partition,
                        const Account& account, const Where& where, const Fact& fact);
  void delivered(const ShadowPartition& partition, const Where& where, const Fact& fact);
  void logs_agree(const ShadowPartition& partition, const Where& where);
  void shadows_are_true(const World& world, const ShadowPartition& partition, const Where& where);
  void converged(const World& world, const ShadowPartition& partition, const Where& where);
  void idempotence_held(const World& world, const Account& account, const Where& where);
  void report(std::string_view invariant, const Where& where, std::string text);

  std::vector<InvariantViolation> violations_;
  std::vector<PartitionRegistration> partitions_;  // newest seen at the controller
  std::vector<std::int32_t> least_min_isr_;        // by TopicId: of all its configs so far
  std::vector<std::uint8_t> bumped_;               // by producer: its epoch changed (C2.20)
};

}  // namespace ackident
