#include "drive/quiet.h"

#include <fmt/format.h>

#include "drive/words.h"
#include "oracle/account.h"

namespace ackident {
namespace {

Moving partition_unrest(const World& world, PartitionId partition) {
  const PartitionRegistration& truth = world.partition(partition);
  if (truth.leader == kNoNode || !world.up(truth.leader))
    return {Unrest::kNoLeader, kNoNode, partition};
  for (const NodeId node : truth.replicas) {
    if (!truth.isr.contains(node)) return {Unrest::kIsrSmall, node, partition};
  }
  const PartitionLog* leads = log_of(world.broker(truth.leader), partition);
  if (leads == nullptr || leads->high_watermark() != leads->end())
    return {Unrest::kUncommitted, truth.leader, partition};
  for (const NodeId node : truth.replicas) {
    const PartitionLog* log = log_of(world.broker(node), partition);
    if (log == nullptr || log->end() != leads->end())
      return {Unrest::kFollowerBehind, node, partition};
  }
  return {};
}

// Registered in its present life, and let in: one that still waits for the session of its former
// life to end, say, has no part in the cluster yet.
bool in_service(const World& world, NodeId broker) {
  const BrokerRegistration& known =
      world.controller().image.brokers[world.composition().broker_index(broker)];
  return is_active(known) && known.incarnation == world.broker(broker).lifecycle.incarnation;
}

Moving producer_unrest(const Producer& producer) {
  if (producer.accumulator.open > 0) return {Unrest::kBatchOpen, producer.self};
  if (producer.application.blocked != Blocked::kNot) return {Unrest::kSendBlocked, producer.self};
  return {};
}

// With acks=0 a producer is done with what it has sent; the logs are not.
Moving requests_unrest(const World& world) {
  Moving moving;
  world.for_each_batch_under_way(
      [&moving](NodeId producer, const ProduceRequest&, const ProducePart& part) {
        moving = {Unrest::kUnderWay, producer, part.partition};
      });
  return moving;
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

Moving consumer_unrest(const World& world, const Consumer& consumer) {
  const Composition& composition = world.composition();
  const ConsumerInfo& info = composition.consumers[composition.node(consumer.self).index];
  for (std::uint32_t i = 0; i < info.assigned_count; ++i) {
    const PartitionId partition = composition.assigned[info.assigned_first + i];
    const PartitionLog* leads = leader_log(world, partition);
    if (leads != nullptr && !caught_up(consumer, info.config, partition, leads->high_watermark()))
      return {Unrest::kConsumerBehind, consumer.self, partition};
  }
  return {};
}

// The first server that does not run, or kNoNode.
NodeId server_down(const World& world) {
  const Composition& composition = world.composition();
  for (std::uint32_t i = 0; i < composition.broker_count; ++i) {
    if (!world.up(composition.broker_node(i))) return composition.broker_node(i);
  }
  return world.up(composition.controller) ? kNoNode : composition.controller;
}

}  // namespace

bool servers_up(const World& world) { return server_down(world) == kNoNode; }

Moving durable_unrest(const World& world) {
  const Composition& composition = world.composition();
  const NodeId down = server_down(world);
  if (down != kNoNode) return {Unrest::kServerDown, down};
  for (std::uint32_t i = 0; i < composition.broker_count; ++i) {
    const NodeId broker = composition.broker_node(i);
    if (!in_service(world, broker)) return {Unrest::kNotInService, broker};
  }
  for (std::uint32_t p = 0; p < composition.partition_count(); ++p) {
    const Moving moving = partition_unrest(world, PartitionId(p));
    if (!moving.nothing()) return moving;
  }
  for (const Producer& producer : world.producers()) {
    if (!world.up(producer.self)) continue;
    const Moving moving = producer_unrest(producer);
    if (!moving.nothing()) return moving;
  }
  return requests_unrest(world);
}

Moving unrest(const World& world) {
  Moving moving = durable_unrest(world);
  for (const Consumer& consumer : world.consumers()) {
    if (!moving.nothing()) break;
    if (world.up(consumer.self)) moving = consumer_unrest(world, consumer);
  }
  return moving;
}

std::string moving_text(const Scenario& scenario, const Moving& moving) {
  const std::string node = node_text(scenario, moving.node);
  const std::string partition = partition_text(scenario, moving.partition);
  switch (moving.what) {
    case Unrest::kNone: return {};
    case Unrest::kServerDown: return node + " was not running";
    case Unrest::kNotInService: return node + " was not let into the cluster";
    case Unrest::kNoLeader: return partition + " had no leader";
    case Unrest::kIsrSmall: return fmt::format("{} was not in the ISR of {}", node, partition);
    case Unrest::kUncommitted:
      return fmt::format("{} had records of {} that were not committed", node, partition);
    case Unrest::kFollowerBehind:
      return fmt::format("{} had not the log of its leader of {}", node, partition);
    case Unrest::kBatchOpen: return node + " had a batch without a final result";
    case Unrest::kSendBlocked: return node + " waited in send()";
    case Unrest::kUnderWay:
      return fmt::format("{} had records on their way to {}", node, partition);
    case Unrest::kConsumerBehind:
      return fmt::format("{} had not processed and committed all of {}", node, partition);
  }
  return {};
}

}  // namespace ackident
