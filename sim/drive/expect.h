// The expectations of a scenario against the result of its run.
#pragma once

#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

struct Scenario;

// Fills result.expectations and result.verdict. A run fails if an expectation failed, or if an
// invariant was violated that the settings do not permit; it is unknown if its bounds were hit; it
// is vacuous if one of its faults never bit, or if an expectation is about acked records and there
// were none; else it passes.
void judge(const Scenario& scenario, RunResult& result);

// What a fault that changed nothing would have shown is not shown.
bool every_fault_bit(const RunResult& result);

}  // namespace ackident
