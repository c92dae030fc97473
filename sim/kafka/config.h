// Configuration after resolution: every value that the model reads, typed, with units. The table
// that maps Kafka's own keys (spelt as in server.properties) to these members, with defaults by
// version, is kafka/config_table.{h,cc}. Values here have been validated at load.
#pragma once

#include <cstdint>
#include <limits>

#include "base/time.h"
#include "kafka/behaviour.h"
#include "kafka/mutants.h"
#include "kafka/types.h"

namespace ackident {

inline constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

// Broker settings (kafka-replication.md section 10). A topic may override the first group.
struct TopicConfig {
  std::int32_t min_insync_replicas = 1;        // min.insync.replicas
  bool unclean_leader_election = false;        // unclean.leader.election.enable
  std::int64_t max_message_bytes = 1'048'588;  // max.message.bytes
  std::int64_t flush_messages = kUnlimited;    // flush.messages (R1.13)

  bool operator==(const TopicConfig&) const = default;
};

struct BrokerConfig {
  Duration replica_lag_time_max = milliseconds(30'000);        // replica.lag.time.max.ms
  Duration replica_fetch_wait_max = milliseconds(500);         // replica.fetch.wait.max.ms
  std::int64_t replica_fetch_min_bytes = 1;                    // replica.fetch.min.bytes
  std::int64_t replica_fetch_max_bytes = 1'048'576;            // replica.fetch.max.bytes
  std::int64_t replica_fetch_response_max_bytes = 10'485'760;  // replica.fetch.response.max.bytes
  Duration replica_fetch_backoff = milliseconds(1'000);        // replica.fetch.backoff.ms
  Duration replica_socket_timeout = milliseconds(30'000);      // replica.socket.timeout.ms
  Duration request_timeout = milliseconds(30'000);             // request.timeout.ms
  Duration hw_checkpoint_interval =
      milliseconds(5'000);  // replica.high.watermark.checkpoint.interval.ms
  Duration recovery_point_interval =
      milliseconds(60'000);                           // log.flush.offset.checkpoint.interval.ms
  Duration heartbeat_interval = milliseconds(2'000);  // broker.heartbeat.interval.ms
  Duration session_timeout = milliseconds(9'000);     // broker.session.timeout.ms
  Duration zookeeper_session_timeout = milliseconds(18'000);  // zookeeper.session.timeout.ms
  bool controlled_shutdown = true;                            // controlled.shutdown.enable
  std::int64_t socket_receive_buffer = 102'400;               // socket.receive.buffer.bytes
  Duration startup_time = milliseconds(2'000);  // ours: process start until logs begin to load
  Duration recovery_time = Duration();          // ours: extra log recovery after an unclean stop
};

struct ControllerConfig {
  Duration session_timeout = milliseconds(9'000);  // broker.session.timeout.ms
  Duration append_linger = milliseconds(25);       // controller.quorum.append.linger.ms
  Duration metadata_max_wait = milliseconds(500);  // observer long poll (R5.12)
  bool auto_leader_rebalance = true;               // auto.leader.rebalance.enable
  Duration leader_imbalance_check = seconds(300);  // leader.imbalance.check.interval.seconds
  Duration unclean_election_interval =
      milliseconds(300'000);                                  // unclean.leader.election.interval.ms
  Duration zookeeper_session_timeout = milliseconds(18'000);  // zookeeper.session.timeout.ms
};

// What both kinds of client have (C0).
struct ClientConfig {
  Duration request_timeout = milliseconds(30'000);           // request.timeout.ms
  Duration retry_backoff = milliseconds(100);                // retry.backoff.ms
  Duration retry_backoff_max = milliseconds(1'000);          // retry.backoff.max.ms
  Duration reconnect_backoff = milliseconds(50);             // reconnect.backoff.ms
  Duration reconnect_backoff_max = milliseconds(1'000);      // reconnect.backoff.max.ms
  Duration connection_setup_timeout = milliseconds(10'000);  // socket.connection.setup.timeout.ms
  Duration connection_setup_timeout_max =
      milliseconds(30'000);                           // socket.connection.setup.timeout.max.ms
  Duration metadata_max_age = milliseconds(300'000);  // metadata.max.age.ms
  std::int64_t send_buffer = 131'072;                 // send.buffer.bytes
};

struct ProducerConfig : ClientConfig {
  Acks acks = Acks::kAll;                               // acks
  bool idempotence = true;                              // enable.idempotence, resolved (C2.1)
  std::int32_t max_in_flight = 5;                       // max.in.flight.requests.per.connection
  std::int64_t retries = 2'147'483'647;                 // retries
  Duration delivery_timeout = milliseconds(120'000);    // delivery.timeout.ms
  Duration linger = Duration();                         // linger.ms
  std::int64_t batch_size = 16'384;                     // batch.size
  std::int64_t buffer_memory = 33'554'432;              // buffer.memory
  Duration max_block = milliseconds(60'000);            // max.block.ms
  std::int64_t max_request_size = 1'048'576;            // max.request.size
  bool adaptive_partitioning = true;                    // partitioner.adaptive.partitioning.enable
  Duration transaction_timeout = milliseconds(60'000);  // reserved: transactions are not modelled
};

enum class OffsetReset : std::uint8_t { kLatest, kEarliest, kNone };

struct ConsumerConfig : ClientConfig {
  std::int64_t fetch_min_bytes = 1;                     // fetch.min.bytes
  Duration fetch_max_wait = milliseconds(500);          // fetch.max.wait.ms
  std::int64_t fetch_max_bytes = 52'428'800;            // fetch.max.bytes
  std::int64_t max_partition_fetch_bytes = 1'048'576;   // max.partition.fetch.bytes
  std::int64_t max_poll_records = 500;                  // max.poll.records
  bool auto_commit = true;                              // enable.auto.commit
  Duration auto_commit_interval = milliseconds(5'000);  // auto.commit.interval.ms
  OffsetReset offset_reset = OffsetReset::kLatest;      // auto.offset.reset
};

// ---- The composition of a cluster: what never changes during a run. ----

struct TopicInfo {
  PartitionId first;  // its partitions are first .. first + partitions - 1
  std::uint32_t partitions = 1;
  TopicConfig config;  // at creation; changes travel as metadata records
};

enum class NodeKind : std::uint8_t { kController, kBroker, kProducer, kConsumer };

// A producer's traffic. The application calls send() at these times; if buffer.memory is exhausted
// send() blocks (C1.4) and the schedule shifts.
struct Workload {
  TopicId topic;
  Instant start;                                // first send
  Instant stop = kNever;                        // no send at or after this
  std::uint64_t count_max = ~std::uint64_t{0};  // records in all
  // One arrival every `interval`; with `random_arrivals` the gaps are exponential of that mean.
  Duration interval = milliseconds(10);
  bool random_arrivals = false;
  std::uint32_t burst = 1;               // records per arrival
  std::uint32_t record_bytes = 100;      // size of each record, or the least size ...
  std::uint32_t record_bytes_max = 100;  // ... of a uniform range
  std::uint64_t keys = 0;                // 0: no key; n: uniform over n keys "k0".."k<n-1>"
  PartitionId partition = kNoPartition;  // explicit partition, if given
};

struct ProducerInfo {
  NodeId node;
  ProducerConfig config;
  Workload workload;
};

struct AssignedPartition {
  PartitionId partition;
};

struct ConsumerInfo {
  NodeId node;
  std::uint16_t group = 0;  // index of the group
  ConsumerConfig config;
  Instant start;          // when the process starts to poll
  Instant stop = kNever;  // when it closes cleanly
  // Time to process one record: a slow consumer builds lag. 0: as fast as records come.
  Duration per_record = Duration();
  std::uint32_t assigned_first = 0;  // its partitions: Composition::assigned[first .. first+count)
  std::uint32_t assigned_count = 0;
};

// One node: kind, and index within its kind.
struct NodeInfo {
  NodeKind kind{};
  std::uint16_t index = 0;
};

}  // namespace ackident
