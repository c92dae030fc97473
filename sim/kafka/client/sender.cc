#include "kafka/client/sender.h"

#include <algorithm>

#include "kafka/client/drain.h"
#include "kafka/client/producer.h"

namespace ackident {

namespace {

Fact fact_of(const Producer& producer, FactKind kind, const ProducerBatch& batch, std::int64_t b,
             std::int64_t c, const Context& ctx) {
  return {.kind = kind,
          .node = producer.self,
          .partition = partition_id(producer, batch.partition, ctx),
          .a = batch.number.value(),
          .b = b,
          .c = c};
}

// The records of a batch get their name when it takes no more of them.
void announce(const Producer& producer, ProducerBatch& batch, Context& ctx) {
  if (batch.announced) return;
  batch.announced = true;
  ctx.note(fact_of(producer, FactKind::kRecordsSent, batch,
                   static_cast<std::int64_t>(batch.first_record), batch.count, ctx));
}

void succeed(Producer& producer, BatchSlot slot, Offset base, NodeId broker, Context& ctx) {
  Accumulator& accumulator = producer.accumulator;
  if (producer.idempotence.enabled) producer.idempotence.completed(slot, accumulator);
  // C1.30: told to have failed by age before; the late success changes nothing for the application.
  const ProducerBatch& batch = accumulator[slot];
  if (batch.state == BatchState::kDone) return;
  Fact fact = fact_of(producer, FactKind::kAcked, batch, base.value(), batch.count, ctx);
  fact.peer = broker;
  ctx.note(fact);
  accumulator.settle(slot);
}

void fail(Producer& producer, BatchSlot slot, ErrorCode error, bool adjust, Context& ctx) {
  Accumulator& accumulator = producer.accumulator;
  if (producer.idempotence.enabled) producer.idempotence.failed(slot, error, adjust, accumulator);
  ProducerBatch& batch = accumulator[slot];
  if (batch.state == BatchState::kDone) return;
  announce(producer, batch, ctx);
  ctx.note(fact_of(producer, FactKind::kFailed, batch, static_cast<std::int64_t>(error),
                   batch.count, ctx));
  accumulator.settle(slot);
}

bool is_expired(const Producer& producer, const ProducerBatch& batch, const Context& ctx) {
  if (ctx.mutant(Mutant::kDeliveryTimeoutIgnored)) return false;
  if (!ctx.behaviour().delivery_timeout) return false;
  return ctx.now() - batch.created >= config_of(producer, ctx).delivery_timeout;
}

// C1.28, C2.10 (Kafka 1eb76443 Sender.java canRetry).
bool can_retry(Producer& producer, BatchSlot slot, ErrorCode error, const Context& ctx) {
  const ProducerBatch& batch = producer.accumulator[slot];
  if (batch.state == BatchState::kDone || is_expired(producer, batch, ctx)) return false;
  if (batch.attempts >= config_of(producer, ctx).retries) return false;
  return producer.idempotence.enabled
             ? producer.idempotence.can_retry(batch, error, producer.accumulator)
             : is_retriable(error);
}

// C1.32: by sequence, or (C1.33) at the front: batches that fail together come back reversed.
void requeue(Producer& producer, BatchSlot slot, const Context& ctx) {
  Accumulator& accumulator = producer.accumulator;
  const std::uint32_t node = accumulator.partitions[accumulator[slot].partition].node;
  if (producer.idempotence.enabled && ctx.mutant(Mutant::kRetryWithoutBackoffEpoch)) {
    producer.idempotence.forget(slot, accumulator);
  }
  if (producer.idempotence.enabled && !ctx.mutant(Mutant::kReorderOnRetry)) {
    accumulator.insert_by_sequence(slot);
  } else {
    accumulator.push_front(slot);
  }
  accumulator.ready_no_later(node, kLongAgo);
}

void retry(Producer& producer, BatchSlot slot, ErrorCode error, Context& ctx) {
  ProducerBatch& batch = producer.accumulator[slot];
  const ProducerConfig& config = config_of(producer, ctx);
  const Duration pause = backoff(config.retry_backoff, config.retry_backoff_max, batch.attempts,
                                 ctx.behaviour().exponential_client_backoff, kBackoffOwn,
                                 producer.backoff_draws++, ctx);
  batch.retry_at = ctx.now() + pause;
  ++batch.attempts;
  ctx.note(fact_of(producer, FactKind::kRetried, batch, static_cast<std::int64_t>(error),
                   batch.attempts, ctx));
  requeue(producer, slot, ctx);
}

// C1.35: the records go into new batches of batch.size, with the old age and sequence (C2.12).
// Without compression no batch of several records exceeds batch.size, so there is one piece: the
// same batch again, at once and not counted as an attempt.
void split(Producer& producer, BatchSlot slot, const Context& ctx) {
  Accumulator& accumulator = producer.accumulator;
  ProducerBatch& batch = accumulator[slot];
  batch.attempts = 0;
  batch.retry_at = kLongAgo;
  // The pieces are not paid for from buffer.memory.
  accumulator.memory_free += batch.buffer;
  batch.buffer = 0;
  requeue(producer, slot, ctx);
}

// The verdict on one batch of a request that has ended (C1.27-C1.35).
void complete(Producer& producer, BatchSlot slot, ErrorCode error, Offset base, NodeId broker,
              Context& ctx) {
  Accumulator& accumulator = producer.accumulator;
  ProducerBatch& batch = accumulator[slot];
  const std::uint32_t partition = batch.partition;
  const bool is_done = batch.state == BatchState::kDone;
  if (error == ErrorCode::kNone) {
    succeed(producer, slot, base, broker, ctx);
  } else if (error == ErrorCode::kMessageTooLarge && batch.count > 1 && !is_done &&
             ctx.behaviour().splits_batches) {
    split(producer, slot, ctx);
  } else if (can_retry(producer, slot, error, ctx)) {
    if (producer.idempotence.is_orphan(batch)) {
      fail(producer, slot, ErrorCode::kOutOfOrderSequenceNumber, false, ctx);
    } else {
      retry(producer, slot, error, ctx);
    }
  } else if (error == ErrorCode::kDuplicateSequenceNumber) {
    succeed(producer, slot, kNoOffset, broker, ctx);  // C2.10: in the log, place forgotten
  } else {
    fail(producer, slot, error, batch.attempts < config_of(producer, ctx).retries, ctx);
  }
  if (accumulator[slot].state == BatchState::kDone) accumulator.release(slot);
  if (is_invalid_metadata(error) && !ctx.mutant(Mutant::kNoMetadataRefresh)) {
    request_metadata(producer, ctx);
  }
  PartitionQueue& queue = accumulator.partitions[partition];
  if (!queue.muted) return;
  queue.muted = false;
  if (queue.size > 0) accumulator.ready_no_later(queue.node, kLongAgo);
}

// Collects a request's chain into `drained`: completing a batch may re-use its link.
void collect(Producer& producer, BatchSlot first) {
  producer.drained.clear();
  for (BatchSlot slot = first; slot != kNoBatch; slot = producer.accumulator[slot].next) {
    producer.drained.push_back(slot);
  }
}

// C0.14: applied before the batches are judged, so that their retries need not back off.
void take_hints(Producer& producer, std::span<const ProduceResult> results, Context& ctx) {
  const std::uint32_t first = partition_id(producer, 0, ctx).value();
  for (const ProduceResult& result : results) {
    if (result.leader_hint == kNoNode) continue;
    if (!producer.metadata.hint(result.partition, result.leader_hint, result.leader_hint_epoch)) {
      continue;
    }
    const std::uint32_t partition = result.partition.value() - first;
    const bool was_leaderless =
        producer.accumulator.partitions[partition].node == producer.accumulator.nobody();
    producer.accumulator.set_leader(partition, ctx.composition().broker_index(result.leader_hint),
                                    result.leader_hint_epoch);
    if (was_leaderless) apply_leaders(producer, ctx);
  }
}

// Sends the drained batches as one request and chains them to it.
void send_drained(Producer& producer, std::uint32_t broker, Context& ctx) {
  const ProducerConfig& config = config_of(producer, ctx);
  const NodeId node = ctx.composition().broker_node(broker);
  Accumulator& accumulator = producer.accumulator;
  ProduceRequest message;
  message.correlation = next_correlation(producer);
  message.acks = config.acks;
  message.timeout = config.request_timeout;
  message.parts =
      ctx.pools().produce_parts.make(static_cast<std::uint32_t>(producer.drained.size()));
  const std::span<ProducePart> parts = ctx.pools().produce_parts.get(message.parts);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    ProducerBatch& batch = accumulator[producer.drained[i]];
    batch.next = i + 1 < parts.size() ? producer.drained[i + 1] : kNoBatch;
    parts[i] = {.partition = partition_id(producer, batch.partition, ctx),
                .count = batch.count,
                .bytes = batch.bytes,
                .number = batch.number,
                .producer_id = batch.producer_id,
                .producer_epoch = batch.producer_epoch,
                .base_sequence = batch.base_sequence,
                .record_bytes_max = batch.record_bytes_max};
    announce(producer, batch, ctx);
    Fact fact = fact_of(producer, FactKind::kBatchSent, batch, std::int64_t{batch.attempts} + 1,
                        batch.count, ctx);
    fact.peer = node;
    ctx.note(fact);
  }
  InFlightRequest request;
  request.kind = InFlightRequest::Kind::kProduce;
  request.correlation = message.correlation;
  request.first = producer.drained.front();
  send_request(producer, broker, request, message, ctx);
  // Of one with an answer it makes no difference when it is sent: it stays in flight until then.
  if (config.acks == Acks::kNone) producer.connections[broker].sending = true;
}

void send_to(Producer& producer, std::uint32_t broker, Context& ctx) {
  const NodeQueue& node = producer.accumulator.nodes[broker];
  while (is_ready(producer, broker, ctx) && can_send(producer, broker, ctx)) {
    drain(producer, broker, ctx);
    if (producer.drained.empty()) break;
    send_drained(producer, broker, ctx);
  }
  if (node.ready_at > ctx.now()) {
    arm_no_later(ProducerTimer::kSender, producer.sender_at, node.ready_at, ctx);
  }
}

// C2.9: only a batch that was tried before; one in its first attempt is not marked. An unsequenced
// one leaves no hole (C1.40).
void fail_expired(Producer& producer, BatchSlot slot, Context& ctx) {
  fail(producer, slot, ErrorCode::kTimeout, false, ctx);
  const ProducerBatch& batch = producer.accumulator[slot];
  if (batch.in_retry() && batch.base_sequence != kNoSequence) {
    producer.idempotence.mark_unresolved(batch);
  }
}

// Until when a batch may wait in the queue before Kafka 2.1: request.timeout.ms from the end of its
// linger, from its last record if it is full, or from the end of its back-off (Kafka 2.0
// ProducerBatch.java maybeExpire).
Instant patience_ends(const Producer& producer, const ProducerBatch& batch, bool last,
                      const Context& ctx) {
  const ProducerConfig& config = config_of(producer, ctx);
  if (batch.in_retry()) return batch.retry_at + config.request_timeout;
  const Instant lingered = batch.created + config.linger;
  const bool full = !last || batch.full();
  return (full ? std::min(batch.appended, lingered) : lingered) + config.request_timeout;
}

// The partition's queue from its head on; when the first that may stay will have to go.
Instant expire_queue(Producer& producer, std::uint32_t partition, Context& ctx) {
  Accumulator& accumulator = producer.accumulator;
  const PartitionQueue& queue = accumulator.partitions[partition];
  while (queue.size > 0 && !queue.muted) {
    const BatchSlot slot = queue.head;
    const Instant ends = patience_ends(producer, accumulator[slot], slot == queue.tail, ctx);
    if (ends >= ctx.now()) return ends;
    accumulator.remove(slot);
    fail_expired(producer, slot, ctx);
    accumulator.release(slot);
  }
  return kNever;
}

// Before Kafka 2.1 only what waits in a queue expires, however old it is (Kafka 2.0
// RecordAccumulator.java expiredBatches).
void expire_queued(Producer& producer, Context& ctx) {
  if (ctx.mutant(Mutant::kDeliveryTimeoutIgnored)) return;
  Instant earliest = kNever;
  for (const NodeQueue& node : producer.accumulator.nodes) {
    for (std::uint32_t partition = node.queued.next(0); partition != PartitionSet::kNone;
         partition = node.queued.next(partition + 1)) {
      earliest = std::min(earliest, expire_queue(producer, partition, ctx));
    }
  }
  if (earliest == kNever) return;
  arm_no_later(ProducerTimer::kExpiry, producer.expiry_at, earliest + nanoseconds(1), ctx);
}

// C1.30: by age, queued or in flight. Kafka 1eb76443 Sender.java sendProducerData,
// getExpiredInflightBatches.
void expire(Producer& producer, Context& ctx) {
  if (!ctx.behaviour().delivery_timeout) return expire_queued(producer, ctx);
  Accumulator& accumulator = producer.accumulator;
  while (accumulator.oldest != kNoBatch) {
    const BatchSlot slot = accumulator.oldest;
    const ProducerBatch& batch = accumulator[slot];
    if (!is_expired(producer, batch, ctx)) break;
    const bool in_flight = batch.state == BatchState::kInFlight;
    if (!in_flight) accumulator.remove(slot);
    fail_expired(producer, slot, ctx);
    if (!in_flight) accumulator.release(slot);
  }
  if (accumulator.oldest == kNoBatch || ctx.mutant(Mutant::kDeliveryTimeoutIgnored)) return;
  arm_no_later(ProducerTimer::kExpiry, producer.expiry_at,
               accumulator[accumulator.oldest].created + config_of(producer, ctx).delivery_timeout,
               ctx);
}

// C1.18: everything has its final result and nothing is awaited.
bool is_flushed(const Producer& producer) {
  if (producer.accumulator.open > 0) return false;
  return std::all_of(producer.links.begin(), producer.links.end(),
                     [](const ProducerLink& link) { return link.requests.empty(); });
}

}  // namespace

void sender_pass(Producer& producer, Context& ctx) {
  Accumulator& accumulator = producer.accumulator;
  Idempotence& idempotence = producer.idempotence;
  if (idempotence.enabled && !idempotence.settled()) {
    idempotence.settle(accumulator, ctx);
    maintain_identity(producer, ctx);
  }
  // C0.10 c: something to send, and nobody to send it to.
  if (accumulator.nodes[accumulator.nobody()].queued_count > 0) request_metadata(producer, ctx);
  maintain_metadata(producer, ctx);
  // Without an id the pass ends here: nothing is sent (C2.2), and nothing expires either.
  if (!idempotence.enabled || idempotence.id != kNoProducerId) {
    // Backwards: a node that is drained empty swaps its place with one already visited.
    for (std::size_t i = accumulator.waiting.size(); i-- > 0;) {
      if (accumulator.waiting[i] == accumulator.nobody()) continue;
      send_to(producer, accumulator.waiting[i], ctx);
    }
    expire(producer, ctx);
  }
  if (producer.closing && is_flushed(producer)) ctx.exit_process();
}

void on_produce_response(Producer& producer, BatchSlot first, const ProduceResponse& response,
                         Context& ctx) {
  const std::span<const ProduceResult> results = ctx.pools().produce_results.get(response.parts);
  take_hints(producer, results, ctx);
  collect(producer, first);
  SIM_CHECK(results.size() == producer.drained.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    const BatchSlot slot = producer.drained[i];
    // The broker answers part by part in the order of the request.
    SIM_CHECK(producer.accumulator[slot].number == results[i].number);
    complete(producer, slot, results[i].error, results[i].base, kNoNode, ctx);
  }
}

// C1.36: that the bytes are in the socket is all that acks=0 ever learns.
void on_produce_sent(Producer& producer, BatchSlot first, NodeId broker, Context& ctx) {
  collect(producer, first);
  for (const BatchSlot slot : producer.drained) {
    complete(producer, slot, ErrorCode::kNone, kNoOffset, broker, ctx);
  }
}

void fail_request(Producer& producer, BatchSlot first, ErrorCode error, Context& ctx) {
  collect(producer, first);
  for (const BatchSlot slot : producer.drained) {
    complete(producer, slot, error, kNoOffset, kNoNode, ctx);
  }
}

void fail_record(Producer& producer, std::uint32_t partition, std::uint64_t record, ErrorCode error,
                 Context& ctx) {
  const BatchNumber number = producer.accumulator.next_number;
  ++producer.accumulator.next_number;
  Fact fact{.kind = FactKind::kRecordsSent,
            .node = producer.self,
            .a = number.value(),
            .b = static_cast<std::int64_t>(record),
            .c = 1};
  if (partition != kNoSticky) fact.partition = partition_id(producer, partition, ctx);
  ctx.note(fact);
  fact.kind = FactKind::kFailed;
  fact.b = static_cast<std::int64_t>(error);
  ctx.note(fact);
}

}  // namespace ackident
