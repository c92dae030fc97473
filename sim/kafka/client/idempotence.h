// The idempotent producer (C2.2-C2.12): its id and epoch, the sequences of each partition, and what
// it does about gaps.
//
//   no id --InitProducerId--> id, epoch 0 --gap that only the client can close--> id, epoch + 1
//   partition: clear --a retried batch expired--> unresolved --all later ones done--> clear, or
//   bump
//
// Before Kafka 2.5 the client never raised its epoch (KAFKA-8805). A gap made the batch behind it
// fail, and the id was given up with all that was known of all partitions; what was still in flight
// under it could succeed, but not be sent again.
#pragma once

#include <vector>

#include "kafka/client/accumulator.h"

namespace ackident {

struct PartitionIdentity {
  ProducerId producer_id = kNoProducerId;  // under which `next` counts
  ProducerEpoch producer_epoch;
  Sequence next;                      // of the next new batch (C2.3)
  Sequence last_acked = kNoSequence;  // C2.7
  Sequence unresolved = kNoSequence;  // the sequence right behind an expired retry (C2.9)
  bool rewrite = false;               // listed in Idempotence::to_rewrite
  // Batches that have a sequence and no final result, by sequence: in flight or to be retried.
  BatchSlot first = kNoBatch;
  BatchSlot last = kNoBatch;

  bool operator==(const PartitionIdentity&) const = default;
};

struct Idempotence {
  bool enabled = false;
  bool bumps_epoch = true;  // the version does; else the id is given up
  ProducerId id = kNoProducerId;
  ProducerEpoch epoch;
  bool asked = false;           // an InitProducerIdRequest is out
  Instant retry_at = kLongAgo;  // after a failed one
  bool bump_wanted = false;
  bool id_given_up = false;  // and nobody was told yet
  std::vector<PartitionIdentity> partitions;
  std::vector<std::uint32_t> unresolved;  // partitions with an unresolved sequence
  std::vector<std::uint32_t> to_rewrite;  // partitions to renumber at the next bump

  void reset(bool idempotent, bool bumps, std::uint32_t partition_count);
  [[nodiscard]] bool settled() const {
    return id != kNoProducerId && !bump_wanted && unresolved.empty();
  }
  // The beginning of a sender pass (C1.17): resolves what can be resolved, bumps the epoch.
  void settle(Accumulator&, Context&);
  void id_arrived(ProducerId, ProducerEpoch, Accumulator&);

  // Must this batch, the first of its partition's queue, wait (C2.5, C2.6, C2.8)?
  [[nodiscard]] bool must_wait(const ProducerBatch& first, const Accumulator&) const;
  // The batch is being drained: gives it a sequence if it has none (C2.3).
  void drained(BatchSlot, Accumulator&);
  // Retry this error, whatever its class (C2.10)? May ask for a bump, or renumber.
  bool can_retry(const ProducerBatch&, ErrorCode, Accumulator&);
  // It was sent under an id that has been given up since: it may not be sent again.
  [[nodiscard]] bool is_orphan(const ProducerBatch& batch) const {
    return enabled && !bumps_epoch && batch.producer_id != id;
  }
  void completed(BatchSlot, Accumulator&);
  // `adjust`: nothing of it can be in the log by a later attempt, so its numbers leave a hole.
  void failed(BatchSlot, ErrorCode, bool adjust, Accumulator&);
  // It failed by age after an attempt whose outcome is unknown (C2.9).
  void mark_unresolved(const ProducerBatch&);
  // Forgets a batch's sequence: its retry will take a new one (mutant RetryWithoutBackoffEpoch).
  void forget(BatchSlot, Accumulator&);

  bool operator==(const Idempotence&) const = default;

 private:
  void request_bump(std::uint32_t partition);
  bool can_retry_without_bump(const ProducerBatch&, ErrorCode, Accumulator&);
  void give_up_id(Accumulator&);
  void close_gap(const ProducerBatch& failed, Accumulator&);
  void rewrite(Accumulator&);
  void start_at_zero(PartitionIdentity&, Accumulator&) const;
  void link(BatchSlot, Accumulator&);
  void unlink(BatchSlot, Accumulator&);
};

// The sequence n records after `sequence`: 0 follows 2^31 - 1 (C2.3).
Sequence advance(Sequence sequence, std::uint32_t n);

}  // namespace ackident
