#include "kafka/controller/alter_partition.h"

#include <algorithm>

#include "base/check.h"
#include "kafka/controller/controller.h"
#include "kafka/controller/partition_changes.h"
#include "kafka/controller/zookeeper.h"

namespace ackident {

namespace {

// Rule 7: the ISR names replicas, the leader among them, each once.
bool is_well_formed(const PartitionRegistration& partition, const AlterPartitionPart& part) {
  ReplicaList seen;
  for (const IsrMember& member : part.isr) {
    if (!partition.replicas.contains(member.broker) || seen.contains(member.broker)) return false;
    seen.push_back(member.broker);
  }
  return seen.contains(partition.leader);
}

// Rule 8. All members are looked at, not only new ones: a request that crosses with a fencing must
// not bring the fenced broker back.
bool is_eligible(const Controller& controller, const IsrMember& member,
                 const Composition& composition) {
  const BrokerRegistration& registration =
      controller.image.brokers[composition.broker_index(member.broker)];
  if (!is_active(registration)) return false;
  const bool compare_epoch =
      composition.behaviour.fetch_carries_broker_epoch && member.epoch != kNoBrokerEpoch;
  return !compare_epoch || member.epoch == registration.epoch;
}

void accept(Controller& controller, NodeId from, const AlterPartitionPart& part, Context& ctx) {
  const PartitionRegistration before = controller.image.partitions[part.partition.value()];
  PartitionChange change;
  change.state = before;
  change.state.isr.clear();
  for (const IsrMember& member : part.isr) change.state.isr.push_back(member.broker);
  // Up to 2.6 the leader writes the whole state, itself and its epoch in it: only the version keeps
  // a former leader from taking the partition back (R9.2; Kafka 2.6 Partition.scala).
  if (!ctx.behaviour().isr_through_controller) {
    change.state.leader = from;
    change.state.leader_epoch = part.leader_epoch;
  }
  // A leader reports itself recovered with its first request (R5.32).
  change.state.recovering = false;
  ++change.state.partition_epoch;
  // R4.11, R5.33: with ZooKeeper only the controller's own changes raise the leader epoch.
  if (ctx.behaviour().kraft && ctx.behaviour().shrink_bumps_leader_epoch &&
      is_shrunk(before.isr, change.state.isr)) {
    ++change.state.leader_epoch;
  }
  write_partition(controller, part.partition, change, ElectionMode::kOnline, ctx);
}

AlterPartitionResult alter(Controller& controller, NodeId from, const AlterPartitionPart& part,
                           Context& ctx) {
  AlterPartitionResult result;
  result.partition = part.partition;
  result.error = ctx.behaviour().isr_through_controller
                     ? validate_alter_partition(controller, from, part, ctx.composition())
                     : validate_direct_write(controller, part, ctx.composition());
  if (is_written_already(controller, from, part, ctx)) {
    result.error = ErrorCode::kNone;
  } else if (result.error == ErrorCode::kNone) {
    accept(controller, from, part, ctx);
  }
  if (result.error != ErrorCode::kNone) return result;
  const PartitionRegistration& after = controller.image.partitions[part.partition.value()];
  result.partition_epoch = after.partition_epoch;
  result.leader_epoch = after.leader_epoch;
  result.isr = after.isr;
  return result;
}

}  // namespace

// R4.10 (Kafka 1eb76443 ReplicationControlManager.java validateAlterPartitionData).
ErrorCode validate_alter_partition(const Controller& controller, NodeId from,
                                   const AlterPartitionPart& part, const Composition& composition) {
  if (part.partition.value() >= controller.image.partitions.size()) {
    return ErrorCode::kUnknownTopicOrPartition;  // rule 2
  }
  const PartitionRegistration& partition = controller.image.partitions[part.partition.value()];
  // Rule 3: the sender knows more than this controller, which must be an old one.
  if (part.leader_epoch > partition.leader_epoch ||
      part.partition_epoch > partition.partition_epoch) {
    return ErrorCode::kNotController;
  }
  if (part.leader_epoch < partition.leader_epoch) return ErrorCode::kFencedLeaderEpoch;  // rule 4
  if (partition.leader != from) return ErrorCode::kInvalidRequest;                       // rule 5
  if (!composition.mutant(Mutant::kSkipPartitionEpochCheck) &&
      part.partition_epoch < partition.partition_epoch) {
    return ErrorCode::kInvalidUpdateVersion;  // rule 6
  }
  if (!is_well_formed(partition, part)) return ErrorCode::kInvalidRequest;
  if (!composition.behaviour.ineligible_replica_check ||
      composition.mutant(Mutant::kSkipIneligibleCheck)) {
    return ErrorCode::kNone;
  }
  const bool eligible = std::all_of(part.isr.begin(), part.isr.end(), [&](const IsrMember& member) {
    return is_eligible(controller, member, composition);
  });
  return eligible ? ErrorCode::kNone : ErrorCode::kIneligibleReplica;
}

void handle_alter_partition(Controller& controller, NodeId from,
                            const AlterPartitionRequest& request, Context& ctx) {
  const Composition& composition = ctx.composition();
  AlterPartitionResponse response;
  response.correlation = request.correlation;
  const BrokerRegistration& sender = controller.image.brokers[composition.broker_index(from)];
  if (ctx.behaviour().isr_through_controller && sender.epoch != request.broker_epoch) {
    response.error = ErrorCode::kStaleBrokerEpoch;  // rule 1: an exception, so answered at once
    ctx.send(from, response);
    return;
  }
  response.parts = ctx.pools().alter_results.make(request.parts.count);
  for (std::uint32_t i = 0; i < request.parts.count; ++i) {
    const AlterPartitionPart& part = ctx.pools().alter_parts.get(request.parts)[i];
    ctx.pools().alter_results.get(response.parts)[i] = alter(controller, from, part, ctx);
  }
  answer(controller, from, response, ctx);
}

}  // namespace ackident
