// One run of a scenario: the world, the injector and the oracles, from seed to result.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "cluster/injector.h"
#include "drive/recorder.h"
#include "oracle/account.h"
#include "oracle/invariants.h"
#include "scenario/scenario.h"

namespace ackident {

// What a caller may watch. All optional.
struct RunHooks {
  void (*on_fact)(void* context, Instant at, EventId event, EventId cause,
                  const Fact& fact) = nullptr;
  void* context = nullptr;
  TraceSink* trace = nullptr;
  const std::atomic<bool>* interrupted = nullptr;  // polled; a set flag ends the run early
};

// Runs one scenario again and again with other seeds, reusing all memory.
class Runner {
 public:
  explicit Runner(const Scenario& scenario);

  // The result stays valid until the next run.
  const RunResult& run(std::uint64_t seed, const RunHooks& hooks = {});

  [[nodiscard]] const World& world() const { return world_; }
  [[nodiscard]] const Account& account() const { return account_; }

 private:
  void watch(const Step& step, const RunHooks& hooks);
  // Runs until `until`; false if the bound on events was hit or the caller interrupted.
  bool advance(Instant until, const RunHooks& hooks);
  bool in_bounds(const Step& step);
  // Says so in the result; false.
  bool cut_short(std::string why);
  void settle(const RunHooks& hooks);
  void restart_servers(Instant at, const RunHooks& hooks);
  void finish();

  const Scenario& scenario_;
  Injector injector_;
  World world_;
  Shadows shadows_;
  Account account_;
  Invariants invariants_;
  Recorder recorder_;
  RunResult result_;
  Instant still_at_;     // of the last look at the bounds,
  EventId still_since_;  // and the first look at this instant
};

// A single run with the scenario's own seed.
RunResult run(const Scenario& scenario, const RunHooks& hooks = {});

}  // namespace ackident
