// ackident swarm: many drawn scenarios, each against everything that can be judged without a word
// about what it should show.
#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "app/commands.h"
#include "app/coverage.h"
#include "app/files.h"
#include "drive/contract.h"
#include "drive/run.h"
#include "drive/words.h"
#include "scenario/swarm.h"

namespace ackident {
namespace {

struct Outcome {
  bool done = false;
  std::string complaints;  // empty: nothing wrong
  std::string restless;    // why the cluster never came to rest, although nothing is wrong
};

Outcome run_seed(std::uint64_t seed, const SwarmOptions& swarm, Coverage& coverage) {
  Outcome out;
  out.done = true;
  try {
    const Scenario scenario = swarm_scenario(seed, swarm);
    RunHooks hooks;
    hooks.interrupted = &interrupted;
    hooks.on_fact = Coverage::on_fact;
    hooks.context = &coverage;
    const RunResult result = run(scenario, hooks);
    if (interrupted) return out;
    for (const std::string& broken : broken_promises(scenario, result)) {
      out.complaints += "  " + broken + "\n";
    }
    const std::string rule = restless_by_rule(scenario, result);
    if (!rule.empty()) out.restless = fmt::format("{} ({})", unrest_text(result), rule);
    coverage.add_run(scenario, result);
  } catch (const std::exception& error) {
    out.complaints += fmt::format("  {}\n", error.what());
  }
  return out;
}

// Seeds are taken by whoever is free, and reported in their order.
class Pool {
 public:
  Pool(const SwarmCommand& command)
      : command_(command),
        threads_(threads_of(command.jobs)),
        outcomes_(command.last - command.first + 1) {}

  // The number of seeds that failed.
  std::uint64_t run(Coverage& total) {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < threads_; ++i) {
      threads.emplace_back([this, &total] { work(total); });
    }
    const std::uint64_t failed = report();
    for (std::thread& thread : threads) thread.join();
    return failed;
  }
  // Seeds of which the outcome is known; less than all after an interruption.
  [[nodiscard]] std::uint64_t reported() const { return reported_; }

 private:
  void work(Coverage& total) {
    const SwarmOptions options{command_.kafka};
    Coverage coverage;
    while (!interrupted) {
      const std::uint64_t index = next_++;
      if (index >= outcomes_.size()) break;
      Outcome outcome = run_seed(command_.first + index, options, coverage);
      const std::lock_guard lock(mutex_);
      outcomes_[index] = std::move(outcome);
      changed_.notify_one();
    }
    const std::lock_guard lock(mutex_);
    total.add(coverage);
    ++finished_;
    changed_.notify_one();
  }

  std::uint64_t report() {
    std::uint64_t failed = 0;
    std::unique_lock lock(mutex_);
    for (std::size_t i = 0; i < outcomes_.size(); ++i) {
      changed_.wait(lock, [&] { return outcomes_[i].done || finished_ == threads_; });
      if (!outcomes_[i].done) break;  // interrupted
      ++reported_;
      const std::uint64_t seed = command_.first + i;
      if (!outcomes_[i].restless.empty()) {
        print(fmt::format("seed {} never comes to rest: {}\n", seed, outcomes_[i].restless));
      }
      if (outcomes_[i].complaints.empty()) continue;
      ++failed;
      print(fmt::format("seed {} failed:\n{}  again: ackident swarm --seeds {}..{}{} --trace\n",
                        seed, outcomes_[i].complaints, seed, seed,
                        command_.kafka.empty() ? "" : " --kafka " + command_.kafka));
    }
    return failed;
  }

  const SwarmCommand& command_;
  std::size_t threads_;
  std::vector<Outcome> outcomes_;
  std::atomic<std::uint64_t> next_ = 0;
  std::size_t finished_ = 0;
  std::uint64_t reported_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
};

std::string summary(std::uint64_t seeds, const Coverage& coverage, std::uint64_t failed) {
  return fmt::format("{}, {} failed, {}\n{}", counted(seeds, "seed"), failed,
                     coverage.counts_text(), coverage.marks_text());
}

}  // namespace

int swarm_command(const SwarmCommand& command) {
  const bool single = command.first == command.last;
  if ((command.trace || !command.write.empty()) && !single) {
    fmt::print(stderr, "ackident: --trace and --write are for one seed: --seeds N..N\n");
    return kUsage;
  }
  const SwarmOptions options{command.kafka};
  if (!command.write.empty()) replace_file(command.write, swarm_text(command.first, options));
  if (command.trace) {
    RunOptions run;
    run.trace = true;
    run_scenario(run, swarm_scenario(command.first, options));
  }
  Coverage coverage;
  Pool pool(command);
  const std::uint64_t failed = pool.run(coverage);
  print(summary(pool.reported(), coverage, failed));
  if (interrupted) {
    fmt::print(stderr, "ackident: interrupted after {} of {}\n", pool.reported(),
               counted(command.last - command.first + 1, "seed"));
    return kInterrupted;
  }
  return failed == 0 ? kHeld : kFailed;
}

}  // namespace ackident
