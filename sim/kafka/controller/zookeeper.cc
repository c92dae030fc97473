#include "kafka/controller/zookeeper.h"

#include <algorithm>

#include "kafka/controller/controller.h"

namespace ackident {

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

bool is_written_already(const Controller& controller, NodeId from, const AlterPartitionPart& part,
                        const Context& ctx) {
  if (ctx.behaviour().isr_through_controller) return false;
  if (part.partition.value() >= controller.image.partitions.size()) return false;
  const PartitionRegistration& partition = controller.image.partitions[part.partition.value()];
  const bool same_isr =
      std::equal(part.isr.begin(), part.isr.end(), partition.isr.begin(), partition.isr.end(),
                 [](const IsrMember& member, NodeId known) { return member.broker == known; });
  return same_isr && partition.leader == from && partition.leader_epoch == part.leader_epoch &&
         part.partition_epoch < partition.partition_epoch;
}

}  // namespace ackident
