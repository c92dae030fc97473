// Lag of a group, and what producers were told, from hand-made facts.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "drive/append_marks.h"
#include "drive/histogram.h"
#include "fixture.h"

using namespace ackident;
using namespace ackident::report_test;

TEST_CASE("lag is high watermark minus commit, with exact peaks") {
  const Scenario scenario = make_scenario();
  Feed feed(scenario);
  feed.at(seconds(1)).fact(FactKind::kAppended, kB1, kP1, 0, 100);
  feed.at(seconds(2)).fact(FactKind::kHighWatermark, kB1, kNoNode, 0, 100);
  feed.at(seconds(3)).fact(FactKind::kDelivered, kC1, kNoNode, 0, 60);
  feed.at(seconds(4)).fact(FactKind::kProcessed, kC1, kNoNode, 0, 60);
  feed.at(seconds(5)).fact(FactKind::kCommitted, kC1, kNoNode, 60, -1);
  feed.at(seconds(6)).fact(FactKind::kHighWatermark, kB1, kNoNode, 100, 150);
  feed.at(seconds(7)).fact(FactKind::kCommitted, kC1, kNoNode, 150, 60);
  const RunResult result = feed.finish(seconds(8));
  const GroupResult& group = result.groups[0];
  CHECK(group.lag_peak == 100);
  CHECK(group.lag_peak_at == Instant() + seconds(2));
  REQUIRE(group.partitions.size() == 1);
  CHECK(group.partitions[0].committed == Offset(150));
  CHECK(group.partitions[0].position == Offset(60));
  CHECK(group.partitions[0].lag_end == 0);
  // Record 0 was appended at 1 s and processed at 4 s; record 60 was never processed.
  CHECK(group.time_lag_peak == seconds(7));
}

TEST_CASE("a group that fell is not clamped: a commit above the high watermark is negative lag") {
  const Scenario scenario = make_scenario();
  Feed feed(scenario);
  feed.at(seconds(1)).fact(FactKind::kHighWatermark, kB1, kNoNode, 0, 100);
  feed.at(seconds(2)).fact(FactKind::kCommitted, kC1, kNoNode, 100, -1);
  feed.at(seconds(3)).fact(FactKind::kPartitionChanged, kController, kB2, 1, 1, 1);
  feed.at(seconds(4)).fact(FactKind::kBecameLeader, kB2, kNoNode, 80, 80, 1);
  const RunResult result = feed.finish(seconds(5));
  CHECK(result.groups[0].partitions[0].lag_end == -20);
}

// Ten records a second from 1 s on, all visible, the first `processed` of them by 2 s.
Feed backlog(const Scenario& scenario, std::int64_t processed) {
  Feed feed(scenario);
  for (std::int64_t i = 0; i < 20; ++i) {
    feed.at(milliseconds(1000 + 100 * i)).fact(FactKind::kAppended, kB1, kP1, i, i + 1);
    feed.same_event(FactKind::kHighWatermark, kB1, kNoNode, i, i + 1);
    if (i == 10) feed.same_event(FactKind::kProcessed, kC1, kNoNode, 0, processed);
  }
  return feed;
}

TEST_CASE("what a leader of the past appends does not make the backlog younger") {
  const Scenario scenario = make_scenario();
  Feed feed = backlog(scenario, 5);
  feed.at(seconds(30)).fact(FactKind::kAppended, kB3, kP1, 5, 6);
  CHECK(feed.finish(seconds(31)).groups[0].time_lag_peak == milliseconds(29'500));
}

TEST_CASE("a consumer that starts again has what it processed before behind it") {
  const Scenario scenario = make_scenario();
  Feed feed = backlog(scenario, 15);
  feed.at(milliseconds(3000)).fact(FactKind::kPositionReset, kC1, kNoNode, 0, -1, 0);
  feed.at(milliseconds(3100)).fact(FactKind::kProcessed, kC1, kNoNode, 0, 4);
  SUBCASE("") { CHECK(feed.finish(seconds(4)).groups[0].time_lag_peak == milliseconds(1500)); }
  SUBCASE("but not what a truncation has replaced") {
    feed.at(milliseconds(3200)).fact(FactKind::kPositionReset, kC1, kNoNode, 4, 15, 2);
    CHECK(feed.finish(milliseconds(3300)).groups[0].time_lag_peak == milliseconds(1900));
  }
}

TEST_CASE("what waits grows older in the series although nothing happens") {
  const Scenario scenario = make_scenario();
  const RunResult result = backlog(scenario, 5).finish(seconds(100));
  for (const LagPoint& point : result.groups[0].series) {
    if (point.at < Instant() + seconds(4)) continue;
    CHECK(point.time == point.at - (Instant() + milliseconds(1500)));
  }
}

TEST_CASE("a group that has not begun keeps no marks of the past for itself") {
  Scenario scenario = make_scenario();
  Composition& composition = scenario.setup.composition;
  scenario.setup.names.groups.push_back("late");
  composition.consumers.push_back(composition.consumers[0]);
  composition.consumers[1].group = 1;
  composition.consumers[1].config.offset_reset = OffsetReset::kLatest;
  Feed feed(scenario);
  for (std::int64_t i = 0; i < 2'000; ++i) {
    feed.at(milliseconds(2 * i)).fact(FactKind::kAppended, kB1, kP1, i, i + 1);
    feed.same_event(FactKind::kHighWatermark, kB1, kNoNode, i, i + 1);
    feed.at(milliseconds(2 * i + 1)).fact(FactKind::kProcessed, kC1, kNoNode, i, i + 1);
  }
  CHECK(feed.finish(seconds(4)).groups[0].time_lag_peak == milliseconds(1));
}

TEST_CASE("the series is bounded, even, and shows the state as of each point") {
  const Scenario scenario = make_scenario();
  Feed feed(scenario);
  for (int i = 1; i <= 20'000; ++i) {
    feed.at(milliseconds(i)).fact(FactKind::kHighWatermark, kB1, kNoNode, i - 1, i);
  }
  const RunResult result = feed.finish(seconds(40));
  const auto& series = result.groups[0].series;
  REQUIRE(series.size() == kLagPointsMax);
  CHECK(series.front().at == Instant());
  CHECK(series.back().at == Instant() + seconds(40));
  CHECK(series.back().records == 20'000);
  for (const LagPoint& point : series) {
    const std::int64_t exact = std::min<std::int64_t>(point.at.ns() / 1'000'000, 20'000);
    CHECK(point.records <= exact);
    CHECK(point.records >= exact - 40'000 / 480);
  }
}

TEST_CASE("recovery runs from the last fault that bit until lag is back and stays") {
  const Scenario scenario = make_scenario();
  const auto run = [&](bool catches_up) {
    Feed feed(scenario);
    feed.at(seconds(1)).fact(FactKind::kHighWatermark, kB1, kNoNode, 0, 10);
    feed.at(seconds(2)).fact(FactKind::kDelivered, kC1, kNoNode, 0, 10);
    feed.at(seconds(3)).fact(FactKind::kFaultFired, kNoNode, kNoNode, 0, 1);
    feed.at(seconds(4)).fact(FactKind::kHighWatermark, kB1, kNoNode, 10, 200);
    if (catches_up) feed.at(seconds(9)).fact(FactKind::kDelivered, kC1, kNoNode, 10, 195);
    return feed.finish(seconds(10));
  };
  CHECK(run(true).groups[0].recovery == seconds(6));
  CHECK(run(true).groups[0].recovered_at == Instant() + seconds(9));
  CHECK(run(false).groups[0].recovery == kForever);
}

TEST_CASE("recovery counts from the fault, not from the command that ends it") {
  Scenario scenario = make_scenario();
  for (const FaultAction end : {FaultAction::kStart, FaultAction::kHeal}) {
    Fault undoing;
    undoing.action = end;
    scenario.setup.faults.resize(1);
    scenario.setup.faults.push_back(undoing);
    Feed feed(scenario);
    feed.at(seconds(3)).fact(FactKind::kFaultFired, kNoNode, kNoNode, 0, 1);
    feed.at(seconds(4)).fact(FactKind::kHighWatermark, kB1, kNoNode, 0, 200);
    feed.at(seconds(7)).fact(FactKind::kFaultFired, kNoNode, kNoNode, 1, 1);
    feed.at(seconds(9)).fact(FactKind::kDelivered, kC1, kNoNode, 0, 200);
    CHECK(feed.finish(seconds(10)).groups[0].recovery == seconds(6));
  }
}

TEST_CASE("append marks are early by less than a 63rd of the age, whatever was idle between") {
  AppendMarks marks;
  marks.reset();
  std::vector<Instant> exact;
  std::uint64_t state = 1;
  Instant at;
  for (std::int64_t i = 0; i < 5'000; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    at = at + microseconds(static_cast<std::int64_t>(state >> 52)) +
         (i % 500 == 0 ? seconds(10) : Duration());
    exact.push_back(at);
    marks.append(at, Offset(i), Offset(0));
  }
  CHECK(marks.size() < 1'000);
  for (std::int64_t i = 0; i < 5'000; ++i) {
    const Instant appended = exact[static_cast<std::size_t>(i)];
    const Duration early = appended - marks.appended_at(Offset(i), at);
    CHECK(early >= Duration());
    CHECK(early <= std::max(milliseconds(1), (at - appended) / 63));
  }
}

TEST_CASE("quantiles against exact sorting") {
  Histogram histogram;
  std::vector<std::int64_t> values;
  std::uint64_t state = 42;
  for (int i = 0; i < 20'000; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    const std::int64_t value = static_cast<std::int64_t>(state >> 20) >> (state % 40);
    values.push_back(value);
    histogram.add(Duration(value));
  }
  std::sort(values.begin(), values.end());
  for (const std::uint32_t thousandths : {1u, 100u, 500u, 900u, 990u, 999u}) {
    const std::size_t rank = (values.size() * thousandths + 999) / 1000;
    const std::int64_t exact = values[rank - 1];
    const std::int64_t error = histogram.quantile(thousandths).ns() - exact;
    CHECK(std::abs(error) * 1000 <= exact);
  }
  CHECK(histogram.max().ns() == values.back());
  CHECK(histogram.quantile(1000).ns() == values.back());
}

TEST_CASE("latency counts from send(), through the time a batch waits to be closed") {
  const Scenario scenario = make_scenario();
  Feed feed(scenario);
  feed.at(seconds(2)).fact(FactKind::kBatchCreated, kP1, kNoNode, 0, seconds(1).ns());
  feed.at(seconds(9)).fact(FactKind::kRecordsSent, kP1, kNoNode, 0, 0, 10);
  feed.at(seconds(10)).fact(FactKind::kAcked, kP1, kNoNode, 0, 0, 10);
  const RunResult result = feed.finish(seconds(11));
  CHECK(result.producers[0].totals.sent == 10);
  CHECK(result.producers[0].latency.count == 10);
  CHECK(result.producers[0].latency.max == seconds(9));
}

TEST_CASE("producers: outcomes, errors and latency") {
  const Scenario scenario = make_scenario();
  Feed feed(scenario);
  // Batch n has ten records; they end in another order than they began.
  for (int n = 0; n < 20; ++n) {
    feed.at(milliseconds(n)).fact(FactKind::kRecordsSent, kP1, kNoNode, n, 10 * n, 10);
  }
  const auto code = static_cast<std::int64_t>(ErrorCode::kNotLeaderOrFollower);
  feed.at(milliseconds(30)).fact(FactKind::kRetried, kP1, kNoNode, 3, code, 1);
  for (int n = 17; n >= 0; --n) {
    feed.at(milliseconds(100)).fact(FactKind::kAcked, kP1, kNoNode, n, 10 * n, 10);
  }
  const auto timeout = static_cast<std::int64_t>(ErrorCode::kTimeout);
  feed.at(seconds(1)).fact(FactKind::kFailed, kP1, kNoNode, 18, timeout, 10);
  const RunResult result = feed.finish(seconds(2));
  const ProducerResult& producer = result.producers[0];
  CHECK(producer.totals.sent == 200);
  CHECK(producer.totals.acked == 180);
  CHECK(producer.totals.failed == 10);
  CHECK(producer.totals.unknown == 10);
  CHECK(producer.retries == 1);
  REQUIRE(producer.errors.size() == 2);
  CHECK(producer.errors[0].code == ErrorCode::kNotLeaderOrFollower);
  CHECK(producer.errors[0].failed_records == 0);
  CHECK(producer.errors[1].failed_records == 10);
  CHECK(producer.latency.count == 180);
  CHECK(producer.latency.max == milliseconds(100));
  CHECK(result.totals.acked == 180);
}
