#include "kafka/controller/zookeeper.h"

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

}  // namespace ackident
