// Strong identifiers: an Id<Tag, Rep> is made explicitly, read by value(), ordered, and never
// converts to another kind of id. Counts and differences stay plain integers.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace ackident {

template <class Tag, class Rep>
class Id {
 public:
  using rep = Rep;

  constexpr Id() = default;
  constexpr explicit Id(Rep value) : value_(value) {}

  [[nodiscard]] constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const Id&) const = default;

  constexpr Id& operator++() {
    ++value_;
    return *this;
  }

 private:
  Rep value_{};
};

// Ids that count something (offsets, epochs, sequences) also add a distance and give a distance.
template <class Tag, class Rep>
class Ordinal {
 public:
  using rep = Rep;

  constexpr Ordinal() = default;
  constexpr explicit Ordinal(Rep value) : value_(value) {}

  [[nodiscard]] constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const Ordinal&) const = default;

  constexpr Ordinal& operator++() {
    ++value_;
    return *this;
  }
  constexpr Ordinal& operator+=(std::int64_t n) {
    value_ = static_cast<Rep>(value_ + n);
    return *this;
  }
  friend constexpr Ordinal operator+(Ordinal a, std::int64_t n) { return a += n; }
  friend constexpr Ordinal operator-(Ordinal a, std::int64_t n) { return a += -n; }
  friend constexpr std::int64_t operator-(Ordinal a, Ordinal b) {
    return static_cast<std::int64_t>(a.value_) - static_cast<std::int64_t>(b.value_);
  }

 private:
  Rep value_{};
};

}  // namespace ackident
