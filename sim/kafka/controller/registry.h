// Brokers as the controller knows them: registration, heartbeats and sessions (R5.18 - R5.26).
//
//   unregistered --registration--> fenced --caught up, !want_fence--> unfenced
//   unfenced --session expired, want_fence--> fenced
//   unfenced --want_shutdown--> in controlled shutdown --leads nothing, others know--> fenced, go
#pragma once

#include <cstdint>
#include <vector>

#include "kafka/context.h"

namespace ackident {

struct Controller;

// What the controller keeps of a broker in memory: lost when the controller ends (R5.20).
struct BrokerSession {
  Instant contact = kLongAgo;      // last heartbeat of the registered epoch
  MetadataOffset observed;         // the broker has applied the metadata log below this
  MetadataOffset shutdown_offset;  // end of the log when its controlled shutdown began (R5.39)

  bool operator==(const BrokerSession&) const = default;
};

struct Registry {
  std::vector<BrokerSession> sessions;  // by broker index
  bool check_armed = false;             // the exact check (R5.24), which is due at ...
  Instant check_at;
  std::uint64_t fencing_draws = 0;  // choices of kFencingOrder so far, over all lives
};

// Where a heartbeat takes a broker (R5.26).
enum class BrokerControl : std::uint8_t { kFenced, kUnfenced, kControlledShutdown, kShutdownNow };

// What that decision depends on.
struct HeartbeatView {
  BrokerControl current{};
  bool want_fence = false;
  bool want_shutdown = false;
  bool closes_session = false;  // ZooKeeper: the process ends, its ephemeral node vanishes
  bool caught_up = false;       // has applied the metadata that it needs to lead
  bool has_leaderships = false;
  bool others_know = false;  // every active broker has applied the metadata of the shutdown
};
BrokerControl next_control(const HeartbeatView& view);

// A broker that may lead and be in an ISR: registered, unfenced, not shutting down (R5.31).
bool is_active(const BrokerRegistration& registration);

void handle_registration(Controller&, NodeId from, const BrokerRegistrationRequest&, Context&);
void handle_heartbeat(Controller&, NodeId from, const BrokerHeartbeatRequest&, Context&);
// Every registered, unfenced broker is taken to have been heard of just now (R5.20).
void refresh_sessions(Controller&, Context&);
// The session timer is due (R5.24).
void check_sessions(Controller&, Context&);
// Before a message is handled: an exact check that fell due during a pause goes first.
void pass_overdue_check(Controller&, Context&);

}  // namespace ackident
