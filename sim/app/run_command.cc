#include <fmt/format.h>

#include <cstdio>

#include "app/batch.h"
#include "app/commands.h"
#include "app/determinism.h"
#include "app/files.h"
#include "app/terminal.h"
#include "drive/contract.h"
#include "drive/locate.h"
#include "drive/run.h"
#include "drive/words.h"
#include "report/json.h"
#include "report/strip.h"
#include "report/summary.h"
#include "scenario/load.h"

namespace ackident {

std::atomic<bool> interrupted = false;

int worse(int a, int b) {
  for (const int code : {kBroken, kInterrupted, kUsage, kFailed, kUndecided}) {
    if (a == code || b == code) return code;
  }
  return kHeld;
}

namespace {

int code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass: return kHeld;
    case Verdict::kFail: return kFailed;
    case Verdict::kUnknown:
    case Verdict::kVacuous: break;
  }
  return kUndecided;
}

// People read here: standard output, unless that holds the report alone.
void say(const RunOptions& options, std::string_view text) {
  if (options.json == "-") {
    std::fwrite(text.data(), 1, text.size(), stderr);
  } else {
    print(text);
  }
}

void watch_fact(void* context, Instant at, EventId event, EventId cause, const Fact& fact) {
  static_cast<StripChart*>(context)->on_fact(at, event, cause, fact);
}

void write_line(void* context, std::string_view line) {
  const auto& options = *static_cast<const RunOptions*>(context);
  say(options, fmt::format("{}\n", line));
}

RunResult simulate(const RunOptions& options, const Scenario& scenario) {
  RunHooks hooks;
  hooks.interrupted = &interrupted;
  if (!options.trace) return run(scenario, hooks);
  StripChart chart(scenario, write_line, const_cast<RunOptions*>(&options));
  hooks.on_fact = watch_fact;
  hooks.context = &chart;
  RunResult result = run(scenario, hooks);
  chart.finish(result);
  return result;
}

int run_one(const RunOptions& options, const std::string& file) {
  return run_scenario(options,
                      load_scenario(file, read_file(file), options.overrides, options.seed));
}

}  // namespace

int run_scenario(const RunOptions& options, const Scenario& scenario) {
  for (const std::string& warning : scenario.warnings) fmt::print(stderr, "{}\n", warning);
  check_context().seed = scenario.seed;
  RunResult result = simulate(options, scenario);
  if (interrupted) {  // where it stood then is nobody's result
    fmt::print(stderr, "ackident: {}: interrupted at {}\n", scenario.file,
               duration_text(result.end - Instant()));
    return kInterrupted;
  }
  if (result.verdict == Verdict::kFail) locate_failures(scenario, result);
  std::FILE* const target = options.json == "-" ? stderr : stdout;
  say(options,
      report_summary(scenario, result, wants_colour(target, options.no_color), columns_of(target)));
  if (result.verdict == Verdict::kFail && !options.overrides.empty()) {
    say(options,
        "note         what the file expects is about its own settings; --set 'expect={}' "
        "leaves it out\n");
  }
  if (options.json == "-") {
    print(report_json(scenario, result));
  } else if (!options.json.empty()) {
    replace_file(options.json, report_json(scenario, result));
  }
  if (options.check_determinism) {
    const std::string difference = find_difference(scenario, result);
    if (!difference.empty()) {
      fmt::print(stderr, "ackident: {}: {}\n", scenario.file, difference);
      return kBroken;
    }
    say(options, fmt::format("deterministic: run again, every event and byte was the same\n"));
  }
  const std::vector<std::string> broken =
      options.promises ? broken_promises(scenario, result) : std::vector<std::string>();
  for (const std::string& promise : broken) say(options, fmt::format("broken: {}\n", promise));
  return broken.empty() ? code_of(result.verdict) : kFailed;
}

int run_command(const RunOptions& options) {
  const std::vector<std::string> files = find_scenarios(options.paths);
  if (files.size() > 1 && !options.json.empty()) {
    throw FileError("--json holds one report: give one scenario with it");
  }
  if (!options.json.empty() && options.json != "-") check_replaceable(options.json);
  int code = kHeld;
  for (const std::string& file : files) {
    if (&file != &files.front()) say(options, "\n");
    try {
      code = worse(code, run_one(options, file));
    } catch (const ScenarioError& error) {
      fmt::print(stderr, "{}", error.what());
      code = worse(code, kUsage);
    } catch (const FileError& error) {
      fmt::print(stderr, "ackident: {}\n", error.what());
      code = worse(code, kUsage);
    }
    if (interrupted) return kInterrupted;
  }
  return code;
}

}  // namespace ackident
