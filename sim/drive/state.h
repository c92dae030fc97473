// What an expectation says of the state of a partition, and whether a state is so.
#pragma once

#include <string>

#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

// Of kLeader, kLeaderEpoch, kIsr, kHighWatermark and kLogEnd.
bool state_holds(const Scenario& scenario, const Expectation& expectation,
                 const PartitionPoint& state);
std::string state_wanted(const Scenario& scenario, const Expectation& expectation);
std::string state_seen(const Scenario& scenario, const Expectation& expectation,
                       const PartitionPoint& state);

}  // namespace ackident
