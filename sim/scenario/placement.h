// Where the replicas of a new topic go: KRaft's striped placement over racks (R5.51-R5.55).
#pragma once

#include <cstdint>
#include <vector>

#include "base/dice.h"
#include "kafka/types.h"

namespace ackident {

// Broker indices, ascending, of each rack; racks in order of their names (R5.51). No empty racks.
using BrokersByRack = std::vector<std::vector<std::uint16_t>>;

struct PlacementRequest {
  std::uint32_t partitions = 1;
  std::uint32_t replication_factor = 1;  // at most the number of brokers
  // True: starting points are drawn, as Kafka does. False: they are 0, so that the first
  // partition's replicas are the first brokers; the shuffles (after every broker has led once) stay
  // seeded.
  bool random_start = false;
};

// Broker indices by partition, preferred leader first. All brokers are up when topics are created.
std::vector<std::vector<std::uint16_t>> place_replicas(const BrokersByRack& racks,
                                                       const PlacementRequest& request, Dice dice,
                                                       std::uint64_t subject);

}  // namespace ackident
