// The timers of a broker: fixed ones first, then one per peer or client for each waiting list.
#pragma once

#include "kafka/outbox.h"

namespace ackident {

enum class BrokerTimer : std::uint32_t {
  // lifecycle.cc
  kStartup,               // the process has come up as far as loading its logs (R6.1)
  kRegistrationRetry,
  kHeartbeat,             // next heartbeat, or retry after a failed one
  kLifecycleTimeout,      // no answer to a registration or heartbeat (R5.22)
  kMetadataFetch,         // retry of the observer fetch
  kMetadataTimeout,
  // the data plane
  kIsrExpiration,         // R4.4
  kHwCheckpoint,          // R1.16
  kRecoveryPointCheckpoint,
  kAlterPartition,        // resend, or give up waiting for a silent controller (R4.9)
  kFixed,                 // count of the above
};

// How long a broker bears the controller's silence: controller.socket.timeout.ms.
inline constexpr Duration kControllerSocketTimeout = seconds(30);

// Per peer broker: fetcher back-off, its request timeout, and the expiry of a parked replica fetch.
// Per client: the expiry of its parked produce and of its parked fetch.
struct BrokerTimers {
  std::uint32_t brokers = 0;
  std::uint32_t nodes = 0;

  static constexpr LocalTimer fixed(BrokerTimer t) {
    return LocalTimer(static_cast<std::uint32_t>(t));
  }
  static constexpr std::uint32_t kBase = static_cast<std::uint32_t>(BrokerTimer::kFixed);

  [[nodiscard]] LocalTimer fetcher_backoff(std::uint16_t leader_index) const {
    return LocalTimer(kBase + leader_index);
  }
  [[nodiscard]] LocalTimer fetcher_timeout(std::uint16_t leader_index) const {
    return LocalTimer(kBase + brokers + leader_index);
  }
  // A fetch or produce of `from` (any node) is parked here until its deadline.
  [[nodiscard]] LocalTimer parked_fetch(NodeId from) const {
    return LocalTimer(kBase + 2 * brokers + from.value());
  }
  [[nodiscard]] LocalTimer parked_produce(NodeId from) const {
    return LocalTimer(kBase + 2 * brokers + nodes + from.value());
  }
  [[nodiscard]] std::uint32_t count() const { return kBase + 2 * brokers + 2 * nodes; }
};

}  // namespace ackident
