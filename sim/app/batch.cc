#include "app/batch.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "app/commands.h"
#include "app/files.h"
#include "scenario/load.h"

namespace ackident {

namespace {

constexpr std::string_view kSchemaEnding = ".schema.json";

bool is_scenario_name(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with(".json") && !name.ends_with(kSchemaEnding);
}

void add_folder(const std::string& folder, std::vector<std::string>& files) {
  std::error_code error;
  const std::size_t before = files.size();
  for (std::filesystem::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->is_regular_file() && is_scenario_name(at->path())) files.push_back(at->path().string());
  }
  if (error) throw FileError("cannot read " + folder + ": " + error.message());
  if (files.size() == before) throw FileError("there is no scenario in " + folder);
  std::sort(files.begin() + static_cast<std::ptrdiff_t>(before), files.end());
}

void add_path(const std::string& path, std::vector<std::string>& files) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return add_folder(path, files);
  if (path == "-" || std::filesystem::exists(path, ignored)) {
    // A shell's *.json takes the schema along, which stands beside the scenarios for editors.
    if (!path.ends_with(kSchemaEnding)) return files.push_back(path);
    fmt::print(stderr, "ackident: {}: left out, a JSON Schema is no scenario\n", path);
    return;
  }
  glob_t found{};
  if (::glob(path.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      const std::string match = found.gl_pathv[i];
      if (std::filesystem::is_directory(match, ignored)) {
        add_folder(match, files);
      } else if (is_scenario_name(match)) {
        files.push_back(match);
      }
    }
  }
  ::globfree(&found);
}

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<SeedRange> parse_seeds(const std::string& text) {
  const std::size_t dots = text.find("..");
  const auto first = parse_number(std::string_view(text).substr(0, dots));
  if (!first) return std::nullopt;
  if (dots == std::string::npos) return SeedRange{*first, *first};
  const auto last = parse_number(std::string_view(text).substr(dots + 2));
  constexpr std::uint64_t kSeedsMax = 1'000'000'000;
  if (!last || *last < *first || *last - *first >= kSeedsMax) return std::nullopt;
  return SeedRange{*first, *last};
}

std::vector<std::string> find_scenarios(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    const std::size_t before = files.size();
    add_path(path, files);
    if (files.size() == before && !path.ends_with(kSchemaEnding)) {
      throw FileError("there is no file or folder " + path);
    }
  }
  if (files.empty()) throw FileError("there is no scenario to take");
  // A file that two paths stand for is run once.
  std::vector<std::string> unique;
  for (const std::string& file : files) {
    if (std::find(unique.begin(), unique.end(), file) == unique.end()) unique.push_back(file);
  }
  return unique;
}

LoadedScenario load(const std::string& file, std::string text,
                    const std::vector<std::string>& overrides) {
  Scenario scenario = load_scenario(file, text, overrides);
  return {std::move(scenario), std::move(text), overrides};
}

std::optional<LoadedScenario> try_load(const std::string& file,
                                       const std::vector<std::string>& overrides) {
  try {
    return load(file, read_file(file), overrides);
  } catch (const ScenarioError& error) {
    fmt::print(stderr, "{}", error.what());
  } catch (const FileError& error) {
    fmt::print(stderr, "ackident: {}\n", error.what());
  }
  return std::nullopt;
}

std::optional<Scenario> Batch::placed_anew(std::size_t number) const {
  const LoadedScenario& own = scenarios_[index(number)];
  if (!own.scenario.seed_places || seed(number) == own.scenario.seed) return std::nullopt;
  Scenario placed = load_scenario(own.scenario.file, own.text, own.overrides, seed(number));
  placed.seed = own.scenario.seed;
  return placed;
}

void CaseRunner::prepare(const Batch& batch, std::size_t number) {
  const Scenario* const own = &batch.scenario(number);
  if (scenario_ == own && (!own->seed_places || batch.seed(number) == own->seed)) return;
  runner_.reset();
  scenario_ = nullptr;
  placed_ = batch.placed_anew(number);
  scenario_ = placed_ ? &*placed_ : own;
  runner_.emplace(*scenario_);
}

const RunResult& CaseRunner::run(const Batch& batch, std::size_t number) {
  prepare(batch, number);
  RunHooks hooks;
  hooks.interrupted = &interrupted;
  try {
    return runner_->run(batch.seed(number), hooks);
  } catch (...) {
    scenario_ = nullptr;  // what a failed check leaves behind is not to be used again
    throw;
  }
}

std::size_t threads_of(std::size_t jobs) {
  return jobs != 0 ? jobs : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace ackident
