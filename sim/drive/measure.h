// What an expectation is compared with, taken from the result of a run.
#pragma once

#include <string>

#include "drive/expect.h"
#include "scenario/scenario.h"

namespace ackident {

// The largest value over all that an expectation speaks of, and whose it was.
struct Measured {
  std::int64_t value = 0;
  bool known = false;
  std::string whose;  // " at orders/0"; empty if there is one only

  void offer(std::int64_t candidate, const std::string& name) {
    if (known && candidate <= value) return;
    value = candidate;
    known = true;
    whose = name;
  }
};

// For every kind that has a bound on a number, but for the state of a partition.
Measured measure(const Scenario& scenario, const RunResult& result, const Expectation& expectation);

}  // namespace ackident
