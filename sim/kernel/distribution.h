// Distributions of durations, sampled in integers from 64 uniform bits, so that every compiler and
// optimisation level draws the same values. Exponential and log-normal go through a 1024-entry
// inverse table with linear interpolation; their tail is therefore capped (see distribution.cc).
#pragma once

#include <array>
#include <cstdint>

#include "base/check.h"
#include "base/time.h"

namespace ackident {

struct Distribution {
  enum class Kind : std::uint8_t { kConstant, kUniform, kExponential, kLogNormal };

  Kind kind = Kind::kConstant;
  Duration a;  // constant: the value; uniform: least; exponential: minimum; log-normal: median
  Duration b;  // uniform: greatest; exponential: mean excess over the minimum; log-normal: p99

  bool operator==(const Distribution&) const = default;
};

namespace quantiles {

inline constexpr std::uint32_t kSegmentBits = 10;
inline constexpr std::uint32_t kBits = 30;  // quantiles are in units of 2^-30
using Table = std::array<std::int64_t, (1u << kSegmentBits) + 1>;

extern const Table kExponential;  // -ln(1 - i / 1024)
extern const Table kNormal;       // z(i / 1024) / z(0.99)

// The quantile at bits / 2^64, on the line between the two entries next to it.
inline std::int64_t at(const Table& table, std::uint64_t bits) {
  const std::uint64_t segment = bits >> (64 - kSegmentBits);
  const auto fraction = static_cast<std::int64_t>(bits << kSegmentBits >> (64 - kBits));
  const std::int64_t low = table[segment];
  return low + ((table[segment + 1] - low) * fraction >> kBits);
}

}  // namespace quantiles

// Powers of two of exponents in units of 2^-40.
namespace powers {

inline constexpr std::uint32_t kBits = 40;
inline constexpr std::uint32_t kSegmentBits = 8;
using Table = std::array<std::uint64_t, (1u << kSegmentBits) + 1>;

extern const Table kExp2;  // 2^(i / 256) in units of 2^-40

// 2^x, rounded down; 0 below 2^0, and not above kForever.
inline std::int64_t exp2(std::int64_t x) {
  // One comparison for both ends: a negative x is huge without its sign.
  if (static_cast<std::uint64_t>(x) >= std::uint64_t{61} << kBits) return x < 0 ? 0 : kForever.ns();
  const std::uint64_t segment = static_cast<std::uint8_t>(x >> (kBits - kSegmentBits));
  const std::uint64_t fraction = static_cast<std::uint32_t>(x) >> 4;
  const std::uint64_t low = kExp2[segment];
  const std::uint64_t power = low + ((kExp2[segment + 1] - low) * fraction >> 28);
  // At most 2^41, so it can go up by 22 bits before it goes down by as many as the exponent says.
  return static_cast<std::int64_t>(power << 22 >> (22 + kBits - (x >> kBits)));
}

}  // namespace powers

// What all draws of one log-normal distribution have in common.
struct LogNormalScale {
  std::int64_t log_median = 0;  // in units of 2^-40
  std::int64_t spread = 0;      // log2(p99 / median) in units of 2^-56

  LogNormalScale() = default;
  explicit LogNormalScale(const Distribution& distribution);
};

// median * (p99 / median)^q, where q is the quantile in units of the 99th percentile.
inline Duration sample_log_normal(const LogNormalScale& scale, std::uint64_t bits) {
  __extension__ using Wide = __int128;
  // 56 + 48 bits of fraction: the upper word of the product is the exponent, without a wide shift.
  const std::int64_t quantile = quantiles::at(quantiles::kNormal, bits) << (48 - quantiles::kBits);
  const Wide offset = static_cast<Wide>(scale.spread) * quantile >> 64;
  return Duration(powers::exp2(scale.log_median + static_cast<std::int64_t>(offset)));
}

inline Duration sample(const Distribution& distribution, std::uint64_t bits) {
  __extension__ using Wide = __int128;
  __extension__ using UnsignedWide = unsigned __int128;
  const std::int64_t a = distribution.a.ns();
  const std::int64_t b = distribution.b.ns();
  switch (distribution.kind) {
    case Distribution::Kind::kConstant: return Duration(a);
    case Distribution::Kind::kUniform: {
      SIM_CHECK(a <= b);
      const auto width = static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a) + 1;
      return Duration(a + static_cast<std::int64_t>((UnsignedWide{bits} * width) >> 64));
    }
    case Distribution::Kind::kExponential: {
      const Wide excess = static_cast<Wide>(b) * quantiles::at(quantiles::kExponential, bits);
      return Duration(a + static_cast<std::int64_t>(excess >> quantiles::kBits));
    }
    case Distribution::Kind::kLogNormal: break;
  }
  return sample_log_normal(LogNormalScale(distribution), bits);
}

// A distribution that is drawn from again and again.
class Sampler {
 public:
  Sampler() = default;
  explicit Sampler(const Distribution& distribution) : distribution_(distribution) {
    if (distribution.kind == Distribution::Kind::kLogNormal) scale_ = LogNormalScale(distribution);
  }

  [[nodiscard]] const Distribution& distribution() const { return distribution_; }
  // The same for all bits?
  [[nodiscard]] bool is_constant() const {
    return distribution_.kind == Distribution::Kind::kConstant;
  }
  [[nodiscard]] Duration sample(std::uint64_t bits) const {
    if (distribution_.kind == Distribution::Kind::kLogNormal) {
      return sample_log_normal(scale_, bits);
    }
    return ackident::sample(distribution_, bits);
  }

 private:
  Distribution distribution_;
  LogNormalScale scale_;
};

}  // namespace ackident
