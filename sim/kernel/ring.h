// Ring<T>: a growing circular buffer: push and pop at the back and at the front, index from the
// front. Capacity is a power of two and never shrinks, so a warm ring allocates nothing.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/check.h"

namespace ackident {

template <class T>
class Ring {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] const T& front() const { return items_[head_]; }
  [[nodiscard]] T& front() { return items_[head_]; }
  [[nodiscard]] const T& back() const { return (*this)[size_ - 1]; }
  [[nodiscard]] const T& operator[](std::uint32_t i) const { return items_[(head_ + i) & mask()]; }
  [[nodiscard]] T& operator[](std::uint32_t i) { return items_[(head_ + i) & mask()]; }

  void push_back(const T& item) { emplace_back() = item; }
  // Adds an element to be filled in place; it holds what an earlier one left there.
  T& emplace_back() {
    if (size_ == capacity_) [[unlikely]]
      grow();
    return items_[(head_ + size_++) & mask()];
  }
  void push_front(const T& item) {
    if (size_ == capacity_) [[unlikely]]
      grow();
    head_ = (head_ - 1) & mask();
    items_[head_] = item;
    ++size_;
  }
  void pop_front() {
    SIM_CHECK(size_ > 0);
    // An emptied ring begins anew: one that mostly holds a single element stays in one place of the
    // cache.
    head_ = --size_ == 0 ? 0 : (head_ + 1) & mask();
  }
  void pop_back() {
    SIM_CHECK(size_ > 0);
    --size_;
  }
  void clear() { head_ = size_ = 0; }

 private:
  [[nodiscard]] std::uint32_t mask() const { return capacity_ - 1; }
  [[gnu::noinline, gnu::cold]] void grow() {
    std::vector<T> larger(capacity_ == 0 ? 4 : std::size_t{capacity_} * 2);
    for (std::uint32_t i = 0; i < size_; ++i) larger[i] = items_[(head_ + i) & mask()];
    items_ = std::move(larger);
    capacity_ = static_cast<std::uint32_t>(items_.size());
    head_ = 0;
  }

  std::vector<T> items_;
  std::uint32_t capacity_ = 0;  // of items_, whose own size() takes a division
  std::uint32_t head_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace ackident
