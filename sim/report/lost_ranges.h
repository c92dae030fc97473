// Lost records go in stretches: what one truncation or one power loss took away. A report tells
// them as ranges of offsets.
#pragma once

#include <string>
#include <vector>

#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

// Records of one partition with consecutive offsets (without offsets: consecutive records of one
// producer) that went in the same event.
struct LostRange {
  LostRecord first;
  LostRecord last;
  std::uint64_t count = 0;
  bool one_producer = true;
};

std::vector<LostRange> lost_ranges(const std::vector<LostRecord>& lost);

// "18990..18999 (10)"; records that were on no log go by their producer's numbers: "m3..m7 (5)".
std::string lost_range_records(const LostRange& range);
// "truncated (b1, 42.04 s, e105461)"; "not elected (b1)"; "never appended".
std::string lost_range_end(const Scenario& scenario, const LostRange& range);
// " of shop"; " of several producers".
std::string lost_range_whose(const Scenario& scenario, const LostRange& range);

}  // namespace ackident
