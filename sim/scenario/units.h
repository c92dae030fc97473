// Quantities as people write them: "250ms", "2.1s", "800/s". Exact: what is not a whole number of
// nanoseconds is refused rather than rounded.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace ackident {

// A decimal number times `scale`, if that is a whole number of at most 2^62; no sign, no exponent.
std::optional<std::int64_t> parse_decimal(std::string_view text, std::int64_t scale);
// ns, us, ms, s, m, h, d. "0" needs a unit too.
std::optional<Duration> parse_duration(std::string_view text);

// So many records in so much time. Kept as a fraction: intervals are derived with one rounding.
struct Rate {
  std::int64_t count_milli = 0;  // records, in thousandths
  Duration per;

  bool operator==(const Rate&) const = default;
};
// "800/s", "0.5/s", "30/m", "100/h".
std::optional<Rate> parse_rate(std::string_view text);
// Time between arrivals of `burst` records each, rounded down.
Duration interval_of(const Rate& rate, std::uint32_t burst);

}  // namespace ackident
