#include "net/topology.h"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <stdexcept>
#include <utility>

#include "base/check.h"

namespace ackident {
namespace {

Duration median(const Distribution& d) {
  switch (d.kind) {
    case Distribution::Kind::kConstant: return d.a;
    case Distribution::Kind::kUniform: return (d.a + d.b) / 2;
    case Distribution::Kind::kExponential: return d.a + d.b * 693 / 1000;  // ln 2
    case Distribution::Kind::kLogNormal: return d.a;
  }
  return d.a;
}

// From the median to the 99th percentile: what a link adds to the tail of a path.
Duration spread(const Distribution& d) {
  switch (d.kind) {
    case Distribution::Kind::kConstant: return Duration();
    case Distribution::Kind::kUniform: return (d.b - d.a) * 49 / 100;
    case Distribution::Kind::kExponential: return d.b * 3912 / 1000;  // ln 50
    case Distribution::Kind::kLogNormal: return d.b - d.a;
  }
  return Duration();
}

// The distribution that much later: for an exponential its minimum moves, else both parameters.
Distribution shifted(Distribution d, Duration by) {
  d.a += by;
  if (d.kind == Distribution::Kind::kUniform || d.kind == Distribution::Kind::kLogNormal) d.b += by;
  return d;
}

using Graph =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, boost::no_property,
                          boost::property<boost::edge_weight_t, std::int64_t>>;

class RackGraph {
 public:
  explicit RackGraph(const TopologySpec& spec)
      : spec_(spec), racks_(spec.racks.size()), best_(racks_ * racks_, nullptr), graph_(racks_) {
    for (const RackLink& link : spec.links) keep_shorter(link);
    for (std::size_t a = 0; a < racks_; ++a) {
      for (std::size_t b = a + 1; b < racks_; ++b) {
        if (const RackLink* link = best(a, b)) {
          boost::add_edge(a, b, median(link->latency).ns(), graph_);
        }
      }
    }
  }

  // Sum of the links on the path of least median latency, for every rack beyond `from`; the way
  // back is the same path.
  void paths(std::size_t from, std::vector<Distribution>& between) const {
    std::vector<std::size_t> before(racks_);
    boost::dijkstra_shortest_paths(graph_, from, boost::predecessor_map(before.data()));
    for (std::size_t to = from + 1; to < racks_; ++to) {
      if (before[to] == to) {
        throw std::invalid_argument("racks \"" + spec_.racks[from] + "\" and \"" + spec_.racks[to] +
                                    "\" are not connected by any links");
      }
      between[from * racks_ + to] = between[to * racks_ + from] = sum(from, to, before);
    }
  }

 private:
  [[nodiscard]] const RackLink* best(std::size_t a, std::size_t b) const {
    return best_[a * racks_ + b];
  }
  void keep_shorter(const RackLink& link) {
    if (link.a >= racks_ || link.b >= racks_ || link.a == link.b) {
      throw std::invalid_argument("a link must join two different racks");
    }
    const RackLink* known = best(link.a, link.b);
    if (known != nullptr && median(known->latency) <= median(link.latency)) return;
    best_[link.a * racks_ + link.b] = best_[link.b * racks_ + link.a] = &link;
  }

  // Four kinds of distribution are not closed under addition. The widest link keeps its shape and
  // every other link adds its median: the median of the sum is exact and its tail that of the link
  // which dominates it.
  [[nodiscard]] Distribution sum(std::size_t from, std::size_t to,
                                 const std::vector<std::size_t>& before) const {
    const RackLink* widest = nullptr;
    Duration medians;
    for (std::size_t at = to; at != from; at = before[at]) {
      const RackLink* link = best(before[at], at);
      SIM_CHECK(link != nullptr);
      medians += median(link->latency);
      if (widest == nullptr || spread(widest->latency) < spread(link->latency)) widest = link;
    }
    return shifted(widest->latency, medians - median(widest->latency));
  }

  const TopologySpec& spec_;
  std::size_t racks_;
  std::vector<const RackLink*> best_;
  Graph graph_;
};

}  // namespace

Topology::Topology(TopologySpec spec) : spec_(std::move(spec)) {
  const std::size_t racks = spec_.racks.size();
  for (const std::uint16_t rack : spec_.rack_of) {
    if (rack >= racks) throw std::invalid_argument("a node stands in a rack that does not exist");
  }
  std::vector<Distribution> between(racks * racks, spec_.between_racks);
  if (!spec_.links.empty()) {
    const RackGraph graph(spec_);
    for (std::size_t from = 0; from < racks; ++from) graph.paths(from, between);
  }
  for (std::size_t rack = 0; rack < racks; ++rack) between[rack * racks + rack] = spec_.within_rack;
  for (const Distribution& each : between) between_.emplace_back(each);
}

const Sampler& Topology::latency(NodeId from, NodeId to) const {
  SIM_CHECK(from.value() < spec_.rack_of.size() && to.value() < spec_.rack_of.size());
  const std::size_t row = spec_.rack_of[from.value()] * spec_.racks.size();
  return between_[row + spec_.rack_of[to.value()]];
}

}  // namespace ackident
