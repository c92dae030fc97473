// Lag of each consumer group, from facts: what brokers made visible against what the group
// committed (C7.2), where its consumers stand (C7.3), and the age of the oldest visible record that
// is not yet processed.
#pragma once

#include <vector>

#include "drive/append_marks.h"
#include "drive/lag_series.h"
#include "drive/metric_recorder.h"
#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

struct Composition;
struct Scenario;

class GroupRecorder {
 public:
  void reset(const Scenario& scenario);

  // kDelivered, kProcessed, kCommitted, kPositionReset, kStarted of a consumer; others are ignored.
  void on_fact(Instant at, const Fact& fact, MetricRecorder& metrics);
  // The leader's log grew from `base`.
  void appended(Instant at, PartitionId partition, Offset base);
  // What consumers may read now ends here. May fall: an unclean leader, or one that has yet to
  // learn how far its predecessor got.
  void high_watermark(Instant at, PartitionId partition, Offset value, MetricRecorder& metrics);
  // A fault bit.
  void fault(Instant at) { last_fault_ = at; }
  // A phase of the run begins: lag that stands belongs to it too.
  void restate(MetricRecorder& metrics) const;

  // Fills lag; what was delivered twice or skipped only the final logs can tell.
  void finish(Instant end, RunResult& result);

 private:
  // One partition of one group.
  struct Slot {
    std::uint16_t group = 0;
    PartitionId partition;
    Offset committed = kNoOffset;
    Offset position = kNoOffset;
    Offset processed = kNoOffset;  // the next record to process
    // Stands for what does not exist yet: where a consumer without a commit begins. kNoOffset:
    // auto.offset.reset is not `earliest` and no consumer has begun.
    Offset start = kNoOffset;
    std::int64_t lag = 0;
    std::int64_t position_lag = 0;
    std::int64_t lag_peak = 0;
    Instant lag_peak_at;
  };
  struct Group {
    std::uint32_t first = 0, count = 0;  // its slots
    std::int64_t lag = 0;
    std::int64_t position_lag = 0;
    std::int64_t lag_peak = 0;
    Instant lag_peak_at;
    Duration time_lag_peak;
    std::int64_t baseline = 0;    // largest position lag before the first fault
    bool over = false;            // position lag is above it, by more than a tenth
    Instant over_until = kNever;  // kNever: it never was
    Instant over_fault;           // the latest fault that bit then
    std::uint64_t delivered = 0;
    LagSeries series;
  };

  Slot* find(NodeId consumer, PartitionId partition);
  // Before, and after, a slot or its partition's high watermark changes.
  void before_change(Slot& slot, Instant at);
  void after_change(Slot& slot, Instant at, MetricRecorder& metrics);
  void keep_state(Group& group, Instant at);
  void reset(Slot& slot, Instant at, const Fact& fact);
  void restart(NodeId consumer, Instant at, MetricRecorder& metrics);
  void note_age(const Slot& slot, Instant at);
  [[nodiscard]] Duration age(const Slot& slot, Instant at) const;
  [[nodiscard]] Offset wanted(PartitionId partition) const;

  const Composition* composition_ = nullptr;
  std::vector<Slot> slots_;                     // by (group, partition)
  std::vector<Group> groups_;                   // by group index
  std::vector<std::uint32_t> by_partition_;     // slots by (partition, group) ...
  std::vector<std::uint32_t> partition_first_;  // ... of partition p: [first[p], first[p + 1])
  std::vector<Offset> high_watermark_;          // by PartitionId
  std::vector<AppendMarks> marks_;              // by PartitionId
  Instant last_fault_;
};

}  // namespace ackident
