#include "kafka/broker/lifecycle.h"

#include <algorithm>

#include "base/check.h"
#include "kafka/broker/broker.h"
#include "kafka/broker/lifecycle_times.h"
#include "kafka/broker/metadata_observer.h"

namespace ackident {

namespace {

BrokerTimer retry_timer(const Lifecycle& life) {
  return life.registered ? BrokerTimer::kHeartbeat : BrokerTimer::kRegistrationRetry;
}

void arm(BrokerTimer timer, Instant at, Context& ctx) { ctx.arm(BrokerTimers::fixed(timer), at); }

void disarm(BrokerTimer timer, Context& ctx) { ctx.disarm(BrokerTimers::fixed(timer)); }

// The next word to the controller, but not later than the moment the broker gives up.
void arm_communication(const Lifecycle& life, BrokerTimer timer, Duration in, Context& ctx) {
  arm(timer, std::min(ctx.now() + in, life.deadline), ctx);
}

BrokerHeartbeatRequest heartbeat_of(const Broker& broker) {
  const Lifecycle& life = broker.lifecycle;
  BrokerHeartbeatRequest request;
  request.correlation = life.correlation;
  request.epoch = life.epoch;
  // While the logs load, the metadata loader is ahead of what the broker has published (R6.1).
  request.metadata_offset = life.logs_loaded ? broker.image.end : life.observed;
  const bool starting = life.state == Lifecycle::State::kCatchingUp;
  request.want_fence = starting && !(life.caught_up && life.logs_loaded);
  request.want_shutdown = life.state == Lifecycle::State::kShuttingDown;
  return request;
}

// Sends the registration until it is accepted, heartbeats from then on. One request is under way at
// a time; sending it again after a disconnect does not extend its time, but for KAFKA-14392.
void communicate(Broker& broker, Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  ++life.correlation;
  const bool first = !life.awaiting_response;
  if (first || has_unbounded_heartbeats(ctx)) {
    arm_communication(life, BrokerTimer::kLifecycleTimeout, rpc_timeout(life, ctx), ctx);
  }
  if (first) {
    life.awaiting_response = true;
    life.asked_at = ctx.now();
    if (asks_zookeeper_to_leave(life, ctx)) --life.shutdown_tries;
  }
  disarm(retry_timer(life), ctx);
  if (!life.registered) {
    BrokerRegistrationRequest request;
    request.correlation = life.correlation;
    request.incarnation = life.incarnation;
    request.clean = life.clean_start;
    ctx.send(ctx.composition().controller, request);
    return;
  }
  const BrokerHeartbeatRequest request = heartbeat_of(broker);
  life.asked_unfence = !request.want_fence;
  life.asked_shutdown = request.want_shutdown;
  ctx.send(ctx.composition().controller, request);
}

// A ZooKeeper client closes its session when it exits, so its node vanishes at once.
void exit_now(Broker& broker, Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  if (!ctx.behaviour().kraft && life.registered) {
    BrokerHeartbeatRequest close_session;
    close_session.correlation = ++life.correlation;
    close_session.epoch = life.epoch;
    close_session.metadata_offset = broker.image.end;
    close_session.want_fence = true;
    ctx.send(ctx.composition().controller, close_session);
  }
  ctx.exit_process();
}

void request_failed(Broker& broker, Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  if (asks_zookeeper_to_leave(life, ctx)) {
    return arm_communication(life, BrokerTimer::kHeartbeat, kZookeeperShutdownRetry, ctx);
  }
  const Duration wait = failure_backoff(life, ctx);
  ++life.failures;
  arm_communication(life, retry_timer(life), wait, ctx);
}

// ---- start (R6.1) ----

// Up to KRaft 3.4 one step came after the other: registered, caught up, logs loaded and fetchers
// started, listening, unfenced (Kafka 3.4 88bb2361 BrokerServer.scala startup).
bool loads_when_caught_up(const Context& ctx) {
  return ctx.behaviour().kraft && !ctx.behaviour().loads_while_registering;
}

void listen(Lifecycle& life, Context& ctx) {
  if (life.listening) return;
  life.listening = true;
  ctx.listen();
}

void become_running(Lifecycle& life, Context& ctx) {
  life.state = Lifecycle::State::kRunning;
  listen(life, ctx);  // R6.1 step 7
}

void finish_loading(Broker& broker, Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  load_logs(broker, ctx);
  life.logs_loaded = true;
  observer_apply(broker, ctx);
  if (loads_when_caught_up(ctx)) listen(life, ctx);
  if (!ctx.behaviour().kraft) {
    communicate(broker, ctx);  // with ZooKeeper a broker registers when it is ready to serve
  } else if (life.caught_up && !life.awaiting_response) {
    communicate(broker, ctx);  // ready to be unfenced
  }
}

bool has_records(const Broker& broker) {
  return std::ranges::any_of(broker.replicas.replicas, [](const Replica& replica) {
    return replica.log.start() < replica.log.end();
  });
}

// Log recovery takes its time; heartbeats go on meanwhile (R6.2).
void begin_loading(Broker& broker, Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  SIM_CHECK(!life.loading);
  life.loading = true;
  life.clean_marker = false;  // R1.20
  const bool unclean = !life.clean_start && has_records(broker);
  const Duration recovery = unclean ? own_config(ctx).recovery_time : Duration();
  if (recovery > Duration()) {
    arm(BrokerTimer::kStartup, ctx.now() + recovery, ctx);
  } else {
    finish_loading(broker, ctx);
  }
}

void fire_startup(Broker& broker, Context& ctx) {
  if (broker.lifecycle.loading) {
    finish_loading(broker, ctx);
  } else if (ctx.behaviour().kraft) {
    communicate(broker, ctx);     // R6.1 step 2
    observer_fetch(broker, ctx);  // R6.1 step 3
  } else {
    begin_loading(broker, ctx);
  }
}

// The run begins with a formed cluster: the broker has been up for a while.
void start_formed(Broker& broker, Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  life.registered = true;
  life.caught_up = true;
  life.loading = true;
  load_logs(broker, ctx);
  life.logs_loaded = true;
  life.observed = ctx.metadata_log().end();
  become_running(life, ctx);
  observer_apply(broker, ctx);
  SIM_CHECK(life.epoch != kNoBrokerEpoch);
  const auto timer = static_cast<std::uint32_t>(BrokerTimer::kHeartbeat);
  const ChoiceKey key{ChoiceKind::kTimerPhase, (std::uint64_t{ctx.self().value()} << 32) | timer,
                      life.incarnation.value()};
  const auto bound = static_cast<std::uint64_t>(std::max<std::int64_t>(interval(ctx).ns(), 1));
  const auto phase = nanoseconds(static_cast<std::int64_t>(ctx.choose(key, bound)));
  arm(BrokerTimer::kHeartbeat, ctx.now() + phase, ctx);
  observer_fetch(broker, ctx);
}

// ---- answers ----

void on_registered(Broker& broker, const BrokerRegistrationResponse& response, Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  if (response.error != ErrorCode::kNone) return request_failed(broker, ctx);
  life.failures = 0;
  life.registered = true;
  life.epoch = response.epoch;
  if (ctx.behaviour().kraft) life.state = Lifecycle::State::kCatchingUp;
  // The first heartbeat follows at once; so does the question that SIGTERM has raised meanwhile.
  if (ctx.behaviour().kraft || life.state == Lifecycle::State::kShuttingDown) {
    return communicate(broker, ctx);
  }
  become_running(life, ctx);
  arm_communication(life, BrokerTimer::kHeartbeat, interval(ctx), ctx);
  if (!life.metadata_in_flight) {
    disarm(BrokerTimer::kMetadataFetch, ctx);
    observer_fetch(broker, ctx);
  }
}

// R5.23: a broker whose epoch is stale only tries again, except that with ZooKeeper it opens a new
// session and registers in it.
void on_heartbeat_error(Broker& broker, ErrorCode error, Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  if (ctx.behaviour().kraft || error != ErrorCode::kStaleBrokerEpoch) {
    return request_failed(broker, ctx);
  }
  life.registered = false;
  if (life.state == Lifecycle::State::kShuttingDown) return exit_now(broker, ctx);
  communicate(broker, ctx);
}

void after_heartbeat_catching_up(Broker& broker, const BrokerHeartbeatResponse& response,
                                 Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  life.caught_up = life.caught_up || response.caught_up;
  if (life.caught_up) life.deadline = kNever;
  if (life.asked_unfence && !response.fenced) {
    become_running(life, ctx);
  } else if (!life.asked_unfence && life.caught_up && life.logs_loaded) {
    return communicate(broker, ctx);  // R6.1 step 6
  } else if (life.caught_up && !life.loading) {
    begin_loading(broker, ctx);
    if (life.awaiting_response) return;  // it has nothing to recover, and asks to be unfenced
  }
  const Duration wait = life.caught_up ? interval(ctx) : kCatchUpInterval;
  arm_communication(life, BrokerTimer::kHeartbeat, wait, ctx);
}

void after_heartbeat_shutting_down(Broker& broker, const BrokerHeartbeatResponse& response,
                                   Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  if (response.should_shutdown) return exit_now(broker, ctx);
  if (!life.asked_shutdown) return communicate(broker, ctx);
  if (!ctx.behaviour().kraft) {
    return arm_communication(life, BrokerTimer::kHeartbeat, kZookeeperShutdownRetry, ctx);
  }
  const Duration wait = life.shutdown_answered ? interval(ctx) : kFirstShutdownRecheck;
  life.shutdown_answered = true;
  arm_communication(life, BrokerTimer::kHeartbeat, wait, ctx);
}

void on_heartbeat(Broker& broker, const BrokerHeartbeatResponse& response, Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  if (response.error != ErrorCode::kNone) return on_heartbeat_error(broker, response.error, ctx);
  life.failures = 0;
  switch (life.state) {
    case Lifecycle::State::kCatchingUp: after_heartbeat_catching_up(broker, response, ctx); break;
    case Lifecycle::State::kRunning:
      arm_communication(life, BrokerTimer::kHeartbeat, interval(ctx), ctx);
      break;
    case Lifecycle::State::kShuttingDown:
      after_heartbeat_shutting_down(broker, response, ctx);
      break;
    case Lifecycle::State::kStopped:
    case Lifecycle::State::kStarting: SIM_CHECK(false); break;
  }
}

// Is this the answer that is waited for? If so the wait ends.
bool take_answer(Lifecycle& life, Correlation correlation, Context& ctx) {
  if (!life.awaiting_response || correlation != life.correlation) return false;
  life.awaiting_response = false;
  disarm(BrokerTimer::kLifecycleTimeout, ctx);
  return true;
}

void on_metadata(Broker& broker, const MetadataFetchResponse& response, Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  if (!observer_take_answer(broker, response, ctx)) return;
  if (life.logs_loaded) {
    observer_apply(broker, ctx);
  } else if (!life.loading && !loads_when_caught_up(ctx)) {
    begin_loading(broker, ctx);
  }
  observer_fetch(broker, ctx);
}

void on_disconnected(Broker& broker, Channel channel, Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  if (channel == Channel::kMetadata) {
    observer_disconnected(broker, ctx);
    return;
  }
  life.connected = false;
  if (!life.awaiting_response) return;
  if (asks_zookeeper_to_leave(life, ctx) || is_too_old_to_repeat(life, ctx)) {
    life.awaiting_response = false;
    disarm(BrokerTimer::kLifecycleTimeout, ctx);
    request_failed(broker, ctx);
  } else {
    arm_communication(life, retry_timer(life), kReconnect, ctx);
  }
}

void on_lifecycle_timeout(Broker& broker, Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  ctx.close(ctx.composition().controller, Channel::kLifecycle);
  life.connected = false;
  if (has_unbounded_heartbeats(ctx) && !is_too_old_to_repeat(life, ctx)) {
    return arm_communication(life, retry_timer(life), kReconnect, ctx);
  }
  life.awaiting_response = false;
  request_failed(broker, ctx);
}

}  // namespace

void lifecycle_start(Broker& broker, const StartInfo& info, Context& ctx) {
  SIM_CHECK(!broker.running());
  // What outlives a process: the marker on disk, and numbers that must not come twice.
  Lifecycle life;
  life.incarnation = info.incarnation;
  life.clean_marker = broker.lifecycle.clean_marker;
  life.clean_start = life.clean_marker;
  life.correlation = broker.lifecycle.correlation;
  life.metadata_correlation = broker.lifecycle.metadata_correlation;
  life.draws = broker.lifecycle.draws;
  life.state = Lifecycle::State::kStarting;
  broker.lifecycle = life;
  if (info.bootstrap) return start_formed(broker, ctx);
  const Instant ready = ctx.now() + own_config(ctx).startup_time;
  if (ctx.behaviour().kraft) broker.lifecycle.deadline = ready + kRegistrationLimit;  // R6.2
  arm(BrokerTimer::kStartup, ready, ctx);
}

void lifecycle_stop(Broker& broker, StopKind kind) {
  Lifecycle& life = broker.lifecycle;
  life.state = Lifecycle::State::kStopped;
  life.listening = false;
  life.registered = false;
  // A clean end leaves the marker only if the logs had been opened (R1.19).
  if (kind == StopKind::kDiskWipe) life.clean_marker = false;
  if (kind == StopKind::kClean && life.logs_loaded) life.clean_marker = true;
}

// R5.39. A broker that does not run yet leaves without asking.
void lifecycle_shut_down(Broker& broker, Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  if (life.state == Lifecycle::State::kShuttingDown) return;
  if (life.state != Lifecycle::State::kRunning || !own_config(ctx).controlled_shutdown) {
    return exit_now(broker, ctx);
  }
  life.state = Lifecycle::State::kShuttingDown;
  if (ctx.behaviour().kraft) {
    life.deadline = ctx.now() + kShutdownLimit;
    if (!life.awaiting_response) communicate(broker, ctx);
    return;
  }
  // A ping of the session under way is no part of it.
  life.shutdown_tries = kZookeeperShutdownTries;
  life.awaiting_response = false;
  communicate(broker, ctx);
}

void lifecycle_deliver(Broker& broker, const Payload& payload, Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  if (const auto* heartbeat = std::get_if<BrokerHeartbeatResponse>(&payload)) {
    life.connected = true;
    if (take_answer(life, heartbeat->correlation, ctx)) on_heartbeat(broker, *heartbeat, ctx);
  } else if (const auto* metadata = std::get_if<MetadataFetchResponse>(&payload)) {
    on_metadata(broker, *metadata, ctx);
  } else if (const auto* registered = std::get_if<BrokerRegistrationResponse>(&payload)) {
    life.connected = true;
    if (take_answer(life, registered->correlation, ctx)) on_registered(broker, *registered, ctx);
  } else if (const auto* closed = std::get_if<Disconnected>(&payload)) {
    on_disconnected(broker, closed->channel, ctx);
  }
}

void lifecycle_fire(Broker& broker, BrokerTimer timer, Context& ctx) {
  const Lifecycle& life = broker.lifecycle;
  const bool gives_up =
      ctx.now() >= life.deadline || (asks_zookeeper_to_leave(life, ctx) &&
                                     life.shutdown_tries == 0 && timer == BrokerTimer::kHeartbeat);
  switch (timer) {
    case BrokerTimer::kStartup: fire_startup(broker, ctx); break;
    case BrokerTimer::kRegistrationRetry:
    case BrokerTimer::kHeartbeat:
      gives_up ? exit_now(broker, ctx) : communicate(broker, ctx);
      break;
    case BrokerTimer::kLifecycleTimeout:
      gives_up ? exit_now(broker, ctx) : on_lifecycle_timeout(broker, ctx);
      break;
    case BrokerTimer::kMetadataFetch: observer_fetch(broker, ctx); break;
    case BrokerTimer::kMetadataTimeout: observer_timed_out(broker, ctx); break;
    default: SIM_CHECK(false);  // the data plane's own
  }
}

void lifecycle_metadata_applied(Broker& broker, Context& ctx) {
  // In a formed cluster the broker learns its epoch from its registration record (R5.18).
  Lifecycle& life = broker.lifecycle;
  if (!life.registered || life.epoch != kNoBrokerEpoch) return;
  life.epoch = broker.image.brokers[ctx.composition().broker_index(broker.self)].epoch;
}

}  // namespace ackident
