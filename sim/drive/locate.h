// Where a run first parted from what was expected of it.
#pragma once

#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

// Gives each failed expectation the instant, and the event if one did it, that broke it: the one by
// which a count went above its bound, the last that moved an offset, the acknowledgement that made
// a latency too high, the moment an outage became too long, the peak of a lag. What should have
// come and did not is missing at the end. Events are found by running once more, for a run repeats
// exactly; so no run that holds pays for it.
void locate_failures(const Scenario& scenario, RunResult& result);

}  // namespace ackident
