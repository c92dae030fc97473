// "producers": their traffic, and their configuration with Kafka's rules between keys.
#include <algorithm>

#include "scenario/decode.h"

namespace ackident {
namespace {

bool has(const GivenConfig& given, std::string_view key) { return given.count(key) > 0; }

// C2.1: what enable.idempotence needs, and what an explicit contradiction is. In 0.11 a broker
// knows but the last batch of a producer (Kafka 0.11.0.0 KafkaProducer.java
// configureInflightRequests).
void resolve_idempotence(Decoder& decoder, const JsonNode& node, const GivenConfig& given,
                         ProducerConfig& config) {
  const bool asked = has(given, "enable.idempotence");
  if (!config.idempotence) return;
  // Before 3.0 asking for idempotence alone raises acks and retries to what it needs.
  if (asked && !has(given, "acks")) config.acks = Acks::kAll;
  if (asked && !has(given, "retries")) config.retries = 2'147'483'647;
  const std::int32_t most = decoder.version().number < 100 ? 1 : 5;
  if (asked && !has(given, "max.in.flight.requests.per.connection")) {
    config.max_in_flight = std::min(config.max_in_flight, most);
  }
  std::string conflict;
  if (config.acks != Acks::kAll) conflict = "acks=all";
  if (config.retries == 0) conflict = "retries above 0";
  const bool too_many = config.max_in_flight > most;
  if (too_many && conflict.empty()) {
    conflict = "max.in.flight.requests.per.connection at most " + std::to_string(most);
  }
  if (conflict.empty()) return;
  // From 4.0 too many requests in flight no longer switch it off by themselves.
  const bool silent = !asked && (decoder.version().number < 400 || !too_many ||
                                 config.acks != Acks::kAll || config.retries == 0);
  if (silent) {
    config.idempotence = false;
    return;
  }
  const std::string_view key =
      asked ? "enable.idempotence" : "max.in.flight.requests.per.connection";
  const JsonNode& place = has(given, key) ? *given.at(key) : node;
  decoder.problems.error(place, "enable.idempotence=true needs " + conflict +
                                    " (C2.1): Kafka refuses to start this producer");
}

// C1.29.
void resolve_delivery_timeout(Decoder& decoder, const JsonNode& node, const GivenConfig& given,
                              ProducerConfig& config) {
  const Duration least = config.linger + config.request_timeout;
  if (config.delivery_timeout >= least || decoder.version().number < 201) return;
  if (has(given, "delivery.timeout.ms")) {
    decoder.problems.error(
        *given.at("delivery.timeout.ms"),
        "delivery.timeout.ms must be at least linger.ms + request.timeout.ms = " +
            std::to_string(least.ms()) + " (C1.29)");
    return;
  }
  decoder.problems.warning(node,
                           "delivery.timeout.ms is raised to linger.ms + request.timeout.ms " +
                               ("= " + std::to_string(least.ms())) + " (C1.29)");
  config.delivery_timeout = least;
}

void decode_producer_config(Decoder& decoder, const JsonNode& place, const JsonNode* node,
                            ProducerConfig& config) {
  ConfigSlots slots;
  slots.producer = &config;
  store_config_defaults(ConfigScope::kProducer, decoder.version(), slots);
  GivenConfig given;
  if (node != nullptr) given = decode_config(decoder, *node, ConfigScope::kProducer, slots);
  resolve_idempotence(decoder, place, given, config);
  resolve_delivery_timeout(decoder, place, given, config);
}

// "record_size": 100, or [100, 1000].
void decode_record_size(Decoder& decoder, const JsonNode& node, Workload& workload) {
  const auto read = [&](const JsonNode& item) {
    return read_integer(item, decoder.problems, "record_size, in bytes,", 1, kRecordBytesMax)
        .value_or(100);
  };
  if (node.is_array() && node.children.size() != 2) {
    decoder.problems.error(node, "record_size is a number of bytes, or a list of least and most");
    return;
  }
  workload.record_bytes =
      static_cast<std::uint32_t>(read(node.is_array() ? node.children[0] : node));
  workload.record_bytes_max =
      node.is_array() ? static_cast<std::uint32_t>(read(node.children[1])) : workload.record_bytes;
  if (workload.record_bytes > workload.record_bytes_max) {
    decoder.problems.error(node, "the first number of record_size is the lesser one");
  }
}

Instant read_instant(Decoder& decoder, const JsonNode* node, std::string_view what,
                     Instant fallback) {
  if (node == nullptr) return fallback;
  const auto time = read_duration(*node, decoder.problems, what, Duration(), kScenarioTimeMax);
  return time ? Instant() + *time : fallback;
}

void decode_target(Decoder& decoder, ObjectReader& reader, Workload& workload) {
  const JsonNode* topic = reader.require("topic");
  const JsonNode* partition = reader.find("partition");
  if (topic == nullptr) return;
  const std::optional<TopicId> id = read_topic(decoder, *topic);
  if (!id) return;
  workload.topic = *id;
  const TopicInfo& info = decoder.composition().topics[id->value()];
  if (partition == nullptr) return;
  const auto index = read_integer(*partition, decoder.problems,
                                  "a partition of \"" + topic->text + "\"", 0, info.partitions - 1);
  if (index) {
    workload.partition = PartitionId(info.first.value() + static_cast<std::uint32_t>(*index));
  }
}

Workload decode_workload(Decoder& decoder, ObjectReader& reader) {
  Workload workload;
  decode_target(decoder, reader, workload);
  const Pace pace = decode_pace(decoder, reader);
  workload.interval = pace.interval;
  workload.burst = pace.burst;
  if (const JsonNode* node = reader.find("arrivals")) {
    workload.random_arrivals =
        read_one_of(*node, decoder.problems, "arrivals", {"fixed", "poisson"}) == 1;
  }
  if (const JsonNode* node = reader.find("record_size")) {
    decode_record_size(decoder, *node, workload);
  }
  if (const JsonNode* node = reader.find("count")) {
    workload.count_max = static_cast<std::uint64_t>(
        read_integer(*node, decoder.problems, "count", 0, kRecordsMax).value_or(0));
  }
  if (const JsonNode* node = reader.find("keys")) {
    workload.keys = static_cast<std::uint64_t>(
        read_integer(*node, decoder.problems, "keys", 0, kKeysMax).value_or(0));
    if (workload.keys > 0 && workload.partition != kNoPartition) {
      decoder.problems.error_at_key(*node,
                                    "keys choose the partition, and \"partition\" already "
                                    "does: leave out one of them");
    }
  }
  workload.start = read_instant(decoder, reader.find("start"), "start", Instant());
  const JsonNode* stop = reader.find("stop");
  workload.stop = read_instant(decoder, stop, "stop", kNever);
  if (workload.stop < workload.start) decoder.problems.error(*stop, "stop is before start");
  return workload;
}

void decode_producer(Decoder& decoder, const JsonNode& node, std::size_t number) {
  ObjectReader reader(node, decoder.problems, "a producer");
  if (!reader.valid()) return;
  std::string name = "p" + std::to_string(number + 1);
  const JsonNode* name_node = reader.find("name");
  if (name_node != nullptr) name = read_string(*name_node, decoder.problems).value_or(name);
  std::int64_t copies = 1;
  const JsonNode* copies_node = reader.find("copies");
  if (copies_node != nullptr) {
    copies = read_integer(*copies_node, decoder.problems, "copies", 1, kClientsMax).value_or(1);
  }
  const JsonNode* rack = reader.find("rack");
  ProducerInfo producer;
  producer.workload = decode_workload(decoder, reader);
  decode_producer_config(decoder, node, reader.find("config"), producer.config);
  reader.finish();
  Composition& composition = decoder.composition();
  for (std::int64_t i = 0; i < copies; ++i) {
    const auto index = static_cast<std::uint16_t>(composition.producers.size());
    if (index >= kClientsMax) {
      decoder.problems.error(node, "more than " + std::to_string(kClientsMax) + " clients");
      return;
    }
    producer.node = add_node(decoder, NodeKind::kProducer, index,
                             copies_node == nullptr ? name : name + "-" + std::to_string(i + 1),
                             name_node == nullptr ? &node : name_node, rack);
    composition.producers.push_back(producer);
  }
}

// One more than any bound: sums of it cannot overflow.
constexpr std::int64_t kTooMany = kRecordsInAllMax + 1;

// Records of arrivals of `burst` in a time.
std::int64_t records_in(Duration time, Duration interval, std::uint32_t burst) {
  if (time <= Duration() || interval <= Duration()) return 0;
  const std::int64_t arrivals = (time.ns() + interval.ns() - 1) / interval.ns();
  return arrivals > kRecordsInAllMax / burst ? kTooMany : arrivals * burst;
}

// At most: as if every change of a rate came beside the others, from its instant to the end.
std::int64_t records_of(const Decoder& decoder, const ProducerInfo& producer) {
  const Workload& workload = producer.workload;
  const Instant stop = std::min(workload.stop, decoder.end());
  std::int64_t records = records_in(stop - workload.start, workload.interval, workload.burst);
  for (const Fault& fault : decoder.scenario.setup.faults) {
    if (fault.action != FaultAction::kSetRate || fault.target.empty()) continue;
    if (fault.target[0].node != producer.node) continue;
    const Instant from = fault.trigger == TriggerKind::kAt ? fault.at : Instant();
    records += records_in(stop - from, fault.workload.interval, fault.workload.burst);
    if (records >= kTooMany) break;
  }
  const auto bound = std::min(workload.count_max, static_cast<std::uint64_t>(kTooMany));
  return std::min(records, static_cast<std::int64_t>(bound));
}

}  // namespace

// The run must end, and fit into memory.
void check_records_in_all(Decoder& decoder, ObjectReader& root) {
  std::int64_t records_max = kRecordsInAllDefault;
  if (const JsonNode* node = root.find("records_max")) {
    records_max = read_integer(*node, decoder.problems, "records_max", 1, kRecordsInAllMax)
                      .value_or(kRecordsInAllMax);
  }
  const JsonNode* node = root.find("producers");
  if (node == nullptr) return;
  std::int64_t records = 0;
  for (const ProducerInfo& producer : decoder.composition().producers) {
    records += records_of(decoder, producer);
  }
  // Numbers that are wrong have no sum.
  if (records <= records_max || !decoder.problems.ok()) return;
  const std::string more = records_max < kRecordsInAllMax ? ", or raise \"records_max\"" : "";
  decoder.problems.error(*node, "the producers could send more than " +
                                    std::to_string(records_max) +
                                    " records in all, which take up to " +
                                    std::to_string(records_max * kBytesPerBatch / 1'000'000) +
                                    " MB of memory: lower their rates or give a \"count\"" + more);
}

Pace decode_pace(Decoder& decoder, ObjectReader& reader) {
  Pace pace;
  if (const JsonNode* node = reader.find("burst")) {
    pace.burst = static_cast<std::uint32_t>(
        read_integer(*node, decoder.problems, "burst", 1, kBurstMax).value_or(1));
  }
  const JsonNode* rate = reader.find("rate");
  const JsonNode* every = reader.find("every");
  if (rate != nullptr && every != nullptr) {
    decoder.problems.error_at_key(*every, "give either \"rate\" or \"every\"");
  }
  if (rate != nullptr) {
    const auto parsed = rate->is_string() ? parse_rate(rate->text) : std::nullopt;
    if (!parsed || parsed->count_milli == 0) {
      decoder.problems.error(*rate, "a rate is records per s, m or h, such as \"100/s\"");
      return pace;
    }
    pace.interval = interval_of(*parsed, pace.burst);
  } else if (every != nullptr) {
    pace.interval =
        read_duration(*every, decoder.problems, "\"every\"", nanoseconds(1), kScenarioTimeMax)
            .value_or(pace.interval);
  }
  const std::int64_t least = std::int64_t{1'000'000'000} / kRatePerSecondMax * pace.burst;
  if (pace.interval.ns() < least) {
    decoder.problems.error(
        rate != nullptr ? *rate : reader.node(),
        "more than " + std::to_string(kRatePerSecondMax) + " records a second from one producer");
    pace.interval = Duration(least);
  }
  return pace;
}

void decode_producers(Decoder& decoder, ObjectReader& root) {
  const JsonNode* node = root.find("producers");
  if (node == nullptr) return;
  if (!node->is_array()) {
    report_kind(*node, decoder.problems, "a list of producers");
    return;
  }
  for (std::size_t i = 0; i < node->children.size(); ++i) {
    decode_producer(decoder, node->children[i], i);
  }
}

}  // namespace ackident
