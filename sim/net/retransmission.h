// When a host sends again what nobody has acknowledged: after a time-out that doubles with each
// repetition (RFC 6298), with the constants of Linux before 6.5 (which since repeats the first SYNs
// each second) and without its tail loss probes, which add one repetition.
//
//   repetition        1      2      3      4       5
//   SYN             1 s    3 s    7 s   15 s    31 s   63 s; given up after 127 s
//   anything else 0.2 s  0.6 s  1.4 s    3 s   6.2 s   12.6 s  25.4 s  ...
//
// So a connection that was cut off can be silent after the heal for as long again as it was cut.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace ackident {

struct Retransmission {
  Duration initial;  // > 0
  Duration max;      // of one time-out

  // The first repetition at or after `from` of what was first sent at `sent`.
  [[nodiscard]] constexpr Instant next(Instant sent, Instant from) const {
    Duration timeout = initial;
    Instant at = sent + timeout;
    while (at < from && timeout < max) {
      timeout = std::min(timeout * 2, max);
      at = at + timeout;
    }
    if (at >= from) return at;
    const std::int64_t more = ((from - at).ns() + max.ns() - 1) / max.ns();
    return at + max * more;
  }
};

// TCP_TIMEOUT_INIT, and tcp_syn_retries = 6: the seventh time-out ends the attempt.
inline constexpr Retransmission kSynRetransmission{seconds(1), seconds(120)};
inline constexpr Duration kSynGivenUp = seconds(127);
// TCP_RTO_MIN, which is what the time-out is wherever a round trip takes much less, and
// TCP_RTO_MAX. Connections are ended by Kafka's own time-outs long before tcp_retries2 does it.
inline constexpr Retransmission kDataRetransmission{milliseconds(200), seconds(120)};

}  // namespace ackident
