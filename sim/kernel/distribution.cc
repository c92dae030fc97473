// Fixed point throughout: quantiles in units of 2^-30, logarithms to base 2 in units of 2^-40.
//
// Tails are capped because the last of the 1024 segments ends somewhere. The exponential never
// exceeds its minimum by more than 8.93 mean excesses (true chance of that: 1 in 7,550), and the
// log-normal stays within median * (p99 / median)^(+-1.57) (true chance of leaving it: 1 in 7,600
// on either side). Both ends are placed so that the mean of the last segment's quantile is right.
#include "kernel/distribution.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/check.h"
#include "kernel/normal_table.h"

namespace ackident {
namespace {

__extension__ using Wide = __int128;
__extension__ using UnsignedWide = unsigned __int128;

using quantiles::Table;

constexpr std::uint32_t kSegments = 1u << quantiles::kSegmentBits;
constexpr std::uint32_t kQuantileBits = quantiles::kBits;
constexpr std::uint32_t kLogBits = powers::kBits;
constexpr std::uint32_t kLogSegmentBits = powers::kSegmentBits;
constexpr std::uint32_t kLogSegments = 1u << kLogSegmentBits;

// ln((k + 1) / k) in units of 2^-56, by the series 2 * sum x^(2j+1) / (2j+1) with x = 1 / (2k+1).
constexpr std::uint64_t ln_step(std::uint64_t k) {
  const std::uint64_t divisor = 2 * k + 1;
  std::uint64_t power = (std::uint64_t{1} << 57) / divisor;
  std::uint64_t sum = 0;
  for (std::uint64_t j = 1; power != 0; j += 2) {
    sum += power / j;
    power /= divisor * divisor;
  }
  return sum;
}

constexpr std::uint64_t kLn2 = ln_step(1);  // 2^-56

// -ln(1 - i / 1024), and an end that makes the mean of the last segment right: ln 1024 + 2.
constexpr Table kExponentialTable = [] {
  Table table{};
  std::uint64_t sum = 0;
  for (std::uint32_t i = 1; i < kSegments; ++i) {
    sum += ln_step(kSegments - i);
    table[i] = static_cast<std::int64_t>(sum >> (56 - kQuantileBits));
  }
  table[kSegments] = table[kSegments - 1] + (std::int64_t{2} << kQuantileBits);
  return table;
}();

// z(i / 1024) / z(0.99), symmetric about the middle.
constexpr Table kNormalQuantiles = [] {
  Table table{};
  for (std::uint32_t i = 0; i <= kSegments / 2; ++i) {
    table[i] = -kNormalTable[i];
    table[kSegments - i] = kNormalTable[i];
  }
  return table;
}();

// log2(1 + i / 256).
constexpr auto kLog2 = [] {
  std::array<std::uint64_t, kLogSegments + 1> table{};
  std::uint64_t sum = 0;
  for (std::uint32_t i = 1; i <= kLogSegments; ++i) {
    sum += ln_step(kLogSegments + i - 1);
    table[i] = static_cast<std::uint64_t>((UnsignedWide{sum} << kLogBits) / kLn2);
  }
  return table;
}();

// 2^(i / 256) in units of 2^-40; the exponential series in units of 2^-56.
constexpr powers::Table kPowers = [] {
  powers::Table table{};
  for (std::uint32_t i = 0; i <= kLogSegments; ++i) {
    const std::uint64_t x = kLn2 * i >> kLogSegmentBits;
    std::uint64_t term = std::uint64_t{1} << 56;
    std::uint64_t sum = 0;
    for (std::uint64_t j = 1; term != 0; ++j) {
      sum += term;
      term = static_cast<std::uint64_t>((UnsignedWide{term} * x) >> 56) / j;
    }
    table[i] = sum >> (56 - kLogBits);
  }
  return table;
}();

// log2 of a positive integer.
std::int64_t log2(std::uint64_t value) {
  const auto exponent = static_cast<std::uint32_t>(std::bit_width(value) - 1);
  const std::uint64_t mantissa = value << (63 - exponent) << 1;  // without its leading one
  const std::uint64_t segment = mantissa >> (64 - kLogSegmentBits);
  const std::uint64_t fraction = mantissa << kLogSegmentBits >> 34;  // 30 bits
  const std::uint64_t low = kLog2[segment];
  const std::uint64_t between = (kLog2[segment + 1] - low) * (fraction >> 6) >> 24;
  return static_cast<std::int64_t>((std::uint64_t{exponent} << kLogBits) + low + between);
}

}  // namespace

constinit const Table quantiles::kExponential = kExponentialTable;
constinit const Table quantiles::kNormal = kNormalQuantiles;
constinit const powers::Table powers::kExp2 = kPowers;

LogNormalScale::LogNormalScale(const Distribution& distribution) {
  SIM_CHECK(distribution.a.ns() > 0);
  SIM_CHECK(distribution.a <= distribution.b);
  log_median = log2(static_cast<std::uint64_t>(distribution.a.ns()));
  const auto greatest = static_cast<std::uint64_t>(distribution.b.ns());
  spread = (log2(greatest) - log_median) << (56 - kLogBits);  // below 2^62
}

}  // namespace ackident
