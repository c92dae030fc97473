// Times and rates are exact.
#include "scenario/units.h"

#include <doctest/doctest.h>

#include "scenario/reader.h"

namespace ackident {
namespace {

TEST_CASE("times have units and are exact") {
  CHECK(parse_duration("250ms") == milliseconds(250));
  CHECK(parse_duration("2.1s") == milliseconds(2'100));
  CHECK(parse_duration("0.1us") == nanoseconds(100));
  CHECK(parse_duration("1.5m") == seconds(90));
  CHECK(parse_duration("2h") == seconds(7'200));
  CHECK(parse_duration("30d") == seconds(2'592'000));
  CHECK(parse_duration("0s") == Duration());
}

TEST_CASE("what is no time, or no whole nanosecond, is refused") {
  for (const char* text : {"", "5", "s", ".5s", "5.s", "-1s", "+1s", "1e3s", "1 s", "0.5ns",
                           "1.2.3s", "5sec", "99999999999999999999s", "9000000000000000000000ns"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text).has_value());
  }
}

TEST_CASE("rates become intervals with one rounding") {
  CHECK(interval_of(*parse_rate("100/s"), 1) == milliseconds(10));
  CHECK(interval_of(*parse_rate("100/s"), 5) == milliseconds(50));
  CHECK(interval_of(*parse_rate("0.5/s"), 1) == seconds(2));
  CHECK(interval_of(*parse_rate("30/m"), 1) == seconds(2));
  CHECK(interval_of(*parse_rate("3/s"), 1) == nanoseconds(333'333'333));
  CHECK(interval_of(*parse_rate("1/h"), 100'000) == seconds(360'000'000));
  for (const char* text : {"100", "/s", "x/s", "1/d", "-1/s", "0.0001/s"}) {
    INFO(text);
    CHECK_FALSE(parse_rate(text).has_value());
  }
}

TEST_CASE("times are spelled as people write them") {
  CHECK(spell_duration(seconds(90)) == "90s");
  CHECK(spell_duration(seconds(2'592'000)) == "30d");
  CHECK(spell_duration(microseconds(1'500)) == "1500us");
  CHECK(spell_duration(Duration()) == "0s");
}

}  // namespace
}  // namespace ackident
