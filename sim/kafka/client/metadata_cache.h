// A client's view of the cluster (C0.10-C0.15): leaders and their epochs, as of some prefix of the
// metadata log, and the pacing of refreshes. Shared by producer and consumer.
//
//   idle --request_refresh(), age--> wanted --refresh_began()--> in flight --refresh_answered()-->
//   idle (or wanted still, if a partition has no leader); refresh_failed() --> wanted
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
  MetadataOffset offset;             // records below have been replayed
  std::vector<KnownLeader> leaders;  // by PartitionId (all; a client reads its topics only)
  std::vector<std::uint8_t>
      topics_read;  // by TopicId: 1 if this client uses the topic; see update()
  // Pacing (C0.11).
  bool refresh_wanted = false;
  bool in_flight = false;
  Correlation correlation;
  NodeId asked = kNoNode;
  Instant last_refresh = kLongAgo;  // last answer or failure
  Instant last_success = kLongAgo;
  std::uint32_t failures = 0;    // consecutive failed refreshes
  std::uint32_t equivalent = 0;  // consecutive answers that brought nothing new (KIP-580)
  std::uint32_t jitter_draws = 0;

  void reset(const Composition&);
  // The process ended: as reset(), but the draws go on, since a choice's key never repeats.
  void forget(const Composition&);
  // Replays the log up to `to` for partitions; leaders with an older epoch are ignored (C0.13).
  // Before 2.2 an answer from the past is believed, too, and takes back what later ones brought.
  // Fencing a leader is itself recorded as a change to no leader, so broker records say nothing
  // here. True: news about a topic that the client uses.
  bool update(MetadataOffset to, const Context&);
  // A hint from an error answer (C0.14); taken if its epoch is newer. True: taken.
  bool hint(PartitionId, NodeId leader, LeaderEpoch);
  [[nodiscard]] KnownLeader leader(PartitionId partition) const {
    return leaders[partition.value()];
  }
  // The earliest instant at which the next refresh may be sent: now if one is wanted and pacing
  // allows, kNever if none is wanted or one is under way; max age counts as wanted.
  [[nodiscard]] Instant next_refresh(const ClientConfig&, const Context&) const;

  void request_refresh() { refresh_wanted = true; }
  // The steps of one refresh. refresh_answered() is update() with the pacing's book-keeping, and
  // keeps asking while a partition of the client's topics has no leader (C0.10 c); true: news.
  void refresh_began(NodeId node, Correlation number, const ClientConfig&, const Context&);
  bool refresh_answered(MetadataOffset to, const Context&);
  void refresh_failed(const Context&);
  // Any connection broke: fails the refresh under way there; one that was due counts as failed too
  // (C0.11, from 2.4 on); and the disconnect itself asks for a refresh (C0.6).
  void disconnected(NodeId node, const ClientConfig&, const Context&);

  bool operator==(const MetadataCache&) const = default;

 private:
  [[nodiscard]] bool reads(PartitionId, const Context&) const;
  bool go_back(MetadataOffset to, const Context&);
};

// Purposes of back-offs: with the node they are the subject of the jitter's choice key. A client's
// other purposes lie from kBackoffOwn on.
inline constexpr std::uint64_t kBackoffMetadata = 0;
inline constexpr std::uint64_t kBackoffOwn = 0x20000;
constexpr std::uint64_t backoff_reconnect(NodeId broker) { return 0x10000 + broker.value(); }

// Exponential back-off with jitter (C0.1): n = 0, 1, 2 ... consecutive failures.
// `draw` keys the jitter: one number per evaluation within (node, purpose).
Duration backoff(Duration initial, Duration max, std::uint32_t n, bool exponential,
                 std::uint64_t purpose, std::uint32_t draw, const Context&);

// A client's connection to one broker, as the client sees it.
struct BrokerConnection {
  bool connected = false;            // has had an answer since the last disconnect
  bool opening = false;              // dialled, and not open yet: requests wait, no time runs
  bool sending = false;              // its newest request is not all in the socket (C0.7)
  std::uint16_t in_flight = 0;       // unanswered requests
  std::uint32_t failures = 0;        // consecutive, for the reconnect back-off (C0.3)
  Instant blocked_until = kLongAgo;  // reconnect back-off
  Instant last_attempt = kLongAgo;
  std::uint32_t jitter_draws = 0;

  // A request may be sent: the connection is open or being opened, or may be dialled now (C0.3).
  [[nodiscard]] bool usable(Instant now) const {
    return connected || in_flight > 0 || now >= blocked_until;
  }

  bool operator==(const BrokerConnection&) const = default;
};
// The process ended; the draws go on.
void forget(BrokerConnection&);
// A request goes out (dialling if need be), or its answer has come.
void request_sent(BrokerConnection&, const Context&);
// The connection is open. False: that is no news.
bool connection_opened(BrokerConnection&);
void request_answered(BrokerConnection&);
// One that expects none, and of whose sending `sending` tells, is all in the socket.
void request_sent_off(BrokerConnection&);
// The broker a client asks for metadata (C0.12), out of those it can dial now; kNoNode: none. A
// connection with `in_flight_max` unanswered requests takes no more (C0.7). Up to 2.2 it may be one
// that cannot be sent anything yet, and the next draw another one.
NodeId least_loaded_node(const std::vector<BrokerConnection>&, std::uint64_t draw, const Context&,
                         std::uint16_t in_flight_max = 100, bool refresh_due = true);
// May the least loaded node be dialled? Up to 2.2 not while any connection is being opened.
bool may_dial(const std::vector<BrokerConnection>&, const Context&);
// When the first connection that is down may be dialled again; kNever if none is down. Up to 2.2
// the draw is repeated each reconnect.backoff.ms while a connection is not ready.
Instant next_dial(const std::vector<BrokerConnection>&, const ClientConfig&, const Context&);
// A connection broke or was refused: counts, and sets blocked_until (C0.3).
void connection_failed(BrokerConnection&, const ClientConfig&, std::uint64_t purpose,
                       const Context&);

}  // namespace ackident
