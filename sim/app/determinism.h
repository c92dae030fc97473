// The same scenario and seed must give the same run. This runs it again, on memory that a run has
// used before, and tells where the two part.
#pragma once

#include <string>

#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

// Empty if a further run equals `result`; else what differs, in a sentence.
std::string find_difference(const Scenario& scenario, const RunResult& result);

}  // namespace ackident
