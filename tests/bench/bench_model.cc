// The whole model with its oracles and recorders, as a user runs it: per event against RL3F (G3),
// runs per second (G4c), the binary trace, the report's share, and a cluster of a hundred brokers.
#include "drive/run.h"
#include "pair.h"
#include "report/json.h"
#include "report/summary.h"
#include "rl3f.h"
#include "scenarios.h"

namespace ackident::bench {
namespace {

// ratio: how many times RL3F's time per event the model takes. The first run grows the memory.
void model(benchmark::State& state) {
  constexpr int kYardRuns = 3;  // one is over before the clock is worth reading
  const Scenario scenario = load("canonical.json");
  Runner runner(scenario);
  Rl3f yardstick;
  const auto events = static_cast<double>(runner.run(1).events);
  const auto yard_events = static_cast<double>(kYardRuns * yardstick.run(1, true).events);
  const RunResult* result = nullptr;
  measure_pairs(
      state, events, yard_events, [&] { result = &runner.run(1); },
      [&] {
        for (int i = 0; i < kYardRuns; ++i) yardstick.run(1, true);
      });
  state.counters["runs_per_s"] = 1e9 / (state.counters["a_ns"] * events);
  if (result->totals.lost != 0 || !result->violations.empty()) {
    state.SkipWithError("acks=all lost a record, or an invariant broke");
  }
}
BENCHMARK(model)->Iterations(1);

// ratio: with the binary trace over without.
void model_traced(benchmark::State& state) {
  const Scenario scenario = load_short();
  Runner runner(scenario);
  std::uint64_t bytes = 0;
  const ByteSink count{
      [](void* context, const char*, std::size_t n) { *static_cast<std::uint64_t*>(context) += n; },
      &bytes};
  const double events = static_cast<double>(runner.run(1).events);
  measure_pairs(
      state, events,
      [&] {
        TraceSink sink = TraceBinaryWriter(count);
        RunHooks hooks;
        hooks.trace = &sink;
        runner.run(1, hooks);
        finish(sink);
      },
      [&] { runner.run(1); });
  if (bytes == 0) state.SkipWithError("no trace");
}
BENCHMARK(model_traced)->Iterations(1);

// ratio: writing both reports over the run.
void report_share(benchmark::State& state) {
  const Scenario scenario = load("canonical.json");
  Runner runner(scenario);
  const RunResult* result = &runner.run(1);
  std::size_t bytes = 0;
  measure_pairs(
      state, 1,
      [&] {
        bytes += report_json(scenario, *result).size();
        bytes += report_summary(scenario, *result, false).size();
      },
      [&] { result = &runner.run(1); });
  benchmark::DoNotOptimize(bytes);
}
BENCHMARK(report_share)->Iterations(1);

// ratio: per event, a hundred brokers over three.
void scale(benchmark::State& state) {
  const Scenario small = load("canonical.json");
  const Scenario large = load("scale.json");
  Runner small_runner(small);
  Runner large_runner(large);
  const auto small_events = static_cast<double>(small_runner.run(1).events);
  const auto large_events = static_cast<double>(large_runner.run(1).events);
  measure_pairs(
      state, large_events, small_events, [&] { large_runner.run(1); }, [&] { small_runner.run(1); },
      9);
  state.counters["events"] = large_events;
}
BENCHMARK(scale)->Iterations(1);

}  // namespace
}  // namespace ackident::bench

BENCHMARK_MAIN();
