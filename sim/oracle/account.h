// The account: what became of every record that an application sent (decision 6 of the design).
//
//   told:   acked, failed, or unknown          (the producer's callback)
//   ended:  retained   in the log that every future leader will have
//           lost       acked, and on no log that can still become the leader's
//           stranded   acked, the partition has no leader, a copy is on a replica that is down or
//                      may not lead
//           under way  acked (acks=0), and its request may still arrive: the run ended before
//
// Kept per batch, because a batch has one fate: 32 bytes each.
#pragma once

#include <cstdint>
#include <vector>

#include "cluster/world.h"
#include "oracle/result.h"
#include "oracle/shadow.h"

namespace ackident {

enum class Told : std::uint8_t { kNothing, kAcked, kFailed };

struct BatchGhost {
  PartitionId partition = kNoPartition;
  std::uint32_t count = 0;
  std::int64_t first_record = 0;
  Instant sent = kNever;                 // when send() of its first record was called
  std::uint64_t told_after_ns : 52 = 0;  // since sent: 52 bits are 52 days
  std::uint64_t told_as : 2 = 0;         // a Told
  std::uint64_t is_elsewhere : 1 = 0;    // in the end on a log that does not lead
  std::uint64_t is_under_way : 1 = 0;    // in the end in a request that may still arrive
  std::uint64_t copies : 8 = 0;          // in the log that leads; saturates

  [[nodiscard]] Told told() const { return static_cast<Told>(told_as); }
  [[nodiscard]] Instant told_at() const {
    return sent + nanoseconds(static_cast<std::int64_t>(told_after_ns));
  }
};
static_assert(sizeof(BatchGhost) == 32);

// Records of one epoch in a final log that lie behind where a consumer began and before where it
// stands, and that it was never handed.
struct Skipped {
  std::uint32_t consumer = 0;
  PartitionId partition;
  LeaderEpoch epoch;
  Offset from;
  Offset to;
};

class Account {
 public:
  void reset(const Composition& composition);
  // What on_fact() looks at: the loop over all facts spares it the others.
  static constexpr bool follows(FactKind kind) {
    switch (kind) {
      case FactKind::kBatchCreated:
      case FactKind::kRecordsSent:
      case FactKind::kAcked:
      case FactKind::kFailed:
      case FactKind::kDelivered:
      case FactKind::kPositionReset: return true;
      default: return false;
    }
  }
  void on_fact(Instant at, const Fact& fact, const Composition& composition);

  // The final account: fills totals, lost, partitions[].lost/.stranded, producers[].totals, and the
  // delivered, delivered_twice and skipped of groups.
  void settle_accounts(const World& world, const Shadows& shadows, RunResult& result);

  [[nodiscard]] const BatchGhost* find(std::uint32_t producer, BatchNumber number) const;
  // So far, by all consumers.
  [[nodiscard]] std::uint64_t delivered_twice() const { return twice_; }
  // When the run is over. A partition that ends offline has no final log: nothing can be said of
  // it.
  [[nodiscard]] std::vector<Skipped> skipped(const World& world) const;

 private:
  // What a consumer was handed of one partition: disjoint ranges, ascending by epoch and offset.
  // After a truncation another record stands at the same offset: its leader epoch tells them apart.
  struct Range {
    LeaderEpoch epoch;
    Offset from;
    Offset to;
  };
  struct Delivered {
    std::vector<Range> ranges;
    Offset first = kNoOffset;  // the position it began at
    Offset position = kNoOffset;
    std::uint64_t records = 0;
    std::uint64_t twice = 0;
  };

  BatchGhost& ghost(std::uint32_t producer, BatchNumber number);
  void on_delivered(const Fact& fact, const Composition& composition);
  void count_copies(const World& world);
  void mark_under_way(const World& world);
  void count_leader_log(const World& world, PartitionId partition, const PartitionLog& log);
  void tell_fates(const World& world, RunResult& result);
  void list_lost(const World& world, const Shadows& shadows, RunResult& result);
  void account_consumers(const World& world, RunResult& result);
  static void skip(const Delivered& state, const PartitionLog& log, Skipped skipped,
                   std::vector<Skipped>& out);
  Delivered& delivered(std::uint32_t consumer, PartitionId partition);

  std::vector<std::vector<BatchGhost>> batches_;  // by producer, by batch number
  std::vector<std::vector<std::pair<PartitionId, Delivered>>> delivered_;  // by consumer
  std::vector<std::uint64_t> reordered_;                                   // by producer
  std::uint64_t twice_ = 0;
  std::vector<std::int64_t> newest_;  // per producer, scratch of count_leader_log
};

// The log that will be every future leader's, if the partition has one now; null if it is offline.
const PartitionLog* leader_log(const World& world, PartitionId partition);

}  // namespace ackident
