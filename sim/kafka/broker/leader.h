// What a leader decides alone: its high watermark (R3.19, R3.20), and what a raised one unblocks.
#pragma once

#include "kafka/broker/replica.h"
#include "kafka/context.h"

namespace ackident {

struct Broker;

// effectiveMinIsr of the partition as this broker knows it (R2.6).
[[nodiscard]] std::uint32_t min_isr(const Broker&, PartitionId, const Context&);

// Raises the high watermark if the rules allow it; says whether it rose. Wakes nobody.
bool raise_high_watermark(Broker&, Replica&, Context&);
// Completes what waited for the high watermark: parked produces, parked consumers.
void high_watermark_rose(Broker&, Replica&, Context&);

// The newest leader this broker knows of, if it is another broker (R2.20); kNoNode: no hint.
struct LeaderHint {
  NodeId leader = kNoNode;
  LeaderEpoch epoch = kNoLeaderEpoch;
};
[[nodiscard]] LeaderHint leader_hint(const Broker&, PartitionId, const Context&);

// flush.messages (R1.13): leader and follower alike.
void flush_if_due(const Broker&, Replica&, const Context&);

}  // namespace ackident
