// What became of each partition: its timeline by the controller's truth, the windows in which it
// took no writes or gave no reads, and how long it was under-replicated, under its minimal ISR or
// offline. The definitions are in reports/README.md.
#pragma once

#include <vector>

#include "drive/metric_recorder.h"
#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

struct Composition;
struct Scenario;

// Points of a timeline, and windows of a partition, that a result keeps.
inline constexpr std::size_t kTimelineMax = 10'000;

class PartitionRecorder {
 public:
  // A run begins with a formed cluster: every replica in sync, the preferred one leading.
  void reset(const Scenario& scenario, MetricRecorder& metrics);

  // Facts about logs, roles, the controller's truth and processes; others are ignored.
  void on_fact(Instant at, EventId event, const Fact& fact, MetricRecorder& metrics);

  // The next instant at which an expectation asks for a partition's state; kNever: none is left.
  [[nodiscard]] Instant next_question() const {
    return questions_asked_ < questions_.size() ? questions_[questions_asked_].at : kNever;
  }
  // Answers the questions before `at`: called with the first fact after their instant.
  void answer_questions(Instant at, EventId event);

  void finish(Instant end, EventId event, RunResult& result);

  // As it stands now.
  [[nodiscard]] PartitionPoint state(PartitionId partition) const;
  // The leader as clients may use it: its high watermark counts (C7.2).
  [[nodiscard]] bool leads(NodeId node, PartitionId partition) const {
    return partitions_[partition.value()].leader == node;
  }

 private:
  // How long something has been so.
  struct Stopwatch {
    bool on = false;
    Instant since;
    Duration total;
    void set(bool value, Instant at) {
      if (on == value) return;
      if (on) total += at - since;
      on = value;
      since = at;
    }
  };
  struct State {
    NodeId leader = kNoNode;  // the controller's truth
    LeaderEpoch leader_epoch;
    ReplicaList isr;
    std::uint32_t in_sync = 0;  // members of the ISR, as the controller counts them
    Offset high_watermark = kNoOffset;
    InlineVec<Offset, kReplicasMax> log_ends;  // by place in the assignment
    std::uint8_t leading = 0;                  // bit per place: took the role and did not leave it
    bool shrink_proposed = false;
    bool expand_proposed = false;
    std::uint8_t gauges = 0;  // bit per gauge of metrics that counts this partition
    Stopwatch under_replicated, under_min_isr, offline, no_writes, no_reads;
    std::vector<PartitionPoint> timeline;
    std::vector<Window> write_windows, read_windows, replica_windows, min_isr_windows;
    bool truncated = false;
  };
  struct Question {
    Instant at;
    PartitionId partition;
  };

  void on_log(const Fact& fact);
  void on_role(Instant at, EventId event, const Fact& fact);
  void on_truth(Instant at, EventId event, const Fact& fact, MetricRecorder& metrics);
  void on_isr(const Fact& fact, MetricRecorder& metrics);
  void on_process(Instant at, const Fact& fact, MetricRecorder& metrics);
  void on_registered(Instant at, const Fact& fact, MetricRecorder& metrics);
  void on_fencing(Instant at, const Fact& fact, MetricRecorder& metrics);
  void on_topic_config(Instant at, const Fact& fact, MetricRecorder& metrics);

  // -1: no replica of it.
  [[nodiscard]] std::int32_t place(PartitionId partition, NodeId node) const;
  [[nodiscard]] bool serves(PartitionId partition) const;
  [[nodiscard]] std::uint32_t min_isr(PartitionId partition) const;
  // Brings stopwatches, windows and gauges in line with the state.
  void settle(Instant at, PartitionId partition, MetricRecorder& metrics);
  static void settle_window(Stopwatch& watch, bool closed, Instant at, std::vector<Window>& windows,
                            bool& truncated);
  void add_point(Instant at, EventId event, PartitionId partition, bool beyond_bound = false);

  const Composition* composition_ = nullptr;
  std::vector<State> partitions_;
  std::vector<std::int32_t> topic_min_isr_;   // by TopicId: min.insync.replicas now
  std::vector<std::uint8_t> topic_acks_all_;  // writes to it need the minimal ISR
  std::vector<std::uint8_t> runs_;            // by NodeId: the process exists ...
  std::vector<std::uint8_t> frozen_;          // ... and does not move
  std::vector<std::uint8_t> fenced_;          // by broker index
  std::vector<std::uint8_t> listens_;         // by broker index: its ports are open (R6.1)
  std::vector<Question> questions_;           // by time
  std::size_t questions_asked_ = 0;
};

}  // namespace ackident
