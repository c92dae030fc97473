#include "drive/locate.h"

#include <algorithm>

#include "drive/run.h"

namespace ackident {

namespace {

// A count that went above its bound, or an offset that is not where it should be.
struct Sought {
  const Expectation* wanted = nullptr;
  ExpectationResult* judged = nullptr;
  std::int64_t count = 0;
  std::int64_t epoch = -1;  // the newest leader's
};

// What a fact adds to the count that an expectation is about.
std::int64_t amount(const Expectation& wanted, const Fact& fact) {
  switch (wanted.kind) {
    case ExpectKind::kFactCount: return fact.kind == wanted.fact ? 1 : 0;
    case ExpectKind::kFailed: return fact.kind == FactKind::kFailed ? fact.c : 0;
    case ExpectKind::kAcked: return fact.kind == FactKind::kAcked ? fact.c : 0;
    case ExpectKind::kSent: return fact.kind == FactKind::kRecordsSent ? fact.c : 0;
    case ExpectKind::kError: {
      const bool told = fact.kind == FactKind::kRetried || fact.kind == FactKind::kFailed;
      return told && fact.b == static_cast<std::int64_t>(wanted.error) ? 1 : 0;
    }
    default: return 0;
  }
}

bool is_counted(ExpectKind kind) {
  switch (kind) {
    case ExpectKind::kFactCount:
    case ExpectKind::kFailed:
    case ExpectKind::kAcked:
    case ExpectKind::kSent:
    case ExpectKind::kError: return true;
    default: return false;
  }
}

bool is_offset(ExpectKind kind) {
  return kind == ExpectKind::kHighWatermark || kind == ExpectKind::kLogEnd;
}

// Whether the fact moved the end of the log, or the high watermark of the newest leader.
bool moves(Sought& sought, const Fact& fact) {
  if (fact.partition != sought.wanted->partition) return false;
  const bool log = sought.wanted->kind == ExpectKind::kLogEnd && fact.node == sought.wanted->node;
  switch (fact.kind) {
    case FactKind::kAppended:
    case FactKind::kReplicated:
    case FactKind::kTruncated:
    case FactKind::kTailLost:
    case FactKind::kLogWiped: return log;
    case FactKind::kBecameLeader:
    case FactKind::kHighWatermark:
      if (sought.wanted->kind != ExpectKind::kHighWatermark || fact.c < sought.epoch) return false;
      sought.epoch = fact.c;
      return true;
    default: return false;
  }
}

bool is_found(Sought& sought, Instant at, const Fact& fact) {
  if (is_offset(sought.wanted->kind)) return at <= sought.wanted->at && moves(sought, fact);
  if (sought.judged->at < kNever) return false;
  sought.count += amount(*sought.wanted, fact);
  return sought.count > *sought.wanted->bound.max;
}

void watch(void* context, Instant at, EventId event, EventId, const Fact& fact) {
  for (Sought& sought : *static_cast<std::vector<Sought>*>(context)) {
    if (!is_found(sought, at, fact)) continue;
    sought.judged->at = at;
    sought.judged->event = event;
  }
}

// When the windows of one partition became longer than `max`, all together; kNever: they did not.
Instant too_long_at(const std::vector<Window>& windows, Duration max) {
  Duration sum;
  for (const Window& window : windows) {
    const Duration length = window.to - window.from;
    if (sum + length > max) return window.from + (max - sum);
    sum = sum + length;
  }
  return kNever;
}

// When replicas were missing from the ISR; the timeline has a point for each change of it.
std::vector<Window> under_replicated(const PartitionResult& partition, std::size_t replicas,
                                     Instant end) {
  std::vector<Window> windows;
  for (std::size_t i = 0; i < partition.timeline.size(); ++i) {
    const PartitionPoint& point = partition.timeline[i];
    const bool last = i + 1 == partition.timeline.size();
    if (point.isr.size() < replicas) {
      windows.push_back({point.at, last ? end : partition.timeline[i + 1].at});
    }
  }
  return windows;
}

Instant outage_at(const Scenario& scenario, const Expectation& wanted, const RunResult& result) {
  const auto& assignment = scenario.setup.composition.assignment;
  const Duration max(*wanted.bound.max);
  Instant first = kNever;
  for (std::uint32_t p = 0; p < result.partitions.size(); ++p) {
    if (wanted.partition != kNoPartition && wanted.partition != PartitionId(p)) continue;
    const PartitionResult& partition = result.partitions[p];
    const Instant at =
        wanted.kind == ExpectKind::kWriteUnavailable ? too_long_at(partition.no_writes, max)
        : wanted.kind == ExpectKind::kReadUnavailable
            ? too_long_at(partition.no_reads, max)
            : too_long_at(under_replicated(partition, assignment[p].size(), result.end), max);
    first = std::min(first, at);
  }
  return first;
}

Instant peak_at(const Expectation& wanted, const RunResult& result) {
  const GroupResult* highest = nullptr;
  for (std::size_t g = 0; g < result.groups.size(); ++g) {
    if (wanted.group >= 0 && static_cast<std::size_t>(wanted.group) != g) continue;
    const GroupResult& group = result.groups[g];
    if (highest == nullptr || group.lag_peak > highest->lag_peak) highest = &group;
  }
  const bool above = highest != nullptr && highest->lag_peak > *wanted.bound.max;
  return above ? highest->lag_peak_at : kNever;
}

}  // namespace

void locate_failures(const Scenario& scenario, RunResult& result) {
  std::vector<Sought> sought;
  for (std::size_t i = 0; i < result.expectations.size(); ++i) {
    const Expectation& wanted = scenario.expect[i];
    ExpectationResult& judged = result.expectations[i];
    // A window knows itself when it was broken.
    if (judged.verdict != Verdict::kFail || wanted.window) continue;
    if (is_offset(wanted.kind)) sought.push_back({&wanted, &judged});
    if (judged.at < kNever || !wanted.bound.max) continue;
    if (wanted.kind == ExpectKind::kWriteUnavailable ||
        wanted.kind == ExpectKind::kReadUnavailable ||
        wanted.kind == ExpectKind::kUnderReplicated) {
      judged.at = outage_at(scenario, wanted, result);
    } else if (wanted.kind == ExpectKind::kLagPeak) {
      judged.at = peak_at(wanted, result);
    } else if (is_counted(wanted.kind)) {
      sought.push_back({&wanted, &judged});
    }
  }
  if (sought.empty()) return;
  RunHooks hooks;
  hooks.on_fact = watch;
  hooks.context = &sought;
  Runner(scenario).run(result.seed, hooks);
}

}  // namespace ackident
