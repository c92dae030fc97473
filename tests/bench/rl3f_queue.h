// The queue of RL3F: FIFO lanes and lazy timers, whose earliest keys stand in one sorted array. A
// key is one word: 39 bits of time (9 minutes), 19 of sequence and 6 of source.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/check.h"

namespace ackident::bench {

template <class Message, std::uint32_t kLanes, std::uint32_t kTimers>
class SortedHeads {
 public:
  struct Event {
    std::uint64_t at = 0;
    bool is_timer = false;
    std::uint32_t source = 0;
    Message message;
  };

  void reset() {
    size_ = 0;
    queued_.fill(kEmpty);
    deadlines_.fill(kEmpty);
    for (Lane& lane : lanes_) lane.clear();
    sequence_ = 0;
  }
  // A lane is in order: a message due before the one ahead of it waits for it.
  void push(std::uint32_t source, std::uint64_t at, const Message& message) {
    Lane& lane = lanes_[source];
    SIM_CHECK(lane.last - lane.first < kCapacity);
    lane.last_at = std::max(lane.last_at, at);
    const std::uint64_t key = next_key(lane.last_at, source);
    lane.entries[lane.last++ % kCapacity] = {key, message};
    if (queued_[source] == kEmpty) insert(source, key);
  }
  // The connection breaks: what is on its way is gone.
  void clear(std::uint32_t source) {
    lanes_[source].clear();
    if (queued_[source] != kEmpty) erase(source);
  }
  void arm(std::uint32_t timer, std::uint64_t at) {
    const std::uint32_t source = kLanes + timer;
    deadlines_[timer] = next_key(at, source);
    if (queued_[source] != kEmpty && queued_[source] <= deadlines_[timer]) return;
    if (queued_[source] != kEmpty) erase(source);
    insert(source, deadlines_[timer]);
  }
  void disarm(std::uint32_t timer) { deadlines_[timer] = kEmpty; }

  bool pop(std::uint64_t until, Event& out) {
    while (size_ > 0) {
      const std::uint64_t key = keys_[size_ - 1];
      out.at = key >> 25;
      if (out.at > until) return false;
      --size_;
      const auto source = static_cast<std::uint32_t>(key & 63);
      queued_[source] = kEmpty;
      out.is_timer = source >= kLanes;
      if (!out.is_timer) {
        take(source, out);
        return true;
      }
      out.source = source - kLanes;
      if (deadlines_[out.source] == key) {
        deadlines_[out.source] = kEmpty;
        return true;
      }
      if (deadlines_[out.source] != kEmpty) insert(source, deadlines_[out.source]);
    }
    return false;
  }

 private:
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};
  static constexpr std::uint32_t kCapacity = 8192;
  static constexpr std::uint32_t kSources = kLanes + kTimers;
  static_assert(kSources <= 64);

  struct Entry {
    std::uint64_t key;
    Message message;
  };
  struct Lane {
    std::vector<Entry> entries = std::vector<Entry>(kCapacity);
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::uint64_t last_at = 0;

    void clear() {
      first = last = 0;
      last_at = 0;
    }
  };

  std::uint64_t next_key(std::uint64_t at, std::uint32_t source) {
    return at << 25 | (++sequence_ & 0x7ffff) << 6 | source;
  }
  void take(std::uint32_t source, Event& out) {
    Lane& lane = lanes_[source];
    out.source = source;
    out.message = lane.entries[lane.first++ % kCapacity].message;
    if (lane.first != lane.last) {
      insert(source, lane.entries[lane.first % kCapacity].key);
    } else {
      lane.first = lane.last = 0;  // stay in the same cache lines
    }
  }
  // Keys are descending: the earliest is last.
  void insert(std::uint32_t source, std::uint64_t key) {
    queued_[source] = key;
    std::uint32_t hole = size_++;
    for (; hole > 0 && keys_[hole - 1] < key; --hole) keys_[hole] = keys_[hole - 1];
    keys_[hole] = key;
  }
  void erase(std::uint32_t source) {
    std::uint64_t* const end = keys_.data() + size_;
    std::uint64_t* const at = std::find(keys_.data(), end, queued_[source]);
    std::copy(at + 1, end, at);
    --size_;
    queued_[source] = kEmpty;
  }

  std::array<std::uint64_t, kSources> keys_{};
  std::uint32_t size_ = 0;
  std::array<std::uint64_t, kSources> queued_{};  // the key of each source, if it has one
  std::array<std::uint64_t, kTimers> deadlines_{};
  std::vector<Lane> lanes_ = std::vector<Lane>(kLanes);
  std::uint64_t sequence_ = 0;
};

}  // namespace ackident::bench
