// The lock that a leader holds while it writes an ISR to ZooKeeper, up to Kafka 2.6 (R9.2).
//
// The write has no time limit: a leader that cannot reach ZooKeeper holds the partition's
// leaderIsrUpdateLock until it can. Whatever else needs the lock waits in the order of arrival:
// appends, the fetches of followers and the questions about epochs; since KIP-320 all reads; and
// what the controller has decided about the partition, with everything that it says afterwards.
// A connection whose request waits is muted, so there is one for each. Only requests with acks=0
// mute nothing: they wait here instead of in the sockets.
//
// Kafka 2.4.1 Partition.scala maybeShrinkIsr, maybeExpandIsr, appendRecordsToLeader, readRecords,
// makeFollower; KafkaZkClient.scala retryRequestsUntilConnected.
#pragma once

#include <span>

#include "kafka/broker/replica.h"
#include "kafka/context.h"
#include "kafka/payload.h"

namespace ackident {

struct Broker;

// A request that waits, with a list of its own; or a MetadataFetchResponse, which stands for the
// controller's word.
struct LockedOut {
  NodeId from = kNoNode;
  Payload payload;
  bool orphan = false;  // the connection is gone: nobody wants the answer
};

[[nodiscard]] inline bool is_locked(const Replica& replica, const Context& ctx) {
  return replica.alter_queued && !ctx.behaviour().isr_through_controller;
}
[[nodiscard]] bool is_locked(const Broker&, PartitionId, const Context&);
// Does it take a lock to read these parts?
[[nodiscard]] bool is_read_locked(const Broker&, std::span<const FetchPart>, const Context&);

// Keeps the request if it needs a lock that is held; says whether it did.
bool wait_for_lock(Broker&, NodeId from, const Payload&, Context&);
// The controller's decisions wait from here on.
void metadata_waits_for_lock(Broker&, Context&);
// A write has ended: serves what can be served now.
void serve_locked_out(Broker&, Context&);
// The connection of `from` is gone. What it has produced is appended all the same: the broker's
// thread that waits for the lock does not know (C0.9).
void orphan_locked_out(Broker&, NodeId from, Context&);
void forget_locked_out(Broker&, Context&);

}  // namespace ackident
