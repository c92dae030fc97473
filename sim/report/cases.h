// What a test run says of each case, that is of each scenario on each seed: one line, and for a
// case that did not pass what was expected, what was seen, and where. As text, and in the forms
// that other programs read: JSON, JUnit's XML, and the commands of a GitHub workflow.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "oracle/result.h"
#include "scenario/diagnostics.h"
#include "scenario/scenario.h"

namespace ackident {

// A verdict, or why there is none.
enum class CaseOutcome : std::uint8_t {
  kPass,
  kFail,
  kUnknown,
  kVacuous,
  kRefused,  // the scenario could not be loaded
  kBug,      // a check of ackident itself failed
  kCount
};
std::string_view outcome_name(CaseOutcome outcome);  // "PASS" ...

struct CaseProblem {
  CaseOutcome outcome = CaseOutcome::kFail;
  std::uint32_t line = 0;  // of the expectation; 0: none
  std::string what;        // "lost: expected at most 0 records, seen 12 records"
  EventId event;           // first event where they part; EventId(): not known
  Instant at = kNever;
};

struct CaseResult {
  std::string file;
  std::string name;  // of the scenario
  std::uint64_t seed = 0;
  bool own_seed = true;   // the scenario's own, not of a range
  std::string arguments;  // further ones of the command that runs it again: " --set a=b"
  CaseOutcome outcome = CaseOutcome::kPass;
  std::uint64_t digest = 0;
  Totals totals;
  std::vector<CaseProblem> problems;
};

CaseResult case_result(const Scenario& scenario, const RunResult& result);
// A case without a result.
CaseResult case_without(const std::string& file, CaseOutcome outcome, const std::string& why);
CaseResult case_refused(const std::string& file, const ScenarioError& error);

struct CaseTally {
  std::array<std::uint64_t, static_cast<std::size_t>(CaseOutcome::kCount)> counts{};

  void add(CaseOutcome outcome) { ++counts[static_cast<std::size_t>(outcome)]; }
  [[nodiscard]] std::uint64_t operator[](CaseOutcome outcome) const {
    return counts[static_cast<std::size_t>(outcome)];
  }
  [[nodiscard]] std::uint64_t total() const;
};

// Case by case.
std::string case_text(const CaseResult& result);
std::string case_github(const CaseResult& result);
std::string tally_text(const CaseTally& tally);  // "3 passed, 1 failed of 4 cases\n"
// All together.
std::string cases_json(const std::vector<CaseResult>& cases);
std::string cases_junit(const std::vector<CaseResult>& cases);  // schema: reports/junit.xsd

}  // namespace ackident
