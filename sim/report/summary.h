// What a person grasps in ten seconds: at most 30 rows, which break to fit a terminal.
#pragma once

#include <cstddef>
#include <string>

#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

struct Scenario;

inline constexpr std::size_t kUnbroken = 0;  // as many columns as a row needs

std::string report_summary(const Scenario& scenario, const RunResult& result, bool colour,
                           std::size_t columns = kUnbroken);

}  // namespace ackident
