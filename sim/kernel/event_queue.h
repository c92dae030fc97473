// EventQueue<Message>: the pending events of a run, in one total order (time, tie, sequence).
//
// Two kinds of source, both created before the run and numbered densely:
//   lane   a FIFO of messages (one direction of one connection). Only its head stands in the
//          ordered set, so a busy link costs one entry.
//   timer  one pending deadline. Arming later than the queued entry costs nothing: the entry is
//          left to expire, checked for staleness, and re-queued with the key of the latest arm.
//
// The order of events is exactly that of a queue which held every message and every live deadline:
// each push and each arm takes the next sequence number, and that number is its place among events
// of the same instant. `tie` is 0, or a draw per event when ties are shuffled; a shuffled tie never
// moves a message before an earlier one of its own lane.
//
// Time never runs back: nothing may be queued before the last event delivered (checked).
//
// A source has at most one current key in the ordered set, named by (queued_at, queued_order). What
// happened to the source meanwhile (blocked, cleared, re-armed, disarmed) is found out when its key
// comes up: keys that are not current are dropped, a current key that is too early is queued again.
//
// Nothing allocates once the lanes' rings and the ordered set have grown to their high-water mark.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/id.h"
#include "base/time.h"
#include "kernel/event_id.h"
#include "kernel/pending_set.h"
#include "kernel/ring.h"

namespace ackident {

using LaneId = Id<struct LaneTag, std::uint32_t>;
using TimerId = Id<struct TimerTag, std::uint32_t>;

// Why a lane does not deliver at present. Bits, so that reasons overlap freely.
enum BlockReason : std::uint8_t {
  kBlockCut = 1,     // the network does not carry this direction
  kBlockHeld = 2,    // a gate of the scenario holds it
  kBlockFrozen = 4,  // the receiving process is frozen (bytes wait in its socket buffer)
  kBlockMuted = 8,   // the receiver serves an earlier request of this connection (C0.8)
};

template <class Message>
class EventQueue {
 public:
  struct Popped {
    Instant at;
    Instant due;  // if !is_timer: what its time was before anything stood in its way
    EventId cause;
    bool is_timer = false;
    LaneId lane;              // if !is_timer
    TimerId timer;            // if is_timer
    Message message{};        // if !is_timer
    std::uint64_t order = 0;  // the event's place among those of its instant
  };

  LaneId add_lane() {
    if (lane_count_ == lanes_.size()) lanes_.emplace_back();
    return LaneId(lane_count_++);
  }
  // Adds n timers; returns the first, the others follow it.
  TimerId add_timers(std::uint32_t n) {
    const auto first = static_cast<std::uint32_t>(timers_.size());
    timers_.resize(timers_.size() + n);
    return TimerId(first);
  }

  // As newly made: no events, no lanes, no timers, ties unshuffled. Keeps the memory, so that a run
  // which adds the same sources again allocates nothing. Messages are forgotten, not released.
  void reset() {
    pending_.reset();
    for (std::uint32_t i = 0; i < lane_count_; ++i) lanes_[i].reset();
    lane_count_ = 0;
    timers_.clear();
    sequence_ = 0;
    now_ = kLongAgo;
    tie_draw_ = nullptr;
    tie_context_ = nullptr;
  }

  // Appends to a lane. A time before the lane's last message is raised to it: lanes are in order.
  void push(LaneId lane_id, Instant at, EventId cause, const Message& message) {
    push(lane_id, at, cause) = message;
  }
  // The same, for a message that is made in place: the caller fills what is returned, which holds
  // what an earlier message left there, before it calls the queue again.
  Message& push(LaneId lane_id, Instant at, EventId cause) {
    Lane& lane = lanes_[lane_id.value()];
    if (at < lane.last) at = lane.last;
    lane.last = at;
    Entry& entry = lane.ring.emplace_back();
    entry.at = at;
    entry.order = next_order();
    entry.cause = cause;
    if (!lane.queued && lane.blocked == 0) queue_head(lane, lane_id.value());
    return entry.message;
  }

  [[nodiscard]] std::uint8_t blocked(LaneId lane) const { return lanes_[lane.value()].blocked; }
  [[nodiscard]] bool empty(LaneId lane) const { return lanes_[lane.value()].ring.empty(); }
  [[nodiscard]] Instant last_arrival(LaneId lane) const { return lanes_[lane.value()].last; }

  // While any reason is set the lane delivers nothing; its messages keep their order.
  void block(LaneId lane, BlockReason reason) { lanes_[lane.value()].blocked |= reason; }

  // Takes one reason away. Messages that were due earlier are due at `floor` (>= now).
  void unblock(LaneId lane_id, BlockReason reason, Instant floor) {
    Lane& lane = lanes_[lane_id.value()];
    lane.blocked &= static_cast<std::uint8_t>(~reason);
    if (lane.floor < floor) lane.floor = floor;
    if (lane.last < floor) lane.last = floor;
    if (lane.blocked == 0 && !lane.queued && !lane.ring.empty()) queue_head(lane, lane_id.value());
  }

  // Puts a lane message that was just popped back at the front (a gate holds it). Block the lane
  // first: an unblocked lane would deliver it again at once. It keeps its place in the order.
  void put_back(const Popped& popped) {
    Lane& lane = lanes_[popped.lane.value()];
    SIM_CHECK(!popped.is_timer);
    SIM_CHECK(lane.blocked != 0);
    lane.ring.push_front(Entry{popped.due, popped.order, popped.cause, popped.message});
    // The key in the set, if there is one, is that of the message behind it: too late.
    lane.queued = false;
  }

  // Drops every undelivered message of the lane, handing each to `drop` (to release what it owns).
  // What is pushed next belongs to a new connection: it does not queue behind what was dropped.
  template <class Drop>
  void clear(LaneId lane_id, Drop&& drop) {
    Lane& lane = lanes_[lane_id.value()];
    while (!lane.ring.empty()) {
      drop(lane.ring.front().message);
      lane.ring.pop_front();
    }
    lane.last = lane.floor;
    lane.queued = false;
  }

  // The same of those that are due at `from` or later: of a lane in order, its end.
  template <class Drop>
  void clear_from(LaneId lane_id, Instant from, Drop&& drop) {
    Lane& lane = lanes_[lane_id.value()];
    while (!lane.ring.empty() && lane.ring.back().at >= from) {
      drop(lane.ring.back().message);
      lane.ring.pop_back();
    }
    lane.last = lane.ring.empty() ? lane.floor : std::max(lane.floor, lane.ring.back().at);
    if (lane.ring.empty()) lane.queued = false;
  }

  // Those that are due at `from` or later are not due before `to` (>= now).
  void delay(LaneId lane_id, Instant from, Instant to) {
    Lane& lane = lanes_[lane_id.value()];
    for (std::uint32_t i = 0; i < lane.ring.size(); ++i) {
      Entry& entry = lane.ring[i];
      if (entry.at >= from) entry.at = std::max(entry.at, to);
    }
    lane.last = std::max(lane.last, to);
    if (lane.queued && lane.ring.front().at > lane.queued_at) queue_head(lane, lane_id.value());
  }

  // Visits the undelivered messages of the lane in order, and when each is due.
  template <class Visit>
  void for_each(LaneId lane_id, Visit&& visit) const {
    const Ring<Entry>& ring = lanes_[lane_id.value()].ring;
    for (std::uint32_t i = 0; i < ring.size(); ++i) visit(ring[i].message, ring[i].at);
  }

  // The same of all lanes.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::uint32_t i = 0; i < lane_count_; ++i) for_each(LaneId(i), visit);
  }

  // (Re)arms the timer; an earlier deadline of the same timer is replaced.
  void arm(TimerId timer_id, Instant at, EventId cause) {
    Timer& timer = timers_[timer_id.value()];
    timer.deadline = at;
    timer.order = next_order();
    timer.cause = cause;
    timer.armed = true;
    // With shuffled ties the new key may come first although the instant is the same.
    if (!timer.queued || at < timer.queued_at ||
        (at == timer.queued_at && timer.order < timer.queued_order)) {
      queue_timer(timer, timer_id.value());
    }
  }
  void disarm(TimerId timer) { timers_[timer.value()].armed = false; }
  [[nodiscard]] bool armed(TimerId timer) const { return timers_[timer.value()].armed; }
  [[nodiscard]] Instant deadline(TimerId timer) const { return timers_[timer.value()].deadline; }

  // Takes the next event that is due at or before `until`. False: there is none.
  bool pop(Instant until, Popped& out);

  // Tie draws: 0 for every event (the default), or whatever the function of the sequence returns.
  void shuffle_ties(std::uint64_t (*draw)(void*, std::uint64_t), void* context) {
    tie_draw_ = draw;
    tie_context_ = context;
  }

 private:
  static constexpr std::uint64_t kOrderBits = 48;
  static constexpr std::uint32_t kTimerBit = std::uint32_t{1} << 31;

  struct Entry {
    Instant at;
    std::uint64_t order;
    EventId cause;
    Message message;
  };
  struct Lane {
    Ring<Entry> ring;
    Instant last = kLongAgo;   // due time of the newest message
    Instant floor = kLongAgo;  // nothing is delivered before this
    std::uint8_t blocked = 0;
    Instant queued_at = kNever;
    std::uint64_t queued_order = 0;
    bool queued = false;  // (queued_at, queued_order) stands in the ordered set

    void reset() {
      ring.clear();
      last = floor = kLongAgo;
      blocked = 0;
      queued = false;
    }
  };
  struct Timer {
    Instant deadline;
    std::uint64_t order = 0;
    EventId cause;
    Instant queued_at = kNever;
    std::uint64_t queued_order = 0;
    bool queued = false;  // (queued_at, queued_order) stands in the ordered set
    bool armed = false;
  };

  std::uint64_t next_order() {
    const std::uint64_t sequence = ++sequence_;
    const std::uint64_t tie = tie_draw_ ? tie_draw_(tie_context_, sequence) & 0xffff : 0;
    return (tie << kOrderBits) | sequence;
  }
  void queue(Instant at, std::uint64_t order, std::uint32_t slot) {
    SIM_CHECK(at >= now_);
    pending_.push({at, order, slot});
  }
  void queue_head(Lane& lane, std::uint32_t index) {
    const Entry& head = lane.ring.front();
    lane.queued = true;
    lane.queued_at = head.at < lane.floor ? lane.floor : head.at;
    lane.queued_order = head.order;
    queue(lane.queued_at, head.order, index);
  }
  void queue_timer(Timer& timer, std::uint32_t index) {
    timer.queued = true;
    timer.queued_at = timer.deadline;
    timer.queued_order = timer.order;
    queue(timer.deadline, timer.order, index | kTimerBit);
  }
  bool take_lane(const PendingKey& key, Popped& out);
  bool take_timer(const PendingKey& key, Popped& out);

  PendingSet pending_;
  std::vector<Lane> lanes_;  // those from lane_count_ on are kept for their memory
  std::vector<Timer> timers_;
  std::uint32_t lane_count_ = 0;
  std::uint64_t sequence_ = 0;
  Instant now_ = kLongAgo;  // the instant of the last event delivered
  std::uint64_t (*tie_draw_)(void*, std::uint64_t) = nullptr;
  void* tie_context_ = nullptr;
};

template <class Message>
bool EventQueue<Message>::pop(Instant until, Popped& out) {
  while (!pending_.empty()) {
    const PendingKey key = pending_.top();
    if (key.at > until) return false;
    pending_.pop();
    if ((key.slot & kTimerBit) != 0 ? take_timer(key, out) : take_lane(key, out)) return true;
  }
  return false;
}

template <class Message>
bool EventQueue<Message>::take_lane(const PendingKey& key, Popped& out) {
  Lane& lane = lanes_[key.slot];
  if (!lane.queued || lane.queued_order != key.order || lane.queued_at != key.at) return false;
  lane.queued = false;
  if (lane.blocked != 0) return false;
  if (lane.floor > key.at) {
    queue_head(lane, key.slot);
    return false;
  }
  const Entry& head = lane.ring.front();
  now_ = key.at;
  out.at = key.at;
  out.due = head.at;
  out.cause = head.cause;
  out.is_timer = false;
  out.lane = LaneId(key.slot);
  out.message = head.message;
  out.order = head.order;
  lane.ring.pop_front();
  if (!lane.ring.empty()) queue_head(lane, key.slot);
  return true;
}

template <class Message>
bool EventQueue<Message>::take_timer(const PendingKey& key, Popped& out) {
  const std::uint32_t index = key.slot & ~kTimerBit;
  Timer& timer = timers_[index];
  if (!timer.queued || timer.queued_order != key.order) return false;
  timer.queued = false;
  if (!timer.armed) return false;
  if (timer.order != key.order) {
    queue_timer(timer, index);
    return false;
  }
  timer.armed = false;
  now_ = key.at;
  out.at = key.at;
  out.cause = timer.cause;
  out.is_timer = true;
  out.timer = TimerId(index);
  out.order = key.order;
  return true;
}

}  // namespace ackident
