// The fetcher of one leader broker: one request in flight for all partitions followed from it
// (R3.1), so one slow leader stalls its partitions and no others (R3.2-R3.5).
#pragma once

#include <cstdint>
#include <vector>

#include "kafka/context.h"
#include "kafka/types.h"

namespace ackident {

struct Broker;
struct Follower;

struct Fetcher {
  std::vector<std::uint32_t> replicas;  // indices into ReplicaManager::replicas, in rotation order
  bool fetch_in_flight = false;
  std::uint32_t queries_in_flight = 0;  // epoch and offset questions; no fetch goes out meanwhile
  Correlation correlation;              // of the fetch in flight
  bool answered = false;                // something, since the connection was opened
  bool due = false;                     // listed in ReplicaManager::fetchers_due
  Instant asleep_until = kLongAgo;      // before 3.1, when a fetch has failed (R3.4)

  [[nodiscard]] bool busy() const { return fetch_in_flight || queries_in_flight > 0; }
  bool operator==(const Fetcher&) const = default;
};

// The replica (which is a Follower now) joins or leaves the fetcher of its leader. `again`: it has
// left only now, for another epoch of the same leader.
void add_to_fetcher(Broker&, std::uint32_t replica_index, bool again, Context&);
void remove_from_fetcher(Broker&, std::uint32_t replica_index, Context&);
// Runs every fetcher that gained work in this step; closes those that follow nothing any more.
void run_due_fetchers(Broker&, Context&);

// The connection to the leader broke, or its answer did not come in time: all partitions of the
// fetcher pause (R3.4).
void fetcher_failed(Broker&, NodeId leader, Context&);
void fetcher_timed_out(Broker&, NodeId leader, Context&);
void fetcher_backoff_over(Broker&, NodeId leader, Context&);

// ---- for follower.cc ----
Fetcher& fetcher_of(Broker&, NodeId leader, const Context&);
void mark_due(Broker&, NodeId leader, const Context&);
// Nothing is asked for the partition for replica.fetch.backoff.ms.
void pause(const Broker&, Follower&, Context&);
// One turn of the fetcher thread (R3.1): questions first, then a fetch, else sleep until a pause
// ends.
void run_fetcher(Broker&, std::uint16_t leader_index, Context&);

}  // namespace ackident
