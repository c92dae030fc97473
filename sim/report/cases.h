// What a test run says of each case, that is of each scenario on each seed: one line, and for a
// case that did not pass what was expected, what was seen, and where. As text, and in the forms
// that other programs read: JSON, JUnit's XML, and the commands of a GitHub workflow.
#pragma once

#include <array>
#include <map>
#include <optional>
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
  Moment parted;           // what was expected, and what was seen
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
  // Of one seed of many: by expectation with a share, whether it held.
  struct Shared {
    std::size_t expectation = 0;
    bool held = false;
    Moment parted;  // of one that did not
  };
  std::vector<Shared> shared;
  std::string seeds;  // not one run: what was seen of all these, "0..99"
  std::string note;   // further words on the first line
};

// `of_many`: an expectation with a share may fail on some seeds, and is judged when all have run.
CaseResult case_result(const Scenario& scenario, const RunResult& result, bool of_many = false);
// A case without a result.
CaseResult case_without(const std::string& file, CaseOutcome outcome, const std::string& why);
CaseResult case_refused(const std::string& file, const ScenarioError& error);

// On how many of the seeds of one scenario each expectation with a share held.
class ShareTally {
 public:
  void add(const CaseResult& result);
  // Judges and forgets them; nothing if no expectation has a share.
  std::optional<CaseResult> judge(const Scenario& scenario, std::string seeds);

 private:
  struct Seen {
    std::uint64_t held = 0;
    std::uint64_t judged = 0;
    std::uint64_t first_seed = 0;  // that it did not hold on
    CaseResult::Shared first;
  };
  std::map<std::size_t, Seen> seen_;  // by expectation
};

struct CaseTally {
  std::array<std::uint64_t, static_cast<std::size_t>(CaseOutcome::kCount)> counts{};

  void add(CaseOutcome outcome) { ++counts[static_cast<std::size_t>(outcome)]; }
  [[nodiscard]] std::uint64_t operator[](CaseOutcome outcome) const {
    return counts[static_cast<std::size_t>(outcome)];
  }
  [[nodiscard]] std::uint64_t total() const;
};

// "seed 7", "seeds 0..99".
std::string seed_text(const CaseResult& result);
// A word as a shell reads it.
std::string shell_word(const std::string& word);
// Case by case.
std::string case_text(const CaseResult& result);
std::string case_github(const CaseResult& result);
std::string tally_text(const CaseTally& tally);  // "3 passed, 1 failed of 4 cases\n"
// All together.
std::string cases_json(const std::vector<CaseResult>& cases);
std::string cases_junit(const std::vector<CaseResult>& cases);  // schema: reports/junit.xsd

}  // namespace ackident
