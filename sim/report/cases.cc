#include "report/cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "drive/expect.h"
#include "drive/words.h"
#include "report/json_writer.h"

namespace ackident {

namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(CaseOutcome::kCount)> kNames = {
    "PASS", "FAIL", "UNKNOWN", "VACUOUS", "REFUSED", "BUG"};
constexpr std::array<std::string_view, static_cast<std::size_t>(CaseOutcome::kCount)> kTallied = {
    "passed", "failed", "unknown", "vacuous", "refused", "met a bug of ackident"};

CaseOutcome outcome_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass: return CaseOutcome::kPass;
    case Verdict::kFail: return CaseOutcome::kFail;
    case Verdict::kUnknown: return CaseOutcome::kUnknown;
    case Verdict::kVacuous: break;
  }
  return CaseOutcome::kVacuous;
}

// As the file has them.
void sort_by_line(std::vector<CaseProblem>& problems) {
  std::stable_sort(problems.begin(), problems.end(),
                   [](const CaseProblem& a, const CaseProblem& b) { return a.line < b.line; });
}

constexpr std::int32_t kEverySeed = 1000;

void add_expectations(const Scenario& scenario, const RunResult& result, bool of_many,
                      CaseResult& out) {
  // A share is of the runs that show something.
  const bool exposed = every_fault_bit(result);
  for (std::size_t i = 0; i < result.expectations.size(); ++i) {
    const ExpectationResult& judged = result.expectations[i];
    const Expectation& wanted = scenario.expect[i];
    if (of_many && wanted.share < kEverySeed) {
      const bool held = judged.verdict == Verdict::kPass;
      if (exposed && (held || judged.verdict == Verdict::kFail)) {
        out.shared.push_back({i, held, judged.parted});
      }
      if (judged.verdict == Verdict::kFail) continue;
    }
    if (judged.verdict == Verdict::kPass) continue;
    // A run that was cut short has no answer to most of them: add_doubts() says so once.
    if (judged.verdict != Verdict::kFail && result.bounds_hit) continue;
    out.problems.push_back(
        {outcome_of(judged.verdict), wanted.line,
         fmt::format("{}: expected {}, seen {}", wanted.name, judged.expected, judged.seen),
         judged.parted});
  }
}

// The scenario may expect nothing of invariants: they hold nevertheless.
void add_violations(const Scenario& scenario, const RunResult& result, CaseResult& out) {
  const bool expected =
      std::any_of(scenario.expect.begin(), scenario.expect.end(),
                  [](const Expectation& e) { return e.kind == ExpectKind::kInvariants; });
  if (expected) return;
  for (const InvariantViolation& violation : result.violations) {
    if (violation.permitted) continue;
    out.problems.push_back({CaseOutcome::kFail,
                            0,
                            fmt::format("{}: {}", violation.invariant, violation.text),
                            {violation.at, violation.event}});
    return;  // the first one; what follows from it says less
  }
}

void add_doubts(const Scenario& scenario, const RunResult& result, CaseResult& out) {
  if (result.bounds_hit) {
    const auto open = std::count_if(
        result.expectations.begin(), result.expectations.end(),
        [](const ExpectationResult& judged) { return judged.verdict == Verdict::kUnknown; });
    out.problems.push_back({CaseOutcome::kUnknown,
                            0,
                            fmt::format("cut short at {}: {}; no answer to {} of {} expectations",
                                        duration_rounded(result.end - Instant()), result.cut_short,
                                        open, result.expectations.size()),
                            {}});
    return;
  }
  for (std::size_t i = 0; i < result.faults.size(); ++i) {
    const FaultResult& seen = result.faults[i];
    if (seen.bit) continue;
    const Fault& fault = scenario.setup.faults[i];
    out.problems.push_back({CaseOutcome::kVacuous,
                            fault.line,
                            fmt::format("{} {}", fault_action_name(fault.action), why_idle(seen)),
                            {}});
  }
}

std::string place_text(const CaseResult& result, const CaseProblem& problem) {
  return problem.line == 0 ? result.file : fmt::format("{}:{}", result.file, problem.line);
}

// What is not a failure says its own name.
std::string problem_text(const CaseProblem& problem) {
  std::string text;
  if (problem.outcome == CaseOutcome::kUnknown || problem.outcome == CaseOutcome::kVacuous) {
    text = fmt::format("{}: ", outcome_name(problem.outcome));
  }
  text += problem.what;
  return text + since_text(problem.parted);
}

std::string command_text(const CaseResult& result) {
  if (!result.seeds.empty()) {
    return fmt::format("ackident test {} --seeds {}{}", shell_word(result.file), result.seeds,
                       result.arguments);
  }
  const std::string seed = result.own_seed ? "" : fmt::format(" --seed {}", result.seed);
  return fmt::format("ackident run {}{}{} --trace", shell_word(result.file), seed,
                     result.arguments);
}

// The worst of what is left when misses that a share allows are left out.
CaseOutcome outcome_of(const std::vector<CaseProblem>& problems) {
  CaseOutcome worst = CaseOutcome::kPass;
  for (const CaseProblem& problem : problems) {
    if (problem.outcome == CaseOutcome::kFail) return CaseOutcome::kFail;
    if (worst != CaseOutcome::kUnknown) worst = problem.outcome;
  }
  return worst;
}

// "95%", "99.5%".
std::string percent_text(std::int32_t share) {
  return share % 10 == 0 ? fmt::format("{}%", share / 10)
                         : fmt::format("{}.{}%", share / 10, share % 10);
}

bool was_run(const CaseResult& result) { return result.outcome != CaseOutcome::kRefused; }

// Lines after the first stand below it.
std::string indented(std::string_view text, std::string_view indent) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += indent;
  }
  return out;
}

// https://docs.github.com/actions: % and line ends in a message; in a property : and , too.
std::string github_escaped(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    const bool special = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    if (special) {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out;
}

void write_problem(const CaseProblem& problem, JsonWriter& json) {
  json.begin_object(JsonWriter::Layout::kOneLine);
  json.member("outcome", outcome_name(problem.outcome));
  if (problem.line != 0) json.member("line", problem.line);
  json.member("what", problem.what);
  const Moment& parted = problem.parted;
  if (parted.at < kNever) json.member("at_ns", parted.at.ns());
  if (parted.event != EventId()) json.member("event", parted.event.value());
  json.end();
}

void write_case(const CaseResult& result, JsonWriter& json) {
  json.begin_object();
  json.member("file", result.file);
  json.member("outcome", outcome_name(result.outcome));
  if (was_run(result)) {
    json.member("scenario", result.name);
  }
  if (!result.seeds.empty()) {
    json.member("seeds", result.seeds);
  } else if (was_run(result)) {
    json.member("seed", result.seed);
    json.member("digest", fmt::format("{:016x}", result.digest));
    json.member("acked", result.totals.acked);
    json.member("lost", result.totals.lost);
    json.member("stranded", result.totals.stranded);
  }
  json.begin_array("problems");
  for (const CaseProblem& problem : result.problems) write_problem(problem, json);
  json.end();
  json.end();
}

}  // namespace

std::string shell_word(const std::string& word) {
  const char* const plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,@%+";
  if (word.find_first_not_of(plain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string_view outcome_name(CaseOutcome outcome) {
  return kNames[static_cast<std::size_t>(outcome)];
}

std::string seed_text(const CaseResult& result) {
  return result.seeds.empty() ? fmt::format("seed {}", result.seed) : "seeds " + result.seeds;
}

CaseResult case_result(const Scenario& scenario, const RunResult& result, bool of_many) {
  CaseResult out;
  out.file = scenario.file;
  out.name = scenario.name;
  out.seed = result.seed;
  out.own_seed = result.seed == scenario.seed;
  out.outcome = outcome_of(result.verdict);
  out.digest = result.digest;
  out.totals = result.totals;
  add_expectations(scenario, result, of_many, out);
  if (result.verdict == Verdict::kPass) return out;
  sort_by_line(out.problems);
  add_violations(scenario, result, out);
  add_doubts(scenario, result, out);
  for (const CaseResult::Shared& shared : out.shared) {
    if (shared.held) continue;
    out.note += fmt::format("{}{}", out.note.empty() ? "  misses " : ", ",
                            scenario.expect[shared.expectation].name);
    out.outcome = outcome_of(out.problems);
  }
  return out;
}

void ShareTally::add(const CaseResult& result) {
  for (const CaseResult::Shared& shared : result.shared) {
    Seen& seen = seen_[shared.expectation];
    if (!shared.held && seen.held == seen.judged) {
      seen.first_seed = result.seed;
      seen.first = shared;
    }
    ++seen.judged;
    if (shared.held) ++seen.held;
  }
}

std::optional<CaseResult> ShareTally::judge(const Scenario& scenario, std::string seeds) {
  const std::map<std::size_t, Seen> all = std::exchange(seen_, {});
  if (all.empty()) return std::nullopt;
  CaseResult out;
  out.file = scenario.file;
  out.name = scenario.name;
  out.seeds = std::move(seeds);
  for (const auto& [index, seen] : all) {
    const Expectation& wanted = scenario.expect[index];
    const std::string what =
        fmt::format("{} on {} of {} seeds", wanted.name, seen.held, seen.judged);
    if (seen.held * kEverySeed >= seen.judged * static_cast<std::uint64_t>(wanted.share)) {
      out.note += fmt::format("{}{}", out.note.empty() ? "  " : ", ", what);
      continue;
    }
    out.outcome = CaseOutcome::kFail;
    out.problems.push_back({CaseOutcome::kFail, wanted.line,
                            fmt::format("{}: expected on at least {}; missed on seed {}", what,
                                        percent_text(wanted.share), seen.first_seed),
                            seen.first.parted});
  }
  return out;
}

CaseResult case_without(const std::string& file, CaseOutcome outcome, const std::string& why) {
  CaseResult out;
  out.file = file;
  out.name = file;
  out.outcome = outcome;
  out.problems.push_back({outcome, 0, why, {}});
  return out;
}

CaseResult case_refused(const std::string& file, const ScenarioError& error) {
  CaseResult out = case_without(file, CaseOutcome::kRefused, "");
  out.problems.clear();
  for (const Problem& problem : error.problems()) {
    std::string text = format_problem(problem);
    text.pop_back();  // the last line feed
    out.problems.push_back(
        {CaseOutcome::kRefused, problem.file == file ? problem.line : 0, text, {}});
  }
  if (error.dropped() > 0) {
    out.problems.push_back(
        {CaseOutcome::kRefused, 0, fmt::format("and {} more errors", error.dropped()), {}});
  }
  return out;
}

std::uint64_t CaseTally::total() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts) sum += count;
  return sum;
}

std::string case_text(const CaseResult& result) {
  std::string text = fmt::format("{:<8} {}", outcome_name(result.outcome), result.file);
  if (was_run(result)) text += "  " + seed_text(result) + result.note;
  text += '\n';
  for (const CaseProblem& problem : result.problems) {
    // What a loader says names the file itself.
    const std::string where = was_run(result) ? place_text(result, problem) + ": " : "";
    text += fmt::format("         {}{}\n", where, indented(problem_text(problem), "         "));
  }
  if (!result.problems.empty() && was_run(result)) {
    text += fmt::format("         see: {}\n", command_text(result));
  }
  return text;
}

std::string case_github(const CaseResult& result) {
  std::string text = case_text(result);
  for (const CaseProblem& problem : result.problems) {
    const bool doubt =
        problem.outcome == CaseOutcome::kUnknown || problem.outcome == CaseOutcome::kVacuous;
    const std::string line = problem.line == 0 ? "" : fmt::format(",line={}", problem.line);
    const std::string title =
        fmt::format("{} with {}", outcome_name(problem.outcome), seed_text(result));
    text += fmt::format(
        "::{} file={}{},title={}::{}\n", doubt ? "warning" : "error",
        github_escaped(result.file, true), line,
        github_escaped(was_run(result) ? title : std::string(outcome_name(problem.outcome)), true),
        github_escaped(problem_text(problem), false));
  }
  return text;
}

std::string tally_text(const CaseTally& tally) {
  std::string text = fmt::format("{} passed", tally[CaseOutcome::kPass]);
  for (std::size_t i = 1; i < kTallied.size(); ++i) {
    if (tally.counts[i] > 0) text += fmt::format(", {} {}", tally.counts[i], kTallied[i]);
  }
  return text + " of " + counted(tally.total(), "case") + "\n";
}

std::string cases_json(const std::vector<CaseResult>& cases) {
  CaseTally tally;
  for (const CaseResult& result : cases) tally.add(result.outcome);
  JsonWriter json;
  json.begin_object();
  json.begin_array("cases");
  for (const CaseResult& result : cases) write_case(result, json);
  json.end();
  json.begin_object("tally", JsonWriter::Layout::kOneLine);
  for (std::size_t i = 0; i < kNames.size(); ++i) json.member(kNames[i], tally.counts[i]);
  json.end();
  json.end();
  return json.take();
}

}  // namespace ackident
