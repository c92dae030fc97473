// SpanPool<T>: storage for the variable-length lists of messages. A message holds a PoolSpan (two
// integers), so it stays trivially copyable and small. Blocks come in powers of two with a free
// list each; a warm pool allocates nothing. Spans obtained from get() are valid until the next
// make().
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "base/append_list.h"
#include "base/check.h"

namespace ackident {

template <class T>
struct PoolSpan {
  std::uint32_t first = 0;
  std::uint32_t count = 0;

  bool operator==(const PoolSpan&) const = default;
};

template <class T>
class SpanPool {
 public:
  // A span of n value-initialised elements (n may be 0).
  PoolSpan<T> make(std::uint32_t n) {
    if (n == 0) return {};
    const std::uint32_t size_class = class_of(n);
    if (free_[size_class].empty()) [[unlikely]]
      grow(size_class);
    const std::uint32_t first = free_[size_class].pop_back();
    for (std::uint32_t i = 0; i < n; ++i) items_[first + i] = T{};
    ++live_;
    return {first, n};
  }
  std::span<T> get(PoolSpan<T> span) { return {items_.data() + span.first, span.count}; }
  std::span<const T> get(PoolSpan<T> span) const {
    return {items_.data() + span.first, span.count};
  }

  void release(PoolSpan<T> span) {
    if (span.count == 0) return;
    SIM_CHECK(live_ > 0);
    --live_;
    free_[class_of(span.count)].push_back(span.first);
  }
  // Spans made and not released.
  [[nodiscard]] std::uint64_t live() const { return live_; }

  void reset() {
    items_.clear();
    for (AppendList<std::uint32_t>& free : free_) free.clear();
    live_ = 0;
  }

 private:
  [[gnu::noinline, gnu::cold]] void grow(std::uint32_t size_class) {
    free_[size_class].push_back(static_cast<std::uint32_t>(items_.size()));
    items_.resize(items_.size() + (std::size_t{1} << size_class));
  }
  static std::uint32_t class_of(std::uint32_t n) {
    return static_cast<std::uint32_t>(std::bit_width(n - 1));
  }

  std::vector<T> items_;
  std::array<AppendList<std::uint32_t>, 32> free_;
  std::uint64_t live_ = 0;
};

}  // namespace ackident
