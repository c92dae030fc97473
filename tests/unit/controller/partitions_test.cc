#include <doctest/doctest.h>

#include "fixture.h"

using namespace ackident;
using namespace ackident::controller_test;

namespace {

// Fences by silence: all brokers but those named speak every second until `to`.
void silence_until(ControllerDriver& driver, Instant to, std::vector<std::uint16_t> silent) {
  for (Instant at = driver.now + ms(1'000); at <= to; at = at + ms(1'000)) {
    for (std::uint16_t broker = 1; broker <= driver.composition.broker_count; ++broker) {
      const bool speaks = std::find(silent.begin(), silent.end(), broker) == silent.end();
      if (speaks && !driver.registration(broker).fenced) driver.heartbeat(at, broker);
    }
  }
  driver.advance(to);
}

// The process of `broker` starts again and is unfenced at `at`.
void bring_back(ControllerDriver& driver, Instant at, std::uint16_t broker, std::uint32_t life) {
  driver.register_broker(at, broker, life);
  driver.heartbeat(at + ms(1), broker);
  REQUIRE_FALSE(driver.registration(broker).fenced);
}

}  // namespace

TEST_CASE("E10: two brokers expire together") {
  // The case numbers brokers 0 to 4; here each is one higher.
  ControllerDriver driver(compose(309, 5, {{2, 3, 4}, {3, 4, 5}, {1, 3, 2}}));
  silence_until(driver, at_ms(9'000), {3, 4});
  CHECK(driver.isr(0) == std::vector<int>{2});
  CHECK(driver.leader(0) == 2);
  CHECK(driver.isr(1) == std::vector<int>{5});
  CHECK(driver.leader(1) == 5);
  CHECK(driver.isr(2) == std::vector<int>{1, 2});
  CHECK(driver.leader(2) == 1);
  silence_until(driver, at_ms(20'000), {2, 3, 4});
  CHECK(driver.leader(0) == -1);
  CHECK(driver.isr(0) == std::vector<int>{2});
  CHECK(driver.leader(1) == 5);
  CHECK(driver.leader(2) == 1);
  CHECK(driver.isr(2) == std::vector<int>{1});
}

TEST_CASE("V6 without ELR, C01: only the last ISR member can lead again") {
  ControllerDriver driver(compose(309, 3, {{1, 2, 3}}));
  silence_until(driver, at_ms(10'000), {3});
  CHECK(driver.isr(0) == std::vector<int>{1, 2});
  silence_until(driver, at_ms(20'000), {2, 3});
  CHECK(driver.isr(0) == std::vector<int>{1});
  silence_until(driver, at_ms(30'000), {1, 2, 3});
  CHECK(driver.isr(0) == std::vector<int>{1});
  CHECK(driver.leader(0) == -1);
  bring_back(driver, at_ms(31'000), 2, 1);
  CHECK(driver.leader(0) == -1);
  bring_back(driver, at_ms(32'000), 1, 1);
  CHECK(driver.leader(0) == 1);
  CHECK(driver.isr(0) == std::vector<int>{1});
  CHECK_FALSE(driver.partition(0).recovering);
}

TEST_CASE("D11, A13: each bounce of a sole replica raises the leader epoch by two") {
  ControllerDriver driver(compose(309, 1, {{1}}));
  for (std::uint32_t bounce = 1; bounce <= 2; ++bounce) {
    driver.heartbeat(driver.now + ms(100), 1, false, true);
    CHECK(driver.leader(0) == -1);
    driver.heartbeat(driver.now + ms(100), 1, false, true);
    REQUIRE(driver.registration(1).fenced);
    bring_back(driver, driver.now + ms(1'000), 1, bounce);
    CHECK(driver.leader(0) == 1);
    CHECK(driver.partition(0).leader_epoch == LeaderEpoch(static_cast<std::int32_t>(2 * bounce)));
  }
}

TEST_CASE("V8: the ISR is free of a crashed follower one session after its last contact") {
  ControllerDriver driver(compose(309, 3, {{1, 2, 3}}));
  driver.heartbeat(at_ms(2'000), 3);
  const Instant crash = at_ms(3'200);
  for (int i = 1; i <= 6; ++i) {
    driver.heartbeat(at_ms(2'000 * i + 1), 1);
    driver.heartbeat(at_ms(2'000 * i + 2), 2);
  }
  CHECK(driver.time_of(FactKind::kBrokerFenced, 3) == crash + ms(7'800));
  const std::vector<Fact> changes = driver.facts_of(FactKind::kIsrChanged);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].peer == NodeId(3));
  CHECK(changes[0].a == 2);
  CHECK(changes[0].b == 3);
  CHECK(driver.facts_of(FactKind::kLeaderElected).empty());
}

TEST_CASE("The unclean setting is obeyed when the last ISR member is fenced, from 3.9 on (R5.35)") {
  for (const int version : {308, 309}) {
    Composition composition = compose(version, 3, {{1, 2, 3}});
    composition.topics[0].config.unclean_leader_election = true;
    ControllerDriver driver(composition);
    driver.alter(at_ms(1'000), 1, driver.proposal(0, {1}));
    silence_until(driver, at_ms(12'000), {1});
    CHECK(driver.leader(0) == (version == 308 ? -1 : 2));
    if (version == 308) continue;
    CHECK(driver.isr(0) == std::vector<int>{2});
    CHECK(driver.partition(0).recovering);
    const Fact elected = driver.facts_of(FactKind::kLeaderElected).back();
    CHECK(elected.peer == NodeId(2));
    CHECK(elected.b == 1);
    CHECK(elected.c == 2);
  }
}

TEST_CASE("kUncleanByDefault elects outside the ISR although the setting is off") {
  Composition composition = compose(309, 3, {{1, 2, 3}});
  composition.mutants.set(static_cast<std::size_t>(Mutant::kUncleanByDefault));
  ControllerDriver driver(composition);
  driver.alter(at_ms(1'000), 1, driver.proposal(0, {1}));
  silence_until(driver, at_ms(12'000), {1});
  CHECK(driver.leader(0) == 2);
}

TEST_CASE("C03: a changed setting waits for the sweep in KRaft, not with ZooKeeper (R9.6)") {
  for (const int version : {309, 208, 201}) {
    ControllerDriver driver(compose(version, 2, {{1, 2}}));
    driver.alter(at_ms(1'000), 1, driver.proposal(0, {1}));
    silence_until(driver, at_ms(30'000), {1});
    REQUIRE(driver.leader(0) == -1);
    AlterTopicConfigCommand command;
    command.config.unclean_leader_election = true;
    driver.deliver_at(at_ms(30'500), kNoNode, command);
    CHECK(driver.leader(0) == (version == 309 ? -1 : 2));
    CHECK(driver.facts_of(FactKind::kTopicConfigChanged).back().c == 1);
    // R5.35: 300 s after b1 was fenced, at 9 s.
    silence_until(driver, at_ms(308'500), {1});
    CHECK(driver.leader(0) == (version == 309 ? -1 : 2));
    silence_until(driver, at_ms(309'500), {1});
    CHECK(driver.leader(0) == 2);
  }
}

TEST_CASE("C03: before 2.1 a changed setting waits for a broker to come or go (KAFKA-6835)") {
  for (const bool comes : {true, false}) {
    ControllerDriver driver(compose(200, 3, {{1, 2}}));
    driver.alter(at_ms(1'000), 1, driver.proposal(0, {1}));
    const std::vector<std::uint16_t> silent =
        comes ? std::vector<std::uint16_t>{1, 3} : std::vector<std::uint16_t>{1};
    silence_until(driver, at_ms(30'000), silent);
    REQUIRE(driver.leader(0) == -1);
    AlterTopicConfigCommand command;
    command.config.unclean_leader_election = true;
    driver.deliver_at(at_ms(30'500), kNoNode, command);
    silence_until(driver, at_ms(340'000), silent);
    CHECK(driver.leader(0) == -1);
    // b3 holds no replica.
    if (comes) driver.register_broker(at_ms(341'000), 3, 1);
    if (!comes) silence_until(driver, at_ms(370'000), {1, 3});
    CHECK(driver.leader(0) == 2);
  }
}

TEST_CASE("C07: the operator's unclean election takes the first live replica") {
  ControllerDriver driver(compose(308, 3, {{1, 2, 3}}));
  driver.alter(at_ms(1'000), 1, driver.proposal(0, {1}));
  ElectLeadersCommand command;
  command.kind = ElectionKind::kUnclean;
  driver.deliver_at(at_ms(2'000), kNoNode, command);
  CHECK(driver.leader(0) == 1);  // not needed while there is a leader
  silence_until(driver, at_ms(12'000), {1});
  driver.deliver_at(at_ms(12'500), kNoNode, command);
  CHECK(driver.leader(0) == 2);
  CHECK(driver.isr(0) == std::vector<int>{2});
  CHECK(driver.partition(0).recovering);
  // Its first AlterPartition reports it recovered.
  driver.alter(at_ms(12'600), 2, driver.proposal(0, {2, 3}));
  CHECK_FALSE(driver.partition(0).recovering);
}

TEST_CASE("A preferred election is recorded as such") {
  ControllerDriver driver(compose(309, 3, {{1, 2, 3}}));
  silence_until(driver, at_ms(9'000), {1});
  driver.heartbeat(at_ms(9'500), 1);
  REQUIRE(driver.leader(0) == 2);
  driver.alter(at_ms(10'000), 2, driver.proposal(0, {2, 3, 1}));
  driver.deliver_at(at_ms(11'000), kNoNode, ElectLeadersCommand());
  CHECK(driver.leader(0) == 1);
  CHECK(driver.partition(0).leader_epoch == LeaderEpoch(2));
  CHECK(driver.facts_of(FactKind::kLeaderElected).back().c == 1);
}

TEST_CASE("Up to 3.9 leaders move back 300 s after an imbalance appears, later again (R5.38)") {
  ControllerDriver driver(compose(309, 3, {{1, 2, 3}}));
  CHECK(driver.controller.imbalanced == 0);
  silence_until(driver, at_ms(9'000), {1});
  CHECK(driver.controller.imbalanced == 1);
  driver.heartbeat(at_ms(9'500), 1);
  driver.alter(at_ms(10'000), 2, driver.proposal(0, {2, 3, 1}));
  silence_until(driver, at_ms(308'500), {});
  CHECK(driver.leader(0) == 2);
  silence_until(driver, at_ms(309'500), {});
  CHECK(driver.leader(0) == 1);
  CHECK(driver.controller.imbalanced == 0);
}

TEST_CASE("KAFKA-13682: the controllers of 3.0 and 3.1 leave leaders where they are") {
  for (const int version : {301, 302}) {
    ControllerDriver driver(compose(version, 3, {{1, 2, 3}}));
    silence_until(driver, at_ms(9'000), {1});
    driver.heartbeat(at_ms(9'500), 1);
    driver.alter(at_ms(10'000), 2, driver.proposal(0, {2, 3, 1}));
    silence_until(driver, at_ms(700'000), {});
    CHECK(driver.leader(0) == (version == 301 ? 2 : 1));
  }
}

TEST_CASE("auto.leader.rebalance.enable off leaves leaders where they are") {
  Composition composition = compose(309, 3, {{1, 2, 3}});
  composition.controller_config.auto_leader_rebalance = false;
  ControllerDriver driver(composition);
  silence_until(driver, at_ms(9'000), {1});
  driver.heartbeat(at_ms(9'500), 1);
  driver.alter(at_ms(10'000), 2, driver.proposal(0, {2, 3, 1}));
  silence_until(driver, at_ms(700'000), {});
  CHECK(driver.leader(0) == 2);
}

TEST_CASE("Records are committed after the linger, and observers wait for that (R5.9, R5.12)") {
  ControllerDriver driver(compose(309, 3, {{1, 2, 3}}));
  const MetadataOffset end = driver.log.end();
  driver.deliver_at(at_ms(10), NodeId(2), MetadataFetchRequest{Correlation(1), MetadataOffset()});
  CHECK(driver.last_to(2).at == at_ms(10));
  CHECK(std::get<MetadataFetchResponse>(driver.last_to(2).payload).high_watermark == end);
  driver.deliver_at(at_ms(20), NodeId(2), MetadataFetchRequest{Correlation(2), end});
  driver.deliver_at(at_ms(100), kNoNode, AlterTopicConfigCommand());
  driver.deliver_at(at_ms(110), kNoNode, AlterTopicConfigCommand());
  driver.advance(at_ms(124));
  CHECK(driver.last_to(2).at == at_ms(10));
  driver.advance(at_ms(125));  // 25 ms after the first record of the batch
  CHECK(driver.last_to(2).at == at_ms(125));
  CHECK(std::get<MetadataFetchResponse>(driver.last_to(2).payload).high_watermark == end + 2);
  driver.deliver_at(at_ms(130), NodeId(2), MetadataFetchRequest{Correlation(3), end + 2});
  driver.advance(at_ms(630));
  CHECK(driver.last_to(2).at == at_ms(630));
  CHECK(std::get<MetadataFetchResponse>(driver.last_to(2).payload).correlation == Correlation(3));
}

TEST_CASE("An answer that read what is not committed waits for it; a broken connection drops it") {
  ControllerDriver driver(compose(309, 3, {{1, 2, 3}}));
  driver.deliver_at(at_ms(100), kNoNode, AlterTopicConfigCommand());
  driver.heartbeat(at_ms(110), 2);
  driver.heartbeat(at_ms(111), 3);
  CHECK(driver.sent.empty());
  driver.deliver_at(at_ms(112), NodeId(3),
                    Disconnected{Channel::kLifecycle, DisconnectReason::kReset, false});
  driver.advance(at_ms(125));
  REQUIRE(driver.sent.size() == 1);
  CHECK(driver.last_to(2).at == at_ms(125));
}
