#include "kafka/broker/produce.h"

#include <utility>

#include "kafka/broker/broker.h"
#include "kafka/broker/leader.h"

namespace ackident {
namespace {

Fact produce_fact(FactKind kind, NodeId self, NodeId client, const ProduceResult& result) {
  return {.kind = kind,
          .node = self,
          .peer = client,
          .partition = result.partition,
          .a = static_cast<std::int64_t>(result.error),
          .b = static_cast<std::int64_t>(result.number.value()),
          .c = result.base.value()};
}

// R2.1 steps 2-5: may this batch be appended here at all?
ErrorCode check_request(const Broker& broker, const Replica* replica, const ProducePart& part,
                        Acks acks, const Context& ctx) {
  if (!is_known_partition(broker, part.partition)) return ErrorCode::kUnknownTopicOrPartition;
  if (replica == nullptr) return ErrorCode::kNotLeaderOrFollower;
  const Leader* leader = std::get_if<Leader>(&replica->role);
  if (leader == nullptr) return ErrorCode::kNotLeaderOrFollower;
  // T3: acks 0 and 1 are never refused on account of min.insync.replicas.
  const bool gated = (acks == Acks::kAll && !ctx.mutant(Mutant::kSkipMinIsrCheck)) ||
                     (acks == Acks::kLeader && ctx.mutant(Mutant::kMinIsrRejectsAcks1));
  if (gated && committed_isr(leader->isr).size() < min_isr(broker, part.partition, ctx)) {
    return ErrorCode::kNotEnoughReplicas;
  }
  const TopicId topic = ctx.composition().topic_of[part.partition.value()];
  const std::int64_t size = ctx.behaviour().limits_batches ? part.bytes : part.record_bytes_max;
  if (size > broker.image.topics[topic.value()].max_message_bytes) {
    return ErrorCode::kMessageTooLarge;
  }
  return ErrorCode::kNone;
}

// R2.1 step 7: offsets from the log end.
LedgerBatch make_batch(const Replica& replica, NodeId client, const ProducePart& part) {
  LedgerBatch batch;
  batch.base = replica.log.end();
  batch.count = part.count;
  batch.bytes = part.bytes;
  batch.client = client;
  batch.producer_epoch = part.producer_epoch;
  batch.number = part.number;
  batch.producer_id = part.producer_id;
  batch.base_sequence = part.base_sequence;
  return batch;
}

// Before Kafka 2.5 a producer without state had to begin at 0 (Kafka 2.4 ProducerStateManager.scala
// checkSequence).
bool may_not_begin(const Replica& replica, const LedgerBatch& batch, const Context& ctx) {
  return !ctx.behaviour().unknown_producer_may_begin && batch.base_sequence != Sequence(0) &&
         !replica.producers.knows(batch.producer_id);
}

// R2.15, C2.14-C2.16.
ProducerStateTable::Check check_sequence(const Replica& replica, const LedgerBatch& batch,
                                         const Context& ctx) {
  if (batch.producer_id == kNoProducerId || ctx.mutant(Mutant::kSkipSequenceCheck)) return {};
  if (may_not_begin(replica, batch, ctx)) {
    return {ctx.behaviour().names_unknown_producers ? ErrorCode::kUnknownProducerId
                                                    : ErrorCode::kOutOfOrderSequenceNumber,
            false,
            {}};
  }
  ProducerStateTable::Check check = replica.producers.check(
      batch.producer_id, batch.producer_epoch, batch.base_sequence, batch.last_sequence());
  if (check.error == ErrorCode::kOutOfOrderSequenceNumber &&
      ctx.mutant(Mutant::kAcceptOutOfOrder)) {
    check.error = ErrorCode::kNone;
  }
  return check;
}

// Into the page cache; to disk only if flush.messages says so (R1.13).
void append(const Broker& broker, Replica& replica, const LedgerBatch& batch, Context& ctx) {
  const LeaderEpoch epoch = leader_epoch(replica);
  ctx.append_batch(replica.partition, epoch, batch);
  replica.log.append(epoch, batch.end(), ctx.now());
  if (batch.producer_id != kNoProducerId) {
    replica.producers.record(batch.producer_id, batch.producer_epoch,
                             {batch.base_sequence, batch.last_sequence(), batch.base, batch.end()});
  }
  flush_if_due(broker, replica, ctx);
  ctx.note({.kind = FactKind::kAppended,
            .node = broker.self,
            .peer = batch.client,
            .partition = replica.partition,
            .a = batch.base.value(),
            .b = batch.end().value(),
            .c = epoch.value()});
}

// One part, up to and including the append: without an error it is in the log.
ParkedPart serve_part(Broker& broker, NodeId client, const ProducePart& part, Acks acks,
                      Context& ctx) {
  ParkedPart served;
  ProduceResult& result = served.result;
  result.partition = part.partition;
  result.number = part.number;
  served.decided = true;

  Replica* replica = broker.replicas.find(part.partition);
  result.error = check_request(broker, replica, part, acks, ctx);
  LedgerBatch batch;
  ProducerStateTable::Check check;
  if (result.error == ErrorCode::kNone) {
    batch = make_batch(*replica, client, part);
    check = check_sequence(*replica, batch, ctx);
    result.error = check.error;
  }
  if (result.error != ErrorCode::kNone) {
    if (result.error == ErrorCode::kNotLeaderOrFollower) {
      const LeaderHint hint = leader_hint(broker, part.partition, ctx);
      result.leader_hint = hint.leader;
      result.leader_hint_epoch = hint.epoch;
    }
    ctx.note(produce_fact(FactKind::kProduceRejected, broker.self, client, result));
    return served;
  }
  if (check.duplicate) {
    result.base = check.original.base;
    served.required = check.original.end;
    ctx.note({.kind = FactKind::kDuplicateDetected,
              .node = broker.self,
              .peer = client,
              .partition = part.partition,
              .a = check.original.base.value(),
              .b = static_cast<std::int64_t>(part.number.value())});
  } else {
    append(broker, *replica, batch, ctx);
    result.base = batch.base;
    served.required = batch.end();
  }
  // Only acks=all waits, and for duplicates as well (C2.14).
  served.decided = acks != Acks::kAll || ctx.mutant(Mutant::kAckBeforeHighWatermark);
  return served;
}

// All parts of a request, into the broker's scratch lists. True: one of them at least has to wait.
bool serve_parts(Broker& broker, NodeId client, const ProduceRequest& request, Context& ctx) {
  std::vector<ParkedPart>& served = broker.replicas.produce_parts;
  std::vector<PartitionId>& accepted = broker.replicas.accepted;
  served.clear();
  accepted.clear();
  bool waits = false;
  for (const ProducePart& part : std::as_const(ctx.pools().produce_parts).get(request.parts)) {
    served.push_back(serve_part(broker, client, part, request.acks, ctx));
    waits |= !served.back().decided;
    if (served.back().result.error == ErrorCode::kNone) accepted.push_back(part.partition);
  }
  return waits;
}

// Kafka completes what an append unblocks after the whole request is appended (R2.1 steps 8, 9). A
// duplicate looks at the high watermark, too (Kafka 2.8.0 Partition.scala appendRecordsToLeader).
void complete_after_append(Broker& broker, Replica& replica, Context& ctx) {
  const bool rose = raise_high_watermark(broker, replica, ctx);
  wake_followers(broker, replica, ctx);
  if (rose) high_watermark_rose(broker, replica, ctx);
}

void complete_accepted(Broker& broker, Context& ctx) {
  for (const PartitionId partition : broker.replicas.accepted) {
    complete_after_append(broker, *broker.replicas.find(partition), ctx);
  }
}

// C1.21: no answer at all; an error shows as a closed connection.
void finish_unanswered(const Broker& broker, NodeId client, Context& ctx) {
  for (const ParkedPart& part : broker.replicas.produce_parts) {
    if (part.result.error == ErrorCode::kNone) continue;
    ctx.drop_connection(client);
    return;
  }
}

}  // namespace

void answer_produce(NodeId client, Correlation correlation, std::span<const ParkedPart> parts,
                    Context& ctx) {
  ProduceResponse response;
  response.correlation = correlation;
  response.parts = ctx.pools().produce_results.make(static_cast<std::uint32_t>(parts.size()));
  const std::span<ProduceResult> results = ctx.pools().produce_results.get(response.parts);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    SIM_CHECK(parts[i].decided);
    results[i] = parts[i].result;
    ctx.note(produce_fact(FactKind::kProduceAnswered, ctx.self(), client, parts[i].result));
  }
  ctx.send(client, response);
}

void on_produce(Broker& broker, NodeId client, const ProduceRequest& request, Context& ctx) {
  // A connection is served one request at a time (C0.8), so one that still waits came on a
  // connection that is gone.
  forget_produce(broker, client, ctx);
  const bool parked = serve_parts(broker, client, request, ctx);
  // A wait begins before the wake-ups, so that a high watermark which rises at once ends it (R2.5,
  // R2.13). The client's own answer is then part of those wake-ups.
  if (parked) park_produce(broker, client, request, ctx);
  complete_accepted(broker, ctx);
  if (parked) {
    decide_reached(broker, client, ctx);
  } else if (request.acks == Acks::kNone) {
    finish_unanswered(broker, client, ctx);
  } else {
    answer_produce(client, request.correlation, broker.replicas.produce_parts, ctx);
  }
}

void produce_for_nobody(Broker& broker, NodeId client, const ProduceRequest& request,
                        Context& ctx) {
  serve_parts(broker, client, request, ctx);
  complete_accepted(broker, ctx);
}

}  // namespace ackident
