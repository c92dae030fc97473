// Where a log must be cut so that it agrees with its leader's: one pure rule per era of Kafka. Each
// rule names the schedule that breaks the one before it.
//
//   <= 0.10     truncate_to_high_watermark   asks nobody
//   0.11 - 1.1  truncate_kip101              one question: where does my last epoch end at yours?
//   2.0 - 2.7   truncate_kip279              the answer names its epoch; ask until the epochs match
//   >= 2.8      check_divergence (leader) and truncate_on_fetch (follower): the same comparison,
//               made by every fetch
#pragma once

#include <cstdint>

#include "kafka/log/partition_log.h"
#include "kafka/types.h"

namespace ackident {

// The leader's judgement of a fetch.
struct Divergence {
  enum class Kind : std::uint8_t { kNone, kDiverging, kOutOfRange };

  Kind kind = Kind::kNone;
  EpochEnd diverging;  // if kDiverging: the newest point at which the two logs may still agree

  bool operator==(const Divergence&) const = default;
};

// R3.24: a follower (or consumer) says that the record before `fetch_offset` is of `last_fetched`.
// It precedes the check of the offset's range. No epoch, no comparison.
Divergence check_divergence(const PartitionLog& leader, LeaderEpoch last_fetched,
                            Offset fetch_offset);

// R3.25: the follower's new end. The next fetch goes out from there and is judged again, so several
// rounds may be needed, at most one for each epoch of the diverging tail (R3.27).
Offset truncate_on_fetch(const PartitionLog& follower, EpochEnd diverging);

// KIP-279 (R9.4): the rule of R3.25, asked with OffsetsForLeaderEpoch before the first fetch.
// `done` is false if the follower must ask again about its then latest epoch.
struct Kip279Step {
  Offset to;
  bool done = false;

  bool operator==(const Kip279Step&) const = default;
};
// `answer` is R1.10 at the leader for the follower's latest epoch. An undefined answer (the leader
// knows no newer epoch) leaves only the high watermark to trust.
Kip279Step truncate_kip279(const PartitionLog& follower, EpochEnd answer);

// KIP-101 (R9.4): only the end offset of the answer is known. Broken by two elections in quick
// succession: the follower has [1:0, 3:10), the leader [1:0, 2:10, 4:20). Asked about 3, the leader
// says where 4 starts, 20; the follower ends at 15, keeps epoch 3's records at 10..14 and appends
// after them: equal offsets, different records, for good.
Offset truncate_kip101(const PartitionLog& follower, EpochEnd answer);

// <= 0.10 (R9.4): to the own high watermark. Broken because the high watermark of a follower is one
// fetch behind: it restarts with an acknowledged record above it, cuts the record away, and the
// leader dies before the record is fetched again.
Offset truncate_to_high_watermark(const PartitionLog& follower);

}  // namespace ackident
