// The follower's side of replication: fetchers (R3.1-R3.5), responses (R3.22), truncation (R3.25,
// R9.4) and the way back from OFFSET_OUT_OF_RANGE (R3.29).
#pragma once

#include <cstdint>

#include "kafka/broker/replica.h"
#include "kafka/context.h"
#include "kafka/payload.h"

namespace ackident {

struct Broker;

// The replica (which is a Follower now) joins or leaves the fetcher of its leader.
void add_to_fetcher(Broker&, std::uint32_t replica_index, Context&);
void remove_from_fetcher(Broker&, std::uint32_t replica_index, Context&);
// Runs every fetcher that gained work in this step; closes those that follow nothing any more.
void run_due_fetchers(Broker&, Context&);

void on_fetch_response(Broker&, NodeId leader, const FetchResponse&, Context&);
void on_list_offsets_response(Broker&, NodeId leader, const ListOffsetsResponse&, Context&);
void on_epoch_response(Broker&, NodeId leader, const OffsetsForLeaderEpochResponse&, Context&);
// The connection to the leader broke, or its answer did not come in time: all partitions of the
// fetcher pause (R3.4).
void fetcher_failed(Broker&, NodeId leader, Context&);
void fetcher_timed_out(Broker&, NodeId leader, Context&);
void fetcher_backoff_over(Broker&, NodeId leader, Context&);

// Cuts a log and says so.
void truncate_log(Replica&, Offset to, Context&);

}  // namespace ackident
