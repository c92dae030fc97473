#include "kafka/controller/registry.h"

#include <algorithm>

#include "kafka/controller/controller.h"
#include "kafka/controller/partition_changes.h"

namespace ackident {

namespace {

constexpr Duration kCheckAgain = milliseconds(10);  // more sessions have expired (R5.24)

Duration session_timeout(const Context& ctx) {
  const ControllerConfig& config = ctx.composition().controller_config;
  return ctx.behaviour().kraft ? config.session_timeout : config.zookeeper_session_timeout;
}

BrokerRegistration& registration_of(Controller& controller, NodeId broker, const Context& ctx) {
  return controller.image.brokers[ctx.composition().broker_index(broker)];
}

BrokerSession& session_of(Controller& controller, NodeId broker, const Context& ctx) {
  return controller.registry.sessions[ctx.composition().broker_index(broker)];
}

// R5.19: does the session of the registered incarnation keep another one out?
bool session_blocks(const BrokerRegistration& known, const BrokerSession& session,
                    const Context& ctx) {
  const Behaviour& behaviour = ctx.behaviour();
  if (known.epoch == kNoBrokerEpoch || ctx.mutant(Mutant::kRegisterDuringSession)) return false;
  if (known.fenced && !behaviour.session_blocks_fenced_too) return false;
  return session.contact + session_timeout(ctx) >= ctx.now();
}

// The exact check is a deferred event at the oldest contact's end. Heartbeats do not move it: when
// it comes too early it looks again at what is the oldest by then.
void arm_exact_check(Controller& controller, Instant at, Context& ctx) {
  if (ctx.behaviour().periodic_fencing_check || ctx.mutant(Mutant::kNeverFence)) return;
  controller.registry.check_armed = true;
  controller.registry.check_at = at;
  ctx.arm(ControllerTimers::fixed(ControllerTimer::kSessionCheck), at);
}

void touch(Controller& controller, NodeId broker, Context& ctx) {
  session_of(controller, broker, ctx).contact = ctx.now();
  if (controller.registry.check_armed) return;
  arm_exact_check(controller, ctx.now() + session_timeout(ctx), ctx);
}

BrokerControl control_of(const BrokerRegistration& registration) {
  if (registration.fenced) return BrokerControl::kFenced;
  return registration.in_controlled_shutdown ? BrokerControl::kControlledShutdown
                                             : BrokerControl::kUnfenced;
}

// R5.39: all brokers that may lead have applied the metadata that took the leaderships away.
bool others_know(const Controller& controller, MetadataOffset shutdown_offset) {
  for (std::size_t i = 0; i < controller.registry.sessions.size(); ++i) {
    if (is_active(controller.image.brokers[i]) &&
        controller.registry.sessions[i].observed < shutdown_offset) {
      return false;
    }
  }
  return true;
}

HeartbeatView view_of(const Controller& controller, NodeId from,
                      const BrokerHeartbeatRequest& request, const Context& ctx) {
  const std::uint16_t index = ctx.composition().broker_index(from);
  HeartbeatView view;
  view.current = control_of(controller.image.brokers[index]);
  view.want_fence = request.want_fence;
  view.want_shutdown = request.want_shutdown;
  view.closes_session = !ctx.behaviour().kraft && request.want_fence;
  // Its own registration is enough, but for the controllers of 3.0 to 3.2, which asked for all that
  // they have committed (Kafka 3.2 38103ffaa BrokerHeartbeatManager.java calculateNextBrokerState).
  view.caught_up = ctx.behaviour().unfences_behind
                       ? request.metadata_offset.value() > request.epoch.value()
                       : request.metadata_offset >= controller.committed;
  if (ctx.mutant(Mutant::kUnfenceBeforeCaughtUp)) {
    view.want_fence = false;
    view.caught_up = true;
  }
  if (request.want_shutdown) {
    view.has_leaderships = has_leaderships(controller, from, ctx);
    // With ZooKeeper nobody waits for the other brokers.
    view.others_know = !ctx.behaviour().kraft ||
                       others_know(controller, controller.registry.sessions[index].shutdown_offset);
  }
  return view;
}

void apply_control(Controller& controller, NodeId from, BrokerControl current, BrokerControl next,
                   Context& ctx) {
  if (current == next) return;
  switch (next) {
    case BrokerControl::kUnfenced: unfence_broker(controller, from, ctx); break;
    case BrokerControl::kControlledShutdown:
      begin_controlled_shutdown(controller, from, ctx);
      session_of(controller, from, ctx).shutdown_offset = ctx.metadata_log().end();
      break;
    case BrokerControl::kFenced:
    case BrokerControl::kShutdownNow:
      if (current != BrokerControl::kFenced) fence_broker(controller, from, ctx);
      break;
  }
}

// The record of a new incarnation, and what follows when it is live at once: with ZooKeeper, where
// there is no fenced start (R9.6).
void write_registration(Controller& controller, NodeId from, Incarnation incarnation,
                        Context& ctx) {
  const bool was_fenced = registration_of(controller, from, ctx).fenced;
  BrokerRecord record{from, BrokerRegistration()};
  record.state.epoch = BrokerEpoch(ctx.metadata_log().end().value());  // R5.18: the record's offset
  record.state.incarnation = incarnation;
  record.state.fenced = ctx.behaviour().kraft && !ctx.mutant(Mutant::kUnfenceBeforeCaughtUp);
  append(controller, record, ctx);
  ctx.note({.kind = FactKind::kBrokerRegistered,
            .node = ctx.self(),
            .peer = from,
            .a = record.state.epoch.value(),
            .b = incarnation.value()});
  if (was_fenced != record.state.fenced) {
    ctx.note({.kind = record.state.fenced ? FactKind::kBrokerFenced : FactKind::kBrokerUnfenced,
              .node = ctx.self(),
              .peer = from});
  }
  session_of(controller, from, ctx) = BrokerSession();
  if (!record.state.fenced) touch(controller, from, ctx);
  if (!record.state.fenced) elect_leaderless(controller, ctx);
}

struct Expired {
  std::uint32_t count = 0;
  std::uint32_t picked = 0;  // broker index
};

// R5.24 (Kafka 3.9 c821449f BrokerHeartbeatManager.java hasValidSession, nextCheckTimeNs).
bool is_expired(Instant contact, const Context& ctx) {
  const Instant end = contact + session_timeout(ctx);
  // The deferred event of the exact check comes at the end itself; the periodic one compares.
  return ctx.behaviour().periodic_fencing_check ? end < ctx.now() : end <= ctx.now();
}

// The broker to fence next: the oldest contact, or any of those expired at a periodic check. Which
// of equals is hash order in Kafka, so it is drawn (R5.24).
Expired pick_expired(Controller& controller, Instant oldest, Context& ctx) {
  std::vector<BrokerSession>& sessions = controller.registry.sessions;
  const bool any = ctx.behaviour().periodic_fencing_check;
  const auto is_candidate = [&](std::size_t i) {
    if (controller.image.brokers[i].fenced) return false;
    return any ? is_expired(sessions[i].contact, ctx) : sessions[i].contact == oldest;
  };
  Expired expired;
  for (std::size_t i = 0; i < sessions.size(); ++i) expired.count += is_candidate(i) ? 1u : 0u;
  std::uint64_t skip = 0;
  if (expired.count > 1) {
    const ChoiceKey key{ChoiceKind::kFencingOrder, ctx.self().value(),
                        controller.registry.fencing_draws++};
    skip = ctx.choose(key, expired.count);
  }
  for (std::uint32_t i = 0; i < sessions.size(); ++i) {
    if (!is_candidate(i)) continue;
    if (skip-- == 0) {
      expired.picked = i;
      break;
    }
  }
  return expired;
}

// The oldest contact of an unfenced broker; kNever if all are fenced.
Instant oldest_contact(const Controller& controller) {
  Instant oldest = kNever;
  for (std::size_t i = 0; i < controller.registry.sessions.size(); ++i) {
    if (controller.image.brokers[i].fenced) continue;
    oldest = std::min(oldest, controller.registry.sessions[i].contact);
  }
  return oldest;
}

}  // namespace

bool is_active(const BrokerRegistration& registration) {
  return registration.epoch != kNoBrokerEpoch && !registration.fenced &&
         !registration.in_controlled_shutdown;
}

BrokerControl next_control(const HeartbeatView& view) {
  switch (view.current) {
    case BrokerControl::kFenced:
      if (view.want_shutdown) return BrokerControl::kShutdownNow;
      return view.caught_up && !view.want_fence ? BrokerControl::kUnfenced : BrokerControl::kFenced;
    case BrokerControl::kUnfenced:
      if (view.want_fence) {
        return view.want_shutdown ? BrokerControl::kShutdownNow : BrokerControl::kFenced;
      }
      if (!view.want_shutdown) return BrokerControl::kUnfenced;
      // A broker that leads nothing may go at once (R5.39).
      return view.has_leaderships ? BrokerControl::kControlledShutdown
                                  : BrokerControl::kShutdownNow;
    case BrokerControl::kControlledShutdown:
      if (view.closes_session) return BrokerControl::kFenced;
      if (view.has_leaderships || !view.others_know) return BrokerControl::kControlledShutdown;
      return BrokerControl::kShutdownNow;
    case BrokerControl::kShutdownNow: break;
  }
  return BrokerControl::kShutdownNow;
}

void handle_registration(Controller& controller, NodeId from,
                         const BrokerRegistrationRequest& request, Context& ctx) {
  const BrokerRegistration known = registration_of(controller, from, ctx);
  BrokerRegistrationResponse response;
  response.correlation = request.correlation;
  const bool same = known.epoch != kNoBrokerEpoch && known.incarnation == request.incarnation;
  if (same && (ctx.behaviour().kraft || !known.fenced)) {
    response.epoch = known.epoch;  // the answer to the first request was lost (R5.18)
    answer(controller, from, response, ctx);
    return;
  }
  if (!same && session_blocks(known, session_of(controller, from, ctx), ctx)) {
    response.error = ErrorCode::kDuplicateBrokerRegistration;  // an exception: answered at once
    ctx.send(from, response);
    return;
  }
  if (ctx.behaviour().registration_fences_old && !known.fenced) {
    fence_broker(controller, from, ctx);  // R5.47 without ELR
  }
  write_registration(controller, from, request.incarnation, ctx);
  response.epoch = registration_of(controller, from, ctx).epoch;
  answer(controller, from, response, ctx);
}

void handle_heartbeat(Controller& controller, NodeId from, const BrokerHeartbeatRequest& request,
                      Context& ctx) {
  const BrokerRegistration known = registration_of(controller, from, ctx);
  BrokerHeartbeatResponse response;
  response.correlation = request.correlation;
  // With ZooKeeper an expired session is gone: the broker must register again.
  const bool session_gone = !ctx.behaviour().kraft && known.fenced;
  if (known.epoch == kNoBrokerEpoch || request.epoch != known.epoch || session_gone) {
    response.error = ErrorCode::kStaleBrokerEpoch;  // R5.23; an exception: answered at once
    ctx.send(from, response);
    return;
  }
  BrokerSession& session = session_of(controller, from, ctx);
  session.observed = request.metadata_offset;
  // With ZooKeeper each request of a controlled shutdown looks for successors before it is
  // answered: where all are found the broker may go at once (Kafka 2.8 KafkaController.scala
  // doControlledShutdown).
  if (!ctx.behaviour().kraft && request.want_shutdown) {
    if (known.in_controlled_shutdown) {
      hand_over_partitions(controller, from, ctx);
    } else {
      begin_controlled_shutdown(controller, from, ctx);
    }
  }
  const HeartbeatView view = view_of(controller, from, request, ctx);
  const BrokerControl next = next_control(view);
  apply_control(controller, from, view.current, next, ctx);
  touch(controller, from, ctx);
  response.caught_up = view.caught_up;
  response.fenced = next == BrokerControl::kFenced || next == BrokerControl::kShutdownNow;
  response.should_shutdown = next == BrokerControl::kShutdownNow;
  answer(controller, from, response, ctx);
}

void refresh_sessions(Controller& controller, Context& ctx) {
  for (std::size_t i = 0; i < controller.registry.sessions.size(); ++i) {
    controller.registry.sessions[i] = BrokerSession();
    if (controller.image.brokers[i].fenced) continue;
    touch(controller, ctx.composition().broker_node(static_cast<std::uint32_t>(i)), ctx);
  }
}

void pass_overdue_check(Controller& controller, Context& ctx) {
  const Registry& registry = controller.registry;
  if (registry.check_armed && registry.check_at < ctx.now()) check_sessions(controller, ctx);
}

void check_sessions(Controller& controller, Context& ctx) {
  const LocalTimer timer = ControllerTimers::fixed(ControllerTimer::kSessionCheck);
  const bool periodic = ctx.behaviour().periodic_fencing_check;
  const Duration period = session_timeout(ctx) / 8;
  controller.registry.check_armed = false;
  const bool fences = !ctx.mutant(Mutant::kNeverFence);
  Instant oldest = oldest_contact(controller);
  std::uint32_t left = 0;
  // One broker in each run of the periodic check. The deferred event of the exact one is due again
  // at once, and what is due goes before what waits in the queue: after a pause of the controller
  // all whose session is over are fenced before any of them may register again.
  while (fences && oldest != kNever && is_expired(oldest, ctx)) {
    const Expired expired = pick_expired(controller, oldest, ctx);
    fence_broker(controller, ctx.composition().broker_node(expired.picked), ctx);
    left = expired.count - 1;
    if (periodic) break;
    oldest = oldest_contact(controller);
  }
  if (periodic) {
    ctx.arm(timer, ctx.now() + (left > 0 ? kCheckAgain : period));
    return;
  }
  if (oldest == kNever) return;
  arm_exact_check(controller, std::max(oldest + session_timeout(ctx), ctx.now()), ctx);
}

}  // namespace ackident
