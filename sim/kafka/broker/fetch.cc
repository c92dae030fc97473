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

// Says no; such an answer does not wait for bytes (C4.14, C4.15).
bool refuse(FetchResult& result, ErrorCode error, const Broker& broker, const Context& ctx) {
  result.error = error;
  if (error == ErrorCode::kNotLeaderOrFollower || error == ErrorCode::kFencedLeaderEpoch) {
    const LeaderHint hint = leader_hint(broker, result.partition, ctx);
    result.leader_hint = hint.leader;
    result.leader_hint_epoch = hint.epoch;
  }
  return true;
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

// R3.6 steps 1-7, into a result as newly made. Changes nothing; the values of the answer are those
// of this moment (R3.7). True: the answer does not wait for bytes.
bool read_part(const Broker& broker, NodeId from, const FetchRequest& request,
               const FetchPart& part, std::int64_t bytes_left, bool first, const Context& ctx,
               FetchResult& result) {
  result.partition = part.partition;
  result.from = part.offset;
  result.to = part.offset;
  const Replica* replica = broker.replicas.find(part.partition);
  const ErrorCode error = check_leader(broker, replica, part.partition, part.current_epoch, ctx);
  if (error != ErrorCode::kNone) return refuse(result, error, broker, ctx);

  const Leader& leader = std::get<Leader>(replica->role);
  const RemoteReplica* remote = request.from_replica ? find_remote(leader, from) : nullptr;
  if (request.from_replica && remote == nullptr) {
    return refuse(result, ErrorCode::kUnknownLeaderEpoch, broker, ctx);
  }
  const PartitionLog& log = replica->log;
  result.leader_epoch = leader.epoch;
  result.high_watermark = log.high_watermark();
  result.log_start = log.start();
  if (part.last_fetched_epoch != kNoLeaderEpoch && !ctx.mutant(Mutant::kIgnoreLastFetchedEpoch)) {
    const Divergence divergence = check_divergence(log, part.last_fetched_epoch, part.offset);
    switch (divergence.kind) {
      case Divergence::Kind::kNone: break;
      case Divergence::Kind::kDiverging: result.diverging = divergence.diverging; return true;
      case Divergence::Kind::kOutOfRange:
        return refuse(result, ErrorCode::kOffsetOutOfRange, broker, ctx);
    }
  }
  if (part.offset > log.end() || part.offset < log.start()) {
    return refuse(result, ErrorCode::kOffsetOutOfRange, broker, ctx);
  }
  // C4.13: followers read to the log end, consumers to the high watermark.
  const bool to_end = request.from_replica || ctx.mutant(Mutant::kServeAboveHighWatermark);
  const Offset bound = to_end ? log.end() : log.high_watermark();
  if (part.offset < bound) read_records(log, part, bound, bytes_left, first, ctx, result);
  // C4.14: a part ends with its leader epoch, where Kafka's goes on; what follows is there already.
  if (result.to > part.offset && result.to < bound && result.to == log.run_end(part.offset)) {
    return true;
  }
  // R3.8: in 2.4 and 2.5 a follower that was told less than the high watermark does not wait (Kafka
  // 2.5 DelayedFetch.scala case H, ReplicaManager.scala followerNeedsHwUpdate).
  if (remote != nullptr && ctx.behaviour().hands_on_high_watermark &&
      remote->high_watermark_sent < log.high_watermark()) {
    return true;
  }
  // C4.15: empty, and at once since 3.8; before, only a log that was rolled in between did that.
  return part.offset > bound && ctx.behaviour().answers_beyond_hw_at_once;
}

// R3.6 steps 8-10, R3.10 (Kafka 1eb76443 Partition.scala updateFollowerFetchState). Returns what
// the follower is told.
ErrorCode update_follower(Broker& broker, NodeId from, const FetchRequest& request,
                          const FetchPart& part, Offset high_watermark_read, Context& ctx) {
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
  remote.high_watermark_sent = high_watermark_read;
  remote.epoch_seen = true;
  remote.broker_epoch = request.broker_epoch;
  maybe_expand_isr(broker, replica, remote, ctx);
  if (remote.leo != leo_before && raise_high_watermark(broker, replica, ctx)) {
    high_watermark_rose(broker, replica, ctx);
  }
  return ErrorCode::kNone;
}

// Serves one part of an arriving fetch: read first, then count the follower's progress.
bool serve_part(Broker& broker, NodeId from, const FetchRequest& request, const FetchPart& part,
                std::int64_t bytes_left, bool first, Context& ctx, FetchResult& result) {
  const bool at_once = read_part(broker, from, request, part, bytes_left, first, ctx, result);
  const bool counts = request.from_replica && result.error == ErrorCode::kNone &&
                      result.diverging.epoch == kNoLeaderEpoch;
  if (!counts) return at_once;
  const ErrorCode error = update_follower(broker, from, request, part, result.high_watermark, ctx);
  if (error != ErrorCode::kNone) {
    result.to = result.from;
    result.bytes = 0;
    return refuse(result, error, broker, ctx);
  }
  if (!ctx.mutant(Mutant::kFetchUpdatesBeforeRead)) return at_once;
  result = FetchResult{};
  return read_part(broker, from, request, part, bytes_left, first, ctx, result);
}

// R1.10. Of an epoch before its first a leader of 0.11 to 1.1 knew nothing; from 2.0 on it says
// where its own log begins (KIP-279).
EpochEnd end_of(const PartitionLog& log, LeaderEpoch epoch, const Context& ctx) {
  const bool kip101 = ctx.behaviour().truncation == Truncation::kKip101;
  const bool before = log.epochs().empty() || epoch < log.epochs().front().epoch;
  return kip101 && before ? EpochEnd() : log.end_offset_for(epoch);
}

}  // namespace

// R3.10 (Kafka 1eb76443 Replica.scala updateFetchStateOrThrow).
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
  // Counting progress may answer others, so the pools move: what is read is kept aside, and most
  // of it is never sent, because the fetch waits.
  std::vector<FetchResult>& results = broker.replicas.fetch_results;
  results.clear();
  std::int64_t bytes = 0;
  bool at_once = parts.empty() || request.wait_max <= Duration();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    FetchResult& result = results.emplace_back();
    at_once |= serve_part(broker, from, request, parts[i], request.bytes_max - bytes, bytes == 0,
                          ctx, result);
    bytes += result.bytes;
  }
  if (!at_once && bytes < request.bytes_min) return park_fetch(broker, from, request, ctx);
  FetchResponse response;
  response.correlation = request.correlation;
  response.parts = ctx.pools().fetch_results.make(request.parts.count);
  std::copy(results.begin(), results.end(), ctx.pools().fetch_results.get(response.parts).begin());
  ctx.send(from, response);
}

void answer_fetch(Broker& broker, NodeId from, const FetchRequest& request,
                  std::span<const FetchPart> parts, Context& ctx) {
  FetchResponse response;
  response.correlation = request.correlation;
  response.parts = ctx.pools().fetch_results.make(static_cast<std::uint32_t>(parts.size()));
  const std::span<FetchResult> results = ctx.pools().fetch_results.get(response.parts);
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    read_part(broker, from, request, parts[i], request.bytes_max - bytes, bytes == 0, ctx,
              results[i]);
    bytes += results[i].bytes;
  }
  ctx.send(from, response);
}

Readable readable(const Broker& broker, NodeId from, const FetchRequest& request,
                  const FetchPart& part, const Context& ctx) {
  FetchResult result;
  const bool at_once = read_part(broker, from, request, part, request.bytes_max, true, ctx, result);
  return {at_once, result.bytes};
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
    } else if (ctx.behaviour().latest_offset_waits &&
               log.high_watermark() < std::get<Leader>(replica->role).epoch_start) {
      // C4.19: a new leader's high watermark may still be behind what was committed before it
      // (Kafka 2.2 Partition.scala fetchOffsetForTimestamp). Up to 2.1 it was said all the same.
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
  if (response.error == ErrorCode::kNone) response.end = end_of(replica->log, request.epoch, ctx);
  ctx.send(from, response);
}

}  // namespace ackident
