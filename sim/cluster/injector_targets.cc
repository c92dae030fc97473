// Whom the selectors of a fault name at the moment it happens.
#include <algorithm>

#include "cluster/injector.h"

namespace ackident {
namespace {

void add_once(std::vector<NodeId>& nodes, NodeId node) {
  if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
}

}  // namespace

void Injector::resolve(const World& world, const std::vector<Selector>& selectors,
                       std::uint32_t fault, std::vector<NodeId>& out) const {
  out.clear();
  for (const Selector& selector : selectors) resolve_one(world, selector, fault, out);
}

void Injector::resolve_one(const World& world, const Selector& selector, std::uint32_t fault,
                           std::vector<NodeId>& out) const {
  const Composition& composition = world.composition();
  const auto add_kind = [&](auto&& wanted) {
    for (std::uint32_t i = 0; i < composition.nodes.size(); ++i) {
      const NodeId node(static_cast<std::uint16_t>(i));
      if (wanted(node, composition.nodes[i].kind)) add_once(out, node);
    }
  };
  switch (selector.kind) {
    case SelectorKind::kNode: return add_once(out, selector.node);
    case SelectorKind::kController: return add_once(out, composition.controller);
    case SelectorKind::kBrokers:
      return add_kind([](NodeId, NodeKind kind) { return kind == NodeKind::kBroker; });
    case SelectorKind::kClients:
      return add_kind([](NodeId, NodeKind kind) {
        return kind == NodeKind::kProducer || kind == NodeKind::kConsumer;
      });
    case SelectorKind::kEveryone: return add_kind([](NodeId, NodeKind) { return true; });
    case SelectorKind::kRack:
      return add_kind([&](NodeId node, NodeKind kind) {
        return world.rack_of(node) == selector.rack &&
               (kind == NodeKind::kBroker || kind == NodeKind::kController);
      });
    case SelectorKind::kRandomBroker: {
      std::vector<NodeId> running;
      for (std::uint32_t i = 0; i < composition.broker_count; ++i) {
        const NodeId node = composition.broker_node(i);
        if (world.up(node)) running.push_back(node);
      }
      if (running.empty()) return;
      const ChoiceKey key{ChoiceKind::kFaultTarget, fault, states_[fault].fired};
      return add_once(out, running[world.chooser().pick(key, running.size())]);
    }
    default: break;
  }
  const PartitionRegistration& partition = world.partition(selector.partition);
  switch (selector.kind) {
    case SelectorKind::kLeader:
      if (partition.leader != kNoNode) add_once(out, partition.leader);
      break;
    case SelectorKind::kIsr:
      for (const NodeId node : partition.isr) add_once(out, node);
      break;
    case SelectorKind::kReplicas:
      for (const NodeId node : partition.replicas) add_once(out, node);
      break;
    default: {  // kFollower
      std::int32_t nth = 0;
      for (const NodeId node : partition.replicas) {
        if (node == partition.leader) continue;
        if (selector.nth < 0 || selector.nth == nth) add_once(out, node);
        ++nth;
      }
    }
  }
}

}  // namespace ackident
