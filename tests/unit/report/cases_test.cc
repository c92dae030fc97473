// The report of a test run, in each of its forms.
#include "report/cases.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "drive/expect.h"
#include "fixture.h"

namespace ackident {

using namespace report_test;

namespace {

// Ten records sent and acknowledged; a broker was killed.
CaseResult judged(std::vector<Expectation> expect, bool bit = true) {
  Scenario scenario = make_scenario();
  scenario.expect = std::move(expect);
  Feed feed(scenario);
  feed.at(seconds(1)).fact(FactKind::kRecordsSent, kP1, kNoNode, 0, 0, 10);
  feed.at(seconds(2)).fact(FactKind::kAcked, kP1, kNoNode, 0, 0, 10);
  RunResult result = feed.finish(seconds(10));
  result.seed = 7;
  result.faults.resize(1);
  result.faults[0].bit = bit;
  judge(scenario, result);
  return case_result(scenario, result);
}

Expectation acked(std::int64_t min) {
  Expectation expectation;
  expectation.kind = ExpectKind::kAcked;
  expectation.name = "acked";
  expectation.line = 41;
  expectation.bound.min = min;
  return expectation;
}

}  // namespace

TEST_CASE("a case that passed is one line") {
  CHECK(case_text(judged({acked(10)})) == "PASS     scenarios/hand.json  seed 7\n");
  CHECK(case_github(judged({acked(10)})) == case_text(judged({acked(10)})));
}

TEST_CASE("a failure tells what was expected, what was seen, where, and how to look") {
  CaseResult result = judged({acked(10), acked(11)});
  CHECK(result.outcome == CaseOutcome::kFail);
  REQUIRE(result.problems.size() == 1);
  result.problems[0].parted = {Instant() + milliseconds(2'500), EventId(77)};
  CHECK(case_text(result) ==
        "FAIL     scenarios/hand.json  seed 7\n"
        "         scenarios/hand.json:41: acked: expected at least 11 records, seen 10 records; "
        "first at 2.5 s (e77)\n"
        "         see: ackident run scenarios/hand.json --seed 7 --trace\n");
}

TEST_CASE("a case that shows nothing says why") {
  const CaseResult vacuous = judged({acked(10)}, false);
  CHECK(vacuous.outcome == CaseOutcome::kVacuous);
  REQUIRE(vacuous.problems.size() == 1);
  CHECK(vacuous.problems[0].what == "kill never fired");
}

TEST_CASE("commands of a workflow are escaped as their reader unescapes them") {
  CaseResult result = judged({acked(11)});
  result.file = "a,b:c%.json";
  result.problems[0].what = "100 %\nand: more, too";
  const std::string text = case_github(result);
  CHECK(text.find("::error file=a%2Cb%3Ac%25.json,line=41,title=FAIL with seed 7::"
                  "100 %25%0Aand: more, too\n") != std::string::npos);
  CHECK(case_github(judged({acked(10)}, false)).find("::warning file=") != std::string::npos);
}

TEST_CASE("a tally names what there was") {
  CaseTally tally;
  tally.add(CaseOutcome::kPass);
  CHECK(tally_text(tally) == "1 passed of 1 case\n");
  tally.add(CaseOutcome::kVacuous);
  tally.add(CaseOutcome::kFail);
  CHECK(tally_text(tally) == "1 passed, 1 failed, 1 vacuous of 3 cases\n");
}

TEST_CASE("cases as JSON") {
  const std::vector<CaseResult> cases = {
      judged({acked(10)}), judged({acked(11)}),
      case_without("bad.json", CaseOutcome::kRefused, "bad.json:1:1: error: \"x\"")};
  const nlohmann::json json = nlohmann::json::parse(cases_json(cases));
  CHECK(json["cases"].size() == 3);
  CHECK(json["cases"][0]["outcome"] == "PASS");
  CHECK(json["cases"][0]["acked"] == 10);
  CHECK(json["cases"][1]["problems"][0]["line"] == 41);
  CHECK_FALSE(json["cases"][2].contains("seed"));
  CHECK(json["cases"][2]["problems"][0]["what"] == "bad.json:1:1: error: \"x\"");
  CHECK(json["tally"]["REFUSED"] == 1);
}

TEST_CASE("JUnit: a suite for each file, a failure or an error for what is not green") {
  CaseResult failed = judged({acked(11)});
  failed.problems[0].what = "<a> & \"b\"\x01";
  CaseResult other = judged({acked(10)}, false);
  other.file = "scenarios/other.json";
  const std::string xml = cases_junit({judged({acked(10)}), failed, other});
  CHECK(xml.find("<testsuites name=\"ackident\" tests=\"3\" failures=\"1\" errors=\"1\">") !=
        std::string::npos);
  CHECK(
      xml.find("<testsuite name=\"scenarios/hand.json\" tests=\"2\" failures=\"1\" errors=\"0\"") !=
      std::string::npos);
  CHECK(xml.find("message=\"&lt;a&gt; &amp; &quot;b&quot;?\"") != std::string::npos);
  CHECK(xml.find("<error type=\"VACUOUS\" message=\"kill never fired\">") != std::string::npos);
}

}  // namespace ackident
