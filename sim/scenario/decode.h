// The parts of the loader, and what they share. Each part reads its member of the file, reports
// what is wrong and leaves something usable behind, so that the next part can look for errors too.
// Order: head, cluster, topics, clients, network, faults, expectations.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/config_table.h"
#include "scenario/limits.h"
#include "scenario/reader.h"
#include "scenario/scenario.h"

namespace ackident {

template <class T>
using NameMap = std::map<std::string, T, std::less<>>;

struct Decoder {
  Diagnostics& problems;
  Scenario& scenario;
  TopicShape shape_defaults;   // cluster.config
  TopicConfig topic_defaults;  // cluster.config
  NameMap<NodeId> nodes;       // by name; brokers also by id
  NameMap<std::uint16_t> racks;
  NameMap<TopicId> topics;
  NameMap<std::uint16_t> groups;
  std::vector<const JsonNode*> node_places;  // by NodeId: where it was declared; null: nowhere
  // By NodeId: named no rack of its own, stands in kDefaultRack.
  std::vector<bool> rackless;

  [[nodiscard]] Composition& composition() const { return scenario.setup.composition; }
  [[nodiscard]] Names& names() const { return scenario.setup.names; }
  [[nodiscard]] KafkaVersion version() const { return scenario.version; }
  [[nodiscard]] Instant end() const { return scenario.setup.duration; }
};
inline constexpr std::string_view kDefaultRack = "default";

// load.cc
void decode_head(Decoder& decoder, ObjectReader& root);
// decode_cluster.cc
void decode_cluster(Decoder& decoder, ObjectReader& root);
NodeId add_node(Decoder& decoder, NodeKind kind, std::uint16_t index, const std::string& name,
                const JsonNode* place, const JsonNode* rack);
// decode_network.cc
void decode_network(Decoder& decoder, const JsonNode* network);
// decode_topics.cc
void decode_topics(Decoder& decoder, ObjectReader& root);
// decode_producers.cc, decode_consumers.cc
void decode_producers(Decoder& decoder, ObjectReader& root);
// After the faults, which may change rates: the memory of a run is bounded by its records.
void check_records_in_all(Decoder& decoder, ObjectReader& root);
void decode_consumers(Decoder& decoder, ObjectReader& root);
// decode_faults.cc, decode_trigger.cc, decode_action.cc
void decode_faults(Decoder& decoder, ObjectReader& root);
void decode_trigger(Decoder& decoder, ObjectReader& reader, Fault& fault);
void decode_action(Decoder& decoder, ObjectReader& reader, Fault& fault);
// "Truncated(b2, orders/0)#1", or the same in full.
FactTrigger decode_fact_trigger(Decoder& decoder, const JsonNode& node);
// decode_window.cc: "at" or "after", "within", "holds"; nothing if they ask for an instant of the
// clock, or for the end.
std::optional<When> decode_window(Decoder& decoder, ObjectReader& reader);
// "share", in 1/1000 of the seeds.
std::int32_t decode_share(Decoder& decoder, ObjectReader& reader);
// decode_expect.cc
void decode_expectations(Decoder& decoder, ObjectReader& root);

// ---- Shared readers ----

// decode_config.cc. Kafka keys of one place; the keys that were given, with their values' nodes.
using GivenConfig = std::map<std::string_view, const JsonNode*>;
GivenConfig decode_config(Decoder& decoder, const JsonNode& node, ConfigScope scope,
                          const ConfigSlots& slots);
// What reconnect.backoff.ms alone means for its maximum.
void resolve_reconnect_backoff(const GivenConfig& given, ClientConfig& config);

// decode_selector.cc
std::optional<TopicId> read_topic(Decoder& decoder, const JsonNode& node);
std::optional<PartitionId> read_partition(Decoder& decoder, const JsonNode& node);
std::optional<PartitionId> find_partition(Decoder& decoder, const JsonNode& node,
                                          std::string_view text);
std::optional<Selector> parse_selector(Decoder& decoder, const JsonNode& node,
                                       std::string_view text);
// A selector or a list of them.
std::vector<Selector> read_selectors(Decoder& decoder, const JsonNode& node);
// A node by its name; brokers also by id.
std::optional<NodeId> read_node(Decoder& decoder, const JsonNode& node);
std::optional<NodeId> read_node_of_kind(Decoder& decoder, const JsonNode& node, NodeKind kind,
                                        std::string_view what);
std::optional<FactKind> find_fact(Decoder& decoder, const JsonNode& node, std::string_view name);

// decode_producers.cc: rate, every and burst of `reader`, as an interval between arrivals.
struct Pace {
  Duration interval;
  std::uint32_t burst = 1;
};
Pace decode_pace(Decoder& decoder, ObjectReader& reader);
// decode_consumers.cc: processing_time or processing_rate.
std::optional<Duration> decode_processing(Decoder& decoder, ObjectReader& reader);

// A name that can stand in a selector: letters, digits, '.', '_', '-', at most 249.
bool is_plain_name(std::string_view name);
// Keys of a NameMap, for "did you mean".
template <class T>
std::vector<std::string_view> names_of(const NameMap<T>& map) {
  std::vector<std::string_view> out;
  for (const auto& entry : map) out.push_back(entry.first);
  return out;
}

// What the node's key names; `what`: of which kind it is.
template <class T>
std::optional<T> find_key(Decoder& decoder, const NameMap<T>& map, const JsonNode& node,
                          std::string_view what) {
  const auto found = map.find(node.key);
  if (found != map.end()) return found->second;
  decoder.problems.error_at_key(node, "there is no " + std::string(what) + " \"" + node.key + "\"" +
                                          did_you_mean(node.key, names_of(map)));
  return std::nullopt;
}

}  // namespace ackident
