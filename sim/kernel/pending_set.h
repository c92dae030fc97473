// PendingSet: the ordered set of queue keys, least (at, order) first. See event_queue.h for what
// the keys mean. It adapts to how many keys are pending:
//
//   near  a sorted run, taken from its front. While few keys are pending it holds them all, and one
//         short shift per insertion, towards the nearer end, beats every cleverer structure.
//   far   a timing wheel of 11 levels of 64 slots (6 bits of the 64-bit instant per level), exact
//   to
//         the nanosecond. A key lies at the level of the highest bits in which it differs from
//         `cursor_`, so the least key is in the lowest slot of the lowest level in use. The least
//         key of a slot is kept at the head of its list: finding the minimum moves nothing.
//
// Taking the least far key moves the cursor to it; the rest of its slot goes to the near run if it
// is short, and down the levels otherwise. Keys at or before `near_last_` belong to the near run,
// all others to the wheel. A key moves down at most 11 times, so every operation is O(1) amortised,
// except among keys of one instant, which are kept sorted in the near run.
//
// The set itself accepts a key earlier than the last one popped; EventQueue refuses it.
// Nothing allocates once the run and the node pool have grown to their high-water mark.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/time.h"

namespace ackident {

struct PendingKey {
  Instant at;
  std::uint64_t order = 0;
  std::uint32_t slot = 0;

  // One comparison of 128 bits: the compiler needs no branch for it.
  friend bool operator<(const PendingKey& a, const PendingKey& b) { return a.wide() < b.wide(); }

 private:
  __extension__ using Wide = __int128;
  [[nodiscard]] Wide wide() const { return static_cast<Wide>(at.ns()) << 64 | order; }
};

class PendingSet {
 public:
  PendingSet();

  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t size() const { return tail_ - head_ + far_size_; }

  // The least key. The set must not be empty.
  [[nodiscard]] PendingKey top() const {
    if (head_ != tail_) return near_[head_];
    const auto level = static_cast<std::uint32_t>(std::countr_zero(levels_));
    return nodes_[heads_[level * kSlots + lowest_slot(level)]].key();
  }

  void push(const PendingKey& key) {
    if (key.at <= near_last_) {
      insert_near(key);
      if (tail_ - head_ > kNearMost) [[unlikely]]
        spill();
    } else {
      insert_far(key);
    }
  }

  // Takes the least key away. The set must not be empty.
  void pop() {
    if (head_ == tail_) return pop_far();
    popped_ = near_[head_++].at;
    if (head_ == tail_) head_ = tail_ = 0;
  }

  // Forgets every key and keeps the memory.
  void reset();

 private:
  static constexpr std::uint32_t kSlotBits = 6;
  static constexpr std::uint32_t kSlots = 1u << kSlotBits;
  static constexpr std::uint32_t kLevels = 11;
  static constexpr std::uint32_t kNone = 0xffffffff;
  // Lengths up to which keys stand in the near run, gather there again, and are sorted instead of
  // sifted down. None is critical: with half or twice of the first two, HOLD with 10 to 10,000 keys
  // changes by less than repeated runs of it differ, a tenth.
  static constexpr std::uint32_t kNearMost = 48;
  static constexpr std::uint32_t kSmall = 12;
  static constexpr std::uint32_t kBatch = 8;
  static constexpr Instant kEarliest = Instant(INT64_MIN);
  static constexpr Instant kLatest = Instant(INT64_MAX);

  struct Node {
    Instant at;
    std::uint64_t order;
    std::uint32_t slot;
    std::uint32_t next;

    [[nodiscard]] PendingKey key() const { return {at, order, slot}; }
  };
  static_assert(sizeof(Node) == 24);

  // The instant as an unsigned number of the same order.
  static std::uint64_t bits(Instant at) {
    return static_cast<std::uint64_t>(at.ns()) ^ (std::uint64_t{1} << 63);
  }
  [[nodiscard]] std::uint32_t lowest_slot(std::uint32_t level) const {
    return static_cast<std::uint32_t>(std::countr_zero(slots_[level]));
  }
  void insert_near(const PendingKey& key) {
    if (tail_ == near_.size()) [[unlikely]]
      make_room();
    PendingKey* const first = near_.data() + head_;
    const std::size_t count = tail_ - head_;
    // A message is due soon, before all the timers that stand in the run: it moves the few keys
    // before it, into the room that pop() has left in front of the run.
    if (count >= kSmall && head_ != 0 && key < first[count / 2]) {
      PendingKey* hole = first - 1;
      for (; hole[1] < key; ++hole) *hole = hole[1];
      *hole = key;
      --head_;
      return;
    }
    PendingKey* hole = near_.data() + tail_++;
    for (; hole != first && key < hole[-1]; --hole) *hole = hole[-1];
    *hole = key;
  }
  void insert_far(const PendingKey& key) {
    std::uint32_t node = free_;
    if (node == kNone) [[unlikely]] {
      node = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
    } else {
      free_ = nodes_[node].next;
    }
    nodes_[node] = {key.at, key.order, key.slot, kNone};
    link(node);
    ++far_size_;
  }
  // Puts a node whose instant is after the cursor's into the slot where it belongs.
  void link(std::uint32_t index) {
    Node& node = nodes_[index];
    const std::uint64_t differs = bits(node.at) ^ bits(cursor_);
    const auto level = static_cast<std::uint32_t>(std::bit_width(differs) - 1) / kSlotBits;
    const auto slot =
        static_cast<std::uint32_t>(bits(node.at) >> (kSlotBits * level)) & (kSlots - 1);
    std::uint32_t& head = heads_[level * kSlots + slot];
    if (head == kNone) {
      slots_[level] |= std::uint64_t{1} << slot;
      levels_ |= 1u << level;
      node.next = kNone;
      head = index;
    } else if (Node& least = nodes_[head]; node.key() < least.key()) {
      node.next = head;
      head = index;
    } else {
      node.next = least.next;
      least.next = index;
    }
  }
  // Empties a slot; returns the head of its list.
  std::uint32_t unlink(std::uint32_t level, std::uint32_t slot) {
    std::uint32_t& head = heads_[level * kSlots + slot];
    slots_[level] &= ~(std::uint64_t{1} << slot);
    if (slots_[level] == 0) levels_ &= ~(1u << level);
    return std::exchange(head, kNone);
  }
  void release(std::uint32_t node) {
    nodes_[node].next = free_;
    free_ = node;
    --far_size_;
  }
  [[nodiscard]] bool short_list(std::uint32_t node) const;
  void pop_far();
  void gather_list(std::uint32_t node);
  void gather_all();
  void sift_down(std::uint32_t node);
  [[gnu::noinline, gnu::cold]] void spill();
  [[gnu::noinline, gnu::cold]] void make_room();

  std::vector<PendingKey> near_;  // sorted in [head_, tail_); its size is its capacity
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
  std::size_t far_size_ = 0;
  Instant near_last_ = kLatest;
  Instant cursor_ = kEarliest;  // no far key is at or before it
  Instant popped_ = kEarliest;  // the last key taken
  std::uint32_t free_ = kNone;
  std::uint32_t levels_ = 0;                    // bit per level in use
  std::array<std::uint64_t, kLevels> slots_{};  // bit per slot in use
  std::array<std::uint32_t, kLevels * kSlots> heads_;
  std::vector<Node> nodes_;
};

}  // namespace ackident
