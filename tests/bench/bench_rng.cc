// G6: a keyed draw (Dice::bits, every draw with another subject, so that no part of it can be
// hoisted out of the loop) and the step from 64 bits to a latency, measured over bits drawn before.
#include "base/dice.h"
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
  measure(state, [&](std::uint64_t ordinal) { return dice.bits(1, ordinal & 63, ordinal); });
}
BENCHMARK(dice_bits)->Iterations(1);

void latency(benchmark::State& state) {
  const auto kind = static_cast<Distribution::Kind>(state.range(0));
  const Sampler sampler(Distribution{kind, microseconds(300), microseconds(900)});
  std::vector<std::uint64_t> bits;
  for (std::uint64_t i = 0; i < 1024; ++i) bits.push_back(Dice(7).bits(1, 2, i));
  measure(state, [&](std::uint64_t ordinal) {
    return static_cast<std::uint64_t>(sampler.sample(bits[ordinal & 1023]).ns());
  });
  constexpr const char* kNames[] = {"constant", "uniform", "exponential", "log-normal"};
  state.SetLabel(kNames[state.range(0)]);
}
BENCHMARK(latency)->DenseRange(0, 3)->Iterations(1);

}  // namespace
}  // namespace ackident::bench

BENCHMARK_MAIN();
