#include "scenario/load.h"

#include <algorithm>

#include "scenario/decode.h"
#include "scenario/json_source.h"
#include "scenario/override.h"

namespace ackident {
namespace {

// File name without folder and ".json".
std::string scenario_name(std::string_view file) {
  const std::size_t slash = file.find_last_of("/\\");
  if (slash != std::string_view::npos) file.remove_prefix(slash + 1);
  if (file.ends_with(".json")) file.remove_suffix(5);
  return std::string(file);
}

// Up to the first full stop that ends a sentence, without it.
std::string first_sentence(std::string_view doc) {
  const std::size_t line = std::min(doc.find('\n'), doc.size());
  const std::size_t stop = std::min(doc.find(". "), line);
  std::string out(doc.substr(0, stop));
  if (out.ends_with('.')) out.pop_back();
  return out;
}

void decode_doc(Decoder& decoder, ObjectReader& root) {
  root.find("$schema");
  const JsonNode* doc = root.require("doc");
  if (doc == nullptr || !read_string(*doc, decoder.problems)) return;
  decoder.scenario.doc = doc->text;
  decoder.scenario.title = first_sentence(doc->text);
  if (doc->text.empty()) decoder.problems.error(*doc, "\"doc\" says what the scenario shows");
}

bool is_case_id(std::string_view id) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return id.size() >= 2 && id.size() <= 4 && id[0] >= 'A' && id[0] <= 'Z' && digit(id[1]) &&
         std::all_of(id.begin() + 1, id.end(),
                     [&](char c) { return digit(c) || (c >= 'a' && c <= 'z'); });
}

void decode_cases(Decoder& decoder, const JsonNode& node) {
  if (!node.is_array()) return report_kind(node, decoder.problems, "a list of case ids");
  for (const JsonNode& item : node.children) {
    if (!read_string(item, decoder.problems)) continue;
    if (!is_case_id(item.text)) {
      decoder.problems.error(item, "\"" + item.text + "\" is no case id such as \"A03\"");
      continue;
    }
    decoder.scenario.cases.push_back(item.text);
  }
}

// For "3.9.1": what is modelled is the line "3.9".
std::string release_line(std::string_view release) {
  for (const VersionName& known : known_versions()) {
    const std::string line(known.name);
    if (release.starts_with(line + ".")) return " by single releases: say \"" + line + "\"";
  }
  return "";
}

void decode_version(Decoder& decoder, const JsonNode* node) {
  std::vector<std::string_view> names;
  for (const VersionName& known : known_versions()) names.push_back(known.name);
  if (node == nullptr) return;
  const bool spelled_number = node->kind == JsonKind::kNumber && node->source != 0;
  if (!node->is_string() && !spelled_number) {
    report_kind(*node, decoder.problems, "a version as a string, such as \"3.9\"");
    return;
  }
  for (const VersionName& known : known_versions()) {
    if (known.name != node->text) continue;
    decoder.scenario.version = known.version;
    return;
  }
  decoder.problems.error(*node, "Kafka \"" + node->text + "\" is not modelled" +
                                    release_line(node->text) +
                                    "; there are: " + list_names(names, 99));
}

// ELR is off here, as in a cluster that was upgraded. That a new one would have it on, its author
// should know: it plays another game with the last replicas.
void warn_of_elr(Decoder& decoder, ObjectReader& root) {
  constexpr KafkaVersion kOnInNewClusters{401};
  const JsonNode* const kafka = root.find("kafka");
  if (kafka == nullptr || decoder.scenario.version < kOnInNewClusters) return;
  const JsonNode* const cluster = root.find("cluster");
  const JsonNode* const config = cluster == nullptr ? nullptr : cluster->find("config");
  if (config != nullptr && config->find("eligible.leader.replicas.version") != nullptr) return;
  decoder.problems.warning(
      *kafka,
      "eligible leader replicas (KIP-966) are off, as in an upgraded cluster; a new one of "
      "this version has them on (say so: \"eligible.leader.replicas.version\": 0 under "
      "\"cluster\", \"config\")");
}

void decode_rule(Decoder& decoder, const JsonNode& node, const RuleInfo& rule) {
  std::vector<std::string_view> values;
  for (const RuleValue& value : rule.values) values.push_back(value.name);
  const auto chosen = read_one_of(node, decoder.problems, rule.name, values);
  if (chosen) rule.set(decoder.composition().behaviour, *chosen);
}

void decode_behaviour(Decoder& decoder, const JsonNode& node) {
  if (!node.is_object()) return report_kind(node, decoder.problems, "an object of switches");
  Behaviour& behaviour = decoder.composition().behaviour;
  std::vector<std::string_view> names;
  for (const RuleInfo& known : behaviour_rules()) names.push_back(known.name);
  for (const SwitchInfo& known : behaviour_switches()) names.push_back(known.name);
  for (const JsonNode& item : node.children) {
    const auto& rules = behaviour_rules();
    const auto rule = std::find_if(rules.begin(), rules.end(),
                                   [&](const RuleInfo& r) { return r.name == item.key; });
    if (rule != rules.end()) {
      decode_rule(decoder, item, *rule);
      continue;
    }
    const auto& switches = behaviour_switches();
    const auto found = std::find_if(switches.begin(), switches.end(),
                                    [&](const SwitchInfo& s) { return s.name == item.key; });
    if (found == switches.end()) {
      decoder.problems.error_at_key(
          item, "there is no switch \"" + item.key + "\"" + did_you_mean(item.key, names));
      continue;
    }
    const auto value = read_bool(item, decoder.problems);
    if (!value) continue;
    if (*value && found->member == &Behaviour::elr_available) {
      decoder.problems.error(item, "eligible leader replicas are not modelled yet");
    }
    behaviour.*(found->member) = *value;
  }
}

void decode_settle(Decoder& decoder, const JsonNode& node) {
  ClusterSetup& setup = decoder.scenario.setup;
  if (node.kind == JsonKind::kBool) {
    setup.settle = node.boolean;
    return;
  }
  if (!node.is_object()) {
    report_kind(node, decoder.problems, "true, false or an object with \"max\"");
    return;
  }
  ObjectReader reader(node, decoder.problems, "\"settle\"");
  if (const JsonNode* item = reader.require("max")) {
    setup.settle_max = read_duration(*item, decoder.problems, "max", Duration(), kScenarioTimeMax)
                           .value_or(setup.settle_max);
  }
  reader.finish();
}

// The memory of clients: each keeps a little about each partition.
void check_clients(Decoder& decoder, ObjectReader& root) {
  const Composition& composition = decoder.composition();
  const auto clients =
      static_cast<std::int64_t>(composition.producers.size() + composition.consumers.size());
  const auto partitions = static_cast<std::int64_t>(composition.partition_count());
  if (clients * partitions <= kClientPartitionsMax) return;
  decoder.problems.error(*root.find("topics"), std::to_string(clients) + " clients and " +
                                                   std::to_string(partitions) +
                                                   " partitions: their product is at most " +
                                                   std::to_string(kClientPartitionsMax));
}

}  // namespace

void decode_head(Decoder& decoder, ObjectReader& root) {
  decode_doc(decoder, root);
  if (const JsonNode* node = root.find("cases")) decode_cases(decoder, *node);
  decode_version(decoder, root.find("kafka"));
  decoder.composition().behaviour = behaviour_of(decoder.scenario.version);
  decoder.composition().behaviour.elr_available = false;
  warn_of_elr(decoder, root);
  if (const JsonNode* node = root.find("behaviour")) decode_behaviour(decoder, *node);
  if (const JsonNode* node = root.find("seed")) {
    decoder.scenario.seed = read_seed(*node, decoder.problems).value_or(1);
  }
  ClusterSetup& setup = decoder.scenario.setup;
  setup.duration = Instant() + seconds(60);
  if (const JsonNode* node = root.find("duration")) {
    const auto time =
        read_duration(*node, decoder.problems, "duration", nanoseconds(1), kScenarioTimeMax);
    if (time) setup.duration = Instant() + *time;
  }
  if (const JsonNode* node = root.find("settle")) decode_settle(decoder, *node);
  if (const JsonNode* node = root.find("events_max")) {
    setup.events_max = static_cast<std::uint64_t>(
        read_integer(*node, decoder.problems, "events_max", 1, kEventsMax)
            .value_or(static_cast<std::int64_t>(setup.events_max)));
  }
  if (const JsonNode* node = root.find("shuffle_ties")) {
    setup.shuffle_ties = read_bool(*node, decoder.problems).value_or(false);
  }
}

Scenario load_scenario(const std::string& file_name, std::string_view text,
                       const std::vector<std::string>& overrides,
                       std::optional<std::uint64_t> seed) {
  Diagnostics problems(file_name, text);
  JsonNode root;
  if (!parse_json(0, problems, root)) problems.throw_if_any();
  for (const std::string& override_text : overrides) {
    apply_override(override_text, problems, root);
  }
  link_parents(root);
  Scenario scenario;
  scenario.file = file_name;
  scenario.name = scenario_name(file_name);
  Decoder decoder{problems, scenario, {}, {}, {}, {}, {}, {}, {}, {}};
  ObjectReader reader(root, problems, "a scenario");
  if (!reader.valid()) problems.throw_if_any();
  decode_head(decoder, reader);
  if (seed) scenario.seed = *seed;
  decode_cluster(decoder, reader);
  decode_topics(decoder, reader);
  decode_producers(decoder, reader);
  decode_consumers(decoder, reader);
  const JsonNode* cluster = reader.find("cluster");
  if (cluster != nullptr) decode_network(decoder, cluster->find("network"));
  decode_faults(decoder, reader);
  check_records_in_all(decoder, reader);
  check_clients(decoder, reader);
  decode_expectations(decoder, reader);
  for (const std::string_view key : {"controllers", "quorum"}) {
    reader.refuse(key, "a controller quorum is not modelled yet: there is one controller");
  }
  reader.refuse("transactions", "transactions are not modelled yet");
  reader.finish();
  problems.throw_if_any();
  scenario.warnings = problems.warnings();
  return scenario;
}

}  // namespace ackident
