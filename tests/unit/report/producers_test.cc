// What is told of a producer that has waited in send().
#include <doctest/doctest.h>

#include "fixture.h"

namespace ackident {

using namespace report_test;

TEST_CASE("the time in send() ends with the process") {
  const Scenario scenario = make_scenario();
  Feed feed(scenario);
  feed.at(seconds(10)).fact(FactKind::kSendBlocked, kP1, kNoNode, 1);
  feed.at(seconds(12)).fact(FactKind::kSendBlocked, kP1, kNoNode, 0);
  SUBCASE("released") {
    const RunResult result = feed.finish(seconds(60));
    CHECK(result.producers[0].send_blocked == 1);
    CHECK(result.producers[0].send_blocked_total == seconds(2));
  }
  SUBCASE("killed while it waits") {
    feed.at(seconds(20)).fact(FactKind::kSendBlocked, kP1, kNoNode, 1);
    feed.at(seconds(25)).fact(FactKind::kKilled, kP1, kNoNode);
    feed.at(seconds(40)).fact(FactKind::kStarted, kP1, kNoNode);
    feed.at(seconds(41)).fact(FactKind::kSendBlocked, kP1, kNoNode, 1);
    const RunResult result = feed.finish(seconds(60));
    CHECK(result.producers[0].send_blocked == 3);
    CHECK(result.producers[0].send_blocked_total == seconds(2 + 5 + 19));
  }
}

}  // namespace ackident
