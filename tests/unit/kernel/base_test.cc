#include <doctest/doctest.h>

#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

#include "base/check.h"
#include "base/id.h"
#include "base/inline_vec.h"
#include "base/node_id.h"
#include "base/span_pool.h"
#include "base/time.h"
#include "kernel/chooser.h"
#include "kernel/event_id.h"
#include "kernel/ring.h"

namespace ackident {

TEST_CASE("check: a failed check names condition, place, seed and event") {
  check_context() = {42, 7};
  try {
    SIM_CHECK(1 + 1 == 3);
    FAIL("the check passed");
  } catch (const CheckFailure& failure) {
    const std::string what = failure.what();
    CHECK(what.find("base_test.cc") != std::string::npos);
    CHECK(what.find("1 + 1 == 3") != std::string::npos);
    CHECK(what.find("seed 42, event 7") != std::string::npos);
  }
  check_context() = {};
}

TEST_CASE("id: kinds do not mix, ordinals count") {
  using Apple = Id<struct AppleTag, std::uint32_t>;
  using Pear = Id<struct PearTag, std::uint32_t>;
  static_assert(!std::is_convertible_v<Apple, Pear>);
  static_assert(!std::is_convertible_v<std::uint32_t, Apple>);
  CHECK(Apple(1) < Apple(2));
  Apple apple(3);
  CHECK(++apple == Apple(4));
  CHECK(kNoNode == NodeId(65535));
  const EventId event(10);
  CHECK(event + 5 == EventId(15));
  CHECK(event - 3 == EventId(7));
  CHECK(EventId(2) - EventId(9) == -7);
}

TEST_CASE("time: arithmetic, rounding and the ends") {
  CHECK(milliseconds(3).ns() == 3'000'000);
  CHECK(seconds(1) - milliseconds(1) == microseconds(999'000));
  CHECK(microseconds(1'999).ms() == 1);
  CHECK(microseconds(-1'999).ms() == -1);
  CHECK(nanoseconds(7) / 2 == nanoseconds(3));
  CHECK(nanoseconds(7) * 3 == nanoseconds(21));
  CHECK(Instant(5) + nanoseconds(2) - Instant(3) == nanoseconds(4));
  CHECK(kLongAgo < Instant(0));
  CHECK(Instant(0) + kForever == kNever);
  CHECK(kNever < kNever + kForever);
}

TEST_CASE("inline vector: keeps order, and refuses what does not fit") {
  InlineVec<int, 4> items{1, 2, 3};
  items.push_back(4);
  CHECK_THROWS_AS(items.push_back(5), CheckFailure);
  items.erase_at(1);
  CHECK(items == InlineVec<int, 4>{1, 3, 4});
  items.remove(9);
  items.remove(1);
  CHECK(items == InlineVec<int, 4>{3, 4});
  CHECK(items.contains(4));
  CHECK_FALSE(items.contains(1));
  CHECK(items.front() == 3);
  CHECK(items.back() == 4);
  CHECK_THROWS_AS(items[2], CheckFailure);
  items.clear();
  CHECK(items.empty());
  CHECK_THROWS_AS(items.pop_back(), CheckFailure);
  static_assert(std::is_trivially_copyable_v<InlineVec<int, 4>>);
}

TEST_CASE("span pool: spans do not overlap, come back zeroed and are used again") {
  SpanPool<int> pool;
  std::vector<PoolSpan<int>> spans;
  for (std::uint32_t n = 1; n <= 40; ++n) {
    spans.push_back(pool.make(n));
    for (int& item : pool.get(spans.back())) item = static_cast<int>(n);
  }
  bool intact = true;
  for (const PoolSpan<int> span : spans) {
    for (const int item : pool.get(span)) intact = intact && item == static_cast<int>(span.count);
  }
  CHECK(intact);
  CHECK(pool.live() == 40);
  const PoolSpan<int> freed = spans[12];  // 13 elements: a block of 16
  pool.release(freed);
  const PoolSpan<int> again = pool.make(16);
  CHECK(again.first == freed.first);
  const auto items = pool.get(again);
  CHECK(std::accumulate(items.begin(), items.end(), 0) == 0);
  CHECK(pool.make(0).count == 0);
  pool.release(PoolSpan<int>{});
  CHECK(pool.live() == 40);
  pool.reset();
  CHECK(pool.live() == 0);
  CHECK_THROWS_AS(pool.release(again), CheckFailure);
}

TEST_CASE("ring: grows while wrapped, and takes elements back at the front") {
  Ring<int> ring;
  std::vector<int> expected;
  for (int i = 0; i < 100; ++i) {
    ring.push_back(i);
    expected.push_back(i);
    if (i % 3 == 0) {
      CHECK(ring.front() == expected.front());
      ring.pop_front();
      expected.erase(expected.begin());
    }
    if (i % 10 == 0) {
      ring.push_front(-i);
      expected.insert(expected.begin(), -i);
    }
    if (i % 7 == 0) {
      CHECK(ring.back() == expected.back());
      ring.pop_back();
      expected.pop_back();
    }
  }
  REQUIRE(ring.size() == expected.size());
  for (std::uint32_t i = 0; i < ring.size(); ++i) CHECK(ring[i] == expected[i]);
  ring.clear();
  CHECK(ring.empty());
  CHECK_THROWS_AS(ring.pop_front(), CheckFailure);
  CHECK_THROWS_AS(ring.pop_back(), CheckFailure);
}

TEST_CASE("chooser: dice by default, the last override for a key, within the bound") {
  const ChoiceKey key{ChoiceKind::kLinkLatency, 3, 5};
  const ChoiceKey other{ChoiceKind::kLinkLatency, 3, 6};
  const Chooser plain(1);
  const Chooser overridden(1, {{other, 1}, {key, 4}, {key, 17}});
  CHECK(plain.pick(key, 1000) == Dice(1).below(0, 3, 5, 1000));
  CHECK(overridden.pick(key, 1000) == 17);
  CHECK(overridden.pick(key, 10) == 7);
  CHECK(overridden.bits(key) == 17);
  CHECK(overridden.bits(other) == 1);
  const ChoiceKey third{ChoiceKind::kTornTail, 3, 5};
  CHECK(overridden.bits(third) == plain.bits(third));
}

}  // namespace ackident
