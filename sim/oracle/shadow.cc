#include "oracle/shadow.h"

#include <algorithm>

namespace ackident {
namespace {

// The run that contains `offset`: the last one that starts at or below it.
const EpochEntry* run_at(const std::vector<EpochEntry>& runs, Offset offset) {
  if (!runs.empty() && runs.back().start <= offset) return &runs.back();
  const auto after =
      std::upper_bound(runs.begin(), runs.end(), offset,
                       [](Offset value, const EpochEntry& run) { return value < run.start; });
  return after == runs.begin() ? nullptr : &*(after - 1);
}

}  // namespace

LeaderEpoch ShadowLog::epoch_at(Offset offset) const {
  if (offset >= end) return kNoLeaderEpoch;
  const EpochEntry* run = run_at(runs, offset);
  return run == nullptr ? kNoLeaderEpoch : run->epoch;
}

bool ShadowLog::holds(LeaderEpoch epoch, Offset offset) const {
  return offset < end && epoch_at(offset) == epoch;
}

Offset ShadowLog::run_end(Offset offset) const {
  if (!runs.empty() && runs.back().start <= offset) return end;
  const EpochEntry* run = run_at(runs, offset);
  return run == nullptr ? runs.front().start : (run + 1)->start;
}

void ShadowLog::extend(LeaderEpoch epoch, Offset from, Offset to) {
  torn = torn || from != end;
  if (from > end) runs.clear();  // a follower that restarted beyond its end
  if (from < end) cut(from);
  if (runs.empty() || runs.back().epoch != epoch) runs.push_back({epoch, from});
  end = to;
}

void ShadowLog::cut(Offset to) {
  if (to >= end) return;
  while (!runs.empty() && runs.back().start >= to) runs.pop_back();
  end = to;
  high_watermark = std::min(high_watermark, to);
  checkpointed = std::min(checkpointed, to);
  noted = std::min(noted, to);
}

Offset ShadowLog::first_difference(const ShadowLog& other, Offset limit) const {
  Offset at = runs.empty() ? limit : runs.front().start;
  if (!other.runs.empty()) at = std::max(at, other.runs.front().start);
  while (at < limit) {
    if (epoch_at(at) != other.epoch_at(at)) return at;
    // Skip to where either log changes epoch.
    Offset next = limit;
    for (const std::vector<EpochEntry>* side : {&runs, &other.runs}) {
      for (const EpochEntry& run : *side) {
        if (run.start > at && run.start < next) next = run.start;
      }
    }
    at = next;
  }
  return limit;
}

void ShadowPartition::commits_need(Offset from, std::uint32_t replicas) {
  while (!needed.empty() && needed.back().first >= from) needed.pop_back();
  if (needed.empty() || needed.back().second != replicas) needed.emplace_back(from, replicas);
}

std::uint32_t ShadowPartition::needed_at(Offset offset) const {
  for (auto at = needed.rbegin(); at != needed.rend(); ++at) {
    if (at->first <= offset) return at->second;
  }
  return 1;
}

void Shadows::reset(const Composition& composition) {
  partitions_.resize(composition.partition_count());
  const bool may_part = composition.behaviour.followers_may_part();
  for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
    ShadowPartition& partition = partitions_[i];
    partition.replicas = composition.assignment[i];
    partition.logs.assign(partition.replicas.size(), ShadowLog{});
    partition.committed = ShadowLog{};
    partition.removals.clear();
    partition.leaders.clear();
    partition.needed.clear();
    partition.loss_permitted = may_part;
  }
}

void Shadows::on_fact(Instant at, EventId event, const Fact& fact) {
  if (fact.partition == kNoPartition) return;
  ShadowPartition& partition = partitions_[fact.partition.value()];
  switch (fact.kind) {
    case FactKind::kAppended:
    case FactKind::kReplicated:
      if (ShadowLog* log = partition.log_of(fact.node)) {
        log->extend(LeaderEpoch(static_cast<std::int32_t>(fact.c)), Offset(fact.a), Offset(fact.b));
      }
      break;
    case FactKind::kTruncated: remove(at, event, fact, CopyEnd::kTruncated); break;
    case FactKind::kTailLost:
      partition.loss_permitted = true;
      remove(at, event, fact, CopyEnd::kPowerLoss);
      break;
    case FactKind::kLogWiped:
      partition.loss_permitted = true;
      remove(at, event, fact, CopyEnd::kDiskWiped);
      break;
    case FactKind::kHighWatermark:
    case FactKind::kFollowerHighWatermark:
      if (ShadowLog* log = partition.log_of(fact.node)) log->high_watermark = Offset(fact.b);
      break;
    case FactKind::kHighWatermarkLoaded:
      if (ShadowLog* log = partition.log_of(fact.node)) log->high_watermark = Offset(fact.a);
      break;
    case FactKind::kLeaderElected:
      if (fact.b != 0) partition.loss_permitted = true;
      break;
    default: break;
  }
}

void Shadows::remove(Instant at, EventId event, const Fact& fact, CopyEnd how) {
  ShadowPartition& partition = partitions_[fact.partition.value()];
  ShadowLog* log = partition.log_of(fact.node);
  if (log == nullptr) return;
  const Offset to = how == CopyEnd::kDiskWiped ? Offset(0) : Offset(fact.a);
  for (std::size_t i = 0; i < log->runs.size(); ++i) {
    const EpochEntry& run = log->runs[i];
    const Offset run_end = i + 1 < log->runs.size() ? log->runs[i + 1].start : log->end;
    if (run_end <= to) continue;
    partition.removals.push_back(
        {at, event, fact.node, how, run.epoch, std::max(run.start, to), run_end});
  }
  log->cut(to);
}

}  // namespace ackident
