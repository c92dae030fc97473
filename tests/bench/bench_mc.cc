// Many runs: what one costs by itself (G4), and how a sweep gains from a second thread (G4b). The
// digests of all runs, whoever ran them, must come out the same.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "drive/run.h"
#include "pair.h"
#include "rl3f.h"
#include "scenarios.h"

namespace ackident::bench {
namespace {

// us of a run in which nothing happens: reset, forming the cluster, the result.
void start_up(benchmark::State& state) {
  const Scenario scenario = load("empty.json", {"duration=1ms", "settle=false"});
  Runner runner(scenario);
  std::vector<double> us;
  for (auto _ : state) {
    for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
      us.push_back(cpu_of([&] { runner.run(seed); }) / 1e3);
    }
  }
  state.counters["us"] = median(us);
}
BENCHMARK(start_up)->Iterations(1);

// CPU seconds that all processes together have used.
double machine_cpu() {
  std::ifstream stat("/proc/stat");
  std::string name;
  double user = 0;
  double nice = 0;
  double system = 0;
  stat >> name >> user >> nice >> system;
  return (user + nice + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double process_cpu() {
  timespec at{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) / 1e9;
}

// Wall seconds of one sweep. `make_runner` is called by each thread, and what it returns with every
// seed; `digests` are all of them.
template <class MakeRunner>
double sweep(MakeRunner&& make_runner, std::uint32_t threads, std::uint64_t seeds,
             std::uint64_t& digests) {
  std::atomic<std::uint64_t> next = 0;
  std::atomic<std::uint64_t> combined = 0;
  const auto work = [&] {
    auto runner = make_runner();
    for (std::uint64_t seed = next++; seed < seeds; seed = next++) combined ^= runner(seed);
  };
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> others;
  for (std::uint32_t i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  digests = combined;
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// scaling: of two threads, by the wall clock; worth something on an idle machine only, so
// `others` tells how many cores other processes used meanwhile. scaling_cpu: what it would be on an
// idle one, from the CPU time that the same runs took of one and of two threads. seconds_10000:
// what 10,000 seeds take on two cores, from the CPU time of one.
template <class MakeRunner>
void measure_sweep(benchmark::State& state, MakeRunner&& make_runner) {
  constexpr std::uint64_t kSeeds = 150;
  constexpr int kRounds = 5;
  Pairs by_wall;
  Pairs by_cpu;
  const auto start = std::chrono::steady_clock::now();
  const double others_before = machine_cpu() - process_cpu();
  for (auto _ : state) {
    for (int i = 0; i < kRounds; ++i) {
      std::uint64_t one = 0;
      std::uint64_t two = 0;
      double alone = 0;
      const double cpu = cpu_of([&] { alone = sweep(make_runner, 1, kSeeds, one); }) / 1e9;
      const double before = process_cpu();
      by_wall.add(alone, sweep(make_runner, 2, kSeeds, two));
      by_cpu.add(cpu, (process_cpu() - before) / 2);
      if (one != two) state.SkipWithError("the results depend on the number of threads");
    }
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  state.counters["scaling"] = by_wall.quiet().ratio;
  state.counters["scaling_cpu"] = by_cpu.quiet().ratio;
  state.counters["others"] = (machine_cpu() - process_cpu() - others_before) / wall.count();
  state.counters["seconds_10000"] = by_cpu.quiet().a / static_cast<double>(kSeeds) * 10'000 / 2;
}

const char* acks(const benchmark::State& state) { return state.range(0) == 0 ? "1" : "all"; }

// Half a minute of the whole model, acks=1 or all.
void sweep_model(benchmark::State& state) {
  const Scenario scenario = load_short({std::string("producers.0.config.acks=") + acks(state)});
  measure_sweep(state, [&] {
    return
        [runner = Runner(scenario)](std::uint64_t seed) mutable { return runner.run(seed).digest; };
  });
  state.SetLabel(acks(state));
}
BENCHMARK(sweep_model)->Arg(0)->Arg(1)->Iterations(1);

// Five minutes of the yardstick.
void sweep_rl3f(benchmark::State& state) {
  const bool acks_all = state.range(0) == 1;
  measure_sweep(state, [&] {
    return [model = Rl3f(), acks_all](std::uint64_t seed) mutable {
      return model.run(seed, acks_all).hash;
    };
  });
  state.SetLabel(acks(state));
}
BENCHMARK(sweep_rl3f)->Arg(0)->Arg(1)->Iterations(1);

}  // namespace
}  // namespace ackident::bench

BENCHMARK_MAIN();
