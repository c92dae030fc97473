// HOLD + CANCEL: n timers; each step also cancels one random pending timer and arms it again. The
// yardstick cannot cancel: it leaves the old event in the queue and recognises it by its
// generation.
#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "hold.h"
#include "kernel/event_queue.h"

namespace ackident::bench {

// Picks the timer to cancel: the same sequence for both sides.
class Victims {
 public:
  std::uint32_t next(std::size_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::uint32_t>((state_ >> 32) * n >> 32);
  }

 private:
  std::uint64_t state_ = 88172645463325252;
};

class PriorityQueueCancelHold {
 public:
  void push(std::uint64_t at, const Payload& payload) {
    generation_.push_back(0);
    arm(static_cast<std::uint32_t>(generation_.size() - 1), at, payload);
  }
  std::uint64_t step(std::uint32_t increment) {
    while (events_.top().generation != generation_[events_.top().timer]) events_.pop();
    Event event = events_.top();
    events_.pop();
    event.payload.words[0] += event.at;
    arm(event.timer, event.at + increment, event.payload);
    arm(victims_.next(generation_.size()), event.at + increment / 2 + 1, event.payload);
    return event.at ^ event.timer;
  }

 private:
  struct Event {
    std::uint64_t at;
    std::uint64_t sequence;
    std::uint32_t timer;
    std::uint32_t generation;
    Payload payload;

    bool operator<(const Event& other) const {
      return at != other.at ? at > other.at : sequence > other.sequence;
    }
  };

  void arm(std::uint32_t timer, std::uint64_t at, const Payload& payload) {
    events_.push({at, ++sequence_, timer, ++generation_[timer], payload});
  }

  std::priority_queue<Event> events_;
  std::vector<std::uint32_t> generation_;
  std::uint64_t sequence_ = 0;
  Victims victims_;
};

class EventQueueCancelHold {
 public:
  void push(std::uint64_t at, const Payload& payload) {
    payloads_.push_back(payload);
    arm(queue_.add_timers(1), at);
  }
  std::uint64_t step(std::uint32_t increment) {
    Queue::Popped event;
    queue_.pop(kNever, event);
    const auto at = static_cast<std::uint64_t>(event.at.ns());
    payloads_[event.timer.value()].words[0] += at;
    arm(event.timer, at + increment);
    const TimerId victim(victims_.next(payloads_.size()));
    queue_.disarm(victim);
    arm(victim, at + increment / 2 + 1);
    return at ^ event.timer.value();
  }

 private:
  struct Nothing {};
  using Queue = EventQueue<Nothing>;

  void arm(TimerId timer, std::uint64_t at) {
    queue_.arm(timer, Instant(static_cast<std::int64_t>(at)), EventId(0));
  }

  Queue queue_;
  std::vector<Payload> payloads_;
  Victims victims_;
};

}  // namespace ackident::bench
