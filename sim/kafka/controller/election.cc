#include "kafka/controller/election.h"

#include <algorithm>

namespace ackident {

namespace {

struct Election {
  NodeId leader = kNoNode;
  bool unclean = false;
};

// R5.31 step 3. The order is that of the assignment: the controller knows no log's length (R5.37).
NodeId first_valid(const ReplicaList& replicas, const ReplicaList& valid, bool last) {
  NodeId found = kNoNode;
  for (const NodeId replica : replicas) {
    if (!valid.contains(replica)) continue;
    if (found == kNoNode || last) found = replica;
  }
  return found;
}

// R5.31, step by step; step 4 needs ELR, which is not modelled. Kafka 1eb76443
// PartitionChangeBuilder.java electPreferredLeader, electAnyLeader.
Election elect(const PartitionRegistration& before, const ReplicaList& target_isr,
               const ReplicaList& acceptable, ElectionMode mode, const Composition& composition) {
  ReplicaList valid;
  for (const NodeId replica : acceptable) {
    if (composition.mutant(Mutant::kElectOutsideIsr) || target_isr.contains(replica)) {
      valid.push_back(replica);
    }
  }
  const NodeId preferred = before.replicas.front();
  if (mode == ElectionMode::kPreferred && valid.contains(preferred)) return {preferred, false};
  // With ZooKeeper it is the preferred replica or nobody, and then all stays as it was: also a
  // leader that is shutting down (Kafka 2.4.1 Election.scala leaderForPreferredReplica).
  if (mode == ElectionMode::kPreferred && !composition.behaviour.kraft) {
    return {before.leader, false};
  }
  if (valid.contains(before.leader)) return {before.leader, false};
  const NodeId clean =
      first_valid(before.replicas, valid, composition.mutant(Mutant::kElectLongestLog));
  if (clean != kNoNode) return {clean, false};
  if (mode != ElectionMode::kUnclean) return {};
  // Those that are acceptable stand in the order of the assignment.
  return acceptable.empty() ? Election() : Election{acceptable.front(), true};
}

}  // namespace

bool is_shrunk(const ReplicaList& before, const ReplicaList& after) {
  return std::any_of(before.begin(), before.end(),
                     [&after](NodeId member) { return !after.contains(member); });
}

std::optional<PartitionChange> change_partition(const PartitionRegistration& before,
                                                const ReplicaList& target_isr,
                                                const ReplicaList& acceptable, ElectionMode mode,
                                                const Composition& composition) {
  const Election election = elect(before, target_isr, acceptable, mode, composition);
  PartitionChange change;
  change.state = before;
  // Without ELR an emptied ISR is not written: its last member stays, and only it (or an unclean
  // election) can lead again (R5.30, R5.48).
  if (!target_isr.empty() || composition.mutant(Mutant::kEmptyIsr)) change.state.isr = target_isr;

  const bool moved = election.leader != before.leader;
  if (moved) {
    change.state.leader = election.leader;
    change.unclean = election.unclean;
    if (election.unclean) change.state.recovering = true;
    // An unclean leader is alone in its ISR: nobody else is known to have its log (R5.32).
    if (election.leader != kNoNode && !change.state.isr.contains(election.leader) &&
        !composition.mutant(Mutant::kUncleanKeepsIsr)) {
      change.state.isr = {election.leader};
    }
    if (!composition.mutant(Mutant::kNoLeaderEpochBump)) ++change.state.leader_epoch;  // R5.32
  } else if (composition.behaviour.shrink_bumps_leader_epoch &&
             is_shrunk(before.isr, change.state.isr)) {
    ++change.state.leader_epoch;  // R5.33
  }
  if (!moved && change.state.isr == before.isr) return std::nullopt;
  ++change.state.partition_epoch;
  return change;
}

}  // namespace ackident
