#include "kafka/controller/election.h"

#include <doctest/doctest.h>

using namespace ackident;

namespace {

ReplicaList nodes(std::initializer_list<std::uint16_t> ids) {
  ReplicaList list;
  for (const std::uint16_t id : ids) list.push_back(NodeId(id));
  return list;
}

PartitionRegistration partition(std::uint16_t leader, ReplicaList isr) {
  PartitionRegistration registration;
  registration.replicas = nodes({1, 2, 3});
  registration.isr = isr;
  registration.leader = NodeId(leader);
  registration.leader_epoch = LeaderEpoch(4);
  registration.partition_epoch = PartitionEpoch(7);
  return registration;
}

Composition modern() {
  Composition composition;
  composition.behaviour = behaviour_of(KafkaVersion{309});
  return composition;
}

Composition with(Mutant mutant) {
  Composition composition = modern();
  composition.mutants.set(static_cast<std::size_t>(mutant));
  return composition;
}

}  // namespace

TEST_CASE("A leader that may stay keeps its epoch when the ISR shrinks (R5.31 step 2, R4.11)") {
  const auto change = change_partition(partition(2, nodes({2, 1, 3})), nodes({2, 1}), nodes({1, 2}),
                                       ElectionMode::kOnline, modern());
  REQUIRE(change);
  CHECK(change->state.leader == NodeId(2));
  CHECK(change->state.leader_epoch == LeaderEpoch(4));
  CHECK(change->state.partition_epoch == PartitionEpoch(8));
  CHECK(change->state.isr == nodes({2, 1}));
}

TEST_CASE("Before 3.6 a shrink of the ISR raises the leader epoch, an equal ISR does not (R5.33)") {
  Composition old = modern();
  old.behaviour = behaviour_of(KafkaVersion{305});
  const PartitionRegistration before = partition(1, nodes({1, 2}));
  const auto shrink =
      change_partition(before, nodes({1}), nodes({1, 2, 3}), ElectionMode::kOnline, old);
  REQUIRE(shrink);
  CHECK(shrink->state.leader_epoch == LeaderEpoch(5));
  CHECK_FALSE(change_partition(before, before.isr, nodes({1, 2, 3}), ElectionMode::kOnline, old));
}

TEST_CASE(
    "The first valid replica of the assignment is elected, not the first of the ISR (R5.31)") {
  const PartitionRegistration before = partition(1, nodes({1, 3, 2}));
  const auto change =
      change_partition(before, nodes({3, 2}), nodes({2, 3}), ElectionMode::kOnline, modern());
  REQUIRE(change);
  CHECK(change->state.leader == NodeId(2));
  CHECK(change->state.leader_epoch == LeaderEpoch(5));
  CHECK(change->state.partition_epoch == PartitionEpoch(8));
  CHECK_FALSE(change->unclean);
  const auto last = change_partition(before, nodes({3, 2}), nodes({2, 3}), ElectionMode::kOnline,
                                     with(Mutant::kElectLongestLog));
  CHECK(last->state.leader == NodeId(3));
  const auto flat = change_partition(before, nodes({3, 2}), nodes({2, 3}), ElectionMode::kOnline,
                                     with(Mutant::kNoLeaderEpochBump));
  CHECK(flat->state.leader_epoch == LeaderEpoch(4));
}

TEST_CASE("An emptied ISR is not written: its last member stays (R5.30)") {
  const PartitionRegistration before = partition(1, nodes({1}));
  const auto change =
      change_partition(before, ReplicaList(), nodes({2, 3}), ElectionMode::kOnline, modern());
  REQUIRE(change);
  CHECK(change->state.leader == kNoNode);
  CHECK(change->state.leader_epoch == LeaderEpoch(5));
  CHECK(change->state.isr == nodes({1}));
  const auto emptied = change_partition(before, ReplicaList(), nodes({2, 3}), ElectionMode::kOnline,
                                        with(Mutant::kEmptyIsr));
  CHECK(emptied->state.isr.empty());
  const auto outside = change_partition(before, ReplicaList(), nodes({2, 3}), ElectionMode::kOnline,
                                        with(Mutant::kElectOutsideIsr));
  CHECK(outside->state.leader == NodeId(2));
  CHECK_FALSE(outside->unclean);
}

TEST_CASE("An unclean election takes the first live replica, alone in its ISR (C07)") {
  const auto change = change_partition(partition(kNoNode.value(), nodes({1})), nodes({1}),
                                       nodes({2, 3}), ElectionMode::kUnclean, modern());
  REQUIRE(change);
  CHECK(change->unclean);
  CHECK(change->state.leader == NodeId(2));
  CHECK(change->state.isr == nodes({2}));
  CHECK(change->state.recovering);
}

TEST_CASE("A member of the ISR goes before any other live replica (R5.36)") {
  const auto change = change_partition(partition(kNoNode.value(), nodes({3})), nodes({3}),
                                       nodes({2, 3}), ElectionMode::kUnclean, modern());
  REQUIRE(change);
  CHECK(change->state.leader == NodeId(3));
  CHECK_FALSE(change->unclean);
  CHECK_FALSE(change->state.recovering);
}

TEST_CASE("A preferred election needs the preferred replica in the ISR (R5.38)") {
  const PartitionRegistration out = partition(2, nodes({2, 3}));
  CHECK_FALSE(change_partition(out, out.isr, nodes({1, 2, 3}), ElectionMode::kPreferred, modern()));
  const PartitionRegistration in = partition(2, nodes({2, 3, 1}));
  CHECK_FALSE(change_partition(in, in.isr, nodes({2, 3}), ElectionMode::kPreferred, modern()));
  const auto change =
      change_partition(in, in.isr, nodes({1, 2, 3}), ElectionMode::kPreferred, modern());
  REQUIRE(change);
  CHECK(change->state.leader == NodeId(1));
  CHECK(change->state.leader_epoch == LeaderEpoch(5));
}

TEST_CASE("With ZooKeeper a preferred election that fails leaves a leader that is shutting down") {
  Composition zookeeper;
  zookeeper.behaviour = behaviour_of(KafkaVersion{208});
  const PartitionRegistration alone = partition(2, nodes({2}));
  CHECK_FALSE(change_partition(alone, alone.isr, nodes({3}), ElectionMode::kPreferred, zookeeper));
  const auto kraft =
      change_partition(alone, alone.isr, nodes({3}), ElectionMode::kPreferred, modern());
  REQUIRE(kraft);
  CHECK(kraft->state.leader == kNoNode);
}

TEST_CASE("Nobody to elect changes nothing twice") {
  const PartitionRegistration offline = partition(kNoNode.value(), nodes({1}));
  CHECK_FALSE(
      change_partition(offline, offline.isr, nodes({2, 3}), ElectionMode::kOnline, modern()));
  CHECK_FALSE(
      change_partition(offline, offline.isr, ReplicaList(), ElectionMode::kUnclean, modern()));
}
