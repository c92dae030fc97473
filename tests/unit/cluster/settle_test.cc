#include <doctest/doctest.h>

#include "drive/contract.h"
#include "drive/run.h"
#include "scenario/load.h"

using namespace ackident;

namespace {

RunResult run_with_faults(const std::string& faults) {
  const std::string text =
      "{ \"doc\": \"A test.\", \"duration\": \"30s\", \"cluster\": { \"brokers\": 3 },"
      "\"topics\": { \"orders\": { \"replicas\": [[1, 2, 3]] } },"
      "\"producers\": [ { \"topic\": \"orders\", \"rate\": \"10/s\" } ],"
      "\"faults\": [" +
      faults + "] }";
  return run(load_scenario("test.json", text), RunHooks());
}

std::uint64_t count(const RunResult& result, FactKind kind) {
  return result.fact_counts[static_cast<std::size_t>(kind)];
}

}  // namespace

TEST_CASE("A broker that still exits in the settle phase is started again") {
  // It leads, so leave to go comes seconds later: after the heal, which finds it running.
  const RunResult result = run_with_faults(R"({"at": "29900ms", "shutdown": "b1"})");
  CHECK(count(result, FactKind::kKilled) == 1);
  CHECK(count(result, FactKind::kStarted) == 1);
  CHECK(result.settled < kNever);
  CHECK_FALSE(result.bounds_hit);
}

TEST_CASE("A client that was to come back after the heal comes back with it") {
  const std::string faults = R"({"at": "20s", "kill": "p1", "for": "20s"})";
  CHECK(count(run_with_faults(faults), FactKind::kStarted) == 1);
  // One that was ended for good stays away.
  CHECK(count(run_with_faults(R"({"at": "20s", "kill": "p1"})"), FactKind::kStarted) == 0);
}

TEST_CASE("A cluster that never comes to rest says what moves, and whether Kafka's would") {
  // b1 leads alone and comes back empty; b2 has the whole log.
  const std::string faults =
      R"({"at": "5s", "cut": "b2", "for": "20s"}, {"at": "20s", "disk_wipe": "b1"})";
  const auto result_of = [&](const std::string& version, Scenario& scenario) {
    scenario = load_scenario("test.json", R"({"doc": "A test.", "kafka": ")" + version +
                                              R"(", "duration": "30s",
                                 "cluster": {"brokers": 2},
                                 "topics": {"orders": {"replicas": [[1, 2]]}},
                                 "producers": [{"topic": "orders", "rate": "10/s", "stop": "4s"}],
                                 "faults": [)" +
                                              faults + "]}");
    return run(scenario, RunHooks());
  };
  Scenario scenario;
  const RunResult halts = result_of("1.1", scenario);
  CHECK(halts.bounds_hit);
  CHECK(halts.unsettled.find("b2 was not") == 0);
  CHECK(halts.cut_short.find("had not come to rest 300 s after it was healed (b2 was not") !=
        std::string::npos);
  CHECK(restless_by_rule(scenario, halts).find("KAFKA-3410") != std::string::npos);
  CHECK(broken_promises(scenario, halts).empty());
  const RunResult truncates = result_of("2.0", scenario);
  CHECK(truncates.settled < kNever);
  CHECK(truncates.unsettled.empty());
  CHECK(restless_by_rule(scenario, truncates).empty());
  // The same restarts are no excuse for a Kafka that truncates.
  RunResult forged = halts;
  CHECK_FALSE(broken_promises(scenario, forged).empty());
}

TEST_CASE("A client that starts later is a process that starts then") {
  Scenario scenario = load_scenario("test.json", R"({
    "doc": "A test.", "duration": "30s", "cluster": {"brokers": 3},
    "topics": {"orders": {"replicas": [[1, 2, 3]]}},
    "producers": [{"topic": "orders", "rate": "10/s", "start": "20s", "count": 10,
                   "config": {"acks": 1, "enable.idempotence": false}}],
    "faults": [{"at": "5s", "kill": "b1"}]
  })");
  // Made at 0 it would still think that b1 leads, and would try it first.
  const RunResult result = run(scenario, RunHooks());
  CHECK(count(result, FactKind::kStarted) == 2);  // and b1, after the heal
  CHECK(result.totals.acked == 10);
  CHECK(count(result, FactKind::kRetried) == 0);
  CHECK(count(result, FactKind::kBatchSent) == 10);
  // Its first send() waits for the connection and the metadata.
  CHECK(result.producers[0].latency.max > milliseconds(1));
  CHECK(result.producers[0].latency.p50 < milliseconds(1));
}

TEST_CASE("A SIGTERM stays pending while the process is frozen; a SIGKILL does not wait") {
  const std::string freeze = R"({"at": "5s", "freeze": "b1", "for": "15s"},)";
  const RunResult asked = run_with_faults(freeze + R"({"at": "6s", "shutdown": "b1"},
                                                      {"at": "7s", "shutdown": "b1"})");
  CHECK(count(asked, FactKind::kShutdownBegan) == 1);
  CHECK(count(asked, FactKind::kResumed) == 1);
  REQUIRE(asked.faults.size() == 3);
  CHECK(asked.faults[1].bit);
  CHECK_FALSE(asked.faults[2].bit);  // it was pending already

  const RunResult killed = run_with_faults(freeze + R"({"at": "6s", "shutdown": "b1"},
                                                       {"at": "7s", "kill": "b1", "for": "1s"})");
  CHECK(count(killed, FactKind::kShutdownBegan) == 0);  // the signal died with the process
  CHECK(count(killed, FactKind::kResumed) == 0);
}

TEST_CASE("A run whose time stands still is given up") {
  // No latency, and followers that never wait: their fetches go round in one instant.
  const RunResult result = run(load_scenario("test.json", R"({
    "doc": "A test.", "duration": "1s",
    "cluster": {"brokers": 2, "config": {"replica.fetch.wait.max.ms": 0},
                "network": {"within_rack": "0s", "between_racks": "0s"}},
    "topics": {"orders": {"replicas": [[1, 2]]}}
  })"));
  CHECK(result.bounds_hit);
  CHECK(result.events < 5'000'000);
}

TEST_CASE("A fault that changes nothing does not bite, and the run is vacuous") {
  const auto bites = [](const std::string& fault) {
    const RunResult result = run_with_faults(fault);
    CHECK(result.verdict == (result.faults[0].bit ? Verdict::kPass : Verdict::kVacuous));
    return result.faults[0].bit;
  };
  // A gate bites when a message comes to it: brokers send no ProduceRequests to each other.
  const std::string hold = R"({"at": "5s", "hold": {"message": )";
  CHECK(bites(hold + R"("FetchRequest", "from": "b2", "to": "b1"}, "for": "5s"})"));
  CHECK(bites(hold + R"("FetchRequest", "from": "b2", "to": "b1"}})"));
  CHECK_FALSE(bites(hold + R"("ProduceRequest", "from": "b2", "to": "b1"}, "for": "5s"})"));
  CHECK_FALSE(bites(hold + R"("ProduceRequest", "from": "b2", "to": "b1"}})"));
  CHECK_FALSE(
      bites(R"({"at": "5s", "release": {"message": "FetchRequest", "from": "b2", "to": "b1"}})"));
  // So does a cut; between two followers nothing goes, and b1's is over between two messages.
  const std::string cut = R"({"at": "5s", "cut": {"from": "b2", "to": )";
  CHECK(bites(cut + R"("b1"}, "for": "5s"})"));
  CHECK(bites(cut + R"("b1"}})"));
  CHECK(bites(cut + R"("b1"}, "for": "1us", "reset": true})"));
  CHECK(bites(cut + R"("b1"}, "both_ways": false})"));
  CHECK_FALSE(bites(cut + R"("b3"}, "for": "5s"})"));
  CHECK_FALSE(bites(cut + R"("b3"}})"));
  CHECK_FALSE(bites(R"({"at": "5050ms", "cut": {"from": "b2", "to": "b1"}, "for": "1us"})"));
  // Two cuts of one link end together, and both have kept something back.
  const RunResult both = run_with_faults(R"({"at": "5s", "cut": {"from": "b2", "to": "b1"}},
                     {"at": "5s", "cut": {"from": "b3", "to": ["b1", "b2"]}},
                     {"at": "6s", "cut": {"from": "b1", "to": ["b2", "b3", "controller"]},
                      "for": "1s"})");
  CHECK(both.faults[0].bit);
  CHECK(both.faults[1].bit);
  CHECK(both.faults[2].bit);
  // The preferred replica leads, and what has a leader needs no unclean election.
  CHECK_FALSE(bites(R"({"at": "5s", "elect": "orders/0"})"));
  CHECK_FALSE(bites(R"({"at": "5s", "elect": {"partition": "orders/0", "kind": "unclean"}})"));
  const std::string alter = R"({"at": "5s", "alter_config": {"topic": "orders", "config": )";
  CHECK(bites(alter + R"({"min.insync.replicas": 2}}})"));
  CHECK_FALSE(bites(alter + R"({"min.insync.replicas": 1}}})"));
  CHECK(bites(R"({"at": "5s", "slow_broker": {"target": "b1", "delay": "1ms"}})"));
  CHECK_FALSE(bites(R"({"at": "5s", "slow_broker": {"target": "b1", "delay": "0s"}})"));
  CHECK_FALSE(bites(R"({"at": "5s", "slow_link": {"from": "b1", "to": "b2", "delay": "0s"}})"));
  // They bite when they slow a message: b2 and b3 have nothing to say to each other.
  const std::string slow = R"({"at": "5s", "slow_link": {"delay": "1ms", "from": "b2", "to": )";
  CHECK(bites(slow + R"("b1"}})"));
  CHECK(bites(slow + R"("b1"}, "for": "5s"})"));
  CHECK_FALSE(bites(slow + R"("b3"}})"));
  CHECK_FALSE(bites(slow + R"("b3"}, "for": "5s"})"));
  CHECK_FALSE(
      bites(R"({"at": "5s", "slow_broker": {"target": "b1", "delay": "1ms"}, "for": "1ns"})"));
  CHECK(bites(R"({"at": "5s", "set_rate": {"producer": "p1", "rate": "7/s"}})"));
  CHECK_FALSE(bites(R"({"at": "5s", "set_rate": {"producer": "p1", "rate": "10/s"}})"));
}

TEST_CASE("A fault may wait for the formation of the cluster, and does so in every run") {
  const Scenario scenario = load_scenario("test.json", R"({
    "doc": "A test.", "duration": "30s", "cluster": {"brokers": 3},
    "topics": {"orders": {"replicas": [[1, 2, 3]]}},
    "faults": [
      {"on": {"fact": "BecameLeader", "nth": 1, "after": "5s"}, "kill": "b1", "for": "10s"}
    ]
  })");
  Runner runner(scenario);
  const std::uint64_t digest = runner.run(1).digest;
  const RunResult again = runner.run(1);
  CHECK(again.digest == digest);
  CHECK(again.faults[0].fired == 1);  // b1 led from the beginning; b2 is the second
  CHECK(again.faults[0].times[0] == Instant() + seconds(5));
}
