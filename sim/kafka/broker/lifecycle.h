// A broker's life as the controller sees it: start, registration, heartbeats, the observer of the
// metadata log, fencing and unfencing, controlled shutdown (R5.18-R5.26, R5.39, R6.1).
//
//   Starting -> Registering -> CatchingUp (fenced, heartbeats each 10 ms) -> Running (unfenced)
//   Running -> ShuttingDown (heartbeats carry want_shutdown) -> the process exits
//
// In ZooKeeper mode (R9) registration is the ephemeral node, heartbeats are its session, and the
// controller pushes metadata; the same messages carry it.
#pragma once

#include <cstdint>

#include "kafka/broker/timers.h"
#include "kafka/context.h"

namespace ackident {

struct Broker;

struct Lifecycle {
  enum class State : std::uint8_t {
    kStopped,
    kStarting,      // until the logs are loaded and the registration is accepted
    kCatchingUp,    // registered, fenced, heartbeats say want_fence until metadata is applied
    kRunning,       // want_fence = false; listeners open once unfenced (before 3.5: just before)
    kShuttingDown,  // SIGTERM received
  };

  State state = State::kStopped;
  Incarnation incarnation;
  BrokerEpoch epoch = kNoBrokerEpoch;  // of the accepted registration; kNoBrokerEpoch: none yet
  bool loading = false;                // log recovery has begun (R6.1 step 4)
  bool logs_loaded = false;
  bool registered = false;
  bool caught_up = false;  // the controller said so (R6.1 step 5)
  bool listening = false;
  bool clean_start = false;         // the marker was found
  bool clean_marker = false;        // on disk: written by a clean shutdown, deleted on loading
  std::uint32_t failures = 0;       // consecutive, for the back-off of R5.22
  Correlation correlation;          // of the request under way; answers to others are ignored
  bool awaiting_response = false;   // from a request's first send to its answer or time-out
  Instant asked_at = kLongAgo;      // ... and when that was
  bool connected = false;           // the controller has answered on this connection
  bool asked_unfence = false;       // the last heartbeat said want_fence = false
  bool asked_shutdown = false;      // the last heartbeat said want_shutdown
  bool shutdown_answered = false;   // ... and an earlier one was answered (R5.21)
  std::uint8_t shutdown_tries = 0;  // left, with ZooKeeper (R5.39)
  Instant deadline = kNever;        // gives up registering, or waiting for leave to go
  MetadataOffset observed;          // committed metadata known; applied once logs are loaded
  Correlation metadata_correlation;
  bool metadata_in_flight = false;
  std::uint32_t metadata_failures = 0;
  std::uint32_t draws = 0;  // back-off jitter drawn so far

  bool operator==(const Lifecycle&) const = default;
};

void lifecycle_start(Broker&, const StartInfo&, Context&);
void lifecycle_stop(Broker&, StopKind);
void lifecycle_shut_down(Broker&, Context&);
// Registration, heartbeat and metadata answers; Disconnected on kLifecycle and kMetadata.
void lifecycle_deliver(Broker&, const Payload&, Context&);
void lifecycle_fire(Broker&, BrokerTimer, Context&);
// The controller names this broker in its registration record: called after metadata was applied.
void lifecycle_metadata_applied(Broker&, Context&);

}  // namespace ackident
