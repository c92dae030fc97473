#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "app/commands.h"
#include "app/files.h"
#include "drive/contract.h"
#include "drive/run.h"
#include "report/json.h"
#include "report/strip.h"
#include "report/summary.h"
#include "scenario/load.h"

namespace ackident {

std::atomic<bool> interrupted = false;

namespace {

// https://no-color.org: set and not empty.
bool wants_colour(const RunOptions& options, std::FILE* target) {
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const term = std::getenv("TERM");
  if (options.no_color || (no_color != nullptr && *no_color != '\0')) return false;
  if (term == nullptr || std::strcmp(term, "dumb") == 0) return false;
  return ::isatty(::fileno(target)) != 0;
}

int code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass: return kHeld;
    case Verdict::kFail: return kFailed;
    case Verdict::kUnknown:
    case Verdict::kVacuous: break;
  }
  return kUndecided;
}

// The code of several runs: what needs attention first.
int worse(int a, int b) {
  for (const int code : {kBroken, kInterrupted, kUsage, kFailed, kUndecided}) {
    if (a == code || b == code) return code;
  }
  return kHeld;
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

// The trace of one run, as bytes; and the place where another run parts from it.
struct Comparison {
  std::string first;
  std::size_t compared = 0;
  bool differs = false;
  std::size_t at = 0;
};

void keep_bytes(void* context, const char* bytes, std::size_t count) {
  static_cast<Comparison*>(context)->first.append(bytes, count);
}

void compare_bytes(void* context, const char* bytes, std::size_t count) {
  Comparison& comparison = *static_cast<Comparison*>(context);
  for (std::size_t i = 0; i < count && !comparison.differs; ++i, ++comparison.compared) {
    const std::size_t at = comparison.compared;
    if (at < comparison.first.size() && comparison.first[at] == bytes[i]) continue;
    comparison.differs = true;
    comparison.at = at;
  }
}

// The number of the first event in which two runs of the scenario differ; 0: they do not.
std::uint64_t first_difference(const Scenario& scenario) {
  Comparison comparison;
  for (const auto write : {keep_bytes, compare_bytes}) {
    TraceSink sink = TraceBinaryWriter(ByteSink{write, &comparison});
    RunHooks hooks;
    hooks.trace = &sink;
    run(scenario, hooks);
    finish(sink);
  }
  if (!comparison.differs && comparison.compared == comparison.first.size()) return 0;
  const std::size_t at = comparison.differs ? comparison.at : comparison.compared;
  const std::size_t mark = sizeof TraceBinaryWriter::kMark - 1;
  return at < mark ? 1 : (at - mark) / sizeof(TraceRecord) + 1;
}

// Runs it again: the same scenario and seed must give the same digest and the same report.
bool is_deterministic(const Scenario& scenario, const RunResult& result) {
  const RunResult again = run(scenario);
  if (again.digest == result.digest &&
      report_json(scenario, again) == report_json(scenario, result)) {
    return true;
  }
  const std::uint64_t event = first_difference(scenario);
  fmt::print(stderr,
             "ackident: {}: two runs with seed {} differ: digests {:016x} and {:016x}, {}\n",
             scenario.file, scenario.seed, result.digest, again.digest,
             event == 0 ? std::string("same events") : fmt::format("first in event {}", event));
  return false;
}

int run_one(const RunOptions& options, const std::string& file) {
  return run_scenario(options,
                      load_scenario(file, read_file(file), options.overrides, options.seed));
}

}  // namespace

int run_scenario(const RunOptions& options, const Scenario& scenario) {
  for (const std::string& warning : scenario.warnings) fmt::print(stderr, "{}\n", warning);
  check_context().seed = scenario.seed;
  const RunResult result = simulate(options, scenario);
  const bool colour = wants_colour(options, options.json == "-" ? stderr : stdout);
  say(options, report_summary(scenario, result, colour));
  if (options.json == "-") {
    print(report_json(scenario, result));
  } else if (!options.json.empty()) {
    replace_file(options.json, report_json(scenario, result));
  }
  if (interrupted) return kInterrupted;
  if (options.check_determinism && !is_deterministic(scenario, result)) return kBroken;
  const std::vector<std::string> broken =
      options.promises ? broken_promises(scenario, result) : std::vector<std::string>();
  for (const std::string& promise : broken) say(options, fmt::format("broken: {}\n", promise));
  return broken.empty() ? code_of(result.verdict) : kFailed;
}

int run_command(const RunOptions& options) {
  if (options.files.size() > 1 && !options.json.empty()) {
    fmt::print(stderr, "ackident: --json holds one report: give one scenario with it\n");
    return kUsage;
  }
  int code = kHeld;
  for (const std::string& file : options.files) {
    try {
      code = worse(code, run_one(options, file));
    } catch (const ScenarioError& error) {
      fmt::print(stderr, "{}\n", error.what());
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
