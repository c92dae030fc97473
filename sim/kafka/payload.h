// Every message of the model: the closed list. A message is trivially copyable; lists of partitions
// live in the span pool of the message's type (base/span_pool.h), and the world releases them after
// the receiver's step. A receiver that keeps a list (purgatory) copies it into its own state.
//
// Where Kafka carries bytes these carry names: a batch by its header, log content by (epoch,
// offset) ranges of the ledger, metadata by an offset of the metadata log.
#pragma once

#include <array>
#include <string_view>
#include <type_traits>
#include <variant>

#include "base/span_pool.h"
#include "kafka/config.h"

namespace ackident {

// ---- Produce ----
struct ProducePart {
  PartitionId partition;
  std::uint32_t count = 0;  // records in the batch
  std::uint32_t bytes = 0;
  BatchNumber number;                      // the client's own batch number
  ProducerId producer_id = kNoProducerId;  // kNoProducerId: not idempotent
  ProducerEpoch producer_epoch;
  Sequence base_sequence = kNoSequence;
  std::int64_t record_bytes_max = 0;  // largest record (max.message.bytes is checked on bytes)
};
struct ProduceRequest {
  Correlation correlation;
  Acks acks = Acks::kAll;
  Duration timeout;  // the producer's request.timeout.ms (R2.9)
  PoolSpan<ProducePart> parts;
};
struct ProduceResult {
  PartitionId partition;
  BatchNumber number;
  ErrorCode error = ErrorCode::kNone;
  NodeId leader_hint = kNoNode;  // KIP-951 (R2.20)
  LeaderEpoch leader_hint_epoch = kNoLeaderEpoch;
  Offset base = kNoOffset;
};
struct ProduceResponse {
  Correlation correlation;
  PoolSpan<ProduceResult> parts;
};

// ---- Fetch (followers and consumers) ----
struct FetchPart {
  PartitionId partition;
  LeaderEpoch current_epoch = kNoLeaderEpoch;       // kNoLeaderEpoch: do not check
  LeaderEpoch last_fetched_epoch = kNoLeaderEpoch;  // kNoLeaderEpoch: no divergence check
  std::int32_t bytes_max = 0;
  Offset offset;
  Offset log_start;
};
struct FetchRequest {
  Correlation correlation;
  bool from_replica = false;  // a follower (reads to LEO) or a consumer (to HW)
  BrokerEpoch broker_epoch = kNoBrokerEpoch;
  Duration wait_max;
  std::int64_t bytes_min = 1;
  std::int64_t bytes_max = 0;
  PoolSpan<FetchPart> parts;
};
struct FetchResult {
  PartitionId partition;
  ErrorCode error = ErrorCode::kNone;
  NodeId leader_hint = kNoNode;  // with NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH
  LeaderEpoch leader_hint_epoch = kNoLeaderEpoch;
  LeaderEpoch epoch = kNoLeaderEpoch;  // the records below all carry this leader epoch; a fetch
                                       // over an epoch boundary is cut there
  LeaderEpoch leader_epoch = kNoLeaderEpoch;  // the leader's epoch when it answered
  std::uint32_t bytes = 0;
  Offset from;  // records [from, to) are delivered
  Offset to;
  Offset high_watermark = kNoOffset;
  Offset log_start;
  EpochEnd diverging;  // epoch >= 0: the logs part here (R3.24)
};
struct FetchResponse {
  Correlation correlation;
  PoolSpan<FetchResult> parts;
};

// ---- Offsets and epochs ----
enum class OffsetSpec : std::uint8_t { kLatest, kEarliest };
struct ListOffsetsRequest {  // one partition a request
  Correlation correlation;
  PartitionId partition;
  OffsetSpec spec{};
  bool from_replica = false;  // a follower asks for LEO (R3.29); a client for HW
  LeaderEpoch current_epoch = kNoLeaderEpoch;
};
struct ListOffsetsResponse {
  Correlation correlation;
  PartitionId partition;
  ErrorCode error = ErrorCode::kNone;
  OffsetSpec spec{};
  Offset offset = kNoOffset;
};
struct OffsetsForLeaderEpochRequest {  // one partition a request (R3.31, C4.20)
  Correlation correlation;
  PartitionId partition;
  bool from_replica = false;
  LeaderEpoch current_epoch = kNoLeaderEpoch;
  LeaderEpoch epoch = kNoLeaderEpoch;
};
struct OffsetsForLeaderEpochResponse {
  Correlation correlation;
  PartitionId partition;
  ErrorCode error = ErrorCode::kNone;
  EpochEnd end;
};

// ---- Clients ----
struct MetadataRequest {
  Correlation correlation;
};
struct MetadataResponse {
  Correlation correlation;
  MetadataOffset offset;  // replay the metadata log up to here
};
struct InitProducerIdRequest {
  Correlation correlation;
};
struct InitProducerIdResponse {
  Correlation correlation;
  ErrorCode error = ErrorCode::kNone;
  ProducerId producer_id = kNoProducerId;
  ProducerEpoch producer_epoch;
};

// ---- Brokers and the controller ----
struct BrokerRegistrationRequest {  // R5.18
  Correlation correlation;
  Incarnation incarnation;
  bool clean = false;  // the clean-shutdown marker was found (R5.47)
};
struct BrokerRegistrationResponse {
  Correlation correlation;
  ErrorCode error = ErrorCode::kNone;
  BrokerEpoch epoch = kNoBrokerEpoch;
};
struct BrokerHeartbeatRequest {  // R5.21
  Correlation correlation;
  BrokerEpoch epoch;
  MetadataOffset metadata_offset;
  bool want_fence = false;
  bool want_shutdown = false;
};
struct BrokerHeartbeatResponse {
  Correlation correlation;
  ErrorCode error = ErrorCode::kNone;
  bool caught_up = false;
  bool fenced = true;
  bool should_shutdown = false;
};
struct IsrMember {
  NodeId broker = kNoNode;
  BrokerEpoch epoch = kNoBrokerEpoch;  // kNoBrokerEpoch: not known, not checked
  bool operator==(const IsrMember&) const = default;
};
struct AlterPartitionPart {  // R4.8
  PartitionId partition;
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;
  InlineVec<IsrMember, kReplicasMax> isr;
};
struct AlterPartitionRequest {
  Correlation correlation;
  BrokerEpoch broker_epoch;
  PoolSpan<AlterPartitionPart> parts;
};
struct AlterPartitionResult {
  PartitionId partition;
  ErrorCode error = ErrorCode::kNone;
  PartitionEpoch partition_epoch;
  LeaderEpoch leader_epoch;
  ReplicaList isr;
};
struct AlterPartitionResponse {
  Correlation correlation;
  ErrorCode error = ErrorCode::kNone;
  PoolSpan<AlterPartitionResult> parts;
};
struct MetadataFetchRequest {  // a broker observes the metadata log (R5.12)
  Correlation correlation;
  MetadataOffset offset;
};
struct MetadataFetchResponse {
  Correlation correlation;
  MetadataOffset high_watermark;  // committed: apply up to here
};

// ---- From the operator (the scenario's commands), delivered by the world without a network ----
enum class ElectionKind : std::uint8_t { kPreferred, kUnclean };
struct ElectLeadersCommand {
  PartitionId partition;
  ElectionKind kind{};
};
struct AlterTopicConfigCommand {
  TopicId topic;
  TopicConfig config;
};
struct ReassignCommand {  // reserved for reassignment; refused at load for now
  PartitionId partition;
  ReplicaList replicas;
};
struct WorkloadCommand {  // change a producer's rate at run time
  Duration interval;
  std::uint32_t burst = 1;
};
struct ProcessingCommand {  // change a consumer's time per record at run time
  Duration per_record;
};

// ---- From the network itself ----
enum class DisconnectReason : std::uint8_t {
  kReset,         // the peer's kernel closed the connection (process death, close)
  kRefused,       // nobody listens
  kSetupTimeout,  // no answer to the connection attempt (C0.4)
};
// Which connection of the pair: brokers keep several to the same peer.
enum class Channel : std::uint8_t {
  kClient,          // a client's connection to a broker
  kReplication,     // a follower's fetcher to the leader
  kLifecycle,       // a broker's registration and heartbeats to the controller
  kAlterPartition,  // a broker's AlterPartition to the controller
  kMetadata,        // a broker's observer fetches to the controller
};
inline constexpr std::uint32_t kChannels = 5;
struct Disconnected {
  Channel channel{};
  DisconnectReason reason{};
  bool initiator = false;  // this node had opened the connection
};

// C1.36: the newest request to this broker, which gets no answer, is all in the socket.
struct SendCompleted {};
// The connection to this broker is open; clients alone are told.
struct Connected {};

// Append at the end: the index is part of the digest.
using Payload =
    std::variant<ProduceRequest, ProduceResponse, FetchRequest, FetchResponse, ListOffsetsRequest,
                 ListOffsetsResponse, OffsetsForLeaderEpochRequest, OffsetsForLeaderEpochResponse,
                 MetadataRequest, MetadataResponse, InitProducerIdRequest, InitProducerIdResponse,
                 BrokerRegistrationRequest, BrokerRegistrationResponse, BrokerHeartbeatRequest,
                 BrokerHeartbeatResponse, AlterPartitionRequest, AlterPartitionResponse,
                 MetadataFetchRequest, MetadataFetchResponse, ElectLeadersCommand,
                 AlterTopicConfigCommand, ReassignCommand, WorkloadCommand, ProcessingCommand,
                 Disconnected, SendCompleted, Connected>;
static_assert(std::is_trivially_copyable_v<Payload>);
static_assert(sizeof(Payload) <= 64);

// What kind of message it is: for each that is sent.
struct PayloadInfo {
  std::string_view name;
  bool request = false;  // opens the connection's turn
  bool response = false;
  Channel channel{};  // of requests from clients; replication is told by the two ends
};
namespace payload_infos {
extern const std::array<PayloadInfo, std::variant_size_v<Payload>> kAll;  // in the variant's order
}  // namespace payload_infos
inline const PayloadInfo& payload_info(std::size_t index) { return payload_infos::kAll[index]; }
// "ProduceRequest", as traces, gates and faults name it.
inline std::string_view payload_name(std::size_t index) { return payload_info(index).name; }

// The lists of every message in flight.
struct PayloadPools {
  SpanPool<ProducePart> produce_parts;
  SpanPool<ProduceResult> produce_results;
  SpanPool<FetchPart> fetch_parts;
  SpanPool<FetchResult> fetch_results;
  SpanPool<AlterPartitionPart> alter_parts;
  SpanPool<AlterPartitionResult> alter_results;

  // Gives back what the message owns.
  void release(const Payload& payload) {
    if (const auto* fetch = std::get_if<FetchRequest>(&payload)) {
      fetch_parts.release(fetch->parts);
    } else if (const auto* fetched = std::get_if<FetchResponse>(&payload)) {
      fetch_results.release(fetched->parts);
    } else if (const auto* produce = std::get_if<ProduceRequest>(&payload)) {
      produce_parts.release(produce->parts);
    } else if (const auto* produced = std::get_if<ProduceResponse>(&payload)) {
      produce_results.release(produced->parts);
    } else if (const auto* alter = std::get_if<AlterPartitionRequest>(&payload)) {
      alter_parts.release(alter->parts);
    } else if (const auto* altered = std::get_if<AlterPartitionResponse>(&payload)) {
      alter_results.release(altered->parts);
    }
  }
  void reset();
};
// Bytes on the wire, for bandwidth: headers are estimates, batches are exact.
std::int64_t payload_bytes(const Payload& payload, const PayloadPools& pools);

}  // namespace ackident
