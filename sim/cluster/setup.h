// Everything a World needs to exist: the composition of the cluster, the network, the faults.
// Built by the scenario loader; never changed by a run.
#pragma once

#include <string>
#include <vector>

#include "cluster/fault.h"
#include "kafka/composition.h"
#include "net/topology.h"

namespace ackident {

// What a user calls things; the model itself uses dense ids only.
struct Names {
  std::vector<std::string> nodes;        // by NodeId: "controller", "b1", "p1", "billing-1"
  std::vector<std::int32_t> broker_ids;  // by broker index: Kafka's broker.id
  std::vector<std::string> topics;       // by TopicId
  std::vector<std::string> partitions;   // by PartitionId: "orders/0"
  std::vector<std::string> groups;       // by group index
};

struct ClusterSetup {
  Composition composition;
  TopologySpec topology;
  Names names;
  std::vector<Fault> faults;
  Instant duration;                    // faults fire, and workload runs, before this
  bool settle = true;                  // then heal everything and run until quiet (oracle/settle)
  Duration settle_max = seconds(300);  // bound of the settle phase
  std::uint64_t events_max = 2'000'000'000;  // bound of a run: beyond it the verdict is UNKNOWN
  bool shuffle_ties = false;
};

}  // namespace ackident
