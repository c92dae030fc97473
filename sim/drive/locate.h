// Where a run first parted from what was expected of it.
#pragma once

#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

// Gives failed expectations the instant, and if it can the event, that broke them: the one by which
// a count went above its bound, the last that moved an offset, the moment an outage became too
// long, the peak of a lag. Events are found by running once more, for a run repeats exactly; so no
// run that holds pays for it.
void locate_failures(const Scenario& scenario, RunResult& result);

}  // namespace ackident
