// Kafka's own keys under "config".
#include "scenario/decode.h"

namespace ackident {
namespace {

// The value as server.properties would spell it; empty if it is no scalar.
std::string spelled_value(const JsonNode& node) {
  if (node.kind == JsonKind::kBool) return node.boolean ? "true" : "false";
  if (node.is_string() || node.kind == JsonKind::kNumber) return node.text;
  return "";
}

struct Place {
  ConfigScope scope;
  std::string_view where;
};
constexpr std::array<Place, 6> kPlaces = {{{ConfigScope::kTopic, "a topic's config"},
                                           {ConfigScope::kCluster, "cluster.config"},
                                           {ConfigScope::kBroker, "a broker's config"},
                                           {ConfigScope::kController, "cluster.controller.config"},
                                           {ConfigScope::kProducer, "a producer's config"},
                                           {ConfigScope::kConsumer, "a consumer's config"}}};

std::string_view place_name(ConfigScope scope) {
  for (const Place& place : kPlaces) {
    if (place.scope == scope) return place.where;
  }
  return "";
}

// Where else the model knows the key; empty: nowhere.
std::string other_places(std::string_view name) {
  std::string out;
  for (const Place& place : kPlaces) {
    if (find_config_key(name, place.scope) == nullptr) continue;
    out += (out.empty() ? "" : " or ") + std::string(place.where);
  }
  return out;
}

void report_unknown(Decoder& decoder, const JsonNode& node, ConfigScope scope) {
  const std::string quoted = "\"" + node.key + "\"";
  const std::string elsewhere = other_places(node.key);
  if (!elsewhere.empty()) {
    decoder.problems.error_at_key(
        node,
        quoted + " does not belong in " + std::string(place_name(scope)) + " but in " + elsewhere);
    return;
  }
  if (is_unmodelled_config(node.key)) {
    decoder.problems.warning(node, quoted + " is not modelled and has no effect here");
    return;
  }
  std::vector<std::string_view> names;
  for (const ConfigKey& key : config_keys()) {
    if (key.in(scope)) names.push_back(key.name);
  }
  std::string hint = did_you_mean(node.key, names);
  if (hint.empty()) hint = did_you_mean(node.key, unmodelled_configs());
  decoder.problems.error_at_key(node, quoted + " is no configuration key of Kafka" + hint);
}

}  // namespace

GivenConfig decode_config(Decoder& decoder, const JsonNode& node, ConfigScope scope,
                          const ConfigSlots& slots) {
  GivenConfig given;
  if (!node.is_object()) {
    report_kind(node, decoder.problems, "an object of Kafka's configuration keys");
    return given;
  }
  for (const JsonNode& child : node.children) {
    const std::string spelled = spelled_value(child);
    if (const RefusedConfig* refused = find_refused_config(child.key)) {
      if (spelled != refused->harmless) {
        decoder.problems.error_at_key(
            child, "\"" + child.key + "\" is refused: " + std::string(refused->reason));
      }
      continue;
    }
    const ConfigKey* key = find_config_key(child.key, scope);
    if (key == nullptr) {
      report_unknown(decoder, child, scope);
      continue;
    }
    if (decoder.version().number < key->since || decoder.version().number >= key->until) {
      decoder.problems.warning(child, "\"" + child.key + "\" does not exist in Kafka " +
                                          std::string(version_name(decoder.version())) +
                                          " and has no effect");
      continue;
    }
    std::string why;
    const std::optional<std::int64_t> value = parse_config_value(*key, spelled, why);
    if (!value) {
      decoder.problems.error(child, why + (spelled.empty() ? "" : ", not \"" + spelled + "\""));
      continue;
    }
    store_config(*key, slots, *value);
    given.emplace(key->name, &child);
  }
  return given;
}

// C0.3: who sets reconnect.backoff.ms and not its maximum switches the exponential growth off.
void resolve_reconnect_backoff(const GivenConfig& given, ClientConfig& config) {
  const bool alone =
      given.count("reconnect.backoff.ms") > 0 && given.count("reconnect.backoff.max.ms") == 0;
  if (alone) config.reconnect_backoff_max = config.reconnect_backoff;
}

}  // namespace ackident
