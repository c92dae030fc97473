#include "base/dice.h"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <set>

namespace ackident {

// Pinned: a change of these values changes every run of every seed.
TEST_CASE("dice: vectors") {
  CHECK(Dice(0).bits(0, 0, 0) == 0x451c27240d1bef2d);
  CHECK(Dice(1).bits(2, 3, 4) == 0x332a26ff404e9817);
  CHECK(Dice(~std::uint64_t{0}).bits(7, std::uint64_t{1} << 40, 9) == 0x15abde0a50bdbb78);
  static_assert(Dice(1).bits(2, 3, 4) == 0x332a26ff404e9817);
}

TEST_CASE("dice: no part of the key collapses the others, whatever the seed") {
  // Among the seeds are the constants of the mixer, which are the likeliest to cancel something.
  const std::uint64_t seeds[] = {0,
                                 1,
                                 ~std::uint64_t{0},
                                 0x9e3779b97f4a7c15,
                                 0xd1b54a32d192ed03,
                                 0 - 0x9e3779b97f4a7c15,
                                 0xbf58476d1ce4e5b9,
                                 0x94d049bb133111eb};
  std::set<std::uint64_t> seen;
  std::size_t drawn = 0;
  for (const std::uint64_t seed : seeds) {
    const Dice dice(seed);
    for (std::uint32_t kind = 0; kind < 8; ++kind) {
      for (std::uint64_t subject = 0; subject < 16; ++subject) {
        for (std::uint64_t ordinal = 0; ordinal < 16; ++ordinal) {
          seen.insert(dice.bits(kind, subject << 36, ordinal));
          ++drawn;
        }
      }
    }
  }
  CHECK(seen.size() == drawn);
}

TEST_CASE("dice: one bit of any part flips half of the bits") {
  const Dice dice(3);
  std::array<std::uint64_t, 3> flips{};
  for (std::uint32_t bit = 0; bit < 32; ++bit) {
    for (std::uint64_t i = 0; i < 500; ++i) {
      const std::uint64_t base = dice.bits(5, i, 2 * i);
      const auto changed = [&](std::uint64_t other) {
        return static_cast<std::uint64_t>(std::popcount(base ^ other));
      };
      flips[0] += changed(dice.bits(5u ^ 1u << bit, i, 2 * i));
      flips[1] += changed(dice.bits(5, i ^ std::uint64_t{1} << 2 * bit, 2 * i));
      flips[2] += changed(dice.bits(5, i, 2 * i ^ std::uint64_t{1} << 2 * bit));
    }
  }
  for (const std::uint64_t count : flips) {
    CHECK(count > 31 * 32 * 500);
    CHECK(count < 33 * 32 * 500);
  }
}

TEST_CASE("dice: below is uniform and stays below") {
  const Dice dice(8);
  std::array<int, 6> count{};
  for (std::uint64_t i = 0; i < 60'000; ++i) {
    const std::uint64_t face = dice.below(1, 1, i, 6);
    REQUIRE(face < 6);
    ++count[face];
  }
  for (const int n : count) {
    CHECK(n > 9'600);
    CHECK(n < 10'400);
  }
  CHECK(dice.below(1, 1, 1, 1) == 0);
}

}  // namespace ackident
