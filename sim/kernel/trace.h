// The trace: one POD record per event, a rolling digest over all of them, and an optional sink that
// keeps or streams them. The digest is always computed; records are made only if a sink is set.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "kernel/event_id.h"

namespace ackident {

// What happened at one event. `kind` is the kind of input (kernel users number them), `detail` its
// subkind (index of the payload, number of the timer, index of the fault), `facts` how many facts
// the step noted.
struct TraceRecord {
  EventId id;
  EventId cause;
  Instant at;
  std::uint16_t node = 0;
  std::uint16_t from = 0;
  std::uint8_t kind = 0;
  std::uint8_t detail = 0;
  std::uint16_t facts = 0;
  std::uint64_t subject = 0;   // partition or correlation, for readers

  bool operator==(const TraceRecord&) const = default;
};
static_assert(sizeof(TraceRecord) == 40);

// Rolling 64-bit digest. Words are folded in order; equal sequences give equal digests on every
// compiler and machine.
class Digest {
 public:
  constexpr void fold(std::uint64_t word) {
    state_ ^= word;
    state_ *= 0x9fb21c651e98df25;
    state_ ^= state_ >> 32;
  }
  [[nodiscard]] constexpr std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0x243f6a8885a308d3;
};

}  // namespace ackident
