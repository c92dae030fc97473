#include "kafka/broker/isr.h"

#include <algorithm>
#include <utility>

#include "kafka/broker/broker.h"
#include "kafka/broker/isr_lock.h"
#include "kafka/broker/leader.h"

namespace ackident {
namespace {

constexpr Duration kResendDelay = milliseconds(50);       // R4.9: request-level errors
constexpr Duration kRediscoverDelay = milliseconds(100);  // R4.9: looking for the controller

// How long silence is borne before the request is sent again on a new connection. ZooKeeper's
// client bears it for two thirds of its session (ClientCnxn.java readTimeout).
Duration patience(const Broker& broker, const Context& ctx) {
  return ctx.behaviour().isr_through_controller
             ? kControllerSocketTimeout
             : config_of(broker, ctx).zookeeper_session_timeout * 2 / 3;
}

std::uint32_t ticket_of(const IsrState& state) {
  if (const auto* expand = std::get_if<PendingExpand>(&state)) return expand->ticket;
  if (const auto* shrink = std::get_if<PendingShrink>(&state)) return shrink->ticket;
  return 0;
}

// R4.8: own epoch for the leader, the last fetched one for the others (KIP-903).
BrokerEpoch member_epoch(const Broker& broker, const Leader& leader, NodeId node,
                         const Context& ctx) {
  if (!ctx.behaviour().fetch_carries_broker_epoch) return kNoBrokerEpoch;
  if (node == broker.self) return broker.lifecycle.epoch;
  const RemoteReplica* remote = find_remote(leader, node);
  return remote == nullptr ? kNoBrokerEpoch : remote->broker_epoch;
}

// May a change of this partition start now? At most one is in flight (R4.1).
bool may_propose(const Replica& replica, const Leader& leader, const Context& ctx) {
  if (ctx.mutant(Mutant::kAlterPartitionTwice)) return true;
  return std::holds_alternative<CommittedIsr>(leader.isr) && !replica.alter_queued;
}

void propose(Broker& broker, Replica& replica, const Leader& leader, const ReplicaList& isr,
             std::uint32_t ticket, NodeId peer, Context& ctx) {
  AlterEntry entry;
  entry.ticket = ticket;
  entry.part.partition = replica.partition;
  entry.part.leader_epoch = leader.epoch;
  entry.part.partition_epoch = replica.partition_epoch;
  for (const NodeId node : isr) {
    entry.part.isr.push_back({node, member_epoch(broker, leader, node, ctx)});
  }
  broker.replicas.alter.entries.push_back(entry);
  replica.alter_queued = true;
  ctx.note({.kind = FactKind::kIsrProposed,
            .node = broker.self,
            .peer = peer,
            .partition = replica.partition,
            .a = isr.size(),
            .b = committed_isr(leader.isr).size()});
  send_alter_partition(broker, ctx);
}

// R4.4 (Kafka 1eb76443 Partition.scala getOutOfSyncReplicas; to 2.0.0 it goes by time alone).
bool is_out_of_sync(const RemoteReplica& remote, Offset leader_end, Duration lag_max,
                    const Context& ctx) {
  if (ctx.mutant(Mutant::kShrinkByOffset)) return remote.leo != leader_end;
  if (!ctx.behaviour().end_keeps_in_isr) return ctx.now() - remote.caught_up_at > lag_max;
  return !is_caught_up(remote, leader_end, ctx.now(), lag_max);
}

void shrink_isr(Broker& broker, Replica& replica, Leader& leader, Duration lag_max, Context& ctx) {
  if (!may_propose(replica, leader, ctx)) return;
  const ReplicaList committed = committed_isr(leader.isr);
  ReplicaList staying;
  ReplicaList leaving;
  for (const NodeId node : committed) {
    const RemoteReplica* remote = find_remote(leader, node);
    // The leader never removes itself (R4.4).
    const bool leaves =
        remote != nullptr && is_out_of_sync(*remote, replica.log.end(), lag_max, ctx);
    (leaves ? leaving : staying).push_back(node);
  }
  if (leaving.empty()) return;
  const std::uint32_t ticket = ++broker.replicas.alter.tickets;
  leader.isr = PendingShrink{committed, leaving, ticket};
  propose(broker, replica, leader, staying, ticket, leaving.front(), ctx);
}

// R4.12, success. An answer that metadata has overtaken is ignored (R4.13).
void commit_change(Broker& broker, Replica& replica, Leader& leader,
                   const AlterPartitionResult& result, Context& ctx) {
  if (result.leader_epoch != leader.epoch) return;
  if (result.partition_epoch < replica.partition_epoch) return;
  replica.partition_epoch = result.partition_epoch;
  leader.isr = CommittedIsr{result.isr};
  if (!ctx.behaviour().hw_follows_isr_change) return;  // KAFKA-13091: the next write will
  if (raise_high_watermark(broker, replica, ctx)) high_watermark_rose(broker, replica, ctx);
}

// R4.12, failure: one of three reactions (Kafka 1eb76443 Partition.scala
// handleAlterPartitionError).
void reject_change(Broker& broker, Replica& replica, Leader& leader, const AlterEntry& entry,
                   ErrorCode error, Context& ctx) {
  ctx.note({.kind = FactKind::kIsrRejected,
            .node = broker.self,
            .partition = replica.partition,
            .a = static_cast<std::int64_t>(error)});
  switch (error) {
    case ErrorCode::kIneligibleReplica:
      leader.isr = CommittedIsr{ReplicaList(committed_isr(leader.isr))};
      return;
    case ErrorCode::kUnknownTopicOrPartition:
    case ErrorCode::kFencedLeaderEpoch:
    case ErrorCode::kInvalidUpdateVersion:
    case ErrorCode::kInvalidRequest:
    case ErrorCode::kNewLeaderElected:
      return;  // pending until metadata says what became of the partition
    default:
      broker.replicas.alter.entries.push_back(entry);
      replica.alter_queued = true;
      return;
  }
}

void settle(Broker& broker, const AlterEntry& entry, const AlterPartitionResult& result,
            Context& ctx) {
  Replica* replica = broker.replicas.find(entry.part.partition);
  SIM_CHECK(replica != nullptr);
  replica->alter_queued = false;
  Leader* leader = std::get_if<Leader>(&replica->role);
  if (leader == nullptr || ticket_of(leader->isr) != entry.ticket) return;
  if (result.error == ErrorCode::kNone) {
    commit_change(broker, *replica, *leader, result, ctx);
  } else {
    reject_change(broker, *replica, *leader, entry, result.error, ctx);
  }
}

// The isr-expiration task, from that replica on. The first partition to shrink is on its way before
// the next is looked at; the others travel together behind its answer (R4.8; Kafka 1eb76443
// AlterPartitionManager.scala submit). Up to 2.6 the task itself waits at a partition whose lock is
// held, be it by its own write, and looks at no other (2.4.1 ReplicaManager.scala maybeShrinkIsr).
void expire_from(Broker& broker, std::size_t first, Context& ctx) {
  const Duration lag_max = config_of(broker, ctx).replica_lag_time_max;
  std::vector<Replica>& replicas = broker.replicas.replicas;
  for (std::size_t i = first; i < replicas.size(); ++i) {
    if (Leader* leader = std::get_if<Leader>(&replicas[i].role)) {
      shrink_isr(broker, replicas[i], *leader, lag_max, ctx);
    }
    if (!is_locked(replicas[i], ctx)) continue;
    broker.replicas.alter.expiring = i;
    return;
  }
}

// Writes have ended: the task goes on, then what has waited for their locks.
void locks_released(Broker& broker, Context& ctx) {
  std::optional<std::size_t>& expiring = broker.replicas.alter.expiring;
  if (expiring && !is_locked(broker.replicas.replicas[*expiring], ctx)) {
    expire_from(broker, *std::exchange(expiring, std::nullopt) + 1, ctx);
  }
  serve_locked_out(broker, ctx);
}

void back_off(Broker& broker, Duration delay, Context& ctx) {
  broker.replicas.alter.in_flight = 0;
  broker.replicas.alter.backing_off = true;
  ctx.arm(BrokerTimers::fixed(BrokerTimer::kAlterPartition), ctx.now() + delay);
}

}  // namespace

std::uint32_t maximal_isr_size(const Leader& leader, const Context& ctx) {
  const std::uint32_t committed = committed_isr(leader.isr).size();
  if (!ctx.behaviour().maximal_isr || ctx.mutant(Mutant::kHwIgnoresMaximalIsr)) return committed;
  return committed + (std::holds_alternative<PendingExpand>(leader.isr) ? 1 : 0);
}

bool is_caught_up(const RemoteReplica& remote, Offset leader_end, Instant now, Duration lag_max) {
  return remote.leo == leader_end || now - remote.caught_up_at <= lag_max;
}

// R4.6 (Kafka 1eb76443 Partition.scala isReplicaIsrEligible).
bool is_isr_eligible(const Broker& broker, const RemoteReplica& remote, const Context& ctx) {
  const BrokerRegistration& known =
      broker.image.brokers[ctx.composition().broker_index(remote.node)];
  if (ctx.behaviour().ineligible_replica_check && (known.fenced || known.in_controlled_shutdown)) {
    return false;
  }
  if (!ctx.behaviour().fetch_carries_broker_epoch) return true;
  if (!remote.epoch_seen) return false;
  return remote.broker_epoch == kNoBrokerEpoch || remote.broker_epoch == known.epoch;
}

// R4.5 (Kafka 1eb76443 Partition.scala maybeExpandIsr, isFollowerInSync).
void maybe_expand_isr(Broker& broker, Replica& replica, const RemoteReplica& remote, Context& ctx) {
  Leader& leader = std::get<Leader>(replica.role);
  if (in_maximal_isr(leader, remote.node, ctx) || !may_propose(replica, leader, ctx)) return;
  if (!is_isr_eligible(broker, remote, ctx)) return;
  if (!ctx.mutant(Mutant::kExpandAtAnyOffset)) {
    if (remote.leo < replica.log.high_watermark()) return;
    // A new leader's high watermark may be behind what was committed before it, so the start of its
    // epoch is a bound as well (KAFKA-7128).
    if (ctx.behaviour().join_isr_needs_epoch_start && !ctx.mutant(Mutant::kExpandBelowEpochStart) &&
        remote.leo < leader.epoch_start) {
      return;
    }
  }
  const ReplicaList committed = committed_isr(leader.isr);
  ReplicaList isr = committed;
  isr.push_back(remote.node);
  const std::uint32_t ticket = ++broker.replicas.alter.tickets;
  leader.isr = PendingExpand{committed, remote.node, ticket};
  propose(broker, replica, leader, isr, ticket, remote.node, ctx);
}

void shrink_isrs(Broker& broker, Context& ctx) {
  if (ctx.mutant(Mutant::kNeverShrink)) return;
  if (broker.replicas.alter.expiring) return;  // there is one task, and it still waits
  expire_from(broker, 0, ctx);
}

void send_alter_partition(Broker& broker, Context& ctx) {
  AlterQueue& queue = broker.replicas.alter;
  if (queue.held || queue.in_flight > 0 || queue.backing_off || queue.entries.empty()) return;
  queue.in_flight = static_cast<std::uint32_t>(queue.entries.size());
  AlterPartitionRequest request;
  request.correlation = ++queue.correlation;
  request.broker_epoch = broker.lifecycle.epoch;
  request.parts = ctx.pools().alter_parts.make(queue.in_flight);
  const std::span<AlterPartitionPart> parts = ctx.pools().alter_parts.get(request.parts);
  for (std::uint32_t i = 0; i < queue.in_flight; ++i) parts[i] = queue.entries[i].part;
  ctx.send(ctx.composition().controller, request);
  ctx.arm(BrokerTimers::fixed(BrokerTimer::kAlterPartition), ctx.now() + patience(broker, ctx));
}

void on_alter_partition(Broker& broker, const AlterPartitionResponse& response, Context& ctx) {
  AlterQueue& queue = broker.replicas.alter;
  if (queue.in_flight == 0 || response.correlation != queue.correlation) return;
  // The whole request failed: the same entries go again, with the broker epoch of then (R4.9).
  if (response.error != ErrorCode::kNone) return back_off(broker, kResendDelay, ctx);

  ctx.disarm(BrokerTimers::fixed(BrokerTimer::kAlterPartition));
  queue.settling.assign(queue.entries.begin(), queue.entries.begin() + queue.in_flight);
  queue.entries.erase(queue.entries.begin(), queue.entries.begin() + queue.in_flight);
  queue.in_flight = 0;
  queue.held = true;
  const std::span<const AlterPartitionResult> results =
      std::as_const(ctx.pools().alter_results).get(response.parts);
  for (const AlterEntry& entry : queue.settling) {
    const auto result = std::find_if(results.begin(), results.end(), [&](const auto& r) {
      return r.partition == entry.part.partition;
    });
    SIM_CHECK(result != results.end());
    settle(broker, entry, *result, ctx);
  }
  queue.held = false;
  send_alter_partition(broker, ctx);
  if (!ctx.behaviour().isr_through_controller) locks_released(broker, ctx);
}

void alter_partition_disconnected(Broker& broker, Context& ctx) {
  if (broker.replicas.alter.in_flight > 0) back_off(broker, kRediscoverDelay, ctx);
}

void alter_partition_due(Broker& broker, Context& ctx) {
  AlterQueue& queue = broker.replicas.alter;
  if (queue.backing_off) {
    queue.backing_off = false;
    send_alter_partition(broker, ctx);
  } else if (queue.in_flight > 0) {
    ctx.close(ctx.composition().controller, Channel::kAlterPartition);
    back_off(broker, kRediscoverDelay, ctx);
  }
}

}  // namespace ackident
