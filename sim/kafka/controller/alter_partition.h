// AlterPartition: a leader asks to change the ISR of its partitions (R4.8 - R4.11).
#pragma once

#include "kafka/context.h"

namespace ackident {

struct Controller;

// The answer to one part, by the checks of R4.10 in their order; kNone: accepted.
ErrorCode validate_alter_partition(const Controller&, NodeId from, const AlterPartitionPart&,
                                   const Composition&);

void handle_alter_partition(Controller&, NodeId from, const AlterPartitionRequest&, Context&);

}  // namespace ackident
