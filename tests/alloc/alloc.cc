// Counts calls of operator new over a million steady-state events and requires none. Steady state
// begins once every container has grown to its high-water mark: the same work is done twice, and
// only the second time counts.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "base/dice.h"
#include "base/span_pool.h"
#include "kernel/distribution.h"
#include "kernel/event_queue.h"
#include "kernel/trace.h"

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

struct World {
  EventQueue<Message> queue;
  SpanPool<std::uint64_t> pool;
  TraceSink trace = TraceRing(1024);
};

void send(World& world, LaneId lane, Instant at, EventId cause, std::uint64_t dice) {
  const PoolSpan<std::uint64_t> records = world.pool.make(1 + dice % 7);
  world.queue.push(lane, at, cause, Message{records});
}

// Every message is answered on another lane, every timer is armed again; now and then a lane is
// blocked for a while or loses its connection. Pending events range from a handful to hundreds.
// Returns the number of events.
std::uint64_t run(World& world, std::uint64_t seed) {
  const Dice dice(seed);
  const Distribution latency{Distribution::Kind::kExponential, microseconds(300),
                             microseconds(200)};
  world.queue.reset();
  world.pool.reset();
  for (std::uint32_t i = 0; i < kLanes; ++i) world.queue.add_lane();
  world.queue.add_timers(kLanes);
  for (std::uint32_t i = 0; i < kLanes; ++i) {
    send(world, LaneId(i), Instant(i), EventId(0), i);
    world.queue.arm(TimerId(i), Instant(milliseconds(i + 1).ns()), EventId(0));
  }
  EventQueue<Message>::Popped popped;
  std::uint64_t n = 0;
  while (n < kEvents && world.queue.pop(kNever, popped)) {
    ++n;
    const std::uint64_t bits = dice.bits(0, 0, n);
    const LaneId other(static_cast<std::uint32_t>(bits % kLanes));
    if (popped.is_timer) {
      world.queue.unblock(LaneId(popped.timer.value()), kBlockCut, popped.at);
      world.queue.arm(popped.timer, popped.at + milliseconds(50), EventId(n));
      send(world, LaneId(popped.timer.value()), popped.at, EventId(n), bits);
    } else {
      world.pool.release(popped.message.records);
      send(world, other, popped.at + sample(latency, bits), EventId(n), bits);
      world.queue.arm(TimerId(other.value()), popped.at + milliseconds(20), EventId(n));
      if (bits % 1000 == 7) world.queue.block(other, kBlockCut);
      if (bits % 5000 == 9) {
        world.queue.clear(other, [&](const Message& m) { world.pool.release(m.records); });
      }
    }
    append(world.trace, {EventId(n), popped.cause, popped.at, 0, 0, 0, 0, 0, 0});
  }
  return n;
}

}  // namespace
}  // namespace ackident

int main() {
  ackident::World world;
  ackident::run(world, 1);
  const std::uint64_t before = allocations;
  const std::uint64_t events = ackident::run(world, 1);
  const std::uint64_t counted = allocations - before;
  std::printf("%llu allocations while warming up, %llu in %llu events after it\n",
              static_cast<unsigned long long>(before), static_cast<unsigned long long>(counted),
              static_cast<unsigned long long>(events));
  return before > 0 && events == ackident::kEvents && counted == 0 ? 0 : 1;
}
