#include "kafka/broker/become.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "kafka/broker/broker.h"
#include "kafka/broker/follower.h"
#include "kafka/broker/isr_lock.h"
#include "kafka/broker/leader.h"

namespace ackident {
namespace {

void note_role(FactKind kind, const Replica& replica, NodeId peer, Context& ctx) {
  ctx.note({.kind = kind,
            .node = ctx.self(),
            .peer = peer,
            .partition = replica.partition,
            .a = replica.log.end().value(),
            .b = replica.log.high_watermark().value(),
            .c = leader_epoch(replica).value()});
}

std::uint32_t index_in(const Broker& broker, const Replica& replica) {
  return static_cast<std::uint32_t>(broker.replicas.index_of[replica.partition.value()]);
}

// Fetches that wait for this partition see the new state of things (R3.8).
void complete_fetches(Broker& broker, const std::vector<NodeId>& nodes, Context& ctx) {
  for (const NodeId node : nodes) complete_fetch(broker, node, ctx);
}

// Ends the role the replica has; a leader's parked produces fail (R3.17, R2.14). Returns who waited
// with a fetch: they are answered once the new role is set.
std::vector<NodeId> leave_role(Broker& broker, Replica& replica, Context& ctx) {
  if (std::holds_alternative<Follower>(replica.role)) {
    remove_from_fetcher(broker, index_in(broker, replica), ctx);
  }
  Leader* leader = std::get_if<Leader>(&replica.role);
  if (leader == nullptr) return {};
  if (!ctx.mutant(Mutant::kParkedProduceSurvivesDemotion)) fail_produces(broker, replica, ctx);
  replica.producers.clear();
  return std::exchange(leader->fetch_waiters, {});
}

// R3.14: what a leader of a new epoch knows of the others.
void reset_remotes(Leader& leader, const PartitionRegistration& state, const Replica& replica,
                   bool was_leader, NodeId self, Instant now) {
  const InlineVec<RemoteReplica, kReplicasMax> before = leader.remotes;
  leader.remotes.clear();
  for (const NodeId node : state.replicas) {
    if (node == self) continue;
    RemoteReplica remote;
    remote.node = node;
    remote.caught_up_at = state.isr.contains(node) ? now : kLongAgo;
    if (was_leader) {
      for (const RemoteReplica& known : before) {
        if (known.node != node) continue;
        remote.leo = known.leo;
        remote.high_watermark_sent = known.high_watermark_sent;
        remote.epoch_seen = known.epoch_seen;
        remote.broker_epoch = known.broker_epoch;
      }
      remote.leader_end_at_fetch = replica.log.end();
      remote.fetched_at = remote.caught_up_at;
    }
    leader.remotes.push_back(remote);
  }
}

// A new epoch begins at the log end; nothing is ever cut here (R3.15, T14).
void enter_epoch(Broker& broker, Replica& replica, Leader& leader,
                 const PartitionRegistration& state, bool was_leader, Context& ctx) {
  if (ctx.mutant(Mutant::kNewLeaderTruncates) && !was_leader) {
    truncate_log(replica, replica.log.high_watermark(), ctx);
  }
  leader.epoch = state.leader_epoch;
  leader.epoch_start = replica.log.end();
  replica.log.assign_epoch(state.leader_epoch, replica.log.end());
  reset_remotes(leader, state, replica, was_leader, broker.self, ctx.now());
  if (!was_leader && !ctx.mutant(Mutant::kForgetProducerStateOnFailover)) {
    replica.producers.rebuild(replica.partition, replica.log, ctx.ledger());
  }
}

void make_leader(Broker& broker, Replica& replica, const PartitionRegistration& state,
                 Context& ctx) {
  const bool was_leader = std::holds_alternative<Leader>(replica.role);
  const bool new_epoch = !was_leader || state.leader_epoch > leader_epoch(replica);
  if (!was_leader) {
    leave_role(broker, replica, ctx);
    replica.role = Leader{};
  }
  Leader& leader = std::get<Leader>(replica.role);
  leader.isr = CommittedIsr{state.isr};  // whatever was pending is overtaken (R4.13)
  if (new_epoch) {
    enter_epoch(broker, replica, leader, state, was_leader, ctx);
    note_role(FactKind::kBecameLeader, replica, kNoNode, ctx);
  }
  // With ZooKeeper a leader hears of its own change of the ISR in the answer alone.
  if (!new_epoch && !ctx.behaviour().kraft && !ctx.behaviour().hw_follows_isr_change) return;
  if (!raise_high_watermark(broker, replica, ctx)) return;
  high_watermark_rose(broker, replica, ctx);
  // Being elected again ends no wait by itself. Only if the high watermark rises with it, parked
  // fetches are looked at, and those of the epoch before are fenced (R3.8; Kafka 1eb76443
  // Partition.scala makeLeader, ReplicaManager.scala applyLocalLeadersDelta).
  if (new_epoch) complete_fetches(broker, std::vector<NodeId>(leader.fetch_waiters), ctx);
}

// What is cut before the first fetch, and whether a question comes first (R3.17, R9.4).
Follower::State prepare_to_follow(Replica& replica, bool new_leader, Context& ctx) {
  const Truncation rule = ctx.behaviour().truncation;
  const bool has_epochs = !replica.log.epochs().empty();
  if (rule == Truncation::kHighWatermark ? new_leader : !has_epochs) {
    truncate_log(replica, replica.log.high_watermark(), ctx);
    return Follower::State::kFetching;
  }
  if (ctx.mutant(Mutant::kTruncateToHighWatermark)) {
    truncate_log(replica, replica.log.high_watermark(), ctx);
  }
  const bool asks = rule == Truncation::kKip101 || rule == Truncation::kKip279;
  return asks ? Follower::State::kAskEpoch : Follower::State::kFetching;
}

// A broker in controlled shutdown stops to fetch what it was taken out of the ISR of: R5.39 (Kafka
// 1eb76443 ReplicaManager.scala applyLocalFollowersDelta).
bool is_leaving(const Broker& broker, const PartitionRegistration& state) {
  return broker.lifecycle.state == Lifecycle::State::kShuttingDown &&
         !state.isr.contains(broker.self);
}

// R3.5: before 3.9 a fetch under way counts although its leader has been elected again meanwhile
// (Kafka 1eb76443 AbstractFetcherThread.scala processFetchRequest).
void keep_request(const Follower& former, Follower& follower, const Context& ctx) {
  if (ctx.behaviour().drops_old_fetch_answers) return;
  if (former.state != Follower::State::kFetching || follower.state != former.state) return;
  follower.requested = former.requested;
  follower.requested_offset = former.requested_offset;
  follower.requested_epoch = former.requested_epoch;
}

// Does the fetcher go on as it is? Of the same leader it is restarted only in a new epoch (R3.17),
// up to 1.1 not even then; 2.0 (KIP-279) restarts it if it has missed an epoch in between (Kafka
// 1.1.1 and 2.0.1 Partition.scala makeFollower).
bool goes_on(const Follower& follower, const PartitionRegistration& state, const Context& ctx) {
  if (follower.leader != state.leader) return false;
  if (follower.epoch == state.leader_epoch) return true;
  if (ctx.behaviour().kraft || ctx.behaviour().fence_fetch_by_leader_epoch) return false;
  const Truncation rule = ctx.behaviour().truncation;
  if (rule == Truncation::kHighWatermark || rule == Truncation::kKip101) return true;
  return state.leader_epoch.value() == follower.epoch.value() + 1;
}

void make_follower(Broker& broker, Replica& replica, const PartitionRegistration& state,
                   Context& ctx) {
  Follower* before = std::get_if<Follower>(&replica.role);
  if (before != nullptr && goes_on(*before, state, ctx)) {
    before->epoch = state.leader_epoch;
    if (is_leaving(broker, state)) before->state = Follower::State::kStopped;
    return;
  }
  const bool new_leader = before == nullptr || before->leader != state.leader;
  const Follower former = new_leader ? Follower() : *before;
  const std::vector<NodeId> waiting = leave_role(broker, replica, ctx);
  Follower follower;
  follower.leader = state.leader;
  follower.epoch = state.leader_epoch;
  replica.role = follower;
  const Follower::State first = is_leaving(broker, state)
                                    ? Follower::State::kStopped
                                    : prepare_to_follow(replica, new_leader, ctx);
  std::get<Follower>(replica.role).state = first;
  keep_request(former, std::get<Follower>(replica.role), ctx);
  note_role(FactKind::kBecameFollower, replica, state.leader, ctx);
  add_to_fetcher(broker, index_in(broker, replica), !new_leader, ctx);
  complete_fetches(broker, waiting, ctx);
}

// A leader steps down, a follower stops to fetch; both wait for the next leader (R3.17).
void go_offline(Broker& broker, Replica& replica, LeaderEpoch epoch, Context& ctx) {
  const bool was_offline = std::holds_alternative<Offline>(replica.role);
  const bool new_epoch = leader_epoch(replica) != epoch;
  const std::vector<NodeId> waiting = leave_role(broker, replica, ctx);
  replica.role = Offline{epoch};
  if (!was_offline || new_epoch) note_role(FactKind::kWentOffline, replica, kNoNode, ctx);
  complete_fetches(broker, waiting, ctx);
}

// With ZooKeeper a follower takes no notice of a partition that nobody leads: "nobody" is no live
// broker to follow, so it goes on to ask the leader that it had (Kafka 2.4.1 ReplicaManager.scala
// makeFollowers; the same in 0.10 and in 2.8).
bool follows_on(const Replica& replica, const Context& ctx) {
  return !ctx.behaviour().kraft && std::holds_alternative<Follower>(replica.role);
}

// KAFKA-7482: with ZooKeeper the controller told the new leader and the followers, not the broker
// that is shutting down, which goes on leading until it exits.
bool is_not_told(const Broker& broker, const Replica& replica, const PartitionRegistration& state,
                 const Context& ctx) {
  return !ctx.behaviour().kraft && !ctx.behaviour().shutdown_demotes_leader &&
         broker.lifecycle.state == Lifecycle::State::kShuttingDown &&
         std::holds_alternative<Leader>(replica.role) && state.leader != broker.self;
}

}  // namespace

void apply_partition(Broker& broker, PartitionId partition, const PartitionRegistration& state,
                     Context& ctx) {
  if (!state.replicas.contains(broker.self)) return;
  Replica& replica = host(broker.replicas, partition);
  // R3.13: older is ignored, equal is allowed.
  if (state.partition_epoch < replica.partition_epoch &&
      !ctx.mutant(Mutant::kStaleMetadataAccepted)) {
    return;
  }
  if (is_not_told(broker, replica, state, ctx)) return;
  replica.partition_epoch = state.partition_epoch;
  if (state.leader == broker.self) {
    make_leader(broker, replica, state, ctx);
  } else if (state.leader == kNoNode) {
    if (!follows_on(replica, ctx)) go_offline(broker, replica, state.leader_epoch, ctx);
  } else {
    make_follower(broker, replica, state, ctx);
  }
}

namespace {

// Leaders first, then followers (R5.16; Kafka 1eb76443 ReplicaManager.scala applyDelta).
void act_on(Broker& broker, std::span<const PartitionId> changed, Context& ctx) {
  for (const bool leads : {true, false}) {
    for (const PartitionId partition : changed) {
      const PartitionRegistration& state = broker.image.partitions[partition.value()];
      if ((state.leader == broker.self) == leads) apply_partition(broker, partition, state, ctx);
    }
  }
}

}  // namespace

// What arrives together is acted on as one change: a broker that was away skips what came and went
// meanwhile (R5.16; Kafka 1eb76443 MetadataLoader.java handleCommit, 3.0
// BrokerMetadataListener.scala HandleCommitsEvent). With ZooKeeper each decision is a request of
// its own.
void apply_metadata(Broker& broker, MetadataOffset to, Context& ctx) {
  const bool first = !broker.replicas.published;
  std::vector<PartitionId>& changed = broker.replicas.changed;
  changed.clear();
  while (broker.image.end < to) {
    const MetadataRecord& record = ctx.metadata_log().at(broker.image.end);
    const auto* change = std::get_if<PartitionRecord>(&record);
    if (change != nullptr && is_locked(broker, change->partition, ctx)) {
      metadata_waits_for_lock(broker, ctx);
      break;
    }
    broker.image.apply(record, ctx.composition());
    if (change == nullptr) continue;
    if (first && !ctx.mutant(Mutant::kActOnReplay)) continue;
    if (ctx.behaviour().kraft && !first) {
      changed.push_back(change->partition);
    } else {
      apply_partition(broker, change->partition, change->state, ctx);
    }
  }
  // The first image is acted on as a whole: what happened before this start is history (R6.1).
  if (first) {
    broker.replicas.published = true;
    for (std::uint32_t p = 0; p < broker.image.partitions.size(); ++p) {
      changed.push_back(PartitionId(p));
    }
  }
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  act_on(broker, changed, ctx);
  run_due_fetchers(broker, ctx);
  lifecycle_metadata_applied(broker, ctx);
}

}  // namespace ackident
