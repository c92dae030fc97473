// "topics": partitions, where their replicas are, configuration.
#include <algorithm>

#include "scenario/decode.h"
#include "scenario/placement.h"

namespace ackident {
namespace {

using Assignment = std::vector<ReplicaList>;

BrokersByRack brokers_by_rack(const Decoder& decoder) {
  const Composition& composition = decoder.composition();
  const TopologySpec& topology = decoder.scenario.setup.topology;
  // R5.51: racks by name, brokers by id; no rack is one group.
  std::map<std::string_view, std::vector<std::uint16_t>> by_name;
  for (std::uint16_t i = 0; i < composition.broker_count; ++i) {
    const std::size_t node = composition.broker_node(i).value();
    const std::string_view rack =
        decoder.rackless[node] ? "" : std::string_view(topology.racks[topology.rack_of[node]]);
    by_name[rack].push_back(i);
  }
  const std::vector<std::int32_t>& ids = decoder.names().broker_ids;
  BrokersByRack out;
  for (auto& entry : by_name) {
    std::sort(entry.second.begin(), entry.second.end(),
              [&](std::uint16_t a, std::uint16_t b) { return ids[a] < ids[b]; });
    out.push_back(std::move(entry.second));
  }
  return out;
}

// "replicas": [[1, 2, 3], ["b2", "b3", "b1"]], preferred leader first (R5.55).
ReplicaList read_replicas(Decoder& decoder, const JsonNode& node) {
  ReplicaList replicas;
  if (!node.is_array() || node.children.empty() || node.children.size() > kReplicasMax) {
    decoder.problems.error(node, "the replicas of a partition are a list of 1 to " +
                                     std::to_string(kReplicasMax) + " brokers");
    return replicas;
  }
  for (const JsonNode& item : node.children) {
    const bool named = item.is_string() || item.kind == JsonKind::kNumber;
    if (!named) {
      report_kind(item, decoder.problems, "a broker's id or name");
      continue;
    }
    const auto found = decoder.nodes.find(item.text);
    if (found == decoder.nodes.end() || !decoder.composition().is_broker(found->second)) {
      decoder.problems.error(item, "there is no broker \"" + item.text + "\"" +
                                       did_you_mean(item.text, names_of(decoder.nodes)));
    } else if (replicas.contains(found->second)) {
      decoder.problems.error(item, "broker " + item.text + " is listed twice");
    } else {
      replicas.push_back(found->second);
    }
  }
  return replicas;
}

Assignment explicit_assignment(Decoder& decoder, ObjectReader& reader, const JsonNode& node) {
  for (const std::string_view key : {"partitions", "replication_factor", "placement"}) {
    if (const JsonNode* other = reader.find(key)) {
      decoder.problems.error_at_key(*other,
                                    "\"replicas\" already says the partitions and their "
                                    "replicas: leave out \"" +
                                        std::string(key) + "\"");
    }
  }
  Assignment out;
  if (!node.is_array() || node.children.empty() || node.children.size() > kPartitionsMax) {
    decoder.problems.error(node,
                           "\"replicas\" is a list with the brokers of each partition, such "
                           "as [[1, 2, 3], [2, 3, 1]]");
    return Assignment(1);
  }
  for (const JsonNode& item : node.children) {
    out.push_back(read_replicas(decoder, item));
    // As Kafka's controller does (ReplicationControlManager validateManualPartitionAssignment).
    if (item.children.size() == node.children[0].children.size()) continue;
    decoder.problems.error(item, "every partition of a topic has as many replicas as the first, " +
                                     std::to_string(node.children[0].children.size()));
  }
  return out;
}

// Said by the topic, at `place`, or by the cluster for all.
std::uint32_t placed_factor(Decoder& decoder, ObjectReader& reader, const JsonNode& place) {
  const std::uint32_t brokers = decoder.composition().broker_count;
  std::int64_t factor = decoder.shape_defaults.replication_factor;
  std::string name = "default.replication.factor";
  const JsonNode* node = reader.find("replication_factor");
  if (node != nullptr) {
    name = "replication_factor";
    factor = read_integer(*node, decoder.problems, name, 1, kReplicasMax).value_or(1);
  }
  if (factor > brokers) {
    decoder.problems.error(node != nullptr ? *node : place,
                           name + " " + std::to_string(factor) +
                               " needs as many brokers; the cluster has " +
                               std::to_string(brokers));
  }
  return static_cast<std::uint32_t>(std::min<std::int64_t>(factor, brokers));
}

Assignment placed_assignment(Decoder& decoder, ObjectReader& reader, const JsonNode& place,
                             std::size_t topic) {
  const Composition& composition = decoder.composition();
  PlacementRequest request;
  request.partitions = static_cast<std::uint32_t>(decoder.shape_defaults.partitions);
  if (const JsonNode* node = reader.find("partitions")) {
    request.partitions = static_cast<std::uint32_t>(
        read_integer(*node, decoder.problems, "the number of partitions", 1, kPartitionsMax)
            .value_or(1));
  }
  request.replication_factor = placed_factor(decoder, reader, place);
  if (const JsonNode* node = reader.find("placement")) {
    request.random_start =
        read_one_of(*node, decoder.problems, "placement", {"fixed", "random"}) == 1;
  }
  if (request.random_start) decoder.scenario.seed_places = true;
  const Dice dice(request.random_start ? decoder.scenario.seed : 0);
  Assignment out;
  for (const auto& brokers : place_replicas(brokers_by_rack(decoder), request, dice, topic)) {
    ReplicaList replicas;
    for (const std::uint16_t broker : brokers) replicas.push_back(composition.broker_node(broker));
    out.push_back(replicas);
  }
  return out;
}

// Settings that Kafka accepts and that cannot work.
void check_min_isr(Decoder& decoder, const JsonNode& node, const TopicInfo& topic,
                   const Assignment& assignment) {
  std::uint32_t factor = kReplicasMax;
  for (const ReplicaList& replicas : assignment) factor = std::min(factor, replicas.size());
  const auto least = static_cast<std::uint32_t>(topic.config.min_insync_replicas);
  if (factor == 0 || least <= factor) return;
  decoder.problems.warning(
      node, "min.insync.replicas " + std::to_string(least) + " is above the " +
                std::to_string(factor) + " replicas of topic \"" + node.key + "\"" +
                (decoder.scenario.setup.composition.behaviour.min_isr_capped_by_replicas
                     ? ": it counts as the number of replicas (R2.6)"
                     : ": acks=all will always be refused"));
}

void decode_topic(Decoder& decoder, const JsonNode& node) {
  Composition& composition = decoder.composition();
  const TopicId id(static_cast<std::uint16_t>(composition.topics.size()));
  if (!is_plain_name(node.key)) {
    decoder.problems.error_at_key(node, "\"" + node.key + "\" is no topic name: letters, digits, " +
                                            "'.', '_' and '-', at most 249 (as in Kafka)");
  }
  ObjectReader reader(node, decoder.problems, "a topic");
  TopicInfo topic;
  topic.first = PartitionId(composition.partition_count());
  topic.config = decoder.topic_defaults;
  if (const JsonNode* config = reader.find("config")) {
    ConfigSlots slots;
    slots.topic = &topic.config;
    decode_config(decoder, *config, ConfigScope::kTopic, slots);
  }
  reader.refuse("reassign", "reassignment is not modelled yet");
  const JsonNode* replicas = reader.find("replicas");
  const Assignment assignment = replicas != nullptr
                                    ? explicit_assignment(decoder, reader, *replicas)
                                    : placed_assignment(decoder, reader, node, id.value());
  reader.finish();
  topic.partitions = static_cast<std::uint32_t>(assignment.size());
  check_min_isr(decoder, node, topic, assignment);
  composition.topics.push_back(topic);
  decoder.names().topics.push_back(node.key);
  decoder.topics.try_emplace(node.key, id);
  for (std::uint32_t i = 0; i < topic.partitions; ++i) {
    composition.topic_of.push_back(id);
    composition.assignment.push_back(assignment[i]);
    decoder.names().partitions.push_back(node.key + "/" + std::to_string(i));
  }
}

}  // namespace

void decode_topics(Decoder& decoder, ObjectReader& root) {
  const JsonNode* node = root.require("topics");
  if (node == nullptr) return;
  if (!node->is_object()) {
    report_kind(*node, decoder.problems, "an object of topics by name");
    return;
  }
  if (node->children.empty() || node->children.size() > kTopicsMax) {
    decoder.problems.error(*node,
                           "a scenario has from 1 to " + std::to_string(kTopicsMax) + " topics");
    return;
  }
  for (const JsonNode& topic : node->children) {
    decode_topic(decoder, topic);
    if (decoder.composition().partition_count() > kPartitionsMax) {
      decoder.problems.error(*node, "the topics have more than " + std::to_string(kPartitionsMax) +
                                        " partitions together");
      return;
    }
  }
}

}  // namespace ackident
