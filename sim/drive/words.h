// How values of a run are put into words for people, the same in expectations and reports.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

// Exact: "9.035 s", "12.000001 ms", "250 ns".
std::string duration_text(Duration duration);
// For eyes: rounded to the millisecond, below a second to the microsecond.
std::string duration_rounded(Duration duration);

// "; first at 42.04 s (e105461)"; without an event its number is left out, without a time all. Of
// what is missing: "; not by 60.981 s".
std::string since_text(const Moment& moment);

// "1 seed", "2 seeds".
std::string counted(std::uint64_t count, std::string_view noun);

// Why a fault shows nothing.
std::string_view why_idle(const FaultResult& fault);

// Names as the scenario gives them; "none" for none.
std::string node_text(const Scenario& scenario, NodeId node);
std::string partition_text(const Scenario& scenario, PartitionId partition);
// What the author said of a fault; empty if there is nothing.
FaultText fault_text(const Scenario& scenario, std::size_t fault);
// "[b1,b2]"
std::string nodes_text(const Scenario& scenario, const NodeId* first, const NodeId* last);

}  // namespace ackident
