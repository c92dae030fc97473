// Faults, selectors, triggers and expectations.
#include <doctest/doctest.h>

#include "scenario_maker.h"

namespace ackident {
namespace {

std::string with_fault(const std::string& fault) {
  return scenario_text(", \"faults\": [" + fault + "]");
}
Fault fault_of(const std::string& fault) { return load_text(with_fault(fault)).setup.faults.at(0); }

Selector target_of(const std::string& selector) {
  return fault_of("{\"at\": \"1s\", \"kill\": \"" + selector + "\"}").target.at(0);
}

TEST_CASE("selectors") {
  CHECK(target_of("b2").node == NodeId(2));
  CHECK(target_of("2").node == NodeId(2));
  CHECK(target_of("billing-1").node == NodeId(5));
  CHECK(target_of("rack:b").kind == SelectorKind::kRack);
  CHECK(target_of("rack:b").rack == 2);
  CHECK(target_of("leader(orders/1)").kind == SelectorKind::kLeader);
  CHECK(target_of("leader(orders/1)").partition == PartitionId(1));
  CHECK(target_of("isr(orders/0)").kind == SelectorKind::kIsr);
  CHECK(target_of("replicas(orders/0)").kind == SelectorKind::kReplicas);
  CHECK(target_of("follower(orders/0)").nth == -1);
  CHECK(target_of("follower(orders/0)[1]").nth == 1);
  CHECK(target_of("controller").kind == SelectorKind::kController);
  CHECK(target_of("brokers").kind == SelectorKind::kBrokers);
  CHECK(target_of("clients").kind == SelectorKind::kClients);
  CHECK(target_of("everyone").kind == SelectorKind::kEveryone);
  CHECK(target_of("random-broker").kind == SelectorKind::kRandomBroker);
  CHECK(fault_of("{\"at\": \"1s\", \"kill\": [\"b1\", \"rack:c\"]}").target.size() == 2);
  // A broker's id may be a number.
  CHECK(fault_of("{\"at\": \"1s\", \"kill\": 2}").target.at(0).node == NodeId(2));
  CHECK(fault_of("{\"at\": \"1s\", \"kill\": [1, \"b3\"]}").target.at(0).node == NodeId(1));
  CHECK(contains(first_problem(with_fault("{\"at\": \"1s\", \"kill\": 7}")), "no node \"7\""));
}

TEST_CASE("selectors that name nobody") {
  const auto problem = [](const std::string& selector) {
    return first_problem(with_fault("{\"at\": \"1s\", \"kill\": \"" + selector + "\"}"));
  };
  CHECK(contains(problem("b9"), "there is no node \"b9\""));
  CHECK(contains(problem("brokres"), "did you mean \"brokers\"?"));
  CHECK(contains(problem("rack:z"), "there is no rack \"z\""));
  CHECK(contains(problem("leader(orders)"), "write topic/number"));
  CHECK(contains(problem("leader(order/0)"), "did you mean \"orders\"?"));
  CHECK(contains(problem("leader(orders/2)"), "has 2 partitions"));
  CHECK(contains(problem("laeder(orders/0)"), "did you mean \"leader\"?"));
  CHECK(contains(problem("leader(orders/0)[1]"), "only follower(p)[n]"));
  CHECK(contains(problem("follower(orders/0)[x]"), "only follower(p)[n]"));
  CHECK(contains(problem("leader(orders/0"), "is no selector"));
}

TEST_CASE("one action and one trigger") {
  CHECK(contains(first_problem(with_fault("{\"at\": \"1s\"}")), "needs an action"));
  CHECK(contains(first_problem(with_fault("{\"kill\": \"b1\"}")), "exactly one of"));
  CHECK(contains(
      first_problem(with_fault("{\"at\": \"1s\", \"on\": \"Truncated\", \"kill\": \"b1\"}")),
      "exactly one of"));
  CHECK(contains(first_problem(with_fault("{\"at\": \"1s\", \"kill\": \"b1\", \"start\": \"b1\"}")),
                 "one action"));
  CHECK(contains(first_problem(with_fault("{\"at\": \"60s\", \"kill\": \"b1\"}")),
                 "the scenario ends at 1m"));
  CHECK(
      contains(first_problem(with_fault("{\"at\": \"1s\", \"kil\": \"b1\"}")), "needs an action"));
  CHECK(contains(first_problem(with_fault("{\"at\": \"1s\", \"start\": \"b1\", \"for\": \"1s\"}")),
                 "what can be undone"));
  CHECK(contains(first_problem(with_fault("{\"at\": \"1s\", \"kill\": \"b1\", \"lose\": 1}")),
                 "\"lose\" goes with power_loss"));
}

TEST_CASE("triggers on facts, compact and in full") {
  const FactTrigger compact =
      fault_of("{\"on\": \"Truncated(leader(orders/1), orders/0)#3\", \"kill\": \"b1\"}").on;
  CHECK(compact.kind == FactKind::kTruncated);
  CHECK(compact.partition == PartitionId(0));
  CHECK(compact.nth == 3);
  REQUIRE(compact.node.size() == 1);
  CHECK(compact.node[0].kind == SelectorKind::kLeader);
  CHECK(compact.node[0].partition == PartitionId(1));
  const FactTrigger bare = fault_of("{\"on\": \"LeaderElected\", \"kill\": \"b1\"}").on;
  CHECK(bare.kind == FactKind::kLeaderElected);
  CHECK(bare.node.empty());
  CHECK(bare.nth == 1);
  const FactTrigger full =
      fault_of(
          "{\"on\": {\"fact\": \"HighWatermark\", \"node\": \"b2\", \"partition\": "
          "\"orders/1\", \"nth\": 2, \"offset\": 42, \"after\": \"5ms\", \"not_before\": "
          "\"5s\"}, \"kill\": \"b1\"}")
          .on;
  CHECK(full.kind == FactKind::kHighWatermark);
  CHECK(full.node.at(0).node == NodeId(2));
  CHECK(full.partition == PartitionId(1));
  CHECK(full.nth == 2);
  CHECK(full.offset_min == Offset(42));
  CHECK(full.delay == milliseconds(5));
  CHECK(full.not_before == Instant() + seconds(5));
  CHECK(contains(first_problem(with_fault("{\"on\": \"Truncate\", \"kill\": \"b1\"}")),
                 "did you mean \"Truncated\"?"));
  CHECK(
      contains(first_problem(with_fault("{\"on\": \"Truncated#0\", \"kill\": \"b1\"}")), "from 1"));
}

TEST_CASE("repeated faults and faults by chance") {
  const Fault every = fault_of(
      "{\"at\": \"10s\", \"every\": \"5s\", \"times\": 3, \"kill\": \"b1\", \"for\": \"1s\"}");
  CHECK(every.trigger == TriggerKind::kAt);
  CHECK(every.repeats);
  CHECK(every.at == Instant() + seconds(10));
  CHECK(every.mean_gap == seconds(5));
  CHECK(every.repeat_max == 3);
  CHECK(every.until == Instant() + seconds(60));
  CHECK(every.revert_after == seconds(1));
  CHECK(fault_of("{\"every\": \"5s\", \"kill\": \"b1\"}").at == Instant() + seconds(5));
  const Fault chance = fault_of(
      "{\"chance\": {\"mean\": \"30s\", \"from\": \"5s\", \"until\": \"50s\"}, \"kill\": \"b1\"}");
  CHECK(chance.trigger == TriggerKind::kRate);
  CHECK(chance.mean_gap == seconds(30));
  CHECK(chance.at == Instant() + seconds(5));
  CHECK(chance.until == Instant() + seconds(50));
  CHECK(chance.repeat_max > 1);
  const Fault once = fault_of("{\"at\": \"10s\", \"kill\": \"b1\"}");
  CHECK_FALSE(once.repeats);
  CHECK(once.repeat_max == 1);
}

TEST_CASE("links: cut, heal, slow, hold") {
  const Fault cut = fault_of(
      "{\"at\": \"1s\", \"cut\": {\"from\": \"b1\", \"to\": [\"b2\", \"b3\"]}, \"reset\": true, "
      "\"both_ways\": false}");
  CHECK(cut.target.size() == 1);
  CHECK(cut.to.size() == 2);
  CHECK(cut.reset_connections);
  CHECK_FALSE(cut.both_ways);
  const Fault alone = fault_of("{\"at\": \"1s\", \"cut\": \"b1\"}");
  CHECK(alone.to.at(0).kind == SelectorKind::kEveryone);
  CHECK(alone.both_ways);
  const Fault heal = fault_of("{\"at\": \"1s\", \"heal\": \"all\"}");
  CHECK(heal.target.empty());
  CHECK(heal.to.empty());
  const Fault slow = fault_of(
      "{\"at\": \"1s\", \"slow_link\": {\"from\": \"b1\", \"to\": \"b2\", \"delay\": \"5ms\"}}");
  CHECK(slow.delay == milliseconds(5));
  const Fault hold =
      fault_of("{\"at\": \"1s\", \"hold\": {\"message\": \"FetchResponse\", \"from\": \"b1\"}}");
  CHECK(payload_name(hold.held_payload) == "FetchResponse");
  CHECK(
      contains(first_problem(with_fault(
                   "{\"at\": \"1s\", \"hold\": {\"message\": \"FetchRequst\", \"from\": \"b1\"}}")),
               "did you mean \"FetchRequest\"?"));
}

TEST_CASE("commands of the operator") {
  const Fault elect = fault_of(
      "{\"at\": \"1s\", \"elect\": {\"partition\": \"orders/1\", "
      "\"kind\": \"unclean\"}}");
  CHECK(elect.partition == PartitionId(1));
  CHECK(elect.election == ElectionKind::kUnclean);
  const Scenario scenario = load_text(scenario_text(
      ", \"faults\": [{\"at\": \"1s\", \"alter_config\": {\"topic\": \"orders\", \"config\": "
      "{\"min.insync.replicas\": 2}}}, {\"at\": \"2s\", \"alter_config\": {\"topic\": \"orders\", "
      "\"config\": {\"unclean.leader.election.enable\": true}}}]"));
  CHECK(scenario.setup.faults[0].change.min_insync_replicas == 2);
  CHECK_FALSE(scenario.setup.faults[0].change.unclean_leader_election);
  CHECK_FALSE(scenario.setup.faults[1].change.min_insync_replicas);
  CHECK(scenario.setup.faults[1].change.unclean_leader_election == true);
  TopicConfig config;
  config.flush_messages = 7;
  config = scenario.setup.faults[1].change.applied_to(config);
  CHECK(config.unclean_leader_election);
  CHECK(config.min_insync_replicas == 1);
  CHECK(config.flush_messages == 7);
  CHECK(scenario.setup.composition.topics[0].config.min_insync_replicas == 1);
  const Fault rate =
      fault_of("{\"at\": \"1s\", \"set_rate\": {\"producer\": \"p1\", \"rate\": \"1000/s\"}}");
  CHECK(rate.workload.interval == milliseconds(1));
  CHECK(rate.target.at(0).node == NodeId(4));
  const Fault processing = fault_of(
      "{\"at\": \"1s\", \"set_processing\": {\"consumer\": \"billing-1\", \"processing_rate\": "
      "\"100/s\"}}");
  CHECK(processing.processing.per_record == milliseconds(10));
  CHECK(contains(first_problem(with_fault("{\"at\": \"1s\", \"set_rate\": {\"producer\": \"b1\", "
                                          "\"rate\": \"1/s\"}}")),
                 "\"b1\" is no producer"));
}

std::vector<Expectation> expect_of(const std::string& expect) {
  return load_text(scenario_text(",\n\"expect\": {" + expect + "}")).expect;
}

TEST_CASE("a number means exactly that, a bound what it says") {
  const Expectation lost = expect_of("\"lost\": 0").at(0);
  CHECK(lost.kind == ExpectKind::kLost);
  CHECK(lost.bound.min == 0);
  CHECK(lost.bound.max == 0);
  CHECK(lost.name == "lost");
  CHECK(lost.line == 6);
  CHECK(lost.pointer == "/expect/lost");
  const Expectation acked = expect_of("\"acked\": {\"min\": 100}").at(0);
  CHECK(acked.bound.min == 100);
  CHECK_FALSE(acked.bound.max.has_value());
  const Expectation writes = expect_of("\"unavailable\": {\"writes\": {\"max\": \"12s\"}}").at(0);
  CHECK(writes.kind == ExpectKind::kWriteUnavailable);
  CHECK(writes.bound.max == 12'000'000'000);
  CHECK(writes.partition == kNoPartition);
}

TEST_CASE("expectations on errors, lag, latency, facts") {
  const Expectation error = expect_of("\"errors\": {\"NOT_ENOUGH_REPLICAS\": 1}").at(0);
  CHECK(error.kind == ExpectKind::kError);
  CHECK(error.error == ErrorCode::kNotEnoughReplicas);
  const std::vector<Expectation> lag = expect_of(
      "\"lag\": {\"billing\": {\"peak\": {\"max\": 5}, \"recovery\": {\"max\": \"3s\"}}, "
      "\"*\": {\"end\": 0}}");
  REQUIRE(lag.size() == 3);
  CHECK(lag[0].group == 0);
  CHECK(lag[1].kind == ExpectKind::kLagRecovery);
  CHECK(lag[1].bound.max == 3'000'000'000);
  CHECK(lag[2].group == -1);
  const Expectation tail = expect_of("\"latency\": {\"p99.9\": {\"max\": \"50ms\"}}").at(0);
  CHECK(tail.quantile == 999);
  const Expectation fact = expect_of("\"facts\": {\"IsrChanged\": {\"min\": 1}}").at(0);
  CHECK(fact.fact == FactKind::kIsrChanged);
}

TEST_CASE("the state of a partition, at the end or at an instant") {
  const std::vector<Expectation> at = expect_of(
      "\"partitions\": {\"orders/1\": [{\"at\": \"5s\", \"leader\": null, \"leader_epoch\": 2}, "
      "{\"leader\": \"b2\", \"isr\": [\"b3\", \"b1\"], \"log_end\": {\"b2\": 10}, "
      "\"lost_offsets\": [3, 4], \"high_watermark\": 10, \"under_min_isr\": \"0s\"}]}");
  REQUIRE(at.size() == 8);
  for (const Expectation& expectation : at) CHECK(expectation.partition == PartitionId(1));
  CHECK(at[0].kind == ExpectKind::kLeader);
  CHECK(at[0].node == kNoNode);
  CHECK(at[0].at == Instant() + seconds(5));
  CHECK(at[0].name == "partitions.orders/1.leader@5s");
  CHECK(at[1].bound.min == 2);
  CHECK(at[2].kind == ExpectKind::kUnderMinIsr);
  CHECK(at[3].kind == ExpectKind::kLostOffsets);
  CHECK(at[3].offsets == std::vector<Offset>{Offset(3), Offset(4)});
  CHECK(at[4].kind == ExpectKind::kLeader);
  CHECK(at[4].node == NodeId(2));
  CHECK(at[4].at == kNever);
  CHECK(at[5].nodes == std::vector<NodeId>{NodeId(1), NodeId(3)});
  CHECK(at[6].kind == ExpectKind::kHighWatermark);
  CHECK(at[7].kind == ExpectKind::kLogEnd);
  CHECK(at[7].node == NodeId(2));
}

TEST_CASE("expectations that cannot be meant") {
  const auto problem = [](const std::string& expect) {
    return first_problem(scenario_text(", \"expect\": {" + expect + "}"));
  };
  CHECK(contains(problem("\"lost\": {\"min\": 2, \"max\": 1}"), "nothing can satisfy"));
  CHECK(contains(problem("\"lost\": {}"), "a bound has"));
  CHECK(contains(problem("\"lost\": \"0\""), "expected a whole number"));
  CHECK(contains(problem("\"unavailable\": {\"writes\": 12}"), "such as \"12s\""));
  CHECK(contains(problem("\"errors\": {\"NOT_ENOUGH_REPLICA\": 1}"),
                 "did you mean \"NOT_ENOUGH_REPLICAS\"?"));
  CHECK(contains(problem("\"lag\": {\"biling\": {}}"), "did you mean \"billing\"?"));
  CHECK(contains(problem("\"partitions\": {\"orders/0\": {\"leader\": \"p1\"}}"), "is no broker"));
  CHECK(contains(problem("\"partitions\": {\"orders/0\": {\"lost_offsets\": [4, 3]}}"),
                 "ascending order"));
  CHECK(contains(problem("\"invariants\": false"), "true, or left out"));
}

}  // namespace
}  // namespace ackident
