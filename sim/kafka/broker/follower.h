// The follower's side of replication: responses (R3.22), truncation (R3.25, R9.4) and the way back
// from OFFSET_OUT_OF_RANGE (R3.29). What is asked for, and when, is the fetcher's.
#pragma once

#include <cstdint>

#include "kafka/broker/replica.h"
#include "kafka/context.h"
#include "kafka/payload.h"

namespace ackident {

struct Broker;

void on_fetch_response(Broker&, NodeId leader, const FetchResponse&, Context&);
void on_list_offsets_response(Broker&, NodeId leader, const ListOffsetsResponse&, Context&);
void on_epoch_response(Broker&, NodeId leader, const OffsetsForLeaderEpochResponse&, Context&);
// Cuts a log and says so.
void truncate_log(Replica&, Offset to, Context&);

}  // namespace ackident
