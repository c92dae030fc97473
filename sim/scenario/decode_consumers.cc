// "consumers": members of groups, and which partitions each has. Groups do not rebalance: the
// assignment is made once, as the range assignor would (C5.31).
#include <algorithm>

#include "scenario/decode.h"

namespace ackident {
namespace {

// One consumer before partitions are shared out.
struct Member {
  std::size_t consumer = 0;  // index in Composition::consumers
  std::uint16_t group = 0;
  std::vector<TopicId> topics;          // to share with the others of the group
  std::vector<PartitionId> partitions;  // given explicitly
  const JsonNode* node = nullptr;
};

std::uint16_t group_named(Decoder& decoder, const std::string& name) {
  const auto [at, added] =
      decoder.groups.try_emplace(name, static_cast<std::uint16_t>(decoder.groups.size()));
  if (added) decoder.names().groups.push_back(name);
  return at->second;
}

void decode_subscription(Decoder& decoder, ObjectReader& reader, Member& member) {
  const JsonNode* topic = reader.find("topic");
  const JsonNode* topics = reader.find("topics");
  const JsonNode* partitions = reader.find("partitions");
  if (topic != nullptr && topics != nullptr) {
    decoder.problems.error_at_key(*topics, "give either \"topic\" or \"topics\"");
  }
  if (topics == nullptr) topics = topic;
  if (topics == nullptr && partitions == nullptr) {
    decoder.problems.error(reader.node(),
                           "a consumer needs \"topic\", \"topics\" or \"partitions\"");
    return;
  }
  if (partitions != nullptr) {
    if (topics != nullptr) {
      decoder.problems.error_at_key(*topics, "\"partitions\" names topics itself: leave this out");
    }
    for (const JsonNode* item : one_or_many(*partitions)) {
      if (const auto partition = read_partition(decoder, *item)) {
        member.partitions.push_back(*partition);
      }
    }
    return;
  }
  for (const JsonNode* item : one_or_many(*topics)) {
    const auto id = read_topic(decoder, *item);
    if (!id) continue;
    if (std::find(member.topics.begin(), member.topics.end(), *id) != member.topics.end()) {
      decoder.problems.error(*item, "topic \"" + item->text + "\" is listed twice");
    } else {
      member.topics.push_back(*id);
    }
  }
}

void decode_times(Decoder& decoder, ObjectReader& reader, ConsumerInfo& consumer) {
  const auto read = [&](std::string_view key, Instant fallback) {
    const JsonNode* node = reader.find(key);
    if (node == nullptr) return fallback;
    const auto time = read_duration(*node, decoder.problems, key, Duration(), kScenarioTimeMax);
    return time ? Instant() + *time : fallback;
  };
  consumer.start = read("start", Instant());
  consumer.stop = read("stop", kNever);
  if (consumer.stop < consumer.start) {
    decoder.problems.error(*reader.find("stop"), "stop is before start");
  }
  if (const auto per_record = decode_processing(decoder, reader)) consumer.per_record = *per_record;
}

void decode_consumer(Decoder& decoder, const JsonNode& node, std::vector<Member>& members,
                     std::map<std::uint16_t, std::uint32_t>& group_sizes) {
  ObjectReader reader(node, decoder.problems, "a consumer");
  if (!reader.valid()) return;
  const JsonNode* group_node = reader.require("group");
  std::string group = "group";
  if (group_node != nullptr) group = read_string(*group_node, decoder.problems).value_or(group);
  if (group_node != nullptr && !is_plain_name(group)) {
    decoder.problems.error(*group_node,
                           "a group's name is made of letters, digits, '.', '_' and '-'");
  }
  Member member;
  member.node = &node;
  member.group = group_named(decoder, group);
  decode_subscription(decoder, reader, member);
  ConsumerInfo consumer;
  consumer.group = member.group;
  decode_times(decoder, reader, consumer);
  const JsonNode* name_node = reader.find("name");
  const JsonNode* copies_node = reader.find("copies");
  const JsonNode* rack = reader.find("rack");
  std::int64_t copies = 1;
  if (copies_node != nullptr) {
    copies = read_integer(*copies_node, decoder.problems, "copies", 1, kClientsMax).value_or(1);
  }
  ConfigSlots slots;
  slots.consumer = &consumer.config;
  store_config_defaults(ConfigScope::kConsumer, decoder.version(), slots);
  GivenConfig given;
  if (const JsonNode* config = reader.find("config")) {
    given = decode_config(decoder, *config, ConfigScope::kConsumer, slots);
  }
  resolve_reconnect_backoff(given, consumer.config);
  reader.refuse("rebalance",
                "rebalances are not modelled yet: partitions are assigned once, at the start");
  reader.finish();
  Composition& composition = decoder.composition();
  for (std::int64_t i = 0; i < copies; ++i) {
    const std::size_t index = composition.consumers.size();
    if (index + composition.producers.size() >= kClientsMax) {
      decoder.problems.error(node, "more than " + std::to_string(kClientsMax) + " clients");
      return;
    }
    std::string name = group + "-" + std::to_string(++group_sizes[member.group]);
    if (name_node != nullptr) {
      name = read_string(*name_node, decoder.problems).value_or(name);
      if (copies_node != nullptr) name += "-" + std::to_string(i + 1);
    }
    consumer.node = add_node(decoder, NodeKind::kConsumer, static_cast<std::uint16_t>(index), name,
                             name_node == nullptr ? &node : name_node, rack);
    member.consumer = index;
    composition.consumers.push_back(consumer);
    members.push_back(member);
  }
}

// C5.31: the nth of m members gets a contiguous block; the first ones get one more.
void share_topic(const TopicInfo& topic, const std::vector<Member*>& sharers) {
  const auto m = static_cast<std::uint32_t>(sharers.size());
  std::uint32_t next = topic.first.value();
  for (std::uint32_t i = 0; i < m; ++i) {
    const std::uint32_t count = topic.partitions / m + (i < topic.partitions % m ? 1 : 0);
    for (std::uint32_t k = 0; k < count; ++k) sharers[i]->partitions.push_back(PartitionId(next++));
  }
}

void share_partitions(Decoder& decoder, std::vector<Member>& members) {
  Composition& composition = decoder.composition();
  for (std::uint16_t group = 0; group < decoder.groups.size(); ++group) {
    for (std::uint32_t topic = 0; topic < composition.topics.size(); ++topic) {
      const TopicId id(static_cast<std::uint16_t>(topic));
      std::vector<Member*> sharers;
      for (Member& member : members) {
        const bool subscribed =
            member.group == group &&
            std::find(member.topics.begin(), member.topics.end(), id) != member.topics.end();
        if (subscribed) sharers.push_back(&member);
      }
      if (!sharers.empty()) share_topic(composition.topics[topic], sharers);
    }
  }
}

// One partition has one reader within a group.
void check_shares(Decoder& decoder, const std::vector<Member>& members) {
  std::map<std::pair<std::uint16_t, PartitionId>, const Member*> taken;
  for (const Member& member : members) {
    for (const PartitionId partition : member.partitions) {
      const auto [at, added] = taken.try_emplace({member.group, partition}, &member);
      if (added) continue;
      decoder.problems.error(*member.node, "partition " +
                                               decoder.names().partitions[partition.value()] +
                                               " has two readers in group \"" +
                                               decoder.names().groups[member.group] + "\"");
      return;
    }
  }
}

}  // namespace

std::optional<Duration> decode_processing(Decoder& decoder, ObjectReader& reader) {
  const JsonNode* time = reader.find("processing_time");
  const JsonNode* rate = reader.find("processing_rate");
  if (time != nullptr && rate != nullptr) {
    decoder.problems.error_at_key(*rate, "give either \"processing_time\" or \"processing_rate\"");
  }
  if (time != nullptr) {
    return read_duration(*time, decoder.problems, "processing_time", Duration(), kLatencyMax);
  }
  if (rate == nullptr) return std::nullopt;
  const auto parsed = rate->is_string() ? parse_rate(rate->text) : std::nullopt;
  if (parsed && parsed->count_milli > 0) return interval_of(*parsed, 1);
  decoder.problems.error(*rate, "processing_rate is records per s, m or h, such as \"800/s\"");
  return std::nullopt;
}

void decode_consumers(Decoder& decoder, ObjectReader& root) {
  const JsonNode* node = root.find("consumers");
  if (node == nullptr) return;
  if (!node->is_array()) {
    report_kind(*node, decoder.problems, "a list of consumers");
    return;
  }
  std::vector<Member> members;
  std::map<std::uint16_t, std::uint32_t> group_sizes;
  for (const JsonNode& item : node->children) {
    decode_consumer(decoder, item, members, group_sizes);
  }
  share_partitions(decoder, members);
  check_shares(decoder, members);
  Composition& composition = decoder.composition();
  for (Member& member : members) {
    ConsumerInfo& consumer = composition.consumers[member.consumer];
    std::sort(member.partitions.begin(), member.partitions.end());
    consumer.assigned_first = static_cast<std::uint32_t>(composition.assigned.size());
    consumer.assigned_count = static_cast<std::uint32_t>(member.partitions.size());
    composition.assigned.insert(composition.assigned.end(), member.partitions.begin(),
                                member.partitions.end());
  }
}

}  // namespace ackident
