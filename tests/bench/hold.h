// HOLD, the classic test of event sets: prefill n events; each step takes the least (time,
// sequence), changes its 32-byte payload and puts it back at time + increment. Every set hashes the
// order it delivers, so equal hashes prove equal order.
#pragma once

#include <array>
#include <cstdint>
#include <queue>
#include <random>
#include <vector>

#include "base/time.h"
#include "kernel/pending_set.h"

namespace ackident::bench {

enum class Increments { kExponential, kBimodal };

// 16,384 increments in nanoseconds. Floating point is allowed here: the table is input, and both
// sets of a comparison use the same one.
inline std::vector<std::uint32_t> increments(Increments kind) {
  std::mt19937_64 random(12345 + static_cast<std::uint64_t>(kind));
  std::vector<std::uint32_t> table(16384);
  std::exponential_distribution<double> exponential(1e-8);
  std::uniform_real_distribution<double> unit(0, 1);
  for (std::uint32_t& increment : table) {
    double ns = exponential(random);
    if (kind == Increments::kBimodal) {
      const bool is_short = unit(random) < 0.9;
      ns = is_short ? 5e6 + 1e7 * unit(random) : 5e8 + 1e9 * unit(random);
    }
    increment = static_cast<std::uint32_t>(ns) + 1;
  }
  return table;
}

struct Payload {
  std::array<std::uint64_t, 4> words{};
};

inline std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  return (hash ^ word) * 0x9fb21c651e98df25 + (hash >> 29);
}

// The yardstick: whole 48-byte events in std::priority_queue.
class PriorityQueueHold {
 public:
  void push(std::uint64_t at, const Payload& payload) { events_.push({at, ++sequence_, payload}); }
  std::uint64_t step(std::uint32_t increment) {
    Event event = events_.top();
    events_.pop();
    event.payload.words[0] += event.at;
    const std::uint64_t at = event.at;
    event.at += increment;
    event.sequence = ++sequence_;
    events_.push(event);
    return at ^ event.payload.words[0];
  }

 private:
  struct Event {
    std::uint64_t at;
    std::uint64_t sequence;
    Payload payload;

    bool operator<(const Event& other) const {
      return at != other.at ? at > other.at : sequence > other.sequence;
    }
  };
  static_assert(sizeof(Event) == 48);

  std::priority_queue<Event> events_;
  std::uint64_t sequence_ = 0;
};

// The project's: keys in PendingSet, payloads in a slab indexed by the key's slot.
class PendingSetHold {
 public:
  void push(std::uint64_t at, const Payload& payload) {
    slab_.push_back(payload);
    keys_.push({Instant(static_cast<std::int64_t>(at)), ++sequence_,
                static_cast<std::uint32_t>(slab_.size() - 1)});
  }
  std::uint64_t step(std::uint32_t increment) {
    const PendingKey key = keys_.top();
    keys_.pop();
    Payload& payload = slab_[key.slot];
    const auto at = static_cast<std::uint64_t>(key.at.ns());
    payload.words[0] += at;
    keys_.push({key.at + nanoseconds(increment), ++sequence_, key.slot});
    return at ^ payload.words[0];
  }

 private:
  PendingSet keys_;
  std::vector<Payload> slab_;
  std::uint64_t sequence_ = 0;
};

template <class Set>
class Hold {
 public:
  Hold(std::uint32_t n, Increments kind) : table_(increments(kind)) {
    for (std::uint32_t i = 0; i < n; ++i) set_.push(next(), Payload{{0, i, 0, 0}});
    run(2 * std::uint64_t{n} + 100'000);
  }
  void run(std::uint64_t steps) {
    for (std::uint64_t i = 0; i < steps; ++i) hash_ = mix(hash_, set_.step(next()));
  }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

 private:
  std::uint32_t next() { return table_[drawn_++ & (table_.size() - 1)]; }

  std::vector<std::uint32_t> table_;
  Set set_;
  std::uint64_t drawn_ = 0;
  std::uint64_t hash_ = 0;
};

}  // namespace ackident::bench
