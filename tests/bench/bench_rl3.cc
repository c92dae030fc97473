// RL3 through the project's EventQueue against the hand-written limit (G2), its simulated-time
// speed-up (G2d), and with the binary trace on (G7b).
#include "kernel/trace.h"
#include "pair.h"
#include "rl3_queues.h"

namespace ackident::bench {
namespace {

const Rl3Workload kWorkloads[] = {kSparse, kDense5, kDense500};

void require_expected(benchmark::State& state, const Rl3Workload& workload, const Rl3Result& limit,
                      const Rl3Result& project) {
  if (!(limit == project)) state.SkipWithError("the two queues disagree");
  if (!(limit == Rl3Result{workload.events, workload.acked, 0, workload.hash})) {
    state.SkipWithError("not the workload RL3");
  }
}

// ratio: how many times the limit's time the project takes.
void rl3(benchmark::State& state) {
  const Rl3Workload& workload = kWorkloads[state.range(0)];
  Rl3<FixedQueue> limit;
  Rl3<ProjectQueue> project;
  require_expected(state, workload, limit.run(workload), project.run(workload));
  measure_pairs(
      state, static_cast<double>(workload.events), [&] { project.run(workload); },
      [&] { limit.run(workload); });
  const double run_ns = state.counters["a_ns"] * static_cast<double>(workload.events);
  state.counters["speedup"] = static_cast<double>(workload.horizon_ns) / run_ns;
  state.SetLabel(workload.name);
}
BENCHMARK(rl3)->Arg(0)->Arg(1)->Arg(2)->Iterations(1);

// ratio: how many times the time without a trace the run takes with one.
void rl3_traced(benchmark::State& state) {
  std::uint64_t bytes = 0;
  const ByteSink count{
      [](void* context, const char*, std::size_t n) { *static_cast<std::uint64_t*>(context) += n; },
      &bytes};
  Rl3<ProjectQueue> project;
  std::uint64_t id = 0;
  const auto traced = [&] {
    TraceSink sink = TraceBinaryWriter(count);
    project.run(kSparse, [&](bool is_timer, std::uint32_t source, std::uint64_t at) {
      append(sink, {EventId(++id), EventId(0), Instant(static_cast<std::int64_t>(at)),
                    static_cast<std::uint16_t>(source), 0, is_timer, 0, 0, 0});
    });
    finish(sink);
  };
  measure_pairs(state, static_cast<double>(kSparse.events), traced, [&] { project.run(kSparse); });
  if (bytes != kPairs * (8 + kSparse.events * sizeof(TraceRecord))) {
    state.SkipWithError("the trace is incomplete");
  }
}
BENCHMARK(rl3_traced)->Iterations(1);

}  // namespace
}  // namespace ackident::bench

BENCHMARK_MAIN();
