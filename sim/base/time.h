// Simulated time: integer nanoseconds. Duration is a signed length, Instant a point counted from
// the start of the run. Both are 64 bits: 292 years, so sums of scenario values (bounded at load)
// cannot overflow.
#pragma once

#include <compare>
#include <cstdint>

namespace ackident {

class Duration {
 public:
  constexpr Duration() = default;
  constexpr explicit Duration(std::int64_t ns) : ns_(ns) {}

  [[nodiscard]] constexpr std::int64_t ns() const { return ns_; }
  // Whole milliseconds, rounded toward zero (Kafka's own unit).
  [[nodiscard]] constexpr std::int64_t ms() const { return ns_ / 1'000'000; }
  constexpr auto operator<=>(const Duration&) const = default;

  constexpr Duration& operator+=(Duration d) {
    ns_ += d.ns_;
    return *this;
  }
  friend constexpr Duration operator+(Duration a, Duration b) { return Duration(a.ns_ + b.ns_); }
  friend constexpr Duration operator-(Duration a, Duration b) { return Duration(a.ns_ - b.ns_); }
  friend constexpr Duration operator*(Duration a, std::int64_t n) { return Duration(a.ns_ * n); }
  // Rounds toward zero.
  friend constexpr Duration operator/(Duration a, std::int64_t n) { return Duration(a.ns_ / n); }

 private:
  std::int64_t ns_ = 0;
};

constexpr Duration nanoseconds(std::int64_t n) { return Duration(n); }
constexpr Duration microseconds(std::int64_t n) { return Duration(n * 1'000); }
constexpr Duration milliseconds(std::int64_t n) { return Duration(n * 1'000'000); }
constexpr Duration seconds(std::int64_t n) { return Duration(n * 1'000'000'000); }

// Long enough to mean "never" and short enough that Instant + kForever does not overflow.
inline constexpr Duration kForever = Duration(std::int64_t{1} << 61);

class Instant {
 public:
  constexpr Instant() = default;
  constexpr explicit Instant(std::int64_t ns) : ns_(ns) {}

  [[nodiscard]] constexpr std::int64_t ns() const { return ns_; }
  constexpr auto operator<=>(const Instant&) const = default;

  friend constexpr Instant operator+(Instant a, Duration d) { return Instant(a.ns_ + d.ns()); }
  friend constexpr Instant operator-(Instant a, Duration d) { return Instant(a.ns_ - d.ns()); }
  friend constexpr Duration operator-(Instant a, Instant b) { return Duration(a.ns_ - b.ns_); }

 private:
  std::int64_t ns_ = 0;
};

inline constexpr Instant kNever = Instant(std::int64_t{1} << 61);
// "Has not happened": earlier than every instant of a run.
inline constexpr Instant kLongAgo = Instant(-(std::int64_t{1} << 61));

}  // namespace ackident
