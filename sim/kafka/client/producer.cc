#include "kafka/client/producer.h"

#include "kafka/client/sender.h"

namespace ackident {

namespace {

// A new process knows nobody. What keys choices goes on counting: no draw is made twice in a run.
void forget_connections(Producer& producer, const Composition& composition) {
  producer.connections.resize(composition.broker_count);
  for (BrokerConnection& connection : producer.connections) forget(connection);
  producer.links.resize(composition.broker_count);
  for (ProducerLink& link : producer.links) {
    while (!link.requests.empty()) link.requests.pop_front();
    link.timeout_armed = link.timeout_late = false;
  }
  producer.metadata.forget(composition);
}

// The memory of a new process: no connections, batches, leaders or id.
void forget_all(Producer& producer, const Composition& composition) {
  const ProducerInfo& info = composition.producers[producer.index];
  const std::uint32_t partitions = composition.topics[info.workload.topic.value()].partitions;
  forget_connections(producer, composition);
  producer.accumulator.reset(partitions, composition.broker_count, info.config.buffer_memory);
  producer.partitioner.reset(info.workload, partitions);
  producer.idempotence.reset(info.config.idempotence, partitions);
  producer.closing = false;
  producer.sender_at = producer.expiry_at = kNever;
  producer.metadata_due = producer.metadata_at = kNever;
}

// The sender runs; while that frees memory which a blocked send() can use, both go on.
void run_sender(Producer& producer, Context& ctx) {
  do {
    sender_pass(producer, ctx);
  } while (producer.application.blocked == Blocked::kOnMemory && resume_application(producer, ctx));
}

// After anything but an arrival: a blocked send() may have got what it waits for.
void run(Producer& producer, Context& ctx) {
  resume_application(producer, ctx);
  run_sender(producer, ctx);
}

void on_disconnect_notice(Producer& producer, NodeId from, const Disconnected& notice,
                          Context& ctx) {
  if (!notice.initiator || notice.channel != Channel::kClient) return;
  const std::uint32_t broker = ctx.composition().broker_index(from);
  on_disconnected(producer, broker, ErrorCode::kNetworkException, ctx);
}

}  // namespace

void reset(Producer& producer, const Composition& composition, NodeId self) {
  producer.self = self;
  producer.index = composition.node(self).index;
  producer.running = false;
  producer.correlation = Correlation();
  producer.node_draws = 0;
  producer.backoff_draws = 0;
  producer.connections.clear();
  producer.metadata.reset(composition);
  producer.accumulator.next_number = BatchNumber();
  producer.partitioner.switches = 0;
  producer.partitioner.by_key.clear();
  const Workload& workload = composition.producers[producer.index].workload;
  producer.application = Application{};
  producer.application.interval = workload.interval;
  producer.application.burst = workload.burst;
  forget_all(producer, composition);
}

void start(Producer& producer, const StartInfo&, Context& ctx) {
  SIM_CHECK(!producer.running);
  forget_all(producer, ctx.composition());
  producer.running = true;
  start_application(producer, ctx);
  schedule_metadata(producer, ctx);
  sender_pass(producer, ctx);
}

void deliver(Producer& producer, NodeId from, const Payload& payload, Context& ctx) {
  if (!producer.running) return;
  InFlightRequest request;
  const auto answers = [&](Correlation correlation) {
    return take_answered(producer, ctx.composition().broker_index(from), correlation, request);
  };
  if (const auto* produced = std::get_if<ProduceResponse>(&payload)) {
    if (!answers(produced->correlation)) return;
    on_produce_response(producer, request.first, *produced, ctx);
  } else if (const auto* metadata = std::get_if<MetadataResponse>(&payload)) {
    if (!answers(metadata->correlation)) return;
    on_metadata_response(producer, request, *metadata, ctx);
  } else if (const auto* identity = std::get_if<InitProducerIdResponse>(&payload)) {
    if (!answers(identity->correlation)) return;
    on_producer_id_response(producer, *identity, ctx);
  } else if (std::holds_alternative<SendCompleted>(payload)) {
    if (!take_sent(producer, ctx.composition().broker_index(from), request)) return;
    on_produce_sent(producer, request.first, from, ctx);
  } else if (std::holds_alternative<Connected>(payload)) {
    return on_connected(producer, ctx.composition().broker_index(from), ctx);
  } else if (const auto* command = std::get_if<WorkloadCommand>(&payload)) {
    on_command(producer, *command, ctx);
  } else {
    const auto* notice = std::get_if<Disconnected>(&payload);
    SIM_CHECK(notice != nullptr);
    on_disconnect_notice(producer, from, *notice, ctx);
  }
  run(producer, ctx);
}

void fire(Producer& producer, LocalTimer timer, Context& ctx) {
  if (!producer.running) return;
  const auto fixed = static_cast<ProducerTimer>(timer.value());
  if (fixed == ProducerTimer::kArrival) {
    if (on_arrival(producer, ctx)) run_sender(producer, ctx);
    return;
  }
  if (fixed == ProducerTimer::kSender) producer.sender_at = kNever;
  if (fixed == ProducerTimer::kExpiry) producer.expiry_at = kNever;
  if (fixed == ProducerTimer::kBlocked) on_block_timeout(producer, ctx);
  if (fixed == ProducerTimer::kMetadata) {
    producer.metadata_at = kNever;
    schedule_metadata(producer, ctx);
  }
  if (fixed >= ProducerTimer::kFixed) {
    const auto first = static_cast<std::uint32_t>(ProducerTimer::kFixed);
    on_request_timeout(producer, timer.value() - first, ctx);
  }
  run(producer, ctx);
}

void stop(Producer& producer, StopKind, Context&) { producer.running = false; }

void shut_down(Producer& producer, Context& ctx) {
  if (!producer.running || producer.closing) return;
  stop_application(producer, ctx);
  producer.closing = true;
  // C1.12: closing makes every batch sendable.
  for (NodeQueue& node : producer.accumulator.nodes) node.ready_at = kLongAgo;
  sender_pass(producer, ctx);
}

std::uint32_t timer_count(const Producer&, const Composition& composition, NodeId) {
  return static_cast<std::uint32_t>(ProducerTimer::kFixed) + composition.broker_count;
}

}  // namespace ackident
