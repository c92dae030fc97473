#include "kafka/controller/controller.h"

#include <algorithm>

#include "base/check.h"
#include "kafka/controller/alter_partition.h"
#include "kafka/controller/election.h"
#include "kafka/controller/partition_changes.h"

namespace ackident {

namespace {

constexpr Duration kRebalanceAgain = milliseconds(10);  // R5.38
// With ZooKeeper: how long after a controller's election it first moves leaders back (Kafka 2.8.2
// KafkaController.scala onControllerFailover; the same from 0.10 on).
constexpr Duration kZookeeperRebalanceFirst = seconds(5);

const ControllerConfig& controller_config(const Context& ctx) {
  return ctx.composition().controller_config;
}

// A point of [0, period) for a periodic task that has been running since before the run began.
Duration draw_phase(ControllerTimer timer, Duration period, const StartInfo& info, Context& ctx) {
  const std::uint64_t subject =
      (std::uint64_t{ctx.self().value()} << 32) | static_cast<std::uint32_t>(timer);
  const ChoiceKey key{ChoiceKind::kTimerPhase, subject, info.incarnation.value()};
  const auto bound = static_cast<std::uint64_t>(std::max<std::int64_t>(period.ns(), 1));
  return nanoseconds(static_cast<std::int64_t>(ctx.choose(key, bound)));
}

// The run begins with a formed cluster: everything registered, in sync and committed.
void bootstrap(Controller& controller, Context& ctx) {
  const Composition& composition = ctx.composition();
  SIM_CHECK(ctx.metadata_log().end() == MetadataOffset());
  for (std::uint16_t i = 0; i < composition.broker_count; ++i) {
    BrokerRegistration registration;
    registration.epoch = BrokerEpoch(ctx.metadata_log().end().value());
    registration.fenced = false;
    append(controller, BrokerRecord{composition.broker_node(i), registration}, ctx);
  }
  for (std::uint16_t i = 0; i < composition.topics.size(); ++i) {
    append(controller, TopicConfigRecord{TopicId(i), composition.topics[i].config}, ctx);
  }
  for (std::uint32_t i = 0; i < composition.partition_count(); ++i) {
    PartitionRegistration partition;  // R5.53
    partition.replicas = composition.assignment[i];
    partition.isr = partition.replicas;
    partition.leader = partition.replicas.front();
    append(controller, PartitionRecord{PartitionId(i), partition}, ctx);
  }
}

// The state of a controller that starts again is the replay of its log. Records that were still
// gathered when it ended count as written: they had been handed to the log.
void replay(Controller& controller, Context& ctx) {
  controller.image.reset(ctx.composition());
  while (controller.image.end < ctx.metadata_log().end()) {
    controller.image.apply(ctx.metadata_log().at(controller.image.end), ctx.composition());
  }
}

// Timers that run whatever happens. With ZooKeeper leaders are moved back on a fixed period too;
// its threshold of imbalance for each broker (10 % by default) is not modelled.
void arm_periodic_tasks(const StartInfo& info, Context& ctx) {
  const Behaviour& behaviour = ctx.behaviour();
  const auto first = [&](ControllerTimer timer, Duration period, Duration after_start) {
    const Duration wait = info.bootstrap ? draw_phase(timer, period, info, ctx) : after_start;
    ctx.arm(ControllerTimers::fixed(timer), ctx.now() + wait);
  };
  if (controller_config(ctx).auto_leader_rebalance && behaviour.rebalances_leaders &&
      (behaviour.elections_on_fixed_period || !behaviour.kraft)) {
    const Duration period = controller_config(ctx).leader_imbalance_check;
    first(ControllerTimer::kPreferredLeader, period,
          behaviour.kraft ? period : kZookeeperRebalanceFirst);
  }
  if (behaviour.kraft && behaviour.elections_on_fixed_period && behaviour.unclean_config_honoured) {
    const Duration period = controller_config(ctx).unclean_election_interval;
    first(ControllerTimer::kUncleanSweep, period, period);
  }
  if (behaviour.periodic_fencing_check) {  // R5.24
    const Duration period = controller_config(ctx).session_timeout / 8;
    first(ControllerTimer::kSessionCheck, period, period);
  }
}

void answer_observer(Controller& controller, NodeId broker, Observer& observer, Context& ctx) {
  observer.parked = false;
  MetadataFetchResponse response;
  response.correlation = observer.correlation;
  response.high_watermark = controller.committed;
  ctx.send(broker, response);
}

// The one place that says what is committed: with one voter, all that is written. A quorum would
// compare the ends of its voters here.
void advance_commit(Controller& controller, Context& ctx) {
  controller.committed = ctx.metadata_log().end();
  // Observers first: in Kafka the Raft layer answers them, while the controller's own event queue
  // completes what is deferred.
  for (std::uint16_t i = 0; i < controller.observers.size(); ++i) {
    Observer& observer = controller.observers[i];
    if (!observer.parked || observer.offset >= controller.committed) continue;
    ctx.disarm(ControllerTimers::observer(i));
    answer_observer(controller, ctx.composition().broker_node(i), observer, ctx);  // R5.15
  }
  std::size_t sent = 0;
  for (; sent < controller.deferred.size(); ++sent) {
    const DeferredAnswer& deferred = controller.deferred[sent];
    if (deferred.after > controller.committed) break;
    ctx.send(deferred.to, deferred.payload);
  }
  controller.deferred.erase(controller.deferred.begin(),
                            controller.deferred.begin() + static_cast<std::ptrdiff_t>(sent));
}

// Up to KRaft 3.9 these elections have no period of their own: each comes an interval after the
// first partition that may need it, and after each further interval that does not end the need
// (R5.35, R5.38; Kafka 3.9 c821449f QuorumController.java maybeScheduleNextElectUncleanLeaders).
void arm_elections(Controller& controller, Context& ctx) {
  const ControllerConfig& limits = controller_config(ctx);
  const Behaviour& behaviour = ctx.behaviour();
  if (!behaviour.kraft || behaviour.elections_on_fixed_period) return;
  if (limits.auto_leader_rebalance && behaviour.rebalances_leaders && controller.imbalanced > 0 &&
      !controller.rebalance_armed) {
    controller.rebalance_armed = true;
    ctx.arm(ControllerTimers::fixed(ControllerTimer::kPreferredLeader),
            ctx.now() + limits.leader_imbalance_check);
  }
  // Whether its topic allows an unclean leader is asked only when the time has come.
  if (behaviour.unclean_config_honoured && controller.leaderless > 0 && !controller.sweep_armed) {
    controller.sweep_armed = true;
    ctx.arm(ControllerTimers::fixed(ControllerTimer::kUncleanSweep),
            ctx.now() + limits.unclean_election_interval);
  }
}

// After each event: what it appended is written after the linger (R5.9), or at once with ZooKeeper.
void finish_step(Controller& controller, Context& ctx) {
  if (controller.committed < ctx.metadata_log().end()) {
    if (!ctx.behaviour().kraft) {
      advance_commit(controller, ctx);
    } else if (!controller.linger_armed) {
      controller.linger_armed = true;
      ctx.arm(ControllerTimers::fixed(ControllerTimer::kAppendLinger),
              ctx.now() + controller_config(ctx).append_linger);
    }
  }
  arm_elections(controller, ctx);
}

void handle_metadata_fetch(Controller& controller, NodeId from, const MetadataFetchRequest& request,
                           Context& ctx) {
  const std::uint16_t index = ctx.composition().broker_index(from);
  Observer& observer = controller.observers[index];
  observer.offset = request.offset;
  observer.correlation = request.correlation;
  if (controller.committed > request.offset) {
    answer_observer(controller, from, observer, ctx);
    return;
  }
  observer.parked = true;
  ctx.arm(ControllerTimers::observer(index), ctx.now() + controller_config(ctx).metadata_max_wait);
}

// What is owed on a closed connection is owed no more; on the next connection it would be an answer
// to another request.
void drop_answers(Controller& controller, NodeId from, Channel channel, Context& ctx) {
  if (channel == Channel::kMetadata) {
    const std::uint16_t index = ctx.composition().broker_index(from);
    controller.observers[index].parked = false;
    ctx.disarm(ControllerTimers::observer(index));
    return;
  }
  std::erase_if(controller.deferred, [&](const DeferredAnswer& deferred) {
    const auto* altered = std::get_if<AlterPartitionResponse>(&deferred.payload);
    const Channel used = altered != nullptr ? Channel::kAlterPartition : Channel::kLifecycle;
    if (deferred.to != from || used != channel) return false;
    if (altered != nullptr) ctx.pools().alter_results.release(altered->parts);
    return true;
  });
}

void fire_preferred_leader(Controller& controller, Context& ctx) {
  const LocalTimer timer = ControllerTimers::fixed(ControllerTimer::kPreferredLeader);
  if (rebalance_leaders(controller, ctx)) {
    ctx.arm(timer, ctx.now() + kRebalanceAgain);
    return;
  }
  controller.rebalance_armed = false;
  if (ctx.behaviour().elections_on_fixed_period || !ctx.behaviour().kraft) {
    ctx.arm(timer, ctx.now() + controller_config(ctx).leader_imbalance_check);
  }
}

void fire_fixed(Controller& controller, ControllerTimer timer, Context& ctx) {
  switch (timer) {
    case ControllerTimer::kAppendLinger:
      controller.linger_armed = false;
      advance_commit(controller, ctx);
      break;
    case ControllerTimer::kSessionCheck: check_sessions(controller, ctx); break;
    case ControllerTimer::kPreferredLeader: fire_preferred_leader(controller, ctx); break;
    case ControllerTimer::kUncleanSweep:
      sweep_unclean(controller, ctx);
      controller.sweep_armed = false;
      if (ctx.behaviour().elections_on_fixed_period) {
        ctx.arm(ControllerTimers::fixed(timer),
                ctx.now() + controller_config(ctx).unclean_election_interval);
      }
      break;
    case ControllerTimer::kFixed: SIM_CHECK(false); break;
  }
}

}  // namespace

void reset(Controller& controller, const Composition& composition, NodeId self) {
  controller.self = self;
  controller.running = false;
  controller.image.reset(composition);
  controller.committed = MetadataOffset();
  controller.deferred.clear();
  controller.observers.assign(composition.broker_count, Observer());
  controller.registry.sessions.assign(composition.broker_count, BrokerSession());
  controller.registry.check_armed = false;
  controller.registry.fencing_draws = 0;
  controller.imbalanced = 0;
  controller.leaderless = 0;
  controller.linger_armed = false;
  controller.rebalance_armed = false;
  controller.sweep_armed = false;
}

void start(Controller& controller, const StartInfo& info, Context& ctx) {
  SIM_CHECK(!controller.running);
  controller.running = true;
  if (info.bootstrap) {
    bootstrap(controller, ctx);
  } else {
    replay(controller, ctx);
  }
  SIM_CHECK(controller.image.end == ctx.metadata_log().end());
  controller.committed = controller.image.end;
  controller.imbalanced = 0;
  controller.leaderless = 0;
  for (const PartitionRegistration& partition : controller.image.partitions) {
    if (is_imbalanced(partition)) ++controller.imbalanced;
    if (partition.leader == kNoNode) ++controller.leaderless;
  }
  refresh_sessions(controller, ctx);
  arm_periodic_tasks(info, ctx);
  finish_step(controller, ctx);
}

void deliver(Controller& controller, NodeId from, const Payload& payload, Context& ctx) {
  SIM_CHECK(controller.running);
  pass_overdue_check(controller, ctx);
  if (const auto* heartbeat = std::get_if<BrokerHeartbeatRequest>(&payload)) {
    handle_heartbeat(controller, from, *heartbeat, ctx);
  } else if (const auto* fetch = std::get_if<MetadataFetchRequest>(&payload)) {
    handle_metadata_fetch(controller, from, *fetch, ctx);
  } else if (const auto* alter = std::get_if<AlterPartitionRequest>(&payload)) {
    handle_alter_partition(controller, from, *alter, ctx);
  } else if (const auto* registration = std::get_if<BrokerRegistrationRequest>(&payload)) {
    handle_registration(controller, from, *registration, ctx);
  } else if (const auto* election = std::get_if<ElectLeadersCommand>(&payload)) {
    handle_elect_leaders(controller, *election, ctx);
  } else if (const auto* change = std::get_if<AlterTopicConfigCommand>(&payload)) {
    handle_alter_topic_config(controller, *change, ctx);
  } else if (const auto* closed = std::get_if<Disconnected>(&payload)) {
    drop_answers(controller, from, closed->channel, ctx);
  } else {
    SIM_CHECK(false);  // nobody sends a controller anything else
  }
  finish_step(controller, ctx);
}

void fire(Controller& controller, LocalTimer timer, Context& ctx) {
  SIM_CHECK(controller.running);
  if (timer.value() < ControllerTimers::kBase) {
    fire_fixed(controller, static_cast<ControllerTimer>(timer.value()), ctx);
  } else {
    const std::uint32_t index = timer.value() - ControllerTimers::kBase;
    Observer& observer = controller.observers[index];
    // An empty answer ends the long poll (R5.12).
    if (observer.parked) {
      answer_observer(controller, ctx.composition().broker_node(index), observer, ctx);
    }
  }
  finish_step(controller, ctx);
}

void stop(Controller& controller, StopKind, Context& ctx) {
  controller.running = false;
  for (const DeferredAnswer& deferred : controller.deferred) {
    if (const auto* altered = std::get_if<AlterPartitionResponse>(&deferred.payload)) {
      ctx.pools().alter_results.release(altered->parts);
    }
  }
  controller.deferred.clear();
  std::fill(controller.observers.begin(), controller.observers.end(), Observer());
  std::fill(controller.registry.sessions.begin(), controller.registry.sessions.end(),
            BrokerSession());
  controller.registry.check_armed = false;
  controller.linger_armed = false;
  controller.rebalance_armed = false;
  controller.sweep_armed = false;
}

void shut_down(Controller&, Context& ctx) { ctx.exit_process(); }

std::uint32_t timer_count(const Controller&, const Composition& composition, NodeId) {
  return ControllerTimers::count(composition.broker_count);
}

void append(Controller& controller, const MetadataRecord& record, Context& ctx) {
  ctx.append_record(record);
  controller.image.apply(record, ctx.composition());
  SIM_CHECK(controller.image.end == ctx.metadata_log().end());
}

void answer(Controller& controller, NodeId to, const Payload& payload, Context& ctx) {
  const MetadataOffset end = ctx.metadata_log().end();
  if (controller.committed == end) {
    ctx.send(to, payload);
    return;
  }
  controller.deferred.push_back({end, to, payload});
}

}  // namespace ackident
