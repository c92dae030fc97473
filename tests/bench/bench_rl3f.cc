// RL3F, the yardstick of the full model: ns per event and ms per five-minute run, seeds 0..59.
#include "pair.h"
#include "rl3f.h"

namespace ackident::bench {
namespace {

constexpr std::uint64_t kSeeds = 60;

void rl3f(benchmark::State& state) {
  const bool acks_all = state.range(0) == 1;
  Rl3f model;
  std::uint64_t events = 0;
  std::uint64_t lost = 0;
  std::uint64_t elections = 0;
  std::vector<double> ns_each;
  for (auto _ : state) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      const double start = cpu_ns();
      const Rl3fResult result = model.run(seed, acks_all);
      ns_each.push_back((cpu_ns() - start) / static_cast<double>(result.events));
      events += result.events;
      lost += result.lost;
      elections += result.elections;
    }
  }
  state.counters["ns"] = median(ns_each);
  state.counters["run_ms"] = median(ns_each) * static_cast<double>(events) / kSeeds / 1e6;
  state.counters["events"] = static_cast<double>(events) / kSeeds;
  state.counters["elections"] = static_cast<double>(elections) / kSeeds;
  state.counters["lost"] = static_cast<double>(lost) / kSeeds;
  state.SetLabel(acks_all ? "acks=all" : "acks=1");
  // A yardstick that loses what it must keep measures nothing.
  if (acks_all && lost != 0) state.SkipWithError("acks=all lost an acknowledged record");
  if (!(model.run(1, acks_all) == model.run(1, acks_all))) state.SkipWithError("not repeatable");
}
BENCHMARK(rl3f)->Arg(0)->Arg(1)->Iterations(1);

}  // namespace
}  // namespace ackident::bench

BENCHMARK_MAIN();
