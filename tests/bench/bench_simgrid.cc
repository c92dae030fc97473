// SimGrid's kernel beside the project's: RL3 sparse (G2c) as SimGrid's users write it,
// an actor per node and a mailbox per actor; the network has latency only.
#include <array>
#include <cmath>
#include <functional>
#include <simgrid/Exception.hpp>
#include <simgrid/s4u.hpp>
#include <string>

#include "pair.h"
#include "rl3_queues.h"

namespace sg4 = simgrid::s4u;

namespace ackident::bench {
namespace {

enum Node : std::uint32_t { kLeader, kProducer, kFollower0, kFollower1, kNodes };
struct Way {
  Node from;
  Node to;
};
// By lane and by timer.
constexpr std::array<Way, kRl3Lanes> kWays{{{kProducer, kLeader},
                                            {kLeader, kProducer},
                                            {kLeader, kFollower0},
                                            {kLeader, kFollower1},
                                            {kFollower0, kLeader},
                                            {kFollower1, kLeader}}};
constexpr std::array<Node, kRl3Timers> kOwners{kLeader, kLeader, kProducer};

std::uint64_t now() {
  return static_cast<std::uint64_t>(std::llround(1e9 * sg4::Engine::get_clock()));
}

// One of a kind: SimGrid's engine cannot be begun twice in a process.
class SimGridQueue {
 public:
  SimGridQueue() { deadlines_.fill(kUnarmed); }

  void reset() {
    sg4::NetZone* const zone = sg4::create_full_zone("zone");
    for (std::uint32_t i = 0; i < kNodes; ++i) {
      const std::string name = std::to_string(i);
      hosts_[i] = zone->create_host(name, 1e9);
      boxes_[i] = sg4::Mailbox::by_name(name);
    }
    for (const Way& way : kWays) {
      const std::string name = std::to_string(way.from) + "-" + std::to_string(way.to);
      const sg4::Link* const link = zone->create_link(name, 1e15)->set_latency(500e-6);
      zone->add_route(hosts_[way.from]->get_netpoint(), hosts_[way.to]->get_netpoint(), nullptr,
                      nullptr, {sg4::LinkInRoute(link)}, false);
    }
    zone->seal();
    for (std::uint32_t i = 0; i < kNodes; ++i) {
      sg4::Actor::create(std::to_string(i), hosts_[i], [this, i] { act(static_cast<Node>(i)); });
    }
  }
  // Arrives when the network says so, which is at `at`.
  void push(std::uint32_t lane, std::uint64_t, const Rl3Message& message) {
    if (is_begun_) {
      send(lane, message);
    } else {
      first_.push_back({0, false, lane, message});
    }
  }
  void arm(std::uint32_t timer, std::uint64_t at) { deadlines_[timer] = at; }
  void disarm(std::uint32_t timer) { deadlines_[timer] = kUnarmed; }

  template <class Handle>
  void run(std::uint64_t until, Handle&& handle) {
    handle_ = std::ref(handle);
    is_begun_ = true;
    sg4::Engine::get_instance()->run_until(static_cast<double>(until) / 1e9);
  }

 private:
  static constexpr std::uint64_t kUnarmed = ~std::uint64_t{0};

  void send(std::uint32_t lane, const Rl3Message& message) {
    boxes_[kWays[lane].to]->put_init(new Rl3Event{0, false, lane, message}, 1)->detach();
  }
  void act(Node self) {
    for (const Rl3Event& event : first_) {
      if (kWays[event.source].from == self) send(event.source, event.message);
    }
    for (;;) step(self);
  }
  // The next message or timer, whichever comes first.
  void step(Node self) {
    std::uint32_t timer = 0;
    for (std::uint32_t i = 0; i < kRl3Timers; ++i) {
      if (deadline(self, i) < deadline(self, timer)) timer = i;
    }
    const std::uint64_t until = deadline(self, timer);
    const double wait =
        until == kUnarmed ? -1 : (static_cast<double>(until) - static_cast<double>(now())) / 1e9;
    if (until != kUnarmed && wait <= 0) return fire(timer);
    try {
      const auto event = boxes_[self]->get_unique<Rl3Event>(wait);
      event->at = now();
      handle_(*event);
    } catch (const simgrid::TimeoutException&) {
      fire(timer);
    }
  }
  [[nodiscard]] std::uint64_t deadline(Node self, std::uint32_t timer) const {
    return kOwners[timer] == self ? deadlines_[timer] : kUnarmed;
  }
  void fire(std::uint32_t timer) {
    deadlines_[timer] = kUnarmed;
    handle_({now(), true, timer, {}});
  }

  std::array<sg4::Host*, kNodes> hosts_{};
  std::array<sg4::Mailbox*, kNodes> boxes_{};
  std::array<std::uint64_t, kRl3Timers> deadlines_{};
  std::vector<Rl3Event> first_;
  bool is_begun_ = false;
  std::function<void(const Rl3Event&)> handle_;
};

// ratio: how many times SimGrid's speed the project's queue has, by simulated second. SimGrid goes
// on with one run, six seconds each time.
void rl3(benchmark::State& state) {
  constexpr std::uint64_t kSlice = 6'000'000'000;
  constexpr std::uint64_t kOffBeat = 300'000;  // nothing happens where a slice ends
  Rl3<SimGridQueue> simgrid_model;
  Rl3<ProjectQueue> project;
  simgrid_model.begin(kSparse);
  std::uint64_t until = kSlice + kOffBeat;
  simgrid_model.go_on(until);
  const double events = static_cast<double>(kSparse.events);
  const double slices = static_cast<double>(kSparse.horizon_ns) / static_cast<double>(kSlice);
  measure_pairs(
      state, events / slices, events, [&] { simgrid_model.go_on(until += kSlice); },
      [&] { project.run(kSparse); });
  Rl3Workload same = kSparse;
  same.horizon_ns = until;
  const Rl3Result expected = project.run(same);
  const Rl3Result result = simgrid_model.end();
  // SimGrid's clock is a double: the instants are not quite the same.
  if (result.events != expected.events || result.acked != expected.acked || result.lost != 0) {
    state.SkipWithError("SimGrid's RL3 is another");
  }
}
BENCHMARK(rl3)->Iterations(1);

}  // namespace
}  // namespace ackident::bench

int main(int argc, char** argv) {
  sg4::Engine engine(&argc, argv);
  for (const char* setting :
       {"network/model:CM02", "network/latency-factor:1", "network/bandwidth-factor:1",
        "network/crosstraffic:0", "network/TCP-gamma:0"}) {
    sg4::Engine::set_config(setting);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
