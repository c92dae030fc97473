// Watches what expectations with a window ask for: the state of a partition from some instant or
// fact on, for a while, and how many facts of a kind come in that time.
//
//   waiting --its fact, or its instant--> open --its time is over, or the run is--> closed
//
// A state is looked at when a step is over, so what holds between two facts of one step is nobody's
// concern. It holds from its step until the next fact.
#pragma once

#include <vector>

#include "drive/partition_recorder.h"
#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

class Watches {
 public:
  // The scenario must outlive the run.
  void reset(const Scenario& scenario);
  [[nodiscard]] bool empty() const { return watched_.empty(); }

  // Before the recorder takes the fact: looks at the state that the step before has left.
  void before(Instant at, EventId event, const PartitionRecorder& partitions);
  // Counts it, and opens what waits for it.
  void on_fact(Instant at, EventId event, const Fact& fact);
  void finish(Instant end, const PartitionRecorder& partitions, RunResult& result);

 private:
  struct Watch {
    std::uint32_t expectation = 0;
    std::uint32_t matches = 0;  // facts that it waits for, so far
    WatchResult seen;
  };

  void open(Watch& watch, Instant from) const;
  void look(Watch& watch, Instant until, const PartitionRecorder& partitions) const;
  [[nodiscard]] const Expectation& expectation(const Watch& watch) const {
    return scenario_->expect[watch.expectation];
  }

  const Scenario* scenario_ = nullptr;
  std::vector<Watch> watched_;
  Instant at_;     // of the step whose state stands
  EventId event_;  // that step
};

}  // namespace ackident
