// One replica on one broker: its log, what of it is checkpointed, and the role it plays.
//
//   Offline  -> Follower, Leader    metadata names a leader (become.h is the only door)
//   Follower -> Leader, Offline     elected; no leader is known
//   Leader   -> Follower, Offline   another leader is named; none is
//
// What only a leader knows (remote progress, ISR state, who waits) exists only in Leader.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "kafka/log/partition_log.h"
#include "kafka/log/producer_state.h"

namespace ackident {

// No leader is known, or nothing was applied yet (epoch -1).
struct Offline {
  LeaderEpoch epoch = kNoLeaderEpoch;

  bool operator==(const Offline&) const = default;
};

struct Follower {
  enum class State : std::uint8_t {
    kFetching,
    kAskEpoch,     // old truncation rules: must ask where the epochs end before it fetches (R9.4)
    kAskLatest,    // OFFSET_OUT_OF_RANGE: where does the leader end (R3.29)
    kAskEarliest,  // and if it reaches beyond us: where does it start
    kFailed,       // fenced with the newest epoch we know: waits for metadata (R3.30)
    kStopped,      // out of the ISR for this broker's controlled shutdown: fetches no more (R5.39)
  };

  NodeId leader = kNoNode;
  LeaderEpoch epoch;
  State state = State::kFetching;
  Instant paused_until = kLongAgo;  // R3.4
  // What the request under way asked, if this replica is in it; a response to anything else is
  // ignored (R3.5). A query is known by its correlation, a fetch by its offset.
  bool requested = false;
  Offset requested_offset;
  LeaderEpoch requested_epoch;
  Correlation query;

  bool operator==(const Follower&) const = default;
};

// A follower as its leader sees it (R3.10).
struct RemoteReplica {
  NodeId node = kNoNode;
  Offset leo = kNoOffset;  // kNoOffset: has not fetched in this leadership
  Offset leader_end_at_fetch = kNoOffset;
  Instant fetched_at = kLongAgo;
  Instant caught_up_at = kLongAgo;
  Offset high_watermark_sent;  // that of its latest fetch, when it arrived (R3.8)
  bool epoch_seen = false;     // a fetch told its broker epoch, perhaps as -1
  BrokerEpoch broker_epoch = kNoBrokerEpoch;

  bool operator==(const RemoteReplica&) const = default;
};

// The ISR as its leader holds it (R4.1). The ticket names the proposal, so that an answer to a
// superseded one is known as such (R4.13).
struct CommittedIsr {
  ReplicaList isr;

  bool operator==(const CommittedIsr&) const = default;
};
struct PendingExpand {
  ReplicaList isr;  // still the committed one
  NodeId joining = kNoNode;
  std::uint32_t ticket = 0;

  bool operator==(const PendingExpand&) const = default;
};
struct PendingShrink {
  ReplicaList isr;  // still the committed one
  ReplicaList leaving;
  std::uint32_t ticket = 0;

  bool operator==(const PendingShrink&) const = default;
};
using IsrState = std::variant<CommittedIsr, PendingExpand, PendingShrink>;

struct Leader {
  LeaderEpoch epoch;
  Offset epoch_start;  // its log end when it became leader of this epoch
  IsrState isr;
  InlineVec<RemoteReplica, kReplicasMax> remotes;  // every other assigned replica
  std::vector<NodeId> produce_waiters;  // clients whose parked produce waits for this partition
  std::vector<NodeId> fetch_waiters;    // nodes whose parked fetch names this partition

  bool operator==(const Leader&) const = default;
};

// What the leader knows of the replica on that node; null: none is assigned to it.
template <class AnyLeader>
auto find_remote(AnyLeader& leader, NodeId node) -> decltype(leader.remotes.begin()) {
  for (auto& remote : leader.remotes) {
    if (remote.node == node) return &remote;
  }
  return nullptr;
}

using Role = std::variant<Offline, Follower, Leader>;

struct Replica {
  PartitionId partition = kNoPartition;
  PartitionLog log;
  ProducerStateTable producers;      // kept by a leader only; rebuilt on election (C2.17)
  Offset high_watermark_checkpoint;  // on disk (R1.16)
  PartitionEpoch partition_epoch = PartitionEpoch(-1);  // newest applied (R3.13)
  bool alter_queued = false;  // an AlterPartition entry of it is queued or in flight
  Role role;

  bool operator==(const Replica&) const = default;
};

// The newest leader epoch this replica was told of.
[[nodiscard]] inline LeaderEpoch leader_epoch(const Replica& replica) {
  return std::visit([](const auto& role) { return role.epoch; }, replica.role);
}

}  // namespace ackident
