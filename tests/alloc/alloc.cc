// Counts calls of operator new over a million steady-state events of the event queue, and over
// those of the whole model, and requires none. Steady state begins once every container has grown
// to its high-water mark: the same work is done twice, and only the second time counts.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "base/dice.h"
#include "base/span_pool.h"
#include "drive/run.h"
#include "kernel/distribution.h"
#include "kernel/event_queue.h"
#include "kernel/trace.h"
#include "scenario/load.h"

namespace {

std::uint64_t allocations = 0;

void* allocate(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace ackident {
namespace {

constexpr std::uint64_t kEvents = 1'000'000;
constexpr std::uint32_t kLanes = 64;

struct Message {
  PoolSpan<std::uint64_t> records;
};

struct Load {
  EventQueue<Message> queue;
  SpanPool<std::uint64_t> pool;
  TraceSink trace = TraceRing(1024);
};

void send(Load& load, LaneId lane, Instant at, EventId cause, std::uint64_t dice) {
  const PoolSpan<std::uint64_t> records = load.pool.make(1 + dice % 7);
  load.queue.push(lane, at, cause, Message{records});
}

// Every message is answered on another lane, every timer is armed again; now and then a lane is
// blocked for a while or loses its connection. Pending events range from a handful to hundreds.
// Returns the number of events.
std::uint64_t run(Load& load, std::uint64_t seed) {
  const Dice dice(seed);
  const Distribution latency{Distribution::Kind::kExponential, microseconds(300),
                             microseconds(200)};
  load.queue.reset();
  load.pool.reset();
  for (std::uint32_t i = 0; i < kLanes; ++i) load.queue.add_lane();
  load.queue.add_timers(kLanes);
  for (std::uint32_t i = 0; i < kLanes; ++i) {
    send(load, LaneId(i), Instant(i), EventId(0), i);
    load.queue.arm(TimerId(i), Instant(milliseconds(i + 1).ns()), EventId(0));
  }
  EventQueue<Message>::Popped popped;
  std::uint64_t n = 0;
  while (n < kEvents && load.queue.pop(kNever, popped)) {
    ++n;
    const std::uint64_t bits = dice.bits(0, 0, n);
    const LaneId other(static_cast<std::uint32_t>(bits % kLanes));
    if (popped.is_timer) {
      load.queue.unblock(LaneId(popped.timer.value()), kBlockCut, popped.at);
      load.queue.arm(popped.timer, popped.at + milliseconds(50), EventId(n));
      send(load, LaneId(popped.timer.value()), popped.at, EventId(n), bits);
    } else {
      load.pool.release(popped.message.records);
      send(load, other, popped.at + sample(latency, bits), EventId(n), bits);
      load.queue.arm(TimerId(other.value()), popped.at + milliseconds(20), EventId(n));
      if (bits % 1000 == 7) load.queue.block(other, kBlockCut);
      if (bits % 5000 == 9) {
        load.queue.clear(other, [&](const Message& m) { load.pool.release(m.records); });
      }
    }
    append(load.trace, {EventId(n), popped.cause, popped.at, 0, 0, 0, 0, 0, 0});
  }
  return n;
}

bool check(const char* what, std::uint64_t warming_up, std::uint64_t counted,
           std::uint64_t events) {
  std::printf("%s: %llu allocations while warming up, %llu in %llu events after it\n", what,
              static_cast<unsigned long long>(warming_up), static_cast<unsigned long long>(counted),
              static_cast<unsigned long long>(events));
  return warming_up > 0 && counted == 0;
}

bool queue_is_quiet() {
  Load load;
  run(load, 1);
  const std::uint64_t before = allocations;
  const std::uint64_t events = run(load, 1);
  return check("event queue", before, allocations - before, events) && events == kEvents;
}

// Of each run, the part between two instants: first and last event seen, and what was allocated.
struct Window {
  Instant from;
  Instant to;
  std::uint64_t allocated = 0;
  std::uint64_t allocated_at_last = 0;
  EventId first;
  EventId last;
};

void watch(void* context, Instant at, EventId event, EventId, const Fact&) {
  Window& window = *static_cast<Window*>(context);
  if (at < window.from || at > window.to) return;
  if (window.first == EventId()) {
    window.first = event;
    window.allocated = allocations;
  }
  window.last = event;
  window.allocated_at_last = allocations;
}

constexpr const char* kScenario = R"({
  "doc": "Three brokers, a producer and a consumer, and no faults.",
  "kafka": "3.9",
  "duration": "90s",
  "cluster": {"brokers": 3},
  "topics": {"orders": {"partitions": 4, "replication_factor": 3}},
  "producers": [{"topic": "orders", "rate": "1000/s", "config": {"acks": "all"}}],
  "consumers": [{"group": "billing", "topic": "orders", "processing_rate": "2000/s"}]
})";

// A restarted broker grows its lists again; by 40 s they are as long as they get.
bool model_is_quiet() {
  const Scenario scenario = load_scenario("alloc", kScenario);
  Runner runner(scenario);
  const std::uint64_t before = allocations;
  runner.run(1);
  const std::uint64_t warming_up = allocations - before;
  Window window{Instant() + seconds(40), Instant() + seconds(85), 0, 0, {}, {}};
  RunHooks hooks;
  hooks.on_fact = watch;
  hooks.context = &window;
  runner.run(1, hooks);
  const auto events = static_cast<std::uint64_t>(window.last - window.first);
  return check("model", warming_up, window.allocated_at_last - window.allocated, events) &&
         events > 100'000;
}

constexpr const char* kSweep = R"json({
  "doc": "A leader's death, as a sweep runs it again and again.",
  "kafka": "3.9",
  "duration": "30s",
  "cluster": {"brokers": 3},
  "topics": {"orders": {"replication_factor": 3, "config": {"min.insync.replicas": 2}}},
  "producers": [{"topic": "orders", "rate": "100/s"}],
  "consumers": [{"group": "billing", "topic": "orders"}],
  "faults": [{"at": "10s", "kill": "leader(orders/0)", "for": "5s"}]
})json";

struct Sweep {
  std::uint64_t allocated = 0;
  std::uint64_t events = 0;
};

Sweep sweep(const char* duration) {
  const Scenario scenario = load_scenario("alloc", kSweep, {duration});
  Runner runner(scenario);
  constexpr std::uint64_t kSeeds = 20;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) runner.run(seed);
  const std::uint64_t before = allocations;
  Sweep counted;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) counted.events += runner.run(seed).events;
  counted.allocated = allocations - before;
  return counted;
}

// Each run begins and ends with some allocations, a broker that starts has some, and no event has:
// runs four times as long have as many.
bool sweep_is_quiet() {
  const Sweep brief = sweep("duration=30s");
  const Sweep lengthy = sweep("duration=120s");
  return check("sweep", brief.allocated, lengthy.allocated - brief.allocated,
               lengthy.events - brief.events) &&
         lengthy.events > 3 * brief.events;
}

}  // namespace
}  // namespace ackident

int main() {
  const bool queue = ackident::queue_is_quiet();
  const bool model = ackident::model_is_quiet();
  const bool sweep = ackident::sweep_is_quiet();
  return queue && model && sweep ? 0 : 1;
}
