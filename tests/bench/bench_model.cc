// The whole model with its oracles and recorders, as a user runs it: per event against RL3F (G3),
// runs per second (G4c), what a run costs by itself (G4), two threads (G4b), the binary trace, the
// report's share, and a cluster of a hundred brokers.
#include <atomic>
#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "drive/run.h"
#include "pair.h"
#include "report/json.h"
#include "report/summary.h"
#include "rl3f.h"
#include "scenario/load.h"

namespace ackident::bench {
namespace {

Scenario load(const std::string& name, const std::vector<std::string>& overrides = {}) {
  const std::string path = std::string(ACKIDENT_BENCH_DIR) + "/" + name;
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return load_scenario(path, text.str(), overrides);
}

// Half a minute of the canonical run, with a leader's death: what a sweep runs again and again.
Scenario load_short() {
  return load("canonical.json", {"duration=30s", "faults.0.at=10s", "faults.0.for=5s",
                                 "faults.1.at=20s", "faults.1.for=5s"});
}

template <class F>
double cpu_of(F&& f) {
  const double start = cpu_ns();
  f();
  return cpu_ns() - start;
}

// ratio: how many times RL3F's time per event the model takes. The first runs grow the memory.
void model(benchmark::State& state) {
  constexpr std::uint64_t kSeeds = 15;
  const Scenario scenario = load("canonical.json");
  Runner runner(scenario);
  Rl3f yardstick;
  runner.run(1);
  std::vector<double> ns;
  std::vector<double> yard_ns;
  std::vector<double> ratio;
  std::vector<double> run_ns;
  std::uint64_t lost = 0;
  for (auto _ : state) {
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      std::uint64_t yard_events = 0;
      const double yard = cpu_of([&] {
        // Several, because one of them is over before the clock is worth reading.
        for (int i = 0; i < 3; ++i) yard_events += yardstick.run(seed, true).events;
      });
      const RunResult* result = nullptr;
      const double own = cpu_of([&] { result = &runner.run(seed); });
      lost += result->totals.lost + result->violations.size();
      ns.push_back(own / static_cast<double>(result->events));
      yard_ns.push_back(yard / static_cast<double>(yard_events));
      ratio.push_back(ns.back() / yard_ns.back());
      run_ns.push_back(own);
    }
  }
  state.counters["ns"] = median(ns);
  state.counters["yard_ns"] = median(yard_ns);
  state.counters["ratio"] = median(ratio);
  state.counters["runs_per_s"] = 1e9 / median(run_ns);
  if (lost != 0) state.SkipWithError("acks=all lost a record, or an invariant broke");
}
BENCHMARK(model)->Iterations(1);

// us of a run in which nothing happens: reset, forming the cluster, the result.
void fixed_cost(benchmark::State& state) {
  const Scenario scenario = load("empty.json", {"duration=1ms", "settle=false"});
  Runner runner(scenario);
  std::vector<double> us;
  for (auto _ : state) {
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
      us.push_back(cpu_of([&] { runner.run(seed); }) / 1e3);
    }
  }
  state.counters["us"] = median(us);
}
BENCHMARK(fixed_cost)->Iterations(1);

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
  small_runner.run(1);
  std::uint64_t events = 0;
  for (auto _ : state) {
    const RunResult* result = nullptr;
    const double large_ns = cpu_of([&] { result = &large_runner.run(1); });
    events = result->events;
    const double small_ns = cpu_of([&] { result = &small_runner.run(1); });
    state.counters["ns"] = large_ns / static_cast<double>(events);
    state.counters["ratio"] = large_ns / static_cast<double>(events) /
                              (small_ns / static_cast<double>(result->events));
    state.counters["cpu_s"] = large_ns / 1e9;
  }
  state.counters["events"] = static_cast<double>(events);
}
BENCHMARK(scale)->Iterations(1);

// Wall seconds of one sweep; the digests of all runs, whoever ran them.
double sweep(const Scenario& scenario, std::uint32_t threads, std::uint64_t seeds,
             std::uint64_t& digests) {
  std::atomic<std::uint64_t> next = 1;
  std::atomic<std::uint64_t> combined = 0;
  const auto work = [&] {
    Runner runner(scenario);
    for (std::uint64_t seed = next++; seed <= seeds; seed = next++) {
      combined ^= runner.run(seed).digest;
    }
  };
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> others;
  for (std::uint32_t i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  digests = combined;
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// scaling: of two threads, by the wall clock; worth something on an idle machine only. cpu_s: what
// 10,000 seeds take on two cores, from the CPU time of one thread.
void sweep_threads(benchmark::State& state) {
  constexpr std::uint64_t kSeeds = 200;
  const Scenario scenario = load_short();
  std::vector<double> scaling;
  double cpu = 0;
  for (auto _ : state) {
    for (int i = 0; i < 3; ++i) {
      std::uint64_t one = 0;
      std::uint64_t two = 0;
      double alone = 0;
      cpu = cpu_of([&] { alone = sweep(scenario, 1, kSeeds, one); });
      scaling.push_back(alone / sweep(scenario, 2, kSeeds, two));
      if (one != two) state.SkipWithError("the results depend on the number of threads");
    }
  }
  state.counters["scaling"] = median(scaling);
  state.counters["seconds_10000"] = cpu / 1e9 / static_cast<double>(kSeeds) * 10'000 / 2;
}
BENCHMARK(sweep_threads)->Iterations(1);

}  // namespace
}  // namespace ackident::bench

BENCHMARK_MAIN();
