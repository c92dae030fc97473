// A histogram of durations in bounded memory: each power of two is divided into 512 equal buckets,
// and a quantile is answered by the middle of its bucket, so it is off by at most one part in 1024
// (0.1 %). Below 1024 ns, and for the maximum, it is exact.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace ackident {

class Histogram {
 public:
  // Keeps memory.
  void reset() {
    std::fill(buckets_.begin(), buckets_.end(), 0);
    count_ = 0;
    max_ = Duration();
  }

  void add(Duration value, std::uint64_t times = 1) {
    const std::size_t at = bucket(static_cast<std::uint64_t>(std::max(value, Duration()).ns()));
    if (at >= buckets_.size()) buckets_.resize((at / kHalf + 1) * kHalf);
    buckets_[at] += times;
    count_ += times;
    max_ = std::max(max_, value);
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] Duration max() const { return max_; }

  // The least value that `thousandths` of all values do not exceed (nearest rank).
  [[nodiscard]] Duration quantile(std::uint32_t thousandths) const {
    const std::uint64_t wanted = rank(count_, thousandths);
    if (wanted >= count_) return max_;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      below += buckets_[i];
      if (below >= wanted) return std::min(middle(i), max_);
    }
    return max_;
  }

  // Which of `count` values, counted from the least, is that quantile.
  static std::uint64_t rank(std::uint64_t count, std::uint32_t thousandths) {
    return std::max<std::uint64_t>((count * thousandths + 999) / 1000, 1);
  }
  // What a quantile says for this value.
  static Duration rounded(Duration value) {
    return middle(bucket(static_cast<std::uint64_t>(value.ns())));
  }

 private:
  static constexpr std::uint64_t kHalf = 512;

  // Values below 1024 have a bucket each; above, ten leading bits name the bucket.
  static std::size_t bucket(std::uint64_t value) {
    if (value < 2 * kHalf) return static_cast<std::size_t>(value);
    const auto shift = static_cast<std::uint64_t>(std::bit_width(value)) - 10;
    return static_cast<std::size_t>(shift * kHalf + (value >> shift));
  }
  static Duration middle(std::size_t index) {
    if (index < 2 * kHalf) return Duration(static_cast<std::int64_t>(index));
    const std::uint64_t shift = index / kHalf - 1;
    const std::uint64_t low = (index - shift * kHalf) << shift;
    return Duration(static_cast<std::int64_t>(low + ((std::uint64_t{1} << shift) - 1) / 2));
  }

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  Duration max_;
};

}  // namespace ackident
