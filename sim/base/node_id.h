// A process of the simulated world, numbered densely: controller, brokers, producers, consumers.
#pragma once

#include <cstdint>

#include "base/id.h"

namespace ackident {

using NodeId = Id<struct NodeTag, std::uint16_t>;
inline constexpr NodeId kNoNode = NodeId(0xffff);

}  // namespace ackident
