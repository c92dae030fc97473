// A consumer process: one KafkaConsumer with manually assigned partitions, and the application that
// calls its poll() in a loop (classic consumer, C4.8).
//
//   polling --records returned, per_record > 0--> processing --timer--> polling
//   polling --SIGTERM--> closed        processing --SIGTERM--> (finishes the batch) --> closed
//
// All network work happens inside poll(). While the application processes, answers that arrive
// change what is known and buffered, but nothing is sent, committed or timed out until it polls
// again (trap 22).
//
// A partition's position (C4.2):
//
//   AwaitReset --ListOffsets answered--> Fetching --leader changed, epoch known--> AwaitValidation
//   AwaitValidation --no truncation, or sought to the divergence--> Fetching
//   Fetching --out of range--, AwaitValidation --epoch undefined--> AwaitReset, or Failed when
//   auto.offset.reset is none: poll() throws, and this application never touches the partition
//   again
//
// Group membership, the coordinator and __consumer_offsets are not modelled yet: the assignment is
// static and a commit goes to an ideal store that neither fails nor forgets. The committed offsets
// live here and outlast the process.
#pragma once

#include <vector>

#include "kafka/client/metadata_cache.h"

namespace ackident {

enum class PositionState : std::uint8_t { kAwaitReset, kAwaitValidation, kFetching, kFailed };

// c of FactKind::kPositionReset.
enum class ResetReason : std::uint8_t { kNoCommit, kOutOfRange, kTruncation, kRefused };

struct CommittedOffset {
  Offset offset = kNoOffset;
  LeaderEpoch epoch = kNoLeaderEpoch;  // of the record before it (C6.1)

  bool operator==(const CommittedOffset&) const = default;
};

// Records [from, to) of one leader epoch, by name: what they were when the leader sent them.
struct RecordRange {
  Offset from;
  Offset to;
  LeaderEpoch epoch = kNoLeaderEpoch;

  [[nodiscard]] bool empty() const { return from == to; }
  bool operator==(const RecordRange&) const = default;
};

struct AssignedState {
  PartitionId partition{};
  PositionState state = PositionState::kAwaitReset;
  ResetReason reason{};         // why, while awaiting a reset
  OffsetSpec reset_to{};        // where to
  bool asking = false;          // a ListOffsets or OffsetsForLeaderEpoch is unanswered ...
  Correlation question{};       // ... this one
  Instant retry_at = kLongAgo;  // not to be asked before
  Offset position = kNoOffset;  // of the next record to return (C4.1); kNoOffset: none yet
  LeaderEpoch position_epoch = kNoLeaderEpoch;  // of the last record returned (C4.1)
  KnownLeader leader{};                         // whom the position was set or checked against
  Offset fetch_offset = kNoOffset;              // of the latest fetch ...
  NodeId fetch_from = kNoNode;                  // ... to this broker (C4.6)
  RecordRange buffer{};                         // fetched and not returned yet (C4.5)
  std::uint64_t turn = 0;                       // fetches name the lowest first (C4.4)
  CommittedOffset committed{};                  // survives the process

  bool operator==(const AssignedState&) const = default;
};

struct PendingRequest {
  enum class Kind : std::uint8_t {
    kMetadata,
    kFetch,
    kQuestion,
    kHello,  // opens a connection; its answer says that it is ready
  };
  Kind kind{};
  Correlation correlation;
  std::uint32_t slot = 0;  // kQuestion: about which assigned partition
  Instant sent;

  bool operator==(const PendingRequest&) const = default;
};

struct BrokerLink {
  bool fetching = false;  // a fetch is unanswered: no second one (C4.3)
  bool timeout_armed = false;
  bool timeout_late = false;            // its timer fired late and has been armed once more
  std::vector<PendingRequest> pending;  // oldest first
  std::vector<std::uint32_t> led;       // slots whose leader it is, by turn

  bool operator==(const BrokerLink&) const = default;
};

struct ReturnedRecords {
  std::uint32_t slot = 0;
  RecordRange records;

  bool operator==(const ReturnedRecords&) const = default;
};

enum class ConsumerPhase : std::uint8_t { kStopped, kPolling, kProcessing, kClosed };

struct Consumer {
  NodeId self = kNoNode;
  std::uint16_t index = 0;  // into Composition::consumers
  ConsumerPhase phase = ConsumerPhase::kStopped;
  bool closing = false;          // close once the records at hand are processed
  bool leaders_changed = false;  // positions have to be checked against the metadata
  bool unsettled = true;         // some position may await a reset or a validation
  bool timeout_fired = false;    // a request may be overdue
  Duration per_record;
  MetadataCache metadata;
  std::vector<BrokerConnection> connections;  // by broker index
  std::vector<BrokerLink> links;              // by broker index
  std::vector<AssignedState> assigned;        // by slot
  std::vector<std::uint32_t> slot_of;         // by PartitionId; kNoSlot: not assigned
  std::vector<std::uint32_t> idle;        // brokers (by index, in order) that can be sent a fetch
  std::vector<std::uint32_t> buffered;    // slots with a buffer, in order of arrival
  std::vector<ReturnedRecords> returned;  // by the last poll()
  Instant commit_due = kNever;            // auto-commit (C6.5)
  Instant wake_at = kNever;               // what kWake is armed for
  Correlation correlation_next;
  std::uint64_t turn_last = 0;
  std::uint32_t node_draws = 0;  // least-loaded-node draws so far

  bool operator==(const Consumer&) const = default;
};
inline constexpr std::uint32_t kNoSlot = 0xffffffff;

// Timers: these, then the request timeout of each broker, by broker index.
enum class ConsumerTimer : std::uint32_t { kWake, kProcessed, kRequestTimeout };

// A consumer that has never run, for node `self`.
void reset(Consumer&, const Composition&, NodeId self);

// ---- driven by the world (see context.h) ----
void start(Consumer&, const StartInfo&, Context&);
void deliver(Consumer&, NodeId from, const Payload&, Context&);
void fire(Consumer&, LocalTimer, Context&);
void stop(Consumer&, StopKind, Context&);
void shut_down(Consumer&, Context&);
std::uint32_t timer_count(const Consumer&, const Composition&, NodeId self);

}  // namespace ackident
