// Many runs: scenario files, each on its own seed or on a range of seeds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "drive/run.h"
#include "scenario/scenario.h"

namespace ackident {

// A whole number from 0, in digits alone.
std::optional<std::uint64_t> parse_number(std::string_view text);

// "3" or "0..99", both ends included.
struct SeedRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
std::optional<SeedRange> parse_seeds(const std::string& text);

struct BatchOptions {
  std::vector<std::string> paths;      // files, folders, patterns; "-": standard input
  std::vector<std::string> overrides;  // PATH=VALUE
  std::string seeds;                   // empty: each scenario's own
  std::size_t jobs = 0;                // threads; 0: one for each core
};

// The scenario files that the paths stand for: folders are searched through in order of name.
// JSON Schemas (*.schema.json) are left out. Throws FileError for what does not exist, or stands
// for nothing.
std::vector<std::string> find_scenarios(const std::vector<std::string>& paths);

// A scenario, and what it was read from.
struct LoadedScenario {
  Scenario scenario;
  std::string text;
  std::vector<std::string> overrides;
};
// Throws ScenarioError.
LoadedScenario load(const std::string& file, std::string text,
                    const std::vector<std::string>& overrides);
// Loads a file; if that fails, says why on standard error and returns nothing.
std::optional<LoadedScenario> try_load(const std::string& file,
                                       const std::vector<std::string>& overrides);

// The runs of a batch, numbered: all seeds of the first scenario, then of the next.
class Batch {
 public:
  Batch(std::vector<LoadedScenario> scenarios, std::optional<SeedRange> seeds)
      : scenarios_(std::move(scenarios)), seeds_(seeds) {}

  [[nodiscard]] std::size_t size() const { return scenarios_.size() * seeds_each(); }
  // As its file has it.
  [[nodiscard]] const Scenario& scenario(std::size_t number) const {
    return scenarios_[index(number)].scenario;
  }
  // If the seed of the run places the replicas elsewhere than the file's own: the scenario with
  // them there, and nothing else changed. Throws ScenarioError if it cannot be.
  [[nodiscard]] std::optional<Scenario> placed_anew(std::size_t number) const;
  // Which of the scenarios it is.
  [[nodiscard]] std::size_t index(std::size_t number) const { return number / seeds_each(); }
  [[nodiscard]] std::uint64_t seed(std::size_t number) const {
    return seeds_ ? seeds_->first + number % seeds_each() : scenario(number).seed;
  }

 private:
  [[nodiscard]] std::size_t seeds_each() const {
    return seeds_ ? static_cast<std::size_t>(seeds_->last - seeds_->first + 1) : 1;
  }

  std::vector<LoadedScenario> scenarios_;
  std::optional<SeedRange> seeds_;
};

// Runs one case after another, and keeps memory while the scenario stays the same.
class CaseRunner {
 public:
  // Throws CheckFailure, or ScenarioError. The result is valid until the next run.
  const RunResult& run(const Batch& batch, std::size_t number);
  // What ran.
  [[nodiscard]] const Scenario& scenario() const { return *scenario_; }

 private:
  void prepare(const Batch& batch, std::size_t number);

  const Scenario* scenario_ = nullptr;
  std::optional<Scenario> placed_;  // where the seed moved replicas
  std::optional<Runner> runner_;
};

// As many as wanted; 0: one for each core.
std::size_t threads_of(std::size_t jobs);

}  // namespace ackident
