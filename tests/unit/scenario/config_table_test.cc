// Defaults by version, bounds, and Kafka's rules between keys.
#include "kafka/config_table.h"

#include <doctest/doctest.h>

#include "scenario_maker.h"

namespace ackident {
namespace {

std::string default_of(std::string_view name, ConfigScope scope, int version) {
  const ConfigKey* key = find_config_key(name, scope);
  REQUIRE(key != nullptr);
  return std::string(config_default(*key, KafkaVersion{version}));
}

TEST_CASE("defaults that changed (R9.5, R2.21, section 10)") {
  using enum ConfigScope;
  struct Row {
    const char* name;
    ConfigScope scope;
    int last_old;
    const char* old_value;
    int first_new;
    const char* new_value;
  };
  const Row rows[] = {
      {"unclean.leader.election.enable", kTopic, 10, "true", 11, "false"},
      {"replica.lag.time.max.ms", kBroker, 204, "10000", 205, "30000"},
      {"zookeeper.session.timeout.ms", kCluster, 204, "6000", 205, "18000"},
      {"max.message.bytes", kTopic, 204, "1000012", 205, "1048588"},
      {"message.max.bytes", kCluster, 204, "1000012", 205, "1048588"},
      {"acks", kProducer, 208, "1", 300, "all"},
      {"enable.idempotence", kProducer, 208, "false", 300, "true"},
      {"retries", kProducer, 200, "0", 201, "2147483647"},
      {"linger.ms", kProducer, 309, "0", 400, "5"},
      {"partitioner.adaptive.partitioning.enable", kProducer, 302, "false", 303, "true"},
      {"request.timeout.ms", kConsumer, 101, "305000", 200, "30000"},
      {"request.timeout.ms", kProducer, 101, "30000", 200, "30000"},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK(default_of(row.name, row.scope, row.last_old) == row.old_value);
    CHECK(default_of(row.name, row.scope, row.first_new) == row.new_value);
  }
}

TEST_CASE("the defaults of 3.9 are those of config.h") {
  TopicConfig topic{.min_insync_replicas = 9,
                    .unclean_leader_election = true,
                    .max_message_bytes = 9,
                    .flush_messages = 9};
  BrokerConfig broker;
  broker.replica_lag_time_max = broker.session_timeout = Duration();
  ControllerConfig controller;
  controller.append_linger = controller.leader_imbalance_check = Duration();
  ProducerConfig producer;
  producer.idempotence = false;
  producer.batch_size = 0;
  producer.delivery_timeout = producer.reconnect_backoff_max = Duration();
  ConsumerConfig consumer;
  consumer.offset_reset = OffsetReset::kNone;
  consumer.max_poll_records = 0;
  TopicShape shape;
  ConfigSlots slots{&shape, &topic, &broker, &controller, &producer, &consumer};
  for (const ConfigScope scope :
       {ConfigScope::kCluster, ConfigScope::kProducer, ConfigScope::kConsumer}) {
    store_config_defaults(scope, KafkaVersion{309}, slots);
  }
  CHECK(topic == TopicConfig());
  CHECK(broker.replica_lag_time_max == BrokerConfig().replica_lag_time_max);
  CHECK(broker.session_timeout == BrokerConfig().session_timeout);
  CHECK(controller.append_linger == ControllerConfig().append_linger);
  CHECK(controller.leader_imbalance_check == seconds(300));
  CHECK(producer.idempotence);
  CHECK(producer.batch_size == ProducerConfig().batch_size);
  CHECK(producer.delivery_timeout == ProducerConfig().delivery_timeout);
  CHECK(producer.reconnect_backoff_max == ProducerConfig().reconnect_backoff_max);
  CHECK(consumer.offset_reset == OffsetReset::kLatest);
  CHECK(consumer.max_poll_records == 500);
}

TEST_CASE("the table holds together") {
  for (const ConfigKey& key : config_keys()) {
    INFO(key.name);
    CHECK((key.store != nullptr));
    CHECK(key.scopes != 0);
    CHECK(key.affects.ends_with('.'));
    std::string why;
    CHECK(parse_config_value(key, key.standard, why).has_value());
    if (key.era.before > 0) CHECK(parse_config_value(key, key.era.value, why).has_value());
    // A key and its place are unique.
    for (const ConfigKey& other : config_keys()) {
      if (&other != &key && other.name == key.name) CHECK((other.scopes & key.scopes) == 0);
    }
  }
}

TEST_CASE("the schema offers every key of the table, with its meaning") {
  const std::string schema(scenario_schema());
  for (const ConfigKey& key : config_keys()) {
    INFO(key.name);
    CHECK(contains(schema, "\"" + std::string(key.name) + "\": {"));
    CHECK(contains(schema, std::string(key.affects)));
  }
  for (const SwitchInfo& known : behaviour_switches()) {
    CHECK(contains(schema, "\"" + std::string(known.name) + "\": {"));
  }
  for (const VersionName& known : known_versions()) {
    CHECK(contains(schema, "\"" + std::string(known.name) + "\""));
  }
}

std::string with_producer(const std::string& config, const std::string& kafka = "3.9") {
  return "{\"doc\": \"d\", \"kafka\": \"" + kafka +
         "\", \"cluster\": {\"brokers\": 3}, \"topics\": {\"t\": {}}, "
         "\"producers\": [{\"topic\": \"t\", \"config\": {" +
         config + "}}]}";
}
ProducerConfig producer_config(const std::string& config, const std::string& kafka = "3.9") {
  return load_text(with_producer(config, kafka)).setup.composition.producers.at(0).config;
}

TEST_CASE("idempotence gives way silently where nobody asked for it (C2.1)") {
  CHECK(producer_config("").idempotence);
  CHECK_FALSE(producer_config("\"acks\": 1").idempotence);
  CHECK_FALSE(producer_config("\"acks\": \"0\"").idempotence);
  CHECK_FALSE(producer_config("\"retries\": 0").idempotence);
  CHECK_FALSE(producer_config("\"max.in.flight.requests.per.connection\": 6").idempotence);
  CHECK(producer_config("\"max.in.flight.requests.per.connection\": 5").idempotence);
  CHECK_FALSE(producer_config("", "2.8").idempotence);
  CHECK(producer_config("", "2.8").acks == Acks::kLeader);
}

TEST_CASE("asking for idempotence and for its contrary is refused (C2.1)") {
  CHECK(contains(first_problem(with_producer("\"enable.idempotence\": true, \"acks\": 1")),
                 "needs acks=all"));
  CHECK(contains(first_problem(with_producer("\"enable.idempotence\": true, \"retries\": 0")),
                 "needs retries above 0"));
  const std::string six = "\"max.in.flight.requests.per.connection\": 6";
  CHECK(
      contains(first_problem(with_producer("\"enable.idempotence\": true, " + six)), "at most 5"));
  // From 4.0 on too many in flight no longer switch it off.
  CHECK(contains(first_problem(with_producer(six, "4.0")), "at most 5"));
  // Before 3.0 asking for it alone brings acks=all and retries with it.
  const ProducerConfig asked = producer_config("\"enable.idempotence\": true", "2.0");
  CHECK(asked.acks == Acks::kAll);
  CHECK(asked.retries == 2'147'483'647);
  CHECK(asked.max_in_flight == 5);
}

TEST_CASE("in 0.11 idempotence allows one request in flight (C2.1)") {
  CHECK(producer_config("\"enable.idempotence\": true", "0.11").max_in_flight == 1);
  CHECK(producer_config("\"enable.idempotence\": true", "1.0").max_in_flight == 5);
  CHECK(producer_config("", "0.11").max_in_flight == 5);
  const std::string two =
      "\"enable.idempotence\": true, \"max.in.flight.requests.per.connection\": 2";
  CHECK(contains(first_problem(with_producer(two, "0.11")), "at most 1"));
}

TEST_CASE("delivery.timeout.ms covers linger and one request (C1.29)") {
  CHECK(contains(first_problem(with_producer("\"delivery.timeout.ms\": 30000, \"linger.ms\": 1")),
                 "at least linger.ms + request.timeout.ms = 30001"));
  const Scenario raised = load_text(with_producer("\"request.timeout.ms\": 200000"));
  CHECK(raised.setup.composition.producers[0].config.delivery_timeout == milliseconds(200'000));
  CHECK(raised.warnings.size() == 1);
}

TEST_CASE("reconnect.backoff.ms alone does not grow (C0.3)") {
  const auto most = [](const std::string& config) {
    return producer_config(config).reconnect_backoff_max;
  };
  CHECK(most("") == milliseconds(1000));
  CHECK(most("\"reconnect.backoff.ms\": 50") == milliseconds(50));
  CHECK(most("\"reconnect.backoff.ms\": 50, \"reconnect.backoff.max.ms\": 70") == milliseconds(70));
  CHECK(most("\"reconnect.backoff.max.ms\": 70") == milliseconds(70));
  std::string consumer = scenario_text();
  const std::string topic = "\"billing\", ";
  consumer.insert(consumer.find(topic) + topic.size(),
                  R"("config": {"reconnect.backoff.ms": 20}, )");
  CHECK(load_text(consumer).setup.composition.consumers[0].config.reconnect_backoff_max ==
        milliseconds(20));
}

TEST_CASE("keys of Kafka that are not modelled warn, misspelt keys do not pass") {
  CHECK(load_text(with_producer("\"compression.type\": \"lz4\"")).warnings.size() == 1);
  CHECK(load_text(with_producer("\"ssl.keystore.type\": \"PEM\"")).warnings.size() == 1);
  CHECK(contains(first_problem(with_producer("\"linger\": 5")), "did you mean \"linger.ms\"?"));
  CHECK(contains(first_problem(with_producer("\"min.insync.replicas\": 2")),
                 "does not belong in a producer's config but in a topic's config"));
  CHECK(contains(first_problem(with_producer("\"transactional.id\": \"x\"")), "not modelled yet"));
  CHECK(contains(first_problem(with_producer("\"acks\": 2")), "acks is 0, 1 or all, not \"2\""));
  CHECK(contains(first_problem(with_producer("\"linger.ms\": \"5s\"")), "milliseconds"));
  CHECK(contains(first_problem(with_producer("\"linger.ms\": -1")), "from 0 to 2147483647"));
  // A key from the future of this version has no effect and says so.
  CHECK(load_text(with_producer("\"retry.backoff.max.ms\": 10", "3.6")).warnings.size() == 1);
}

TEST_CASE("who plays a release that has ELR on in new clusters is told that it is off") {
  CHECK(load_text(with_producer("", "4.0")).warnings.empty());
  const Scenario warned = load_text(with_producer("", "4.1"));
  REQUIRE(warned.warnings.size() == 1);
  CHECK(contains(warned.warnings[0], "eligible leader replicas (KIP-966) are off"));
  std::string said = with_producer("", "4.1");
  const std::string brokers = "\"brokers\": 3";
  said.replace(said.find(brokers), brokers.size(),
               brokers + ", \"config\": {\"eligible.leader.replicas.version\": 0}");
  CHECK(load_text(said).warnings.empty());
}

TEST_CASE("topic defaults of the cluster reach topics, and topics override them") {
  const Scenario scenario = load_text(
      "{\"doc\": \"d\", \"cluster\": {\"brokers\": 3, \"config\": {\"min.insync.replicas\": 2, "
      "\"log.flush.interval.messages\": 10, \"message.max.bytes\": 500, "
      "\"broker.session.timeout.ms\": 6000}}, \"topics\": {\"a\": {\"replication_factor\": 3}, "
      "\"b\": {\"replication_factor\": 3, \"config\": {\"min.insync.replicas\": \"1\", "
      "\"flush.messages\": 1, \"max.message.bytes\": 600}}}}");
  const Composition& composition = scenario.setup.composition;
  CHECK(composition.topics[0].config == TopicConfig{2, false, 500, 10});
  CHECK(composition.topics[1].config == TopicConfig{1, false, 600, 1});
  CHECK(composition.brokers[2].session_timeout == seconds(6));
  CHECK(composition.controller_config.session_timeout == seconds(6));
}

}  // namespace
}  // namespace ackident
