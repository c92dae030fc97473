// A client's view of the cluster (C0.10-C0.15): leaders and their epochs, as of some prefix of the
// metadata log, and the pacing of refreshes. Shared by producer and consumer.
#pragma once

#include <vector>

#include "kafka/context.h"

namespace ackident {

struct KnownLeader {
  NodeId leader = kNoNode;
  LeaderEpoch epoch = kNoLeaderEpoch;

  bool operator==(const KnownLeader&) const = default;
};

struct MetadataCache {
  MetadataOffset offset;                   // records below have been replayed
  std::vector<KnownLeader> leaders;        // by PartitionId (all; a client reads its topics only)
  // Pacing (C0.11).
  bool refresh_wanted = false;
  bool in_flight = false;
  Correlation correlation;
  NodeId asked = kNoNode;
  Instant last_refresh = kLongAgo;         // last attempt
  Instant last_success = kLongAgo;
  std::uint32_t failures = 0;              // consecutive failed refreshes
  std::uint32_t equivalent = 0;            // consecutive answers that brought nothing new (KIP-580)
  std::uint32_t jitter_draws = 0;

  void reset(const Composition&);
  // Replays the log up to `to` for partitions; leaders with an older epoch are ignored (C0.13). A
  // leader whose broker is fenced by then is no leader (LEADER_NOT_AVAILABLE). True: news.
  bool update(MetadataOffset to, const Context&);
  // A hint from an error answer (C0.14); taken if its epoch is newer. True: taken.
  bool hint(PartitionId, NodeId leader, LeaderEpoch);
  [[nodiscard]] KnownLeader leader(PartitionId partition) const { return leaders[partition.value()]; }
  // The earliest instant at which the next refresh may be sent: now if one is wanted and pacing
  // allows, kNever if none is wanted or one is under way; max age counts as wanted.
  [[nodiscard]] Instant next_refresh(const ClientConfig&, const Context&) const;
};

// Exponential back-off with jitter (C0.1): n = 0, 1, 2 ... consecutive failures.
// `draw` keys the jitter: one number per evaluation within (node, purpose).
Duration backoff(Duration initial, Duration max, std::uint32_t n, bool exponential,
                 std::uint64_t purpose, std::uint32_t draw, const Context&);

// The broker a client asks for metadata (C0.12), out of those it can dial: `connected[i]` and
// `in_flight[i]` by broker index, `blocked_until[i]` from reconnect back-off. kNoNode: none now.
struct BrokerConnection {
  bool connected = false;                  // has had an answer since the last disconnect
  std::uint16_t in_flight = 0;             // unanswered requests
  std::uint32_t failures = 0;              // consecutive, for the reconnect back-off (C0.3)
  Instant blocked_until = kLongAgo;        // reconnect back-off
  Instant last_attempt = kLongAgo;
  std::uint32_t jitter_draws = 0;

  bool operator==(const BrokerConnection&) const = default;
};
NodeId least_loaded_node(const std::vector<BrokerConnection>&, std::uint64_t draw, const Context&);
// A connection broke or was refused: counts, and sets blocked_until (C0.3).
void connection_failed(BrokerConnection&, const ClientConfig&, std::uint64_t purpose,
                       const Context&);

}  // namespace ackident
