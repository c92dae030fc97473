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

}  // namespace ackident
