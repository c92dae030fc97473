// G6: a keyed draw (Dice::bits) and a latency draw (bits and distribution together).
#include "kernel/chooser.h"
#include "kernel/distribution.h"
#include "pair.h"

namespace ackident::bench {
namespace {

constexpr std::uint64_t kDraws = 1'000'000;

// The median ns of a draw over kPairs rounds.
template <class Draw>
void measure(benchmark::State& state, Draw&& draw) {
  std::vector<double> ns;
  for (auto _ : state) {
    for (int i = 0; i < kPairs; ++i) {
      std::uint64_t sum = 0;
      const double start = cpu_ns();
      for (std::uint64_t ordinal = 0; ordinal < kDraws; ++ordinal) sum += draw(ordinal);
      ns.push_back((cpu_ns() - start) / static_cast<double>(kDraws));
      benchmark::DoNotOptimize(sum);
    }
  }
  state.counters["ns"] = median(ns);
}

void dice_bits(benchmark::State& state) {
  const Dice dice(7);
  measure(state, [&](std::uint64_t ordinal) { return dice.bits(1, 2, ordinal); });
}
BENCHMARK(dice_bits)->Iterations(1);

void latency(benchmark::State& state) {
  const auto kind = static_cast<Distribution::Kind>(state.range(0));
  const Distribution distribution{kind, microseconds(300), microseconds(900)};
  const Chooser chooser(7);
  measure(state, [&](std::uint64_t ordinal) {
    const std::uint64_t bits = chooser.bits({ChoiceKind::kLinkLatency, 2, ordinal});
    return static_cast<std::uint64_t>(sample(distribution, bits).ns());
  });
  constexpr const char* kNames[] = {"constant", "uniform", "exponential", "log-normal"};
  state.SetLabel(kNames[state.range(0)]);
}
BENCHMARK(latency)->DenseRange(0, 3)->Iterations(1);

}  // namespace
}  // namespace ackident::bench

BENCHMARK_MAIN();
