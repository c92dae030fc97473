// Which batches go into the next request (C1.12-C1.16, C1.34).
#pragma once

#include "kafka/client/accumulator.h"

namespace ackident {

struct Producer;

// Is a batch for this node sendable (C1.12)? If not, sets when the first one will be.
bool is_ready(Producer&, std::uint32_t node, Context&);
// Takes at most one batch of each of the node's partitions (C1.14) into the producer's `drained`.
void drain(Producer&, std::uint32_t node, Context&);

}  // namespace ackident
