// G6: a keyed draw for one of 64 entities (Dice::Stream, which is how the network draws latencies),
// one with the whole key (Dice::bits, every draw with another subject, so that no part of it can be
// hoisted out of the loop), new dice and their first draw, and the step from 64 bits to a latency,
// measured over bits drawn before. What is drawn must be the known values.
#include <array>

#include "base/dice.h"
#include "kernel/distribution.h"
#include "pair.h"

namespace ackident::bench {
namespace {

constexpr std::uint64_t kDraws = 1'000'000;

// ns of a draw in the best of kPairs rounds: there is nothing to form a ratio with, and what else
// the machine does only adds.
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
  state.counters["ns"] = *std::min_element(ns.begin(), ns.end());
}

void stream_bits(benchmark::State& state) {
  static_assert(Dice(1).stream(2, 3).bits(4) == Dice(1).bits(2, 3, 4));
  std::array<Dice::Stream, 64> streams;
  for (std::uint64_t i = 0; i < 64; ++i) streams[i] = Dice(7).stream(1, i);
  measure(state, [&](std::uint64_t ordinal) { return streams[ordinal & 63].bits(ordinal); });
}
BENCHMARK(stream_bits)->Iterations(1);

void dice_bits(benchmark::State& state) {
  static_assert(Dice(0).bits(0, 0, 0) == 0x451c27240d1bef2d);
  static_assert(Dice(1).bits(2, 3, 4) == 0x332a26ff404e9817);
  const Dice dice(7);
  measure(state, [&](std::uint64_t ordinal) { return dice.bits(1, ordinal & 63, ordinal); });
}
BENCHMARK(dice_bits)->Iterations(1);

void dice_below(benchmark::State& state) {
  const Dice dice(7);
  measure(state, [&](std::uint64_t ordinal) { return dice.below(1, ordinal & 63, ordinal, 6); });
}
BENCHMARK(dice_below)->Iterations(1);

void seeding(benchmark::State& state) {
  measure(state, [](std::uint64_t ordinal) { return Dice(ordinal).bits(1, 2, 3); });
}
BENCHMARK(seeding)->Iterations(1);

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
  constexpr std::int64_t kKnown[] = {300'000, 602'151, 1'228'171, 339'827};
  std::int64_t sum = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) sum += sampler.sample(Dice(7).bits(1, 2, i)).ns();
  if (sum / 1000 != kKnown[state.range(0)]) state.SkipWithError("not the known latencies");
}
BENCHMARK(latency)->DenseRange(0, 3)->Iterations(1);

}  // namespace
}  // namespace ackident::bench

BENCHMARK_MAIN();
