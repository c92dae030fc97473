// ackident, the command line. The one file that sees CLI11.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <limits>

#include "app/batch.h"
#include "app/commands.h"
#include "app/files.h"
#include "base/check.h"
#include "kafka/behaviour.h"
#include "report/matrix.h"
#include "scenario/diagnostics.h"

namespace ackident {

namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 everything held, 1 an expectation failed, 2 wrong usage or bad input,\n"
    "3 nothing failed but something is unknown or vacuous, 70 a bug of ackident, 130 interrupted.";

constexpr std::uint64_t kSwarmSeedsMax = 10'000'000;

extern "C" void on_interrupt(int) { interrupted = true; }

// What the user typed, as far as the options of the commands go.
struct CommandLine {
  RunOptions run;
  BatchOptions batch;
  BatchOptions validate;
  TestOptions test;
  MatrixOptions matrix;
  std::string schema;
  std::string version;
  std::string key;
  std::string directory = "scenarios";
  SwarmCommand swarm;
  std::string seeds = "0..99";
};

// A command with its examples, one a line.
CLI::App& add_command(CLI::App& app, const std::string& name, const std::string& does,
                      const std::string& examples) {
  CLI::App& command = *app.add_subcommand(name, does);
  std::string text = "Examples:\n";
  std::size_t from = 0;
  while (from < examples.size()) {
    const std::size_t end = std::min(examples.find('\n', from), examples.size());
    const std::string rest = examples.substr(from, end - from);
    text += "  ackident " + name + (rest.empty() ? "" : " " + rest) + "\n";
    from = end + 1;
  }
  command.footer(text + "\n" + kExitCodes);
  return command;
}

// The value is one of a few words.
CLI::Validator one_of(std::vector<std::string> words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  return {[words = std::move(words), list](const std::string& text) {
            if (std::find(words.begin(), words.end(), text) != words.end()) return std::string();
            const std::vector<std::string_view> views(words.begin(), words.end());
            const std::string meant = did_you_mean(text, views);
            return "\"" + text + "\" is not known" +
                   (meant.empty() ? "; there are " + list : meant);
          },
          ""};
}

// Digits alone: CLI11 itself says "could not convert".
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  return {[least, most](const std::string& text) {
            const auto number = parse_number(text);
            if (number && *number >= least && *number <= most) return std::string();
            return fmt::format("\"{}\" is no whole number from {} to {}", text, least, most);
          },
          ""};
}

CLI::Validator seed_range(std::uint64_t count_max) {
  return {[count_max](const std::string& text) {
            const auto seeds = parse_seeds(text);
            if (seeds && seeds->last - seeds->first < count_max) return std::string();
            return fmt::format("\"{}\" is no range like 0..99{}", text,
                               seeds ? fmt::format(" of at most {} seeds", count_max) : "");
          },
          ""};
}

void add_paths(CLI::App& command, std::vector<std::string>& paths) {
  command
      .add_option("PATH", paths, "Scenario files, folders or quoted patterns; - is standard input")
      ->type_name("")
      ->required();
}

void add_jobs(CLI::App& command, std::size_t& jobs) {
  command
      .add_option("--jobs", jobs,
                  "Threads, one for each core if not given; no output depends on it")
      ->type_name("N")
      ->check(whole_number(1, 1024));
}

void add_overrides(CLI::App& command, std::vector<std::string>& overrides) {
  // One value for each --set: what follows is a file again.
  command.add_option("--set", overrides, "Replace a value of the scenario; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
}

void add_run(CLI::App& app, CommandLine& line) {
  CLI::App& command =
      add_command(app, "run", "Run scenarios and say what became of them",
                  "scenarios/acks1-leader-kill.json --trace\n"
                  "scenarios/acks1-leader-kill.json --set acks=all --set min.insync.replicas=2\n"
                  "scenarios/acks1-leader-kill.json --set producers.shop.rate=50/s --seed 7\n"
                  "my.json --json report.json");
  add_paths(command, line.run.paths);
  command.add_option("--seed", line.run.seed, "Replace the scenario's seed")
      ->type_name("N")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()));
  add_overrides(command, line.run.overrides);
  command.add_option("--json", line.run.json, "Write the report; - is standard output")
      ->type_name("FILE")
      ->check([](const std::string& file) { return file.empty() ? "names no file" : ""; });
  command.add_flag("--trace", line.run.trace, "Print the strip chart of the run");
  command.add_flag("--check-determinism", line.run.check_determinism,
                   "Run twice and compare; name the first event that differs");
  command.add_flag("--promises", line.run.promises,
                   "Fail too if the run breaks what its settings promise, as in a swarm");
  command.add_flag("--no-color", line.run.no_color, "No colour even on a terminal");
}

void add_batch(CLI::App& command, BatchOptions& batch) {
  add_paths(command, batch.paths);
  command.add_option("--seeds", batch.seeds, "Run each scenario on these seeds, not on its own")
      ->type_name("A..B")
      ->check(seed_range(1'000'000'000));
  add_jobs(command, batch.jobs);
  add_overrides(command, batch.overrides);
}

void add_test(CLI::App& app, CommandLine& line) {
  CLI::App& command = add_command(app, "test", "Check scenarios against what they expect",
                                  "scenarios\n"
                                  "scenarios/b01-follower-partitioned.json --seeds 1..100\n"
                                  "scenarios --filter leader-kill --fail-fast\n"
                                  "scenarios --format junit > results.xml");
  add_batch(command, line.test.batch);
  command.add_option("--format", line.test.format, "text, json, junit or github")
      ->type_name("FORMAT")
      ->check(one_of({"text", "json", "junit", "github"}))
      ->capture_default_str();
  command.add_option("--filter", line.test.filter, "Only files whose path holds this")
      ->type_name("SUBSTRING");
  command.add_flag("--fail-fast", line.test.fail_fast, "Stop at the first failure");
}

void add_matrix(CLI::App& app, CommandLine& line) {
  CLI::App& command = add_command(
      app, "matrix", "Compare settings: the same failures under each combination",
      "scenarios/matrix\n"
      "scenarios/matrix --vary acks=1,all --vary min.insync.replicas=1,2 --measure lost\n"
      "scenarios/matrix/leader-kill.json --seeds 1..20 --vary replica.lag.time.max.ms=10000,30000\n"
      "scenarios/matrix --format csv > matrix.csv");
  add_batch(command, line.matrix.batch);
  command
      .add_option("--vary", line.matrix.vary,
                  "An axis: what --set takes, with several values; may be repeated. Not given: "
                  "acks=0,1,all, min.insync.replicas=1,2,3 and, unless the files place their "
                  "replicas, replication.factor=1,2,3")
      ->type_name("PATH=V1,V2")
      ->allow_extra_args(false);
  std::vector<std::string> measures;
  for (std::size_t m = 0; m < kMatrixMeasures; ++m) {
    measures.emplace_back(measure_name(static_cast<MatrixMeasure>(m)));
  }
  command
      .add_option(
          "--measure", line.matrix.measures,
          "A table of text and markdown: lost, stranded, no-writes, latency-p99 or lag; may "
          "be repeated. Not given: all")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->check(one_of(measures));
  command.add_option("--format", line.matrix.format, "text, markdown, csv or json")
      ->type_name("FORMAT")
      ->check(one_of({"text", "markdown", "csv", "json"}))
      ->capture_default_str();
}

void add_others(CLI::App& app, CommandLine& line) {
  add_batch(add_command(app, "digest", "Print the digest of each run: equal runs, equal digests",
                        "scenarios/acks1-leader-kill.json --seeds 0..9"),
            line.batch);

  CLI::App& validate = add_command(app, "validate", "Check scenario files without running them",
                                   "my.json\nscenarios");
  add_paths(validate, line.validate.paths);
  add_overrides(validate, line.validate.overrides);

  CLI::App& schema = add_command(app, "schema", "Print a JSON Schema, for an editor or a validator",
                                 "scenario > scenario.schema.json");
  schema.add_option("WHICH", line.schema, "scenario or report")
      ->type_name("")
      ->required()
      ->check(one_of({"scenario", "report"}));

  CLI::App& config = add_command(app, "config", "Print Kafka's keys that are modelled",
                                 "\nreplica.lag.time.max.ms --kafka 2.4\nhw_needs_min_isr");
  config.add_option("--kafka", line.version, "Defaults and behaviour of this version")
      ->type_name("VERSION");
  config.add_option("KEY", line.key, "One key, or one behaviour, in full")->type_name("");

  CLI::App& list =
      add_command(app, "list", "List scenarios with their titles; of a single one tell all it says",
                  "\nscenarios/matrix\nscenarios/acks1-leader-kill.json");
  list.add_option("PATH", line.directory, "File, folder or quoted pattern")
      ->type_name("")
      ->capture_default_str();
}

void add_swarm(CLI::App& app, CommandLine& line) {
  CLI::App& command = add_command(
      app, "swarm", "Draw scenarios from seeds, and check all that Kafka promises of them",
      "--seeds 1..1000\n--seeds 42 --trace\n--seeds 42 --write drawn.json");
  command.add_option("--seeds", line.seeds, "Seeds from A to B, both included")
      ->type_name("A..B")
      ->check(seed_range(kSwarmSeedsMax))
      ->capture_default_str();
  add_jobs(command, line.swarm.jobs);
  std::vector<std::string> versions;
  for (const VersionName& version : known_versions()) versions.emplace_back(version.name);
  command.add_option("--kafka", line.swarm.kafka, "One version for all, instead of drawn ones")
      ->type_name("VERSION")
      ->check(one_of(versions));
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

bool is_path(const std::string& word) {
  return word.find('/') != std::string::npos || word.ends_with(".json");
}

// What is wrong, in our words: those of CLI11 are for programmers.
std::string complaint(const CLI::App& app, const CLI::ParseError& error, const std::string& first) {
  if (app.get_subcommands().empty()) {
    const std::string hint =
        is_path(first) ? "; to run a scenario: ackident run " + first : nearest(app, first);
    const char* const kind = first.starts_with('-') ? "option" : "command";
    return fmt::format("there is no {} \"{}\"{}", kind, first, hint);
  }
  for (const std::string& word : app.remaining(true)) {
    if (word.starts_with('-')) {
      return fmt::format("there is no option \"{}\"{}", word, nearest(app, word));
    }
    return fmt::format("\"{}\" is one word too many", word);
  }
  const std::string text = error.what();
  const bool no_value = dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr;
  return no_value ? text.substr(0, text.find(':')) + " needs a value" : text;
}

int explain(CLI::App& app, const CLI::ParseError& error, int count, char** words) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  if (count == 1) {
    fmt::print(stderr, "{}", app.help());
    return kUsage;
  }
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  fmt::print(stderr, "ackident: {}\n", complaint(app, error, words[1]));
  fmt::print(stderr, "Run \"ackident {}--help\" for usage.\n",
             chosen.empty() ? std::string() : chosen.front()->get_name() + " ");
  return kUsage;
}

int dispatch(const CLI::App& app, const CommandLine& line) {
  if (app.got_subcommand("run")) return run_command(line.run);
  if (app.got_subcommand("test")) return test_command(line.test);
  if (app.got_subcommand("matrix")) return matrix_command(line.matrix);
  if (app.got_subcommand("digest")) return digest_command(line.batch);
  if (app.got_subcommand("validate")) return validate_command(line.validate);
  if (app.got_subcommand("schema")) return schema_command(line.schema);
  if (app.got_subcommand("swarm")) {
    SwarmCommand swarm = line.swarm;
    const SeedRange seeds = *parse_seeds(line.seeds);
    swarm.first = seeds.first;
    swarm.last = seeds.last;
    return swarm_command(swarm);
  }
  if (app.got_subcommand("config")) return config_command(line.version, line.key);
  return list_command(line.directory);
}

int run_main(int count, char** words) {
  CLI::App app("Simulates failures of an Apache Kafka cluster, and tells what they cost.",
               "ackident");
  app.footer(std::string("To begin:\n"
                         "  ackident list\n"
                         "  ackident run scenarios/acks1-leader-kill.json --trace\n"
                         "  ackident run --help\n\n") +
             kExitCodes);
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
