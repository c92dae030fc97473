#include "kafka/broker/fetcher.h"

#include <algorithm>

#include "kafka/broker/broker.h"

namespace ackident {
namespace {

// What a fetcher can do with one of its partitions now.
enum class Work : std::uint8_t { kNothing, kPaused, kQuery, kFetch };

Work work_of(const Follower& follower, Instant now) {
  if (follower.state == Follower::State::kFailed || follower.state == Follower::State::kStopped) {
    return Work::kNothing;
  }
  if (follower.paused_until > now) return Work::kPaused;
  return follower.state == Follower::State::kFetching ? Work::kFetch : Work::kQuery;
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

// A partition that is added wakes the thread; all that were there when the fetch failed are delayed
// from then on.
void wake(Broker& broker, Fetcher& fetcher, Context& ctx) {
  if (fetcher.asleep_until <= ctx.now()) return;
  fetcher.asleep_until = ctx.now();
  for (const std::uint32_t index : fetcher.replicas) {
    pause(broker, std::get<Follower>(broker.replicas.replicas[index].role), ctx);
  }
}

}  // namespace

Fetcher& fetcher_of(Broker& broker, NodeId leader, const Context& ctx) {
  return broker.replicas.fetchers[ctx.composition().broker_index(leader)];
}

void mark_due(Broker& broker, NodeId leader, const Context& ctx) {
  Fetcher& fetcher = fetcher_of(broker, leader, ctx);
  if (fetcher.due) return;
  fetcher.due = true;
  broker.replicas.fetchers_due.push_back(ctx.composition().broker_index(leader));
}

void pause(const Broker& broker, Follower& follower, Context& ctx) {
  follower.paused_until = ctx.now() + config_of(broker, ctx).replica_fetch_backoff;
}

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

void add_to_fetcher(Broker& broker, std::uint32_t replica_index, bool again, Context& ctx) {
  Follower& added = std::get<Follower>(broker.replicas.replicas[replica_index].role);
  const NodeId leader = added.leader;
  Fetcher& fetcher = fetcher_of(broker, leader, ctx);
  wake(broker, fetcher, ctx);
  if (again && fetcher.asleep_until == ctx.now()) pause(broker, added, ctx);
  fetcher.replicas.push_back(replica_index);
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
      continue;
    }
    // An idle fetcher thread ends, and its connection with it.
    fetcher.asleep_until = kLongAgo;
    if (fetcher.busy()) {
      fetcher.fetch_in_flight = false;
      fetcher.queries_in_flight = 0;
      fetcher.answered = false;
      ctx.close(ctx.composition().broker_node(leader_index), Channel::kReplication);
      ctx.disarm(broker.timers.fetcher_timeout(leader_index));
    }
  }
  due.clear();
}

void fetcher_failed(Broker& broker, NodeId leader, Context& ctx) {
  const std::uint16_t leader_index = ctx.composition().broker_index(leader);
  Fetcher& fetcher = broker.replicas.fetchers[leader_index];
  fetcher.answered = false;
  if (!fetcher.busy()) return;
  // Before 3.1 the thread slept as long before it delayed the partitions of a failed fetch. Those
  // of a failed question were only delayed (Kafka 2.8 38934585 AbstractFetcherThread.scala
  // processFetchRequest; 3.1 d998cbcc).
  const bool sleeps_first = ctx.behaviour().doubles_fetch_backoff && fetcher.fetch_in_flight;
  const Duration backoff = config_of(broker, ctx).replica_fetch_backoff;
  if (sleeps_first) fetcher.asleep_until = ctx.now() + backoff;
  fetcher.fetch_in_flight = false;
  fetcher.queries_in_flight = 0;
  ctx.disarm(broker.timers.fetcher_timeout(leader_index));
  for (const std::uint32_t index : fetcher.replicas) {
    Follower& follower = std::get<Follower>(broker.replicas.replicas[index].role);
    follower.requested = false;
    pause(broker, follower, ctx);
    if (sleeps_first) follower.paused_until = follower.paused_until + backoff;
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
