// What the commands of ackident do, once the command line is understood (main.cc).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/batch.h"

namespace ackident {

struct Scenario;

// Exit codes, as diff and grep have them.
enum ExitCode : int {
  kHeld = 0,       // every expectation held
  kFailed = 1,     // an expectation or a promised invariant failed
  kUsage = 2,      // wrong usage, bad input, or a report that could not be written
  kUndecided = 3,  // nothing failed, but something is unknown or vacuous
  kBroken = 70,    // a check of our own failed: a bug of ackident
  kInterrupted = 130
};

// The code of several runs: what needs attention first.
int worse(int a, int b);

// Set by SIGINT; a run then ends early.
extern std::atomic<bool> interrupted;

struct RunOptions {
  std::vector<std::string> paths;  // as those of a batch
  std::optional<std::uint64_t> seed;
  std::vector<std::string> overrides;  // PATH=VALUE
  std::string json;                    // file to write the report to; "-": standard output
  bool trace = false;
  bool check_determinism = false;
  bool promises = false;  // hold the run to what its settings promise, too
  bool no_color = false;
};
int run_command(const RunOptions& options);
// One scenario, with everything that is printed about it.
int run_scenario(const RunOptions& options, const Scenario& scenario);

struct SwarmCommand {
  std::uint64_t first = 0;
  std::uint64_t last = 99;
  std::size_t jobs = 0;  // threads; 0: one for each core
  std::string kafka;     // one release line; empty: drawn
  std::string write;     // file to write the scenario of a single seed to
  bool trace = false;    // show the run of a single seed
};
int swarm_command(const SwarmCommand& command);

struct TestOptions {
  BatchOptions batch;
  std::string format = "text";  // text, json, junit or github
  std::string filter;           // part of a path
  bool fail_fast = false;
};
int test_command(const TestOptions& options);
struct MatrixOptions {
  BatchOptions batch;
  std::vector<std::string> vary;  // KEY=V1,V2; none: acks, min.insync.replicas, replication.factor
  std::vector<std::string> measures;  // names; none: all
  std::string format = "text";        // text, markdown, csv or json
};
int matrix_command(const MatrixOptions& options);
// One line for each run: file, seed, digest.
int digest_command(const BatchOptions& options);

int validate_command(const BatchOptions& options);
int schema_command(const std::string& which);
int config_command(const std::string& version, const std::string& key);
int list_command(const std::string& directory);

}  // namespace ackident
