#include "kafka/controller/partition_changes.h"

#include <algorithm>

#include "base/check.h"
#include "kafka/controller/controller.h"

namespace ackident {

namespace {

constexpr std::uint32_t kRebalanceMax = 1000;  // leaders moved in one run (R5.38)

// Who may lead, in the order of the assignment: replicas, and only those that are alive (R5.31).
ReplicaList acceptable_replicas(const Controller& controller,
                                const PartitionRegistration& partition,
                                const Composition& composition) {
  ReplicaList acceptable;
  const auto consider = [&](NodeId broker) {
    const bool alive = is_active(controller.image.brokers[composition.broker_index(broker)]);
    if (alive && !acceptable.contains(broker)) acceptable.push_back(broker);
  };
  for (const NodeId replica : partition.replicas) consider(replica);
  if (composition.mutant(Mutant::kElectStranger)) {
    for (std::uint16_t i = 0; i < composition.broker_count; ++i) {
      consider(composition.broker_node(i));
    }
  }
  return acceptable;
}

// The mode of an election that follows from an event: unclean only if the topic allows it and the
// release obeys that setting (R5.35, R5.36).
ElectionMode mode_of_event(const Controller& controller, PartitionId partition,
                           const Context& ctx) {
  const TopicId topic = ctx.composition().topic_of[partition.value()];
  const bool allowed = ctx.behaviour().unclean_config_honoured &&
                       controller.image.topics[topic.value()].unclean_leader_election;
  return allowed || ctx.mutant(Mutant::kUncleanByDefault) ? ElectionMode::kUnclean
                                                          : ElectionMode::kOnline;
}

void change(Controller& controller, PartitionId partition, const ReplicaList& target_isr,
            ElectionMode mode, Context& ctx) {
  const PartitionRegistration& before = controller.image.partitions[partition.value()];
  const ReplicaList acceptable = acceptable_replicas(controller, before, ctx.composition());
  const std::optional<PartitionChange> next =
      change_partition(before, target_isr, acceptable, mode, ctx.composition());
  if (next) write_partition(controller, partition, *next, mode, ctx);
}

// One fact for each member, so that whoever follows the facts knows the set and not its size alone.
void note_isr_change(PartitionId partition, const PartitionRegistration& before,
                     const PartitionRegistration& after, Context& ctx) {
  std::int64_t size = before.isr.size();
  const auto note = [&](NodeId member, std::int64_t step) {
    ctx.note({FactKind::kIsrChanged, ctx.self(), member, partition, size + step, size,
              after.partition_epoch.value()});
    size += step;
  };
  for (const NodeId member : after.isr) {
    if (!before.isr.contains(member)) note(member, 1);
  }
  for (const NodeId member : before.isr) {
    if (!after.isr.contains(member)) note(member, -1);
  }
}

}  // namespace

bool is_imbalanced(const PartitionRegistration& partition) {
  return partition.leader != partition.replicas.front();
}

void write_partition(Controller& controller, PartitionId partition, const PartitionChange& change,
                     ElectionMode mode, Context& ctx) {
  const PartitionRegistration before = controller.image.partitions[partition.value()];
  const PartitionRegistration& after = change.state;
  SIM_CHECK(after.partition_epoch > before.partition_epoch);
  append(controller, PartitionRecord{partition, after}, ctx);
  controller.imbalanced += is_imbalanced(after) ? 1u : 0u;
  controller.imbalanced -= is_imbalanced(before) ? 1u : 0u;
  controller.leaderless += after.leader == kNoNode ? 1u : 0u;
  controller.leaderless -= before.leader == kNoNode ? 1u : 0u;

  const std::int64_t leader_epoch = after.leader_epoch.value();
  ctx.note({FactKind::kPartitionChanged, ctx.self(), after.leader, partition, leader_epoch,
            after.partition_epoch.value(), after.isr.size()});
  note_isr_change(partition, before, after, ctx);
  if (after.leader != before.leader && after.leader != kNoNode) {
    const int kind = change.unclean ? 2 : mode == ElectionMode::kPreferred ? 1 : 0;
    ctx.note({FactKind::kLeaderElected, ctx.self(), after.leader, partition, leader_epoch,
              change.unclean ? 1 : 0, kind});
  }
}

void remove_from_partitions(Controller& controller, NodeId broker, Context& ctx) {
  for (std::uint32_t i = 0; i < controller.image.partitions.size(); ++i) {
    const PartitionRegistration& partition = controller.image.partitions[i];
    if (!partition.isr.contains(broker) && partition.leader != broker) continue;
    ReplicaList target = partition.isr;
    if (!ctx.mutant(Mutant::kFencedStaysInIsr)) target.remove(broker);
    change(controller, PartitionId(i), target, mode_of_event(controller, PartitionId(i), ctx), ctx);
  }
}

// Kafka writes the broker's record last here and first elsewhere. One event's records are committed
// and applied together, so their order cannot be seen; written first, the image itself says who may
// lead.
void fence_broker(Controller& controller, NodeId broker, Context& ctx) {
  BrokerRecord record{broker, controller.image.brokers[ctx.composition().broker_index(broker)]};
  SIM_CHECK(!record.state.fenced);
  record.state.fenced = true;
  append(controller, record, ctx);
  ctx.note({.kind = FactKind::kBrokerFenced, .node = ctx.self(), .peer = broker});
  remove_from_partitions(controller, broker, ctx);
  // Kafka 2.0.1 KafkaController.scala onReplicasBecomeOffline tries all that have no leader.
  if (!ctx.behaviour().kraft) elect_leaderless(controller, ctx);
}

void unfence_broker(Controller& controller, NodeId broker, Context& ctx) {
  BrokerRecord record{broker, controller.image.brokers[ctx.composition().broker_index(broker)]};
  SIM_CHECK(record.state.fenced);
  record.state.fenced = false;
  append(controller, record, ctx);
  ctx.note({.kind = FactKind::kBrokerUnfenced, .node = ctx.self(), .peer = broker});
  elect_leaderless(controller, ctx);
}

void elect_leaderless(Controller& controller, Context& ctx) {
  for (std::uint32_t i = 0; i < controller.image.partitions.size(); ++i) {
    const PartitionRegistration& partition = controller.image.partitions[i];
    if (partition.leader != kNoNode) continue;
    const ReplicaList isr = partition.isr;
    change(controller, PartitionId(i), isr, mode_of_event(controller, PartitionId(i), ctx), ctx);
  }
}

void begin_controlled_shutdown(Controller& controller, NodeId broker, Context& ctx) {
  BrokerRecord record{broker, controller.image.brokers[ctx.composition().broker_index(broker)]};
  record.state.in_controlled_shutdown = true;
  append(controller, record, ctx);
  ctx.note({.kind = FactKind::kControlledShutdown, .node = ctx.self(), .peer = broker});
  if (ctx.behaviour().kraft) {
    remove_from_partitions(controller, broker, ctx);
  } else {
    hand_over_partitions(controller, broker, ctx);
  }
}

// With ZooKeeper a leader that is shutting down goes on leading where no other ISR member runs, and
// partitions of one replica are not touched (ControlledShutdownPartitionLeaderElectionStrategy).
void hand_over_partitions(Controller& controller, NodeId broker, Context& ctx) {
  for (std::uint32_t i = 0; i < controller.image.partitions.size(); ++i) {
    const PartitionRegistration& partition = controller.image.partitions[i];
    if (!partition.isr.contains(broker) || partition.replicas.size() == 1) continue;
    ReplicaList target = partition.isr;
    target.remove(broker);
    const ReplicaList running = acceptable_replicas(controller, partition, ctx.composition());
    const bool succeeded = std::any_of(target.begin(), target.end(),
                                       [&](NodeId member) { return running.contains(member); });
    if (succeeded) change(controller, PartitionId(i), target, ElectionMode::kOnline, ctx);
  }
}

bool has_leaderships(const Controller& controller, NodeId broker, const Context& ctx) {
  for (const PartitionRegistration& partition : controller.image.partitions) {
    const bool counts = ctx.behaviour().kraft || partition.replicas.size() > 1;
    if (partition.leader == broker && counts) return true;
  }
  return false;
}

void handle_elect_leaders(Controller& controller, const ElectLeadersCommand& command,
                          Context& ctx) {
  const PartitionRegistration& partition = controller.image.partitions[command.partition.value()];
  const ReplicaList isr = partition.isr;
  const bool unclean = command.kind == ElectionKind::kUnclean;
  // Kafka answers ELECTION_NOT_NEEDED: the operator's unclean election is for offline partitions.
  if (unclean && partition.leader != kNoNode) return;
  change(controller, command.partition, isr,
         unclean ? ElectionMode::kUnclean : ElectionMode::kPreferred, ctx);
}

void handle_alter_topic_config(Controller& controller, const AlterTopicConfigCommand& command,
                               Context& ctx) {
  append(controller, TopicConfigRecord{command.topic, command.config}, ctx);
  ctx.note({.kind = FactKind::kTopicConfigChanged,
            .node = ctx.self(),
            .a = command.topic.value(),
            .b = command.config.min_insync_replicas,
            .c = command.config.unclean_leader_election ? 1 : 0});
  // With ZooKeeper the change itself triggers the elections it allows (R9.6), from 2.1 on; before
  // that they wait for the next broker that comes or goes. KRaft leaves them to the sweep (R5.35).
  if (ctx.behaviour().unclean_change_elects) elect_leaderless(controller, ctx);
}

void sweep_unclean(Controller& controller, Context& ctx) {
  for (std::uint32_t i = 0; i < controller.image.partitions.size(); ++i) {
    const PartitionRegistration& partition = controller.image.partitions[i];
    const ElectionMode mode = mode_of_event(controller, PartitionId(i), ctx);
    if (partition.leader != kNoNode || mode != ElectionMode::kUnclean) continue;
    const ReplicaList isr = partition.isr;
    change(controller, PartitionId(i), isr, mode, ctx);
  }
}

bool rebalance_leaders(Controller& controller, Context& ctx) {
  std::uint32_t moved = 0;
  for (std::uint32_t i = 0; i < controller.image.partitions.size(); ++i) {
    if (moved == kRebalanceMax) return true;
    const PartitionRegistration& partition = controller.image.partitions[i];
    if (!is_imbalanced(partition)) continue;
    const ReplicaList isr = partition.isr;
    const MetadataOffset before = controller.image.end;
    change(controller, PartitionId(i), isr, ElectionMode::kPreferred, ctx);
    if (controller.image.end > before) ++moved;
  }
  return false;
}

}  // namespace ackident
