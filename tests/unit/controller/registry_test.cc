#include <doctest/doctest.h>

#include "fixture.h"

using namespace ackident;
using namespace ackident::controller_test;

namespace {

const Lists kOneOfThree = {{1, 2, 3}};

ErrorCode registration_error(const ControllerDriver& driver, std::uint16_t broker) {
  return std::get<BrokerRegistrationResponse>(driver.last_to(broker).payload).error;
}

Composition with(Mutant mutant) {
  Composition composition = compose(309, 3, kOneOfThree);
  composition.mutants.set(static_cast<std::size_t>(mutant));
  return composition;
}

}  // namespace

TEST_CASE("A formed cluster starts registered, unfenced and led by its preferred replicas") {
  ControllerDriver driver(compose(309, 3, {{1, 2, 3}, {2, 3}}));
  CHECK(driver.registration(2).epoch == BrokerEpoch(1));
  CHECK_FALSE(driver.registration(2).fenced);
  CHECK(driver.leader(1) == 2);
  CHECK(driver.partition(1).leader_epoch == LeaderEpoch(0));
  CHECK(driver.controller.committed == driver.log.end());
  CHECK(driver.log.end() == MetadataOffset(3 + 1 + 2));
  CHECK(driver.facts.empty());
}

TEST_CASE("V5: up to 3.9 a broker is fenced exactly one session after its last contact") {
  ControllerDriver driver(compose(309, 3, kOneOfThree));
  driver.heartbeat(at_ms(500), 3);
  for (int i = 1; i <= 6; ++i) {
    driver.heartbeat(at_ms(2'000 * i), 1);
    driver.heartbeat(at_ms(2'000 * i + 100), 2);
  }
  CHECK(driver.time_of(FactKind::kBrokerFenced, 3) == at_ms(9'500));
  CHECK(driver.isr(0) == std::vector<int>{1, 2});
  CHECK(driver.time_of(FactKind::kBrokerFenced, 1) == kNever);
  CHECK(driver.leader(0) == 1);
}

TEST_CASE("V5: from 4.0 on fencing waits for the next periodic check") {
  ControllerDriver driver(compose(400, 3, kOneOfThree));
  const Duration phase = driver.timers.at(1) - Instant();
  CHECK(phase < ms(1'125));
  for (int i = 0; i <= 6; ++i) driver.heartbeat(at_ms(2'000 * i + 1), 1);
  // Broker 2 and 3 have been silent since the start: two checks, 10 ms apart.
  Instant check = Instant() + phase;
  while (check <= at_ms(9'000)) check = check + ms(1'125);
  driver.advance(at_ms(12'500));
  const Instant second = driver.time_of(FactKind::kBrokerFenced, 2);
  const Instant third = driver.time_of(FactKind::kBrokerFenced, 3);
  CHECK(std::min(second, third) == check);
  CHECK(std::max(second, third) == check + ms(10));
}

TEST_CASE("A session that ends at the very instant of a periodic check outlives it (R5.24)") {
  ControllerDriver driver(compose(400, 3, kOneOfThree));
  const Instant tick = driver.timers.at(1) + ms(1'125) * 9;
  for (Instant at = tick - ms(9'000); at < tick + ms(2'000); at = at + ms(1'000)) {
    driver.heartbeat(at, 1);
    driver.heartbeat(at, 2);
    if (at == tick - ms(9'000)) driver.heartbeat(at, 3);
  }
  driver.advance(tick + ms(2'000));
  CHECK(driver.time_of(FactKind::kBrokerFenced, 3) == tick + ms(1'125));
}

TEST_CASE("The broker fenced last stays in the ISR; up to 3.9 that is the one heard of last") {
  ControllerDriver driver(compose(309, 3, kOneOfThree));
  driver.heartbeat(at_ms(100), 2);
  driver.heartbeat(at_ms(200), 3);
  driver.heartbeat(at_ms(300), 1);
  driver.advance(at_ms(20'000));
  CHECK(driver.time_of(FactKind::kBrokerFenced, 2) == at_ms(9'100));
  CHECK(driver.time_of(FactKind::kBrokerFenced, 1) == at_ms(9'300));
  CHECK(driver.isr(0) == std::vector<int>{1});
  CHECK(driver.leader(0) == -1);
}

TEST_CASE("Which of several expired sessions ends first is drawn from 4.0 on (R5.24)") {
  bool left[4] = {};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    ControllerDriver driver(compose(400, 3, kOneOfThree), seed);
    driver.heartbeat(at_ms(1), 2);
    driver.advance(at_ms(12'000));
    REQUIRE(driver.isr(0).size() == 1);
    left[driver.isr(0)[0]] = true;
  }
  CHECK(left[1]);
  CHECK(left[3]);
}

TEST_CASE("kNeverFence keeps silent brokers; kFencedStaysInIsr keeps them in the ISR") {
  ControllerDriver never(with(Mutant::kNeverFence));
  never.advance(at_ms(60'000));
  CHECK(never.facts_of(FactKind::kBrokerFenced).empty());
  ControllerDriver stays(with(Mutant::kFencedStaysInIsr));
  for (int i = 1; i < 8; ++i) {
    stays.heartbeat(at_ms(1'500 * i), 2);
    stays.heartbeat(at_ms(1'500 * i + 1), 3);
  }
  CHECK(stays.leader(0) == 2);
  CHECK(stays.isr(0) == std::vector<int>{1, 2, 3});
}

TEST_CASE("V15: a new incarnation waits for the end of the old session") {
  ControllerDriver driver(compose(309, 3, kOneOfThree));
  driver.heartbeat(at_ms(1'000), 2);
  driver.register_broker(at_ms(5'000), 2, 1);
  CHECK(driver.now == at_ms(5'000));  // refused at once, without the linger
  CHECK(registration_error(driver, 2) == ErrorCode::kDuplicateBrokerRegistration);
  driver.register_broker(at_ms(9'999), 2, 1);
  CHECK(registration_error(driver, 2) == ErrorCode::kDuplicateBrokerRegistration);
  CHECK_FALSE(driver.registration(2).fenced);
  driver.register_broker(at_ms(10'001), 2, 1);
  CHECK(driver.time_of(FactKind::kBrokerFenced, 2) == at_ms(10'000));
  driver.advance(at_ms(10'030));
  CHECK(registration_error(driver, 2) == ErrorCode::kNone);
  CHECK(driver.last_to(2).at == at_ms(10'025));  // R5.24 at 10.000, its batch closes 25 ms later
  CHECK(driver.registration(2).fenced);
  CHECK(driver.registration(2).incarnation == Incarnation(1));
}

TEST_CASE("kRegisterDuringSession lets the second incarnation in") {
  ControllerDriver driver(with(Mutant::kRegisterDuringSession));
  driver.register_broker(at_ms(1'000), 2, 1);
  driver.advance(at_ms(1'025));
  CHECK(registration_error(driver, 2) == ErrorCode::kNone);
}

TEST_CASE("The broker epoch is the offset of the registration record (R5.18)") {
  ControllerDriver driver(compose(309, 3, kOneOfThree));
  driver.heartbeat(at_ms(0), 2, false, true);  // leads nothing: may go at once, fenced
  const MetadataOffset offset = driver.log.end();
  driver.register_broker(at_ms(100), 2, 1);
  CHECK(driver.registration(2).epoch.value() == offset.value());
  // The answer was lost and the broker asks again: nothing new.
  driver.register_broker(at_ms(200), 2, 1);
  CHECK(driver.registration(2).epoch.value() == offset.value());
  CHECK(driver.log.end() == offset + 1);
  CHECK(driver.facts_of(FactKind::kBrokerRegistered).size() == 1);
}

TEST_CASE("After a clean stop 3.9 lets the next incarnation in at once, 4.0 after the session") {
  for (const int version : {309, 400}) {
    ControllerDriver driver(compose(version, 3, kOneOfThree));
    driver.heartbeat(at_ms(1'000), 2, false, true);
    driver.advance(at_ms(1'025));
    CHECK(std::get<BrokerHeartbeatResponse>(driver.last_to(2).payload).should_shutdown);
    driver.register_broker(at_ms(3'000), 2, 1);
    driver.advance(at_ms(3'025));
    const ErrorCode expected =
        version == 309 ? ErrorCode::kNone : ErrorCode::kDuplicateBrokerRegistration;
    CHECK(registration_error(driver, 2) == expected);
    driver.register_broker(at_ms(10'001), 2, 1);
    driver.advance(at_ms(10'030));
    CHECK(registration_error(driver, 2) == ErrorCode::kNone);
  }
}

TEST_CASE("From 4.0 on a registration before the periodic check acts as the fencing (R5.47)") {
  ControllerDriver driver(compose(400, 3, kOneOfThree));
  const Duration phase = driver.timers.at(1) - Instant();
  Instant check = Instant() + phase;
  while (check <= at_ms(9'000)) check = check + ms(1'125);
  for (int i = 1; i <= 4; ++i) {
    driver.heartbeat(at_ms(2'000 * i), 2);
    driver.heartbeat(at_ms(2'000 * i), 3);
  }
  REQUIRE(check > at_ms(9'000));
  driver.register_broker(at_ms(9'000), 1, 1);  // the session is valid up to its very end
  CHECK(registration_error(driver, 1) == ErrorCode::kDuplicateBrokerRegistration);
  driver.register_broker(Instant(9'000'000'001), 1, 1);
  CHECK(driver.time_of(FactKind::kBrokerFenced, 1) == Instant(9'000'000'001));
  CHECK(driver.leader(0) == 2);
  CHECK(driver.isr(0) == std::vector<int>{2, 3});
}

TEST_CASE("A fenced broker is unfenced once it has applied its registration (R5.25)") {
  ControllerDriver driver(compose(309, 3, kOneOfThree));
  driver.heartbeat(at_ms(0), 2, false, true);
  driver.register_broker(at_ms(100), 2, 1);
  BrokerHeartbeatRequest behind;
  behind.epoch = driver.registration(2).epoch;
  behind.metadata_offset = MetadataOffset(behind.epoch.value());  // its record is not applied yet
  driver.deliver_at(at_ms(200), NodeId(2), behind);
  CHECK(driver.registration(2).fenced);
  driver.heartbeat(at_ms(300), 2, true);  // caught up, but its logs are still loading
  CHECK(driver.registration(2).fenced);
  driver.advance(at_ms(330));
  CHECK(std::get<BrokerHeartbeatResponse>(driver.last_to(2).payload).caught_up);
  driver.heartbeat(at_ms(400), 2);
  CHECK_FALSE(driver.registration(2).fenced);
  driver.advance(at_ms(500));
  CHECK_FALSE(std::get<BrokerHeartbeatResponse>(driver.last_to(2).payload).fenced);
  CHECK(driver.last_to(2).at == at_ms(425));  // R6.1 step 6: answered after the commit
}

TEST_CASE("KAFKA-13959: up to 3.2 a broker is unfenced once it has all that is committed (R5.25)") {
  for (const int version : {302, 303}) {
    ControllerDriver driver(compose(version, 3, {{1, 2, 3}}));
    driver.heartbeat(at_ms(0), 2, false, true);
    driver.register_broker(at_ms(100), 2, 1);
    driver.advance(at_ms(200));
    BrokerHeartbeatRequest behind;
    behind.epoch = driver.registration(2).epoch;
    behind.metadata_offset = driver.controller.committed;
    driver.deliver_at(at_ms(300), kNoNode, AlterTopicConfigCommand());
    driver.advance(at_ms(400));
    driver.deliver_at(at_ms(500), NodeId(2), behind);
    CHECK(driver.registration(2).fenced == (version == 302));
    driver.heartbeat(at_ms(600), 2);
    CHECK_FALSE(driver.registration(2).fenced);
  }
}

TEST_CASE("kUnfenceBeforeCaughtUp unfences at registration") {
  ControllerDriver driver(with(Mutant::kUnfenceBeforeCaughtUp));
  driver.heartbeat(at_ms(0), 2, false, true);
  driver.register_broker(at_ms(100), 2, 1);
  CHECK_FALSE(driver.registration(2).fenced);
}

TEST_CASE("A heartbeat with another broker epoch is refused and keeps no session (R5.23)") {
  ControllerDriver driver(compose(309, 3, kOneOfThree));
  BrokerHeartbeatRequest stale;
  stale.epoch = BrokerEpoch(77);
  driver.deliver_at(at_ms(5'000), NodeId(2), stale);
  CHECK(std::get<BrokerHeartbeatResponse>(driver.last_to(2).payload).error ==
        ErrorCode::kStaleBrokerEpoch);
  driver.advance(at_ms(9'000));
  CHECK(driver.registration(2).fenced);
}

TEST_CASE("A heartbeat that changes nothing is answered at once and writes nothing") {
  ControllerDriver driver(compose(309, 3, kOneOfThree));
  const MetadataOffset end = driver.log.end();
  driver.heartbeat(at_ms(1'000), 2);
  CHECK(driver.last_to(2).at == at_ms(1'000));
  CHECK(driver.log.end() == end);
}

TEST_CASE("A new life of the controller gives every unfenced broker a fresh session (R5.20)") {
  ControllerDriver driver(compose(309, 3, kOneOfThree));
  driver.heartbeat(at_ms(0), 3, false, true);
  const MetadataImage before = driver.controller.image;
  driver.stop_at(at_ms(5'000));
  driver.start_at(at_ms(8'000), false);
  CHECK(driver.controller.image.partitions == before.partitions);
  CHECK(driver.controller.image.brokers == before.brokers);
  for (int i = 0; i < 6; ++i) driver.heartbeat(at_ms(8'100 + 2'000 * i), 1);
  CHECK(driver.time_of(FactKind::kBrokerFenced, 2) == at_ms(17'000));
}

TEST_CASE("Controlled shutdown moves leaders, then waits until the others know (R5.39)") {
  ControllerDriver driver(compose(309, 3, kOneOfThree));
  driver.heartbeat(at_ms(1'000), 2);
  driver.heartbeat(at_ms(1'000), 3);
  driver.heartbeat(at_ms(2'000), 1, false, true);
  CHECK(driver.time_of(FactKind::kControlledShutdown, 1) == at_ms(2'000));
  CHECK(driver.leader(0) == 2);
  CHECK(driver.isr(0) == std::vector<int>{2, 3});
  driver.heartbeat(at_ms(2'050), 1, false, true);
  driver.advance(at_ms(2'100));
  CHECK_FALSE(std::get<BrokerHeartbeatResponse>(driver.last_to(1).payload).should_shutdown);
  CHECK_FALSE(driver.registration(1).fenced);
  driver.heartbeat(at_ms(3'000), 2);
  driver.heartbeat(at_ms(3'000), 3);
  driver.heartbeat(at_ms(4'050), 1, false, true);
  driver.advance(at_ms(4'100));
  CHECK(std::get<BrokerHeartbeatResponse>(driver.last_to(1).payload).should_shutdown);
  CHECK(driver.registration(1).fenced);
}

TEST_CASE("The controlled shutdown of a sole ISR member leaves the partition leaderless (R5.29)") {
  ControllerDriver driver(compose(309, 1, {{1}}));
  driver.heartbeat(at_ms(1'000), 1, false, true);
  CHECK(driver.leader(0) == -1);
  CHECK(driver.isr(0) == std::vector<int>{1});
}

TEST_CASE("Heartbeats decide by the table of R5.26") {
  HeartbeatView view;
  view.current = BrokerControl::kFenced;
  CHECK(next_control(view) == BrokerControl::kFenced);
  view.caught_up = true;
  CHECK(next_control(view) == BrokerControl::kUnfenced);
  view.want_fence = true;
  CHECK(next_control(view) == BrokerControl::kFenced);
  view.want_shutdown = true;
  CHECK(next_control(view) == BrokerControl::kShutdownNow);
  view.current = BrokerControl::kUnfenced;
  CHECK(next_control(view) == BrokerControl::kShutdownNow);
  view.want_shutdown = false;
  CHECK(next_control(view) == BrokerControl::kFenced);
  view.want_fence = false;
  view.want_shutdown = true;
  view.has_leaderships = true;
  CHECK(next_control(view) == BrokerControl::kControlledShutdown);
  view.current = BrokerControl::kControlledShutdown;
  view.has_leaderships = false;
  CHECK(next_control(view) == BrokerControl::kControlledShutdown);
  view.others_know = true;
  CHECK(next_control(view) == BrokerControl::kShutdownNow);
}
