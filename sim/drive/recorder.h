// The recorder turns the facts of a run, in order, into the parts of its result that are timelines
// and statistics. It reads facts alone, allocates for growth only, and keeps its memory from run to
// run. The fates of records (lost, stranded, duplicated ...) are the oracle's.
#pragma once

#include <array>

#include "drive/group_recorder.h"
#include "drive/metric_recorder.h"
#include "drive/partition_recorder.h"
#include "drive/producer_recorder.h"
#include "drive/watch.h"
#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

struct Scenario;

class Recorder {
 public:
  // The scenario must outlive the run.
  void reset(const Scenario& scenario);

  void on_fact(Instant at, EventId event, const Fact& fact);

  // Fills partitions (but for lost and stranded), producers and totals (sent, acked, failed,
  // unknown), groups (but for delivered_twice and skipped), metrics and fact_counts.
  void finish(Instant end, RunResult& result);

 private:
  void follow(Instant at, EventId event, const Fact& fact);
  void pass_instant(Instant at);
  void on_fault(Instant at, const Fact& fact);
  void on_process(Instant at, const Fact& fact);
  void on_healed(Instant at);

  const Scenario* scenario_ = nullptr;
  MetricRecorder metrics_;
  PartitionRecorder partitions_;
  ProducerRecorder producers_;
  GroupRecorder groups_;
  Watches watches_;
  std::array<std::uint64_t, static_cast<std::size_t>(FactKind::kCount)> fact_counts_{};
  EventId event_;                      // of the latest fact
  std::vector<std::uint8_t> stopped_;  // by NodeId: killed or frozen
  bool links_disturbed_ = false;       // cut, slow or held, and not undone
};

}  // namespace ackident
