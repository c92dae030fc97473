// Applying metadata: the only place where a replica changes its role (R3.13-R3.17).
#pragma once

#include "kafka/broker/replica.h"
#include "kafka/context.h"

namespace ackident {

struct Broker;

// Acts on the state of one partition as metadata now has it.
void apply_partition(Broker&, PartitionId, const PartitionRegistration&, Context&);

}  // namespace ackident
