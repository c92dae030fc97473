#include <fmt/format.h>

#include <cstdio>

#include "app/batch.h"
#include "app/commands.h"
#include "app/files.h"
#include "app/jobs.h"

namespace ackident {

namespace {

struct CaseDigest {
  std::uint64_t digest = 0;
  std::string problem;  // not empty: a check of our own failed
};

}  // namespace

int digest_command(const BatchOptions& options) {
  const std::optional<SeedRange> seeds = parse_seeds(options.seeds);
  std::vector<Scenario> scenarios;
  for (const std::string& file : find_scenarios(options.paths)) {
    std::optional<Scenario> scenario = try_load(file, options.overrides);
    if (!scenario) return kUsage;
    scenarios.push_back(std::move(*scenario));
  }
  const Batch batch(std::move(scenarios), seeds);
  int code = kHeld;
  const auto make_worker = [&] {
    return [&batch, runner = CaseRunner()](std::size_t number) mutable {
      CaseDigest result;
      try {
        result.digest = runner.run(batch.scenario(number), batch.seed(number)).digest;
      } catch (const std::exception& error) {
        result.problem = error.what();
      }
      return result;
    };
  };
  run_jobs(batch.size(), threads_of(options.jobs), make_worker,
           [&](std::size_t number, const CaseDigest& result) {
             if (interrupted) return false;
             if (!result.problem.empty()) {
               fmt::print(stderr, "ackident: {}: {}\n", batch.scenario(number).file,
                          result.problem);
               code = kBroken;
               return true;
             }
             print(fmt::format("{} {} {:016x}\n", batch.scenario(number).file,
                               batch.seed(number), result.digest));
             return true;
           });
  return interrupted ? static_cast<int>(kInterrupted) : code;
}

}  // namespace ackident
