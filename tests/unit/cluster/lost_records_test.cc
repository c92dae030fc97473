// The account of lost records, beside a producer that sends far more.
#include <doctest/doctest.h>

#include "drive/run.h"
#include "scenario/load.h"

namespace ackident {

TEST_CASE("a producer's lost records are found among the batches of a busier one") {
  const Scenario scenario = load_scenario("two-producers.json", R"json({
    "doc": "The one record of p1 is acknowledged by a leader that is alone with it and dies.",
    "duration": "60s",
    "cluster": {"brokers": 2},
    "topics": {"lost": {"replicas": [[1, 2]]}, "kept": {"replicas": [[2, 1]]}},
    "producers": [
      {"topic": "lost", "every": "1s", "start": "5s", "count": 1, "config": {"acks": 1}},
      {"topic": "kept", "rate": "100/s", "config": {"acks": 1}}
    ],
    "faults": [
      {"at": "4s", "cut": {"from": "b1", "to": ["b2"]}},
      {"on": "Acked(p1)", "kill": "b1", "for": "20s", "note": "alone with it"}
    ]
  })json");
  const RunResult result = run(scenario);
  CHECK(result.producers[0].totals.lost == 1);
  CHECK(result.totals.lost == 1);
  REQUIRE(result.lost.size() == 1);
  CHECK(result.lost[0].how == CopyEnd::kTruncated);
  CHECK(result.lost[0].offset == Offset(0));
}

namespace {

// 20 ms from producer to leader, a record each millisecond, and the run ends at 10 s.
RunResult ends_in_flight(std::string_view faults) {
  return run(load_scenario("in-flight.json", std::string(R"json({
    "doc": "acks=0 in flight at the end.",
    "duration": "10s", "settle": false,
    "cluster": {"brokers": 1, "network": {"within_rack": "20ms"}},
    "topics": {"orders": {}},
    "producers": [{"topic": "orders", "rate": "1000/s", "config": {"acks": 0}}],
    "faults": )json") + std::string(faults) + "}"));
}

}  // namespace

TEST_CASE("an acks=0 record that is on its way when the run ends is not lost yet") {
  const RunResult result = ends_in_flight("[]");
  CHECK(result.totals.under_way == 19);  // sent from 9.981 s to 9.999 s
  CHECK(result.totals.lost == 0);
  CHECK(result.lost.empty());
}

TEST_CASE("nor is one that a cut or a gate still holds back") {
  const RunResult cut = ends_in_flight(R"([{"at": "9900500us", "cut": "b1"}])");
  CHECK(cut.totals.under_way == 119);
  CHECK(cut.totals.lost == 0);
  const RunResult held = ends_in_flight(
      R"([{"at": "9900500us", "hold": {"message": "ProduceRequest", "from": "p1", "to": "b1"}}])");
  CHECK(held.totals.under_way == 119);
  CHECK(held.totals.lost == 0);
}

TEST_CASE("but one on its way to a process that is dead is lost") {
  const RunResult result = ends_in_flight(R"([{"at": "9990500us", "kill": "b1"}])");
  CHECK(result.totals.under_way == 0);
  CHECK(result.totals.lost == 29);  // what the leader had not taken by then
}

}  // namespace ackident
