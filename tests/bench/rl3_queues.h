// The two queues of RL3: the hand-written limit, whose lanes and timers are fixed at compile time,
// and the project's EventQueue behind the same few verbs.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernel/event_queue.h"
#include "rl3.h"

namespace ackident::bench {

// Handles what a queue pops, in order.
template <class Queue, class Handle>
void run_popping(Queue& queue, std::uint64_t until, Handle&& handle) {
  Rl3Event event;
  while (queue.pop(until, event)) handle(event);
}

// One fixed ring per connection, one deadline per timer, and the least of their nine heads. A timer
// keeps its place when it is re-armed later or disarmed, and is looked at again when that comes up.
// A key is one word: 39 bits of time (9 minutes), 21 of sequence and 4 of source, which is enough
// for the three workloads and for nothing else; that is what makes this the limit.
class FixedQueue {
 public:
  void reset() {
    heads_.fill(kEmpty);
    deadlines_.fill(kEmpty);
    for (Lane& lane : lanes_) lane.first = lane.last = 0;
    sequence_ = 0;
  }
  void push(std::uint32_t source, std::uint64_t at, const Rl3Message& message) {
    Lane& lane = lanes_[source];
    const std::uint64_t key = next_key(at, source);
    lane.entries[lane.last++ % kCapacity] = {key, message};
    if (heads_[source] == kEmpty) heads_[source] = key;
  }
  void arm(std::uint32_t timer, std::uint64_t at) {
    const std::uint32_t source = kRl3Lanes + timer;
    deadlines_[timer] = next_key(at, source);
    heads_[source] = std::min(heads_[source], deadlines_[timer]);
  }
  void disarm(std::uint32_t timer) { deadlines_[timer] = kEmpty; }

  template <class Handle>
  void run(std::uint64_t until, Handle&& handle) {
    run_popping(*this, until, handle);
  }
  bool pop(std::uint64_t until, Rl3Event& out) {
    for (;;) {
      const std::uint64_t key = least();
      const auto source = static_cast<std::uint32_t>(key & (kSources - 1));
      out.at = key >> 25;
      if (out.at > until) return false;
      out.is_timer = source >= kRl3Lanes;
      if (!out.is_timer) {
        Lane& lane = lanes_[source];
        out.source = source;
        out.message = lane.entries[lane.first++ % kCapacity].message;
        const Entry& next = lane.entries[lane.first % kCapacity];
        heads_[source] = lane.first == lane.last ? kEmpty : next.key;
        return true;
      }
      out.source = source - kRl3Lanes;
      heads_[source] = deadlines_[out.source];
      if (deadlines_[out.source] != key) continue;
      heads_[source] = deadlines_[out.source] = kEmpty;
      return true;
    }
  }

 private:
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};
  static constexpr std::uint32_t kCapacity = 1024;
  static constexpr std::uint32_t kSources = 16;

  struct Entry {
    std::uint64_t key;
    Rl3Message message;
  };
  struct Lane {
    std::array<Entry, kCapacity> entries;
    std::uint32_t first = 0;
    std::uint32_t last = 0;
  };

  std::uint64_t next_key(std::uint64_t at, std::uint32_t source) {
    return at << 25 | ++sequence_ << 4 | source;
  }
  // A tree of minima: short chains, no branch.
  [[nodiscard]] std::uint64_t least() const {
    const auto& h = heads_;
    const std::uint64_t lanes =
        std::min(std::min(std::min(h[0], h[1]), std::min(h[2], h[3])), std::min(h[4], h[5]));
    return std::min(lanes, std::min(std::min(h[6], h[7]), h[8]));
  }

  std::array<std::uint64_t, kRl3Lanes + kRl3Timers> heads_;
  std::array<std::uint64_t, kRl3Timers> deadlines_;
  std::vector<Lane> lanes_ = std::vector<Lane>(kRl3Lanes);
  std::uint64_t sequence_ = 0;
};

class ProjectQueue {
 public:
  void reset() {
    queue_.reset();
    for (std::uint32_t i = 0; i < kRl3Lanes; ++i) queue_.add_lane();
    queue_.add_timers(kRl3Timers);
  }
  void push(std::uint32_t lane, std::uint64_t at, const Rl3Message& message) {
    queue_.push(LaneId(lane), Instant(static_cast<std::int64_t>(at)), EventId(0), message);
  }
  void arm(std::uint32_t timer, std::uint64_t at) {
    queue_.arm(TimerId(timer), Instant(static_cast<std::int64_t>(at)), EventId(0));
  }
  void disarm(std::uint32_t timer) { queue_.disarm(TimerId(timer)); }

  template <class Handle>
  void run(std::uint64_t until, Handle&& handle) {
    run_popping(*this, until, handle);
  }
  bool pop(std::uint64_t until, Rl3Event& out) {
    if (!queue_.pop(Instant(static_cast<std::int64_t>(until)), popped_)) return false;
    out.at = static_cast<std::uint64_t>(popped_.at.ns());
    out.is_timer = popped_.is_timer;
    out.source = popped_.is_timer ? popped_.timer.value() : popped_.lane.value();
    out.message = popped_.message;
    return true;
  }

 private:
  EventQueue<Rl3Message> queue_;
  EventQueue<Rl3Message>::Popped popped_;
};

}  // namespace ackident::bench
