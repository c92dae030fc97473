// Facts: what became true in a step. Handlers note a fact whenever truth changes; oracles, triggers
// of faults, the trace and the report live on facts alone, and no handler ever reads one.
#pragma once

#include <cstdint>
#include <string_view>

#include "kafka/types.h"

namespace ackident {

// The meaning of a, b, c and `peer` for each kind. Append at the end: the number is in the digest.
enum class FactKind : std::uint8_t {
  // --- logs (node: broker) ---
  kAppended,       // leader appended: a base offset, b end offset, c leader epoch; peer client
  kReplicated,     // follower appended: a from, b to, c leader epoch of the records
  kTruncated,      // a new end, b old end, c local high watermark before
  kHighWatermark,  // leader's HW rose: a old, b new, c leader epoch
  kFollowerHighWatermark,  // a old, b new
  kHighWatermarkLoaded,    // after start: a HW, b LEO
  kTailLost,               // power loss: a surviving end, b old end
  kLogWiped,               // disk replaced: b old end
  // --- roles (node: broker) ---
  kBecameLeader,    // a LEO, b HW, c leader epoch
  kBecameFollower,  // a LEO, b HW, c leader epoch; peer the leader
  kWentOffline,     // learnt leader = none: a LEO, b HW, c leader epoch
  kIsrProposed,     // AlterPartition sent: a proposed size, b committed size; peer who joins/leaves
  kIsrRejected,     // a error code
  // --- controller's truth (node: controller) ---
  kPartitionChanged,  // a leader epoch, b partition epoch, c ISR size; peer leader
  kLeaderElected,  // a leader epoch, b 1 if unclean, c kind (0 clean 1 preferred 2 unclean); peer
  kIsrChanged,     // committed, one fact per member: peer joined (a > b) or left (a < b); a size
                   // with this member's change, b size before it, c partition epoch. Of one
                   // decision joins come first.
  kBrokerRegistered,    // peer broker: a broker epoch, b incarnation
  kBrokerFenced,        // peer broker
  kBrokerUnfenced,      // peer broker
  kControlledShutdown,  // peer broker: leaderships are moved away
  kTopicConfigChanged,  // a topic, b min.insync.replicas, c unclean.leader.election.enable
  // --- produce path ---
  kProduceRejected,      // broker: a error code, b batch number; peer client (nothing appended)
  kProduceAnswered,      // broker: a error code, b batch number, c base offset; peer client
  kDuplicateDetected,    // broker: a base offset of the original, b batch number; peer client
  kBatchSent,            // producer: a batch number, b attempt, c records; peer broker
  kAcked,                // producer: a batch number, b base offset (-1: none), c records
  kFailed,               // producer: a batch number, b error code, c records
  kRetried,              // producer: a batch number, b error code, c attempt
  kProducerEpochBumped,  // producer: a new epoch; -1: gives its id up (before 2.5)
  kSendBlocked,          // producer: a 1 blocked, 0 released (buffer.memory)
  kRecordsSent,  // producer: a batch number, b first record ordinal, c records (batch closed)
  // --- consume path (node: consumer) ---
  kDelivered,      // a from, b to, c leader epoch of the records; poll() returned them
  kProcessed,      // a from, b to
  kCommitted,      // a committed offset, b previous committed offset (-1 none)
  kPositionReset,  // a new position, b old position (-1: none), c reason (0 no commit
                   // 1 out of range 2 truncation 3 refused: auto.offset.reset is none, a = b,
                   // poll() threw and the partition is not consumed any more)
  // --- processes (any node) ---
  kStarted,  // a incarnation, b 1 if the clean-shutdown marker was found
  kKilled,   // a cause: 0 SIGKILL 1 power loss 2 clean exit
  kFrozen,
  kResumed,
  kShutdownBegan,  // SIGTERM
  // --- the scenario (node: none) ---
  kFaultFired,    // a fault index, b 1 if it bit
  kFaultsHealed,  // the settle phase begins
  // --- later additions ---
  kBatchCreated,  // producer: a batch number, b when send() of its first record was called (ns)
  kCount
};

struct Fact {
  FactKind kind{};
  NodeId node = kNoNode;  // whose truth changed
  NodeId peer = kNoNode;
  PartitionId partition = kNoPartition;
  std::int64_t a = 0;
  std::int64_t b = 0;
  std::int64_t c = 0;

  bool operator==(const Fact&) const = default;
};
static_assert(sizeof(Fact) <= 40);

// "HighWatermark", as triggers of scenarios and traces name it.
std::string_view fact_name(FactKind kind);

}  // namespace ackident
