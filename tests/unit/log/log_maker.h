// Logs for tests, written as their epochs.
#pragma once

#include <vector>

#include "kafka/log/partition_log.h"

namespace ackident {

inline LeaderEpoch epoch(std::int32_t value) { return LeaderEpoch(value); }
inline Offset offset(std::int64_t value) { return Offset(value); }

// One record per element, of that leader epoch; then the log's owner leads `leads` without a
// record.
inline PartitionLog log_of(const std::vector<std::int32_t>& epochs, std::int32_t leads = -1) {
  PartitionLog log;
  for (const std::int32_t e : epochs) log.append(epoch(e), log.end() + 1, Instant());
  if (leads >= 0) log.assign_epoch(epoch(leads), log.end());
  return log;
}

struct Run {
  std::int32_t epoch;
  std::int64_t start;
};
// A log by its cache and its end.
inline PartitionLog log_of_runs(const std::vector<Run>& runs, std::int64_t end) {
  PartitionLog log;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    log.assign_epoch(epoch(runs[i].epoch), log.end());
    const std::int64_t to = i + 1 < runs.size() ? runs[i + 1].start : end;
    if (to > log.end().value()) log.append(epoch(runs[i].epoch), offset(to), Instant());
  }
  return log;
}

}  // namespace ackident
