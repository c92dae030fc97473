// Scenarios drawn from a seed. The seed first picks which features exist at all (which kinds of
// fault, which settings away from their defaults, which shapes of network), then how much of each:
// a swarm of such scenarios reaches corners that a uniform mixture of everything never does.
//
// What is drawn is the text of a scenario file, so whatever a swarm finds can be saved, read, cut
// down by hand and kept as a test.
#pragma once

#include <cstdint>
#include <string>

#include "scenario/scenario.h"

namespace ackident {

struct SwarmOptions {
  std::string kafka;  // one release line for all; empty: drawn
};

// The same seed and options give the same text, on every compiler.
std::string swarm_text(std::uint64_t seed, const SwarmOptions& options = {});
Scenario swarm_scenario(std::uint64_t seed, const SwarmOptions& options = {});

}  // namespace ackident
