#include "kernel/pending_set.h"

#include <doctest/doctest.h>

#include <map>
#include <utility>

#include "base/dice.h"

namespace ackident {
namespace {

using Reference = std::multimap<std::pair<std::int64_t, std::uint64_t>, std::uint32_t>;

// A pending set beside a reference; every pop is compared.
struct Pair {
  PendingSet set;
  Reference reference;
  std::uint64_t order = 0;
  std::int64_t now = 0;

  void push(std::int64_t at, std::uint64_t tie = 0) {
    const std::uint64_t place = tie << 48 | ++order;
    const auto slot = static_cast<std::uint32_t>(order);
    set.push({Instant(at), place, slot});
    reference.emplace(std::pair(at, place), slot);
  }
  // False if the two disagree.
  bool pop() {
    const PendingKey key = set.top();
    const auto least = reference.begin();
    const bool same = set.size() == reference.size() && key.at.ns() == least->first.first &&
                      key.order == least->first.second && key.slot == least->second;
    now = key.at.ns();
    set.pop();
    reference.erase(least);
    return same;
  }
  bool drain() {
    bool same = true;
    while (!reference.empty()) same = pop() && same;
    return same && set.empty();
  }
};

}  // namespace

TEST_CASE("pending set: few keys come out by time, then by order") {
  Pair pair;
  for (const std::int64_t at : {5, 3, 3, 9, 0, 5, 3}) pair.push(at);
  CHECK(pair.drain());
}

TEST_CASE("pending set: random growing and shrinking populations agree with a multimap") {
  for (const std::uint64_t scale : {3, 1'000, 100'000'000}) {
    CAPTURE(scale);
    const Dice dice(scale);
    Pair pair;
    bool same = true;
    for (std::uint64_t step = 0; step < 200'000; ++step) {
      // Each phase of 5,000 steps either fills or empties, so both representations are entered and
      // left many times.
      const std::uint64_t filling = step / 5'000 % 2 == 0 ? 60 : 40;
      const bool push = dice.below(0, 0, step, 100) < filling;
      if (push || pair.reference.empty()) {
        const std::uint64_t far = dice.below(1, 0, step, 10) == 0 ? 1000 : 1;
        pair.push(pair.now + static_cast<std::int64_t>(dice.below(2, 0, step, scale * far)),
                  dice.below(3, 0, step, 3));
      } else {
        same = pair.pop() && same;
      }
    }
    CHECK(same);
    CHECK(pair.drain());
  }
}

TEST_CASE("pending set: a hundred thousand keys, held for a hundred thousand steps") {
  const Dice dice(1);
  Pair pair;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    pair.push(static_cast<std::int64_t>(dice.below(0, 0, i, 1'000'000'000)));
  }
  bool same = true;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    same = pair.pop() && same;
    pair.push(pair.now + static_cast<std::int64_t>(dice.below(1, 0, i, 1'000'000'000)));
  }
  CHECK(same);
  CHECK(pair.drain());
}

TEST_CASE("pending set: looking at a far key does not bind what is pushed next") {
  Pair pair;
  for (std::int64_t i = 0; i < 1'000; ++i) pair.push(3'600'000'000'000 + i % 7);
  pair.push(10);
  CHECK(pair.pop());
  // The least key is now an hour away; a burst of nearer ones must still come before it.
  CHECK(pair.set.top().at == Instant(3'600'000'000'000));
  for (std::int64_t i = 500; i > 0; --i) pair.push(10 + i / 2);
  CHECK(pair.drain());
}

TEST_CASE("pending set: many keys of one instant, with more pushed while they are taken") {
  const Dice dice(4);
  Pair pair;
  for (std::uint64_t i = 0; i < 5'000; ++i) pair.push(77, dice.below(0, 0, i, 65'536));
  for (std::uint64_t i = 0; i < 500; ++i) pair.push(78 + static_cast<std::int64_t>(i % 3));
  bool same = true;
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    same = pair.pop() && same;
    pair.push(77, dice.below(1, 0, i, 65'536));
  }
  CHECK(same);
  CHECK(pair.drain());
}

TEST_CASE("pending set: instants at both ends of the range") {
  Pair pair;
  for (std::int64_t i = 0; i < 100; ++i) {
    pair.push(INT64_MAX - i);
    pair.push(INT64_MIN + i);
    pair.push(i - 50);
  }
  CHECK(pair.drain());
}

TEST_CASE("pending set: reset forgets every key") {
  Pair pair;
  for (std::int64_t i = 0; i < 1'000; ++i) pair.push(i * 1'000);
  for (std::int64_t i = 0; i < 500; ++i) CHECK(pair.pop());
  pair.set.reset();
  pair.reference.clear();
  CHECK(pair.set.empty());
  for (std::int64_t i = 0; i < 1'000; ++i) pair.push(i % 10);
  CHECK(pair.drain());
}

}  // namespace ackident
