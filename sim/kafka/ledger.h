// The ledger: the content of every batch that any leader ever appended, by name.
//
// In Kafka one leader appends in one leader epoch, so (partition, leader epoch, offset) names a
// record once and for ever. The ledger maps that name to what was written; it only grows. A
// replica's log (log/partition_log.h) holds names alone: its leader-epoch cache and its ends. So
// replicating, truncating and comparing logs are arithmetic on a few numbers, and messages carry
// names where Kafka carries bytes.
//
// It is content, not state of a node: a handler appends through it when it is the leader, and reads
// entries whose names it holds or was sent.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kafka/types.h"

namespace ackident {

// One appended batch. Kept for the whole run, so it is small.
struct LedgerBatch {
  Offset base;                      // offset of its first record
  std::uint32_t count = 0;          // records
  std::uint32_t bytes = 0;          // size on the wire
  BatchNumber number;               // which batch of that client
  ProducerId producer_id = kNoProducerId;
  Sequence base_sequence = kNoSequence;
  NodeId client = kNoNode;          // who sent it
  ProducerEpoch producer_epoch;

  [[nodiscard]] Offset end() const { return base + count; }
  // Sequences wrap from 2^31 - 1 to 0 (C2.3), within a batch as well.
  [[nodiscard]] Sequence last_sequence() const {
    if (base_sequence == kNoSequence) return kNoSequence;
    const std::int64_t last = std::int64_t{base_sequence.value()} + std::int64_t{count} - 1;
    return Sequence(static_cast<std::int32_t>(last & 0x7fffffff));
  }
};
static_assert(sizeof(LedgerBatch) == 32);

class Ledger {
 public:
  // Forgets everything; keeps memory for the next run.
  void reset(std::uint32_t partitions);

  // Records an append. `batch.base` must not be below the end of what that epoch already holds.
  void append(PartitionId partition, LeaderEpoch epoch, const LedgerBatch& batch);

  // Batches appended in one epoch, by ascending base offset; empty if there are none.
  [[nodiscard]] std::span<const LedgerBatch> epoch(PartitionId partition, LeaderEpoch epoch) const;

  // The batch of that epoch which contains `offset`, or null.
  [[nodiscard]] const LedgerBatch* find(PartitionId partition, LeaderEpoch epoch,
                                        Offset offset) const;

  // How far one may read in `epoch` from `from`, not beyond `limit`, without exceeding `bytes_max`
  // bytes; always at least one whole batch if there is one (R3.3). Adds the bytes to `bytes`.
  [[nodiscard]] Offset read_end(PartitionId partition, LeaderEpoch epoch, Offset from, Offset limit,
                                std::int64_t bytes_max, std::int64_t& bytes) const;

  // Every epoch of the partition that holds a batch, ascending.
  struct EpochBatches {
    LeaderEpoch epoch;
    std::vector<LedgerBatch> batches;
  };
  [[nodiscard]] std::span<const EpochBatches> epochs(PartitionId partition) const;

  [[nodiscard]] std::uint32_t partition_count() const {
    return static_cast<std::uint32_t>(partitions_.size());
  }

 private:
  std::vector<std::vector<EpochBatches>> partitions_;
  std::vector<std::vector<LedgerBatch>> spare_;  // emptied by reset(), for reuse
};

}  // namespace ackident
