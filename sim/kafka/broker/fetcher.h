// The fetcher of one leader broker: one request in flight for all partitions followed from it
// (R3.1), so one slow leader stalls its partitions and no others.
#pragma once

#include <cstdint>
#include <vector>

#include "kafka/types.h"

namespace ackident {

struct Fetcher {
  std::vector<std::uint32_t> replicas;  // indices into ReplicaManager::replicas, in rotation order
  bool fetch_in_flight = false;
  std::uint32_t queries_in_flight = 0;  // epoch and offset questions; no fetch goes out meanwhile
  Correlation correlation;              // of the fetch in flight
  bool answered = false;                // something, since the connection was opened
  bool due = false;                     // listed in ReplicaManager::fetchers_due

  [[nodiscard]] bool busy() const { return fetch_in_flight || queries_in_flight > 0; }
  bool operator==(const Fetcher&) const = default;
};

}  // namespace ackident
