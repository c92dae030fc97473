// InlineVec<T, N>: at most N elements, stored in place; trivially copyable when T is. Overflow is a
// failed check, not a resize: the bound is a protocol or input bound stated where N is chosen.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>

#include "base/check.h"

namespace ackident {

template <class T, std::uint32_t N>
class InlineVec {
 public:
  using value_type = T;

  constexpr InlineVec() = default;
  constexpr InlineVec(std::initializer_list<T> items) {
    for (const T& item : items) push_back(item);
  }

  [[nodiscard]] constexpr std::uint32_t size() const { return size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] static constexpr std::uint32_t capacity() { return N; }
  constexpr T* begin() { return items_.data(); }
  constexpr T* end() { return items_.data() + size_; }
  constexpr const T* begin() const { return items_.data(); }
  constexpr const T* end() const { return items_.data() + size_; }
  constexpr T& operator[](std::uint32_t i) {
    SIM_CHECK(i < size_);
    return items_[i];
  }
  constexpr const T& operator[](std::uint32_t i) const {
    SIM_CHECK(i < size_);
    return items_[i];
  }
  constexpr T& back() { return (*this)[size_ - 1]; }
  constexpr const T& back() const { return (*this)[size_ - 1]; }
  constexpr T& front() { return (*this)[0]; }
  constexpr const T& front() const { return (*this)[0]; }

  constexpr void push_back(const T& item) {
    SIM_CHECK(size_ < N);
    items_[size_++] = item;
  }
  constexpr void pop_back() {
    SIM_CHECK(size_ > 0);
    items_[--size_] = T{};
  }
  // Removes element i and keeps the order of the rest.
  constexpr void erase_at(std::uint32_t i) {
    SIM_CHECK(i < size_);
    std::move(begin() + i + 1, end(), begin() + i);
    pop_back();
  }
  constexpr void clear() {
    while (size_ > 0) pop_back();
  }
  [[nodiscard]] constexpr bool contains(const T& item) const {
    return std::find(begin(), end(), item) != end();
  }
  // Removes the first element equal to item, if there is one.
  constexpr void remove(const T& item) {
    const auto at = std::find(begin(), end(), item);
    if (at != end()) erase_at(static_cast<std::uint32_t>(at - begin()));
  }

  friend constexpr bool operator==(const InlineVec& a, const InlineVec& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::array<T, N> items_{};
  std::uint32_t size_ = 0;
};

}  // namespace ackident
