// ackident, the command line. The one file that sees CLI11.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <csignal>

#include "app/batch.h"
#include "app/commands.h"
#include "app/files.h"
#include "base/check.h"
#include "kafka/behaviour.h"
#include "scenario/diagnostics.h"

namespace ackident {

namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  ackident run scenarios/acks1-leader-kill.json --trace\n"
    "  ackident run scenarios/acks1-leader-kill.json --set producers.shop.config.acks=all\n\n"
    "Exit codes: 0 everything held, 1 an expectation failed, 2 wrong usage or bad input,\n"
    "3 nothing failed but something is unknown or vacuous, 70 a bug of ackident, 130 interrupted.";

constexpr std::uint64_t kSwarmSeedsMax = 10'000'000;

extern "C" void on_interrupt(int) { interrupted = true; }

// What the user typed, as far as the options of the commands go.
struct CommandLine {
  RunOptions run;
  BatchOptions batch;
  TestOptions test;
  MatrixOptions matrix;
  std::vector<std::string> files;
  std::vector<std::string> overrides;
  std::string schema;
  std::string version;
  std::string key;
  std::string directory = "scenarios";
  SwarmCommand swarm;
  std::string seeds = "0..99";
};

void add_overrides(CLI::App& command, std::vector<std::string>& overrides) {
  // One value for each --set: what follows is a file again.
  command.add_option("--set", overrides, "Replace a value of the scenario; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
}

void add_run(CLI::App& app, CommandLine& line) {
  CLI::App& command = *app.add_subcommand("run", "Run scenarios and say what became of them");
  command.add_option("FILE", line.run.files, "Scenario files; - is standard input")->required();
  command.add_option("--seed", line.run.seed, "Replace the scenario's seed")
      ->type_name("N")
      ->check([](const std::string& text) {
        return text.starts_with('-') ? "a seed is a whole number from 0" : std::string();
      });
  add_overrides(command, line.run.overrides);
  command.add_option("--json", line.run.json, "Write the report; - is standard output")
      ->type_name("FILE");
  command.add_flag("--trace", line.run.trace, "Print the strip chart of the run");
  command.add_flag("--check-determinism", line.run.check_determinism,
                   "Run twice and compare; name the first event that differs");
  command.add_flag("--promises", line.run.promises,
                   "Fail too if the run breaks what its settings promise, as in a swarm");
  command.add_flag("--no-color", line.run.no_color, "No colour even on a terminal");
}

void add_batch(CLI::App& command, BatchOptions& batch) {
  command.add_option("PATH", batch.paths, "Scenario files, folders, or quoted patterns")
      ->required();
  command.add_option("--seeds", batch.seeds, "Run each scenario on these seeds, not on its own")
      ->type_name("A..B")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return parse_seeds(text) ? std::string() : "\"" + text + "\" is no range like 0..99";
          },
          ""));
  command.add_option("--jobs", batch.jobs, "Threads; the output is the same with any number")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  add_overrides(command, batch.overrides);
}

void add_test(CLI::App& app, CommandLine& line) {
  CLI::App& command = *app.add_subcommand("test", "Check scenarios against what they expect");
  add_batch(command, line.test.batch);
  command.add_option("--format", line.test.format, "text, json, junit or github")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json", "junit", "github"}))
      ->capture_default_str();
  command.add_option("--filter", line.test.filter, "Only files whose path holds this")
      ->type_name("SUBSTRING");
  command.add_flag("--fail-fast", line.test.fail_fast, "Stop at the first failure");
}

void add_matrix(CLI::App& app, CommandLine& line) {
  CLI::App& command =
      *app.add_subcommand("matrix", "Compare settings: the same failures under each combination");
  add_batch(command, line.matrix.batch);
  command
      .add_option("--vary", line.matrix.vary,
                  "An axis: a key of Kafka, replication.factor, or a path as for --set; may be "
                  "repeated. Default: acks, min.insync.replicas, replication.factor")
      ->type_name("KEY=V1,V2,...")
      ->allow_extra_args(false);
  command.add_option("--format", line.matrix.format, "text, markdown, csv or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "markdown", "csv", "json"}))
      ->capture_default_str();
}

void add_others(CLI::App& app, CommandLine& line) {
  add_batch(
      *app.add_subcommand("digest", "Print the digest of each run: equal runs, equal digests"),
      line.batch);

  CLI::App& validate = *app.add_subcommand("validate", "Check scenario files without running them");
  validate.add_option("FILE", line.files, "Scenario files; - is standard input")->required();
  add_overrides(validate, line.overrides);

  CLI::App& schema = *app.add_subcommand("schema", "Print a JSON Schema");
  schema.add_option("WHICH", line.schema, "scenario or report")
      ->required()
      ->check(CLI::IsMember({"scenario", "report"}));

  CLI::App& config = *app.add_subcommand("config", "Print Kafka's keys that are modelled");
  config.add_option("--kafka", line.version, "Defaults and behaviour of this version")
      ->type_name("VERSION");
  config.add_option("KEY", line.key, "One key, or one behaviour, in full");

  CLI::App& list = *app.add_subcommand("list", "List the scenarios of a directory");
  list.add_option("DIR", line.directory, "Directory to search")->capture_default_str();
}

// "A..B", both included; or one seed.
bool read_seeds(const std::string& text, SwarmCommand& swarm) {
  const std::size_t dots = text.find("..");
  const auto number = [](std::string_view digits, std::uint64_t& out) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  const std::string_view view = text;
  if (dots == std::string::npos) {
    if (!number(view, swarm.first)) return false;
    swarm.last = swarm.first;
    return true;
  }
  return number(view.substr(0, dots), swarm.first) && number(view.substr(dots + 2), swarm.last) &&
         swarm.first <= swarm.last && swarm.last - swarm.first < kSwarmSeedsMax;
}

void add_swarm(CLI::App& app, CommandLine& line) {
  CLI::App& command = *app.add_subcommand(
      "swarm", "Draw scenarios from seeds, and check all that Kafka promises of them");
  command.add_option("--seeds", line.seeds, "Seeds from A to B, both included")
      ->type_name("A..B")
      ->check([&swarm = line.swarm](const std::string& text) {
        return read_seeds(text, swarm) ? std::string()
                                       : "expected seeds such as 0..999, not " + text;
      });
  command.add_option("--jobs", line.swarm.jobs, "Threads; the results do not depend on it")
      ->check(CLI::Range(1, 256));
  std::vector<std::string> versions;
  for (const VersionName& version : known_versions()) versions.emplace_back(version.name);
  command.add_option("--kafka", line.swarm.kafka, "One version for all, instead of drawn ones")
      ->check(CLI::IsMember(versions));
  command.add_flag("--trace", line.swarm.trace, "Show the run of a single seed");
  command.add_option("--write", line.swarm.write, "Write the scenario of a single seed")
      ->type_name("FILE");
}

// The name nearest to a word that no command or option has.
std::string nearest(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  const CLI::App& owner = chosen.empty() ? app : *chosen.front();
  for (const CLI::Option* option : owner.get_options()) names.push_back(option->get_name());
  const std::vector<std::string_view> views(names.begin(), names.end());
  return did_you_mean(word.substr(0, word.find('=')), views);
}

int explain(CLI::App& app, const CLI::ParseError& error, int count, char** words) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  if (count == 1) {
    fmt::print(stderr, "{}", app.help());
    return kUsage;
  }
  std::string hint;
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  if (chosen.empty()) {
    hint = nearest(app, words[1]);
  } else {
    for (const std::string& word : app.remaining(true)) {
      if (hint.empty()) hint = nearest(app, word);
    }
  }
  fmt::print(stderr, "ackident: {}{}\n", error.what(), hint);
  fmt::print(stderr, "Run \"ackident {}--help\" for usage.\n",
             chosen.empty() ? std::string() : chosen.front()->get_name() + " ");
  return kUsage;
}

int dispatch(const CLI::App& app, const CommandLine& line) {
  if (app.got_subcommand("run")) return run_command(line.run);
  if (app.got_subcommand("test")) return test_command(line.test);
  if (app.got_subcommand("matrix")) return matrix_command(line.matrix);
  if (app.got_subcommand("digest")) return digest_command(line.batch);
  if (app.got_subcommand("validate")) return validate_command(line.files, line.overrides);
  if (app.got_subcommand("schema")) return schema_command(line.schema);
  if (app.got_subcommand("swarm")) return swarm_command(line.swarm);
  if (app.got_subcommand("config")) return config_command(line.version, line.key);
  return list_command(line.directory);
}

int run_main(int count, char** words) {
  CLI::App app("Simulates failures of an Apache Kafka cluster, and tells what they cost.",
               "ackident");
  app.footer(kExamples);
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("ackident ") + ACKIDENT_VERSION);
  CommandLine line;
  add_run(app, line);
  add_test(app, line);
  add_matrix(app, line);
  add_others(app, line);
  add_swarm(app, line);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    return explain(app, error, count, words);
  }
  std::signal(SIGINT, on_interrupt);
  try {
    return dispatch(app, line);
  } catch (const FileError& error) {
    fmt::print(stderr, "ackident: {}\n", error.what());
    return kUsage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "ackident: internal error, please report it: {}\n", error.what());
    return kBroken;
  }
}

}  // namespace

}  // namespace ackident

int main(int count, char** words) { return ackident::run_main(count, words); }
