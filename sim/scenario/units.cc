#include "scenario/units.h"

#include <array>

namespace ackident {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kLargest = std::int64_t{1} << 62;

struct Unit {
  std::string_view name;
  std::int64_t ns;
};
constexpr std::array<Unit, 7> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", 1'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"h", 3'600'000'000'000},
                                         {"d", 86'400'000'000'000}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<std::int64_t> parse_decimal(std::string_view text, std::int64_t scale) {
  // Digits so far as an integer, and the power of ten that divides it.
  Wide digits = 0;
  Wide divisor = 1;
  bool after_point = false;
  std::size_t digit_count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.' && !after_point && i > 0 && i + 1 < text.size()) {
      after_point = true;
      continue;
    }
    if (!is_digit(text[i]) || ++digit_count > 20) return std::nullopt;
    digits = digits * 10 + (text[i] - '0');
    if (after_point) divisor *= 10;
  }
  if (digit_count == 0 || digits > kLargest) return std::nullopt;
  const Wide scaled = digits * scale;
  if (scaled % divisor != 0 || scaled / divisor > kLargest) return std::nullopt;
  return static_cast<std::int64_t>(scaled / divisor);
}

std::optional<Duration> parse_duration(std::string_view text) {
  std::size_t number_end = 0;
  while (number_end < text.size() && (is_digit(text[number_end]) || text[number_end] == '.')) {
    ++number_end;
  }
  for (const Unit& unit : kUnits) {
    if (text.substr(number_end) != unit.name) continue;
    const std::optional<std::int64_t> ns = parse_decimal(text.substr(0, number_end), unit.ns);
    if (!ns) return std::nullopt;
    return Duration(*ns);
  }
  return std::nullopt;
}

std::optional<Rate> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view unit = text.substr(slash + 1);
  if (unit != "s" && unit != "m" && unit != "h") return std::nullopt;
  const std::optional<std::int64_t> count = parse_decimal(text.substr(0, slash), 1'000);
  if (!count) return std::nullopt;
  for (const Unit& known : kUnits) {
    if (known.name == unit) return Rate{*count, Duration(known.ns)};
  }
  return std::nullopt;
}

Duration interval_of(const Rate& rate, std::uint32_t burst) {
  const Wide ns = Wide{rate.per.ns()} * 1'000 * burst / rate.count_milli;
  return Duration(ns > kLargest ? kLargest : static_cast<std::int64_t>(ns));
}

}  // namespace ackident
