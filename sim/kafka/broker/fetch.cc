#include "kafka/broker/fetch.h"

#include <algorithm>
#include <utility>

#include "kafka/broker/broker.h"
#include "kafka/broker/leader.h"
#include "kafka/log/truncation.h"

namespace ackident {
namespace {

// R3.6 steps 1-3, C4.12: is this broker the leader the asker means?
ErrorCode check_leader(const Broker& broker, const Replica* replica, PartitionId partition,
                       LeaderEpoch current, const Context& ctx) {
  if (!is_known_partition(broker, partition)) return ErrorCode::kUnknownTopicOrPartition;
  if (replica == nullptr) return ErrorCode::kNotLeaderOrFollower;
  const bool fenced = current != kNoLeaderEpoch && ctx.behaviour().fence_fetch_by_leader_epoch &&
                      !ctx.mutant(Mutant::kNoLeaderEpochFencing);
  if (fenced) {
    const LeaderEpoch local = leader_epoch(*replica);
    if (current < local) return ErrorCode::kFencedLeaderEpoch;
    if (current > local) return ErrorCode::kUnknownLeaderEpoch;
  }
  return std::holds_alternative<Leader>(replica->role) ? ErrorCode::kNone
                                                       : ErrorCode::kNotLeaderOrFollower;
}

RemoteReplica* find_remote(Leader& leader, NodeId node) {
  for (RemoteReplica& remote : leader.remotes) {
    if (remote.node == node) return &remote;
  }
  return nullptr;
}

bool is_assigned(const Leader& leader, NodeId node) {
  return std::any_of(leader.remotes.begin(), leader.remotes.end(),
                     [&](const RemoteReplica& remote) { return remote.node == node; });
}

struct Read {
  FetchResult result;
  bool at_once = false;  // answered without waiting for bytes (C4.14, C4.15)
};

Read refuse(Read read, ErrorCode error, const Broker& broker, const Context& ctx) {
  read.result.error = error;
  read.at_once = true;
  if (error == ErrorCode::kNotLeaderOrFollower || error == ErrorCode::kFencedLeaderEpoch) {
    const LeaderHint hint = leader_hint(broker, read.result.partition, ctx);
    read.result.leader_hint = hint.leader;
    read.result.leader_hint_epoch = hint.epoch;
  }
  return read;
}

// Records from the offset up to `bound`, of one leader epoch, within the byte limits. A batch
// larger than the limits is read only if the response holds no data yet (R3.3).
void read_records(const PartitionLog& log, const FetchPart& part, Offset bound,
                  std::int64_t bytes_left, bool first, const Context& ctx, FetchResult& result) {
  if (bytes_left <= 0 && !first) return;
  const LeaderEpoch epoch = log.epoch_at(part.offset);
  const Offset limit = std::min(bound, log.run_end(part.offset));
  const std::int64_t bytes_max = std::min(std::int64_t{part.bytes_max}, bytes_left);
  std::int64_t bytes = 0;
  const Offset to =
      ctx.ledger().read_end(part.partition, epoch, part.offset, limit, bytes_max, bytes);
  if (bytes > bytes_max && !first) return;
  result.epoch = epoch;
  result.to = to;
  result.bytes = static_cast<std::uint32_t>(bytes);
}

// R3.6 steps 1-7. Changes nothing; the values of the answer are those of this moment (R3.7).
Read read_part(const Broker& broker, NodeId from, const FetchRequest& request,
               const FetchPart& part, std::int64_t bytes_left, bool first, const Context& ctx) {
  Read read;
  FetchResult& result = read.result;
  result.partition = part.partition;
  result.from = part.offset;
  result.to = part.offset;
  const Replica* replica = broker.replicas.find(part.partition);
  const ErrorCode error = check_leader(broker, replica, part.partition, part.current_epoch, ctx);
  if (error != ErrorCode::kNone) return refuse(read, error, broker, ctx);

  const Leader& leader = std::get<Leader>(replica->role);
  if (request.from_replica && !is_assigned(leader, from)) {
    return refuse(read, ErrorCode::kUnknownLeaderEpoch, broker, ctx);
  }
  const PartitionLog& log = replica->log;
  result.leader_epoch = leader.epoch;
  result.high_watermark = log.high_watermark();
  result.log_start = log.start();
  if (part.last_fetched_epoch != kNoLeaderEpoch) {
    const Divergence divergence = check_divergence(log, part.last_fetched_epoch, part.offset);
    switch (divergence.kind) {
      case Divergence::Kind::kNone: break;
      case Divergence::Kind::kDiverging:
        result.diverging = divergence.diverging;
        read.at_once = true;
        return read;
      case Divergence::Kind::kOutOfRange:
        return refuse(read, ErrorCode::kOffsetOutOfRange, broker, ctx);
    }
  }
  if (part.offset > log.end() || part.offset < log.start()) {
    return refuse(read, ErrorCode::kOffsetOutOfRange, broker, ctx);
  }
  // C4.13: followers read to the log end, consumers to the high watermark.
  const bool to_end = request.from_replica || ctx.mutant(Mutant::kServeAboveHighWatermark);
  const Offset bound = to_end ? log.end() : log.high_watermark();
  if (part.offset > bound) read.at_once = true;  // C4.15: empty, and at once
  if (part.offset < bound) read_records(log, part, bound, bytes_left, first, ctx, result);
  return read;
}

// R3.6 steps 8-10, R3.10. Returns what the follower is told.
ErrorCode update_follower(Broker& broker, NodeId from, const FetchRequest& request,
                          const FetchPart& part, Context& ctx) {
  Replica& replica = *broker.replicas.find(part.partition);
  RemoteReplica& remote = *find_remote(std::get<Leader>(replica.role), from);
  // An earlier life of that broker (KIP-903), unless its present one is fenced: only the epochs of
  // live brokers are compared (Kafka 1eb76443 Replica.scala updateFetchStateOrThrow).
  const BrokerRegistration& known = broker.image.brokers[ctx.composition().broker_index(from)];
  if (ctx.behaviour().fetch_carries_broker_epoch && !known.fenced &&
      request.broker_epoch != kNoBrokerEpoch && request.broker_epoch < known.epoch) {
    return ErrorCode::kNotLeaderOrFollower;
  }
  const Offset leo_before = remote.leo;
  update_fetch_state(remote, part.offset, replica.log.end(), ctx.now());
  remote.epoch_seen = true;
  remote.broker_epoch = request.broker_epoch;
  maybe_expand_isr(broker, replica, remote, ctx);
  if (remote.leo != leo_before && raise_high_watermark(broker, replica, ctx)) {
    high_watermark_rose(broker, replica, ctx);
  }
  return ErrorCode::kNone;
}

// Serves one part of an arriving fetch: read first, then count the follower's progress.
Read serve_part(Broker& broker, NodeId from, const FetchRequest& request, const FetchPart& part,
                std::int64_t bytes_left, bool first, Context& ctx) {
  Read read = read_part(broker, from, request, part, bytes_left, first, ctx);
  const bool counts = request.from_replica && read.result.error == ErrorCode::kNone &&
                      read.result.diverging.epoch == kNoLeaderEpoch;
  if (!counts) return read;
  const ErrorCode error = update_follower(broker, from, request, part, ctx);
  if (error != ErrorCode::kNone) {
    read.result.to = read.result.from;
    read.result.bytes = 0;
    return refuse(read, error, broker, ctx);
  }
  if (ctx.mutant(Mutant::kFetchUpdatesBeforeRead)) {
    read = read_part(broker, from, request, part, bytes_left, first, ctx);
  }
  return read;
}

}  // namespace

void update_fetch_state(RemoteReplica& remote, Offset fetch_offset, Offset leader_end,
                        Instant now) {
  if (fetch_offset >= leader_end) {
    remote.caught_up_at = std::max(remote.caught_up_at, now);
  } else if (fetch_offset >= remote.leader_end_at_fetch) {
    // It has all the leader had at its previous fetch, so it was caught up then (E01, T8).
    remote.caught_up_at = std::max(remote.caught_up_at, remote.fetched_at);
  }
  remote.leo = fetch_offset;
  remote.leader_end_at_fetch = std::max(leader_end, remote.leader_end_at_fetch);
  remote.fetched_at = now;
}

void on_fetch(Broker& broker, NodeId from, const FetchRequest& request, Context& ctx) {
  forget_fetch(broker, from, ctx);  // of a connection that is gone (C0.8)
  const std::span<const FetchPart> parts =
      std::as_const(ctx.pools().fetch_parts).get(request.parts);
  FetchResponse response;
  response.correlation = request.correlation;
  response.parts = ctx.pools().fetch_results.make(request.parts.count);
  std::int64_t bytes = 0;
  bool at_once = parts.empty() || request.wait_max <= Duration();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Read read =
        serve_part(broker, from, request, parts[i], request.bytes_max - bytes, bytes == 0, ctx);
    // Counting progress may have answered others, and their answers may have moved the pool.
    ctx.pools().fetch_results.get(response.parts)[i] = read.result;
    bytes += read.result.bytes;
    at_once |= read.at_once;
  }
  if (at_once || bytes >= request.bytes_min) {
    ctx.send(from, response);
  } else {
    ctx.pools().fetch_results.release(response.parts);
    park_fetch(broker, from, request, ctx);
  }
}

void answer_fetch(Broker& broker, NodeId from, const FetchRequest& request,
                  std::span<const FetchPart> parts, Context& ctx) {
  FetchResponse response;
  response.correlation = request.correlation;
  response.parts = ctx.pools().fetch_results.make(static_cast<std::uint32_t>(parts.size()));
  const std::span<FetchResult> results = ctx.pools().fetch_results.get(response.parts);
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    results[i] =
        read_part(broker, from, request, parts[i], request.bytes_max - bytes, bytes == 0, ctx)
            .result;
    bytes += results[i].bytes;
  }
  ctx.send(from, response);
}

Readable readable(const Broker& broker, NodeId from, const FetchRequest& request,
                  const FetchPart& part, const Context& ctx) {
  const Read read = read_part(broker, from, request, part, request.bytes_max, true, ctx);
  return {read.at_once, read.result.bytes};
}

void on_list_offsets(Broker& broker, NodeId from, const ListOffsetsRequest& request, Context& ctx) {
  ListOffsetsResponse response;
  response.correlation = request.correlation;
  response.partition = request.partition;
  response.spec = request.spec;
  const Replica* replica = broker.replicas.find(request.partition);
  response.error = check_leader(broker, replica, request.partition, request.current_epoch, ctx);
  if (response.error == ErrorCode::kNone) {
    const PartitionLog& log = replica->log;
    if (request.spec == OffsetSpec::kEarliest) {
      response.offset = log.start();
    } else if (request.from_replica) {
      response.offset = log.end();
    } else if (log.high_watermark() < std::get<Leader>(replica->role).epoch_start) {
      // C4.19: a new leader's high watermark may still be behind what was committed before it.
      response.error = ErrorCode::kOffsetNotAvailable;
    } else {
      response.offset = log.high_watermark();
    }
  }
  ctx.send(from, response);
}

void on_offsets_for_leader_epoch(Broker& broker, NodeId from,
                                 const OffsetsForLeaderEpochRequest& request, Context& ctx) {
  OffsetsForLeaderEpochResponse response;
  response.correlation = request.correlation;
  response.partition = request.partition;
  const Replica* replica = broker.replicas.find(request.partition);
  response.error = check_leader(broker, replica, request.partition, request.current_epoch, ctx);
  if (response.error == ErrorCode::kNone) response.end = replica->log.end_offset_for(request.epoch);
  ctx.send(from, response);
}

}  // namespace ackident
