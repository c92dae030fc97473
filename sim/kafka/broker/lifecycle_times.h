// How long a broker waits in its dealings with the controller. Included by lifecycle.cc alone.
#pragma once

#include <algorithm>

#include "kafka/broker/lifecycle.h"
#include "kafka/broker/timers.h"
#include "kafka/context.h"

namespace ackident {

inline constexpr Duration kCatchUpInterval = milliseconds(10);       // R5.21
inline constexpr Duration kFirstShutdownRecheck = milliseconds(50);  // R5.21
inline constexpr Duration kShutdownLimit = seconds(300);             // R5.39
// With ZooKeeper: controlled.shutdown.max.retries=3, each followed by retry.backoff.ms=5000, and
// request.timeout.ms for an answer (Kafka 2.8 KafkaServer.scala doControlledShutdown; the same from
// 0.10.0 d8fe2043 on). The last pause is slept as well before the broker leaves unasked.
inline constexpr std::uint8_t kZookeeperShutdownTries = 3;
inline constexpr Duration kZookeeperShutdownRetry = seconds(5);
inline constexpr Duration kZookeeperShutdownTimeout = seconds(30);
inline constexpr Duration kRegistrationLimit = milliseconds(60'000);  // R6.2
inline constexpr Duration kBackoffBase = milliseconds(100);           // R5.22
inline constexpr std::uint32_t kBackoffDoublingsMax = 16;
// In KRaft before 3.3 kControllerSocketTimeout is the limit, and this one (that of
// socket.connection.setup.timeout.ms, without its jitter and growth) as long as nothing has come
// back on the connection.
inline constexpr Duration kConnectionSetupTimeout = seconds(10);
// Kafka's channel to the controller opens its connection again after 50 ms and repeats the request
// within the request's time limit; R4.9 tells of the same channel.
inline constexpr Duration kReconnect = milliseconds(50);

inline const BrokerConfig& own_config(const Context& ctx) {
  return ctx.composition().brokers[ctx.composition().broker_index(ctx.self())];
}

// A ZooKeeper client pings each third of its session (R9.1).
inline Duration interval(const Context& ctx) {
  return ctx.behaviour().kraft ? own_config(ctx).heartbeat_interval
                               : own_config(ctx).zookeeper_session_timeout / 3;
}

inline bool asks_zookeeper_to_leave(const Lifecycle& life, const Context& ctx) {
  return !ctx.behaviour().kraft && life.state == Lifecycle::State::kShuttingDown;
}

// KAFKA-14392: before 3.3 a session was the limit only for what waited to be sent. What was sent
// stayed with its connection for longer; when that broke it waited again, and was sent again with
// all its time (Kafka 3.2 e4ca0666 BrokerToControllerChannelManager.scala generateRequests,
// handleResponse).
inline bool has_unbounded_heartbeats(const Context& ctx) {
  return ctx.behaviour().kraft && !ctx.behaviour().bounds_heartbeats;
}

inline bool is_too_old_to_repeat(const Lifecycle& life, const Context& ctx) {
  return has_unbounded_heartbeats(ctx) &&
         life.asked_at + own_config(ctx).session_timeout <= ctx.now();
}

inline Duration rpc_timeout(const Lifecycle& life, const Context& ctx) {
  if (asks_zookeeper_to_leave(life, ctx)) return kZookeeperShutdownTimeout;
  if (!ctx.behaviour().kraft || ctx.behaviour().constant_lifecycle_backoff) return interval(ctx);
  if (has_unbounded_heartbeats(ctx)) {
    return life.connected ? kControllerSocketTimeout : kConnectionSetupTimeout;
  }
  return own_config(ctx).session_timeout / 2;  // R5.22
}

// R5.22: 100 ms doubled for each failure up to the session's length, two percent off either way;
// from 4.0 on always the interval.
inline Duration failure_backoff(Lifecycle& life, Context& ctx) {
  if (ctx.behaviour().constant_lifecycle_backoff) return interval(ctx);
  const std::uint32_t doublings = std::min(life.failures, kBackoffDoublingsMax);
  const Duration base =
      std::min(kBackoffBase * (std::int64_t{1} << doublings), own_config(ctx).session_timeout);
  const Duration least = base * 98 / 100;
  const Duration most = base * 102 / 100;
  const auto timer = static_cast<std::uint32_t>(BrokerTimer::kRegistrationRetry);
  const ChoiceKey key{ChoiceKind::kBackoffJitter, (std::uint64_t{ctx.self().value()} << 32) | timer,
                      life.draws++};
  const auto span = static_cast<std::uint64_t>((most - least).ns()) + 1;
  return least + nanoseconds(static_cast<std::int64_t>(ctx.choose(key, span)));
}

}  // namespace ackident
