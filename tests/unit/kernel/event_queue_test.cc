#include "kernel/event_queue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "base/dice.h"

namespace ackident {
namespace {

struct Message {
  std::uint64_t number = 0;
};
using Queue = EventQueue<Message>;

// The tie draw of the tests: few values, so that ties are shuffled and still collide.
std::uint64_t draw_tie(void*, std::uint64_t sequence) { return sequence * 2'654'435'761 >> 3 & 3; }

// The specification: eager timers, whole lanes, and a search through everything for the least.
class Reference {
 public:
  struct Event {
    Instant at;
    std::uint64_t order = 0;
    bool is_timer = false;
    std::uint32_t source = 0;
    std::uint64_t number = 0;
    Instant due;  // of a message: `at`, but for what stands in its way
  };

  Reference(std::uint32_t sources, bool ties) : ties_(ties), lanes_(sources), timers_(sources) {}

  void push(std::uint32_t lane, Instant at, std::uint64_t number) {
    Lane& to = lanes_[lane];
    to.last = std::max(to.last, at);
    to.messages.push_back({to.last, next_order(), false, lane, number, to.last});
  }
  void block(std::uint32_t lane, std::uint8_t reason) { lanes_[lane].blocked |= reason; }
  void unblock(std::uint32_t lane, std::uint8_t reason, Instant floor) {
    Lane& at = lanes_[lane];
    at.blocked = static_cast<std::uint8_t>(at.blocked & ~reason);
    at.floor = std::max(at.floor, floor);
    at.last = std::max(at.last, floor);
  }
  void put_back(Event event) {
    event.at = event.due;
    lanes_[event.source].messages.push_front(event);
  }
  void clear(std::uint32_t lane) {
    lanes_[lane].messages.clear();
    lanes_[lane].last = lanes_[lane].floor;
  }
  void clear_from(std::uint32_t lane, Instant from) {
    Lane& of = lanes_[lane];
    std::erase_if(of.messages, [from](const Event& event) { return event.due >= from; });
    of.last = of.messages.empty() ? of.floor : std::max(of.floor, of.messages.back().due);
  }
  void delay(std::uint32_t lane, Instant from, Instant to) {
    for (Event& event : lanes_[lane].messages) {
      if (event.due >= from) event.at = event.due = std::max(event.due, to);
    }
    lanes_[lane].last = std::max(lanes_[lane].last, to);
  }
  void arm(std::uint32_t timer, Instant at) {
    timers_[timer] = Event{at, next_order(), true, timer, 0, at};
  }
  void disarm(std::uint32_t timer) { timers_[timer].reset(); }

  std::optional<Event> pop(Instant until) {
    std::optional<Event> least;
    const auto offer = [&](Event event) {
      if (!least || std::tie(event.at, event.order) < std::tie(least->at, least->order))
        least = event;
    };
    for (const Lane& lane : lanes_) {
      if (lane.blocked != 0 || lane.messages.empty()) continue;
      Event head = lane.messages.front();
      head.at = std::max(head.at, lane.floor);
      offer(head);
    }
    for (const std::optional<Event>& timer : timers_) {
      if (timer) offer(*timer);
    }
    if (!least || least->at > until) return std::nullopt;
    if (least->is_timer) {
      timers_[least->source].reset();
    } else {
      lanes_[least->source].messages.pop_front();
    }
    return least;
  }

 private:
  struct Lane {
    std::deque<Event> messages;
    Instant last = kLongAgo;
    Instant floor = kLongAgo;
    std::uint8_t blocked = 0;
  };

  std::uint64_t next_order() {
    ++sequence_;
    return (ties_ ? draw_tie(nullptr, sequence_) << 48 : 0) | sequence_;
  }

  bool ties_;
  std::vector<Lane> lanes_;
  std::vector<std::optional<Event>> timers_;
  std::uint64_t sequence_ = 0;
};

// Both, driven by the same random operations.
class Both {
 public:
  Both(Queue& queue, std::uint32_t sources, std::uint64_t seed, std::uint64_t delay_most, bool ties)
      : queue_(queue),
        reference_(sources, ties),
        dice_(seed),
        sources_(sources),
        delay_(delay_most) {
    if (ties) queue_.shuffle_ties(draw_tie, nullptr);
    for (std::uint32_t i = 0; i < sources; ++i) queue_.add_lane();
    queue_.add_timers(sources);
  }

  // One random operation; false if the two disagree.
  bool step() {
    ++step_;
    const auto source = static_cast<std::uint32_t>(draw(0, sources_));
    const Instant at = now_ + nanoseconds(static_cast<std::int64_t>(draw(1, delay_)));
    const auto reason = draw(2, 2) == 0 ? kBlockCut : kBlockHeld;
    const Instant from = at - nanoseconds(static_cast<std::int64_t>(delay_ / 2));
    switch (draw(3, 18)) {
      case 0:
      case 1:
      case 2:
      case 3:
        queue_.push(LaneId(source), at, EventId(step_), Message{step_});
        reference_.push(source, at, step_);
        return true;
      case 4:
      case 5:
      case 6:
        queue_.arm(TimerId(source), at, EventId(step_));
        reference_.arm(source, at);
        return true;
      case 7:
        queue_.disarm(TimerId(source));
        reference_.disarm(source);
        return true;
      case 8:
        queue_.block(LaneId(source), reason);
        reference_.block(source, reason);
        return true;
      case 9:
      case 10:
        queue_.unblock(LaneId(source), reason, now_);
        reference_.unblock(source, reason, now_);
        return true;
      case 11:
        if (draw(4, 8) != 0) return true;
        queue_.clear(LaneId(source), [](const Message&) {});
        reference_.clear(source);
        return true;
      case 12:
        queue_.clear_from(LaneId(source), from, [](const Message&) {});
        reference_.clear_from(source, from);
        return true;
      case 13:
        queue_.delay(LaneId(source), from, at);
        reference_.delay(source, from, at);
        return true;
      default: return pop(draw(5, 4) == 0 ? at : kNever);
    }
  }

  bool drain() {
    for (std::uint32_t i = 0; i < sources_; ++i) {
      for (const BlockReason reason : {kBlockCut, kBlockHeld}) {
        queue_.unblock(LaneId(i), reason, now_);
        reference_.unblock(i, reason, now_);
      }
    }
    const std::uint64_t before = popped_;
    bool same = true;
    do {
      ++step_;
      same = pop(kNever) && same;
    } while (found_);
    return same && popped_ > before;
  }

 private:
  std::uint64_t draw(std::uint32_t kind, std::uint64_t bound) {
    return dice_.below(kind, 0, step_, bound);
  }
  bool pop(Instant until) {
    Queue::Popped out;
    found_ = queue_.pop(until, out);
    const std::optional<Reference::Event> expected = reference_.pop(until);
    if (found_ != expected.has_value()) return false;
    if (!found_) {
      if (until != kNever) now_ = until;
      return true;
    }
    ++popped_;
    now_ = out.at;
    const bool same = out.at == expected->at && out.order == expected->order &&
                      out.is_timer == expected->is_timer &&
                      (out.is_timer ? out.timer.value() : out.lane.value()) == expected->source &&
                      (out.is_timer ||
                       (out.message.number == expected->number && out.due == expected->due));
    if (!out.is_timer && draw(6, 10) == 0) {
      queue_.block(out.lane, kBlockHeld);
      reference_.block(out.lane.value(), kBlockHeld);
      queue_.put_back(out);
      reference_.put_back(*expected);
    }
    return same;
  }

  Queue& queue_;
  Reference reference_;
  Dice dice_;
  std::uint32_t sources_;
  std::uint64_t delay_;
  std::uint64_t step_ = 0;
  std::uint64_t popped_ = 0;
  Instant now_;
  bool found_ = false;
};

}  // namespace

TEST_CASE("event queue: random operations agree with eager timers and whole lanes") {
  Queue queue;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    queue.reset();
    const std::uint32_t sources = seed % 3 == 0 ? 3 : 80;
    Both both(queue, sources, seed, seed % 2 == 0 ? 6 : 5'000'000, seed % 4 >= 2);
    bool same = true;
    for (int i = 0; i < 4'000; ++i) same = both.step() && same;
    CHECK(same);
    CHECK(both.drain());
  }
}

TEST_CASE("event queue: a hundred thousand timers, re-armed and disarmed, fire as eager ones") {
  constexpr std::uint32_t kTimers = 100'000;
  const Dice dice(9);
  Queue queue;
  queue.add_timers(kTimers);
  std::set<std::tuple<std::int64_t, std::uint64_t, std::uint32_t>> eager;
  std::vector<std::tuple<std::int64_t, std::uint64_t, std::uint32_t>> keys(kTimers);
  std::uint64_t order = 0;
  std::int64_t now = 0;
  const auto arm = [&](std::uint32_t timer, std::int64_t at) {
    queue.arm(TimerId(timer), Instant(at), EventId(0));
    eager.erase(keys[timer]);
    keys[timer] = {at, ++order, timer};
    eager.insert(keys[timer]);
  };
  for (std::uint32_t i = 0; i < kTimers; ++i) {
    arm(i, static_cast<std::int64_t>(dice.below(0, 0, i, 1'000'000)));
  }
  Queue::Popped out;
  bool same = true;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const auto timer = static_cast<std::uint32_t>(dice.below(1, 0, i, kTimers));
    arm(timer, now + static_cast<std::int64_t>(dice.below(2, 0, i, 1'000'000)));
    const auto other = static_cast<std::uint32_t>(dice.below(3, 0, i, kTimers));
    if (i % 4 == 0) {
      queue.disarm(TimerId(other));
      eager.erase(keys[other]);
    }
    REQUIRE(queue.pop(kNever, out));
    now = out.at.ns();
    same = same && std::tuple(now, out.order, out.timer.value()) == *eager.begin();
    eager.erase(eager.begin());
  }
  while (queue.pop(kNever, out)) {
    same = same && std::tuple(out.at.ns(), out.order, out.timer.value()) == *eager.begin();
    eager.erase(eager.begin());
  }
  CHECK(same);
  CHECK(eager.empty());
}

TEST_CASE("event queue: a message put back is due when its lane is unblocked, not with the next") {
  Queue queue;
  const LaneId lane = queue.add_lane();
  queue.push(lane, Instant(10), EventId(0), Message{1});
  queue.push(lane, Instant(20), EventId(0), Message{2});
  Queue::Popped out;
  REQUIRE(queue.pop(kNever, out));
  queue.block(lane, kBlockHeld);
  queue.put_back(out);
  queue.unblock(lane, kBlockHeld, Instant(15));
  REQUIRE(queue.pop(kNever, out));
  CHECK(out.at == Instant(15));
  CHECK(out.message.number == 1);
  REQUIRE(queue.pop(kNever, out));
  CHECK(out.at == Instant(20));
  CHECK(out.message.number == 2);
}

TEST_CASE("event queue: a cleared lane does not hold a new connection back") {
  Queue queue;
  const LaneId lane = queue.add_lane();
  queue.push(lane, Instant(50), EventId(0), Message{1});
  std::vector<std::uint64_t> dropped;
  queue.clear(lane, [&](const Message& message) { dropped.push_back(message.number); });
  CHECK(dropped == std::vector<std::uint64_t>{1});
  queue.push(lane, Instant(5), EventId(0), Message{2});
  Queue::Popped out;
  REQUIRE(queue.pop(kNever, out));
  CHECK(out.at == Instant(5));
  CHECK(out.message.number == 2);
  CHECK_FALSE(queue.pop(kNever, out));
}

TEST_CASE("event queue: time does not run back") {
  Queue queue;
  const LaneId lane = queue.add_lane();
  const TimerId timer = queue.add_timers(1);
  Queue::Popped out;
  queue.arm(timer, Instant(100), EventId(0));
  CHECK_FALSE(queue.pop(Instant(99), out));
  REQUIRE(queue.pop(Instant(100), out));
  CHECK_THROWS_AS(queue.arm(timer, Instant(99), EventId(0)), CheckFailure);
  CHECK_THROWS_AS(queue.push(lane, Instant(99), EventId(0), Message{}), CheckFailure);
}

}  // namespace ackident
