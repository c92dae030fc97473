// The strip chart of a run: one line per transition, columns fixed, written as facts come. What
// happens all the time (acknowledgements, high watermarks, deliveries) is gathered into one line
// per run of it: "acked m17..m42". The legend is in reports/README.md.
#pragma once

#include <string>
#include <vector>

#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

struct Scenario;

class StripChart {
 public:
  using Output = void (*)(void* context, std::string_view line);  // without a line feed

  // The scenario must outlive the chart. Writes the head at once.
  StripChart(const Scenario& scenario, Output output, void* context);

  void on_fact(Instant at, EventId event, EventId cause, const Fact& fact);
  // What was still being gathered, and what the run lost.
  void finish(const RunResult& result);

 private:
  // What the chart knows of one replica.
  struct Replica {
    char role = '-';
    LeaderEpoch epoch;
    Offset end;
    Offset high_watermark;
  };
  // A stretch of the same everyday thing at one node: acks, deliveries, a rising high watermark.
  struct Stretch {
    FactKind kind{};
    NodeId node = kNoNode;
    PartitionId partition = kNoPartition;
    Instant at;  // of its last fact
    EventId cause;
    std::int64_t from = 0;
    std::int64_t to = 0;
    std::int64_t records = 0;
  };
  struct SentBatch {
    NodeId producer = kNoNode;
    std::int64_t number = 0;
    std::int64_t first_record = 0;
    std::int64_t records = 0;
  };
  struct Line {
    Instant at;
    NodeId node = kNoNode;
    char glyph = ' ';
    char role = ' ';
    PartitionId partition = kNoPartition;
    const Replica* replica = nullptr;
    const ReplicaList* isr = nullptr;
    std::string what;
    std::string cause;
  };

  Replica* replica(NodeId node, PartitionId partition);
  void learn(const Fact& fact);
  void learn_process(const Fact& fact);
  void learn_truth(const Fact& fact);
  void learn_fault(Instant at, EventId event, const Fact& fact);
  bool gather(Instant at, EventId cause, const Fact& fact);
  void gather_acked(Instant at, EventId cause, const Fact& fact);
  Stretch& stretch(FactKind kind, NodeId node, PartitionId partition, std::int64_t from);
  void flush();
  bool is_news(const Fact& fact);
  void write(const Line& line);
  void hold(const Line& line, EventId event);
  void release();
  void tell_undone(Instant until);
  [[nodiscard]] std::string text_of(const Line& line) const;
  Line line_of(Instant at, const Fact& fact);
  [[nodiscard]] std::string cause_text(EventId event, EventId cause) const;

  const Scenario& scenario_;
  Output output_;
  void* context_;
  std::vector<Replica> replicas_;    // by partition and place in the assignment
  std::vector<ReplicaList> isrs_;    // by PartitionId: committed
  std::vector<NodeId> leaders_;      // by PartitionId: the controller's truth
  std::vector<std::uint8_t> down_;   // by NodeId
  std::vector<Stretch> stretches_;   // being gathered, in order of their begin
  std::vector<SentBatch> sent_;      // not yet acknowledged
  std::vector<std::uint64_t> told_;  // first-of-a-kind facts that were written, sorted
  std::vector<std::pair<Instant, std::int64_t>> undone_at_;  // faults with an end, when
  // What a step of the scenario does stands below the fault that it was.
  std::vector<std::string> held_;
  EventId held_event_;
  std::vector<std::pair<EventId, std::int64_t>> faults_;  // that fired, and their events, in order
};

// What a fact says, and its mark; empty if it is not a transition.
struct StripText {
  char glyph = ' ';
  std::string what;
};
// "kill leader(orders/0)"
std::string fault_words(const Scenario& scenario, std::size_t fault);
StripText strip_text(const Scenario& scenario, const Fact& fact);

}  // namespace ackident
