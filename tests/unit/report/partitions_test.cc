// Timelines, windows and gauges of partitions from hand-made facts.
#include <doctest/doctest.h>

#include <algorithm>

#include "fixture.h"

using namespace ackident;
using namespace ackident::report_test;

namespace {

double metric(const RunResult& result, std::string_view name, double MetricRow::*phase) {
  const auto row = std::find_if(result.metrics.begin(), result.metrics.end(),
                                [&](const MetricRow& candidate) { return candidate.name == name; });
  REQUIRE(row != result.metrics.end());
  return (*row).*phase;
}

// b1 leads and is killed at 10 s; the controller notices at 19 s; b2 leads from 19.5 s on.
void fail_over(Feed& feed) {
  feed.at(seconds(5)).fact(FactKind::kAppended, kB1, kP1, 0, 100);
  feed.fact(FactKind::kHighWatermark, kB1, kNoNode, 0, 90);
  feed.at(seconds(10)).fact(FactKind::kKilled, kB1, kNoNode);
  feed.same_event(FactKind::kFaultFired, kNoNode, kNoNode, 0, 1);
  feed.at(seconds(19)).fact(FactKind::kBrokerFenced, kController, kB1);
  feed.same_event(FactKind::kPartitionChanged, kController, kB2, 1, 1, 2);
  feed.same_event(FactKind::kIsrChanged, kController, kB1, 2, 3, 1);
  feed.same_event(FactKind::kLeaderElected, kController, kB2, 1, 0, 0);
  feed.at(milliseconds(19'500)).fact(FactKind::kBecameLeader, kB2, kNoNode, 95, 90, 1);
}

}  // namespace

TEST_CASE("a window lasts from the kill until the new leader serves") {
  const Scenario scenario = make_scenario();
  Feed feed(scenario);
  fail_over(feed);
  const RunResult result = feed.finish(seconds(30));
  const PartitionResult& partition = result.partitions[0];
  REQUIRE(partition.no_writes.size() == 1);
  CHECK(partition.no_writes[0].from == Instant() + seconds(10));
  CHECK(partition.no_writes[0].to == Instant() + milliseconds(19'500));
  CHECK(partition.no_writes_total == milliseconds(9'500));
  CHECK(partition.no_reads_total == milliseconds(9'500));
  CHECK(partition.under_replicated == seconds(11));
  CHECK(partition.under_min_isr == Duration());
  CHECK(partition.offline == Duration());
}

TEST_CASE("one decision is one point, and the new leader's high watermark is another") {
  const Scenario scenario = make_scenario();
  Feed feed(scenario);
  fail_over(feed);
  const RunResult result = feed.finish(seconds(30));
  const auto& timeline = result.partitions[0].timeline;
  REQUIRE(timeline.size() == 4);
  CHECK(timeline[0].leader == kB1);
  CHECK(timeline[0].isr == ReplicaList{kB1, kB2, kB3});
  CHECK(timeline[1].at == Instant() + seconds(19));
  CHECK(timeline[1].leader == kB2);
  CHECK(timeline[1].leader_epoch == LeaderEpoch(1));
  CHECK(timeline[1].isr == ReplicaList{kB2, kB3});
  CHECK(timeline[1].high_watermark == kNoOffset);
  CHECK(timeline[1].log_ends[0] == Offset(100));
  CHECK(timeline[2].high_watermark == Offset(90));
  CHECK(timeline[2].log_ends[1] == Offset(95));
  CHECK(timeline[3].at == Instant() + seconds(30));
}

TEST_CASE("acks=all needs the minimal ISR, acks=1 does not") {
  for (const Acks acks : {Acks::kAll, Acks::kLeader}) {
    const Scenario scenario = make_scenario(acks);
    Feed feed(scenario);
    feed.at(seconds(1)).fact(FactKind::kIsrChanged, kController, kB3, 2, 3);
    feed.at(seconds(2)).fact(FactKind::kIsrChanged, kController, kB2, 1, 2);
    feed.at(seconds(5)).fact(FactKind::kIsrChanged, kController, kB2, 2, 1);
    const RunResult result = feed.finish(seconds(10));
    const PartitionResult& partition = result.partitions[0];
    CHECK(partition.under_min_isr == seconds(3));
    CHECK(partition.no_reads.empty());
    CHECK(partition.no_writes_total == (acks == Acks::kAll ? seconds(3) : Duration()));
    CHECK(partition.timeline.back().isr == ReplicaList{kB1, kB2});
  }
}

TEST_CASE("min.insync.replicas above the replicas is capped only where the version caps it") {
  for (const bool capped : {true, false}) {
    Scenario scenario = make_scenario();
    scenario.setup.composition.topics[0].config.min_insync_replicas = 4;
    scenario.setup.composition.behaviour.min_isr_capped_by_replicas = capped;
    Feed feed(scenario);
    const RunResult result = feed.finish(seconds(10));
    CHECK(result.partitions[0].no_writes_total == (capped ? Duration() : seconds(10)));
  }
}

TEST_CASE("a frozen leader serves again when it moves; a killed one does not") {
  const Scenario scenario = make_scenario();
  Feed feed(scenario);
  feed.at(seconds(1)).fact(FactKind::kFrozen, kB1, kNoNode);
  feed.at(seconds(3)).fact(FactKind::kResumed, kB1, kNoNode);
  feed.at(seconds(4)).fact(FactKind::kKilled, kB1, kNoNode);
  feed.at(seconds(5)).fact(FactKind::kStarted, kB1, kNoNode, 1);
  const RunResult result = feed.finish(seconds(10));
  const auto& windows = result.partitions[0].no_writes;
  REQUIRE(windows.size() == 2);
  CHECK(windows[0].to - windows[0].from == seconds(2));
  CHECK(windows[1].from == Instant() + seconds(4));
  CHECK(windows[1].to == Instant() + seconds(10));
}

TEST_CASE("an unclean election leaves one in sync; no leader is offline") {
  const Scenario scenario = make_scenario();
  Feed feed(scenario);
  feed.at(seconds(2)).fact(FactKind::kPartitionChanged, kController, kNoNode, 1, 1, 1);
  feed.same_event(FactKind::kIsrChanged, kController, kB3, 2, 3);
  feed.same_event(FactKind::kIsrChanged, kController, kB2, 1, 2);
  feed.at(seconds(5)).fact(FactKind::kPartitionChanged, kController, kB3, 2, 2, 1);
  feed.same_event(FactKind::kIsrChanged, kController, kB3, 2, 1);
  feed.same_event(FactKind::kIsrChanged, kController, kB1, 1, 2);
  feed.same_event(FactKind::kLeaderElected, kController, kB3, 2, 1, 2);
  const RunResult result = feed.finish(seconds(10));
  const PartitionResult& partition = result.partitions[0];
  CHECK(partition.offline == seconds(3));
  CHECK(partition.timeline.back().isr == ReplicaList{kB3});
  CHECK(metric(result, "UncleanLeaderElectionsPerSec", &MetricRow::before) == doctest::Approx(0.1));
  CHECK(metric(result, "OfflinePartitionsCount", &MetricRow::before) == doctest::Approx(0.3));
}

TEST_CASE("gauges are means over the phases, meters are rates") {
  const Scenario scenario = make_scenario();
  Feed feed(scenario);
  fail_over(feed);  // 10 s before; the restart at 20 s ends the faults
  feed.at(seconds(20)).fact(FactKind::kStarted, kB1, kNoNode, 1);
  feed.at(seconds(25)).fact(FactKind::kIsrProposed, kB2, kB1, 3, 2);
  feed.fact(FactKind::kIsrChanged, kController, kB1, 3, 2);
  const RunResult result = feed.finish(seconds(30));
  CHECK(metric(result, "UnderReplicatedPartitions", &MetricRow::before) == 0);
  CHECK(metric(result, "UnderReplicatedPartitions", &MetricRow::during) == doctest::Approx(0.1));
  CHECK(metric(result, "UnderReplicatedPartitions", &MetricRow::after) == doctest::Approx(0.5));
  CHECK(metric(result, "FencedBrokerCount", &MetricRow::after) == 1);
  CHECK(metric(result, "ActiveBrokerCount", &MetricRow::before) == 3);
  CHECK(metric(result, "LeaderElectionRateAndTimeMs", &MetricRow::during) == doctest::Approx(0.1));
  CHECK(metric(result, "IsrExpandsPerSec", &MetricRow::after) == doctest::Approx(0.1));
  // Fencing took b1 out: no leader asked for it, so Kafka's meter stands still.
  CHECK(metric(result, "IsrShrinksPerSec", &MetricRow::during) == 0);
}

TEST_CASE("a timeline is bounded, its sums are not") {
  const Scenario scenario = make_scenario();
  Feed feed(scenario);
  for (int i = 0; i < 12'000; ++i) {
    feed.at(milliseconds(2 * i)).fact(FactKind::kIsrChanged, kController, kB3, 2, 3);
    feed.at(milliseconds(2 * i + 1)).fact(FactKind::kIsrChanged, kController, kB3, 3, 2);
  }
  const RunResult result = feed.finish(seconds(30));
  CHECK(result.partitions[0].timeline.size() == kTimelineMax + 1);  // and the end
  CHECK(result.partitions[0].timeline_truncated);
  CHECK(result.partitions[0].under_replicated == seconds(12));
}
