// From a text to a resolved scenario: nodes, topics, clients, network, overrides, bounds.
#include <doctest/doctest.h>

#include <chrono>

#include "scenario_maker.h"

namespace ackident {
namespace {

TEST_CASE("nodes are numbered densely: controller, brokers, producers, consumers") {
  const Scenario scenario = load_text(scenario_text());
  const ClusterSetup& setup = scenario.setup;
  CHECK(setup.names.nodes ==
        std::vector<std::string>{"controller", "b1", "b2", "b3", "p1", "billing-1"});
  const Composition& composition = setup.composition;
  CHECK(composition.controller == NodeId(0));
  CHECK(composition.broker_first == NodeId(1));
  CHECK(composition.broker_count == 3);
  CHECK(composition.node(NodeId(4)).kind == NodeKind::kProducer);
  CHECK(composition.node(NodeId(5)).kind == NodeKind::kConsumer);
  CHECK(composition.producers[0].node == NodeId(4));
  CHECK(composition.consumers[0].node == NodeId(5));
  CHECK(setup.names.partitions == std::vector<std::string>{"orders/0", "orders/1"});
  CHECK(composition.assignment[0] == ReplicaList{NodeId(1), NodeId(2), NodeId(3)});
  CHECK(scenario.name == "test");
  CHECK(scenario.title == "A test");
  CHECK(setup.duration == Instant() + seconds(60));
  CHECK(scenario.seed == 1);
}

TEST_CASE("nodes without a rack stand apart from the named ones") {
  const TopologySpec topology = load_text(scenario_text()).setup.topology;
  CHECK(topology.racks == std::vector<std::string>{"default", "a", "b", "c"});
  CHECK(topology.rack_of == std::vector<std::uint16_t>{0, 1, 2, 3, 0, 0});
}

TEST_CASE("links need a rack for every node and must join all racks") {
  const std::string head =
      "{\"doc\": \"d\", \"topics\": {\"t\": {}}, \"cluster\": {\"controller\": {\"rack\": \"a\"}, "
      "\"brokers\": 3, \"racks\": [\"a\", \"b\", \"c\"], \"network\": {\"links\": [";
  const std::string ab = "{\"between\": [\"a\", \"b\"], \"latency\": \"1ms\"}";
  const std::string bc = "{\"between\": [\"c\", \"b\"], \"latency\": \"1ms\"}";
  CHECK(contains(first_problem(head + ab + "]}}}"), "no links lead from rack \"a\" to rack \"c\""));
  CHECK(load_text(head + ab + ", " + bc + "]}}}").setup.topology.links.size() == 2);
  CHECK(contains(first_problem(head + ab + ", " + bc + "]}}, \"producers\": [{\"topic\": \"t\"}]}"),
                 "every node needs a \"rack\": \"p1\" has none"));
}

TEST_CASE("latencies of every kind") {
  const std::string head =
      "{\"doc\": \"d\", \"topics\": {\"t\": {}}, \"cluster\": {\"brokers\": 1, "
      "\"network\": {\"within_rack\": ";
  const auto within = [&](const std::string& latency) {
    return load_text(head + latency + "}}}").setup.topology.within_rack;
  };
  using Kind = Distribution::Kind;
  CHECK(within("\"1ms\"") == Distribution{Kind::kConstant, milliseconds(1), Duration()});
  CHECK(within("{\"uniform\": [\"1ms\", \"3ms\"]}") ==
        Distribution{Kind::kUniform, milliseconds(1), milliseconds(3)});
  CHECK(within("{\"exponential\": {\"min\": \"1ms\", \"mean\": \"3ms\"}}") ==
        Distribution{Kind::kExponential, milliseconds(1), milliseconds(2)});
  CHECK(within("{\"lognormal\": {\"median\": \"1ms\", \"p99\": \"3ms\"}}") ==
        Distribution{Kind::kLogNormal, milliseconds(1), milliseconds(3)});
  CHECK(contains(first_problem(head + "{\"uniform\": [\"3ms\", \"1ms\"]}}}}"), "lesser"));
  CHECK(contains(first_problem(head + "{}}}}"), "one of uniform, exponential, lognormal"));
}

TEST_CASE("replicas: by id or name, distinct, existing, not too many") {
  const auto with = [](const std::string& topic) {
    return "{\"doc\": \"d\", \"cluster\": {\"brokers\": [{\"id\": 10}, {\"id\": 20}]}, "
           "\"topics\": {\"t\": " +
           topic + "}}";
  };
  const Scenario scenario = load_text(with("{\"replicas\": [[20, \"b10\"], [\"10\", 20]]}"));
  CHECK(scenario.setup.composition.assignment[0] == ReplicaList{NodeId(2), NodeId(1)});
  CHECK(scenario.setup.composition.assignment[1] == ReplicaList{NodeId(1), NodeId(2)});
  CHECK(contains(first_problem(with("{\"replicas\": [[10, 20], [10]]}")), "as many replicas"));
  CHECK(contains(first_problem(with("{\"replicas\": [[10, \"b10\"]]}")), "listed twice"));
  CHECK(contains(first_problem(with("{\"replicas\": [[11]]}")), "there is no broker \"11\""));
  CHECK(contains(first_problem(with("{\"replicas\": [[10]], \"partitions\": 1}")),
                 "leave out \"partitions\""));
  CHECK(contains(first_problem(with("{\"replication_factor\": 3}")), "the cluster has 2"));
  CHECK(contains(first_problem(with("{\"replication_factor\": 9}")), "from 1 to 8"));
  CHECK(contains(first_problem(with("{\"partitions\": 20001}")), "from 1 to 20000"));
}

TEST_CASE("An unclean election by command is warned of before 2.4") {
  const auto text = [](const std::string& kafka) {
    return "{\"doc\": \"d\", \"kafka\": \"" + kafka +
           "\", \"cluster\": {\"brokers\": 1}, \"topics\": {\"t\": {}}, "
           "\"faults\": [{\"at\": \"1s\", \"elect\": "
           "{\"partition\": \"t/0\", \"kind\": \"unclean\"}}]}";
  };
  CHECK(contains(load_text(text("2.3")).warnings.at(0), "KIP-460"));
  CHECK(load_text(text("2.4")).warnings.empty());
}

TEST_CASE("min.insync.replicas above the replicas is warned of") {
  const auto text = [](const std::string& kafka) {
    return "{\"doc\": \"d\", \"kafka\": \"" + kafka +
           "\", \"cluster\": {\"brokers\": 1}, "
           "\"topics\": {\"t\": {\"config\": {\"min.insync.replicas\": 2}}}}";
  };
  REQUIRE(load_text(text("3.9")).warnings.size() == 1);
  CHECK(contains(load_text(text("3.9")).warnings[0], "(R2.6)"));
  CHECK(contains(load_text(text("3.6")).warnings.at(0), "always be refused"));
}

TEST_CASE("members of a group share a topic by range (C5.31)") {
  const Scenario scenario = load_text(
      "{\"doc\": \"d\", \"cluster\": {\"brokers\": 1}, \"topics\": {\"t\": {\"partitions\": 7}, "
      "\"u\": {\"partitions\": 2}}, \"consumers\": [{\"group\": \"g\", \"topics\": [\"u\", \"t\"], "
      "\"copies\": 3}, {\"group\": \"h\", \"partitions\": [\"u/1\", \"t/6\"]}]}");
  const Composition& composition = scenario.setup.composition;
  std::vector<std::vector<std::uint32_t>> assigned;
  for (const ConsumerInfo& consumer : composition.consumers) {
    assigned.emplace_back();
    for (std::uint32_t i = 0; i < consumer.assigned_count; ++i) {
      assigned.back().push_back(composition.assigned[consumer.assigned_first + i].value());
    }
  }
  CHECK(assigned ==
        std::vector<std::vector<std::uint32_t>>{{0, 1, 2, 7}, {3, 4, 8}, {5, 6}, {6, 8}});
  CHECK(scenario.setup.names.nodes.back() == "h-1");
  CHECK(scenario.setup.names.groups == std::vector<std::string>{"g", "h"});
}

TEST_CASE("a partition has one reader in a group") {
  CHECK(contains(first_problem("{\"doc\": \"d\", \"cluster\": {\"brokers\": 1}, \"topics\": "
                               "{\"t\": {}}, \"consumers\": [{\"group\": \"g\", \"topic\": \"t\"}, "
                               "{\"group\": \"g\", \"partitions\": \"t/0\"}]}"),
                 "partition t/0 has two readers in group \"g\""));
}

TEST_CASE("a producer's traffic") {
  const auto workload = [](const std::string& keys) {
    return load_text(
               "{\"doc\": \"d\", \"cluster\": {\"brokers\": 1}, \"topics\": {\"t\": "
               "{\"partitions\": 3}}, \"producers\": [{\"topic\": \"t\", " +
               keys + "}]}")
        .setup.composition.producers[0]
        .workload;
  };
  CHECK(workload("\"rate\": \"100/s\", \"burst\": 4").interval == milliseconds(40));
  CHECK(workload("\"rate\": \"100/s\", \"burst\": 4").burst == 4);
  CHECK(workload("\"burst\": 4").interval == milliseconds(40));  // 100/s, too
  CHECK(workload("\"every\": \"7ms\"").interval == milliseconds(7));
  CHECK(workload("\"arrivals\": \"poisson\"").random_arrivals);
  CHECK(workload("\"record_size\": [10, 20]").record_bytes == 10);
  CHECK(workload("\"record_size\": [10, 20]").record_bytes_max == 20);
  CHECK(workload("\"partition\": 2").partition == PartitionId(2));
  CHECK(workload("\"start\": \"1s\", \"stop\": \"2s\"").stop == Instant() + seconds(2));
  CHECK(workload("\"count\": 5").count_max == 5);
}

TEST_CASE("overrides: paths with dots, pointers, names, new and old members") {
  const std::string text = scenario_text(", \"seed\": 5, \"expect\": {\"lost\": 0}");
  CHECK(load_text(text, {"seed=9"}).seed == 9);
  CHECK(load_scenario("f", text, {"seed=9"}, 11).seed == 11);
  CHECK(load_text(text, {"kafka=3.6"}).version == KafkaVersion{306});
  CHECK(load_text(text, {"/topics/orders/partitions=5"}).setup.composition.topics[0].partitions ==
        5);
  const auto min_isr = [&](const std::string& path) {
    return load_text(text, {path + "=2"}).setup.composition.topics[0].config.min_insync_replicas;
  };
  CHECK(min_isr("topics.orders.config.min.insync.replicas") == 2);
  CHECK(min_isr("/topics/orders/config/min.insync.replicas") == 2);
  CHECK(min_isr("cluster.config.min.insync.replicas") == 2);
  const auto acks = [&](const std::string& set) {
    return load_text(text, {set}).setup.composition.producers[0].config.acks;
  };
  CHECK(acks("producers.0.config.acks=1") == Acks::kLeader);
  CHECK(acks("producers.0.config.acks=all") == Acks::kAll);
  CHECK(acks("/producers/0/config/acks=\"0\"") == Acks::kNone);
  CHECK(load_text(text, {"producers.0.name=p", "producers.p.config.acks=0"})
            .setup.composition.producers[0]
            .config.acks == Acks::kNone);
  CHECK(acks("producers.*.config.acks=1") == Acks::kLeader);
  CHECK(acks("producers.p1.config.acks=1") == Acks::kLeader);
  CHECK(acks("acks=1") == Acks::kLeader);
  CHECK(min_isr("min.insync.replicas") == 2);
  CHECK(min_isr("topics.*.config.min.insync.replicas") == 2);
  CHECK(load_text(text, {"expect.lost={\"max\": 3}"}).expect[0].bound.max == 3);
  CHECK(load_text(text, {"faults=[{\"at\": \"1s\", \"kill\": \"b1\"}]"}).setup.faults.size() == 1);
}

TEST_CASE("errors in an override point into it") {
  const std::string text = scenario_text();
  const std::vector<Problem> problems = problems_of(text, {"topics.orders.partitions=none"});
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].file == "--set");
  CHECK(problems[0].column == 26);
  CHECK(problems[0].pointer == "/topics/orders/partitions");
  CHECK(contains(first_problem(text, {"producers.3.rate=1/s"}),
                 "there is no \"3\" in \"producers\"; it has p1 (index 0)"));
  CHECK(contains(first_problem(text, {"producers.0.name=shop", "producers.shpo.rate=1/s"}),
                 "there is no \"shpo\" in \"producers\"; did you mean \"shop\"?"));
  CHECK(contains(first_problem(text, {"min.insync.replica=2"}),
                 "Kafka has no key \"min.insync.replica\"; did you mean \"min.insync.replicas\"?"));
  CHECK(contains(first_problem(text, {"log.cleaner.threads=2"}), "does not model it"));
  CHECK(contains(first_problem(text, {"topics.order.partitions=2"}),
                 "there is no topic \"order\"; did you mean \"orders\"?"));
  CHECK(contains(first_problem(text, {"topics.x.config.min.insync.replicas=2"}),
                 "there is no topic \"x\"; there are: orders"));
  CHECK(contains(first_problem(text, {"seed"}), "PATH=VALUE"));
  CHECK(contains(first_problem(text, {"topic.orders.partitions=1"}), "did you mean \"topics\"?"));
}

TEST_CASE("errors are collected, placed, in order, and bounded") {
  const std::string text =
      "{\n  \"doc\": \"d\",\n  \"cluster\": { \"brokers\": 2, \"brokrs\": 1 },\n"
      "  \"topics\": { \"t\": { \"partitions\": \"3\" } },\n  \"duraton\": \"1s\"\n}";
  const std::vector<Problem> problems = problems_of(text);
  REQUIRE(problems.size() == 3);
  CHECK(format_problem(problems[0]) ==
        "dir/test.json:3:30: error: unknown key \"brokrs\" in cluster; did you mean \"brokers\"?\n"
        "  at /cluster/brokrs\n"
        "  |   \"cluster\": { \"brokers\": 2, \"brokrs\": 1 },\n"
        "  |                              ^\n");
  CHECK(problems[1].line == 4);
  CHECK(problems[1].column == 36);
  CHECK(problems[1].pointer == "/topics/t/partitions");
  CHECK(contains(problems[1].message, "expected a whole number from 1 to 20000, found a string"));
  CHECK(problems[2].line == 5);

  std::string many = "{\"doc\": \"d\"";
  for (int i = 0; i < 30; ++i) many += ", \"zz" + std::to_string(i) + "\": 1";
  try {
    load_text(many + ", \"cluster\": {\"brokers\": 1}, \"topics\": {\"t\": {}}}");
    CHECK(false);
  } catch (const ScenarioError& error) {
    CHECK(error.problems().size() == kProblemsMax);
    CHECK(error.dropped() == 10);
    CHECK(contains(error.what(), "and 10 more errors"));
  }
}

TEST_CASE("the order of keys means nothing, as everywhere in JSON") {
  const Scenario turned = load_text(
      "{\"expect\": {\"lost\": {\"max\": 0}}, \"topics\": {\"t\": {}}, "
      "\"cluster\": {\"brokers\": 1}, \"kafka\": \"2.8\", \"doc\": \"d\"}");
  CHECK(turned.doc == "d");
  CHECK(turned.expect.size() == 1);
}

TEST_CASE("what is not modelled is refused") {
  CHECK(contains(first_problem(scenario_text("", "5.0")), "is not modelled; there are: 0.10"));
  for (const std::string more : {", \"controllers\": 3", ", \"transactions\": {}",
                                 ", \"behaviour\": {\"elr_available\": true}",
                                 ", \"faults\": [{\"at\": \"1s\", \"reassign\": {}}]",
                                 ", \"faults\": [{\"at\": \"1s\", \"disk_fail\": \"b1\"}]"}) {
    INFO(more);
    CHECK(contains(first_problem(scenario_text(more)), "not modelled yet"));
  }
}

TEST_CASE("bounds are stated and kept") {
  const auto cluster = [](const std::string& part, const std::string& more = "") {
    return "{\"doc\": \"d\", \"cluster\": " + part + ", \"topics\": {\"t\": {}}" + more + "}";
  };
  CHECK(first_problem(cluster("{\"brokers\": 200}")).empty());
  CHECK(contains(first_problem(cluster("{\"brokers\": 201}")), "from 1 to 200"));
  CHECK(contains(first_problem(cluster("{\"brokers\": 0}")), "from 1 to 200"));
  CHECK(contains(first_problem(cluster("{\"brokers\": []}")), "from 1 to 200"));
  const std::string one = "{\"brokers\": 1}";
  CHECK(contains(first_problem(cluster(one, ", \"duration\": \"31d\"")), "to 30d"));
  CHECK(contains(first_problem(cluster(one, ", \"duration\": \"0s\"")), "not 0s"));
  const auto producer = [&](const std::string& keys) {
    return cluster(one,
                   ", \"duration\": \"1h\", \"producers\": [{\"topic\": \"t\", " + keys + "}]");
  };
  CHECK(first_problem(producer("\"every\": \"72us\"")).empty());
  CHECK(contains(first_problem(producer("\"every\": \"71us\"")), "more than 50000000 records"));
  const std::string raised =
      R"("rate": "30000/s"}], "records_max": 109000000, "faults": [{"at": "0s", "kill": "b1")";
  CHECK(first_problem(producer(raised)).empty());
  CHECK(first_problem(producer("\"rate\": \"30000/s\", \"count\": 5")).empty());
  CHECK(contains(first_problem(producer("\"rate\": \"1000001/s\", \"count\": 5")),
                 "more than 1000000 records a"));
  CHECK(contains(first_problem(producer("\"copies\": 2001")), "from 1 to 2000"));
  const std::string two =
      ", \"producers\": [{\"topic\": \"t\", \"copies\": 1500}], \"consumers\": "
      "[{\"group\": \"g\", \"topic\": \"t\", \"copies\": 501}]";
  CHECK(contains(first_problem(cluster(one, two)), "more than 2000 clients"));
}

TEST_CASE("names that cannot be told apart are refused") {
  const auto named = [](const std::string& name) {
    return first_problem(
        "{\"doc\": \"d\", \"cluster\": {\"brokers\": 2}, \"topics\": {\"t\": {}}, "
        "\"producers\": [{\"topic\": \"t\", \"name\": \"" +
        name + "\"}]}");
  };
  CHECK(named("web").empty());
  CHECK(contains(named("b2"), "is taken"));
  CHECK(contains(named("brokers"), "word of selectors"));
  CHECK(contains(named("12"), "not digits alone"));
  CHECK(contains(named("a b"), "cannot name a client"));
}

TEST_CASE("a scenario of common size loads in milliseconds") {
  const std::string text = scenario_text(", \"expect\": {\"lost\": 0}");
  load_text(text);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) load_text(text);
  const auto each = (std::chrono::steady_clock::now() - begin) / 20;
  // The goal is 2 ms; slow and sanitised builds get more.
  CHECK(each < std::chrono::milliseconds(50));
  MESSAGE("load: " << std::chrono::duration_cast<std::chrono::microseconds>(each).count() << " us");
}

}  // namespace
}  // namespace ackident
