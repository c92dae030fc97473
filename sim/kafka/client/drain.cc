#include "kafka/client/drain.h"

#include <algorithm>

#include "kafka/client/producer.h"

namespace ackident {

namespace {

// C1.16: a retry waits, unless the partition has a newer leader than the attempt that failed knew.
bool backing_off(const ProducerBatch& batch, const PartitionQueue& queue, const Context& ctx) {
  if (batch.retry_at <= ctx.now()) return false;
  const bool led_anew = ctx.behaviour().leader_hints && queue.leader_epoch > batch.leader_epoch;
  return !led_anew;
}

// When the partition's first batch becomes sendable (C1.12); kNever while muted (C1.34).
Instant sendable_at(const Producer& producer, std::uint32_t partition, const Context& ctx) {
  const Accumulator& accumulator = producer.accumulator;
  const PartitionQueue& queue = accumulator.partitions[partition];
  if (queue.muted) return kNever;
  const ProducerBatch& first = accumulator[queue.head];
  const bool at_once = queue.size > 1 || first.full() || producer.closing ||
                       producer.application.blocked == Blocked::kOnMemory;
  const Instant lingered = at_once ? kLongAgo : first.created + config_of(producer, ctx).linger;
  return backing_off(first, queue, ctx) ? std::max(lingered, first.retry_at) : lingered;
}

// Takes the partition's first batch if it may go. False: the walk ends here (C2.8).
bool drain_partition(Producer& producer, std::uint32_t partition, std::int64_t& bytes,
                     Context& ctx) {
  Accumulator& accumulator = producer.accumulator;
  PartitionQueue& queue = accumulator.partitions[partition];
  if (queue.muted) return true;
  ProducerBatch& first = accumulator[queue.head];
  if (backing_off(first, queue, ctx)) return true;
  const ProducerConfig& config = config_of(producer, ctx);
  // C1.14: the first batch always goes, the others as far as the request has room.
  if (bytes + first.bytes > config.max_request_size && !producer.drained.empty()) return false;
  const bool idempotent = producer.idempotence.enabled;
  if (idempotent && producer.idempotence.must_wait(first, accumulator)) return false;
  const BatchSlot slot = accumulator.pop_front(partition);
  if (idempotent) producer.idempotence.drained(slot, accumulator);
  first.state = BatchState::kInFlight;
  first.closed = true;
  first.leader_epoch = queue.leader_epoch;
  if (config.max_in_flight == 1) queue.muted = true;
  bytes += first.bytes;
  producer.drained.push_back(slot);
  return true;
}

}  // namespace

bool is_ready(Producer& producer, std::uint32_t node_index, Context& ctx) {
  NodeQueue& node = producer.accumulator.nodes[node_index];
  if (node.ready_at > ctx.now()) return false;
  Instant earliest = kNever;
  for (std::uint32_t partition = node.queued.next(0); partition != PartitionSet::kNone;
       partition = node.queued.next(partition + 1)) {
    earliest = std::min(earliest, sendable_at(producer, partition, ctx));
    if (earliest <= ctx.now()) return true;
  }
  node.ready_at = earliest;
  return false;
}

void drain(Producer& producer, std::uint32_t node_index, Context& ctx) {
  NodeQueue& node = producer.accumulator.nodes[node_index];
  producer.drained.clear();
  std::int64_t bytes = 0;
  const std::uint32_t start = node.drain_index;
  // Round robin: [start, end), then [0, start). A partition that must wait holds up those behind
  // it, and the next walk begins with it.
  for (const bool wrapped : {false, true}) {
    std::uint32_t partition = node.queued.next(wrapped ? 0 : start);
    while (partition != PartitionSet::kNone && !(wrapped && partition >= start)) {
      if (!drain_partition(producer, partition, bytes, ctx)) {
        node.drain_index = partition;
        return;
      }
      partition = node.queued.next(partition + 1);
    }
  }
  const std::uint32_t last = node.led.previous(start);
  node.drain_index = last == PartitionSet::kNone ? 0 : last;
}

}  // namespace ackident
