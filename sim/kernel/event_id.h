// Number of an event within its run: 1 for the first. As a cause, 0 means "the scenario".
#pragma once

#include <cstdint>

#include "base/id.h"

namespace ackident {

using EventId = Ordinal<struct EventTag, std::uint64_t>;

}  // namespace ackident
