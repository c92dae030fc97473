#include "kafka/client/consumer_network.h"

#include <algorithm>

namespace ackident {

namespace {

BrokerConnection& connection_to(Consumer& consumer, NodeId broker, const Context& ctx) {
  return consumer.connections[ctx.composition().broker_index(broker)];
}

// Kafka compares milliseconds and strictly (C0.5).
Instant overdue_at(const PendingRequest& request, const ClientConfig& config) {
  return request.sent + config.request_timeout + milliseconds(1);
}

LocalTimer request_timeout_timer(std::uint32_t broker_index) {
  return LocalTimer(static_cast<std::uint32_t>(ConsumerTimer::kRequestTimeout) + broker_index);
}

void arm_request_timeout(Consumer& consumer, NodeId broker, Context& ctx) {
  BrokerLink& link = link_to(consumer, broker, ctx);
  if (link.timeout_armed || link.pending.empty()) return;
  if (connection_to(consumer, broker, ctx).opening) return;  // time does not run yet
  link.timeout_armed = true;
  ctx.arm(request_timeout_timer(ctx.composition().broker_index(broker)),
          overdue_at(link.pending.front(), config_of(consumer, ctx)));
}

// Back-off of a question whose request failed (C4.19): constant, and a refresh is asked for.
void question_failed(Consumer& consumer, const PendingRequest& request, const Context& ctx) {
  AssignedState& slot = consumer.assigned[request.slot];
  if (!slot.asking || slot.question != request.correlation) return;
  slot.asking = false;
  slot.retry_at = ctx.now() + config_of(consumer, ctx).retry_backoff;
}

void fetch_ended(Consumer& consumer, NodeId broker, const Context& ctx) {
  link_to(consumer, broker, ctx).fetching = false;
  can_be_sent_fetch(consumer, broker, ctx);
}

}  // namespace

void can_be_sent_fetch(Consumer& consumer, NodeId broker, const Context& ctx) {
  const std::uint32_t index = ctx.composition().broker_index(broker);
  std::vector<std::uint32_t>& idle = consumer.idle;
  const auto place = std::lower_bound(idle.begin(), idle.end(), index);
  if (place == idle.end() || *place != index) idle.insert(place, index);
}

void want_metadata(Consumer& consumer, const Context& ctx) {
  if (!ctx.mutant(Mutant::kNoMetadataRefresh)) consumer.metadata.request_refresh();
}

Correlation next_correlation(Consumer& consumer) {
  ++consumer.correlation_next;
  return consumer.correlation_next;
}

void send_request(Consumer& consumer, NodeId broker, const PendingRequest& request,
                  const Payload& payload, Context& ctx) {
  SIM_CHECK(is_usable(consumer, broker, ctx));
  request_sent(connection_to(consumer, broker, ctx), ctx);
  link_to(consumer, broker, ctx).pending.push_back(request);
  ctx.send(broker, payload);
  arm_request_timeout(consumer, broker, ctx);
}

bool take_pending(Consumer& consumer, NodeId broker, Correlation correlation, Context& ctx) {
  BrokerLink& link = link_to(consumer, broker, ctx);
  const auto found = std::find_if(
      link.pending.begin(), link.pending.end(),
      [correlation](const PendingRequest& each) { return each.correlation == correlation; });
  if (found == link.pending.end()) return false;
  if (found->kind == PendingRequest::Kind::kFetch) fetch_ended(consumer, broker, ctx);
  link.pending.erase(found);
  request_answered(connection_to(consumer, broker, ctx));
  return true;
}

void on_metadata(Consumer& consumer, NodeId from, const MetadataResponse& response, Context& ctx) {
  if (!take_pending(consumer, from, response.correlation, ctx)) return;
  if (response.correlation != consumer.metadata.correlation) return;  // the connection is ready
  consumer.metadata.refresh_answered(response.offset, ctx);
  consumer.leaders_changed = true;
}

void on_connected(Consumer& consumer, NodeId broker, Context& ctx) {
  if (!connection_opened(connection_to(consumer, broker, ctx))) return;
  for (PendingRequest& request : link_to(consumer, broker, ctx).pending) request.sent = ctx.now();
  arm_request_timeout(consumer, broker, ctx);
}

void on_disconnected(Consumer& consumer, NodeId broker, Context& ctx) {
  const ConsumerConfig& config = config_of(consumer, ctx);
  BrokerLink& link = link_to(consumer, broker, ctx);
  for (const PendingRequest& request : link.pending) {
    if (request.kind == PendingRequest::Kind::kQuestion) question_failed(consumer, request, ctx);
  }
  link.pending.clear();
  if (link.fetching) fetch_ended(consumer, broker, ctx);
  connection_failed(connection_to(consumer, broker, ctx), config, backoff_reconnect(broker), ctx);
  consumer.metadata.disconnected(broker, config, ctx);
}

void check_request_timeouts(Consumer& consumer, Context& ctx) {
  // Whatever is pending has its timer armed, but for the one that fired.
  if (!consumer.timeout_fired) return;
  consumer.timeout_fired = false;
  const ConsumerConfig& config = config_of(consumer, ctx);
  for (std::uint32_t i = 0; i < consumer.links.size(); ++i) {
    const BrokerLink& link = consumer.links[i];
    if (link.timeout_armed || link.pending.empty() || consumer.connections[i].opening) continue;
    const NodeId broker = ctx.composition().broker_node(i);
    if (overdue_at(link.pending.front(), config) <= ctx.now()) {
      ctx.close(broker, Channel::kClient);
      on_disconnected(consumer, broker, ctx);
    } else {
      arm_request_timeout(consumer, broker, ctx);
    }
  }
}

void on_request_timeout(Consumer& consumer, std::uint32_t broker_index, Context& ctx) {
  BrokerLink& link = consumer.links[broker_index];
  const bool late = !link.pending.empty() &&
                    overdue_at(link.pending.front(), config_of(consumer, ctx)) < ctx.now();
  if (late && !link.timeout_late) {
    link.timeout_late = true;
    ctx.arm(request_timeout_timer(broker_index), ctx.now());
    return;
  }
  link.timeout_late = false;
  link.timeout_armed = false;
  consumer.timeout_fired = true;
}

namespace {

// Can the broker be asked for metadata now? From 2.3 on the question may wait for its connection;
// up to 2.2 the connection comes first (C0.12), and meanwhile the draw is repeated.
bool ready_for_question(Consumer& consumer, NodeId broker, Context& ctx) {
  if (ctx.behaviour().prefers_open_connections) return true;
  const BrokerConnection& connection = connection_to(consumer, broker, ctx);
  if (connection.connected) return true;
  if (connection.in_flight > 0) {
    const BrokerLink& link = link_to(consumer, broker, ctx);
    return !connection.opening && link.pending.front().kind != PendingRequest::Kind::kHello;
  }
  if (!may_dial(consumer.connections, ctx)) return false;
  const Correlation correlation = next_correlation(consumer);
  send_request(consumer, broker, {PendingRequest::Kind::kHello, correlation, kNoSlot, ctx.now()},
               MetadataRequest{correlation}, ctx);
  return false;
}

}  // namespace

void maybe_refresh_metadata(Consumer& consumer, Context& ctx) {
  const ConsumerConfig& config = config_of(consumer, ctx);
  if (consumer.metadata.next_refresh(config, ctx) > ctx.now()) return;
  const NodeId broker = least_loaded_node(consumer.connections, consumer.node_draws, ctx);
  if (broker == kNoNode) return;
  ++consumer.node_draws;
  if (!ready_for_question(consumer, broker, ctx)) return;
  const Correlation correlation = next_correlation(consumer);
  consumer.metadata.refresh_began(broker, correlation, config, ctx);
  send_request(consumer, broker, {PendingRequest::Kind::kMetadata, correlation, kNoSlot, ctx.now()},
               MetadataRequest{correlation}, ctx);
}

Instant next_metadata_wake(const Consumer& consumer, const Context& ctx) {
  const ConsumerConfig& config = config_of(consumer, ctx);
  const Instant due = consumer.metadata.next_refresh(config, ctx);
  return due > ctx.now() ? due : next_dial(consumer.connections, config, ctx);
}

}  // namespace ackident
