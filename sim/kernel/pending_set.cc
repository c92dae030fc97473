#include "kernel/pending_set.h"

#include <algorithm>

namespace ackident {

PendingSet::PendingSet() : near_(4 * kNearMost) { heads_.fill(kNone); }

void PendingSet::reset() {
  head_ = tail_ = far_size_ = 0;
  near_last_ = kLatest;
  cursor_ = popped_ = kEarliest;
  free_ = kNone;
  levels_ = 0;
  slots_.fill(0);
  heads_.fill(kNone);
  nodes_.clear();
}

bool PendingSet::short_list(std::uint32_t node) const {
  std::uint32_t count = 0;
  for (; node != kNone && count <= kBatch; node = nodes_[node].next) ++count;
  return count <= kBatch;
}

void PendingSet::pop_far() {
  const auto level = static_cast<std::uint32_t>(std::countr_zero(levels_));
  const std::uint32_t least = unlink(level, lowest_slot(level));
  const std::uint32_t rest = nodes_[least].next;
  cursor_ = popped_ = nodes_[least].at;
  release(least);
  if (far_size_ <= kSmall) {
    gather_list(rest);
    gather_all();
    near_last_ = kLatest;
  } else if (short_list(rest)) {
    // Every other far key is beyond the slot just emptied.
    const std::uint64_t span = (std::uint64_t{1} << (kSlotBits * level)) - 1;
    near_last_ = Instant(
        static_cast<std::int64_t>(bits(Instant(static_cast<std::int64_t>(bits(cursor_) | span)))));
    gather_list(rest);
  } else {
    near_last_ = cursor_;
    sift_down(rest);
  }
}

void PendingSet::gather_list(std::uint32_t node) {
  while (node != kNone) {
    const std::uint32_t next = nodes_[node].next;
    insert_near(nodes_[node].key());
    release(node);
    node = next;
  }
}

void PendingSet::gather_all() {
  while (levels_ != 0) {
    const auto level = static_cast<std::uint32_t>(std::countr_zero(levels_));
    gather_list(unlink(level, lowest_slot(level)));
  }
}

// Relinks the rest of a slot under the new cursor. Keys of the cursor's own instant join the near
// run; they may be many, so they are appended first and sorted once.
void PendingSet::sift_down(std::uint32_t node) {
  while (node != kNone) {
    const std::uint32_t next = nodes_[node].next;
    if (nodes_[node].at == cursor_) {
      if (tail_ == near_.size()) make_room();
      near_[tail_++] = nodes_[node].key();
      release(node);
    } else {
      link(node);
    }
    node = next;
  }
  const auto run = near_.begin() + static_cast<std::ptrdiff_t>(head_);
  std::sort(run, near_.begin() + static_cast<std::ptrdiff_t>(tail_));
}

// Moves the later half of a near run that has grown too long to the wheel. Keys of the cursor's
// instant, or before it, cannot go there and stay.
void PendingSet::spill() {
  if (far_size_ == 0) cursor_ = popped_;
  const auto run = near_.begin() + static_cast<std::ptrdiff_t>(head_);
  const auto end = near_.begin() + static_cast<std::ptrdiff_t>(tail_);
  const Instant last_kept = std::max(run[kNearMost / 2].at - nanoseconds(1), cursor_);
  const auto cut = std::upper_bound(run, end, last_kept,
                                    [](Instant at, const PendingKey& key) { return at < key.at; });
  if (cut == end) return;
  near_last_ = last_kept;
  for (auto key = cut; key != end; ++key) insert_far(*key);
  tail_ -= static_cast<std::size_t>(end - cut);
}

// Slides the run to the front of its storage, or doubles the storage.
void PendingSet::make_room() {
  if (head_ < near_.size() / 2) near_.resize(near_.size() * 2);
  std::copy(near_.begin() + static_cast<std::ptrdiff_t>(head_),
            near_.begin() + static_cast<std::ptrdiff_t>(tail_), near_.begin());
  tail_ -= head_;
  head_ = 0;
}

}  // namespace ackident
