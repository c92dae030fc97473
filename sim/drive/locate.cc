#include "drive/locate.h"

#include <algorithm>

#include "drive/run.h"

namespace ackident {

namespace {

// A count that went above its bound.
struct Counted {
  const Expectation* wanted = nullptr;
  ExpectationResult* judged = nullptr;
  std::int64_t count = 0;
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

void watch(void* context, Instant at, EventId event, EventId, const Fact& fact) {
  for (Counted& counted : *static_cast<std::vector<Counted>*>(context)) {
    if (counted.judged->at < kNever) continue;
    counted.count += amount(*counted.wanted, fact);
    if (counted.count <= *counted.wanted->bound.max) continue;
    counted.judged->at = at;
    counted.judged->event = event;
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

Instant outage_at(const Expectation& wanted, const RunResult& result) {
  const auto windows = wanted.kind == ExpectKind::kWriteUnavailable ? &PartitionResult::no_writes
                                                                    : &PartitionResult::no_reads;
  Instant first = kNever;
  for (std::uint32_t p = 0; p < result.partitions.size(); ++p) {
    if (wanted.partition != kNoPartition && wanted.partition != PartitionId(p)) continue;
    first =
        std::min(first, too_long_at(result.partitions[p].*windows, Duration(*wanted.bound.max)));
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
  std::vector<Counted> counts;
  for (std::size_t i = 0; i < result.expectations.size(); ++i) {
    const Expectation& wanted = scenario.expect[i];
    ExpectationResult& judged = result.expectations[i];
    // A window knows itself when it was broken.
    if (judged.verdict != Verdict::kFail || judged.at < kNever || wanted.window) continue;
    if (!wanted.bound.max) continue;
    if (wanted.kind == ExpectKind::kWriteUnavailable ||
        wanted.kind == ExpectKind::kReadUnavailable) {
      judged.at = outage_at(wanted, result);
    } else if (wanted.kind == ExpectKind::kLagPeak) {
      judged.at = peak_at(wanted, result);
    } else if (is_counted(wanted.kind)) {
      counts.push_back({&wanted, &judged, 0});
    }
  }
  if (counts.empty()) return;
  RunHooks hooks;
  hooks.on_fact = watch;
  hooks.context = &counts;
  Runner(scenario).run(result.seed, hooks);
}

}  // namespace ackident
