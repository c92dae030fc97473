#include "drive/partition_recorder.h"

#include <algorithm>
#include <array>

#include "scenario/scenario.h"

namespace ackident {

namespace {

// The gauges that count partitions, in the order of the bits of State::gauges.
constexpr std::array<Metric, 4> kPartitionGauges = {
    Metric::kUnderReplicatedPartitions, Metric::kUnderMinIsrPartitionCount,
    Metric::kAtMinIsrPartitionCount, Metric::kOfflinePartitionsCount};

}  // namespace

void PartitionRecorder::reset(const Scenario& scenario, MetricRecorder& metrics) {
  const Composition& composition = scenario.setup.composition;
  composition_ = &composition;
  topic_min_isr_.clear();
  for (const TopicInfo& topic : composition.topics) {
    topic_min_isr_.push_back(topic.config.min_insync_replicas);
  }
  // A topic nobody writes to is judged as if somebody wrote with acks=all.
  std::vector<std::uint8_t>& acks_all = topic_acks_all_;
  acks_all.assign(composition.topics.size(), 1);
  for (const ProducerInfo& producer : composition.producers) {
    acks_all[producer.workload.topic.value()] = 0;
  }
  for (const ProducerInfo& producer : composition.producers) {
    if (producer.config.acks == Acks::kAll) acks_all[producer.workload.topic.value()] = 1;
  }
  runs_.assign(composition.nodes.size(), 1);
  frozen_.assign(composition.nodes.size(), 0);
  fenced_.assign(composition.broker_count, 0);
  listens_.assign(composition.broker_count, 1);
  metrics.set(Metric::kActiveBrokerCount, Instant(), composition.broker_count);

  questions_.clear();
  questions_asked_ = 0;
  for (const Expectation& expectation : scenario.expect) {
    if (expectation.at == kNever || expectation.partition == kNoPartition) continue;
    questions_.push_back(Question{expectation.at, expectation.partition});
  }
  std::stable_sort(questions_.begin(), questions_.end(),
                   [](const Question& a, const Question& b) { return a.at < b.at; });

  partitions_.resize(composition.partition_count());
  for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
    State& state = partitions_[i];
    const ReplicaList& replicas = composition.assignment[i];
    State fresh;
    fresh.timeline = std::move(state.timeline);
    fresh.write_windows = std::move(state.write_windows);
    fresh.read_windows = std::move(state.read_windows);
    fresh.replica_windows = std::move(state.replica_windows);
    fresh.min_isr_windows = std::move(state.min_isr_windows);
    state = std::move(fresh);
    state.timeline.clear();
    state.write_windows.clear();
    state.read_windows.clear();
    state.replica_windows.clear();
    state.min_isr_windows.clear();
    state.leader = replicas.empty() ? kNoNode : replicas[0];
    state.isr = replicas;
    state.in_sync = replicas.size();
    state.high_watermark = Offset(0);
    state.leading = 1;
    for (std::uint32_t r = 0; r < replicas.size(); ++r) state.log_ends.push_back(Offset(0));
    settle(Instant(), PartitionId(i), metrics);
    add_point(Instant(), EventId(), PartitionId(i));
  }
}

std::int32_t PartitionRecorder::place(PartitionId partition, NodeId node) const {
  const ReplicaList& replicas = composition_->assignment[partition.value()];
  for (std::uint32_t i = 0; i < replicas.size(); ++i) {
    if (replicas[i] == node) return static_cast<std::int32_t>(i);
  }
  return -1;
}

// The controller's leader has taken the role, and its process exists, moves and can be reached.
bool PartitionRecorder::serves(PartitionId partition) const {
  const State& state = partitions_[partition.value()];
  if (state.leader == kNoNode) return false;
  const std::uint16_t node = state.leader.value();
  const std::int32_t at = place(partition, state.leader);
  return at >= 0 && (state.leading >> at & 1) != 0 && runs_[node] != 0 && frozen_[node] == 0 &&
         listens_[composition_->broker_index(state.leader)] != 0;
}

// R2.6: capped by the number of replicas where the version does so.
std::uint32_t PartitionRecorder::min_isr(PartitionId partition) const {
  const auto wanted =
      static_cast<std::uint32_t>(topic_min_isr_[composition_->topic_of[partition.value()].value()]);
  const std::uint32_t replicas = composition_->assignment[partition.value()].size();
  return composition_->behaviour.min_isr_capped_by_replicas ? std::min(wanted, replicas) : wanted;
}

void PartitionRecorder::settle_window(Stopwatch& watch, bool closed, Instant at,
                                      std::vector<Window>& windows, bool& truncated) {
  if (watch.on && !closed && at > watch.since) {
    if (!windows.empty() && windows.back().to == watch.since) {
      windows.back().to = at;  // it was interrupted for no time at all
    } else if (windows.size() < kTimelineMax) {
      windows.push_back(Window{watch.since, at});
    } else {
      truncated = true;
    }
  }
  watch.set(closed, at);
}

void PartitionRecorder::settle(Instant at, PartitionId partition, MetricRecorder& metrics) {
  State& state = partitions_[partition.value()];
  const std::uint32_t replicas = composition_->assignment[partition.value()].size();
  const std::uint32_t least = min_isr(partition);
  const std::uint32_t in_sync = state.in_sync;
  const bool led = state.leader != kNoNode;
  settle_window(state.under_replicated, in_sync < replicas, at, state.replica_windows,
                state.truncated);
  settle_window(state.under_min_isr, in_sync < least, at, state.min_isr_windows, state.truncated);
  state.offline.set(!led, at);
  const bool served = serves(partition);
  const bool acks_all = topic_acks_all_[composition_->topic_of[partition.value()].value()] != 0;
  settle_window(state.no_reads, !served, at, state.read_windows, state.truncated);
  settle_window(state.no_writes, !served || (acks_all && in_sync < least), at, state.write_windows,
                state.truncated);

  // The first three gauges are the leaders' own: a partition without one is in none of them.
  const std::array<bool, 4> counted = {led && in_sync < replicas, led && in_sync < least,
                                       led && in_sync == least, !led};
  for (std::size_t i = 0; i < counted.size(); ++i) {
    const bool was = (state.gauges >> i & 1) != 0;
    if (was == counted[i]) continue;
    state.gauges = static_cast<std::uint8_t>(state.gauges ^ 1U << i);
    metrics.add(kPartitionGauges[i], at, counted[i] ? 1 : -1);
  }
}

PartitionPoint PartitionRecorder::state(PartitionId partition) const {
  const State& state = partitions_[partition.value()];
  PartitionPoint point;
  point.leader = state.leader;
  point.leader_epoch = state.leader_epoch;
  point.isr = state.isr;
  point.high_watermark = state.high_watermark;
  point.log_ends = state.log_ends;
  return point;
}

void PartitionRecorder::add_point(Instant at, EventId event, PartitionId partition,
                                  bool beyond_bound) {
  State& state = partitions_[partition.value()];
  PartitionPoint point = this->state(partition);
  point.at = at;
  point.event = event;
  // One decision of the controller is several facts of one event: one point.
  if (!state.timeline.empty() && state.timeline.back().at == at &&
      state.timeline.back().event == event) {
    state.timeline.back() = point;
  } else if (beyond_bound || state.timeline.size() < kTimelineMax) {
    state.timeline.push_back(point);
  } else {
    state.truncated = true;
  }
}

void PartitionRecorder::answer_questions(Instant at, EventId event) {
  while (questions_asked_ < questions_.size() && questions_[questions_asked_].at < at) {
    const Question& question = questions_[questions_asked_++];
    add_point(question.at, event, question.partition, true);
  }
}

void PartitionRecorder::finish(Instant end, EventId event, RunResult& result) {
  answer_questions(end, event);
  result.partitions.resize(partitions_.size());
  for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
    State& state = partitions_[i];
    add_point(end, event, PartitionId(i), true);
    settle_window(state.no_reads, false, end, state.read_windows, state.truncated);
    settle_window(state.no_writes, false, end, state.write_windows, state.truncated);
    settle_window(state.under_replicated, false, end, state.replica_windows, state.truncated);
    settle_window(state.under_min_isr, false, end, state.min_isr_windows, state.truncated);
    state.offline.set(false, end);
    PartitionResult& out = result.partitions[i];
    out.timeline = state.timeline;
    out.timeline_truncated = state.truncated;
    out.no_writes = state.write_windows;
    out.no_reads = state.read_windows;
    out.too_few_replicas = state.replica_windows;
    out.too_few_in_sync = state.min_isr_windows;
    out.no_writes_total = state.no_writes.total;
    out.no_reads_total = state.no_reads.total;
    out.under_replicated = state.under_replicated.total;
    out.under_min_isr = state.under_min_isr.total;
    out.offline = state.offline.total;
  }
}

}  // namespace ackident
