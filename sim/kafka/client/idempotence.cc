#include "kafka/client/idempotence.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace ackident {

namespace {

Sequence last_sequence(const ProducerBatch& batch) {
  return advance(batch.base_sequence, batch.count - 1);
}

// Is `sequence` the one right behind the last acknowledged?
bool is_next(const PartitionIdentity& partition, Sequence sequence) {
  return sequence - partition.last_acked == 1;
}

}  // namespace

Sequence advance(Sequence sequence, std::uint32_t n) {
  constexpr std::int64_t kRange = std::int64_t{1} << 31;
  return Sequence(static_cast<std::int32_t>((std::int64_t{sequence.value()} + n) % kRange));
}

void Idempotence::reset(bool idempotent, bool bumps, std::uint32_t partition_count) {
  enabled = idempotent;
  bumps_epoch = bumps;
  id = kNoProducerId;
  epoch = ProducerEpoch();
  asked = bump_wanted = id_given_up = false;
  retry_at = kLongAgo;
  partitions.assign(idempotent ? partition_count : 0, PartitionIdentity{});
  unresolved.clear();
  to_rewrite.clear();
}

void Idempotence::settle(Accumulator& accumulator, Context& ctx) {
  // C2.9: when nothing sequenced is left, either the later batches closed the gap, or nothing will.
  bool gap = false;
  std::erase_if(unresolved, [&](std::uint32_t partition) {
    PartitionIdentity& each = partitions[partition];
    if (each.unresolved != kNoSequence && each.first != kNoBatch) return false;
    if (each.unresolved != kNoSequence && !is_next(each, each.next)) {
      gap = true;
      if (bumps_epoch) request_bump(partition);
    }
    each.unresolved = kNoSequence;
    return true;
  });
  if (gap && !bumps_epoch) give_up_id(accumulator);
  if (std::exchange(id_given_up, false)) {
    ctx.note({.kind = FactKind::kProducerEpochBumped, .node = ctx.self(), .a = -1});
  }
  if (!bump_wanted || id == kNoProducerId) return;
  bump_wanted = false;
  // C2.11: the client counts the epoch itself; the last epoch costs it its id.
  if (epoch.value() == std::numeric_limits<std::int16_t>::max()) {
    id = kNoProducerId;
    return;
  }
  ++epoch;
  ctx.note({.kind = FactKind::kProducerEpochBumped, .node = ctx.self(), .a = epoch.value()});
  rewrite(accumulator);
}

void Idempotence::id_arrived(ProducerId producer_id, ProducerEpoch producer_epoch,
                             Accumulator& accumulator) {
  id = producer_id;
  epoch = producer_epoch;
  asked = false;
  rewrite(accumulator);
}

void Idempotence::rewrite(Accumulator& accumulator) {
  for (const std::uint32_t partition : to_rewrite) {
    partitions[partition].rewrite = false;
    partitions[partition].unresolved = kNoSequence;
    start_at_zero(partitions[partition], accumulator);
  }
  to_rewrite.clear();
}

// C2.11: every sequenced unfinished batch is renumbered, old copies on the wire or not.
void Idempotence::start_at_zero(PartitionIdentity& partition, Accumulator& accumulator) const {
  partition.producer_id = id;
  partition.producer_epoch = epoch;
  partition.next = Sequence(0);
  partition.last_acked = kNoSequence;
  for (BatchSlot slot = partition.first; slot != kNoBatch;
       slot = accumulator[slot].sequence_after) {
    ProducerBatch& batch = accumulator[slot];
    batch.producer_id = id;
    batch.producer_epoch = epoch;
    batch.base_sequence = partition.next;
    batch.sequence_reset = true;
    partition.next = advance(partition.next, batch.count);
  }
}

bool Idempotence::must_wait(const ProducerBatch& first, const Accumulator& accumulator) const {
  const PartitionIdentity& partition = partitions[first.partition];
  if (id == kNoProducerId) return true;
  if (first.base_sequence == kNoSequence) {
    // C2.6: behind an unknown outcome, or beside batches of an older epoch, nothing new starts.
    const bool stale = partition.producer_id != id || partition.producer_epoch != epoch;
    return (stale && partition.first != kNoBatch) || partition.unresolved != kNoSequence;
  }
  // C2.5: of the batches being retried, only the lowest outstanding goes.
  return partition.first != kNoBatch &&
         first.base_sequence != accumulator[partition.first].base_sequence;
}

void Idempotence::drained(BatchSlot slot, Accumulator& accumulator) {
  ProducerBatch& batch = accumulator[slot];
  batch.sequence_reset = false;
  if (batch.base_sequence != kNoSequence) return;
  PartitionIdentity& partition = partitions[batch.partition];
  const bool stale = partition.producer_id != id || partition.producer_epoch != epoch;
  if (stale && partition.first == kNoBatch) start_at_zero(partition, accumulator);
  batch.producer_id = id;
  batch.producer_epoch = epoch;
  batch.base_sequence = partition.next;
  partition.next = advance(partition.next, batch.count);
  link(slot, accumulator);
}

// C2.10 (Kafka 1eb76443 TransactionManager.java canRetry).
bool Idempotence::can_retry(const ProducerBatch& batch, ErrorCode error, Accumulator& accumulator) {
  if (!bumps_epoch) return can_retry_without_bump(batch, error, accumulator);
  const PartitionIdentity& partition = partitions[batch.partition];
  if (error == ErrorCode::kUnknownProducerId) {
    if (!batch.sequence_reset) request_bump(batch.partition);
    return true;
  }
  if (error == ErrorCode::kOutOfOrderSequenceNumber) {
    const bool resolved = partition.unresolved == kNoSequence;
    // A predecessor is still missing, or this was the old copy of a renumbered batch.
    if (resolved && (batch.sequence_reset || !is_next(partition, batch.base_sequence))) return true;
    // It is next in line and still refused: the gap is real.
    if (resolved || batch.base_sequence == partition.unresolved) request_bump(batch.partition);
    return true;
  }
  return is_retriable(error);
}

// Kafka 2.4 TransactionManager.java canRetry. As the log's start never moves here, a producer whose
// records may have gone is one that has had none acknowledged.
bool Idempotence::can_retry_without_bump(const ProducerBatch& batch, ErrorCode error,
                                         Accumulator& accumulator) {
  if (is_retriable(error)) return true;
  if (is_orphan(batch)) return false;
  PartitionIdentity& partition = partitions[batch.partition];
  if (error == ErrorCode::kOutOfOrderSequenceNumber) {
    return partition.unresolved == kNoSequence &&
           (batch.sequence_reset || !is_next(partition, batch.base_sequence));
  }
  if (error != ErrorCode::kUnknownProducerId) return false;
  if (batch.sequence_reset) return true;
  if (partition.last_acked != kNoSequence) return false;
  start_at_zero(partition, accumulator);
  return true;
}

// Kafka 2.4 TransactionManager.java resetProducerId: of all partitions at once.
void Idempotence::give_up_id(Accumulator& accumulator) {
  id = kNoProducerId;
  id_given_up = true;
  for (PartitionIdentity& partition : partitions) {
    while (partition.first != kNoBatch) unlink(partition.first, accumulator);
    partition = PartitionIdentity{};
  }
  unresolved.clear();
}

// Kafka 2.4 TransactionManager.java adjustSequencesDueToFailedBatch: those behind it move up. One
// that had expired in flight is not renumbered with the others, so its late answer may ask for more
// than there is; Kafka throws then, and only logs that.
void Idempotence::close_gap(const ProducerBatch& failed, Accumulator& accumulator) {
  PartitionIdentity& partition = partitions[failed.partition];
  const auto count = static_cast<std::int32_t>(failed.count);
  if (partition.next.value() < count) return;
  partition.next = Sequence(partition.next.value() - count);
  for (BatchSlot slot = partition.first; slot != kNoBatch;
       slot = accumulator[slot].sequence_after) {
    ProducerBatch& later = accumulator[slot];
    if (later.base_sequence < failed.base_sequence) continue;
    if (later.base_sequence.value() < count) return;
    later.base_sequence = Sequence(later.base_sequence.value() - count);
    later.sequence_reset = true;
  }
}

void Idempotence::completed(BatchSlot slot, Accumulator& accumulator) {
  const ProducerBatch& batch = accumulator[slot];
  if (batch.base_sequence == kNoSequence || is_orphan(batch)) return;
  PartitionIdentity& partition = partitions[batch.partition];
  partition.last_acked = std::max(partition.last_acked, last_sequence(batch));
  unlink(slot, accumulator);
}

void Idempotence::failed(BatchSlot slot, ErrorCode error, bool adjust, Accumulator& accumulator) {
  unlink(slot, accumulator);
  const ProducerBatch& batch = accumulator[slot];
  if (batch.base_sequence != kNoSequence && is_orphan(batch)) return;
  const bool gap =
      error == ErrorCode::kOutOfOrderSequenceNumber || error == ErrorCode::kUnknownProducerId;
  if (!bumps_epoch) {
    if (gap) {
      give_up_id(accumulator);
    } else if (adjust && batch.base_sequence != kNoSequence) {
      close_gap(batch, accumulator);
    }
    return;
  }
  if (gap || adjust) request_bump(accumulator[slot].partition);
}

void Idempotence::mark_unresolved(const ProducerBatch& batch) {
  PartitionIdentity& partition = partitions[batch.partition];
  if (partition.unresolved == kNoSequence) unresolved.push_back(batch.partition);
  partition.unresolved = std::max(partition.unresolved, advance(batch.base_sequence, batch.count));
}

void Idempotence::forget(BatchSlot slot, Accumulator& accumulator) {
  unlink(slot, accumulator);
  accumulator[slot].base_sequence = kNoSequence;
}

void Idempotence::request_bump(std::uint32_t partition) {
  bump_wanted = true;
  if (partitions[partition].rewrite) return;
  partitions[partition].rewrite = true;
  to_rewrite.push_back(partition);
}

// By sequence: one that is given twice is not in the order of draining.
void Idempotence::link(BatchSlot slot, Accumulator& accumulator) {
  ProducerBatch& batch = accumulator[slot];
  PartitionIdentity& partition = partitions[batch.partition];
  BatchSlot before = partition.last;
  while (before != kNoBatch && accumulator[before].base_sequence > batch.base_sequence) {
    before = accumulator[before].sequence_before;
  }
  BatchSlot& after = before == kNoBatch ? partition.first : accumulator[before].sequence_after;
  batch.sequence_before = before;
  batch.sequence_after = after;
  (after == kNoBatch ? partition.last : accumulator[after].sequence_before) = slot;
  after = slot;
}

// A batch that expired in flight was taken out then; its late answer finds it gone.
void Idempotence::unlink(BatchSlot slot, Accumulator& accumulator) {
  ProducerBatch& batch = accumulator[slot];
  PartitionIdentity& partition = partitions[batch.partition];
  const bool is_first = partition.first == slot;
  if (!is_first && batch.sequence_before == kNoBatch) return;
  (is_first ? partition.first : accumulator[batch.sequence_before].sequence_after) =
      batch.sequence_after;
  const bool is_last = partition.last == slot;
  (is_last ? partition.last : accumulator[batch.sequence_after].sequence_before) =
      batch.sequence_before;
  batch.sequence_before = batch.sequence_after = kNoBatch;
}

}  // namespace ackident
