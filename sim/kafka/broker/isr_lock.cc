#include "kafka/broker/isr_lock.h"

#include <algorithm>
#include <utility>

#include "kafka/broker/broker.h"
#include "kafka/broker/fetch.h"
#include "kafka/broker/metadata_observer.h"
#include "kafka/broker/produce.h"

namespace ackident {
namespace {

// KIP-320 put reads under the lock, together with the check of the epoch that they carry (Kafka
// 2.1.1 Partition.scala readRecords). Before it a follower needs the lock for its progress alone
// (1.1.1 Partition.scala maybeExpandIsr).
bool reads_take_lock(const Context& ctx) { return ctx.behaviour().fence_fetch_by_leader_epoch; }

template <class Part>
bool any_locked(const Broker& broker, std::span<const Part> parts, const Context& ctx) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const Part& part) { return is_locked(broker, part.partition, ctx); });
}

bool needs_held_lock(const Broker& broker, const Payload& payload, Context& ctx) {
  const PayloadPools& pools = ctx.pools();
  if (const auto* produce = std::get_if<ProduceRequest>(&payload)) {
    return any_locked(broker, pools.produce_parts.get(produce->parts), ctx);
  }
  if (const auto* fetch = std::get_if<FetchRequest>(&payload)) {
    return (fetch->from_replica || reads_take_lock(ctx)) &&
           any_locked(broker, pools.fetch_parts.get(fetch->parts), ctx);
  }
  if (const auto* offsets = std::get_if<ListOffsetsRequest>(&payload)) {
    return reads_take_lock(ctx) && is_locked(broker, offsets->partition, ctx);
  }
  const auto* epochs = std::get_if<OffsetsForLeaderEpochRequest>(&payload);
  return epochs != nullptr && is_locked(broker, epochs->partition, ctx);
}

template <class T>
PoolSpan<T> copy_of(SpanPool<T>& pool, PoolSpan<T> parts) {
  const PoolSpan<T> copy = pool.make(parts.count);
  const std::span<const T> from = pool.get(parts);
  std::copy(from.begin(), from.end(), pool.get(copy).begin());
  return copy;
}

bool serve(Broker& broker, const LockedOut& waiting, Context& ctx) {
  const Payload& payload = waiting.payload;
  if (std::holds_alternative<MetadataFetchResponse>(payload)) {
    observer_apply(broker, ctx);
    return broker.image.end == broker.lifecycle.observed;
  }
  if (needs_held_lock(broker, payload, ctx)) return false;
  if (const auto* produce = std::get_if<ProduceRequest>(&payload)) {
    const auto handler = waiting.orphan ? produce_for_nobody : on_produce;
    handler(broker, waiting.from, *produce, ctx);
  } else if (const auto* fetch = std::get_if<FetchRequest>(&payload)) {
    on_fetch(broker, waiting.from, *fetch, ctx);
  } else if (const auto* offsets = std::get_if<ListOffsetsRequest>(&payload)) {
    on_list_offsets(broker, waiting.from, *offsets, ctx);
  } else {
    const auto& epochs = std::get<OffsetsForLeaderEpochRequest>(payload);
    on_offsets_for_leader_epoch(broker, waiting.from, epochs, ctx);
  }
  ctx.pools().release(payload);
  return true;
}

// Does a request on the same connection wait among these?
bool any_before(std::span<const LockedOut> these, NodeId from) {
  return std::any_of(these.begin(), these.end(), [&](const LockedOut& waiting) {
    return waiting.from == from && !waiting.orphan;
  });
}

}  // namespace

bool is_locked(const Broker& broker, PartitionId partition, const Context& ctx) {
  const Replica* replica = broker.replicas.find(partition);
  return replica != nullptr && is_locked(*replica, ctx);
}

bool is_read_locked(const Broker& broker, std::span<const FetchPart> parts, const Context& ctx) {
  return reads_take_lock(ctx) && !broker.replicas.alter.entries.empty() &&
         any_locked(broker, parts, ctx);
}

bool wait_for_lock(Broker& broker, NodeId from, const Payload& payload, Context& ctx) {
  // Without a write under way no lock is held, and nobody waits.
  if (broker.replicas.alter.entries.empty() || ctx.behaviour().isr_through_controller) return false;
  std::vector<LockedOut>& all = broker.replicas.locked_out;
  // With acks=0 a request does not mute its connection, so it may have a successor.
  const bool behind = std::holds_alternative<ProduceRequest>(payload) && any_before(all, from);
  if (!behind && !needs_held_lock(broker, payload, ctx)) return false;
  LockedOut waiting{from, payload};
  if (auto* produce = std::get_if<ProduceRequest>(&waiting.payload)) {
    produce->parts = copy_of(ctx.pools().produce_parts, produce->parts);
  } else if (auto* fetch = std::get_if<FetchRequest>(&waiting.payload)) {
    fetch->parts = copy_of(ctx.pools().fetch_parts, fetch->parts);
  }
  all.push_back(waiting);
  return true;
}

void metadata_waits_for_lock(Broker& broker, Context& ctx) {
  std::vector<LockedOut>& all = broker.replicas.locked_out;
  const NodeId controller = ctx.composition().controller;
  if (!any_before(all, controller)) all.push_back({controller, MetadataFetchResponse{}});
}

void serve_locked_out(Broker& broker, Context& ctx) {
  std::vector<LockedOut>& all = broker.replicas.locked_out;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const LockedOut waiting = all[i];
    const bool behind = !waiting.orphan && any_before(std::span(all).first(kept), waiting.from);
    if (behind || !serve(broker, waiting, ctx)) all[kept++] = waiting;
  }
  all.resize(kept);
  // Parked fetches whose wait was over while they could not be read.
  for (std::size_t i = 0; i < broker.replicas.fetches.size(); ++i) {
    const ParkedFetch& parked = broker.replicas.fetches[i];
    if (parked.due) complete_fetch(broker, NodeId(static_cast<std::uint16_t>(i)), ctx);
  }
}

void orphan_locked_out(Broker& broker, NodeId from, Context& ctx) {
  std::vector<LockedOut>& all = broker.replicas.locked_out;
  for (LockedOut& waiting : all) waiting.orphan |= waiting.from == from;
  std::erase_if(all, [&](const LockedOut& waiting) {
    if (!waiting.orphan || std::holds_alternative<ProduceRequest>(waiting.payload)) return false;
    ctx.pools().release(waiting.payload);
    return true;
  });
}

void forget_locked_out(Broker& broker, Context& ctx) {
  for (const LockedOut& waiting : broker.replicas.locked_out) {
    ctx.pools().release(waiting.payload);
  }
  broker.replicas.locked_out.clear();
}

}  // namespace ackident
