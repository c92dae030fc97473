#include "drive/state.h"

#include <fmt/format.h>

#include <algorithm>

#include "drive/measure.h"
#include "drive/words.h"

namespace ackident {
namespace {

// The log end of a node, or of the leader; kNoOffset if there is none.
Offset log_end(const Scenario& scenario, const Expectation& expectation,
               const PartitionPoint& state) {
  const NodeId node = expectation.node == kNoNode ? state.leader : expectation.node;
  const ReplicaList& replicas =
      scenario.setup.composition.assignment[expectation.partition.value()];
  for (std::uint32_t i = 0; i < replicas.size() && i < state.log_ends.size(); ++i) {
    if (replicas[i] == node) return state.log_ends[i];
  }
  return kNoOffset;
}

// What is compared with a bound.
Offset number_of(const Scenario& scenario, const Expectation& expectation,
                 const PartitionPoint& state) {
  if (expectation.kind == ExpectKind::kHighWatermark) return state.high_watermark;
  if (expectation.kind == ExpectKind::kLogEnd) return log_end(scenario, expectation, state);
  return Offset(state.leader_epoch.value());
}

bool same_set(const std::vector<NodeId>& wanted, const ReplicaList& seen) {
  return wanted.size() == seen.size() &&
         std::all_of(wanted.begin(), wanted.end(), [&](NodeId n) { return seen.contains(n); });
}

}  // namespace

bool state_holds(const Scenario& scenario, const Expectation& expectation,
                 const PartitionPoint& state) {
  if (expectation.kind == ExpectKind::kLeader) return state.leader == expectation.node;
  if (expectation.kind == ExpectKind::kIsr) return same_set(expectation.nodes, state.isr);
  const Offset seen = number_of(scenario, expectation, state);
  return seen != kNoOffset && within(expectation.bound, seen.value());
}

std::string state_wanted(const Scenario& scenario, const Expectation& expectation) {
  if (expectation.kind == ExpectKind::kLeader) return node_text(scenario, expectation.node);
  if (expectation.kind == ExpectKind::kIsr) {
    const NodeId* const wanted = expectation.nodes.data();
    return nodes_text(scenario, wanted, wanted + expectation.nodes.size());
  }
  return bound_text(Measure::kNumber, expectation.bound);
}

std::string state_seen(const Scenario& scenario, const Expectation& expectation,
                       const PartitionPoint& state) {
  if (expectation.kind == ExpectKind::kLeader) return node_text(scenario, state.leader);
  if (expectation.kind == ExpectKind::kIsr) {
    return nodes_text(scenario, state.isr.begin(), state.isr.end());
  }
  const Offset seen = number_of(scenario, expectation, state);
  return seen == kNoOffset ? "none" : fmt::format("{}", seen.value());
}

}  // namespace ackident
