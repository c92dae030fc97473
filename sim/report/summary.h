// What a person grasps in ten seconds: at most 30 lines of at most 100 columns.
#pragma once

#include <string>

#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

struct Scenario;

std::string report_summary(const Scenario& scenario, const RunResult& result, bool colour);

}  // namespace ackident
