#include <doctest/doctest.h>

#include "fixture.h"

using namespace ackident;
using namespace ackident::controller_test;

TEST_CASE("With ZooKeeper decisions are pushed at once (R9.1)") {
  ControllerDriver driver(compose(204, 3, {{1, 2, 3}}));
  driver.deliver_at(at_ms(10), NodeId(2), MetadataFetchRequest{Correlation(1), driver.log.end()});
  driver.deliver_at(at_ms(100), kNoNode, AlterTopicConfigCommand());
  CHECK(driver.last_to(2).at == at_ms(100));
  CHECK(driver.controller.committed == driver.log.end());
}

TEST_CASE("With ZooKeeper a second life waits for the end of the first session in all versions") {
  for (const int version : {10, 100, 208}) {
    ControllerDriver driver(compose(version, 3, {{1, 2, 3}}));
    driver.register_broker(at_ms(3'000), 1, 1);
    CHECK(std::get<BrokerRegistrationResponse>(driver.last_to(1).payload).error ==
          ErrorCode::kDuplicateBrokerRegistration);
    driver.heartbeat(at_ms(4'000), 1, true);  // the first life had said good-bye
    driver.register_broker(at_ms(4'100), 1, 1);
    CHECK(std::get<BrokerRegistrationResponse>(driver.last_to(1).payload).error ==
          ErrorCode::kNone);
  }
}

TEST_CASE("A ZooKeeper session lasts its own time; its end sends the broker back to register") {
  Composition composition = compose(204, 3, {{1, 2, 3}});
  composition.controller_config.zookeeper_session_timeout = ms(6'000);
  ControllerDriver driver(composition);
  for (int i = 1; i <= 3; ++i) {
    driver.heartbeat(at_ms(2'000 * i), 2);
    driver.heartbeat(at_ms(2'000 * i), 3);
  }
  driver.advance(at_ms(6'500));
  CHECK(driver.time_of(FactKind::kBrokerFenced, 1) == at_ms(6'000));
  CHECK(driver.leader(0) == 2);
  driver.heartbeat(at_ms(7'000), 1);
  CHECK(std::get<BrokerHeartbeatResponse>(driver.last_to(1).payload).error ==
        ErrorCode::kStaleBrokerEpoch);
  driver.register_broker(at_ms(7'100), 1, 0);  // the same process, a new session
  CHECK_FALSE(driver.registration(1).fenced);
  CHECK(driver.facts_of(FactKind::kBrokerUnfenced).size() == 1);
  CHECK(driver.leader(0) == 2);
}

TEST_CASE("Up to 2.6 the leader writes the ISR itself: only the version counts (R9.2)") {
  ControllerDriver driver(compose(206, 3, {{1, 2, 3}}));
  const AlterPartitionPart shrink = driver.proposal(0, {1, 2});
  const AlterPartitionResult first = driver.alter(at_ms(100), 1, shrink);
  CHECK(first.error == ErrorCode::kNone);
  CHECK(driver.last_to(1).at == at_ms(100));
  CHECK(first.leader_epoch == LeaderEpoch(0));  // R4.11 is a rule of KRaft
  // Sent again because the answer was lost, it is found there; anything else is refused.
  const AlterPartitionResult again = driver.alter(at_ms(200), 1, shrink);
  CHECK(again.error == ErrorCode::kNone);
  CHECK(again.partition_epoch == first.partition_epoch);
  AlterPartitionPart other = driver.proposal(0, {1, 3});
  other.partition_epoch = shrink.partition_epoch;
  CHECK(driver.alter(at_ms(300), 1, other).error == ErrorCode::kInvalidUpdateVersion);
}

TEST_CASE("The controller's own shrink raises the leader epoch with ZooKeeper") {
  ControllerDriver driver(compose(204, 3, {{1, 2, 3}}));
  driver.heartbeat(at_ms(100), 3, true);  // the session is closed
  CHECK(driver.registration(3).fenced);
  CHECK(driver.isr(0) == std::vector<int>{1, 2});
  CHECK(driver.leader(0) == 1);
  CHECK(driver.partition(0).leader_epoch == LeaderEpoch(1));
}

TEST_CASE("With ZooKeeper a leader with successors may go at once") {
  ControllerDriver driver(compose(208, 3, {{1, 2, 3}, {2, 1, 3}}));
  driver.heartbeat(at_ms(1'000), 1, false, true);
  CHECK(std::get<BrokerHeartbeatResponse>(driver.last_to(1).payload).should_shutdown);
  CHECK(driver.leader(0) == 2);
  CHECK(driver.isr(1) == std::vector<int>{2, 3});
}

TEST_CASE("With ZooKeeper a leader without a successor leads on while it shuts down") {
  ControllerDriver driver(compose(208, 2, {{1, 2}, {1}}));
  driver.alter(at_ms(100), 1, driver.proposal(0, {1}));
  driver.heartbeat(at_ms(1'000), 1, false, true);
  CHECK_FALSE(std::get<BrokerHeartbeatResponse>(driver.last_to(1).payload).should_shutdown);
  CHECK(driver.leader(0) == 1);
  CHECK(driver.leader(1) == 1);

  SUBCASE("it gives up and closes its session") {
    driver.heartbeat(at_ms(16'000), 1, true);
    CHECK(driver.registration(1).fenced);
    CHECK(driver.leader(0) == -1);
    CHECK(driver.isr(0) == std::vector<int>{1});
    CHECK(driver.leader(1) == -1);
  }
  SUBCASE("a successor is back in time; a partition of one replica is not waited for") {
    driver.alter(at_ms(3'000), 1, driver.proposal(0, {1, 2}));
    driver.heartbeat(at_ms(6'000), 1, false, true);
    CHECK(std::get<BrokerHeartbeatResponse>(driver.last_to(1).payload).should_shutdown);
    CHECK(driver.leader(0) == 2);
    CHECK(driver.isr(0) == std::vector<int>{2});
  }
}
