// What the commands of ackident do, once the command line is understood (main.cc).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ackident {

// Exit codes, as diff and grep have them.
enum ExitCode : int {
  kHeld = 0,       // every expectation held
  kFailed = 1,     // an expectation or a promised invariant failed
  kUsage = 2,      // wrong usage, bad input, or a report that could not be written
  kUndecided = 3,  // nothing failed, but something is unknown or vacuous
  kBroken = 70,    // a check of our own failed: a bug of ackident
  kInterrupted = 130
};

// Set by SIGINT; a run then ends early.
extern std::atomic<bool> interrupted;

struct RunOptions {
  std::vector<std::string> files;  // "-": standard input
  std::optional<std::uint64_t> seed;
  std::vector<std::string> overrides;  // PATH=VALUE
  std::string json;                    // file to write the report to; "-": standard output
  bool trace = false;
  bool check_determinism = false;
  bool no_color = false;
};
int run_command(const RunOptions& options);

struct BatchOptions;
// One line for each run: file, seed, digest.
int digest_command(const BatchOptions& options);

int validate_command(const std::vector<std::string>& files,
                     const std::vector<std::string>& overrides);
int schema_command(const std::string& which);
int config_command(const std::string& version, const std::string& key);
int list_command(const std::string& directory);

}  // namespace ackident
