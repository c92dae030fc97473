// Lines of the strip chart, exactly; and the report as JSON.
#include "report/strip.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "drive/expect.h"
#include "fixture.h"
#include "report/json.h"
#include "report/lost_ranges.h"
#include "report/summary.h"

using namespace ackident;
using namespace ackident::report_test;

namespace {

void keep(void* context, std::string_view line) {
  static_cast<std::vector<std::string>*>(context)->emplace_back(line);
}

struct Chart {
  Scenario scenario = make_scenario();
  std::vector<std::string> lines;
  StripChart chart{scenario, keep, &lines};

  void fact(Duration at, std::uint64_t event, std::uint64_t cause, const Fact& fact) {
    chart.on_fact(Instant() + at, EventId(event), EventId(cause), fact);
  }
};

}  // namespace

TEST_CASE("acknowledgements become one line, above the transition that ends them") {
  Chart c;
  c.fact(seconds(0), 1, 1, {FactKind::kBecameLeader, kB1, kNoNode, kOrders, 0, 0, 0});
  for (int n = 0; n < 4; ++n) {
    c.fact(seconds(1), 2, 1, {FactKind::kRecordsSent, kP1, kNoNode, kOrders, n, 10 * n, 10});
    c.fact(milliseconds(1'500 + n), 3, 2, {FactKind::kAcked, kP1, kB1, kOrders, n, 10 * n, 10});
  }
  CHECK(c.lines.size() == 2);
  c.fact(seconds(2), 9, 8, {FactKind::kTruncated, kB1, kNoNode, kOrders, 42, 43, 43});
  REQUIRE(c.lines.size() == 4);
  CHECK(c.lines[0] ==
        "       time  node     e r partition    epoch  log(leo)           hw  isr          what"
        "                                         cause");
  CHECK(c.lines[2] ==
        "   1.503000  p1       a P orders/0         -  -                   -  -            "
        "acked m0..m39 (40)                           e2");
  CHECK(c.lines[3] ==
        "   2.000000  b1       % L orders/0         0  0..41(42)           0  [b1,b2,b3]   "
        "truncates 43 -> 42, below its hw             e8");
}

TEST_CASE("errors are told once for each code at each node") {
  Chart c;
  const auto code = static_cast<std::int64_t>(ErrorCode::kNotEnoughReplicas);
  for (std::uint64_t i = 1; i <= 5; ++i) {
    c.fact(seconds(1), i, 0, {FactKind::kRetried, kP1, kNoNode, kOrders, 1, code, 1});
  }
  c.chart.finish(RunResult{});
  REQUIRE(c.lines.size() == 2);
  CHECK(c.lines[1].find("first retry after NOT_ENOUGH_REPLICAS") != std::string::npos);
  CHECK(c.lines[1].find("scenario") != std::string::npos);
}

TEST_CASE("a fault stands above what it does, and says when it ends") {
  Scenario scenario = make_scenario();
  Fault fault;
  fault.action = FaultAction::kKill;
  fault.revert_after = seconds(5);
  scenario.setup.faults = {fault};
  scenario.fault_texts = {{"leader(orders/0)", "the moment of loss"}};
  std::vector<std::string> lines;
  StripChart chart(scenario, keep, &lines);
  const auto at = [](int s) { return Instant() + seconds(s); };
  chart.on_fact(at(1), EventId(4), EventId(), {FactKind::kKilled, kB1, kNoNode, kNoPartition, 0});
  chart.on_fact(at(1), EventId(4), EventId(),
                {FactKind::kFaultFired, kNoNode, kNoNode, kNoPartition, 0, 1, 0});
  chart.on_fact(at(9), EventId(7), EventId(6), {FactKind::kStarted, kB2, kNoNode, kNoPartition});
  REQUIRE(lines.size() == 5);
  CHECK(lines[1].find("kill leader(orders/0): the moment of loss") != std::string::npos);
  CHECK(lines[2].find("killed") != std::string::npos);
  CHECK(lines[3].find("6.000000  --       @") != std::string::npos);
  CHECK(lines[3].find("kill leader(orders/0) ends") != std::string::npos);
}

TEST_CASE("what a fault did is said of an earlier one, too") {
  Scenario scenario = make_scenario();
  Fault fault;
  fault.action = FaultAction::kKill;
  scenario.setup.faults = {fault, fault};
  std::vector<std::string> lines;
  StripChart chart(scenario, keep, &lines);
  const auto at = [](int s) { return Instant() + seconds(s); };
  for (const int fired : {0, 1}) {
    chart.on_fact(at(1), EventId(4 + static_cast<std::uint64_t>(fired)), EventId(),
                  {FactKind::kFaultFired, kNoNode, kNoNode, kNoPartition, fired, 1, 0});
  }
  chart.on_fact(at(9), EventId(7), EventId(4), {FactKind::kStarted, kB2, kNoNode, kNoPartition});
  CHECK(lines.back().find("fault 1") != std::string::npos);
}

TEST_CASE("what a run lost stands at the end of the chart") {
  Chart c;
  RunResult result;
  result.end = Instant() + seconds(60);
  LostRecord record;
  record.producer = kP1;
  record.record = 42;
  record.partition = kOrders;
  record.gone = Instant() + seconds(2);
  record.event = EventId(77);
  result.lost = {record};
  c.chart.finish(result);
  CHECK(c.lines.back() ==
        "  60.000000  --       x   orders/0         -  -                   -  -            "
        "LOST m42 of p1, gone at 2 s                  e77");
}

TEST_CASE("records that went together are told as a range of offsets") {
  std::vector<LostRecord> lost;
  for (std::int64_t offset : {10, 11, 12, 14, 15}) {
    LostRecord record;
    record.producer = kP1;
    record.record = static_cast<std::uint64_t>(offset);
    record.partition = kOrders;
    record.offset = Offset(offset);
    record.event = EventId(offset == 15 ? 8 : 7);
    lost.push_back(record);
  }
  lost[1].producer = kC1;
  const std::vector<LostRange> ranges = lost_ranges(lost);
  REQUIRE(ranges.size() == 3);
  CHECK(lost_range_records(ranges[0]) == "10..12 (3)");
  CHECK(lost_range_records(ranges[1]) == "14");
  CHECK(ranges[2].first.event == EventId(8));
  CHECK(lost_range_whose(make_scenario(), ranges[0]) == " of several producers");
  CHECK(lost_range_whose(make_scenario(), ranges[1]) == " of p1");
  for (LostRecord& record : lost) record.offset = kNoOffset;
  CHECK(lost_range_records(lost_ranges(lost)[0]) == "m10");
}

TEST_CASE("the report is JSON with the names that others rely on, byte for byte the same") {
  Scenario scenario = make_scenario();
  scenario.doc = "A \"quoted\" word,\n\ttabs and \\.";
  Expectation lost;
  lost.name = "lost";
  lost.bound.max = 0;
  scenario.expect = {lost};
  const auto report = [&] {
    Feed feed(scenario);
    feed.at(seconds(1)).fact(FactKind::kRecordsSent, kP1, kNoNode, 0, 0, 10);
    feed.at(seconds(2)).fact(FactKind::kAcked, kP1, kNoNode, 0, 0, 10);
    feed.at(seconds(3)).fact(FactKind::kKilled, kB1, kNoNode);
    feed.same_event(FactKind::kFaultFired, kNoNode, kNoNode, 0, 1);
    RunResult result = feed.finish(seconds(10));
    result.digest = 0x12ab;
    result.seed = 7;
    result.faults.resize(1);
    result.faults[0].bit = true;
    judge(scenario, result);
    return report_json(scenario, result);
  };
  const std::string text = report();
  CHECK(text == report());
  const nlohmann::json json = nlohmann::json::parse(text);
  CHECK(json["identity"]["digest"] == "00000000000012ab");
  CHECK(json["identity"]["seed"] == 7);
  CHECK(json["identity"]["scenario"] == "hand");
  CHECK(json["scenario"]["doc"] == scenario.doc);
  CHECK(json["verdict"] == "PASS");
  CHECK(json["totals"]["acked"] == 10);
  CHECK(json["partitions"][0]["no_writes_total_ns"] == 7'000'000'000);
  CHECK(json["partitions"][0]["timeline"][0]["leader"] == "b1");
  CHECK(json["producers"][0]["latency"]["max_ns"] == 1'000'000'000);
  CHECK(json["groups"][0]["series"].size() == kLagPointsMax);
  CHECK(json["metrics"]["ActiveBrokerCount"]["before"] == 3);
  CHECK(json["expectations"][0]["expected"] == "at most 0 records");
  CHECK(nlohmann::json::accept(kReportSchema));
}

TEST_CASE("the summary fits a screen even when everything fails") {
  Scenario scenario = make_scenario();
  scenario.title = std::string(170, 'x');
  RunResult result = Feed(scenario).finish(seconds(10));
  result.verdict = Verdict::kFail;
  result.totals.lost = 5'000;
  result.totals.acked = 9'000;
  result.lost.resize(1'000);
  result.partitions.resize(50, result.partitions[0]);
  scenario.setup.composition.topic_of.resize(50, TopicId(0));
  for (PartitionResult& partition : result.partitions) partition.no_writes_total = seconds(1);
  result.groups.resize(50, result.groups[0]);
  result.violations.resize(100);
  result.expectations.resize(60);
  scenario.expect.resize(60);
  for (std::size_t i = 0; i < 60; ++i) {
    result.expectations[i].verdict = i % 2 == 0 ? Verdict::kFail : Verdict::kUnknown;
  }
  result.bounds_hit = true;
  result.faults.resize(1);
  const std::string text = report_summary(scenario, result, false, 100);
  std::size_t lines = 0;
  for (std::size_t from = 0; from < text.size(); ++lines) {
    const std::size_t to = text.find('\n', from);
    REQUIRE(to != std::string::npos);
    CHECK(to - from <= 100);
    from = to + 1;
  }
  CHECK(lines <= 30);
  CHECK(text.find("LOST 5000") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(report_summary(scenario, result, true).find("\x1b[1;31mFAIL") == 0);
  // A row that nothing breaks is one line, as a program wants it.
  CHECK(report_summary(scenario, result, false).find(scenario.title + "\n") != std::string::npos);
}
