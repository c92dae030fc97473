// The words of the domain, as types. Names follow Kafka; see the glossary in sim/README.md.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/id.h"
#include "base/inline_vec.h"
#include "base/node_id.h"
#include "base/time.h"

namespace ackident {

// A topic of the scenario, in order of declaration.
using TopicId = Id<struct TopicTag, std::uint16_t>;
// A partition of any topic, numbered densely over all topics (topic 0's partitions first).
using PartitionId = Id<struct PartitionTag, std::uint32_t>;
inline constexpr PartitionId kNoPartition = PartitionId(0xffffffff);

using Offset = Ordinal<struct OffsetTag, std::int64_t>;
inline constexpr Offset kNoOffset = Offset(-1);
using LeaderEpoch = Ordinal<struct LeaderEpochTag, std::int32_t>;
inline constexpr LeaderEpoch kNoLeaderEpoch = LeaderEpoch(-1);
using PartitionEpoch = Ordinal<struct PartitionEpochTag, std::int32_t>;
using BrokerEpoch = Ordinal<struct BrokerEpochTag, std::int64_t>;
inline constexpr BrokerEpoch kNoBrokerEpoch = BrokerEpoch(-1);
// Offset in the metadata log of the controller: the next record gets the end offset.
using MetadataOffset = Ordinal<struct MetadataOffsetTag, std::int64_t>;

using ProducerId = Id<struct ProducerIdTag, std::int32_t>;
inline constexpr ProducerId kNoProducerId = ProducerId(-1);
using ProducerEpoch = Ordinal<struct ProducerEpochTag, std::int16_t>;
using Sequence = Ordinal<struct SequenceTag, std::int32_t>;
inline constexpr Sequence kNoSequence = Sequence(-1);

// Batch number within one producer process: the identity of what the application was told about.
using BatchNumber = Ordinal<struct BatchNumberTag, std::uint32_t>;
// Number of a request within one client or broker; answers carry it back.
using Correlation = Ordinal<struct CorrelationTag, std::uint32_t>;
// Life of a process: 0 for the first start, +1 for each restart.
using Incarnation = Ordinal<struct IncarnationTag, std::uint32_t>;

// Most replicas one partition may have, those being added by a reassignment included.
inline constexpr std::uint32_t kReplicasMax = 8;
using ReplicaList = InlineVec<NodeId, kReplicasMax>;

enum class Acks : std::int8_t { kNone = 0, kLeader = 1, kAll = -1 };

// Kafka's error codes, with Kafka's numbers and (by error_name) Kafka's spelling.
enum class ErrorCode : std::int16_t {
  kUnknownServerError = -1,
  kNone = 0,
  kOffsetOutOfRange = 1,
  kCorruptMessage = 2,
  kUnknownTopicOrPartition = 3,
  kLeaderNotAvailable = 5,
  kNotLeaderOrFollower = 6,
  kRequestTimedOut = 7,
  kReplicaNotAvailable = 9,
  kMessageTooLarge = 10,
  kNetworkException = 13,
  kNotEnoughReplicas = 19,
  kNotEnoughReplicasAfterAppend = 20,
  kInvalidRequiredAcks = 21,
  kNotController = 41,
  kInvalidRequest = 42,
  kOutOfOrderSequenceNumber = 45,
  kDuplicateSequenceNumber = 46,
  kInvalidProducerEpoch = 47,
  kKafkaStorageError = 56,
  kUnknownProducerId = 59,
  kFencedLeaderEpoch = 74,
  kUnknownLeaderEpoch = 75,
  kStaleBrokerEpoch = 77,
  kOffsetNotAvailable = 78,
  kPreferredLeaderNotAvailable = 80,
  kEligibleLeadersNotAvailable = 83,
  kElectionNotNeeded = 84,
  kDuplicateBrokerRegistration = 101,
  kBrokerIdNotRegistered = 102,
  kInvalidUpdateVersion = 95,
  kIneligibleReplica = 107,
  kNewLeaderElected = 108,
  // Not a wire error: the client's own verdicts on a record.
  kTimeout = 1000,         // org.apache.kafka.common.errors.TimeoutException (delivery.timeout.ms)
  kRecordTooLarge = 1001,  // RecordTooLargeException, raised in send()
  kBufferExhausted = 1002, // BufferExhaustedException (max.block.ms)
};
// "NOT_ENOUGH_REPLICAS" and so on; the client's own verdicts by their exception's name.
std::string_view error_name(ErrorCode code);
// Retriable by the client (C1.42); those that also force a metadata refresh.
bool is_retriable(ErrorCode code);
bool is_invalid_metadata(ErrorCode code);

// One entry of a leader-epoch cache: the first offset written in that epoch.
struct EpochEntry {
  LeaderEpoch epoch = kNoLeaderEpoch;
  Offset start;

  bool operator==(const EpochEntry&) const = default;
};

// Answer to "where does epoch e end in your log" (R1.10); epoch -1 means undefined.
struct EpochEnd {
  LeaderEpoch epoch = kNoLeaderEpoch;
  Offset end = kNoOffset;

  bool operator==(const EpochEnd&) const = default;
};

}  // namespace ackident
