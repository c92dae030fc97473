// Requests that wait: produces for the high watermark (R2.5), fetches for data (R3.8).
//
// A connection is served one request at a time (C0.8), so a client has at most one parked produce,
// a fetching node at most one parked fetch, and both are found by node. Each partition's leader
// lists who waits for it, so an event wakes exactly those.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kafka/broker/replica.h"
#include "kafka/context.h"
#include "kafka/payload.h"

namespace ackident {

struct Broker;

struct ParkedPart {
  ProduceResult result;
  Offset required;  // answered when the high watermark reaches this (R2.5)
  bool decided = false;

  // The result is wire content; two parked parts are the same if they wait for the same thing.
  bool operator==(const ParkedPart& other) const {
    return result.partition == other.result.partition && result.number == other.result.number &&
           result.error == other.result.error && required == other.required &&
           decided == other.decided;
  }
};
struct ParkedProduce {
  bool active = false;
  Correlation correlation;
  std::uint32_t undecided = 0;
  std::vector<ParkedPart> parts;

  bool operator==(const ParkedProduce&) const = default;
};
struct ParkedFetch {
  bool active = false;
  bool due = false;      // to be answered as soon as no lock keeps it from being read
  FetchRequest request;  // its span is not valid any more: the parts are below
  std::vector<FetchPart> parts;
};

// ---- produces ----

// Parks the parts in ReplicaManager::produce_parts, at least one of which is undecided.
void park_produce(Broker&, NodeId client, const ProduceRequest&, Context&);
// Decides the parts of a newly parked produce that the high watermark covers already (R2.13,
// C2.14).
void decide_reached(Broker&, NodeId client, Context&);
// The partition's high watermark rose (R2.8): decides what it reaches.
void complete_produces(Broker&, Replica&, Context&);
// The partition is not led here any more (R2.14).
void fail_produces(Broker&, Replica&, Context&);
// R2.9.
void expire_produce(Broker&, NodeId client, Context&);
void forget_produce(Broker&, NodeId client, Context&);

// Sends the answer to a produce and notes it.
void answer_produce(NodeId client, Correlation, std::span<const ParkedPart>, Context&);

// ---- fetches ----

void park_fetch(Broker&, NodeId from, const FetchRequest&, Context&);
// Data arrived at the log end: followers that wait for this partition read again (R3.8).
void wake_followers(Broker&, Replica&, Context&);
// The high watermark rose: consumers read again (C4.14).
void wake_consumers(Broker&, Replica&, Context&);
// Answers the node's parked fetch now, if there is one: it expired (R3.8), or the leader or its
// epoch changed under one of its partitions. While a lock keeps it from being read it waits for
// that (isr_lock.h).
void complete_fetch(Broker&, NodeId from, Context&);
void forget_fetch(Broker&, NodeId from, Context&);

}  // namespace ackident
