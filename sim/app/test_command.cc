// ackident test: every scenario with its expectations, on all cores. A run is never divided; each
// thread takes one case after another. What is printed does not depend on the number of threads.
#include <fmt/format.h>

#include <cstdio>

#include "app/batch.h"
#include "app/commands.h"
#include "app/files.h"
#include "app/jobs.h"
#include "app/terminal.h"
#include "drive/locate.h"
#include "report/cases.h"
#include "scenario/load.h"

namespace ackident {

namespace {

int code_of(CaseOutcome outcome) {
  switch (outcome) {
    case CaseOutcome::kPass: return kHeld;
    case CaseOutcome::kFail: return kFailed;
    case CaseOutcome::kRefused: return kUsage;
    case CaseOutcome::kBug: return kBroken;
    default: return kUndecided;
  }
}

bool is_failure(CaseOutcome outcome) {
  const int code = code_of(outcome);
  return code != kHeld && code != kUndecided;
}

// Prints cases as they come, or all of them at the end, as the format wants it.
class Printer {
 public:
  Printer(const std::string& format, std::size_t count)
      : format_(format), count_(count), progress_(count) {}

  void add(const CaseResult& result) {
    code_ = worse(code_, code_of(result.outcome));
    tally_.add(result.outcome);
    if (format_ == "json" || format_ == "junit") {
      cases_.push_back(result);
    } else {
      progress_.clear();
      print(text_of(result));
    }
    progress_.step();
  }

  // The code of all cases.
  int finish() {
    progress_.clear();
    if (interrupted) {
      fmt::print(stderr, "ackident: interrupted after {} of {} cases\n", tally_.total(), count_);
      code_ = kInterrupted;
    }
    if (format_ == "json") {
      print(cases_json(cases_));
    } else if (format_ == "junit") {
      print(cases_junit(cases_));
    } else {
      print(tally_text(tally_));
    }
    return code_;
  }

 private:
  std::string text_of(const CaseResult& result) const {
    if (format_ == "github") return case_github(result);
    std::string text = case_text(result);
    if (!colour_) return text;
    const char* const colour = result.outcome == CaseOutcome::kPass ? "32"
                               : is_failure(result.outcome)         ? "31"
                                                                    : "33";
    const std::size_t end = text.find(' ');
    return fmt::format("\x1b[1;{}m{}\x1b[0m{}", colour, text.substr(0, end), text.substr(end));
  }

  std::string format_;
  std::size_t count_;
  Progress progress_;
  bool colour_ = wants_colour(stdout);
  int code_ = kHeld;
  CaseTally tally_;
  std::vector<CaseResult> cases_;
};

std::vector<std::string> chosen_files(const TestOptions& options) {
  std::vector<std::string> files = find_scenarios(options.batch.paths);
  std::erase_if(files, [&](const std::string& file) {
    return file.find(options.filter) == std::string::npos;
  });
  if (files.empty()) throw FileError("no scenario's path holds \"" + options.filter + "\"");
  return files;
}

// What cannot be loaded is a case, too.
std::vector<LoadedScenario> load_all(const TestOptions& options, std::vector<CaseResult>& refused) {
  std::vector<LoadedScenario> scenarios;
  for (const std::string& file : chosen_files(options)) {
    try {
      scenarios.push_back(load(file, read_file(file), options.batch.overrides));
    } catch (const ScenarioError& error) {
      refused.push_back(case_refused(file, error));
    } catch (const FileError& error) {
      refused.push_back(case_without(file, CaseOutcome::kRefused, error.what()));
    }
  }
  return scenarios;
}

std::string arguments_of(const BatchOptions& options) {
  std::string text;
  for (const std::string& override_text : options.overrides) {
    text += " --set " + shell_word(override_text);
  }
  return text;
}

CaseResult run_case(CaseRunner& runner, const Batch& batch, std::size_t number, bool of_many) {
  const Scenario& scenario = batch.scenario(number);
  const std::uint64_t seed = batch.seed(number);
  try {
    const RunResult& result = runner.run(batch, number);
    if (result.verdict != Verdict::kFail) return case_result(runner.scenario(), result, of_many);
    RunResult located = result;
    locate_failures(runner.scenario(), located);
    return case_result(runner.scenario(), located, of_many);
  } catch (const ScenarioError& error) {
    CaseResult refused = case_refused(scenario.file, error);
    const std::string why = fmt::format("seed {} places the replicas elsewhere", seed);
    refused.problems.push_back({CaseOutcome::kRefused, 0, why, {}});
    return refused;
  } catch (const std::exception& error) {
    CaseResult broken = case_without(scenario.file, CaseOutcome::kBug, error.what());
    broken.name = scenario.name;
    broken.seed = seed;
    broken.own_seed = seed == scenario.seed;
    return broken;
  }
}

}  // namespace

int test_command(const TestOptions& options) {
  std::vector<CaseResult> refused;
  const Batch batch(load_all(options, refused), parse_seeds(options.batch.seeds));
  Printer printer(options.format, refused.size() + batch.size());
  for (const CaseResult& result : refused) {
    printer.add(result);
    if (options.fail_fast) return printer.finish();
  }
  const std::string arguments = arguments_of(options.batch);
  const bool of_many = !options.batch.seeds.empty();
  const auto make_worker = [&] {
    return [&batch, &arguments, of_many, runner = CaseRunner()](std::size_t number) mutable {
      CaseResult result = run_case(runner, batch, number, of_many);
      result.arguments = arguments;
      return result;
    };
  };
  ShareTally shares;
  const auto add = [&](const CaseResult& result) {
    printer.add(result);
    return !(options.fail_fast && is_failure(result.outcome));
  };
  run_jobs(batch.size(), threads_of(options.batch.jobs), make_worker,
           [&](std::size_t number, const CaseResult& result) {
             if (interrupted) return false;
             shares.add(result);
             if (!add(result)) return false;
             const bool last =
                 number + 1 == batch.size() || batch.index(number + 1) != batch.index(number);
             if (!last) return true;
             auto all = shares.judge(batch.scenario(number), options.batch.seeds);
             if (!all) return true;
             all->arguments = arguments;
             return add(*all);
           });
  return printer.finish();
}

}  // namespace ackident
