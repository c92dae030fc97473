// "expect": what must hold of a run. A number or time means exactly that much.
#include <algorithm>

#include "scenario/decode.h"

namespace ackident {
namespace {

constexpr std::int64_t kCountMax = std::int64_t{1} << 53;

struct Named {
  std::string_view key;
  ExpectKind kind;
};
constexpr std::size_t kTopicTotals = 5;  // the first of them can be asked of one topic
constexpr std::array<Named, 9> kTotals = {{{"lost", ExpectKind::kLost},
                                           {"stranded", ExpectKind::kStranded},
                                           {"failed", ExpectKind::kFailed},
                                           {"acked", ExpectKind::kAcked},
                                           {"sent", ExpectKind::kSent},
                                           {"duplicated", ExpectKind::kDuplicated},
                                           {"skipped", ExpectKind::kSkipped},
                                           {"delivered_twice", ExpectKind::kDeliveredTwice},
                                           {"reordered", ExpectKind::kReordered}}};

class Expectations {
 public:
  explicit Expectations(Decoder& decoder) : decoder_(decoder) {}

  void decode(const JsonNode& node) {
    ObjectReader reader(node, decoder_.problems, "expect");
    for (const Named& total : kTotals) {
      if (const JsonNode* item = reader.find(total.key)) add_count(*item, total.kind, total.key);
    }
    if (const JsonNode* item = reader.find("unavailable")) decode_unavailable(*item, "");
    decode_spans(reader, "");
    if (const JsonNode* item = reader.find("errors")) decode_errors(*item);
    if (const JsonNode* item = reader.find("lag")) decode_lag(*item);
    if (const JsonNode* item = reader.find("latency")) decode_latency(*item, "");
    if (const JsonNode* item = reader.find("topics")) decode_topics(*item);
    if (const JsonNode* item = reader.find("partitions")) decode_partitions(*item);
    if (const JsonNode* item = reader.find("facts")) decode_facts(*item);
    if (const JsonNode* item = reader.find("invariants")) decode_invariants(*item);
    reader.finish();
  }

 private:
  Expectation& add(const JsonNode& node, ExpectKind kind, std::string name) {
    Expectation expectation;
    expectation.kind = kind;
    expectation.name = std::move(name);
    expectation.line = node.source == 0 ? decoder_.problems.line_of_key(node) : 0;
    expectation.pointer = json_pointer(node);
    expectation.partition = partition_;
    expectation.topic = topic_;
    expectation.at = at_;
    expectation.window = window_;
    expectation.share = share_;
    decoder_.scenario.expect.push_back(std::move(expectation));
    return decoder_.scenario.expect.back();
  }

  std::optional<std::int64_t> read_value(const JsonNode& node, bool time) {
    if (!time) return read_integer(node, decoder_.problems, "a count", 0, kCountMax);
    const auto value =
        read_duration(node, decoder_.problems, "a time", Duration(), kScenarioTimeMax);
    if (!value) return std::nullopt;
    return value->ns();
  }

  // 7, "12s", or {"min": ..., "max": ...}, to which its share belongs; of facts, a window as well.
  Bound read_bound(const JsonNode& node, bool time, bool windowed, Expectation& into) {
    Bound bound;
    if (!node.is_object()) {
      bound.min = bound.max = read_value(node, time);
      return bound;
    }
    ObjectReader reader(node, decoder_.problems, "a bound");
    const JsonNode* const min = reader.find("min");
    const JsonNode* const max = reader.find("max");
    if (min != nullptr) bound.min = read_value(*min, time);
    if (max != nullptr) bound.max = read_value(*max, time);
    if (reader.find("share") != nullptr) into.share = decode_share(decoder_, reader);
    if (windowed) into.window = decode_count_window(reader);
    reader.finish();
    if (min == nullptr && max == nullptr) {
      decoder_.problems.error(node, "a bound has \"min\", \"max\" or both");
    } else if (bound.min && bound.max && *bound.min > *bound.max) {
      decoder_.problems.error(node, "\"min\" is above \"max\": nothing can satisfy this");
    }
    return bound;
  }

  // Which facts count: those within a time of an instant or of a fact.
  std::optional<When> decode_count_window(ObjectReader& reader) {
    std::optional<When> window = decode_window(decoder_, reader);
    const JsonNode* const at = reader.find("at");
    const JsonNode* const holds = reader.find("holds");
    if (holds != nullptr) {
      decoder_.problems.error_at_key(*holds, "facts are counted: \"min\" and \"max\" say how many");
    }
    if (!window && at != nullptr) {
      window = When{};
      window->from = at_of(*at);
    }
    return window;
  }
  Instant at_of(const JsonNode& node) {
    const auto at = read_duration(node, decoder_.problems, "\"at\"", Duration(), kScenarioTimeMax);
    return at ? Instant() + *at : Instant();
  }

  Expectation& add_bound(const JsonNode& node, ExpectKind kind, std::string name, bool time) {
    Expectation& expectation = add(node, kind, std::move(name));
    expectation.bound = read_bound(node, time, kind == ExpectKind::kFactCount, expectation);
    return expectation;
  }
  void add_count(const JsonNode& node, ExpectKind kind, std::string_view name) {
    add_bound(node, kind, std::string(name), false);
  }

  void decode_unavailable(const JsonNode& node, const std::string& prefix) {
    ObjectReader reader(node, decoder_.problems, "\"unavailable\"");
    if (const JsonNode* item = reader.find("writes")) {
      add_bound(*item, ExpectKind::kWriteUnavailable, prefix + "unavailable.writes", true);
    }
    if (const JsonNode* item = reader.find("reads")) {
      add_bound(*item, ExpectKind::kReadUnavailable, prefix + "unavailable.reads", true);
    }
    reader.finish();
  }

  void decode_spans(ObjectReader& reader, const std::string& prefix) {
    if (const JsonNode* item = reader.find("under_replicated")) {
      add_bound(*item, ExpectKind::kUnderReplicated, prefix + "under_replicated", true);
    }
    if (const JsonNode* item = reader.find("under_min_isr")) {
      add_bound(*item, ExpectKind::kUnderMinIsr, prefix + "under_min_isr", true);
    }
  }

  void decode_errors(const JsonNode& node);
  void decode_lag(const JsonNode& node);
  void decode_latency(const JsonNode& node, const std::string& prefix);
  void decode_topics(const JsonNode& node);
  void decode_facts(const JsonNode& node);
  void decode_partitions(const JsonNode& node);
  void decode_partition(const JsonNode& node, const std::string& name);
  void decode_leader(const JsonNode& node, const std::string& name);
  void decode_isr(const JsonNode& node, const std::string& name);
  void decode_log_end(const JsonNode& node, const std::string& name);
  void decode_lost_offsets(const JsonNode& node, const std::string& name);
  void decode_invariants(const JsonNode& node) {
    const auto held = read_bool(node, decoder_.problems);
    if (held && !*held) {
      decoder_.problems.error(node, "\"invariants\" is true, or left out");
    }
    Expectation& expectation = add(node, ExpectKind::kInvariants, "invariants");
    expectation.bound.max = 0;
  }
  // By name, or by id as in `replicas`.
  std::optional<NodeId> read_broker(const JsonNode& node) {
    if (node.kind == JsonKind::kNumber) {
      const auto found = decoder_.nodes.find(node.text);
      if (found != decoder_.nodes.end()) return found->second;
      decoder_.problems.error(node, "there is no broker " + node.text);
      return std::nullopt;
    }
    return read_node_of_kind(decoder_, node, NodeKind::kBroker, "broker");
  }

  Decoder& decoder_;
  PartitionId partition_ = kNoPartition;
  std::int32_t topic_ = -1;
  Instant at_ = kNever;
  std::optional<When> window_;
  std::int32_t share_ = 1000;
};

// Every code that error_name knows.
std::vector<ErrorCode> error_codes() {
  std::vector<ErrorCode> out;
  for (std::int16_t i = 1; i <= 1100; ++i) {
    const ErrorCode code = static_cast<ErrorCode>(i);
    if (error_name(code) != error_name(ErrorCode::kUnknownServerError)) out.push_back(code);
  }
  out.push_back(ErrorCode::kUnknownServerError);
  return out;
}

void Expectations::decode_errors(const JsonNode& node) {
  if (!node.is_object()) return report_kind(node, decoder_.problems, "an object of error names");
  static const std::vector<ErrorCode> codes = error_codes();
  for (const JsonNode& item : node.children) {
    const auto found = std::find_if(codes.begin(), codes.end(),
                                    [&](ErrorCode code) { return error_name(code) == item.key; });
    if (found == codes.end()) {
      std::vector<std::string_view> names;
      for (const ErrorCode code : codes) names.push_back(error_name(code));
      decoder_.problems.error_at_key(
          item, "there is no error \"" + item.key + "\"" + did_you_mean(item.key, names));
      continue;
    }
    add_bound(item, ExpectKind::kError, "errors." + item.key, false).error = *found;
  }
}

void Expectations::decode_lag(const JsonNode& node) {
  if (!node.is_object()) return report_kind(node, decoder_.problems, "an object of groups");
  for (const JsonNode& item : node.children) {
    std::int32_t group = -1;
    if (item.key != "*") {
      const auto found = find_key(decoder_, decoder_.groups, item, "consumer group");
      if (!found) continue;
      group = *found;
    }
    ObjectReader reader(item, decoder_.problems, "the lag of a group");
    const std::string prefix = "lag." + item.key + ".";
    if (const JsonNode* value = reader.find("peak")) {
      add_bound(*value, ExpectKind::kLagPeak, prefix + "peak", false).group = group;
    }
    if (const JsonNode* value = reader.find("end")) {
      add_bound(*value, ExpectKind::kLagEnd, prefix + "end", false).group = group;
    }
    if (const JsonNode* value = reader.find("recovery")) {
      add_bound(*value, ExpectKind::kLagRecovery, prefix + "recovery", true).group = group;
    }
    reader.finish();
  }
}

void Expectations::decode_topics(const JsonNode& node) {
  if (!node.is_object()) return report_kind(node, decoder_.problems, "an object of topics");
  for (const JsonNode& item : node.children) {
    const auto found = find_key(decoder_, decoder_.topics, item, "topic");
    if (!found) continue;
    topic_ = found->value();
    const std::string prefix = "topics." + item.key + ".";
    ObjectReader reader(item, decoder_.problems, "what is expected of a topic");
    for (std::size_t i = 0; i < kTopicTotals; ++i) {
      if (const JsonNode* value = reader.find(kTotals[i].key)) {
        add_count(*value, kTotals[i].kind, prefix + std::string(kTotals[i].key));
      }
    }
    if (const JsonNode* value = reader.find("unavailable")) decode_unavailable(*value, prefix);
    decode_spans(reader, prefix);
    if (const JsonNode* value = reader.find("latency")) decode_latency(*value, prefix);
    reader.finish();
  }
  topic_ = -1;
}

void Expectations::decode_latency(const JsonNode& node, const std::string& prefix) {
  struct Quantile {
    std::string_view key;
    std::int32_t per_mille;
  };
  constexpr std::array<Quantile, 5> kQuantiles = {
      {{"p50", 500}, {"p90", 900}, {"p99", 990}, {"p99.9", 999}, {"max", 1000}}};
  ObjectReader reader(node, decoder_.problems, "\"latency\"");
  for (const Quantile& quantile : kQuantiles) {
    if (const JsonNode* item = reader.find(quantile.key)) {
      add_bound(*item, ExpectKind::kProduceLatency,
                prefix + "latency." + std::string(quantile.key), true)
          .quantile = quantile.per_mille;
    }
  }
  reader.finish();
}

void Expectations::decode_facts(const JsonNode& node) {
  if (!node.is_object()) return report_kind(node, decoder_.problems, "an object of facts");
  for (const JsonNode& item : node.children) {
    const auto fact = find_fact(decoder_, item, item.key);
    if (!fact) continue;
    add_bound(item, ExpectKind::kFactCount, "facts." + item.key, false).fact = *fact;
  }
}

void Expectations::decode_partitions(const JsonNode& node) {
  if (!node.is_object()) return report_kind(node, decoder_.problems, "an object of partitions");
  for (const JsonNode& item : node.children) {
    const auto partition = find_partition(decoder_, item, item.key);
    if (!partition) continue;
    partition_ = *partition;
    for (const JsonNode* state : one_or_many(item)) {
      at_ = kNever;
      decode_partition(*state, "partitions." + item.key + ".");
    }
  }
  partition_ = kNoPartition;
  at_ = kNever;
}

// "@10s", "@Killed(b1) within 12s", " never": what tells apart several states of a partition.
std::string window_text(ObjectReader& reader) {
  std::string text;
  for (const std::string_view key : {"at", "after"}) {
    const JsonNode* item = reader.find(key);
    if (item == nullptr) continue;
    const JsonNode* fact = item->is_object() ? item->find("fact") : item;
    if (fact != nullptr) text += "@" + fact->text;
  }
  if (const JsonNode* item = reader.find("within")) text += " within " + item->text;
  if (const JsonNode* item = reader.find("holds")) text += " " + item->text;
  return text;
}

// The state at the end, "at" an instant or in a window; times of unavailability are of the whole
// run.
void Expectations::decode_partition(const JsonNode& node, const std::string& prefix) {
  ObjectReader reader(node, decoder_.problems, "the state of a partition");
  share_ = decode_share(decoder_, reader);
  if (const JsonNode* item = reader.find("unavailable")) decode_unavailable(*item, prefix);
  decode_spans(reader, prefix);
  if (const JsonNode* item = reader.find("lost_offsets")) {
    decode_lost_offsets(*item, prefix + "lost_offsets");
  }
  window_ = decode_window(decoder_, reader);
  if (const JsonNode* item = reader.find("at"); item != nullptr && !window_) at_ = at_of(*item);
  const std::string suffix = window_text(reader);
  if (const JsonNode* item = reader.find("leader"))
    decode_leader(*item, prefix + "leader" + suffix);
  if (const JsonNode* item = reader.find("isr")) decode_isr(*item, prefix + "isr" + suffix);
  if (const JsonNode* item = reader.find("leader_epoch")) {
    add_count(*item, ExpectKind::kLeaderEpoch, prefix + "leader_epoch" + suffix);
  }
  if (const JsonNode* item = reader.find("high_watermark")) {
    add_count(*item, ExpectKind::kHighWatermark, prefix + "high_watermark" + suffix);
  }
  if (const JsonNode* item = reader.find("log_end")) {
    decode_log_end(*item, prefix + "log_end" + suffix);
  }
  reader.finish();
  window_.reset();
  share_ = 1000;
}

void Expectations::decode_leader(const JsonNode& node, const std::string& name) {
  const bool none = node.kind == JsonKind::kNull || (node.is_string() && node.text == "none");
  const NodeId leader = none ? kNoNode : read_broker(node).value_or(kNoNode);
  add(node, ExpectKind::kLeader, name).node = leader;
}

void Expectations::decode_isr(const JsonNode& node, const std::string& name) {
  if (!node.is_array()) return report_kind(node, decoder_.problems, "a list of brokers");
  std::vector<NodeId> members;
  for (const JsonNode& item : node.children) {
    if (const auto broker = read_broker(item)) members.push_back(*broker);
  }
  std::sort(members.begin(), members.end());
  if (std::adjacent_find(members.begin(), members.end()) != members.end()) {
    decoder_.problems.error(node, "a broker is listed twice");
  }
  add(node, ExpectKind::kIsr, name).nodes = std::move(members);
}

void Expectations::decode_log_end(const JsonNode& node, const std::string& name) {
  if (!node.is_object()) {
    return report_kind(node, decoder_.problems, "an object: the log end of each broker by name");
  }
  const ReplicaList& replicas = decoder_.composition().assignment[partition_.value()];
  for (const JsonNode& item : node.children) {
    const auto found = decoder_.nodes.find(item.key);
    if (found == decoder_.nodes.end() || !replicas.contains(found->second)) {
      decoder_.problems.error_at_key(item, "\"" + item.key + "\" has no replica of this partition");
      continue;
    }
    add_bound(item, ExpectKind::kLogEnd, name + "." + item.key, false).node = found->second;
  }
}

void Expectations::decode_lost_offsets(const JsonNode& node, const std::string& name) {
  if (!node.is_array()) return report_kind(node, decoder_.problems, "a list of offsets");
  std::vector<Offset> offsets;
  for (const JsonNode& item : node.children) {
    const auto offset = read_integer(item, decoder_.problems, "an offset", 0, kCountMax);
    if (!offset) continue;
    if (!offsets.empty() && offsets.back() >= Offset(*offset)) {
      decoder_.problems.error(item, "lost offsets are listed in ascending order, each once");
    }
    offsets.push_back(Offset(*offset));
  }
  add(node, ExpectKind::kLostOffsets, name).offsets = std::move(offsets);
}

}  // namespace

void decode_expectations(Decoder& decoder, ObjectReader& root) {
  const JsonNode* node = root.find("expect");
  if (node == nullptr) return;
  Expectations(decoder).decode(*node);
  if (decoder.scenario.expect.size() > kExpectationsMax) {
    decoder.problems.error(
        *node, "a scenario has at most " + std::to_string(kExpectationsMax) + " expectations");
  }
}

}  // namespace ackident
