// The only door for chance. Everything undecided in a run is a choice with a key; a run is the list
// of the values its choices took. By default the keyed dice answer; an override answers for its key
// instead, which is what replay, shrink and but-for runs use.
#pragma once

#include <cstdint>
#include <vector>

#include "base/dice.h"

namespace ackident {

// What is being decided. The number is part of the dice key: append, never reorder.
enum class ChoiceKind : std::uint32_t {
  kLinkLatency,      // subject: lane; ordinal: nth message
  kTie,              // subject: event order word (only with shuffled ties)
  kTornTail,         // subject: node and partition; ordinal: incarnation
  kTimerPhase,       // subject: node and timer; ordinal: incarnation
  kBackoffJitter,    // subject: node and purpose; ordinal: nth backoff
  kStickyPartition,  // subject: producer and topic; ordinal: nth switch
  kKey,              // subject: producer; ordinal: record
  kLeastLoadedNode,  // subject: client; ordinal: nth request
  kRecordSize,       // subject: producer; ordinal: record
  kArrival,          // subject: producer; ordinal: record (random arrivals)
  kFencingOrder,     // subject: controller; ordinal: nth sweep
  kFaultTime,        // subject: fault; ordinal: nth firing
  kFaultTarget,      // subject: fault; ordinal: nth firing
  kStartupTime,      // subject: node; ordinal: incarnation
  kSwarm,            // subject: part of the generated scenario; ordinal: nth draw
  kSetupTimeout,     // subject: lane; ordinal: nth attempt to connect that met silence
};

struct ChoiceKey {
  ChoiceKind kind{};
  std::uint64_t subject = 0;
  std::uint64_t ordinal = 0;

  auto operator<=>(const ChoiceKey&) const = default;
};

struct ChoiceOverride {
  ChoiceKey key;
  std::uint64_t value = 0;
};

class Chooser {
 public:
  explicit Chooser(std::uint64_t seed) : dice_(seed) {}
  // Overrides need not be sorted; the last one for a key wins.
  Chooser(std::uint64_t seed, std::vector<ChoiceOverride> overrides);

  [[nodiscard]] std::uint64_t seed() const { return dice_.seed(); }

  // A value in [0, bound); bound > 0.
  [[nodiscard]] std::uint64_t pick(const ChoiceKey& key, std::uint64_t bound) const {
    if (!overrides_.empty()) [[unlikely]] {
      if (const ChoiceOverride* found = find(key)) return found->value % bound;
    }
    return dice_.below(static_cast<std::uint32_t>(key.kind), key.subject, key.ordinal, bound);
  }

  // What bits() of this kind and subject have in common.
  [[nodiscard]] Dice::Stream stream(ChoiceKind kind, std::uint64_t subject) const {
    return dice_.stream(static_cast<std::uint32_t>(kind), subject);
  }

  // 64 uniform bits, for distributions.
  [[nodiscard]] std::uint64_t bits(const ChoiceKey& key) const {
    return bits(stream(key.kind, key.subject), key);
  }
  // The same; `stream` must be that of the key's kind and subject.
  [[nodiscard]] std::uint64_t bits(const Dice::Stream& stream, const ChoiceKey& key) const {
    if (!overrides_.empty()) [[unlikely]] {
      if (const ChoiceOverride* found = find(key)) return found->value;
    }
    return stream.bits(key.ordinal);
  }

 private:
  [[nodiscard]] const ChoiceOverride* find(const ChoiceKey& key) const;

  Dice dice_;
  std::vector<ChoiceOverride> overrides_;
};

}  // namespace ackident
