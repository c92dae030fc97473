// What a person grasps in ten seconds: at most 30 rows, which break to fit a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

struct Scenario;

inline constexpr std::size_t kUnbroken = 0;  // as many columns as a row needs

// Breaks so that no line is longer than `columns` characters (of UTF-8), at spaces if there are
// any. Nothing is cut: what a reader needs may stand at the end.
std::vector<std::string_view> wrapped(std::string_view text, std::size_t columns);

std::string report_summary(const Scenario& scenario, const RunResult& result, bool colour,
                           std::size_t columns = kUnbroken);

}  // namespace ackident
