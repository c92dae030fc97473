// Keyed dice: one value for each (seed, kind, subject, ordinal), computed and not drawn from a
// stream, so that a draw added anywhere moves no other draw (but-for runs and common random numbers
// stand on this). The mixer is the 128-bit multiply-fold of wyhash, applied twice.
#pragma once

#include <cstdint>

namespace ackident {

class Dice {
 public:
  constexpr explicit Dice(std::uint64_t seed) : seed_(seed) {}

  [[nodiscard]] constexpr std::uint64_t seed() const { return seed_; }

  // 64 uniform bits for the key.
  [[nodiscard]] constexpr std::uint64_t bits(std::uint32_t kind, std::uint64_t subject,
                                             std::uint64_t ordinal) const {
    const std::uint64_t entity = fold(seed_ ^ kSalt0, subject ^ (std::uint64_t{kind} << 40) ^ kSalt1);
    return fold(entity ^ kSalt2, ordinal ^ kSalt3);
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
  static constexpr std::uint64_t kSalt0 = 0x9e3779b97f4a7c15;
  static constexpr std::uint64_t kSalt1 = 0xd1b54a32d192ed03;
  static constexpr std::uint64_t kSalt2 = 0x8cb92ba72f3d8dd7;
  static constexpr std::uint64_t kSalt3 = 0xaef17502108ef2d9;

  [[nodiscard]] static constexpr std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  std::uint64_t seed_;
};

}  // namespace ackident
