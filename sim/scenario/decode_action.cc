// What a fault does, and to whom. Each action is the key of its argument.
#include "scenario/decode.h"

namespace ackident {
namespace {

struct ActionInfo {
  std::string_view key;
  FaultAction action;
  bool reverts;  // "for" undoes it
};
constexpr std::array<ActionInfo, 17> kActions = {{
    {"kill", FaultAction::kKill, true},
    {"shutdown", FaultAction::kShutdown, true},
    {"start", FaultAction::kStart, false},
    {"freeze", FaultAction::kFreeze, true},
    {"resume", FaultAction::kResume, false},
    {"power_loss", FaultAction::kPowerLoss, true},
    {"disk_wipe", FaultAction::kDiskWipe, true},
    {"cut", FaultAction::kCut, true},
    {"heal", FaultAction::kHeal, false},
    {"slow_link", FaultAction::kSlowLink, true},
    {"slow_broker", FaultAction::kSlowBroker, true},
    {"hold", FaultAction::kHold, true},
    {"release", FaultAction::kRelease, false},
    {"elect", FaultAction::kElect, false},
    {"alter_config", FaultAction::kAlterConfig, false},
    {"set_rate", FaultAction::kSetRate, false},
    {"set_processing", FaultAction::kSetProcessing, false},
}};

Selector everyone() {
  Selector selector;
  selector.kind = SelectorKind::kEveryone;
  return selector;
}

Selector one_node(NodeId node) {
  Selector selector;
  selector.kind = SelectorKind::kNode;
  selector.node = node;
  return selector;
}

// {"from": S, "to": S}, or S alone: between S and everyone.
void decode_ends(Decoder& decoder, const JsonNode& node, ObjectReader* reader, Fault& fault) {
  if (reader == nullptr) {
    fault.target = read_selectors(decoder, node);
    fault.to = {everyone()};
    return;
  }
  if (const JsonNode* from = reader->require("from")) {
    fault.target = read_selectors(decoder, *from);
  }
  const JsonNode* to = reader->find("to");
  fault.to = to == nullptr ? std::vector<Selector>{everyone()} : read_selectors(decoder, *to);
}

void decode_link_action(Decoder& decoder, const JsonNode& node, Fault& fault) {
  if (fault.action == FaultAction::kHeal && node.is_string() && node.text == "all") return;
  if (!node.is_object()) return decode_ends(decoder, node, nullptr, fault);
  ObjectReader reader(node, decoder.problems, "\"" + node.key + "\"");
  decode_ends(decoder, node, &reader, fault);
  reader.finish();
}

Duration decode_delay(Decoder& decoder, ObjectReader& reader) {
  const JsonNode* delay = reader.require("delay");
  if (delay == nullptr) return Duration();
  return read_duration(*delay, decoder.problems, "delay", Duration(), kLatencyMax)
      .value_or(Duration());
}

void decode_slow(Decoder& decoder, const JsonNode& node, Fault& fault) {
  ObjectReader reader(node, decoder.problems, "\"" + node.key + "\"");
  fault.delay = decode_delay(decoder, reader);
  if (fault.action == FaultAction::kSlowLink) {
    decode_ends(decoder, node, &reader, fault);
  } else if (const JsonNode* target = reader.require("target")) {
    fault.target = read_selectors(decoder, *target);
  }
  reader.finish();
}

std::uint8_t read_message(Decoder& decoder, const JsonNode& node) {
  constexpr std::size_t kCount = std::variant_size_v<Payload>;
  std::vector<std::string_view> names;
  if (!read_string(node, decoder.problems)) return 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    // Commands and disconnections do not travel over a link.
    const std::string_view name = payload_name(i);
    if (!name.ends_with("Request") && !name.ends_with("Response")) continue;
    if (name == node.text) return static_cast<std::uint8_t>(i);
    names.push_back(name);
  }
  const std::string hint = did_you_mean(node.text, names);
  decoder.problems.error(node, "there is no message \"" + node.text + "\"" +
                                   (hint.empty() ? "; there are: " + list_names(names) : hint));
  return 0;
}

void decode_hold(Decoder& decoder, const JsonNode& node, Fault& fault) {
  ObjectReader reader(node, decoder.problems, "\"" + node.key + "\"");
  if (const JsonNode* message = reader.require("message")) {
    fault.held_payload = read_message(decoder, *message);
  }
  decode_ends(decoder, node, &reader, fault);
  reader.finish();
}

void decode_elect(Decoder& decoder, const JsonNode& node, Fault& fault) {
  fault.election = ElectionKind::kPreferred;
  if (node.is_string()) {
    fault.partition = read_partition(decoder, node).value_or(kNoPartition);
    return;
  }
  ObjectReader reader(node, decoder.problems, "\"elect\"");
  if (const JsonNode* partition = reader.require("partition")) {
    fault.partition = read_partition(decoder, *partition).value_or(kNoPartition);
  }
  if (const JsonNode* kind = reader.find("kind")) {
    const auto found =
        read_one_of(*kind, decoder.problems, "kind", {"preferred", "unclean"}).value_or(0);
    fault.election = found == 0 ? ElectionKind::kPreferred : ElectionKind::kUnclean;
    if (found != 0 && decoder.version().number < 204) {
      decoder.problems.warning(
          *kind, "Kafka obeys no command to elect a leader outside the ISR before 2.4 (KIP-460)");
    }
  }
  reader.finish();
}

void decode_alter_config(Decoder& decoder, const JsonNode& node, Fault& fault) {
  ObjectReader reader(node, decoder.problems, "\"alter_config\"");
  const JsonNode* topic = reader.require("topic");
  const JsonNode* config = reader.require("config");
  reader.finish();
  if (topic == nullptr || config == nullptr) return;
  const std::optional<TopicId> id = read_topic(decoder, *topic);
  if (!id) return;
  fault.topic = *id;
  TopicConfig values;
  ConfigSlots slots;
  slots.topic = &values;
  decode_config(decoder, *config, ConfigScope::kTopic, slots);
  TopicConfigChange& change = fault.change;
  for (const JsonNode& key : config->children) {
    if (key.key == "min.insync.replicas") change.min_insync_replicas = values.min_insync_replicas;
    if (key.key == "max.message.bytes") change.max_message_bytes = values.max_message_bytes;
    if (key.key == "flush.messages") change.flush_messages = values.flush_messages;
    if (key.key == "unclean.leader.election.enable") {
      change.unclean_leader_election = values.unclean_leader_election;
    }
  }
}

void decode_set_rate(Decoder& decoder, const JsonNode& node, Fault& fault) {
  ObjectReader reader(node, decoder.problems, "\"set_rate\"");
  if (const JsonNode* producer = reader.require("producer")) {
    const auto id = read_node_of_kind(decoder, *producer, NodeKind::kProducer, "producer");
    if (id) fault.target = {one_node(*id)};
  }
  if (reader.find("rate") == nullptr && reader.find("every") == nullptr) {
    decoder.problems.error(node, "\"set_rate\" needs \"rate\" or \"every\"");
  }
  const Pace pace = decode_pace(decoder, reader);
  fault.workload.interval = pace.interval;
  fault.workload.burst = pace.burst;
  reader.finish();
}

void decode_set_processing(Decoder& decoder, const JsonNode& node, Fault& fault) {
  ObjectReader reader(node, decoder.problems, "\"set_processing\"");
  if (const JsonNode* consumer = reader.require("consumer")) {
    const auto id = read_node_of_kind(decoder, *consumer, NodeKind::kConsumer, "consumer");
    if (id) fault.target = {one_node(*id)};
  }
  if (reader.find("processing_time") == nullptr && reader.find("processing_rate") == nullptr) {
    decoder.problems.error(node,
                           "\"set_processing\" needs \"processing_time\" or "
                           "\"processing_rate\"");
  }
  fault.processing.per_record = decode_processing(decoder, reader).value_or(Duration());
  reader.finish();
}

// The controller's log has no second copy here, and clients have none.
void decode_disk_wipe(Decoder& decoder, const JsonNode& node, Fault& fault) {
  fault.target = read_selectors(decoder, node);
  for (const Selector& selector : fault.target) {
    const bool broker = selector.kind == SelectorKind::kNode
                            ? decoder.composition().node(selector.node).kind == NodeKind::kBroker
                            : selector.kind != SelectorKind::kController &&
                                  selector.kind != SelectorKind::kClients &&
                                  selector.kind != SelectorKind::kEveryone;
    if (broker) continue;
    decoder.problems.error(node, "disk_wipe is of brokers: no other node's disk is modelled");
    return;
  }
}

void decode_argument(Decoder& decoder, const JsonNode& node, Fault& fault) {
  switch (fault.action) {
    case FaultAction::kKill:
    case FaultAction::kShutdown:
    case FaultAction::kStart:
    case FaultAction::kFreeze:
    case FaultAction::kResume:
    case FaultAction::kPowerLoss: fault.target = read_selectors(decoder, node); return;
    case FaultAction::kDiskWipe: return decode_disk_wipe(decoder, node, fault);
    case FaultAction::kCut:
    case FaultAction::kHeal: return decode_link_action(decoder, node, fault);
    case FaultAction::kSlowLink:
    case FaultAction::kSlowBroker: return decode_slow(decoder, node, fault);
    case FaultAction::kHold:
    case FaultAction::kRelease: return decode_hold(decoder, node, fault);
    case FaultAction::kElect: return decode_elect(decoder, node, fault);
    case FaultAction::kAlterConfig: return decode_alter_config(decoder, node, fault);
    case FaultAction::kSetRate: return decode_set_rate(decoder, node, fault);
    case FaultAction::kSetProcessing: return decode_set_processing(decoder, node, fault);
  }
}

// A key that goes with some actions only.
const JsonNode* find_for(Decoder& decoder, ObjectReader& reader, std::string_view key, bool fits,
                         std::string_view where) {
  const JsonNode* node = reader.find(key);
  if (node == nullptr || fits) return node;
  decoder.problems.error_at_key(*node,
                                "\"" + std::string(key) + "\" goes with " + std::string(where));
  return nullptr;
}

void decode_details(Decoder& decoder, ObjectReader& reader, const ActionInfo& info, Fault& fault) {
  const bool cut = info.action == FaultAction::kCut;
  const bool link = cut || info.action == FaultAction::kHeal;
  if (const JsonNode* node =
          find_for(decoder, reader, "for", info.reverts,
                   "kill, shutdown, freeze, power_loss, disk_wipe, cut, slow_link, slow_broker "
                   "and hold: what can be undone")) {
    fault.revert_after =
        read_duration(*node, decoder.problems, "\"for\"", nanoseconds(1), kScenarioTimeMax)
            .value_or(Duration());
  }
  if (const JsonNode* node = find_for(decoder, reader, "both_ways", link, "cut and heal")) {
    fault.both_ways = read_bool(*node, decoder.problems).value_or(true);
  }
  if (const JsonNode* node = find_for(decoder, reader, "reset", cut, "cut")) {
    fault.reset_connections = read_bool(*node, decoder.problems).value_or(false);
  }
  if (const JsonNode* node =
          find_for(decoder, reader, "lose", info.action == FaultAction::kPowerLoss, "power_loss")) {
    fault.lose_records =
        read_integer(*node, decoder.problems, "lose, in records,", 0, kRecordsMax * kClientsMax)
            .value_or(-1);
  }
  if (const JsonNode* node = reader.find("note")) read_string(*node, decoder.problems);
}

}  // namespace

void decode_action(Decoder& decoder, ObjectReader& reader, Fault& fault) {
  const ActionInfo* info = nullptr;
  const JsonNode* argument = nullptr;
  const std::size_t errors_before = decoder.problems.count();
  reader.refuse("reassign", "reassignment is not modelled yet");
  reader.refuse("disk_fail", "the failure of one of several disks is not modelled yet");
  for (const ActionInfo& action : kActions) {
    const JsonNode* node = reader.find(action.key);
    if (node == nullptr) continue;
    if (info != nullptr) {
      decoder.problems.error_at_key(
          *node, "a fault has one action; this one has \"" + std::string(info->key) + "\" too");
      continue;
    }
    info = &action;
    argument = node;
  }
  if (info == nullptr) {
    static constexpr ActionInfo kNone = {"", FaultAction::kStart, false};
    decode_details(decoder, reader, kNone, fault);
    if (decoder.problems.count() > errors_before) return;
    std::vector<std::string_view> names;
    for (const ActionInfo& action : kActions) names.push_back(action.key);
    decoder.problems.error(reader.node(), "a fault needs an action: one of " + list_names(names));
    return;
  }
  fault.action = info->action;
  decode_argument(decoder, *argument, fault);
  decode_details(decoder, reader, *info, fault);
}

}  // namespace ackident
