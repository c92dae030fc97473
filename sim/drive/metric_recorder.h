// Kafka's own metrics over the three phases of a run: before the first fault that bit, until the
// last one is undone, after. Gauges report their mean over time, meters events per second, maxima
// the largest value; all are integers until the one division at the end.
#pragma once

#include <array>
#include <cstdint>

#include "oracle/result.h"

namespace ackident {

// In the order of the report.
enum class Metric : std::uint8_t {
  // Gauges.
  kUnderReplicatedPartitions,
  kUnderMinIsrPartitionCount,
  kAtMinIsrPartitionCount,
  kOfflinePartitionsCount,
  kActiveBrokerCount,
  kFencedBrokerCount,
  // Meters.
  kIsrShrinksPerSec,
  kIsrExpandsPerSec,
  kLeaderElectionRateAndTimeMs,
  kUncleanLeaderElectionsPerSec,
  kMessagesInPerSec,
  kFailedProduceRequestsPerSec,
  kRecordErrorRate,
  kRecordRetryRate,
  // Maxima.
  kRecordsLagMax,
  kCount
};

class MetricRecorder {
 public:
  void reset();

  void set(Metric gauge, Instant at, std::int64_t value) {
    Cell& cell = cells_[static_cast<std::size_t>(gauge)];
    integrate(cell, at);
    cell.value = value;
  }
  void add(Metric gauge, Instant at, std::int64_t difference) {
    set(gauge, at, cells_[static_cast<std::size_t>(gauge)].value + difference);
  }
  void mark(Metric meter, std::int64_t count = 1) {
    cells_[static_cast<std::size_t>(meter)].sums[now_] += count;
  }
  void maximum(Metric maximum, std::int64_t value) {
    std::int64_t& highest = cells_[static_cast<std::size_t>(maximum)].sums[now_];
    if (value > highest) highest = value;
  }

  // A fault bit at `at` and lasts until `until` (not before `at`) unless more follow.
  void disturbed(Instant at, Instant until);
  // The faults' end lies before `at`, and has yet to be counted.
  [[nodiscard]] bool due(Instant at) const { return at > rolls_at_; }
  // To be called before a fact at `at` counts. True if a phase ended.
  bool pass(Instant at) {
    if (!due(at)) return false;
    roll();
    return true;
  }

  // kNever while nothing has bitten.
  [[nodiscard]] Instant first_fault() const { return first_fault_; }
  [[nodiscard]] Instant last_fault() const { return last_fault_; }

  void finish(Instant end, std::vector<MetricRow>& rows);

 private:
  // The last phase is open: it becomes part of `during` if another fault follows.
  enum Phase : std::uint8_t { kBefore, kDuring, kAfter, kPhases };
  struct Cell {
    std::int64_t value = 0;  // gauges: now
    Instant since;           // gauges: integrated up to here
    std::array<std::int64_t, kPhases> sums{};
  };

  void integrate(Cell& cell, Instant at) const {
    cell.sums[now_] += cell.value * (at - cell.since).ns();
    cell.since = at;
  }
  void integrate_gauges(Instant at);
  void roll();

  std::array<Cell, static_cast<std::size_t>(Metric::kCount)> cells_{};
  Phase now_ = kBefore;
  Instant first_fault_ = kNever;
  Instant last_fault_ = kNever;
  Instant rolls_at_ = kNever;  // last_fault_, until what is before it has been counted as `during`
};

}  // namespace ackident
