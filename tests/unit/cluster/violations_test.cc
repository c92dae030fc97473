// What oracles say, and that they are heard.
#include <doctest/doctest.h>

#include <algorithm>

#include "drive/run.h"
#include "scenario/load.h"

namespace ackident {

TEST_CASE("logs of one length that differ are told apart, and where they part") {
  // b1 acknowledges three records alone and dies; b2 leads, and takes more than that. With the
  // mutant b2 serves b1, when it is back, although its last epoch is another one.
  Scenario scenario = load_scenario("diverging.json", R"json({
    "doc": "A former leader keeps what it had appended alone.",
    "duration": "60s",
    "cluster": {"brokers": 2},
    "topics": {"orders": {"replicas": [[1, 2]]}},
    "producers": [{"topic": "orders", "every": "1s", "start": "2s", "stop": "40s",
                   "config": {"acks": 1}}],
    "faults": [
      {"at": "5500ms", "cut": {"from": "b1", "to": "b2"}, "for": "10s"},
      {"at": "8500ms", "kill": "b1", "for": "20s"}
    ]
  })json");
  CHECK(run(scenario).violations.empty());
  scenario.setup.composition.mutants.set(static_cast<std::size_t>(Mutant::kIgnoreLastFetchedEpoch));
  const RunResult result = run(scenario);
  const auto found =
      std::find_if(result.violations.begin(), result.violations.end(),
                   [](const InvariantViolation& v) { return v.invariant == "Convergence"; });
  REQUIRE(found != result.violations.end());
  CHECK(found->text == "after healing, its log parts from the leader's at offset 4");
}

TEST_CASE("violations that the settings permit do not hide the others") {
  // Power takes committed records of 120 partitions, which is permitted; much later their leaders
  // are alone, and with the mutant they take acks=all nevertheless.
  Scenario scenario = load_scenario("hidden.json", R"json({
    "doc": "A power loss, and then a leader that is alone.",
    "duration": "45s",
    "cluster": {"brokers": 2},
    "topics": {"orders": {"partitions": 120, "replication_factor": 2,
                          "config": {"min.insync.replicas": 2}}},
    "producers": [{"topic": "orders", "rate": "300/s", "keys": 5000}],
    "faults": [
      {"at": "5s", "power_loss": "brokers", "lose": 20, "for": "5s"},
      {"at": "30s", "kill": "b2", "for": "10s"}
    ]
  })json");
  const auto check = [&](bool any_forbidden) {
    const RunResult result = run(scenario);
    const auto permitted = static_cast<std::size_t>(
        std::count_if(result.violations.begin(), result.violations.end(),
                      [](const InvariantViolation& v) { return v.permitted; }));
    CHECK(permitted == kViolationsMax);
    CHECK((result.violations.size() > permitted) == any_forbidden);
  };
  check(false);
  scenario.setup.composition.mutants.set(static_cast<std::size_t>(Mutant::kSkipMinIsrCheck));
  check(true);
}

}  // namespace ackident
