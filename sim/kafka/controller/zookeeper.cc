#include "kafka/controller/zookeeper.h"

#include "kafka/controller/controller.h"
#include "kafka/controller/partition_changes.h"

namespace ackident {

namespace {

// A broker that bounced within its session still leads what it led. Kafka would let it append on in
// the same leader epoch; here the epoch rises first. This deviation keeps (leader epoch, offset) a
// unique name: after a power loss the second life would write other records at the same offsets.
void renew_leaderships(Controller& controller, NodeId broker, Context& ctx) {
  for (std::uint32_t i = 0; i < controller.image.partitions.size(); ++i) {
    if (controller.image.partitions[i].leader != broker) continue;
    PartitionChange change;
    change.state = controller.image.partitions[i];
    ++change.state.leader_epoch;
    ++change.state.partition_epoch;
    write_partition(controller, PartitionId(i), change, ElectionMode::kOnline, ctx);
  }
}

}  // namespace

void zookeeper_registered(Controller& controller, NodeId broker, Context& ctx) {
  renew_leaderships(controller, broker, ctx);
  elect_leaderless(controller, ctx);
}

ErrorCode validate_direct_write(const Controller& controller, const AlterPartitionPart& part,
                                const Composition& composition) {
  if (part.partition.value() >= controller.image.partitions.size()) {
    return ErrorCode::kUnknownTopicOrPartition;
  }
  const PartitionRegistration& partition = controller.image.partitions[part.partition.value()];
  const bool stale = part.partition_epoch != partition.partition_epoch;
  if (stale && !composition.mutant(Mutant::kSkipPartitionEpochCheck)) {
    return ErrorCode::kInvalidUpdateVersion;
  }
  return ErrorCode::kNone;
}

}  // namespace ackident
