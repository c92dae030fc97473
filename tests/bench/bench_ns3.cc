// ns-3's kernel beside the project's: HOLD (G1c) and RL3 sparse (G2b), through Simulator::Schedule
// and Run with the fastest of its schedulers.
#include <ns3/event-id.h>
#include <ns3/nstime.h>
#include <ns3/object-factory.h>
#include <ns3/simulator.h>

#include <array>
#include <functional>

#include "hold.h"
#include "pair.h"
#include "rl3_queues.h"

namespace ackident::bench {
namespace {

void start_over() {
  ns3::Simulator::Destroy();
  ns3::ObjectFactory scheduler;
  scheduler.SetTypeId("ns3::PriorityQueueScheduler");
  ns3::Simulator::SetScheduler(scheduler);
}

ns3::Time after(std::uint64_t ns) { return ns3::NanoSeconds(ns); }
std::uint64_t now() { return static_cast<std::uint64_t>(ns3::Simulator::Now().GetNanoSeconds()); }

// HOLD as a user of ns-3 writes it: an event that schedules itself again, and carries its payload.
class Ns3Hold {
 public:
  Ns3Hold(std::uint32_t n, Increments kind) : table_(increments(kind)) {
    start_over();
    for (std::uint32_t i = 0; i < n; ++i) schedule(Payload{{0, i, 0, 0}});
    run(2 * std::uint64_t{n} + 100'000);
  }
  void run(std::uint64_t steps) {
    left_ = steps;
    ns3::Simulator::Run();
  }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

 private:
  void schedule(const Payload& payload) {
    const std::uint32_t increment = table_[drawn_++ & (table_.size() - 1)];
    ns3::Simulator::Schedule(after(increment), &Ns3Hold::step, this, payload);
  }
  void step(Payload payload) {
    payload.words[0] += now();
    hash_ = mix(hash_, now() ^ payload.words[0]);
    schedule(payload);
    if (--left_ == 0) ns3::Simulator::Stop();
  }

  std::vector<std::uint32_t> table_;
  std::uint64_t drawn_ = 0;
  std::uint64_t left_ = 0;
  std::uint64_t hash_ = 0;
};

// ratio: how many times ns-3's speed the project's set has.
void hold(benchmark::State& state) {
  constexpr std::uint64_t kSteps = 200'000;
  const auto n = static_cast<std::uint32_t>(state.range(0));
  const auto kind = static_cast<Increments>(state.range(1));
  Ns3Hold ns3_hold(n, kind);
  Hold<PendingSetHold> project(n, kind);
  measure_pairs(
      state, static_cast<double>(kSteps), [&] { ns3_hold.run(kSteps); },
      [&] { project.run(kSteps); });
  if (ns3_hold.hash() != project.hash()) state.SkipWithError("the pop orders differ");
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const std::int64_t n : {10, 100, 1'000, 10'000}) {
    for (const std::int64_t kind : {0, 1}) benchmark->Args({n, kind});
  }
  benchmark->Iterations(1);
}
BENCHMARK(hold)->Apply(sizes);

class Ns3Queue {
 public:
  void reset() {
    start_over();
    timers_ = {};
  }
  void push(std::uint32_t lane, std::uint64_t at, const Rl3Message& message) {
    ns3::Simulator::Schedule(after(at - now()), &Ns3Queue::deliver, this, lane, message);
  }
  void arm(std::uint32_t timer, std::uint64_t at) {
    disarm(timer);
    timers_[timer] = ns3::Simulator::Schedule(after(at - now()), &Ns3Queue::fire, this, timer);
  }
  void disarm(std::uint32_t timer) { timers_[timer].Cancel(); }

  template <class Handle>
  void run(std::uint64_t until, Handle&& handle) {
    // What happens at the very end still happens.
    ns3::Simulator::Stop(after(until + 1 - now()));
    handle_ = std::ref(handle);
    ns3::Simulator::Run();
  }

 private:
  void deliver(std::uint32_t lane, Rl3Message message) { handle_({now(), false, lane, message}); }
  void fire(std::uint32_t timer) { handle_({now(), true, timer, {}}); }

  std::array<ns3::EventId, kRl3Timers> timers_;
  std::function<void(const Rl3Event&)> handle_;
};

// ratio: how many times ns-3's speed the project's queue has.
void rl3(benchmark::State& state) {
  Rl3<Ns3Queue> ns3_model;
  Rl3<ProjectQueue> project;
  const Rl3Result expected{kSparse.events, kSparse.acked, 0, kSparse.hash};
  if (ns3_model.run(kSparse) != expected) state.SkipWithError("ns-3's RL3 is another");
  if (project.run(kSparse) != expected) state.SkipWithError("the project's RL3 is another");
  measure_pairs(
      state, static_cast<double>(kSparse.events), [&] { ns3_model.run(kSparse); },
      [&] { project.run(kSparse); });
}
BENCHMARK(rl3)->Iterations(1);

}  // namespace
}  // namespace ackident::bench

BENCHMARK_MAIN();
