// PendingSet: the ordered set of queue keys, least (at, order) first. See event_queue.h for what the
// keys mean. (A 4-ary heap; the adaptive structure replaces it behind this interface.)
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"

namespace ackident {

struct PendingKey {
  Instant at;
  std::uint64_t order;
  std::uint32_t slot;

  friend bool operator<(const PendingKey& a, const PendingKey& b) {
    return a.at != b.at ? a.at < b.at : a.order < b.order;
  }
};

class PendingSet {
 public:
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  [[nodiscard]] const PendingKey& top() const { return heap_.front(); }

  void push(const PendingKey& key) {
    std::size_t hole = heap_.size();
    heap_.push_back(key);
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / 4;
      if (!(key < heap_[parent])) break;
      heap_[hole] = heap_[parent];
      hole = parent;
    }
    heap_[hole] = key;
  }

  void pop() {
    const PendingKey last = heap_.back();
    heap_.pop_back();
    if (heap_.empty()) return;
    std::size_t hole = 0;
    for (;;) {
      const std::size_t first = hole * 4 + 1;
      if (first >= heap_.size()) break;
      std::size_t least = first;
      const std::size_t end = first + 4 < heap_.size() ? first + 4 : heap_.size();
      for (std::size_t child = first + 1; child < end; ++child) {
        if (heap_[child] < heap_[least]) least = child;
      }
      if (!(heap_[least] < last)) break;
      heap_[hole] = heap_[least];
      hole = least;
    }
    heap_[hole] = last;
  }

 private:
  std::vector<PendingKey> heap_;
};

}  // namespace ackident
