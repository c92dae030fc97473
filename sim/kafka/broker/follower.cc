#include "kafka/broker/follower.h"

#include <algorithm>
#include <utility>

#include "kafka/broker/broker.h"
#include "kafka/broker/leader.h"
#include "kafka/log/truncation.h"

namespace ackident {
namespace {

Fetcher& fetcher_of(Broker& broker, NodeId leader, const Context& ctx) {
  return broker.replicas.fetchers[ctx.composition().broker_index(leader)];
}

// The follower of a partition, if this broker follows `leader` for it now.
Follower* following(Replica* replica, NodeId leader) {
  if (replica == nullptr) return nullptr;
  Follower* follower = std::get_if<Follower>(&replica->role);
  return follower != nullptr && follower->leader == leader ? follower : nullptr;
}

void mark_due(Broker& broker, NodeId leader, const Context& ctx) {
  Fetcher& fetcher = fetcher_of(broker, leader, ctx);
  if (fetcher.due) return;
  fetcher.due = true;
  broker.replicas.fetchers_due.push_back(ctx.composition().broker_index(leader));
}

// What a fetcher can do with one of its partitions now.
enum class Work : std::uint8_t { kNothing, kPaused, kQuery, kFetch };

Work work_of(const Follower& follower, Instant now) {
  if (follower.state == Follower::State::kFailed || follower.state == Follower::State::kStopped) {
    return Work::kNothing;
  }
  if (follower.paused_until > now) return Work::kPaused;
  return follower.state == Follower::State::kFetching ? Work::kFetch : Work::kQuery;
}

void pause(Broker& broker, Follower& follower, Context& ctx) {
  follower.paused_until = ctx.now() + config_of(broker, ctx).replica_fetch_backoff;
}

void send_query(Broker& broker, const Replica& replica, Follower& follower, Context& ctx) {
  follower.requested = true;
  follower.query = ++broker.replicas.correlation;
  if (follower.state == Follower::State::kAskEpoch) {
    OffsetsForLeaderEpochRequest request;
    request.correlation = follower.query;
    request.partition = replica.partition;
    request.from_replica = true;
    request.current_epoch = follower.epoch;
    request.epoch = replica.log.latest_epoch();
    ctx.send(follower.leader, request);
    return;
  }
  ListOffsetsRequest request;
  request.correlation = follower.query;
  request.partition = replica.partition;
  request.spec =
      follower.state == Follower::State::kAskLatest ? OffsetSpec::kLatest : OffsetSpec::kEarliest;
  request.from_replica = true;
  request.current_epoch = follower.epoch;
  ctx.send(follower.leader, request);
}

FetchPart fetch_part(const Broker& broker, const Replica& replica, const Follower& follower,
                     const Context& ctx) {
  FetchPart part;
  part.partition = replica.partition;
  part.current_epoch = follower.epoch;
  if (ctx.behaviour().truncation == Truncation::kOnFetch) {
    part.last_fetched_epoch = replica.log.latest_epoch();
  }
  part.bytes_max = static_cast<std::int32_t>(config_of(broker, ctx).replica_fetch_max_bytes);
  part.offset = replica.log.end();
  part.log_start = replica.log.start();
  return part;
}

// R3.2: one request that lists every partition that may be fetched now.
void send_fetch(Broker& broker, Fetcher& fetcher, NodeId leader, std::uint32_t count,
                Context& ctx) {
  const BrokerConfig& config = config_of(broker, ctx);
  FetchRequest request;
  request.correlation = ++broker.replicas.correlation;
  request.from_replica = true;
  if (ctx.behaviour().fetch_carries_broker_epoch) request.broker_epoch = broker.lifecycle.epoch;
  request.wait_max = config.replica_fetch_wait_max;
  request.bytes_min = config.replica_fetch_min_bytes;
  request.bytes_max = config.replica_fetch_response_max_bytes;
  request.parts = ctx.pools().fetch_parts.make(count);
  const std::span<FetchPart> parts = ctx.pools().fetch_parts.get(request.parts);
  std::uint32_t i = 0;
  for (const std::uint32_t index : fetcher.replicas) {
    Replica& replica = broker.replicas.replicas[index];
    Follower& follower = std::get<Follower>(replica.role);
    if (work_of(follower, ctx.now()) != Work::kFetch) continue;
    parts[i++] = fetch_part(broker, replica, follower, ctx);
    follower.requested = true;
    follower.requested_offset = replica.log.end();
    follower.requested_epoch = follower.epoch;
  }
  SIM_CHECK(i == count);
  fetcher.fetch_in_flight = true;
  fetcher.correlation = request.correlation;
  ctx.send(leader, request);
}

// One turn of the fetcher thread (R3.1): questions first, then a fetch, else sleep until a pause
// ends.
void run_fetcher(Broker& broker, std::uint16_t leader_index, Context& ctx) {
  Fetcher& fetcher = broker.replicas.fetchers[leader_index];
  if (fetcher.busy()) return;
  const NodeId leader = ctx.composition().broker_node(leader_index);
  std::uint32_t fetchable = 0;
  Instant resume = kNever;
  for (const std::uint32_t index : fetcher.replicas) {
    Replica& replica = broker.replicas.replicas[index];
    Follower& follower = std::get<Follower>(replica.role);
    switch (work_of(follower, ctx.now())) {
      case Work::kNothing: break;
      case Work::kPaused: resume = std::min(resume, follower.paused_until); break;
      case Work::kQuery:
        send_query(broker, replica, follower, ctx);
        ++fetcher.queries_in_flight;
        break;
      case Work::kFetch: ++fetchable; break;
    }
  }
  if (fetcher.queries_in_flight == 0 && fetchable > 0) {
    send_fetch(broker, fetcher, leader, fetchable, ctx);
  }
  if (fetcher.busy()) {
    // To connect has a time of its own (3.9 BrokerBlockingSender.scala sendRequest).
    const BrokerConfig& config = config_of(broker, ctx);
    const Duration patience =
        fetcher.answered ? config.request_timeout : config.replica_socket_timeout;
    ctx.arm(broker.timers.fetcher_timeout(leader_index), ctx.now() + patience);
  } else if (resume != kNever) {
    ctx.arm(broker.timers.fetcher_backoff(leader_index), resume);
  }
}

void set_follower_high_watermark(const Broker& broker, Replica& replica, Offset told,
                                 Context& ctx) {
  // R3.3: overwritten by every response, downwards too.
  const Offset before = replica.log.high_watermark();
  const bool own_end = ctx.mutant(Mutant::kFollowerHwIsOwnEnd);
  replica.log.set_high_watermark(own_end ? replica.log.end() : told,
                                 !ctx.mutant(Mutant::kFollowerHwUnbounded));
  const Offset after = replica.log.high_watermark();
  if (after == before) return;
  ctx.note({.kind = FactKind::kFollowerHighWatermark,
            .node = broker.self,
            .partition = replica.partition,
            .a = before.value(),
            .b = after.value()});
}

// R3.22, also when the response brings no records.
void take_records(const Broker& broker, Replica& replica, const FetchResult& result, Context& ctx) {
  if (result.to > result.from) {
    replica.log.append(result.epoch, result.to, ctx.now());
    flush_if_due(broker, replica, ctx);
    ctx.note({.kind = FactKind::kReplicated,
              .node = broker.self,
              .partition = replica.partition,
              .a = result.from.value(),
              .b = result.to.value(),
              .c = result.epoch.value()});
  }
  set_follower_high_watermark(broker, replica, result.high_watermark, ctx);
  if (result.log_start > replica.log.start()) replica.log.advance_start(result.log_start);
}

// R3.30, R3.29: what an error means for its partition.
void take_error(Broker& broker, Follower& follower, ErrorCode error, Context& ctx) {
  switch (error) {
    case ErrorCode::kOffsetOutOfRange: follower.state = Follower::State::kAskLatest; return;
    case ErrorCode::kFencedLeaderEpoch:
      // Fenced with the newest epoch we know, it waits for metadata; with an older one, for a
      // while.
      if (follower.requested_epoch != follower.epoch) return pause(broker, follower, ctx);
      follower.state = Follower::State::kFailed;
      return;
    default: pause(broker, follower, ctx); return;
  }
}

// Does it belong to the request this replica made, and fit what it would ask now (R3.5)?
bool is_expected(const Replica& replica, const Follower& follower, const FetchResult& result) {
  return follower.requested && follower.state == Follower::State::kFetching &&
         follower.requested_offset == result.from && replica.log.end() == result.from;
}

void take_result(Broker& broker, NodeId leader, const FetchResult& result, Context& ctx) {
  Replica* replica = broker.replicas.find(result.partition);
  Follower* follower = following(replica, leader);
  if (follower == nullptr || !is_expected(*replica, *follower, result)) return;
  follower->requested = false;
  if (result.error != ErrorCode::kNone) {
    take_error(broker, *follower, result.error, ctx);
  } else if (result.diverging.epoch == kNoLeaderEpoch) {
    take_records(broker, *replica, result, ctx);
  } else if (ctx.mutant(Mutant::kNoTruncation)) {
    pause(broker, *follower, ctx);
  } else {
    // R3.25: nothing else is taken from a diverging response, and the next fetch goes out at once.
    truncate_log(*replica, truncate_on_fetch(replica->log, result.diverging), ctx);
  }
}

// R3.3: a partition that received data goes to the end of the next request.
void rotate(Broker& broker, Fetcher& fetcher, std::span<const FetchResult> results) {
  std::vector<std::uint32_t>& moved = broker.replicas.rotation;
  moved.clear();
  for (const FetchResult& result : results) {
    if (result.bytes == 0) continue;
    moved.push_back(static_cast<std::uint32_t>(broker.replicas.index_of[result.partition.value()]));
  }
  if (moved.empty() || moved.size() == fetcher.replicas.size()) return;
  // By hand, because std::stable_partition allocates: those that stay, in order, then the others.
  std::vector<std::uint32_t>& last = broker.replicas.rotated;
  last.clear();
  std::size_t kept = 0;
  for (const std::uint32_t index : fetcher.replicas) {
    if (std::find(moved.begin(), moved.end(), index) == moved.end()) {
      fetcher.replicas[kept++] = index;
    } else {
      last.push_back(index);
    }
  }
  std::copy(last.begin(), last.end(), fetcher.replicas.begin() + static_cast<std::ptrdiff_t>(kept));
}

// The answer to a question came: true if it is the one this replica waits for.
bool take_answer(Broker& broker, NodeId leader, Follower* follower, Correlation correlation,
                 Context& ctx) {
  Fetcher& fetcher = fetcher_of(broker, leader, ctx);
  if (fetcher.queries_in_flight == 0) return false;
  fetcher.answered = true;
  if (--fetcher.queries_in_flight == 0) {
    ctx.disarm(broker.timers.fetcher_timeout(ctx.composition().broker_index(leader)));
    mark_due(broker, leader, ctx);
  }
  if (follower == nullptr || !follower->requested || follower->query != correlation) return false;
  follower->requested = false;
  return true;
}

// R3.29: the leader ends at `latest`.
void take_latest(Replica& replica, Follower& follower, Offset latest, Context& ctx) {
  const bool ahead = latest < replica.log.end();
  follower.state = ahead ? Follower::State::kFetching : Follower::State::kAskEarliest;
  if (ahead) truncate_log(replica, latest, ctx);
}

// Up to 1.0 a broker gave up on such a leader, unless the topic allows unclean elections.
bool refuses_to_truncate(const Broker& broker, const Replica& replica, Offset latest,
                         const Context& ctx) {
  const TopicId topic = ctx.composition().topic_of[replica.partition.value()];
  return ctx.behaviour().halts_below_follower && latest < replica.log.end() &&
         !broker.image.topics[topic.value()].unclean_leader_election;
}

void take_earliest(const Broker& broker, Replica& replica, Follower& follower, Offset earliest,
                   Context& ctx) {
  follower.state = Follower::State::kFetching;
  if (earliest <= replica.log.end()) return;
  const Offset end = replica.log.end();
  const Offset high_watermark = replica.log.high_watermark();
  replica.log.truncate_fully(earliest);
  ctx.note({.kind = FactKind::kTruncated,
            .node = broker.self,
            .partition = replica.partition,
            .a = earliest.value(),
            .b = end.value(),
            .c = high_watermark.value()});
}

}  // namespace

void add_to_fetcher(Broker& broker, std::uint32_t replica_index, Context& ctx) {
  const NodeId leader = std::get<Follower>(broker.replicas.replicas[replica_index].role).leader;
  fetcher_of(broker, leader, ctx).replicas.push_back(replica_index);
  mark_due(broker, leader, ctx);
}

void remove_from_fetcher(Broker& broker, std::uint32_t replica_index, Context& ctx) {
  const NodeId leader = std::get<Follower>(broker.replicas.replicas[replica_index].role).leader;
  std::vector<std::uint32_t>& replicas = fetcher_of(broker, leader, ctx).replicas;
  const auto at = std::find(replicas.begin(), replicas.end(), replica_index);
  SIM_CHECK(at != replicas.end());
  replicas.erase(at);
  mark_due(broker, leader, ctx);
}

void run_due_fetchers(Broker& broker, Context& ctx) {
  std::vector<std::uint16_t>& due = broker.replicas.fetchers_due;
  for (const std::uint16_t leader_index : due) {
    Fetcher& fetcher = broker.replicas.fetchers[leader_index];
    fetcher.due = false;
    if (!fetcher.replicas.empty()) {
      run_fetcher(broker, leader_index, ctx);
    } else if (fetcher.busy()) {
      // An idle fetcher thread ends, and its connection with it.
      fetcher.fetch_in_flight = false;
      fetcher.queries_in_flight = 0;
      fetcher.answered = false;
      ctx.close(ctx.composition().broker_node(leader_index), Channel::kReplication);
      ctx.disarm(broker.timers.fetcher_timeout(leader_index));
    }
  }
  due.clear();
}

void on_fetch_response(Broker& broker, NodeId leader, const FetchResponse& response, Context& ctx) {
  Fetcher& fetcher = fetcher_of(broker, leader, ctx);
  if (!fetcher.fetch_in_flight || fetcher.correlation != response.correlation) return;
  fetcher.fetch_in_flight = false;
  fetcher.answered = true;
  const std::uint16_t leader_index = ctx.composition().broker_index(leader);
  ctx.disarm(broker.timers.fetcher_timeout(leader_index));
  const std::span<const FetchResult> results =
      std::as_const(ctx.pools().fetch_results).get(response.parts);
  for (const FetchResult& result : results) take_result(broker, leader, result, ctx);
  rotate(broker, fetcher, results);
  run_fetcher(broker, leader_index, ctx);
}

void on_list_offsets_response(Broker& broker, NodeId leader, const ListOffsetsResponse& response,
                              Context& ctx) {
  Replica* replica = broker.replicas.find(response.partition);
  Follower* follower = following(replica, leader);
  if (take_answer(broker, leader, follower, response.correlation, ctx)) {
    if (response.error != ErrorCode::kNone) {
      pause(broker, *follower, ctx);
    } else if (follower->state == Follower::State::kAskLatest) {
      if (refuses_to_truncate(broker, *replica, response.offset, ctx)) {
        return lifecycle_shut_down(broker, ctx);
      }
      take_latest(*replica, *follower, response.offset, ctx);
    } else {
      take_earliest(broker, *replica, *follower, response.offset, ctx);
    }
  }
  run_due_fetchers(broker, ctx);
}

void on_epoch_response(Broker& broker, NodeId leader, const OffsetsForLeaderEpochResponse& response,
                       Context& ctx) {
  Replica* replica = broker.replicas.find(response.partition);
  Follower* follower = following(replica, leader);
  if (take_answer(broker, leader, follower, response.correlation, ctx)) {
    if (response.error != ErrorCode::kNone) {
      pause(broker, *follower, ctx);
    } else if (ctx.mutant(Mutant::kNoTruncation)) {
      follower->state = Follower::State::kFetching;
    } else if (ctx.behaviour().truncation == Truncation::kKip101) {
      truncate_log(*replica, truncate_kip101(replica->log, response.end), ctx);
      follower->state = Follower::State::kFetching;
    } else {
      const Kip279Step step = truncate_kip279(replica->log, response.end);
      truncate_log(*replica, step.to, ctx);
      if (step.done) follower->state = Follower::State::kFetching;
    }
  }
  run_due_fetchers(broker, ctx);
}

void fetcher_failed(Broker& broker, NodeId leader, Context& ctx) {
  const std::uint16_t leader_index = ctx.composition().broker_index(leader);
  Fetcher& fetcher = broker.replicas.fetchers[leader_index];
  fetcher.answered = false;
  if (!fetcher.busy()) return;
  fetcher.fetch_in_flight = false;
  fetcher.queries_in_flight = 0;
  ctx.disarm(broker.timers.fetcher_timeout(leader_index));
  for (const std::uint32_t index : fetcher.replicas) {
    Follower& follower = std::get<Follower>(broker.replicas.replicas[index].role);
    follower.requested = false;
    pause(broker, follower, ctx);
  }
  run_fetcher(broker, leader_index, ctx);  // nothing can be sent: sleeps until the pause ends
}

void fetcher_timed_out(Broker& broker, NodeId leader, Context& ctx) {
  if (!fetcher_of(broker, leader, ctx).busy()) return;
  ctx.close(leader, Channel::kReplication);
  fetcher_failed(broker, leader, ctx);
}

void fetcher_backoff_over(Broker& broker, NodeId leader, Context& ctx) {
  run_fetcher(broker, ctx.composition().broker_index(leader), ctx);
}

}  // namespace ackident
