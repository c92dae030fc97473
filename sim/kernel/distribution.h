// Distributions of durations, sampled in integers from 64 uniform bits, so that every compiler and
// optimisation level draws the same values. Exponential and log-normal go through a 1024-entry
// inverse table with linear interpolation; their tail is therefore capped (see distribution.cc).
#pragma once

#include <cstdint>

#include "base/time.h"

namespace ackident {

struct Distribution {
  enum class Kind : std::uint8_t { kConstant, kUniform, kExponential, kLogNormal };

  Kind kind = Kind::kConstant;
  Duration a;  // constant: the value; uniform: least; exponential: minimum; log-normal: median
  Duration b;  // uniform: greatest; exponential: mean excess over the minimum; log-normal: p99

  bool operator==(const Distribution&) const = default;
};

Duration sample(const Distribution& distribution, std::uint64_t bits);

}  // namespace ackident
