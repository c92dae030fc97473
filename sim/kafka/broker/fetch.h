// The leader's side of fetches by followers and consumers (R3.6-R3.10, C4.12-C4.16), and of the
// questions about offsets and epochs (R3.29, R3.31, C4.19).
#pragma once

#include <span>

#include "kafka/broker/replica.h"
#include "kafka/context.h"
#include "kafka/payload.h"

namespace ackident {

struct Broker;

void on_fetch(Broker&, NodeId from, const FetchRequest&, Context&);
// Reads the parts again, without any update of follower state, and answers (R3.9).
void answer_fetch(Broker&, NodeId from, const FetchRequest&, std::span<const FetchPart>, Context&);

// Must a parked fetch be answered on account of this partition alone, and how much could it read?
struct Readable {
  bool at_once = false;  // an error, a divergence, or a bound below the offset
  std::int64_t bytes = 0;
};
[[nodiscard]] Readable readable(const Broker&, NodeId from, const FetchRequest&, const FetchPart&,
                                const Context&);

// Updates what the leader knows of a follower (R3.10); pure, for the rule's own sake.
void update_fetch_state(RemoteReplica&, Offset fetch_offset, Offset leader_end, Instant now);

void on_list_offsets(Broker&, NodeId from, const ListOffsetsRequest&, Context&);
void on_offsets_for_leader_epoch(Broker&, NodeId from, const OffsetsForLeaderEpochRequest&,
                                 Context&);

}  // namespace ackident
