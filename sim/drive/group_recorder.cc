#include "drive/group_recorder.h"

#include <algorithm>

#include "scenario/scenario.h"

namespace ackident {

namespace {

// What a consumer group stands at when it has neither committed nor begun (C4.17).
Offset start_of(const ConsumerConfig& config) {
  return config.offset_reset == OffsetReset::kEarliest ? Offset(0) : kNoOffset;
}

std::int64_t behind(Offset high_watermark, Offset reached, Offset start) {
  const Offset from = reached == kNoOffset ? start : reached;
  return from == kNoOffset ? 0 : high_watermark - from;
}

}  // namespace

void GroupRecorder::reset(const Scenario& scenario) {
  const Composition& composition = scenario.setup.composition;
  composition_ = &composition;
  std::size_t groups = scenario.setup.names.groups.size();
  slots_.clear();
  for (const ConsumerInfo& consumer : composition.consumers) {
    groups = std::max<std::size_t>(groups, consumer.group + std::size_t{1});
    for (std::uint32_t i = 0; i < consumer.assigned_count; ++i) {
      Slot slot;
      slot.group = consumer.group;
      slot.partition = composition.assigned[consumer.assigned_first + i];
      slot.start = start_of(consumer.config);
      slot.processed = slot.start;
      slots_.push_back(slot);
    }
  }
  std::sort(slots_.begin(), slots_.end(), [](const Slot& a, const Slot& b) {
    return a.group != b.group ? a.group < b.group : a.partition < b.partition;
  });

  groups_.resize(groups);
  for (Group& group : groups_) {
    LagSeries series = std::move(group.series);
    series.reset();
    group = Group{};
    group.series = std::move(series);
  }
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    Group& group = groups_[slots_[i].group];
    if (group.count++ == 0) group.first = i;
  }

  const std::uint32_t partitions = composition.partition_count();
  partition_first_.assign(partitions + 1, 0);
  for (const Slot& slot : slots_) ++partition_first_[slot.partition.value() + 1];
  for (std::uint32_t p = 0; p < partitions; ++p) partition_first_[p + 1] += partition_first_[p];
  by_partition_.resize(slots_.size());
  std::vector<std::uint32_t> filled(partition_first_.begin(), partition_first_.end() - 1);
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    by_partition_[filled[slots_[i].partition.value()]++] = i;
  }
  last_fault_ = Instant();
  high_watermark_.assign(partitions, Offset(0));
  marks_.resize(partitions);
  for (AppendMarks& marks : marks_) marks.reset();
}

GroupRecorder::Slot* GroupRecorder::find(NodeId consumer, PartitionId partition) {
  const NodeInfo& node = composition_->node(consumer);
  if (node.kind != NodeKind::kConsumer) return nullptr;
  const std::uint16_t group = composition_->consumers[node.index].group;
  const std::uint32_t p = partition.value();
  for (std::uint32_t i = partition_first_[p]; i < partition_first_[p + 1]; ++i) {
    Slot& slot = slots_[by_partition_[i]];
    if (slot.group == group) return &slot;
  }
  return nullptr;
}

void GroupRecorder::on_fact(Instant at, const Fact& fact, MetricRecorder& metrics) {
  if (fact.kind == FactKind::kStarted) return restart(fact.node, at, metrics);
  Slot* const slot = find(fact.node, fact.partition);
  if (slot == nullptr) return;
  before_change(*slot, at);
  switch (fact.kind) {
    case FactKind::kDelivered:
      slot->position = Offset(fact.b);
      groups_[slot->group].delivered += static_cast<std::uint64_t>(fact.b - fact.a);
      break;
    case FactKind::kProcessed:
      note_age(*slot, at);  // after a restart some are processed once more
      slot->processed = std::max(slot->processed, Offset(fact.b));
      break;
    case FactKind::kCommitted: slot->committed = Offset(fact.a); break;
    case FactKind::kPositionReset: reset(*slot, at, fact); break;
    default: break;
  }
  after_change(*slot, at, metrics);
}

// Without a commit a consumer that starts again reads anew what was processed before; only where
// the log has changed are the records others.
void GroupRecorder::reset(Slot& slot, Instant at, const Fact& fact) {
  constexpr std::int64_t kNoCommit = 0;
  note_age(slot, at);
  slot.position = Offset(fact.a);
  slot.processed = fact.c == kNoCommit ? std::max(slot.processed, slot.position) : slot.position;
  if (slot.start == kNoOffset) slot.start = slot.position;
}

// A consumer that starts again begins where the group committed.
void GroupRecorder::restart(NodeId consumer, Instant at, MetricRecorder& metrics) {
  const NodeInfo& node = composition_->node(consumer);
  if (node.kind != NodeKind::kConsumer) return;
  const ConsumerInfo& info = composition_->consumers[node.index];
  for (std::uint32_t i = 0; i < info.assigned_count; ++i) {
    Slot* const slot = find(consumer, composition_->assigned[info.assigned_first + i]);
    if (slot == nullptr || slot->committed == kNoOffset) continue;
    before_change(*slot, at);
    slot->position = slot->committed;
    after_change(*slot, at, metrics);
  }
}

void GroupRecorder::appended(Instant at, PartitionId partition, Offset base) {
  const std::uint32_t p = partition.value();
  if (partition_first_[p] == partition_first_[p + 1]) return;
  marks_[p].append(at, base, wanted(partition));
}

// The oldest record some group has yet to process. One that has not begun will do so at the end.
Offset GroupRecorder::wanted(PartitionId partition) const {
  const std::uint32_t p = partition.value();
  Offset oldest = Offset(std::int64_t{1} << 62);
  for (std::uint32_t i = partition_first_[p]; i < partition_first_[p + 1]; ++i) {
    const Offset processed = slots_[by_partition_[i]].processed;
    if (processed != kNoOffset) oldest = std::min(oldest, processed);
  }
  return oldest;
}

void GroupRecorder::high_watermark(Instant at, PartitionId partition, Offset value,
                                   MetricRecorder& metrics) {
  const std::uint32_t p = partition.value();
  for (std::uint32_t i = partition_first_[p]; i < partition_first_[p + 1]; ++i) {
    before_change(slots_[by_partition_[i]], at);
  }
  high_watermark_[p] = value;
  for (std::uint32_t i = partition_first_[p]; i < partition_first_[p + 1]; ++i) {
    after_change(slots_[by_partition_[i]], at, metrics);
  }
}

Duration GroupRecorder::age(const Slot& slot, Instant at) const {
  const std::uint32_t p = slot.partition.value();
  if (slot.processed == kNoOffset || slot.processed >= high_watermark_[p]) return Duration();
  return std::max(at - marks_[p].appended_at(slot.processed, at), Duration());
}

// Age only grows until the record is processed, so its peaks are there.
void GroupRecorder::note_age(const Slot& slot, Instant at) {
  Duration& peak = groups_[slot.group].time_lag_peak;
  peak = std::max(peak, age(slot, at));
}

void GroupRecorder::keep_state(Group& group, Instant at) {
  LagPoint point;
  point.at = at;
  point.records = group.lag;
  point.position_records = group.position_lag;
  for (std::uint32_t i = group.first; i < group.first + group.count; ++i) {
    point.time = std::max(point.time, age(slots_[i], at));
  }
  group.series.keep(point);
}

void GroupRecorder::before_change(Slot& slot, Instant at) {
  Group& group = groups_[slot.group];
  if (group.series.wants(at)) keep_state(group, group.series.changed_at());
}

void GroupRecorder::after_change(Slot& slot, Instant at, MetricRecorder& metrics) {
  Group& group = groups_[slot.group];
  const Offset visible = high_watermark_[slot.partition.value()];
  const std::int64_t lag = behind(visible, slot.committed, slot.start);
  const std::int64_t position_lag = behind(visible, slot.position, slot.start);
  group.lag += lag - slot.lag;
  group.position_lag += position_lag - slot.position_lag;
  slot.lag = lag;
  slot.position_lag = position_lag;
  group.series.changed(at);
  if (lag > slot.lag_peak) {
    slot.lag_peak = lag;
    slot.lag_peak_at = at;
  }
  if (group.lag > group.lag_peak) {
    group.lag_peak = group.lag;
    group.lag_peak_at = at;
  }
  metrics.maximum(Metric::kRecordsLagMax, position_lag);
  if (metrics.first_fault() == kNever) {
    group.baseline = std::max(group.baseline, group.position_lag);
    return;
  }
  const bool over = group.position_lag > group.baseline + group.baseline / 10 + 1;
  if (group.over && !over) {
    group.over_until = at;
    group.over_fault = last_fault_;
  }
  group.over = over;
}

void GroupRecorder::restate(MetricRecorder& metrics) const {
  for (const Slot& slot : slots_) metrics.maximum(Metric::kRecordsLagMax, slot.position_lag);
}

void GroupRecorder::finish(Instant end, RunResult& result) {
  result.groups.resize(groups_.size());
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    Group& group = groups_[g];
    if (group.series.wants(kNever)) keep_state(group, group.series.changed_at());
    keep_state(group, end);
    GroupResult& out = result.groups[g];
    out.series = group.series.even(end);
    out.partitions.clear();
    for (std::uint32_t i = group.first; i < group.first + group.count; ++i) {
      const Slot& slot = slots_[i];
      note_age(slot, end);
      GroupPartitionResult part;
      part.partition = slot.partition;
      part.committed = slot.committed;
      part.position = slot.position;
      part.lag_peak = slot.lag_peak;
      part.lag_peak_at = slot.lag_peak_at;
      part.lag_end = slot.lag;
      out.partitions.push_back(part);
    }
    out.lag_peak = group.lag_peak;
    out.lag_peak_at = group.lag_peak_at;
    out.time_lag_peak = group.time_lag_peak;
    out.delivered = group.delivered;
    out.recovery = group.over ? kForever : Duration();
    out.recovers_from = group.over ? last_fault_ : group.over_fault;
    if (group.over || group.over_until == kNever) continue;
    out.recovery = group.over_until - group.over_fault;
    out.recovered_at = group.over_until;
  }
}

}  // namespace ackident
