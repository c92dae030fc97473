// HOLD and HOLD + CANCEL: the project's sets against std::priority_queue of 48-byte events.
// Goals: G1 (n = 100 to 10,000), G1b (n = 10), G1d (n = 1,000,000).
#include "hold.h"
#include "hold_cancel.h"
#include "pair.h"

namespace ackident::bench {
namespace {

constexpr const char* kNames[] = {"exp", "bimodal"};

template <class Yardstick, class Project>
void hold(benchmark::State& state) {
  const auto n = static_cast<std::uint32_t>(state.range(0));
  const auto kind = static_cast<Increments>(state.range(1));
  const std::uint64_t steps = std::max<std::uint64_t>(200'000, n);
  Hold<Yardstick> yardstick(n, kind);
  Hold<Project> project(n, kind);
  const auto work = static_cast<double>(steps);
  measure_pairs(
      state, work, work, [&] { yardstick.run(steps); }, [&] { project.run(steps); },
      n < 100'000 ? kPairs : 7);
  state.SetLabel(kNames[state.range(1)]);
  if (yardstick.hash() != project.hash()) state.SkipWithError("the pop orders differ");
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const std::int64_t n : {10, 100, 1'000, 10'000, 100'000, 1'000'000}) {
    for (const std::int64_t kind : {0, 1}) benchmark->Args({n, kind});
  }
  benchmark->Iterations(1);
}

void small_sizes(benchmark::internal::Benchmark* benchmark) {
  for (const std::int64_t n : {10, 100, 1'000, 10'000}) {
    for (const std::int64_t kind : {0, 1}) benchmark->Args({n, kind});
  }
  benchmark->Iterations(1);
}

BENCHMARK_TEMPLATE(hold, PriorityQueueHold, PendingSetHold)->Name("hold")->Apply(sizes);
BENCHMARK_TEMPLATE(hold, PriorityQueueCancelHold, EventQueueCancelHold)
    ->Name("hold_cancel")
    ->Apply(small_sizes);

}  // namespace
}  // namespace ackident::bench

BENCHMARK_MAIN();
