#include "kafka/controller/alter_partition.h"

#include <doctest/doctest.h>

#include "fixture.h"

using namespace ackident;
using namespace ackident::controller_test;

namespace {

Composition three(int version = 309) { return compose(version, 4, {{1, 2, 3}}); }

Composition with(Mutant mutant) {
  Composition composition = three();
  composition.mutants.set(static_cast<std::size_t>(mutant));
  return composition;
}

ErrorCode verdict(const ControllerDriver& driver, std::uint16_t from,
                  const AlterPartitionPart& part) {
  return validate_alter_partition(driver.controller, NodeId(from), part, driver.composition);
}

// Broker 2 goes silent and is fenced; the others stay.
void fence_2(ControllerDriver& driver) {
  for (int i = 1; i <= 9; ++i) {
    for (const std::uint16_t broker : {1, 3, 4}) driver.heartbeat(at_ms(1'000 * i), broker);
  }
  driver.advance(at_ms(9'100));
  REQUIRE(driver.registration(2).fenced);
}

}  // namespace

TEST_CASE("The checks of AlterPartition come in Kafka's order (R4.10)") {
  ControllerDriver driver(three());
  driver.alter(at_ms(100), 1, driver.proposal(0, {1, 2}));
  const AlterPartitionPart good = driver.proposal(0, {1, 2, 3});
  CHECK(verdict(driver, 1, good) == ErrorCode::kNone);

  AlterPartitionPart unknown = good;
  unknown.partition = PartitionId(9);
  CHECK(verdict(driver, 1, unknown) == ErrorCode::kUnknownTopicOrPartition);
  AlterPartitionPart newer = good;
  newer.leader_epoch = LeaderEpoch(1);
  CHECK(verdict(driver, 1, newer) == ErrorCode::kNotController);
  newer = good;
  ++newer.partition_epoch;
  CHECK(verdict(driver, 2, newer) == ErrorCode::kNotController);  // before rule 5
  AlterPartitionPart older = good;
  older.partition_epoch = older.partition_epoch - 1;
  CHECK(verdict(driver, 2, older) == ErrorCode::kInvalidRequest);  // rule 5 before rule 6
  CHECK(verdict(driver, 1, older) == ErrorCode::kInvalidUpdateVersion);
  older.leader_epoch = older.leader_epoch - 1;
  CHECK(verdict(driver, 2, older) == ErrorCode::kFencedLeaderEpoch);  // rule 4 before rule 5

  CHECK(verdict(driver, 1, driver.proposal(0, {2, 3})) == ErrorCode::kInvalidRequest);
  CHECK(verdict(driver, 1, driver.proposal(0, {1, 4})) == ErrorCode::kInvalidRequest);
  CHECK(verdict(driver, 1, driver.proposal(0, {1, 1})) == ErrorCode::kInvalidRequest);
  AlterPartitionPart earlier_life = good;
  earlier_life.isr[2].epoch = BrokerEpoch(99);
  CHECK(verdict(driver, 1, earlier_life) == ErrorCode::kIneligibleReplica);
  earlier_life.isr[2].epoch = kNoBrokerEpoch;  // not known: not checked
  CHECK(verdict(driver, 1, earlier_life) == ErrorCode::kNone);
}

TEST_CASE("A stale broker epoch refuses the whole request, at once (R4.10 rule 1)") {
  ControllerDriver driver(three());
  AlterPartitionRequest request;
  request.broker_epoch = BrokerEpoch(50);
  driver.deliver_at(at_ms(100), NodeId(1), request);
  CHECK(driver.last_to(1).at == at_ms(100));
  CHECK(std::get<AlterPartitionResponse>(driver.last_to(1).payload).error ==
        ErrorCode::kStaleBrokerEpoch);
}

TEST_CASE("An accepted change raises the partition epoch alone and is answered after the commit") {
  ControllerDriver driver(three());
  const AlterPartitionResult result = driver.alter(at_ms(100), 1, driver.proposal(0, {1, 2}));
  CHECK(driver.last_to(1).at == at_ms(125));
  CHECK(result.error == ErrorCode::kNone);
  CHECK(result.partition_epoch == PartitionEpoch(1));
  CHECK(result.leader_epoch == LeaderEpoch(0));
  CHECK(result.isr.size() == 2);
  const std::vector<Fact> changes = driver.facts_of(FactKind::kIsrChanged);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].peer == NodeId(3));
  CHECK(driver.pools.alter_results.live() == 0);
}

TEST_CASE("Each member that leaves in one decision is a fact of its own") {
  ControllerDriver driver(three());
  driver.alter(at_ms(100), 1, driver.proposal(0, {1}));
  const std::vector<Fact> changes = driver.facts_of(FactKind::kIsrChanged);
  REQUIRE(changes.size() == 2);
  for (const int i : {0, 1}) {
    CHECK(changes[i].peer == NodeId(2 + i));
    CHECK(changes[i].a == 2 - i);
    CHECK(changes[i].b == 3 - i);
    CHECK(changes[i].c == 1);
  }
}

TEST_CASE("V14: a request that crosses with a fencing") {
  SUBCASE("the fenced broker was not in the ISR: no new record, so eligibility decides") {
    ControllerDriver driver(three());
    driver.alter(at_ms(100), 1, driver.proposal(0, {1}));
    const AlterPartitionPart expand = driver.proposal(0, {1, 2});
    fence_2(driver);
    CHECK(driver.partition(0).partition_epoch == expand.partition_epoch);
    CHECK(driver.alter(at_ms(9'200), 1, expand).error == ErrorCode::kIneligibleReplica);
    CHECK(driver.isr(0) == std::vector<int>{1});
  }
  SUBCASE("it was in the ISR: the partition epoch has moved") {
    ControllerDriver driver(three());
    const AlterPartitionPart shrink = driver.proposal(0, {1, 2});
    fence_2(driver);
    CHECK(driver.alter(at_ms(9'200), 1, shrink).error == ErrorCode::kInvalidUpdateVersion);
    CHECK(driver.isr(0) == std::vector<int>{1, 3});
  }
}

TEST_CASE("Mutants of AlterPartition let in what the guards keep out") {
  ControllerDriver stale(with(Mutant::kSkipPartitionEpochCheck));
  const AlterPartitionPart shrink = stale.proposal(0, {1, 3});
  fence_2(stale);
  CHECK(stale.alter(at_ms(9'200), 1, shrink).error == ErrorCode::kNone);
  ControllerDriver ineligible(with(Mutant::kSkipIneligibleCheck));
  fence_2(ineligible);
  const auto expand = ineligible.proposal(0, {1, 2, 3});
  CHECK(ineligible.alter(at_ms(9'200), 1, expand).error == ErrorCode::kNone);
}

TEST_CASE("Before 3.3 a fenced member is accepted (KIP-841)") {
  ControllerDriver driver(three(302));
  fence_2(driver);
  CHECK(driver.alter(at_ms(9'200), 1, driver.proposal(0, {1, 2, 3})).error == ErrorCode::kNone);
}

TEST_CASE("Before 3.6 a shrink raises the leader epoch too, an expansion does not (R4.11)") {
  ControllerDriver driver(three(305));
  driver.alter(at_ms(100), 1, driver.proposal(0, {1, 2}));
  CHECK(driver.partition(0).leader_epoch == LeaderEpoch(1));
  driver.alter(at_ms(200), 1, driver.proposal(0, {1, 2, 3}));
  CHECK(driver.partition(0).leader_epoch == LeaderEpoch(1));
}

TEST_CASE("A controller that stops gives back the lists of answers it never sent") {
  ControllerDriver driver(three());
  AlterPartitionRequest request;
  request.broker_epoch = driver.registration(1).epoch;
  request.parts = driver.pools.alter_parts.make(1);
  driver.pools.alter_parts.get(request.parts)[0] = driver.proposal(0, {1, 2});
  driver.deliver_at(at_ms(100), NodeId(1), request);
  CHECK(driver.pools.alter_results.live() == 1);
  driver.stop_at(at_ms(110));
  CHECK(driver.pools.alter_results.live() == 0);
  driver.start_at(at_ms(200), false);
  CHECK(driver.isr(0) == std::vector<int>{1, 2});
}
