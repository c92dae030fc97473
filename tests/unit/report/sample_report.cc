// Prints the report of a run that was made by hand, for the test of its schema.
#include <cstdio>

#include "drive/expect.h"
#include "fixture.h"
#include "report/json.h"

using namespace ackident;
using namespace ackident::report_test;

int main() {
  Scenario scenario = make_scenario();
  scenario.cases = {"A01"};
  scenario.warnings = {"a warning"};
  Expectation lost;
  lost.name = "lost";
  lost.bound.max = 0;
  scenario.expect = {lost};
  Feed feed(scenario);
  feed.at(seconds(1)).fact(FactKind::kRecordsSent, kP1, kNoNode, 0, 0, 10);
  feed.at(seconds(2)).fact(FactKind::kAcked, kP1, kNoNode, 0, 0, 10);
  feed.fact(FactKind::kRetried, kP1, kNoNode, 0, 6, 1);
  feed.fact(FactKind::kHighWatermark, kB1, kNoNode, 0, 10);
  feed.at(seconds(3)).fact(FactKind::kKilled, kB1, kNoNode);
  feed.same_event(FactKind::kFaultFired, kNoNode, kNoNode, 0, 1);
  feed.at(seconds(4)).fact(FactKind::kPartitionChanged, kController, kB2, 1, 1, 2);
  feed.at(seconds(5)).fact(FactKind::kBecameLeader, kB2, kNoNode, 0, 0, 1);
  RunResult result = feed.finish(seconds(10));
  result.faults.resize(1);
  result.faults[0].bit = true;
  result.faults[0].times = {Instant() + seconds(3)};
  result.totals.lost = 2;
  result.lost.resize(2);
  result.lost[0].partition = kOrders;
  result.lost[0].offset = Offset(1);
  result.lost[1].producer = kP1;
  result.violations.resize(1);
  result.violations[0].invariant = "I3 NoAckedRecordLost";
  judge(scenario, result);
  std::fputs(report_json(scenario, result).c_str(), stdout);
}
