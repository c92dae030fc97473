#include "app/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/batch.h"
#include "app/files.h"
#include "app/terminal.h"
#include "kafka/config_table.h"
#include "report/json.h"
#include "report/summary.h"
#include "scenario/diagnostics.h"
#include "scenario/load.h"

namespace ackident {

namespace {

void complain(std::string_view text) { fmt::print(stderr, "ackident: {}\n", text); }

constexpr std::pair<ConfigScope, std::string_view> kPlaces[] = {
    {ConfigScope::kTopic, "topic"},       {ConfigScope::kCluster, "cluster"},
    {ConfigScope::kBroker, "broker"},     {ConfigScope::kController, "controller"},
    {ConfigScope::kProducer, "producer"}, {ConfigScope::kConsumer, "consumer"}};

std::string places_text(const ConfigKey& key) {
  std::string text;
  for (const auto& [scope, name] : kPlaces) {
    if (!key.in(scope)) continue;
    if (!text.empty()) text += ',';
    text += name;
  }
  return text;
}

bool exists_in(const ConfigKey& key, KafkaVersion version) {
  return version.number >= key.since && version.number < key.until;
}

std::string keys_text(KafkaVersion version) {
  std::string text = fmt::format("{:<48} {:<19} {:<28} {}\n", "KEY", "DEFAULT", "TYPE", "PLACES");
  for (const ConfigKey& key : config_keys()) {
    if (!exists_in(key, version)) continue;
    text += fmt::format("{:<48} {:<19} {:<28} {}\n", key.name, config_default(key, version),
                        config_type_name(key.type), places_text(key));
  }
  return text;
}

// A member of Behaviour as it is in a version.
struct BehaviourLine {
  std::string_view name;
  std::string_view now;
  std::string since;  // of a switch: when it turned; of the others: the value of now
  std::string meaning;
};

std::string rule_meaning(const RuleInfo& rule) {
  std::string values;
  for (const RuleValue& value : rule.values) {
    values += fmt::format("{}{} from {}", values.empty() ? "" : ", ", value.name,
                          version_name(value.since));
  }
  return fmt::format("{}: {}", rule.meaning, values);
}

std::vector<BehaviourLine> behaviour_lines(KafkaVersion version) {
  const Behaviour behaviour = behaviour_of(version);
  std::vector<BehaviourLine> lines;
  for (const RuleInfo& rule : behaviour_rules()) {
    const RuleValue& value = rule.values[rule.get(behaviour)];
    lines.push_back(
        {rule.name, value.name, std::string(version_name(value.since)), rule_meaning(rule)});
  }
  for (const SwitchInfo& info : behaviour_switches()) {
    lines.push_back({info.name, behaviour.*(info.member) ? "on" : "off", std::string(info.since),
                     std::string(info.meaning)});
  }
  return lines;
}

std::string behaviour_text(KafkaVersion version) {
  const std::vector<BehaviourLine> lines = behaviour_lines(version);
  std::size_t now = 0;
  std::size_t since = 0;
  for (const BehaviourLine& line : lines) {
    now = std::max(now, line.now.size());
    since = std::max(since, line.since.size());
  }
  std::string text = fmt::format("\n{:<34} {:<{}} {:<{}} {}\n", "BEHAVIOUR", "NOW", now, "SINCE",
                                 since, "MEANING");
  for (const BehaviourLine& line : lines) {
    text += fmt::format("{:<34} {:<{}} {:<{}} {}\n", line.name, line.now, now, line.since, since,
                        line.meaning);
  }
  return text;
}

std::string key_text(const ConfigKey& key, KafkaVersion version) {
  return fmt::format("{}\n  default in {}: {}\n  type: {}\n  places: {}\n  {}\n", key.name,
                     version_name(version), config_default(key, version),
                     config_type_name(key.type), places_text(key), key.affects);
}

int print_key(const std::string& name, KafkaVersion version) {
  std::string text;
  std::vector<std::string_view> names;
  for (const ConfigKey& key : config_keys()) {
    if (!exists_in(key, version)) continue;
    names.push_back(key.name);
    if (key.name == name) text += key_text(key, version);
  }
  const std::vector<BehaviourLine> lines = behaviour_lines(version);
  for (const BehaviourLine& line : lines) {
    names.push_back(line.name);
    if (line.name != name) continue;
    text += fmt::format("{}\n  in {}: {}\n  since {}\n  {}\n", line.name, version_name(version),
                        line.now, line.since, line.meaning);
  }
  if (!text.empty()) {
    print(text);
    return kHeld;
  }
  if (is_unmodelled_config(name)) {
    complain(fmt::format("Kafka has the key \"{}\", ackident does not model it", name));
  } else {
    complain(fmt::format("Kafka {} has no key \"{}\"{}", version_name(version), name,
                         did_you_mean(name, names)));
  }
  return kUsage;
}

}  // namespace

int validate_command(const BatchOptions& options) {
  bool good = true;
  for (const std::string& file : find_scenarios(options.paths)) {
    const std::optional<LoadedScenario> loaded = try_load(file, options.overrides);
    good = good && loaded.has_value();
    if (!loaded) continue;
    for (const std::string& warning : loaded->scenario.warnings)
      fmt::print(stderr, "{}\n", warning);
    print(fmt::format("{}: ok\n", file));
  }
  return good ? kHeld : kUsage;
}

int schema_command(const std::string& which) {
  print(which == "scenario" ? scenario_schema() : kReportSchema);
  return kHeld;
}

int config_command(const std::string& version, const std::string& key) {
  KafkaVersion chosen;
  std::vector<std::string_view> names;
  bool known = version.empty();
  for (const VersionName& candidate : known_versions()) {
    names.push_back(candidate.name);
    if (candidate.name != version) continue;
    chosen = candidate.version;
    known = true;
  }
  if (!known) {
    complain(
        fmt::format("Kafka \"{}\" is not modelled; versions are {}", version, list_names(names)));
    return kUsage;
  }
  if (!key.empty()) return print_key(key, chosen);
  print(keys_text(chosen) + behaviour_text(chosen));
  return kHeld;
}

// What there is to know of one scenario before it runs.
std::string doc_text(const Scenario& scenario) {
  std::string text = "\n";
  for (const std::string_view line : wrapped(scenario.doc, columns_of(stdout))) {
    text += fmt::format("{}\n", line);
  }
  if (!scenario.cases.empty()) text += "\ncases:";
  for (const std::string& name : scenario.cases) text += ' ' + name;
  if (!scenario.cases.empty()) text += '\n';
  return text;
}

int list_command(const std::string& directory) {
  bool good = true;
  std::string text;
  const std::vector<std::string> files = find_scenarios({directory});
  for (const std::string& file : files) {
    const std::optional<LoadedScenario> loaded = try_load(file, {});
    good = good && loaded.has_value();
    if (!loaded) continue;
    const Scenario& scenario = loaded->scenario;
    text += fmt::format("{:<40} {:<6} {}\n", scenario.name, version_name(scenario.version),
                        scenario.title);
    if (files.size() == 1) text += doc_text(scenario);
  }
  print(text);
  return good ? kHeld : kUsage;
}

}  // namespace ackident
