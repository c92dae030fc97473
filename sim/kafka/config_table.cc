#include "kafka/config_table.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace ackident {
namespace {

void assign(Duration& to, std::int64_t value) { to = milliseconds(value); }
void assign(bool& to, std::int64_t value) { to = value != 0; }
void assign(std::int32_t& to, std::int64_t value) { to = static_cast<std::int32_t>(value); }
void assign(std::int64_t& to, std::int64_t value) { to = value; }
void assign(Acks& to, std::int64_t value) { to = static_cast<Acks>(value); }
void assign(OffsetReset& to, std::int64_t value) { to = static_cast<OffsetReset>(value); }

template <auto Member>
void shape(const ConfigSlots& slots, std::int64_t value) {
  if (slots.shape != nullptr) assign(slots.shape->*Member, value);
}
template <auto Member>
void topic(const ConfigSlots& slots, std::int64_t value) {
  if (slots.topic != nullptr) assign(slots.topic->*Member, value);
}
template <auto Member>
void broker(const ConfigSlots& slots, std::int64_t value) {
  if (slots.broker != nullptr) assign(slots.broker->*Member, value);
}
template <auto Member>
void controller(const ConfigSlots& slots, std::int64_t value) {
  if (slots.controller != nullptr) assign(slots.controller->*Member, value);
}
template <auto BrokerMember, auto ControllerMember>
void both(const ConfigSlots& slots, std::int64_t value) {
  broker<BrokerMember>(slots, value);
  controller<ControllerMember>(slots, value);
}
template <auto Member>
void producer(const ConfigSlots& slots, std::int64_t value) {
  if (slots.producer != nullptr) assign(slots.producer->*Member, value);
}
template <auto Member>
void consumer(const ConfigSlots& slots, std::int64_t value) {
  if (slots.consumer != nullptr) assign(slots.consumer->*Member, value);
}
template <auto Member>
void client(const ConfigSlots& slots, std::int64_t value) {
  producer<Member>(slots, value);
  consumer<Member>(slots, value);
}

constexpr std::uint8_t scope(ConfigScope a) { return static_cast<std::uint8_t>(a); }
constexpr std::uint8_t kTopicKey = scope(ConfigScope::kTopic);
constexpr std::uint8_t kClusterKey = scope(ConfigScope::kCluster);
constexpr std::uint8_t kTopicAndCluster = kTopicKey | kClusterKey;
constexpr std::uint8_t kBrokerKey = kClusterKey | scope(ConfigScope::kBroker);
constexpr std::uint8_t kControllerKey = kClusterKey | scope(ConfigScope::kController);
constexpr std::uint8_t kProducerKey = scope(ConfigScope::kProducer);
constexpr std::uint8_t kConsumerKey = scope(ConfigScope::kConsumer);
constexpr std::uint8_t kClientKey = kProducerKey | kConsumerKey;

constexpr std::int64_t kInt = 2'147'483'647;
constexpr std::int64_t kLong = kUnlimited;

using enum ConfigType;

// Columns: name, places, type, newest default, default before, bounds, effect, target, since,
// until.
// clang-format off
std::vector<ConfigKey> topic_and_replication_keys() {
  return {
      // ---- topics, and their defaults for the cluster ----
      {"num.partitions", kClusterKey, kCount, "1", {}, 1, 20'000,
       "Partitions of a topic that does not say how many.", shape<&TopicShape::partitions>},
      {"default.replication.factor", kClusterKey, kCount, "1", {}, 1, 8,
       "Replicas of a topic that does not say how many.", shape<&TopicShape::replication_factor>},
      {"min.insync.replicas", kTopicAndCluster, kCount, "1", {}, 1, kInt,
       "acks=all is refused while the ISR is smaller (R2.1); from 3.7 it also holds back the high "
       "watermark (R3.20).",
       topic<&TopicConfig::min_insync_replicas>},
      {"unclean.leader.election.enable", kTopicAndCluster, kBool, "false", {11, "true"}, 0, 1,
       "A replica outside the ISR may lead when no member is left; what it lacks is lost (R5.35, "
       "R9.5).",
       topic<&TopicConfig::unclean_leader_election>},
      {"max.message.bytes", kTopicKey, kBytes, "1048588", {205, "1000012"}, 0, kInt,
       "Larger batches are answered MESSAGE_TOO_LARGE (R2.1).",
       topic<&TopicConfig::max_message_bytes>},
      {"message.max.bytes", kClusterKey, kBytes, "1048588", {205, "1000012"}, 0, kInt,
       "Default of max.message.bytes for all topics (R2.1).",
       topic<&TopicConfig::max_message_bytes>},
      {"flush.messages", kTopicKey, kCount, "9223372036854775807", {}, 1, kLong,
       "fsync within the append after so many records: what a power loss can take (R1.13).",
       topic<&TopicConfig::flush_messages>},
      {"log.flush.interval.messages", kClusterKey, kCount, "9223372036854775807", {}, 1, kLong,
       "Default of flush.messages for all topics (R1.13).", topic<&TopicConfig::flush_messages>},
      // ---- brokers: replication ----
      {"replica.lag.time.max.ms", kBrokerKey, kMillis, "30000", {205, "10000"}, 1, kInt,
       "A follower that has not caught up for so long leaves the ISR; checked every half of it "
       "(R4.4).",
       broker<&BrokerConfig::replica_lag_time_max>},
      {"replica.fetch.wait.max.ms", kBrokerKey, kMillis, "500", {}, 0, kInt,
       "Long poll of a follower; an idle follower learns the high watermark that late (R3.21).",
       broker<&BrokerConfig::replica_fetch_wait_max>},
      {"replica.fetch.min.bytes", kBrokerKey, kBytes, "1", {}, 0, kInt,
       "A follower's fetch waits until so much is there (R3.8).",
       broker<&BrokerConfig::replica_fetch_min_bytes>},
      {"replica.fetch.max.bytes", kBrokerKey, kBytes, "1048576", {}, 0, kInt,
       "Most bytes per partition in one follower fetch.",
       broker<&BrokerConfig::replica_fetch_max_bytes>},
      {"replica.fetch.response.max.bytes", kBrokerKey, kBytes, "10485760", {}, 0, kInt,
       "Most bytes in one follower fetch: how fast a follower catches up.",
       broker<&BrokerConfig::replica_fetch_response_max_bytes>},
      {"replica.fetch.backoff.ms", kBrokerKey, kMillis, "1000", {}, 0, kInt,
       "Pause of a partition's fetching after an error (R3.4).",
       broker<&BrokerConfig::replica_fetch_backoff>},
      {"replica.socket.timeout.ms", kBrokerKey, kMillis, "30000", {}, 1, kInt,
       "A follower that cannot connect to its leader gives up after this.",
       broker<&BrokerConfig::replica_socket_timeout>},
      {"request.timeout.ms", kBrokerKey, kMillis, "30000", {}, 1, kInt,
       "A follower gives up a fetch that its leader does not answer after this.",
       broker<&BrokerConfig::request_timeout>},
      {"replica.high.watermark.checkpoint.interval.ms", kBrokerKey, kMillis, "5000", {}, 1, kInt,
       "How stale the high watermark of a restarted replica is (R1.16).",
       broker<&BrokerConfig::hw_checkpoint_interval>},
      {"log.flush.offset.checkpoint.interval.ms", kBrokerKey, kMillis, "60000", {}, 1, kInt,
       "How much log is scanned after an unclean stop (R1.15).",
       broker<&BrokerConfig::recovery_point_interval>},
      {"socket.receive.buffer.bytes", kBrokerKey | kControllerKey, kBytes, "102400", {}, -1, kInt,
       "What the host of a frozen broker takes of acks=0 besides; -1: 131072 (C1.36).",
       broker<&BrokerConfig::socket_receive_buffer>},
      {"controlled.shutdown.enable", kBrokerKey, kBool, "true", {}, 0, 1,
       "On SIGTERM leaderships move away before the process ends (R5.39).",
       broker<&BrokerConfig::controlled_shutdown>},
  };
}

std::vector<ConfigKey> broker_and_client_keys() {
  return {
      // ---- brokers and the controller ----
      {"broker.heartbeat.interval.ms", kBrokerKey, kMillis, "2000", {}, 1, kInt,
       "Heartbeats to the controller (R5.21).", broker<&BrokerConfig::heartbeat_interval>},
      {"broker.session.timeout.ms", kControllerKey, kMillis, "9000", {}, 1, kInt,
       "A broker silent for so long is fenced and loses its leaderships (R5.24).",
       both<&BrokerConfig::session_timeout, &ControllerConfig::session_timeout>},
      {"zookeeper.session.timeout.ms", kControllerKey, kMillis, "18000", {205, "6000"}, 1, kInt,
       "Without KRaft: a dead broker is noticed after this (R9.1).",
       both<&BrokerConfig::zookeeper_session_timeout, &ControllerConfig::zookeeper_session_timeout>,
       0, 400},
      {"controller.quorum.append.linger.ms", kControllerKey, kMillis, "25", {}, 0, kInt,
       "The controller gathers records so long before it commits them (R5.9).",
       controller<&ControllerConfig::append_linger>},
      {"auto.leader.rebalance.enable", kControllerKey, kBool, "true", {}, 0, 1,
       "Leadership returns to the preferred replica by itself (R5.38).",
       controller<&ControllerConfig::auto_leader_rebalance>},
      {"leader.imbalance.check.interval.seconds", kControllerKey, kSeconds, "300", {}, 1, 2'000'000,
       "How often the preferred leaders are looked after (R5.38).",
       controller<&ControllerConfig::leader_imbalance_check>},
      {"unclean.leader.election.interval.ms", kControllerKey, kMillis, "300000", {}, 1, kInt,
       "How soon unclean.leader.election.enable, set at run time, helps an offline partition "
       "(R5.35).",
       controller<&ControllerConfig::unclean_election_interval>, 309},
      // ---- both kinds of client ----
      {"request.timeout.ms", kProducerKey, kMillis, "30000", {}, 0, kInt,
       "A request without an answer is given up; also how long the leader waits for the ISR "
       "(C0.5, R2.9).",
       producer<&ClientConfig::request_timeout>},
      {"request.timeout.ms", kConsumerKey, kMillis, "30000", {200, "305000"}, 0, kInt,
       "A request without an answer is given up and the connection closed (C0.5).",
       consumer<&ClientConfig::request_timeout>},
      {"retry.backoff.ms", kClientKey, kMillis, "100", {}, 0, kInt,
       "Pause before a retry (C0.2).", client<&ClientConfig::retry_backoff>},
      {"retry.backoff.max.ms", kClientKey, kMillis, "1000", {}, 0, kInt,
       "Greatest pause before a retry (C0.2).", client<&ClientConfig::retry_backoff_max>, 307},
      {"reconnect.backoff.ms", kClientKey, kMillis, "50", {}, 0, kInt,
       "Pause before connecting again (C0.3).", client<&ClientConfig::reconnect_backoff>},
      {"reconnect.backoff.max.ms", kClientKey, kMillis, "1000", {}, 0, kInt,
       "Greatest pause before connecting again; if only reconnect.backoff.ms is given, the same "
       "(C0.3).",
       client<&ClientConfig::reconnect_backoff_max>, 11},
      {"socket.connection.setup.timeout.ms", kClientKey, kMillis, "10000", {}, 1, kInt,
       "A connection attempt to a silent host is given up (C0.4).",
       client<&ClientConfig::connection_setup_timeout>, 207},
      {"socket.connection.setup.timeout.max.ms", kClientKey, kMillis, "30000", {}, 1, kInt,
       "Greatest such wait after repeated failures (C0.4).",
       client<&ClientConfig::connection_setup_timeout_max>, 207},
      {"metadata.max.age.ms", kClientKey, kMillis, "300000", {}, 0, kInt,
       "Metadata is asked for again after this at the latest (C0.10).",
       client<&ClientConfig::metadata_max_age>},
      {"send.buffer.bytes", kClientKey, kBytes, "131072", {}, -1, kInt,
       "Of acks=0, what counts as sent although its broker is silent; -1: 16384 (C1.36).",
       client<&ClientConfig::send_buffer>},
  };
}

std::vector<ConfigKey> producer_and_consumer_keys() {
  return {
      // ---- producers ----
      {"acks", kProducerKey, kAcks, "all", {300, "1"}, -1, 1,
       "Whether the answer waits for nobody, the leader or the whole ISR (C1.21).",
       producer<&ProducerConfig::acks>},
      {"enable.idempotence", kProducerKey, kBool, "true", {300, "false"}, 0, 1,
       "Retries neither duplicate nor reorder within one producer session (C2.1).",
       producer<&ProducerConfig::idempotence>, 11},
      {"max.in.flight.requests.per.connection", kProducerKey, kCount, "5", {}, 1, kInt,
       "More than one, without idempotence, lets retries reorder (C0.7, C1.33).",
       producer<&ProducerConfig::max_in_flight>},
      {"retries", kProducerKey, kCount, "2147483647", {201, "0"}, 0, kInt,
       "How often a batch is sent again before it fails (C1.28).",
       producer<&ProducerConfig::retries>},
      {"delivery.timeout.ms", kProducerKey, kMillis, "120000", {}, 0, kInt,
       "From send() to the final failure (C1.29).",
       producer<&ProducerConfig::delivery_timeout>, 201},
      {"linger.ms", kProducerKey, kMillis, "5", {400, "0"}, 0, kInt,
       "A batch waits so long for more records (C1.12).", producer<&ProducerConfig::linger>},
      {"batch.size", kProducerKey, kBytes, "16384", {}, 0, kInt,
       "A batch is full at this size (C1.13).", producer<&ProducerConfig::batch_size>},
      {"buffer.memory", kProducerKey, kBytes, "33554432", {}, 0, kLong,
       "When it is used up send() blocks (C1.4).", producer<&ProducerConfig::buffer_memory>},
      {"max.block.ms", kProducerKey, kMillis, "60000", {}, 0, kInt,
       "How long send() blocks for memory or metadata (C1.1).",
       producer<&ProducerConfig::max_block>},
      {"max.request.size", kProducerKey, kBytes, "1048576", {}, 0, kInt,
       "Most bytes of one record and of one request (C1.3, C1.14).",
       producer<&ProducerConfig::max_request_size>},
      {"partitioner.adaptive.partitioning.enable", kProducerKey, kBool, "true", {303, "false"},
       0, 1,
       "Records without a key go rather to partitions with short queues (C1.10).",
       producer<&ProducerConfig::adaptive_partitioning>, 303},
      // ---- consumers ----
      {"fetch.min.bytes", kConsumerKey, kBytes, "1", {}, 0, kInt,
       "A fetch waits until so much is there (C4.14).", consumer<&ConsumerConfig::fetch_min_bytes>},
      {"fetch.max.wait.ms", kConsumerKey, kMillis, "500", {}, 0, kInt,
       "Longest wait of a fetch (C4.14).", consumer<&ConsumerConfig::fetch_max_wait>},
      {"fetch.max.bytes", kConsumerKey, kBytes, "52428800", {}, 0, kInt,
       "Most bytes of a fetch (C4.4).", consumer<&ConsumerConfig::fetch_max_bytes>},
      {"max.partition.fetch.bytes", kConsumerKey, kBytes, "1048576", {}, 0, kInt,
       "Most bytes per partition of a fetch (C4.4).",
       consumer<&ConsumerConfig::max_partition_fetch_bytes>},
      {"max.poll.records", kConsumerKey, kCount, "500", {}, 1, kInt,
       "Most records of one poll(): what is processed between two commits (C4.5).",
       consumer<&ConsumerConfig::max_poll_records>},
      {"enable.auto.commit", kConsumerKey, kBool, "true", {}, 0, 1,
       "poll() commits the position by itself (C6.5).", consumer<&ConsumerConfig::auto_commit>},
      {"auto.commit.interval.ms", kConsumerKey, kMillis, "5000", {}, 0, kInt,
       "How often: what a restarted consumer reads again (C6.5).",
       consumer<&ConsumerConfig::auto_commit_interval>},
      {"auto.offset.reset", kConsumerKey, kOffsetReset, "latest", {}, 0, 2,
       "Where a group without a valid offset begins: latest skips, earliest repeats (C4.19).",
       consumer<&ConsumerConfig::offset_reset>},
  };
}
// clang-format on

std::vector<ConfigKey> make_table() {
  std::vector<ConfigKey> table = topic_and_replication_keys();
  for (const auto& keys : {broker_and_client_keys(), producer_and_consumer_keys()}) {
    table.insert(table.end(), keys.begin(), keys.end());
  }
  return table;
}

std::optional<std::int64_t> parse_named(ConfigType type, std::string_view spelled) {
  struct Word {
    ConfigType type;
    std::string_view word;
    std::int64_t value;
  };
  static constexpr std::array<Word, 9> kWords = {
      {{kBool, "true", 1},
       {kBool, "false", 0},
       {kAcks, "all", -1},
       {kAcks, "-1", -1},
       {kAcks, "0", 0},
       {kAcks, "1", 1},
       {kOffsetReset, "latest", static_cast<std::int64_t>(OffsetReset::kLatest)},
       {kOffsetReset, "earliest", static_cast<std::int64_t>(OffsetReset::kEarliest)},
       {kOffsetReset, "none", static_cast<std::int64_t>(OffsetReset::kNone)}}};
  for (const Word& word : kWords) {
    if (word.type == type && word.word == spelled) return word.value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view config_type_name(ConfigType type) {
  switch (type) {
    case kBool: return "true or false";
    case kCount: return "a whole number";
    case kBytes: return "bytes, a whole number";
    case kMillis: return "milliseconds, a whole number";
    case kSeconds: return "seconds, a whole number";
    case kAcks: return "0, 1 or all";
    case kOffsetReset: return "latest, earliest or none";
  }
  return "";
}

const std::vector<ConfigKey>& config_keys() {
  static const std::vector<ConfigKey> table = make_table();
  return table;
}

const ConfigKey* find_config_key(std::string_view name, ConfigScope scope) {
  for (const ConfigKey& key : config_keys()) {
    if (key.name == name && key.in(scope)) return &key;
  }
  return nullptr;
}

std::string_view config_default(const ConfigKey& key, KafkaVersion version) {
  return version.number < key.era.before ? key.era.value : key.standard;
}

std::optional<std::int64_t> parse_config_value(const ConfigKey& key, std::string_view spelled,
                                               std::string& why) {
  const std::string name(key.name);
  why = name + " is " + std::string(config_type_name(key.type));
  if (key.type == kBool || key.type == kAcks || key.type == kOffsetReset) {
    return parse_named(key.type, spelled);
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(spelled.data(), spelled.data() + spelled.size(), value);
  if (error != std::errc() || end != spelled.data() + spelled.size()) return std::nullopt;
  if (value >= key.least && value <= key.most) return value;
  why += " from " + std::to_string(key.least) + " to " + std::to_string(key.most);
  return std::nullopt;
}

void store_config(const ConfigKey& key, const ConfigSlots& slots, std::int64_t value) {
  key.store(slots, key.type == kSeconds ? value * 1'000 : value);
}

void store_config_defaults(ConfigScope scope, KafkaVersion version, const ConfigSlots& slots) {
  for (const ConfigKey& key : config_keys()) {
    if (!key.in(scope)) continue;
    std::string why;
    const std::optional<std::int64_t> value =
        parse_config_value(key, config_default(key, version), why);
    SIM_CHECK(value.has_value());
    store_config(key, slots, *value);
  }
}

}  // namespace ackident
