#include "kafka/client/links.h"

#include <algorithm>
#include <utility>

#include "kafka/client/producer.h"
#include "kafka/client/sender.h"

namespace ackident {

namespace {

// Opens a connection (C0.3): see the head of links.h.
void dial(Producer& producer, std::uint32_t broker, Context& ctx) {
  InFlightRequest request;
  request.kind = InFlightRequest::Kind::kHello;
  request.correlation = next_correlation(producer);
  send_request(producer, broker, request, MetadataRequest{request.correlation}, ctx);
}

// The broker for a question that any can answer (C0.12), once it is READY; dials one if need be.
// False: none yet.
bool find_ready_broker(Producer& producer, std::uint32_t& broker, Context& ctx) {
  const auto limit = static_cast<std::uint16_t>(config_of(producer, ctx).max_in_flight);
  const bool refresh_due = producer.metadata_due <= ctx.now();
  const NodeId node =
      least_loaded_node(producer.connections, producer.node_draws++, ctx, limit, refresh_due);
  if (node == kNoNode) return false;
  broker = ctx.composition().broker_index(node);
  const BrokerConnection& connection = producer.connections[broker];
  if (connection.connected) return connection.in_flight < limit && !connection.sending;
  if (connection.in_flight == 0 && may_dial(producer.connections, ctx)) {
    dial(producer, broker, ctx);
  }
  return false;
}

// A broker must be dialled before anything can go on: come back when one may be.
void wait_for_dial(Producer& producer, Context& ctx) {
  const Instant at = next_dial(producer.connections, config_of(producer, ctx), ctx);
  if (at > ctx.now()) arm_no_later(ProducerTimer::kSender, producer.sender_at, at, ctx);
}

// C0.5 is strict: at exactly request.timeout.ms the connection still lives.
Instant overdue_at(const Producer& producer, Instant sent, const Context& ctx) {
  return sent + config_of(producer, ctx).request_timeout + nanoseconds(1);
}

// Time runs once the connection is open.
void arm_request_timeout(Producer& producer, std::uint32_t broker, Context& ctx) {
  ProducerLink& link = producer.links[broker];
  if (link.timeout_armed || producer.connections[broker].opening) return;
  link.timeout_armed = true;
  ctx.arm(timeout_timer_of(broker), overdue_at(producer, ctx.now(), ctx));
}

void retry_identity(Producer& producer, Context& ctx) {
  producer.idempotence.asked = false;
  producer.idempotence.retry_at = ctx.now() + config_of(producer, ctx).retry_backoff;
  arm_no_later(ProducerTimer::kSender, producer.sender_at, producer.idempotence.retry_at, ctx);
}

}  // namespace

Correlation next_correlation(Producer& producer) {
  const Correlation correlation = producer.correlation;
  ++producer.correlation;
  return correlation;
}

bool can_send(Producer& producer, std::uint32_t broker, Context& ctx) {
  BrokerConnection& connection = producer.connections[broker];
  if (!connection.connected) {
    if (connection.in_flight > 0) return false;
    if (ctx.now() >= connection.blocked_until) {
      dial(producer, broker, ctx);
    } else {
      arm_no_later(ProducerTimer::kSender, producer.sender_at, connection.blocked_until, ctx);
    }
    return false;
  }
  if (connection.in_flight >= config_of(producer, ctx).max_in_flight) return false;
  if (connection.sending) return false;
  return producer.metadata_due > ctx.now();
}

void send_request(Producer& producer, std::uint32_t broker, const InFlightRequest& request,
                  const Payload& payload, Context& ctx) {
  ProducerLink& link = producer.links[broker];
  request_sent(producer.connections[broker], ctx);
  InFlightRequest sent = request;
  sent.sent = ctx.now();
  link.requests.push_back(sent);
  arm_request_timeout(producer, broker, ctx);
  ctx.send(ctx.composition().broker_node(broker), payload);
}

void request_metadata(Producer& producer, Context& ctx) {
  if (producer.metadata.refresh_wanted) return;
  producer.metadata.request_refresh();
  schedule_metadata(producer, ctx);
}

void schedule_metadata(Producer& producer, Context& ctx) {
  producer.metadata_due = producer.metadata.next_refresh(config_of(producer, ctx), ctx);
  if (producer.metadata_due > ctx.now()) {
    arm_no_later(ProducerTimer::kMetadata, producer.metadata_at, producer.metadata_due, ctx);
  }
}

void maintain_metadata(Producer& producer, Context& ctx) {
  if (producer.metadata_due > ctx.now()) return;
  std::uint32_t broker = 0;
  if (!find_ready_broker(producer, broker, ctx)) {
    wait_for_dial(producer, ctx);
    return;
  }
  InFlightRequest request;
  request.kind = InFlightRequest::Kind::kMetadata;
  request.correlation = next_correlation(producer);
  producer.metadata.refresh_began(ctx.composition().broker_node(broker), request.correlation,
                                  config_of(producer, ctx), ctx);
  producer.metadata.refresh_wanted = false;  // a wish that comes from here on outlives the answer
  producer.metadata_due = kNever;
  send_request(producer, broker, request, MetadataRequest{request.correlation}, ctx);
}

void maintain_identity(Producer& producer, Context& ctx) {
  Idempotence& idempotence = producer.idempotence;
  if (idempotence.id != kNoProducerId || idempotence.asked) return;
  if (idempotence.retry_at > ctx.now()) {
    arm_no_later(ProducerTimer::kSender, producer.sender_at, idempotence.retry_at, ctx);
    return;
  }
  std::uint32_t broker = 0;
  if (!find_ready_broker(producer, broker, ctx)) {
    wait_for_dial(producer, ctx);
    return;
  }
  InFlightRequest request;
  request.kind = InFlightRequest::Kind::kInitProducerId;
  request.correlation = next_correlation(producer);
  idempotence.asked = true;
  send_request(producer, broker, request, InitProducerIdRequest{request.correlation}, ctx);
}

void apply_leaders(Producer& producer, Context& ctx) {
  Accumulator& accumulator = producer.accumulator;
  std::vector<std::uint32_t>& available = producer.partitioner.available;
  available.clear();
  const auto partitions = static_cast<std::uint32_t>(accumulator.partitions.size());
  for (std::uint32_t partition = 0; partition < partitions; ++partition) {
    const KnownLeader known = producer.metadata.leader(partition_id(producer, partition, ctx));
    const std::uint32_t node = known.leader == kNoNode
                                   ? accumulator.nobody()
                                   : ctx.composition().broker_index(known.leader);
    accumulator.set_leader(partition, node, known.epoch);
    if (known.leader != kNoNode) available.push_back(partition);
  }
}

void on_connected(Producer& producer, std::uint32_t broker, Context& ctx) {
  if (!connection_opened(producer.connections[broker])) return;
  Ring<InFlightRequest>& requests = producer.links[broker].requests;
  SIM_CHECK(requests.size() == 1);  // the question that opens it
  requests.front().sent = ctx.now();
  arm_request_timeout(producer, broker, ctx);
}

bool take_answered(Producer& producer, std::uint32_t broker, Correlation correlation,
                   InFlightRequest& request) {
  Ring<InFlightRequest>& requests = producer.links[broker].requests;
  if (requests.empty() || requests.front().correlation != correlation) return false;
  request = requests.front();
  requests.pop_front();
  request_answered(producer.connections[broker]);
  return true;
}

bool take_sent(Producer& producer, std::uint32_t broker, InFlightRequest& request) {
  if (!producer.connections[broker].sending) return false;
  Ring<InFlightRequest>& requests = producer.links[broker].requests;
  SIM_CHECK(!requests.empty());
  request = requests.back();
  requests.pop_back();
  request_sent_off(producer.connections[broker]);
  return true;
}

void on_metadata_response(Producer& producer, const InFlightRequest& request,
                          const MetadataResponse& response, Context& ctx) {
  if (request.kind == InFlightRequest::Kind::kHello) return;
  SIM_CHECK(request.kind == InFlightRequest::Kind::kMetadata);
  const bool wanted_again = producer.metadata.refresh_wanted;
  producer.metadata.refresh_answered(response.offset, ctx);
  if (wanted_again) producer.metadata.request_refresh();
  schedule_metadata(producer, ctx);
  apply_leaders(producer, ctx);
}

void on_producer_id_response(Producer& producer, const InitProducerIdResponse& response,
                             Context& ctx) {
  if (response.error != ErrorCode::kNone) {
    retry_identity(producer, ctx);
    return;
  }
  producer.idempotence.id_arrived(response.producer_id, response.producer_epoch,
                                  producer.accumulator);
}

void on_disconnected(Producer& producer, std::uint32_t broker, ErrorCode error, Context& ctx) {
  const NodeId node = ctx.composition().broker_node(broker);
  const ProducerConfig& config = config_of(producer, ctx);
  connection_failed(producer.connections[broker], config, backoff_reconnect(node), ctx);
  // C0.6: every disconnect asks for metadata.
  producer.metadata.disconnected(node, config, ctx);
  schedule_metadata(producer, ctx);
  // C1.31: whatever was in flight fails, oldest first.
  Ring<InFlightRequest>& requests = producer.links[broker].requests;
  while (!requests.empty()) {
    const InFlightRequest request = requests.front();
    requests.pop_front();
    if (request.kind == InFlightRequest::Kind::kInitProducerId) retry_identity(producer, ctx);
    if (request.kind == InFlightRequest::Kind::kProduce)
      fail_request(producer, request.first, error, ctx);
  }
}

void on_request_timeout(Producer& producer, std::uint32_t broker, Context& ctx) {
  ProducerLink& link = producer.links[broker];
  const bool was_late = std::exchange(link.timeout_late, false);
  link.timeout_armed = false;
  if (link.requests.empty() || producer.connections[broker].opening) return;
  const Instant expires = overdue_at(producer, link.requests.front().sent, ctx);
  // A process that was frozen reads its sockets before it compares clocks: a late timer gives what
  // waits there its turn first.
  link.timeout_late = expires < ctx.now() && !was_late;
  if (ctx.now() < expires || link.timeout_late) {
    link.timeout_armed = true;
    ctx.arm(timeout_timer_of(broker), std::max(expires, ctx.now()));
    return;
  }
  // C0.5: one slow request costs the whole connection. Up to Kafka 3.4 its batches could not tell
  // that from a connection that was lost.
  const ErrorCode error = ctx.behaviour().names_request_timeout ? ErrorCode::kRequestTimedOut
                                                                : ErrorCode::kNetworkException;
  ctx.close(ctx.composition().broker_node(broker), Channel::kClient);
  on_disconnected(producer, broker, error, ctx);
}

}  // namespace ackident
