#include "kernel/distribution.h"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

#include "base/check.h"
#include "base/dice.h"

namespace ackident {
namespace {

constexpr std::uint64_t kDraws = 400'000;

struct Moments {
  double mean = 0;
  double deviation = 0;
  double above_b = 0;  // share of the draws above the distribution's b
};

Moments moments(const Distribution& distribution) {
  const Dice dice(5);
  double sum = 0;
  double squares = 0;
  double above = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const auto ns = static_cast<double>(sample(distribution, dice.bits(0, 0, i)).ns());
    sum += ns;
    squares += ns * ns;
    above += ns > static_cast<double>(distribution.b.ns()) ? 1 : 0;
  }
  const double mean = sum / kDraws;
  return {mean, std::sqrt(squares / kDraws - mean * mean), above / kDraws};
}

// A digest of many draws: the same with every compiler, or a run's digest is worth nothing.
std::uint64_t digest(const Distribution& distribution) {
  const Dice dice(11);
  std::uint64_t hash = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const auto ns = static_cast<std::uint64_t>(sample(distribution, dice.bits(1, 2, i)).ns());
    hash = (hash ^ ns) * 0x9fb21c651e98df25;
    hash ^= hash >> 32;
  }
  return hash;
}

constexpr Distribution kConstant{Distribution::Kind::kConstant, milliseconds(5), Duration()};
constexpr Distribution kUniform{Distribution::Kind::kUniform, milliseconds(5), milliseconds(15)};
constexpr Distribution kExponential{Distribution::Kind::kExponential, milliseconds(1),
                                    milliseconds(10)};
constexpr Distribution kLogNormal{Distribution::Kind::kLogNormal, milliseconds(10),
                                  milliseconds(100)};

constexpr std::uint64_t kTop = ~std::uint64_t{0};

}  // namespace

TEST_CASE("distribution: constant and uniform reach exactly their ends") {
  CHECK(sample(kConstant, 0) == milliseconds(5));
  CHECK(sample(kConstant, kTop) == milliseconds(5));
  CHECK(sample(kUniform, 0) == milliseconds(5));
  CHECK(sample(kUniform, kTop) == milliseconds(15));
  const Distribution two{Distribution::Kind::kUniform, nanoseconds(-1), nanoseconds(0)};
  CHECK(sample(two, kTop / 2) == nanoseconds(-1));
  CHECK(sample(two, kTop / 2 + 1) == nanoseconds(0));
}

TEST_CASE("distribution: moments of the uniform") {
  const Moments m = moments(kUniform);
  CHECK(m.mean == doctest::Approx(10e6).epsilon(0.002));
  CHECK(m.deviation == doctest::Approx(10e6 / std::sqrt(12.0)).epsilon(0.005));
}

TEST_CASE("distribution: moments and tail of the exponential") {
  const Moments m = moments(kExponential);
  CHECK(m.mean == doctest::Approx(11e6).epsilon(0.005));
  CHECK(m.deviation == doctest::Approx(10e6).epsilon(0.01));
  CHECK(m.above_b == doctest::Approx(std::exp(-0.9)).epsilon(0.01));
  CHECK(sample(kExponential, 0) == milliseconds(1));
  CHECK(sample(kExponential, kTop / 2 + 1) == nanoseconds(1'000'000 + 6'931'471));  // ln 2
  CHECK(sample(kExponential, kTop).ns() == doctest::Approx(1e6 + 89.31e6).epsilon(1e-3));
}

TEST_CASE("distribution: moments, median and 99th percentile of the log-normal") {
  const double sigma = std::log(10.0) / 2.3263478740408408;
  const Moments m = moments(kLogNormal);
  CHECK(m.mean == doctest::Approx(10e6 * std::exp(sigma * sigma / 2)).epsilon(0.01));
  CHECK(m.above_b == doctest::Approx(0.01).epsilon(0.05));
  CHECK(sample(kLogNormal, kTop / 2 + 1).ns() == doctest::Approx(10e6).epsilon(1e-5));
  CHECK(sample(kLogNormal, kTop).ns() ==
        doctest::Approx(10e6 * std::pow(10.0, 1.569)).epsilon(1e-3));
  CHECK(sample(kLogNormal, 0).ns() == doctest::Approx(10e6 / std::pow(10.0, 1.569)).epsilon(1e-3));
}

TEST_CASE("distribution: a log-normal without spread is its median") {
  for (const std::int64_t ns : {1, 3, 999, 1'000'000, 123'456'789}) {
    const Distribution flat{Distribution::Kind::kLogNormal, Duration(ns), Duration(ns)};
    for (const std::uint64_t bits : {std::uint64_t{0}, kTop / 3, kTop}) {
      CHECK(std::abs(sample(flat, bits).ns() - ns) <= 1 + ns / 100'000);
    }
  }
}

TEST_CASE("distribution: draws rise with the bits") {
  for (const Distribution& distribution : {kUniform, kExponential, kLogNormal}) {
    bool rises = true;
    Duration before = sample(distribution, 0);
    for (std::uint64_t i = 1; i < 20'000; ++i) {
      const Duration next = sample(distribution, i * (kTop / 20'000));
      rises = rises && before <= next;
      before = next;
    }
    CHECK(rises);
  }
}

TEST_CASE("distribution: an impossible distribution is refused") {
  const Distribution backward{Distribution::Kind::kUniform, milliseconds(2), milliseconds(1)};
  CHECK_THROWS_AS(sample(backward, 0), CheckFailure);
  const Distribution zero{Distribution::Kind::kLogNormal, Duration(), milliseconds(1)};
  CHECK_THROWS_AS(sample(zero, 0), CheckFailure);
}

// Pinned: a change of these values changes every run that draws latencies.
TEST_CASE("distribution: digests of ten thousand draws") {
  CHECK(digest(kUniform) == 0xac48d273c8913657);
  CHECK(digest(kExponential) == 0x8f0c4778a9608280);
  CHECK(digest(kLogNormal) == 0x15e6bda6c1f1e6f8);
}

}  // namespace ackident
