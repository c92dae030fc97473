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

enum class Measure : std::uint8_t { kRecords, kTime, kNumber };
Measure measure_of(ExpectKind kind);
std::string value_text(Measure measure, std::int64_t value);
// "at most 7 records"
std::string bound_text(Measure measure, const Bound& bound);
bool within(const Bound& bound, std::int64_t value);

// Is the partition, or the producer, one of those that it speaks of?
bool concerns(const Scenario& scenario, const Expectation& expectation, PartitionId partition);
bool concerns_producer(const Scenario& scenario, const Expectation& expectation,
                       std::size_t producer);
// Of these producers.
Totals totals_of(const Scenario& scenario, const RunResult& result, const Expectation& expectation);

// For every kind that has a bound on a number, but for the state of a partition.
Measured measure(const Scenario& scenario, const RunResult& result, const Expectation& expectation);

}  // namespace ackident
