#include "kafka/broker/broker.h"

#include "kafka/broker/fetch.h"
#include "kafka/broker/follower.h"
#include "kafka/broker/isr_lock.h"
#include "kafka/broker/produce.h"

namespace ackident {
namespace {

// Half of replica.lag.time.max.ms (R4.4).
Duration isr_expiration_period(const Broker& broker, const Context& ctx) {
  return config_of(broker, ctx).replica_lag_time_max / 2;
}

void arm_fixed(BrokerTimer timer, Duration in, Context& ctx) {
  ctx.arm(BrokerTimers::fixed(timer), ctx.now() + in);
}

// Which connection broke decides who must know.
void on_disconnected(Broker& broker, NodeId from, const Disconnected& lost, const Payload& payload,
                     Context& ctx) {
  switch (lost.channel) {
    case Channel::kClient:
      forget_produce(broker, from, ctx);
      forget_fetch(broker, from, ctx);
      orphan_locked_out(broker, from, ctx);
      return;
    case Channel::kReplication:
      if (lost.initiator) {
        fetcher_failed(broker, from, ctx);  // R3.4
      } else {
        forget_fetch(broker, from, ctx);
        orphan_locked_out(broker, from, ctx);
      }
      return;
    case Channel::kAlterPartition: alter_partition_disconnected(broker, ctx); return;
    case Channel::kLifecycle:
    case Channel::kMetadata: lifecycle_deliver(broker, payload, ctx); return;
  }
}

// Payloads that no connection brings to a broker.
template <class T>
concept NotForBrokers = std::is_same_v<T, ProduceResponse> || std::is_same_v<T, MetadataResponse> ||
    std::is_same_v<T, InitProducerIdResponse> || std::is_same_v<T, BrokerRegistrationRequest> ||
    std::is_same_v<T, BrokerHeartbeatRequest> || std::is_same_v<T, AlterPartitionRequest> ||
    std::is_same_v<T, MetadataFetchRequest> || std::is_same_v<T, ElectLeadersCommand> ||
    std::is_same_v<T, AlterTopicConfigCommand> || std::is_same_v<T, ReassignCommand> ||
    std::is_same_v<T, WorkloadCommand> || std::is_same_v<T, ProcessingCommand> ||
    std::is_same_v<T, SendCompleted> || std::is_same_v<T, Connected>;

struct Deliver {
  Broker& broker;
  NodeId from;
  const Payload& payload;
  Context& ctx;

  void operator()(const ProduceRequest& m) const { on_produce(broker, from, m, ctx); }
  void operator()(const FetchRequest& m) const { on_fetch(broker, from, m, ctx); }
  void operator()(const ListOffsetsRequest& m) const { on_list_offsets(broker, from, m, ctx); }
  void operator()(const OffsetsForLeaderEpochRequest& m) const {
    on_offsets_for_leader_epoch(broker, from, m, ctx);
  }
  // R5.17: a broker answers from the image it has.
  void operator()(const MetadataRequest& m) const {
    ctx.send(from, MetadataResponse{m.correlation, broker.image.end});
  }
  void operator()(const InitProducerIdRequest& m) const {
    InitProducerIdResponse response;
    response.correlation = m.correlation;
    response.producer_id = next_producer_id(broker, ctx);
    ctx.send(from, response);
  }
  void operator()(const FetchResponse& m) const { on_fetch_response(broker, from, m, ctx); }
  void operator()(const ListOffsetsResponse& m) const {
    on_list_offsets_response(broker, from, m, ctx);
  }
  void operator()(const OffsetsForLeaderEpochResponse& m) const {
    on_epoch_response(broker, from, m, ctx);
  }
  void operator()(const AlterPartitionResponse& m) const { on_alter_partition(broker, m, ctx); }
  void operator()(const BrokerRegistrationResponse&) const { to_lifecycle(); }
  void operator()(const BrokerHeartbeatResponse&) const { to_lifecycle(); }
  void operator()(const MetadataFetchResponse&) const { to_lifecycle(); }
  void operator()(const Disconnected& m) const { on_disconnected(broker, from, m, payload, ctx); }
  template <NotForBrokers T>
  void operator()(const T&) const {
    SIM_CHECK(!"a broker receives this payload");
  }

 private:
  void to_lifecycle() const { lifecycle_deliver(broker, payload, ctx); }
};

void fire_fixed(Broker& broker, BrokerTimer timer, Context& ctx) {
  switch (timer) {
    case BrokerTimer::kStartup:
    case BrokerTimer::kRegistrationRetry:
    case BrokerTimer::kHeartbeat:
    case BrokerTimer::kLifecycleTimeout:
    case BrokerTimer::kMetadataFetch:
    case BrokerTimer::kMetadataTimeout: lifecycle_fire(broker, timer, ctx); return;
    case BrokerTimer::kIsrExpiration:
      arm_fixed(timer, isr_expiration_period(broker, ctx), ctx);
      shrink_isrs(broker, ctx);
      return;
    case BrokerTimer::kHwCheckpoint:
      arm_fixed(timer, config_of(broker, ctx).hw_checkpoint_interval, ctx);
      checkpoint_high_watermarks(broker, ctx);
      return;
    case BrokerTimer::kAlterPartition: alter_partition_due(broker, ctx); return;
    case BrokerTimer::kRecoveryPointCheckpoint:  // never armed: see checkpoint_high_watermarks
    case BrokerTimer::kFixed: SIM_CHECK(!"a timer that this broker arms");
  }
}

}  // namespace

void reset(Broker& broker, const Composition& composition, NodeId self) {
  broker.self = self;
  broker.timers.brokers = composition.broker_count;
  broker.timers.nodes = static_cast<std::uint32_t>(composition.nodes.size());
  broker.image.reset(composition);
  broker.lifecycle = Lifecycle();
  reset(broker.replicas, composition);
}

void start(Broker& broker, const StartInfo& info, Context& ctx) {
  lifecycle_start(broker, info, ctx);
}

void load_logs(Broker& broker, Context& ctx) {
  load_replicas(broker, ctx);
  // R4.4: a fixed rate whose phase differs from broker to broker.
  const Duration period = isr_expiration_period(broker, ctx);
  const auto timer = static_cast<std::uint32_t>(BrokerTimer::kIsrExpiration);
  const ChoiceKey key{ChoiceKind::kTimerPhase, (std::uint64_t{broker.self.value()} << 32) | timer,
                      broker.lifecycle.incarnation.value()};
  const auto phase = ctx.choose(key, static_cast<std::uint64_t>(period.ns()));
  arm_fixed(BrokerTimer::kIsrExpiration, Duration(static_cast<std::int64_t>(phase)), ctx);
  arm_fixed(BrokerTimer::kHwCheckpoint, Duration(), ctx);  // R1.16: the first at once
}

void deliver(Broker& broker, NodeId from, const Payload& payload, Context& ctx) {
  if (wait_for_lock(broker, from, payload, ctx)) return;
  std::visit(Deliver{broker, from, payload, ctx}, payload);
}

void fire(Broker& broker, LocalTimer timer, Context& ctx) {
  std::uint32_t n = timer.value();
  if (n < BrokerTimers::kBase) return fire_fixed(broker, static_cast<BrokerTimer>(n), ctx);
  n -= BrokerTimers::kBase;
  const BrokerTimers& timers = broker.timers;
  if (n < timers.brokers) {
    return fetcher_backoff_over(broker, ctx.composition().broker_node(n), ctx);
  }
  n -= timers.brokers;
  if (n < timers.brokers) return fetcher_timed_out(broker, ctx.composition().broker_node(n), ctx);
  n -= timers.brokers;
  if (n < timers.nodes) return complete_fetch(broker, NodeId(static_cast<std::uint16_t>(n)), ctx);
  n -= timers.nodes;
  SIM_CHECK(n < timers.nodes);
  expire_produce(broker, NodeId(static_cast<std::uint16_t>(n)), ctx);
}

void stop(Broker& broker, StopKind kind, Context& ctx) {
  stop_replicas(broker, kind, ctx);
  broker.image.reset(ctx.composition());
  lifecycle_stop(broker, kind);
}

std::uint32_t timer_count(const Broker&, const Composition& composition, NodeId) {
  BrokerTimers timers;
  timers.brokers = composition.broker_count;
  timers.nodes = static_cast<std::uint32_t>(composition.nodes.size());
  return timers.count();
}

void shut_down(Broker& broker, Context& ctx) { lifecycle_shut_down(broker, ctx); }

void set_power_loss(Broker& broker, std::int64_t lose_records) {
  broker.replicas.power_loss_records = lose_records;
}

}  // namespace ackident
