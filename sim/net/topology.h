// Where nodes stand and what the wire between them costs. Two ways to say it, which combine:
// a rule by distance (same rack, other rack, to clients), and a graph of links between racks whose
// shortest paths give the latency of racks that are not linked directly. Boost.Graph computes
// latencies and reachability, in topology.cc, when the scenario is loaded or a link changes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/node_id.h"
#include "kernel/distribution.h"

namespace ackident {

// A link of the graph of racks; undirected.
struct RackLink {
  std::uint16_t a = 0;
  std::uint16_t b = 0;
  Distribution latency;
};

struct TopologySpec {
  std::vector<std::string> racks;      // names; every node stands in one
  std::vector<std::uint16_t> rack_of;  // by NodeId
  Distribution within_rack{Distribution::Kind::kConstant, microseconds(250), Duration()};
  Distribution between_racks{Distribution::Kind::kConstant, microseconds(500), Duration()};
  std::vector<RackLink> links;  // if any: between_racks serves only as no rule at all
  std::int64_t bandwidth = 0;   // bytes per second of each direction; 0: not modelled
};

// One-way latency between any two nodes, the same in both directions.
class Topology {
 public:
  // Throws std::invalid_argument (with the two rack names) if links leave some racks unconnected.
  explicit Topology(TopologySpec spec);

  [[nodiscard]] const TopologySpec& spec() const { return spec_; }
  [[nodiscard]] const Sampler& latency(NodeId from, NodeId to) const;

 private:
  TopologySpec spec_;
  std::vector<Sampler> between_;  // rack x rack
};

}  // namespace ackident
