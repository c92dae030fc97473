#include "kafka/log/truncation.h"

#include <algorithm>

namespace ackident {

// Kafka 1eb76443 Partition.scala readRecords, which looks at the log's start in between: here it is
// 0 at the leader, so the order cannot be seen.
Divergence check_divergence(const PartitionLog& leader, LeaderEpoch last_fetched,
                            Offset fetch_offset) {
  if (last_fetched == kNoLeaderEpoch) return {};
  const EpochEnd known = leader.end_offset_for(last_fetched);
  if (known.epoch == kNoLeaderEpoch) return {Divergence::Kind::kOutOfRange, {}};
  if (known.epoch < last_fetched || known.end < fetch_offset) {
    return {Divergence::Kind::kDiverging, known};
  }
  return {};
}

// Kafka 1eb76443 AbstractFetcherThread.scala getOffsetTruncationState.
Offset truncate_on_fetch(const PartitionLog& follower, EpochEnd diverging) {
  const EpochEnd own = follower.end_offset_for(diverging.epoch);
  if (own.epoch == kNoLeaderEpoch) return std::min(diverging.end, follower.end());
  if (own.epoch != diverging.epoch) return std::min(own.end, follower.end());
  return std::min({own.end, diverging.end, follower.end()});
}

Kip279Step truncate_kip279(const PartitionLog& follower, EpochEnd answer) {
  if (answer.epoch == kNoLeaderEpoch) return {truncate_to_high_watermark(follower), true};
  const LeaderEpoch own = follower.end_offset_for(answer.epoch).epoch;
  return {truncate_on_fetch(follower, answer), own == kNoLeaderEpoch || own == answer.epoch};
}

Offset truncate_kip101(const PartitionLog& follower, EpochEnd answer) {
  if (answer.end == kNoOffset) return truncate_to_high_watermark(follower);
  return std::min(answer.end, follower.end());
}

Offset truncate_to_high_watermark(const PartitionLog& follower) {
  return follower.high_watermark();
}

}  // namespace ackident
