// A run begins with a cluster that is formed, and works.
#include <doctest/doctest.h>

#include "drive/run.h"
#include "scenario/load.h"

namespace ackident {

TEST_CASE("whichever broker leads, the first record waits for connections alone") {
  for (const std::string_view leader : {"1, 2, 3", "2, 3, 1", "3, 1, 2"}) {
    CAPTURE(leader);
    const RunResult result = run(load_scenario("formed.json", std::string(R"json({
      "doc": "A record at once, to each leader.",
      "duration": "5s",
      "cluster": {"brokers": 3},
      "topics": {"orders": {"replicas": [[)json") + std::string(leader) +
                                                                  R"json(]]}},
      "producers": [{"topic": "orders", "count": 1}]
    })json"));
    CHECK(result.totals.acked == 1);
    CHECK(result.producers[0].latency.max < milliseconds(10));
  }
}

}  // namespace ackident
