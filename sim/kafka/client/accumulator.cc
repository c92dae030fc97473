#include "kafka/client/accumulator.h"

#include <algorithm>
#include <bit>

namespace ackident {

std::uint32_t PartitionSet::next(std::uint32_t from) const {
  std::size_t word = from / 64;
  if (word >= words.size()) return kNone;
  std::uint64_t bits = words[word] & (~std::uint64_t{0} << (from % 64));
  while (bits == 0) {
    if (++word == words.size()) return kNone;
    bits = words[word];
  }
  return static_cast<std::uint32_t>(word * 64) + static_cast<std::uint32_t>(std::countr_zero(bits));
}

std::uint32_t PartitionSet::previous(std::uint32_t before) const {
  const auto last_of = [](std::size_t word, std::uint64_t bits) {
    return static_cast<std::uint32_t>(word * 64) + 63 -
           static_cast<std::uint32_t>(std::countl_zero(bits));
  };
  const std::size_t start = before / 64;
  if (start < words.size()) {
    const std::uint64_t below = words[start] & ((std::uint64_t{1} << (before % 64)) - 1);
    if (below != 0) return last_of(start, below);
  }
  for (std::size_t word = std::min(start, words.size()); word-- > 0;) {
    if (words[word] != 0) return last_of(word, words[word]);
  }
  for (std::size_t word = words.size(); word-- > 0;) {
    if (words[word] != 0) return last_of(word, words[word]);
  }
  return kNone;
}

void Accumulator::reset(std::uint32_t partition_count, std::uint32_t brokers, std::int64_t memory) {
  batches.clear();
  free_head = oldest = newest = kNoBatch;
  open = touched = queued = 0;
  memory_free = memory;
  waiting.clear();
  nodes.resize(brokers + 1);
  for (NodeQueue& node : nodes) {
    node.led.reset(partition_count);
    node.queued.reset(partition_count);
    node.queued_count = node.drain_index = 0;
    node.ready_at = kNever;
  }
  PartitionQueue leaderless;
  leaderless.node = nobody();
  partitions.assign(partition_count, leaderless);
  for (std::uint32_t i = 0; i < partition_count; ++i) nodes[nobody()].led.insert(i);
}

bool Accumulator::last_full(std::uint32_t partition) const {
  const BatchSlot last = partitions[partition].tail;
  return last == kNoBatch || batches[last].full();
}

bool Accumulator::takes(std::uint32_t partition, std::uint32_t record_bytes, Instant now) {
  const PartitionQueue& queue = partitions[partition];
  if (queue.tail == kNoBatch) return false;
  ProducerBatch& last = batches[queue.tail];
  if (!last.closed && last.bytes + record_bytes <= last.bytes_limit) return true;
  last.closed = true;
  ready_no_later(queue.node, now);
  return false;
}

Appended Accumulator::append(std::uint32_t partition, std::uint64_t record,
                             std::uint32_t record_bytes, const ProducerConfig& config,
                             Instant now) {
  PartitionQueue& queue = partitions[partition];
  if (takes(partition, record_bytes, now)) {
    ProducerBatch& last = batches[queue.tail];
    last.bytes += record_bytes;
    last.record_bytes_max = std::max(last.record_bytes_max, record_bytes);
    ++last.count;
    last.appended = now;
    if (last.full()) ready_no_later(queue.node, now);
    return Appended::kToBatch;
  }
  // C1.4: a batch takes max(batch.size, its first record) until its final result.
  const std::int64_t buffer =
      std::max<std::int64_t>(config.batch_size, std::int64_t{record_bytes} + kBatchHeaderBytes);
  if (buffer > memory_free) return Appended::kNoMemory;
  memory_free -= buffer;
  const BatchSlot slot = make_batch(partition, now);
  ProducerBatch& batch = batches[slot];
  batch.count = 1;
  batch.bytes = kBatchHeaderBytes + record_bytes;
  batch.bytes_limit = static_cast<std::uint32_t>(buffer);
  batch.record_bytes_max = record_bytes;
  batch.first_record = record;
  batch.buffer = buffer;
  push_back(slot);
  // C1.12: sendable when it is full, or is not alone, or has lingered.
  const bool sendable = batch.full() || queue.size > 1;
  ready_no_later(queue.node, sendable ? now : now + config.linger);
  if (!queue.touched) {
    queue.touched = true;
    ++touched;
  }
  return Appended::kNewBatch;
}

BatchSlot Accumulator::make_batch(std::uint32_t partition, Instant now) {
  BatchSlot slot = free_head;
  if (slot == kNoBatch) {
    slot = static_cast<BatchSlot>(batches.size());
    batches.emplace_back();
  } else {
    free_head = batches[slot].next;
  }
  ProducerBatch& batch = batches[slot];
  batch = ProducerBatch{};
  batch.number = next_number;
  ++next_number;
  batch.partition = partition;
  batch.created = batch.appended = now;
  batch.older = newest;
  if (newest == kNoBatch) {
    oldest = slot;
  } else {
    batches[newest].newer = slot;
  }
  newest = slot;
  ++open;
  return slot;
}

void Accumulator::settle(BatchSlot slot) {
  ProducerBatch& batch = batches[slot];
  SIM_CHECK(batch.state != BatchState::kDone && open > 0);
  (batch.older == kNoBatch ? oldest : batches[batch.older].newer) = batch.newer;
  (batch.newer == kNoBatch ? newest : batches[batch.newer].older) = batch.older;
  batch.older = batch.newer = kNoBatch;
  memory_free += batch.buffer;
  batch.state = BatchState::kDone;
  --open;
}

void Accumulator::release(BatchSlot slot) {
  ProducerBatch& batch = batches[slot];
  SIM_CHECK(batch.state == BatchState::kDone);
  batch.state = BatchState::kFree;
  batch.next = free_head;
  free_head = slot;
}

void Accumulator::push_back(BatchSlot slot) {
  const std::uint32_t partition = batches[slot].partition;
  PartitionQueue& queue = partitions[partition];
  batches[slot].next = kNoBatch;
  batches[slot].state = BatchState::kQueued;
  (queue.tail == kNoBatch ? queue.head : batches[queue.tail].next) = slot;
  queue.tail = slot;
  queue_grew(partition);
}

void Accumulator::push_front(BatchSlot slot) {
  link_before(batches[slot].partition, partitions[batches[slot].partition].head, slot);
}

void Accumulator::insert_by_sequence(BatchSlot slot) {
  const std::uint32_t partition = batches[slot].partition;
  BatchSlot at = partitions[partition].head;
  // Batches without a sequence were never drained, so they stand behind all that were.
  while (at != kNoBatch && batches[at].base_sequence != kNoSequence &&
         batches[at].base_sequence < batches[slot].base_sequence) {
    at = batches[at].next;
  }
  link_before(partition, at, slot);
}

void Accumulator::link_before(std::uint32_t partition, BatchSlot before, BatchSlot slot) {
  PartitionQueue& queue = partitions[partition];
  BatchSlot* link = &queue.head;
  while (*link != before) link = &batches[*link].next;
  batches[slot].next = before;
  batches[slot].state = BatchState::kQueued;
  *link = slot;
  if (before == kNoBatch) queue.tail = slot;
  queue_grew(partition);
}

BatchSlot Accumulator::pop_front(std::uint32_t partition) {
  PartitionQueue& queue = partitions[partition];
  const BatchSlot slot = queue.head;
  SIM_CHECK(slot != kNoBatch);
  queue.head = batches[slot].next;
  if (queue.head == kNoBatch) queue.tail = kNoBatch;
  batches[slot].next = kNoBatch;
  queue_shrank(partition);
  return slot;
}

void Accumulator::remove(BatchSlot slot) {
  const std::uint32_t partition = batches[slot].partition;
  PartitionQueue& queue = partitions[partition];
  BatchSlot before = kNoBatch;
  BatchSlot at = queue.head;
  while (at != slot) {
    before = at;
    at = batches[at].next;
  }
  (before == kNoBatch ? queue.head : batches[before].next) = batches[slot].next;
  if (queue.tail == slot) queue.tail = before;
  batches[slot].next = kNoBatch;
  queue_shrank(partition);
}

void Accumulator::queue_grew(std::uint32_t partition) {
  PartitionQueue& queue = partitions[partition];
  ++queued;
  if (++queue.size == 1) enlist(queue.node, partition);
}

void Accumulator::queue_shrank(std::uint32_t partition) {
  PartitionQueue& queue = partitions[partition];
  --queued;
  if (--queue.size == 0) delist(queue.node, partition);
}

void Accumulator::enlist(std::uint32_t node, std::uint32_t partition) {
  nodes[node].queued.insert(partition);
  if (++nodes[node].queued_count == 1) waiting.push_back(node);
}

void Accumulator::delist(std::uint32_t node, std::uint32_t partition) {
  nodes[node].queued.erase(partition);
  if (--nodes[node].queued_count > 0) return;
  nodes[node].ready_at = kNever;
  const auto at = std::find(waiting.begin(), waiting.end(), node);
  *at = waiting.back();
  waiting.pop_back();
}

void Accumulator::set_leader(std::uint32_t partition, std::uint32_t node, LeaderEpoch epoch) {
  PartitionQueue& queue = partitions[partition];
  if (queue.node == node && queue.leader_epoch == epoch) return;
  queue.leader_epoch = epoch;
  if (queue.size > 0) delist(queue.node, partition);
  nodes[queue.node].led.erase(partition);
  queue.node = node;
  nodes[node].led.insert(partition);
  if (queue.size > 0) {
    enlist(node, partition);
    ready_no_later(node, kLongAgo);
  }
}

}  // namespace ackident
