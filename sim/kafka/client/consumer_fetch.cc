#include "kafka/client/consumer_fetch.h"

#include <algorithm>

#include "kafka/client/consumer_positions.h"

namespace ackident {

namespace {

bool is_fetchable(const AssignedState& slot) {  // C4.2; its leader is known
  return slot.state == PositionState::kFetching && slot.buffer.empty();
}

std::uint32_t count_fetchable(const Consumer& consumer, const BrokerLink& link) {
  return static_cast<std::uint32_t>(
      std::count_if(link.led.begin(), link.led.end(),
                    [&](std::uint32_t at) { return is_fetchable(consumer.assigned[at]); }));
}

FetchPart part_of(const AssignedState& slot, const ConsumerConfig& config, const Context& ctx) {
  FetchPart part;
  part.partition = slot.partition;
  if (ctx.behaviour().consumer_knows_epochs) part.current_epoch = slot.leader.epoch;
  part.bytes_max = static_cast<std::int32_t>(config.max_partition_fetch_bytes);
  part.offset = slot.position;
  return part;
}

void send_fetch(Consumer& consumer, NodeId broker, std::uint32_t count, Context& ctx) {
  const ConsumerConfig& config = config_of(consumer, ctx);
  FetchRequest request;
  request.correlation = next_correlation(consumer);
  request.wait_max = config.fetch_max_wait;
  request.bytes_min = config.fetch_min_bytes;
  request.bytes_max = config.fetch_max_bytes;
  request.parts = ctx.pools().fetch_parts.make(count);
  const std::span<FetchPart> parts = ctx.pools().fetch_parts.get(request.parts);
  std::uint32_t filled = 0;
  BrokerLink& link = link_to(consumer, broker, ctx);
  for (const std::uint32_t at : link.led) {
    AssignedState& slot = consumer.assigned[at];
    if (!is_fetchable(slot)) continue;
    slot.fetch_offset = slot.position;
    slot.fetch_from = broker;
    parts[filled++] = part_of(slot, config, ctx);
  }
  SIM_CHECK(filled == count);
  link.fetching = true;
  send_request(consumer, broker,
               {PendingRequest::Kind::kFetch, request.correlation, kNoSlot, ctx.now()}, request,
               ctx);
}

void on_out_of_range(Consumer& consumer, AssignedState& slot, NodeId from, Context& ctx) {
  // C4.6: the error is about an offset that is no longer wanted (Kafka 1eb76443 FetchCollector.java
  // handleInitializeErrors).
  if (slot.state != PositionState::kFetching) return;
  if (slot.fetch_from != from || slot.fetch_offset != slot.position) return;
  request_reset(consumer, slot, ResetReason::kOutOfRange, ctx);
}

void on_fetch_error(Consumer& consumer, AssignedState& slot, NodeId from, const FetchResult& result,
                    Context& ctx) {
  switch (result.error) {
    case ErrorCode::kOffsetOutOfRange: on_out_of_range(consumer, slot, from, ctx); return;
    // C4.9: the broker is behind the client, or failed oddly: just fetch again.
    case ErrorCode::kUnknownLeaderEpoch:
    case ErrorCode::kUnknownServerError: return;
    default: break;
  }
  want_metadata(consumer, ctx);
  if (!ctx.behaviour().leader_hints) return;
  if (consumer.metadata.hint(slot.partition, result.leader_hint, result.leader_hint_epoch)) {
    consumer.leaders_changed = true;  // C0.14
  }
}

// C4.4: whoever has had data goes to the end of the next requests.
void move_to_end(Consumer& consumer, std::uint32_t at, const Context& ctx) {
  AssignedState& slot = consumer.assigned[at];
  slot.turn = ++consumer.turn_last;
  std::vector<std::uint32_t>& led = link_to(consumer, slot.leader.leader, ctx).led;
  const auto found = std::find(led.begin(), led.end(), at);
  std::rotate(found, found + 1, led.end());
}

void on_fetched_records(Consumer& consumer, std::uint32_t at, const FetchResult& result,
                        const Context& ctx) {
  AssignedState& slot = consumer.assigned[at];
  // With a buffer in hand this is the late answer of a leader before: the same records again, or
  // others that collect() would drop for their position.
  if (!slot.buffer.empty()) return;
  slot.buffer = RecordRange{result.from, result.to, result.epoch};
  consumer.buffered.push_back(at);
  move_to_end(consumer, at, ctx);
}

}  // namespace

void send_fetches(Consumer& consumer, Context& ctx) {
  std::erase_if(consumer.idle, [&](std::uint32_t index) {
    const std::uint32_t count = count_fetchable(consumer, consumer.links[index]);
    const NodeId broker = ctx.composition().broker_node(index);
    if (count == 0 || !is_usable(consumer, broker, ctx)) return false;
    send_fetch(consumer, broker, count, ctx);
    return true;
  });
}

Instant next_fetch_wake(const Consumer& consumer, const Context& ctx) {
  Instant wake = kNever;
  for (const std::uint32_t index : consumer.idle) {
    const NodeId broker = ctx.composition().broker_node(index);
    if (is_usable(consumer, broker, ctx)) continue;
    if (count_fetchable(consumer, consumer.links[index]) == 0) continue;
    wake = std::min(wake, usable_at(consumer, broker, ctx));
  }
  return wake;
}

void on_fetch(Consumer& consumer, NodeId from, const FetchResponse& response, Context& ctx) {
  if (!take_pending(consumer, from, response.correlation, ctx)) return;
  for (const FetchResult& result : ctx.pools().fetch_results.get(response.parts)) {
    const std::uint32_t at = consumer.slot_of[result.partition.value()];
    SIM_CHECK(at != kNoSlot);
    if (result.error != ErrorCode::kNone) {
      on_fetch_error(consumer, consumer.assigned[at], from, result, ctx);
    } else if (result.to > result.from) {
      on_fetched_records(consumer, at, result, ctx);
    }
  }
}

bool collect(Consumer& consumer, const Context& ctx) {
  SIM_CHECK(consumer.returned.empty());
  std::int64_t room = config_of(consumer, ctx).max_poll_records;
  while (room > 0 && !consumer.buffered.empty()) {
    const std::uint32_t at = consumer.buffered.front();
    AssignedState& slot = consumer.assigned[at];
    RecordRange& buffer = slot.buffer;
    // C4.6: the position may have moved since the request. A partition that awaits a reset or a
    // validation loses its buffer here, too, and fetches it again.
    const bool wanted = slot.state == PositionState::kFetching && buffer.from == slot.position;
    if (!wanted) buffer.from = buffer.to;
    const Offset end = std::min(buffer.to, buffer.from + room);
    if (end > buffer.from) {
      consumer.returned.push_back({at, {buffer.from, end, buffer.epoch}});
      room -= end - buffer.from;
      buffer.from = end;
      slot.position = end;
      slot.position_epoch = buffer.epoch;
    }
    if (buffer.empty()) consumer.buffered.erase(consumer.buffered.begin());
  }
  return !consumer.returned.empty();
}

}  // namespace ackident
