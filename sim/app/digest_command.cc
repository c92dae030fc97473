#include <fmt/format.h>

#include <cstdio>

#include "app/batch.h"
#include "app/commands.h"
#include "app/files.h"
#include "app/jobs.h"
#include "scenario/diagnostics.h"

namespace ackident {

namespace {

struct CaseDigest {
  std::uint64_t digest = 0;
  std::string problem;  // not empty: it could not run, or a check of our own failed
  int code = kHeld;
};

}  // namespace

int digest_command(const BatchOptions& options) {
  const std::optional<SeedRange> seeds = parse_seeds(options.seeds);
  std::vector<LoadedScenario> scenarios;
  for (const std::string& file : find_scenarios(options.paths)) {
    std::optional<LoadedScenario> scenario = try_load(file, options.overrides);
    if (!scenario) return kUsage;
    scenarios.push_back(std::move(*scenario));
  }
  const Batch batch(std::move(scenarios), seeds);
  int code = kHeld;
  const auto make_worker = [&] {
    return [&batch, runner = CaseRunner()](std::size_t number) mutable {
      CaseDigest result;
      try {
        result.digest = runner.run(batch, number).digest;
      } catch (const ScenarioError& error) {  // with this seed's placement
        result = {0, error.what(), kUsage};
      } catch (const std::exception& error) {
        result = {0, error.what(), kBroken};
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
               code = worse(code, result.code);
               return true;
             }
             print(fmt::format("{} {} {:016x}\n", batch.scenario(number).file, batch.seed(number),
                               result.digest));
             return true;
           });
  if (!interrupted) return code;
  fmt::print(stderr, "ackident: interrupted\n");
  return kInterrupted;
}

}  // namespace ackident
