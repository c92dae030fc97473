// The fixed composition of a simulated cluster: who exists and how each is configured. Built once
// from a scenario, shared read-only by every node of a run.
#pragma once

#include <vector>

#include "kafka/config.h"

namespace ackident {

struct Composition {
  Behaviour behaviour;
  MutantSet mutants;
  std::vector<NodeInfo> nodes;           // by NodeId: controller first, then brokers, clients
  NodeId controller;                     // the active controller (one, for now)
  NodeId broker_first;
  std::uint16_t broker_count = 0;
  std::vector<TopicInfo> topics;         // by TopicId
  std::vector<TopicId> topic_of;         // by PartitionId
  std::vector<ReplicaList> assignment;   // by PartitionId: replicas at creation, preferred first
  std::vector<BrokerConfig> brokers;     // by broker index (NodeId - broker_first)
  ControllerConfig controller_config;
  std::vector<ProducerInfo> producers;   // by producer index
  std::vector<ConsumerInfo> consumers;   // by consumer index
  std::vector<PartitionId> assigned;     // see ConsumerInfo

  [[nodiscard]] std::uint32_t partition_count() const {
    return static_cast<std::uint32_t>(topic_of.size());
  }
  [[nodiscard]] bool is_broker(NodeId node) const {
    return node >= broker_first && node.value() < broker_first.value() + broker_count;
  }
  [[nodiscard]] std::uint16_t broker_index(NodeId node) const {
    return static_cast<std::uint16_t>(node.value() - broker_first.value());
  }
  [[nodiscard]] NodeId broker_node(std::uint32_t index) const {
    return NodeId(static_cast<std::uint16_t>(broker_first.value() + index));
  }
  [[nodiscard]] const NodeInfo& node(NodeId id) const { return nodes[id.value()]; }
  [[nodiscard]] bool mutant(Mutant m) const {
    return mutants[static_cast<std::size_t>(m)];
  }
};

}  // namespace ackident
