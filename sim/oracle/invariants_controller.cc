// Invariants of what the controller decides, and of what leaders ask of it.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "oracle/invariants.h"

namespace ackident {
namespace {

// A decision of the step in hand. One step may decide on a partition several times, when it fences
// one broker after the other; the world shows the last.
const PartitionRegistration& decided(const World& world, PartitionId partition, PartitionEpoch at) {
  const MetadataLog& log = world.metadata_log();
  for (MetadataOffset offset = log.end(); offset.value() > 0;) {
    offset = MetadataOffset(offset.value() - 1);
    const auto* record = std::get_if<PartitionRecord>(&log.at(offset));
    if (record == nullptr || record->partition != partition) continue;
    if (record->state.partition_epoch == at) return record->state;
  }
  return world.partition(partition);
}

}  // namespace

// Leader epochs never go back and rise with each election, the ISR is a non-empty subset of the
// replicas, and the leader is in it (I4, I6).
// (mutants: SkipPartitionEpochCheck, NoLeaderEpochBump, EmptyIsr, ElectStranger, UncleanKeepsIsr)
void Invariants::partition_changed(const World& world, const ShadowPartition& partition,
                                   const Where& where, PartitionEpoch epoch) {
  const PartitionRegistration& now = decided(world, where.partition, epoch);
  PartitionChangeSeen& seen = partitions_[where.partition.value()];
  const PartitionRegistration before = std::exchange(seen.now, now);
  seen.before = before;
  Where strict = where;
  strict.permitted = false;
  if (now.leader_epoch < before.leader_epoch) {
    report("I4 EpochsNeverDecrease", strict,
           fmt::format("leader epoch {} after {}", now.leader_epoch.value(),
                       before.leader_epoch.value()));
  }
  if (now.leader != before.leader && now.leader_epoch == before.leader_epoch) {
    report("I4 ElectionBumpsEpoch", strict,
           fmt::format("the leader changed within leader epoch {}", now.leader_epoch.value()));
  }
  if (now.isr.empty()) report("I6 IsrNotEmpty", strict, "the ISR is empty");
  for (const NodeId member : now.isr) {
    if (!now.replicas.contains(member)) report("I6 IsrSubsetOfReplicas", strict, "a stranger");
  }
  if (now.leader != kNoNode && !now.isr.contains(now.leader)) {
    report("I6 LeaderInIsr", strict, "the leader is not in the ISR");
  }
  members_joined(world, partition, where, before, now);
}

// Kafka's own gap, as forgot_proposal() says: here the proposal that the controller accepts is
// still on its leader's list, and was made in the state that the controller knew.
bool Invariants::proposed_and_forgot(const World& world, const PartitionRegistration& before,
                                     const PartitionRegistration& now, NodeId member,
                                     const Where& where) {
  if (now.leader == kNoNode || now.leader != before.leader) return false;
  if (!forgot_proposal(world, now.leader, member, where.partition)) return false;
  const std::vector<AlterEntry>& entries = world.broker(now.leader).replicas.alter.entries;
  return std::any_of(entries.begin(), entries.end(), [&](const AlterEntry& entry) {
    return entry.part.partition == where.partition &&
           entry.part.partition_epoch == before.partition_epoch;
  });
}

// Who joins an ISR holds everything committed (R4.5), and is not fenced (R4.10).
// (mutants: ExpandAtAnyOffset, ExpandBelowEpochStart, SkipPartitionEpochCheck, SkipIneligibleCheck)
void Invariants::members_joined(const World& world, const ShadowPartition& partition,
                                const Where& where, const PartitionRegistration& before,
                                const PartitionRegistration& now) {
  const Composition& composition = world.composition();
  for (const NodeId member : now.isr) {
    if (before.isr.contains(member) || member == now.leader) continue;
    Where at = where;
    at.node = member;
    const ShadowLog* log = partition.log_of(member);
    if (log != nullptr && log->end < partition.committed.end) {
      at.permitted = at.permitted || proposed_and_forgot(world, before, now, member, where);
      report("I2 JoinerHoldsCommitted", at,
             fmt::format("joins the ISR with log end {} and {} committed", log->end.value(),
                         partition.committed.end.value()));
    }
    const MetadataImage& image = world.controller().image;
    if (composition.behaviour.ineligible_replica_check &&
        image.brokers[composition.broker_index(member)].fenced) {
      at.permitted = false;
      report("I7 JoinerNotFenced", at, "joins the ISR and is fenced");
    }
  }
}

// A clean leader is the first replica in the order of assignment that is in the ISR and alive
// (R5.31); an unclean one needs the topic's permission (R5.35) or an operator.
// (mutants: ElectOutsideIsr, ElectLongestLog, UncleanByDefault)
void Invariants::leader_elected(const World& world, const Where& where, const Fact& fact) {
  const Composition& composition = world.composition();
  const MetadataImage& image = world.controller().image;
  const PartitionChangeSeen& seen = partitions_[where.partition.value()];
  Where strict = where;
  strict.permitted = false;
  strict.node = fact.peer;
  if (fact.b != 0) {
    const TopicId topic = composition.topic_of[where.partition.value()];
    const bool allowed = composition.behaviour.unclean_config_honoured &&
                         image.topics[topic.value()].unclean_leader_election;
    if (!allowed) unclean_ = strict;
    return;
  }
  if (!seen.before.isr.contains(fact.peer)) {
    report("I4 CleanLeaderFromIsr", strict, "elected cleanly from outside the ISR");
  }
  for (const NodeId replica : seen.now.replicas) {
    if (replica == fact.peer) return;
    const BrokerRegistration& broker = image.brokers[composition.broker_index(replica)];
    if (!seen.now.isr.contains(replica) || !is_active(broker)) continue;
    report("FirstInListLeads", strict, "elected over an earlier replica that could lead");
    return;
  }
}

// An operator's command acts within the step of its fault, which says so at the end of that step.
void Invariants::unclean_election_explained(const Where& where, const Fact& fact) {
  const Where election = std::exchange(unclean_, Where{});
  if (where.event == election.event) {
    if (fact.kind != FactKind::kFaultFired) unclean_ = election;  // the step is not over
    return;
  }
  report("UncleanElectionAllowed", election, "an unclean election that nobody allowed");
}

// At most one change of a partition's ISR is under way (R4.1).  (mutant: AlterPartitionTwice)
void Invariants::isr_proposed(const World& world, ShadowPartition& partition, const Where& where) {
  const ReplicaManager& replicas = world.broker(where.node).replicas;
  const Replica* replica = replicas.find(where.partition);
  ShadowLog* log = partition.log_of(where.node);
  if (replica != nullptr && log != nullptr) partition_epoch_rises(*replica, *log, where);
  leavers_lag(world, where);
  const AlterQueue& queue = replicas.alter;
  const auto count = std::count_if(
      queue.entries.begin(), queue.entries.end(),
      [&](const AlterEntry& entry) { return entry.part.partition == where.partition; });
  if (count <= 1) return;
  Where strict = where;
  strict.permitted = false;
  report("OneIsrChangeInFlight", strict, fmt::format("{} proposals at once", count));
}

// Who is to leave the ISR has not caught up with the leader for replica.lag.time.max.ms: how far
// behind it is does not matter (R4.4, T8); from 2.1 on who is not behind stays.
// (mutant: ShrinkByOffset)
void Invariants::leavers_lag(const World& world, const Where& where) {
  const Replica* replica = world.broker(where.node).replicas.find(where.partition);
  if (replica == nullptr || !std::holds_alternative<Leader>(replica->role)) return;
  const Leader& leader = std::get<Leader>(replica->role);
  const auto* shrink = std::get_if<PendingShrink>(&leader.isr);
  if (shrink == nullptr) return;
  const Composition& composition = world.composition();
  const Duration lag_max =
      composition.brokers[composition.broker_index(where.node)].replica_lag_time_max;
  for (const RemoteReplica& remote : leader.remotes) {
    if (!shrink->leaving.contains(remote.node)) continue;
    const bool lacks = remote.leo != replica->log.end() || !composition.behaviour.end_keeps_in_isr;
    if (lacks && where.at - remote.caught_up_at > lag_max) continue;
    Where strict = where;
    strict.permitted = false;
    strict.node = remote.node;
    report("LeaverHasLagged", strict, "is to leave the ISR, and was caught up lately");
  }
}

// While the session of a broker's former life lasts, its new life cannot register (R5.19); a fenced
// one keeps nobody out before 4.0.  (mutant: RegisterDuringSession)
void Invariants::broker_registered(const World& world, const Where& where, NodeId broker) {
  const Composition& composition = world.composition();
  const Behaviour& behaviour = composition.behaviour;
  if (!behaviour.kraft) return;
  const FormerLife former = std::exchange(former_[composition.broker_index(broker)], FormerLife());
  if (!former.unfenced && !behaviour.session_blocks_fenced_too) return;
  if (where.at - former.contact > composition.controller_config.session_timeout) return;
  Where at = where;
  at.node = broker;
  report("SessionKeepsOthersOut", at, "registers while the session of its former life lasts");
}

// A broker is unfenced once it has said that it replayed its own registration (R5.26; Kafka
// 1eb76443 BrokerHeartbeatManager.java calculateNextBrokerState), and while it lives that is true.
// A heartbeat that it sent before it died still counts; with ZooKeeper there is no fenced start.
// (mutant: UnfenceBeforeCaughtUp)
void Invariants::broker_unfenced(const World& world, const Where& where, NodeId broker) {
  const Composition& composition = world.composition();
  if (!composition.behaviour.kraft || where.at == Instant()) return;
  const std::uint16_t index = composition.broker_index(broker);
  const BrokerRegistration& known = world.controller().image.brokers[index];
  const std::int64_t told = world.controller().registry.sessions[index].observed.value();
  const Broker& node = world.broker(broker);
  const bool lives = world.up(broker) && node.lifecycle.incarnation == known.incarnation;
  const std::int64_t replayed = lives ? std::min(told, node.image.end.value()) : told;
  if (replayed > known.epoch.value()) return;
  Where at = where;
  at.node = broker;
  report("UnfencedHasCaughtUp", at, "unfenced before it replayed its own registration");
}

// No fenced broker stays in an ISR with others (I7).  (mutant: FencedStaysInIsr)
void Invariants::broker_fenced(const World& world, const Where& where, NodeId broker) {
  const MetadataImage& image = world.controller().image;
  former_[world.composition().broker_index(broker)].unfenced = false;
  if (!image.brokers[world.composition().broker_index(broker)].fenced) return;
  for (std::uint32_t p = 0; p < image.partitions.size(); ++p) {
    const ReplicaList& isr = image.partitions[p].isr;
    if (isr.size() < 2 || !isr.contains(broker)) continue;
    Where at = where;
    at.partition = PartitionId(p);
    at.node = broker;
    report("I7 FencedNotInIsr", at, "fenced, and in an ISR of several");
  }
}

}  // namespace ackident
