// Each kind of expectation, and the verdict of the run.
#include "drive/expect.h"

#include <doctest/doctest.h>

#include "drive/words.h"
#include "fixture.h"

using namespace ackident;
using namespace ackident::report_test;

namespace {

RunResult make_result(const Scenario& scenario) {
  Feed feed(scenario);
  feed.at(seconds(1)).fact(FactKind::kRecordsSent, kP1, kNoNode, 0, 0, 10);
  feed.at(seconds(2)).fact(FactKind::kAcked, kP1, kNoNode, 0, 0, 10);
  feed.at(seconds(3)).fact(FactKind::kAppended, kB1, kP1, 0, 10);
  feed.fact(FactKind::kHighWatermark, kB1, kNoNode, 0, 10);
  feed.at(seconds(4)).fact(FactKind::kIsrChanged, kController, kB3, 2, 3);
  feed.at(seconds(5)).fact(FactKind::kHighWatermark, kB1, kNoNode, 10, 20);
  RunResult result = feed.finish(seconds(10));
  result.faults.resize(1);
  result.faults[0].bit = true;
  return result;
}

Expectation expectation(ExpectKind kind, std::optional<std::int64_t> min,
                        std::optional<std::int64_t> max) {
  Expectation made;
  made.kind = kind;
  made.bound = {min, max};
  made.partition = kOrders;
  return made;
}

ExpectationResult judged(const Expectation& wanted, RunResult (*result_of)(const Scenario&)) {
  Scenario scenario = make_scenario();
  scenario.expect = {wanted};
  RunResult result = result_of(scenario);
  judge(scenario, result);
  return result.expectations[0];
}

ExpectationResult judged(const Expectation& wanted) { return judged(wanted, make_result); }

}  // namespace

TEST_CASE("bounds are inclusive and said in words") {
  const ExpectationResult seen = judged(expectation(ExpectKind::kAcked, 10, 10));
  CHECK(seen.verdict == Verdict::kPass);
  CHECK(seen.expected == "exactly 10 records");
  CHECK(judged(expectation(ExpectKind::kAcked, 11, {})).verdict == Verdict::kFail);
  CHECK(judged(expectation(ExpectKind::kAcked, {}, 9)).verdict == Verdict::kFail);
  CHECK(judged(expectation(ExpectKind::kAcked, {}, 1)).expected == "at most 1 record");
}

TEST_CASE("times are compared in nanoseconds and said with units") {
  const ExpectationResult seen =
      judged(expectation(ExpectKind::kUnderReplicated, {}, seconds(6).ns() - 1));
  CHECK(seen.verdict == Verdict::kFail);
  CHECK(seen.expected == "at most 5.999999999 s");
  CHECK(seen.seen == "6 s at orders/0");
}

TEST_CASE("invariants of a run that was cut short are undecided, and it is said why") {
  const ExpectationResult open =
      judged(expectation(ExpectKind::kInvariants, {}, {}), [](const Scenario& scenario) {
        RunResult result = make_result(scenario);
        result.bounds_hit = true;
        return result;
      });
  CHECK(open.verdict == Verdict::kUnknown);
  CHECK(open.expected == "every invariant holds");
  CHECK(open.seen == "none broken when the run was cut short");
}

TEST_CASE("the state of a partition at an instant is exact between changes") {
  Expectation wanted = expectation(ExpectKind::kHighWatermark, 10, 10);
  wanted.at = Instant() + milliseconds(4'500);
  CHECK(judged(wanted).verdict == Verdict::kPass);
  wanted.at = Instant() + seconds(5);  // what happens at that instant counts
  CHECK(judged(wanted).seen == "20");
  wanted.at = Instant() + seconds(11);
  CHECK(judged(wanted).verdict == Verdict::kUnknown);
  CHECK(judged(wanted).seen == "nothing: the run ended at 10 s");
  wanted.at = kNever;
  CHECK(judged(wanted).seen == "20");
}

TEST_CASE("leader, epoch, ISR and log end") {
  Expectation leader = expectation(ExpectKind::kLeader, {}, {});
  leader.node = kB2;
  CHECK(judged(leader).verdict == Verdict::kFail);
  CHECK(judged(leader).seen == "b1");
  leader.node = kNoNode;
  CHECK(judged(leader).expected == "none");
  Expectation isr = expectation(ExpectKind::kIsr, {}, {});
  isr.nodes = {kB2, kB1};
  CHECK(judged(isr).verdict == Verdict::kPass);
  isr.at = Instant() + seconds(3);
  CHECK(judged(isr).seen == "[b1,b2,b3]");
  CHECK(judged(isr).verdict == Verdict::kFail);
  CHECK(judged(expectation(ExpectKind::kLeaderEpoch, 0, 0)).verdict == Verdict::kPass);
  Expectation end = expectation(ExpectKind::kLogEnd, 10, 10);
  end.node = kB1;
  CHECK(judged(end).verdict == Verdict::kPass);
  end.node = kB2;
  CHECK(judged(end).seen == "0");
}

TEST_CASE("lost offsets are compared in order, and the first event is named") {
  const auto lossy = [](const Scenario& scenario) {
    RunResult result = make_result(scenario);
    result.totals.lost = result.partitions[0].lost = 2;
    for (const std::int64_t offset : {7, 8}) {
      LostRecord record;
      record.partition = kOrders;
      record.offset = Offset(offset);
      record.gone = Instant() + seconds(100 - offset);
      record.event = EventId(static_cast<std::uint64_t>(100 - offset));
      result.lost.push_back(record);
    }
    return result;
  };
  Expectation wanted = expectation(ExpectKind::kLostOffsets, {}, {});
  wanted.offsets = {Offset(7), Offset(8)};
  CHECK(judged(wanted, lossy).verdict == Verdict::kPass);
  wanted.offsets = {Offset(7)};
  const ExpectationResult seen = judged(wanted, lossy);
  CHECK(seen.verdict == Verdict::kFail);
  CHECK(seen.seen == "7,8");
  CHECK(seen.parted.event == EventId(92));
}

TEST_CASE("errors, facts, latency and lag") {
  Expectation error = expectation(ExpectKind::kError, 0, 0);
  error.error = ErrorCode::kNotEnoughReplicas;
  CHECK(judged(error).verdict == Verdict::kPass);
  Expectation facts = expectation(ExpectKind::kFactCount, 1, 1);
  facts.fact = FactKind::kIsrChanged;
  CHECK(judged(facts).verdict == Verdict::kPass);
  Expectation latency = expectation(ExpectKind::kProduceLatency, {}, seconds(1).ns());
  latency.quantile = 1000;
  CHECK(judged(latency).verdict == Verdict::kPass);
  CHECK(judged(latency).seen == "1 s at p1");
  CHECK(judged(expectation(ExpectKind::kLagPeak, 20, 20)).seen == "20 records in group billing");
  CHECK(judged(expectation(ExpectKind::kLagEnd, {}, 19)).verdict == Verdict::kFail);
}

TEST_CASE("the verdict of a run") {
  Scenario scenario = make_scenario();
  scenario.expect = {expectation(ExpectKind::kLost, {}, 0)};
  RunResult result = make_result(scenario);
  judge(scenario, result);
  CHECK(result.verdict == Verdict::kPass);

  SUBCASE("no fault bit") {
    result.faults[0].bit = false;
    judge(scenario, result);
    CHECK(result.verdict == Verdict::kVacuous);
  }
  SUBCASE("nothing was sent, so nothing could be refused or late; nobody read") {
    for (const ExpectKind kind : {ExpectKind::kError, ExpectKind::kFailed, ExpectKind::kLagPeak,
                                  ExpectKind::kSkipped, ExpectKind::kDeliveredTwice}) {
      scenario.expect = {expectation(kind, {}, 1'000'000)};
      judge(scenario, result);
      CHECK(result.verdict == Verdict::kPass);
      RunResult silent = result;
      silent.totals.sent = 0;
      silent.groups.clear();
      judge(scenario, silent);
      CHECK(silent.verdict == Verdict::kVacuous);
    }
  }
  SUBCASE("a group that never had a position read nothing twice, and lags behind nothing") {
    for (const ExpectKind kind :
         {ExpectKind::kLagPeak, ExpectKind::kLagEnd, ExpectKind::kLagRecovery, ExpectKind::kSkipped,
          ExpectKind::kDeliveredTwice}) {
      scenario.expect = {expectation(kind, {}, 1'000'000)};
      RunResult refused = result;
      for (GroupPartitionResult& part : refused.groups[0].partitions) {
        part.position = part.committed = kNoOffset;
        part.lag_peak = part.lag_end = 0;
      }
      judge(scenario, refused);
      CHECK(refused.verdict == Verdict::kVacuous);
    }
  }
  SUBCASE("nothing was acked, so nothing could be lost") {
    result.totals.acked = 0;
    judge(scenario, result);
    CHECK(result.verdict == Verdict::kVacuous);
    scenario.expect.push_back(expectation(ExpectKind::kAcked, {}, 0));
    judge(scenario, result);
    CHECK(result.verdict == Verdict::kPass);
  }
  SUBCASE("bounds were hit") {
    result.bounds_hit = true;
    judge(scenario, result);
    CHECK(result.verdict == Verdict::kUnknown);
    // What is seen is what is expected, and may change yet.
    CHECK(result.expectations[0].expected == "at most 0 records");
    CHECK(result.expectations[0].seen == "0 records when the run was cut short");
    result.totals.lost = 1;  // what is lost stays lost
    judge(scenario, result);
    CHECK(result.verdict == Verdict::kFail);
  }
  SUBCASE("violations fail the run unless the settings permit them") {
    result.violations.resize(1);
    result.violations[0].permitted = true;
    judge(scenario, result);
    CHECK(result.verdict == Verdict::kPass);
    result.violations[0].permitted = false;
    judge(scenario, result);
    CHECK(result.verdict == Verdict::kFail);
  }
}

TEST_CASE("durations in words") {
  CHECK(duration_text(Duration()) == "0 s");
  CHECK(duration_text(nanoseconds(250)) == "250 ns");
  CHECK(duration_text(microseconds(12'345)) == "12.345 ms");
  CHECK(duration_text(seconds(9) + nanoseconds(1)) == "9.000000001 s");
  CHECK(duration_text(kForever) == "forever");
  CHECK(duration_rounded(seconds(9) + nanoseconds(1)) == "9 s");
}
