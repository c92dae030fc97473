// "cluster": brokers, the controller, their configuration.
#include <algorithm>

#include "scenario/decode.h"

namespace ackident {
namespace {

constexpr std::array<std::string_view, 5> kReserved = {"controller", "brokers", "clients",
                                                       "everyone", "random-broker"};

struct BrokerSpec {
  std::int64_t id = 0;
  std::string rack;  // from cluster.racks
  const JsonNode* node = nullptr;
};

std::uint16_t rack_named(Decoder& decoder, const std::string& name) {
  TopologySpec& topology = decoder.scenario.setup.topology;
  const auto [at, added] =
      decoder.racks.try_emplace(name, static_cast<std::uint16_t>(topology.racks.size()));
  if (added) topology.racks.push_back(name);
  return at->second;
}

NodeId add_node_in(Decoder& decoder, NodeKind kind, std::uint16_t index, const std::string& name,
                   const JsonNode* place, const std::string& rack) {
  Composition& composition = decoder.composition();
  const NodeId id(static_cast<std::uint16_t>(composition.nodes.size()));
  composition.nodes.push_back({kind, index});
  decoder.names().nodes.push_back(name);
  decoder.node_places.push_back(place);
  decoder.rackless.push_back(rack.empty());
  decoder.scenario.setup.topology.rack_of.push_back(
      rack_named(decoder, rack.empty() ? std::string(kDefaultRack) : rack));
  if (!decoder.nodes.try_emplace(name, id).second && place != nullptr) {
    decoder.problems.error(*place, "the name \"" + name + "\" is taken");
  }
  return id;
}

std::string read_rack(Decoder& decoder, const JsonNode* rack) {
  if (rack == nullptr || !read_string(*rack, decoder.problems)) return "";
  if (is_plain_name(rack->text)) return rack->text;
  decoder.problems.error(*rack, "a rack's name is made of letters, digits, '.', '_' and '-'");
  return "";
}

void decode_times(Decoder& decoder, ObjectReader& reader, BrokerConfig& config) {
  if (const JsonNode* node = reader.find("startup_time")) {
    const auto time =
        read_duration(*node, decoder.problems, "startup_time", Duration(), kLatencyMax);
    if (time) config.startup_time = *time;
  }
  if (const JsonNode* node = reader.find("recovery_time")) {
    const auto time =
        read_duration(*node, decoder.problems, "recovery_time", Duration(), kLatencyMax);
    if (time) config.recovery_time = *time;
  }
}

// "brokers": 3, with the racks of "racks" in turn.
std::vector<BrokerSpec> numbered_brokers(Decoder& decoder, const JsonNode& node,
                                         const JsonNode* racks) {
  std::vector<BrokerSpec> out;
  std::vector<std::string> names;
  if (racks != nullptr) {
    for (const JsonNode* rack : one_or_many(*racks)) names.push_back(read_rack(decoder, rack));
    if (names.empty()) decoder.problems.error(*racks, "the list names no rack");
  }
  const auto count = read_integer(node, decoder.problems, "the number of brokers", 1, kBrokersMax);
  for (std::int64_t i = 0; i < count.value_or(kReplicasMax); ++i) {
    out.push_back(
        {i + 1, names.empty() ? "" : names[static_cast<std::size_t>(i) % names.size()], nullptr});
  }
  return out;
}

std::vector<BrokerSpec> listed_brokers(Decoder& decoder, const JsonNode& node) {
  std::vector<BrokerSpec> out;
  if (node.children.empty() || node.children.size() > kBrokersMax) {
    decoder.problems.error(node, "a cluster has from 1 to " + std::to_string(kBrokersMax) +
                                     " brokers, not " + std::to_string(node.children.size()));
    return {{1, "", nullptr}};
  }
  for (const JsonNode& item : node.children) {
    ObjectReader reader(item, decoder.problems, "a broker");
    const JsonNode* id = reader.require("id");
    std::optional<std::int64_t> number;
    if (id != nullptr) {
      number = read_integer(*id, decoder.problems, "a broker's id", 0, kBrokerIdMax);
    }
    const auto taken = [&](const BrokerSpec& other) { return number && other.id == *number; };
    if (std::any_of(out.begin(), out.end(), taken)) {
      decoder.problems.error(*id, "two brokers have the id " + id->text);
    }
    out.push_back({number.value_or(-1), read_rack(decoder, reader.find("rack")), &item});
  }
  return out;
}

void decode_broker(Decoder& decoder, const BrokerSpec& spec, const BrokerConfig& defaults) {
  Composition& composition = decoder.composition();
  const auto index = static_cast<std::uint16_t>(composition.brokers.size());
  const NodeId id = add_node_in(decoder, NodeKind::kBroker, index, "b" + std::to_string(spec.id),
                                nullptr, spec.rack);
  decoder.nodes.try_emplace(std::to_string(spec.id), id);
  decoder.names().broker_ids.push_back(static_cast<std::int32_t>(spec.id));
  composition.brokers.push_back(defaults);
  if (spec.node == nullptr) return;
  ObjectReader reader(*spec.node, decoder.problems, "a broker");
  for (const std::string_view known : {"id", "rack"}) reader.find(known);
  decode_times(decoder, reader, composition.brokers.back());
  if (const JsonNode* config = reader.find("config")) {
    ConfigSlots slots;
    slots.broker = &composition.brokers.back();
    decode_config(decoder, *config, ConfigScope::kBroker, slots);
  }
  reader.finish();
}

void decode_controller(Decoder& decoder, const JsonNode* node, BrokerConfig& broker_defaults) {
  const JsonNode* rack = nullptr;
  if (node != nullptr) {
    ObjectReader reader(*node, decoder.problems, "cluster.controller");
    rack = reader.find("rack");
    if (const JsonNode* config = reader.find("config")) {
      // Sessions are the controller's to judge, and the brokers' to keep: both learn of them.
      ConfigSlots slots;
      slots.controller = &decoder.composition().controller_config;
      slots.broker = &broker_defaults;
      decode_config(decoder, *config, ConfigScope::kController, slots);
    }
    reader.finish();
  }
  decoder.composition().controller =
      add_node_in(decoder, NodeKind::kController, 0, "controller", node, read_rack(decoder, rack));
}

}  // namespace

NodeId add_node(Decoder& decoder, NodeKind kind, std::uint16_t index, const std::string& name,
                const JsonNode* place, const JsonNode* rack) {
  if (place != nullptr) {
    const bool digits =
        std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!is_plain_name(name) || digits) {
      decoder.problems.error(*place, "\"" + name +
                                         "\" cannot name a client: use letters, digits, '.', '_' " +
                                         "and '-', and not digits alone");
    }
    if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) {
      decoder.problems.error(*place, "\"" + name + "\" is a word of selectors");
    }
  }
  return add_node_in(decoder, kind, index, name, place, read_rack(decoder, rack));
}

void decode_cluster(Decoder& decoder, ObjectReader& root) {
  const JsonNode* node = root.require("cluster");
  static const JsonNode kEmpty = [] {
    JsonNode empty;
    empty.kind = JsonKind::kObject;
    return empty;
  }();
  ObjectReader reader(node == nullptr ? kEmpty : *node, decoder.problems, "cluster");
  reader.refuse("controllers", "a controller quorum is not modelled yet: there is one controller");
  Composition& composition = decoder.composition();
  BrokerConfig broker_defaults;
  ConfigSlots slots;
  slots.shape = &decoder.shape_defaults;
  slots.topic = &decoder.topic_defaults;
  slots.broker = &broker_defaults;
  slots.controller = &composition.controller_config;
  store_config_defaults(ConfigScope::kCluster, decoder.version(), slots);
  if (const JsonNode* config = reader.find("config")) {
    decode_config(decoder, *config, ConfigScope::kCluster, slots);
  }
  decode_times(decoder, reader, broker_defaults);
  decode_controller(decoder, reader.find("controller"), broker_defaults);

  const JsonNode* brokers = node == nullptr ? nullptr : reader.require("brokers");
  const JsonNode* racks = reader.find("racks");
  std::vector<BrokerSpec> specs = {{1, "", nullptr}};
  if (brokers != nullptr && brokers->is_array()) {
    specs = listed_brokers(decoder, *brokers);
    if (racks != nullptr) {
      decoder.problems.error_at_key(*racks,
                                    "\"racks\" goes with a number of brokers; in a list "
                                    "each broker names its own rack");
    }
  } else if (brokers != nullptr) {
    specs = numbered_brokers(decoder, *brokers, racks);
  }
  composition.broker_first = NodeId(static_cast<std::uint16_t>(composition.nodes.size()));
  composition.broker_count = static_cast<std::uint16_t>(specs.size());
  composition.brokers.reserve(specs.size());
  for (const BrokerSpec& spec : specs) decode_broker(decoder, spec, broker_defaults);
  reader.find("network");
  reader.finish();
}

}  // namespace ackident
