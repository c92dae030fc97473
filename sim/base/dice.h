// Keyed dice: one value for each (seed, kind, subject, ordinal), computed and not drawn from a
// stream, so that a draw added anywhere moves no other draw (but-for runs and common random numbers
// stand on this). Each part of the key passes only bijections (the last is the finaliser of
// splitmix64), so no seed, kind, subject or ordinal can collapse the values of the others.
#pragma once

#include <cstdint>

namespace ackident {

class Dice {
 public:
  constexpr explicit Dice(std::uint64_t seed) : seed_(seed), key_(mix(seed + kGamma0)) {}

  [[nodiscard]] constexpr std::uint64_t seed() const { return seed_; }

  // All draws of one kind and subject: who draws for it again and again keeps it.
  class Stream {
   public:
    Stream() = default;
    // 64 uniform bits for the ordinal.
    [[nodiscard]] constexpr std::uint64_t bits(std::uint64_t ordinal) const {
      return mix(key_ + ordinal * kGamma0);
    }

   private:
    friend class Dice;
    constexpr explicit Stream(std::uint64_t key) : key_(key) {}

    std::uint64_t key_ = 0;
  };

  [[nodiscard]] constexpr Stream stream(std::uint32_t kind, std::uint64_t subject) const {
    const std::uint64_t entity = key_ + subject * kGamma0 + kind * kGamma1;
    return Stream((entity ^ (entity >> 32)) * kGamma2);
  }

  // 64 uniform bits for the key.
  [[nodiscard]] constexpr std::uint64_t bits(std::uint32_t kind, std::uint64_t subject,
                                             std::uint64_t ordinal) const {
    return stream(kind, subject).bits(ordinal);
  }

  // Uniform in [0, bound); bound > 0. Multiply-shift: the bias is below bound / 2^64.
  [[nodiscard]] constexpr std::uint64_t below(std::uint32_t kind, std::uint64_t subject,
                                              std::uint64_t ordinal, std::uint64_t bound) const {
    return high(bits(kind, subject, ordinal), bound);
  }

  // High 64 bits of a * b: maps 64 uniform bits a to [0, b).
  [[nodiscard]] static constexpr std::uint64_t high(std::uint64_t a, std::uint64_t b) {
    return static_cast<std::uint64_t>((static_cast<Wide>(a) * b) >> 64);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  // Odd, so multiplication by them loses nothing.
  static constexpr std::uint64_t kGamma0 = 0x9e3779b97f4a7c15;
  static constexpr std::uint64_t kGamma1 = 0xd1b54a32d192ed03;
  static constexpr std::uint64_t kGamma2 = 0x8cb92ba72f3d8dd7;

  [[nodiscard]] static constexpr std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }

  std::uint64_t seed_;
  std::uint64_t key_;
};

}  // namespace ackident
