// The timers of the controller: fixed ones first, then one for each broker that observes.
#pragma once

#include "kafka/outbox.h"

namespace ackident {

enum class ControllerTimer : std::uint32_t {
  kAppendLinger,     // the batch of new records is written and committed (R5.9)
  kSessionCheck,     // look for expired sessions (R5.24)
  kPreferredLeader,  // move leaders back to their preferred replicas (R5.38)
  kUncleanSweep,     // look for leaderless partitions that may be led uncleanly (R5.35)
  kFixed,            // count of the above
};

struct ControllerTimers {
  static constexpr std::uint32_t kBase = static_cast<std::uint32_t>(ControllerTimer::kFixed);

  static constexpr LocalTimer fixed(ControllerTimer timer) {
    return LocalTimer(static_cast<std::uint32_t>(timer));
  }
  // End of the long poll of a broker's observer (R5.12).
  static constexpr LocalTimer observer(std::uint32_t broker_index) {
    return LocalTimer(kBase + broker_index);
  }
  static constexpr std::uint32_t count(std::uint32_t brokers) { return kBase + brokers; }
};

}  // namespace ackident
