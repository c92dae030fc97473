#include "drive/locate.h"

#include <algorithm>

#include "drive/measure.h"
#include "drive/replay.h"

namespace ackident {

namespace {

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

const std::vector<Window>& windows_of(const PartitionResult& partition, ExpectKind kind) {
  switch (kind) {
    case ExpectKind::kWriteUnavailable: return partition.no_writes;
    case ExpectKind::kReadUnavailable: return partition.no_reads;
    case ExpectKind::kUnderReplicated: return partition.too_few_replicas;
    default: return partition.too_few_in_sync;
  }
}

bool is_outage(ExpectKind kind) {
  return kind == ExpectKind::kWriteUnavailable || kind == ExpectKind::kReadUnavailable ||
         kind == ExpectKind::kUnderReplicated || kind == ExpectKind::kUnderMinIsr;
}

Instant outage_at(const Scenario& scenario, const Expectation& wanted, const RunResult& result) {
  Instant first = kNever;
  for (std::uint32_t p = 0; p < result.partitions.size(); ++p) {
    if (!concerns(scenario, wanted, PartitionId(p))) continue;
    const std::vector<Window>& windows = windows_of(result.partitions[p], wanted.kind);
    first = std::min(first, too_long_at(windows, Duration(*wanted.bound.max)));
  }
  return first;
}

// The peak, or when the time to recover was over, of the first group that is above its bound.
Instant lag_at(const Expectation& wanted, const RunResult& result) {
  Instant first = kNever;
  for (std::size_t g = 0; g < result.groups.size(); ++g) {
    if (wanted.group >= 0 && static_cast<std::size_t>(wanted.group) != g) continue;
    const GroupResult& group = result.groups[g];
    const std::int64_t max = *wanted.bound.max;
    if (wanted.kind == ExpectKind::kLagPeak) {
      if (group.lag_peak > max) first = std::min(first, group.lag_peak_at);
    } else if (group.recovery.ns() > max) {
      first = std::min(first, group.recovers_from + Duration(max));
    }
  }
  return first;
}

// Of records that can be had no more, or not now.
struct Gone {
  Moment moment;
  std::uint64_t records = 1;
};

// The latest election of the partition, or when it went offline for good.
Moment last_change_of_leader(const PartitionResult& partition) {
  Moment last{Instant(), EventId()};
  for (std::size_t i = 1; i < partition.timeline.size(); ++i) {
    const PartitionPoint& point = partition.timeline[i];
    if (point.leader != partition.timeline[i - 1].leader) last = {point.at, point.event};
  }
  return last;
}

// A record is lost with its last copy; if there still is one, when the log without it began to
// count; and if it was not in any, or the other log counted before, with its acknowledgement.
Gone gone_of(const LostRecord& record, const RunResult& result) {
  if (record.gone < kNever) return {{record.gone, record.event}};
  const Gone acked{{record.acked, EventId()}};
  if (record.how == CopyEnd::kNeverAppended) return acked;
  const Moment elected = last_change_of_leader(result.partitions[record.partition.value()]);
  return elected.at < record.acked ? acked : Gone{elected};
}

std::vector<Gone> gone_records(const Scenario& scenario, const Expectation& wanted,
                               const RunResult& result) {
  std::vector<Gone> gone;
  if (wanted.kind == ExpectKind::kLost) {
    for (const LostRecord& record : result.lost) {
      if (concerns(scenario, wanted, record.partition)) gone.push_back(gone_of(record, result));
    }
  } else {
    for (std::uint32_t p = 0; p < result.partitions.size(); ++p) {
      const PartitionResult& partition = result.partitions[p];
      if (partition.stranded == 0 || !concerns(scenario, wanted, PartitionId(p))) continue;
      gone.push_back({last_change_of_leader(partition), partition.stranded});
    }
  }
  std::stable_sort(gone.begin(), gone.end(), [](const Gone& a, const Gone& b) {
    return a.moment.at != b.moment.at ? a.moment.at < b.moment.at : a.moment.event < b.moment.event;
  });
  return gone;
}

// With which record they became too many. Only so many lost ones are listed: then with the last.
Moment too_many_gone(const Scenario& scenario, const Expectation& wanted,
                     const RunResult& result) {
  Moment moment;
  std::uint64_t sum = 0;
  for (const Gone& gone : gone_records(scenario, wanted, result)) {
    moment = gone.moment;
    sum += gone.records;
    if (sum > static_cast<std::uint64_t>(*wanted.bound.max)) break;
  }
  return moment;
}

bool is_state(ExpectKind kind) {
  return kind == ExpectKind::kLeader || kind == ExpectKind::kLeaderEpoch ||
         kind == ExpectKind::kIsr || kind == ExpectKind::kHighWatermark ||
         kind == ExpectKind::kLogEnd;
}

// States, offsets and invariants were judged together with their moment.
bool is_dated(ExpectKind kind) {
  return is_state(kind) || kind == ExpectKind::kLostOffsets || kind == ExpectKind::kInvariants;
}

// What did not become so much as it should: nobody can say so before the end.
bool is_below(const Scenario& scenario, const RunResult& result, const Expectation& wanted) {
  return wanted.bound.min && measure(scenario, result, wanted).value < *wanted.bound.min;
}

void locate(const Scenario& scenario, const Expectation& wanted, const RunResult& result,
            ExpectationResult& judged) {
  if (is_outage(wanted.kind)) {
    judged.parted.at = outage_at(scenario, wanted, result);
  } else if (wanted.kind == ExpectKind::kLagPeak || wanted.kind == ExpectKind::kLagRecovery) {
    judged.parted.at = lag_at(wanted, result);
  } else if (wanted.kind == ExpectKind::kLost || wanted.kind == ExpectKind::kStranded) {
    judged.parted = too_many_gone(scenario, wanted, result);
  }
}

}  // namespace

void locate_failures(const Scenario& scenario, RunResult& result) {
  std::vector<std::size_t> sought;
  for (std::size_t i = 0; i < result.expectations.size(); ++i) {
    const Expectation& wanted = scenario.expect[i];
    ExpectationResult& judged = result.expectations[i];
    // A window knows itself when it was broken.
    if (judged.verdict != Verdict::kFail || wanted.window) continue;
    const bool dated = is_dated(wanted.kind);
    if (!dated && is_below(scenario, result, wanted)) {
      judged.parted = {};
    } else if (Replay::finds(wanted)) {
      sought.push_back(i);
    } else if (!dated) {
      locate(scenario, wanted, result, judged);
    }
  }
  if (!sought.empty()) {
    Replay replay(scenario, result);
    for (const std::size_t i : sought) replay.seek(scenario.expect[i], result.expectations[i]);
    replay.run();
  }
  for (ExpectationResult& judged : result.expectations) {
    if (judged.verdict != Verdict::kFail || judged.parted.at < kNever) continue;
    judged.parted = {result.end, EventId(), true};
  }
}

}  // namespace ackident
