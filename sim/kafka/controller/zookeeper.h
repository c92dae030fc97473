// What the controller does otherwise when ZooKeeper keeps the metadata (R9). The controller node
// stands for the ZooKeeper ensemble and the active controller together, so while it is down leaders
// cannot write their ISR either.
#pragma once

#include "kafka/context.h"

namespace ackident {

struct Controller;

// <= 2.6: a leader writes the ISR itself; only the version of the node is compared (R9.2).
ErrorCode validate_direct_write(const Controller&, const AlterPartitionPart&, const Composition&);
// A write whose answer was lost, and that was sent again: its version is old, but what it says is
// there, which ZooKeeper's client takes for success (Kafka 2.4 ReplicationUtils.scala
// checkLeaderAndIsrZkData; the same in 0.10).
bool is_written_already(const Controller&, NodeId from, const AlterPartitionPart&, const Context&);

}  // namespace ackident
