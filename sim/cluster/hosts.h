// What the network must know of each node, by NodeId; of its connections channel by channel.
#pragma once

#include <vector>

#include "kafka/composition.h"
#include "net/connection.h"

namespace ackident {

std::vector<ConnectionSetup> connection_setups(const Composition&);
std::vector<SocketBuffers> socket_buffers(const Composition&);

}  // namespace ackident
