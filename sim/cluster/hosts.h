// What the network must know of each node's host, by NodeId.
#pragma once

#include <vector>

#include "kafka/composition.h"
#include "net/connection.h"

namespace ackident {

std::vector<SetupTimeout> setup_timeouts(const Composition&);
std::vector<SocketBuffers> socket_buffers(const Composition&);

}  // namespace ackident
