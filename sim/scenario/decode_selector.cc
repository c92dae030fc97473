// Names in a scenario: nodes, topics, partitions, facts, and the selectors made of them.
#include <algorithm>
#include <charconv>

#include "scenario/decode.h"

namespace ackident {
namespace {

// Selectors without an argument.
struct Word {
  std::string_view word;
  SelectorKind kind;
};
constexpr std::array<Word, 5> kWords = {{{"controller", SelectorKind::kController},
                                         {"brokers", SelectorKind::kBrokers},
                                         {"clients", SelectorKind::kClients},
                                         {"everyone", SelectorKind::kEveryone},
                                         {"random-broker", SelectorKind::kRandomBroker}}};
// Selectors of a partition.
constexpr std::array<Word, 4> kRoles = {{{"leader", SelectorKind::kLeader},
                                         {"isr", SelectorKind::kIsr},
                                         {"follower", SelectorKind::kFollower},
                                         {"replicas", SelectorKind::kReplicas}}};

std::optional<std::int64_t> small_number(std::string_view text) {
  std::int64_t value = 0;
  if (text.empty() || text.size() > 9 || text.front() == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "leader(orders/0)", "follower(orders/0)[1]".
std::optional<Selector> parse_role(Decoder& decoder, const JsonNode& node, std::string_view text) {
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  const std::string_view role = text.substr(0, open);
  const auto known =
      std::find_if(kRoles.begin(), kRoles.end(), [&](const Word& w) { return w.word == role; });
  if (known == kRoles.end() || close == std::string_view::npos || close < open) {
    constexpr std::array<std::string_view, 4> kNames = {"leader", "isr", "follower", "replicas"};
    decoder.problems.error(node, "\"" + std::string(text) +
                                     "\" is no selector; of a partition there are leader(p), " +
                                     "isr(p), follower(p), follower(p)[n] and replicas(p); of a " +
                                     "rack rack:NAME" + did_you_mean(role, kNames));
    return std::nullopt;
  }
  Selector selector;
  selector.kind = known->kind;
  const std::string_view rest = text.substr(close + 1);
  if (!rest.empty()) {
    const bool bracketed = rest.size() > 2 && rest.front() == '[' && rest.back() == ']';
    const auto nth = bracketed ? small_number(rest.substr(1, rest.size() - 2)) : std::nullopt;
    if (!nth || selector.kind != SelectorKind::kFollower || *nth >= kReplicasMax) {
      decoder.problems.error(node, "after the parenthesis only follower(p)[n] goes on, n from 0");
      return std::nullopt;
    }
    selector.nth = static_cast<std::int32_t>(*nth);
  }
  const auto partition = find_partition(decoder, node, text.substr(open + 1, close - open - 1));
  if (!partition) return std::nullopt;
  selector.partition = *partition;
  return selector;
}

}  // namespace

bool is_plain_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 249 && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), plain);
}

std::optional<TopicId> read_topic(Decoder& decoder, const JsonNode& node) {
  if (!read_string(node, decoder.problems)) return std::nullopt;
  const auto found = decoder.topics.find(node.text);
  if (found != decoder.topics.end()) return found->second;
  decoder.problems.error(node, "there is no topic \"" + node.text + "\"" +
                                   did_you_mean(node.text, names_of(decoder.topics)));
  return std::nullopt;
}

std::optional<PartitionId> find_partition(Decoder& decoder, const JsonNode& node,
                                          std::string_view text) {
  const std::size_t slash = text.rfind('/');
  const auto number =
      slash == std::string_view::npos ? std::nullopt : small_number(text.substr(slash + 1));
  if (!number) {
    decoder.problems.error(node, "\"" + std::string(text) +
                                     "\" is no partition: write topic/number, such as orders/0");
    return std::nullopt;
  }
  const std::string_view name = text.substr(0, slash);
  const auto found = decoder.topics.find(name);
  if (found == decoder.topics.end()) {
    decoder.problems.error(node, "there is no topic \"" + std::string(name) + "\"" +
                                     did_you_mean(name, names_of(decoder.topics)));
    return std::nullopt;
  }
  const TopicInfo& topic = decoder.composition().topics[found->second.value()];
  if (*number >= topic.partitions) {
    decoder.problems.error(node, "topic \"" + std::string(name) + "\" has " +
                                     std::to_string(topic.partitions) +
                                     (topic.partitions == 1 ? " partition" : " partitions") +
                                     ", numbered from 0");
    return std::nullopt;
  }
  return PartitionId(topic.first.value() + static_cast<std::uint32_t>(*number));
}

std::optional<PartitionId> read_partition(Decoder& decoder, const JsonNode& node) {
  if (!read_string(node, decoder.problems)) return std::nullopt;
  return find_partition(decoder, node, node.text);
}

std::optional<Selector> parse_selector(Decoder& decoder, const JsonNode& node,
                                       std::string_view text) {
  Selector selector;
  for (const Word& word : kWords) {
    if (word.word != text) continue;
    selector.kind = word.kind;
    return selector;
  }
  if (text.starts_with("rack:")) {
    const std::string_view name = text.substr(5);
    const auto rack = decoder.racks.find(name);
    if (rack == decoder.racks.end()) {
      decoder.problems.error(node, "there is no rack \"" + std::string(name) + "\"" +
                                       did_you_mean(name, names_of(decoder.racks)));
      return std::nullopt;
    }
    selector.kind = SelectorKind::kRack;
    selector.rack = rack->second;
    return selector;
  }
  if (text.find('(') != std::string_view::npos) return parse_role(decoder, node, text);
  const auto found = decoder.nodes.find(text);
  if (found == decoder.nodes.end()) {
    std::vector<std::string_view> names = names_of(decoder.nodes);
    for (const Word& word : kWords) names.push_back(word.word);
    decoder.problems.error(
        node, "there is no node \"" + std::string(text) + "\"" + did_you_mean(text, names));
    return std::nullopt;
  }
  selector.kind = SelectorKind::kNode;
  selector.node = found->second;
  return selector;
}

std::vector<Selector> read_selectors(Decoder& decoder, const JsonNode& node) {
  std::vector<Selector> out;
  for (const JsonNode* item : one_or_many(node)) {
    // A broker's id may stand there as the number it is.
    const bool id = item->kind == JsonKind::kNumber && small_number(item->text);
    if (!id && !read_string(*item, decoder.problems)) continue;
    if (const auto selector = parse_selector(decoder, *item, item->text)) out.push_back(*selector);
  }
  if (node.is_array() && node.children.empty()) {
    decoder.problems.error(node, "the list names nobody");
  }
  return out;
}

std::optional<NodeId> read_node(Decoder& decoder, const JsonNode& node) {
  if (!read_string(node, decoder.problems)) return std::nullopt;
  const auto found = decoder.nodes.find(node.text);
  if (found != decoder.nodes.end()) return found->second;
  decoder.problems.error(node, "there is no node \"" + node.text + "\"" +
                                   did_you_mean(node.text, names_of(decoder.nodes)));
  return std::nullopt;
}

std::optional<NodeId> read_node_of_kind(Decoder& decoder, const JsonNode& node, NodeKind kind,
                                        std::string_view what) {
  const std::optional<NodeId> found = read_node(decoder, node);
  if (!found || decoder.composition().node(*found).kind == kind) return found;
  decoder.problems.error(node, "\"" + node.text + "\" is no " + std::string(what));
  return std::nullopt;
}

std::optional<FactKind> find_fact(Decoder& decoder, const JsonNode& node, std::string_view name) {
  std::vector<std::string_view> names;
  for (std::uint8_t i = 0; i < static_cast<std::uint8_t>(FactKind::kCount); ++i) {
    const FactKind kind = static_cast<FactKind>(i);
    if (fact_name(kind) == name) return kind;
    names.push_back(fact_name(kind));
  }
  const std::string hint = did_you_mean(name, names);
  decoder.problems.error(node, "there is no fact \"" + std::string(name) + "\"" +
                                   (hint.empty() ? "; there are: " + list_names(names, 99) : hint));
  return std::nullopt;
}

}  // namespace ackident
