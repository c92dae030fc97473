// The active controller: one voter, whose log is the metadata log (R5.9 - R5.12, R5.15).
//
// Each event is judged against an image that holds every record, committed or not; it appends
// records, which change the image at once, and its answer waits until they are committed. Records
// are committed when the batch they were gathered in is written: append_linger after its first
// (R5.9, R5.11). With ZooKeeper a write is committed at once and pushed (R9.1).
//
//   event -> records -> image          (same step)
//   linger over -> committed = end -> deferred answers, parked observers
#pragma once

#include <vector>

#include "kafka/context.h"
#include "kafka/controller/registry.h"
#include "kafka/controller/timers.h"

namespace ackident {

// An answer that waits until the log is committed up to `after`.
struct DeferredAnswer {
  MetadataOffset after;
  NodeId to = kNoNode;
  Payload payload;
};

// A broker's long poll for metadata (R5.12).
struct Observer {
  bool parked = false;
  MetadataOffset offset;
  Correlation correlation;

  bool operator==(const Observer&) const = default;
};

struct Controller {
  NodeId self = kNoNode;
  bool running = false;
  MetadataImage image;                   // the whole log applied
  MetadataOffset committed;              // observers may apply below this
  std::vector<DeferredAnswer> deferred;  // in order of `after`
  std::vector<Observer> observers;       // by broker index
  Registry registry;
  std::uint32_t imbalanced = 0;  // partitions not led by their preferred replica
  std::uint32_t leaderless = 0;
  bool linger_armed = false;
  bool rebalance_armed = false;
  bool sweep_armed = false;
};

// A controller that has never run, for node `self`.
void reset(Controller&, const Composition&, NodeId self);

// ---- driven by the world (see context.h) ----
void start(Controller&, const StartInfo&, Context&);
void deliver(Controller&, NodeId from, const Payload&, Context&);
void fire(Controller&, LocalTimer, Context&);
// The log is durable; sessions, deferred answers and parked observers are not.
void stop(Controller&, StopKind, Context&);
// SIGTERM: nothing to hand over, the process exits.
void shut_down(Controller&, Context&);
std::uint32_t timer_count(const Controller&, const Composition&, NodeId self);

// ---- for the rest of this room ----
// Appends a record and applies it.
void append(Controller&, const MetadataRecord&, Context&);
// Answers once everything appended so far is committed: even an event without records may have read
// what is not yet committed.
void answer(Controller&, NodeId to, const Payload&, Context&);

}  // namespace ackident
