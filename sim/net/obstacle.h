// What stands in the way of messages, and whether it has been met: a fault that nothing met has
// shown nothing.
#pragma once

#include <cstdint>

#include "base/node_id.h"
#include "base/time.h"

namespace ackident {

// One direction carries nothing.
struct Cut {
  bool stands = false;
  bool met = false;     // it kept something back
  bool silent = false;  // the connections that it found are still there, and wait
  Instant since;

  // Does it keep from its destination what would be there at `due`?
  [[nodiscard]] bool swallows(Instant due) const { return stands && silent && due >= since; }
};

// Messages take longer.
struct Slow {
  Duration extra;
  bool met = false;

  bool change(Duration to) {
    if (extra == to) return false;
    *this = {to, false};
    return true;
  }
  Duration meet() {
    met = met || extra > Duration();
    return extra;
  }
};

// Messages of one kind stay at the receiver's door.
struct Gate {
  NodeId from;
  NodeId to;
  std::uint8_t kind = 0;
  bool stopped = false;  // a message came to it
};

}  // namespace ackident
