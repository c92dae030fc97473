#include "drive/quiet.h"

#include "oracle/account.h"

namespace ackident {
namespace {

bool partition_quiet(const World& world, PartitionId partition) {
  const PartitionRegistration& truth = world.partition(partition);
  if (truth.leader == kNoNode || !world.up(truth.leader)) return false;
  if (truth.isr.size() != truth.replicas.size()) return false;
  const PartitionLog* leads = log_of(world.broker(truth.leader), partition);
  if (leads == nullptr || leads->high_watermark() != leads->end()) return false;
  for (const NodeId node : truth.replicas) {
    const PartitionLog* log = log_of(world.broker(node), partition);
    if (log == nullptr || log->end() != leads->end()) return false;
  }
  return true;
}

// Registered in its present life, and let in: one that still waits for the session of its former
// life to end, say, has no part in the cluster yet.
bool in_service(const World& world, NodeId broker) {
  const BrokerRegistration& known =
      world.controller().image.brokers[world.composition().broker_index(broker)];
  return is_active(known) && known.incarnation == world.broker(broker).lifecycle.incarnation;
}

// Every batch has its final result and no send() waits.
bool idle(const Producer& producer) {
  return producer.accumulator.open == 0 && producer.application.blocked == Blocked::kNot;
}

// Has the application been handed, and has it committed, everything below `end`?
bool caught_up(const Consumer& consumer, const ConsumerConfig& config, PartitionId partition,
               Offset end) {
  for (const AssignedState& assigned : consumer.assigned) {
    if (assigned.partition != partition) continue;
    if (assigned.state == PositionState::kFailed) return true;  // it will not go on
    return assigned.position >= end && (!config.auto_commit || assigned.committed.offset >= end);
  }
  return true;
}

bool consumer_quiet(const World& world, const Consumer& consumer) {
  const Composition& composition = world.composition();
  const ConsumerInfo& info = composition.consumers[composition.node(consumer.self).index];
  for (std::uint32_t i = 0; i < info.assigned_count; ++i) {
    const PartitionId partition = composition.assigned[info.assigned_first + i];
    const PartitionLog* leads = leader_log(world, partition);
    if (leads != nullptr && !caught_up(consumer, info.config, partition, leads->high_watermark()))
      return false;
  }
  return true;
}

}  // namespace

bool servers_up(const World& world) {
  const Composition& composition = world.composition();
  for (std::uint32_t i = 0; i < composition.broker_count; ++i) {
    if (!world.up(composition.broker_node(i))) return false;
  }
  return world.up(composition.controller);
}

bool durable_quiet(const World& world) {
  const Composition& composition = world.composition();
  if (!servers_up(world)) return false;
  for (std::uint32_t i = 0; i < composition.broker_count; ++i) {
    if (!in_service(world, composition.broker_node(i))) return false;
  }
  for (std::uint32_t p = 0; p < composition.partition_count(); ++p) {
    if (!partition_quiet(world, PartitionId(p))) return false;
  }
  for (const Producer& producer : world.producers()) {
    if (world.up(producer.self) && !idle(producer)) return false;
  }
  return true;
}

bool quiet(const World& world) {
  if (!durable_quiet(world)) return false;
  for (const Consumer& consumer : world.consumers()) {
    if (world.up(consumer.self) && !consumer_quiet(world, consumer)) return false;
  }
  return true;
}

}  // namespace ackident
