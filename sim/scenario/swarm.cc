#include "scenario/swarm.h"

#include <fmt/format.h>

#include "kafka/behaviour.h"
#include "scenario/load.h"
#include "scenario/swarm_draw.h"

namespace ackident {
namespace {

// A JSON object under construction, one line.
class Object {
 public:
  void add(std::string_view key, std::string_view value) {
    text_ += fmt::format("{}\"{}\": {}", text_.empty() ? "" : ", ", key, value);
  }
  void add(std::string_view key, std::int64_t value) { add(key, fmt::format("{}", value)); }
  void add_text(std::string_view key, std::string_view value) {
    add(key, fmt::format("\"{}\"", value));
  }
  void add_time(std::string_view key, std::int64_t ms) { add_text(key, fmt::format("{}ms", ms)); }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] std::string text() const { return "{ " + text_ + " }"; }

 private:
  std::string text_;
};

SwarmFeatures draw_features(std::uint64_t seed) {
  Draw draw(seed, SwarmPart::kFeatures);
  SwarmFeatures features;
  features.racks = draw.percent(40);
  features.spread_latency = draw.percent(50);
  features.bandwidth = draw.percent(10);
  features.shuffled_ties = draw.percent(30);
  features.several_topics = draw.percent(40);
  features.consumers = draw.percent(70);
  features.weak_acks = draw.percent(35);
  features.unclean = draw.percent(20);
  features.quick_timeouts = draw.percent(40);
  features.small_buffers = draw.percent(25);
  features.quick_cluster = draw.percent(60);
  features.flushed = draw.percent(15);
  features.slow_start = draw.percent(30);
  features.controller_faults = draw.percent(40);
  features.client_faults = draw.percent(30);
  features.fact_triggers = draw.percent(50);
  features.storms = draw.percent(20);
  features.actions = draw_actions(draw);
  return features;
}

std::string draw_latency(Draw& draw, bool spread) {
  const std::int64_t us = draw.of({50, 100, 250, 500, 1000, 5000, 20'000});
  if (!spread) return fmt::format("\"{}us\"", us);
  switch (draw.below(3)) {
    case 0: return fmt::format("{{ \"uniform\": [\"{}us\", \"{}us\"] }}", us / 2, us * 3);
    case 1:
      return fmt::format("{{ \"exponential\": {{ \"min\": \"{}us\", \"mean\": \"{}us\" }} }}",
                         us / 2, us * 2);
    default:
      return fmt::format("{{ \"lognormal\": {{ \"median\": \"{}us\", \"p99\": \"{}us\" }} }}", us,
                         us * 10);
  }
}

std::string draw_network(const Swarm& swarm) {
  Draw draw(swarm.seed, SwarmPart::kNetwork);
  Object network;
  network.add("within_rack", draw_latency(draw, swarm.features.spread_latency));
  network.add("between_racks", draw_latency(draw, swarm.features.spread_latency));
  if (swarm.features.bandwidth) {
    network.add_text("bandwidth", draw.of({"1MB/s", "10MB/s", "125MB/s"}));
  }
  return network.text();
}

std::string draw_cluster_config(Draw& draw, const SwarmFeatures& features) {
  Object config;
  config.add("min.insync.replicas", draw.of({1, 2, 2, 2, 3}));
  // Stated for every release: before 0.11 the default is true.
  config.add("unclean.leader.election.enable",
             features.unclean && draw.percent(60) ? "true" : "false");
  if (features.flushed) config.add("log.flush.interval.messages", draw.of({1, 1, 10, 1000}));
  if (features.quick_cluster) {
    // Beyond the fetches' wait: up to 2.0 an idle replica is as late as its fetch.
    config.add("replica.lag.time.max.ms", draw.of({1000, 2000, 5000, 10'000}));
    // A session shorter than the heartbeats would never let a broker be.
    const std::int64_t heartbeat = draw.of({200, 500, 1000, 2000});
    config.add("broker.heartbeat.interval.ms", heartbeat);
    config.add("broker.session.timeout.ms", heartbeat + draw.of({1000, 2000, 4000, 7000}));
    config.add("zookeeper.session.timeout.ms", draw.of({1500, 4000, 6000, 18'000}));
    // As with clients: a full answer must come in time over a thin link.
    const std::int64_t socket = draw.of({2000, 5000, 30'000});
    config.add("replica.socket.timeout.ms", features.bandwidth ? 30'000 : socket);
    config.add("replica.fetch.backoff.ms", draw.of({0, 100, 1000}));
    config.add("replica.high.watermark.checkpoint.interval.ms", draw.of({100, 1000, 5000}));
    config.add("leader.imbalance.check.interval.seconds", draw.of({2, 5, 300}));
    config.add("unclean.leader.election.interval.ms", draw.of({1000, 5000, 300'000}));
  }
  if (features.small_buffers) {
    // Fetches that may not hold what they wait for are as slow as their wait.
    const bool least = draw.percent(40);
    config.add("replica.fetch.max.bytes", least ? draw.of({1, 500, 1'048'576}) : 1'048'576);
    config.add("replica.fetch.response.max.bytes", least ? draw.of({1, 2000}) : 10'485'760);
    config.add("replica.fetch.min.bytes", least ? 1 : 500);
    config.add("socket.receive.buffer.bytes", 2000);
    // What is too large is split and sent again at once, for all of delivery.timeout.ms.
    if (features.quick_timeouts) {
      config.add("message.max.bytes", draw.of({600, 5000, 1'048'588}));
    }
  }
  if (draw.percent(30)) config.add("replica.fetch.wait.max.ms", draw.of({50, 100, 500}));
  if (draw.percent(20)) config.add("controller.quorum.append.linger.ms", draw.of({0, 5, 100}));
  if (draw.percent(15)) config.add("controlled.shutdown.enable", "false");
  if (draw.percent(15)) config.add("auto.leader.rebalance.enable", "false");
  return config.text();
}

std::string draw_cluster(Swarm& swarm) {
  Draw draw(swarm.seed, SwarmPart::kCluster);
  const SwarmFeatures& features = swarm.features;
  swarm.brokers = draw.of({1, 2, 3, 3, 3, 3, 4, 5, 5, 7});
  Object cluster;
  cluster.add("brokers", swarm.brokers);
  if (features.racks) {
    swarm.racks = {"a"};
    if (swarm.brokers > 1) swarm.racks.push_back("b");
    if (swarm.brokers > 2 && draw.percent(60)) swarm.racks.push_back("c");
    std::string names;
    for (const std::string& rack : swarm.racks) {
      names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", rack);
    }
    cluster.add("racks", "[" + names + "]");
    cluster.add("controller", "{ \"rack\": \"a\" }");
  }
  cluster.add("config", draw_cluster_config(draw, features));
  if (features.slow_start) {
    cluster.add_time("startup_time", draw.of({0, 100, 2000, 8000}));
    cluster.add_time("recovery_time", draw.of({0, 500, 5000}));
  }
  cluster.add("network", draw_network(swarm));
  return cluster.text();
}

std::string draw_topics(Swarm& swarm) {
  Draw draw(swarm.seed, SwarmPart::kTopics);
  const SwarmFeatures& features = swarm.features;
  Object topics;
  const std::int64_t count = features.several_topics ? draw.between(2, 4) : 1;
  for (std::int64_t i = 0; i < count; ++i) {
    Swarm::Topic topic;
    topic.name = fmt::format("t{}", i + 1);
    topic.partitions = features.several_topics ? draw.between(1, 8) : draw.of({1, 1, 2, 3});
    topic.replicas = std::min<std::int64_t>(swarm.brokers, draw.of({1, 2, 3, 3, 3, 3, 4}));
    Object object;
    object.add("partitions", topic.partitions);
    object.add("replication_factor", topic.replicas);
    if (draw.percent(30)) object.add_text("placement", "random");
    Object config;
    if (draw.percent(30)) config.add("min.insync.replicas", draw.between(1, topic.replicas));
    if (features.unclean && draw.percent(40)) {
      config.add("unclean.leader.election.enable", draw.percent(70) ? "true" : "false");
    }
    if (!config.empty()) object.add("config", config.text());
    topics.add(topic.name, object.text());
    swarm.topics.push_back(topic);
  }
  return topics.text();
}

// Only what ProducerConfig of the release accepts together: idempotence needs acks=all, retries and
// at most five requests in flight (in 0.11 one); delivery.timeout.ms is at least linger.ms +
// request.timeout.ms.
std::string draw_producer_config(Draw& draw, const SwarmFeatures& features, KafkaVersion version) {
  Object config;
  const bool weak = features.weak_acks && draw.percent(60);
  const bool idempotent = !weak && version.number >= 11 && draw.percent(70);
  const std::string_view acks = weak ? draw.of({"0", "1", "1"}) : "all";
  config.add_text("acks", acks);
  if (version.number >= 11) config.add("enable.idempotence", idempotent ? "true" : "false");
  if (version.number < 201) config.add("retries", idempotent ? 1000 : draw.of({0, 3, 1000}));
  if (version.number >= 201 && !idempotent && draw.percent(20)) {
    config.add("retries", draw.of({0, 1, 5}));
  }
  if (draw.percent(40)) {
    const std::int64_t drawn = idempotent ? draw.of({1, 2, 5}) : draw.of({1, 5, 10});
    const bool one = idempotent && version.number < 100;
    config.add("max.in.flight.requests.per.connection", one ? 1 : drawn);
  }
  const std::int64_t linger = draw.of({0, 0, 5, 50});
  config.add("linger.ms", linger);
  if (acks == "0") config.add("send.buffer.bytes", draw.of({0, 1000, 10'000, 131'072}));
  if (features.quick_timeouts) {
    const std::int64_t request = draw.of({300, 1000, 3000, 10'000});
    config.add("request.timeout.ms", request);
    if (version.number >= 201) {
      config.add("delivery.timeout.ms", request + linger + draw.of({0, 1000, 20'000}));
    }
    config.add("max.block.ms", draw.of({0, 500, 5000}));
    config.add("metadata.max.age.ms", draw.of({1000, 5000, 300'000}));
    config.add("retry.backoff.ms", draw.of({0, 20, 100}));
  }
  if (features.small_buffers) {
    config.add("batch.size", draw.of({0, 300, 2000}));
    config.add("buffer.memory", draw.of({2000, 20'000, 200'000}));
    config.add("max.request.size", draw.of({500, 3000, 1'048'576}));
  }
  return config.text();
}

std::string draw_producer(Draw& draw, const Swarm& swarm, std::size_t number,
                          KafkaVersion version) {
  const SwarmFeatures& features = swarm.features;
  const Swarm::Topic& topic = swarm.topics[draw.below(swarm.topics.size())];
  Object producer;
  producer.add_text("name", fmt::format("p{}", number));
  producer.add_text("topic", topic.name);
  const bool fixed = draw.percent(30);
  if (fixed) producer.add("partition", draw.between(0, topic.partitions - 1));
  producer.add_text("rate", fmt::format("{}/s", draw.of({1, 10, 50, 100, 300})));
  // Each record of a burst may wait for memory on its own.
  if (!features.small_buffers && draw.percent(25)) producer.add("burst", draw.of({2, 5, 20}));
  if (draw.percent(40)) producer.add_text("arrivals", "poisson");
  if (!fixed && draw.percent(25)) producer.add("keys", draw.of({1, 3, 100}));
  if (draw.percent(40)) {
    producer.add("record_size", draw.of({"1", "[10, 700]", "1000", "[100, 20000]"}));
  }
  if (draw.percent(20)) producer.add_time("start", draw.between(0, swarm.duration_ms / 2));
  if (draw.percent(20)) {
    producer.add_time("stop", draw.between(swarm.duration_ms / 2, swarm.duration_ms));
  }
  if (features.racks) producer.add_text("rack", swarm.racks[draw.below(swarm.racks.size())]);
  producer.add("config", draw_producer_config(draw, features, version));
  return producer.text();
}

std::string draw_consumer(Draw& draw, const Swarm& swarm, const Swarm::Topic& topic,
                          const std::string& name) {
  const SwarmFeatures& features = swarm.features;
  Object consumer;
  consumer.add_text("name", name);
  consumer.add_text("group", "g-" + topic.name);
  consumer.add_text("topic", topic.name);
  // Fast enough for the traffic, or it would never catch up.
  if (draw.percent(30)) {
    consumer.add_time("processing_time", draw.of({0, 1}));
  }
  if (draw.percent(20)) consumer.add_time("start", draw.between(0, swarm.duration_ms / 2));
  if (features.racks) consumer.add_text("rack", swarm.racks[draw.below(swarm.racks.size())]);
  Object config;
  config.add_text("auto.offset.reset", draw.of({"earliest", "earliest", "latest", "none"}));
  if (draw.percent(30)) config.add("auto.commit.interval.ms", draw.of({0, 200, 1000}));
  if (draw.percent(10)) config.add("enable.auto.commit", "false");
  if (draw.percent(20)) config.add("max.poll.records", draw.of({1, 10, 100}));
  if (features.quick_timeouts) {
    // A fetch that cannot arrive in time over a thin link is asked for again for ever.
    const std::int64_t request = draw.of({1000, 3000, 30'000});
    config.add("request.timeout.ms", swarm.features.bandwidth ? 30'000 : request);
    config.add("metadata.max.age.ms", draw.of({1000, 5000, 300'000}));
  }
  if (features.small_buffers) {
    const bool least = draw.percent(60);
    // A batch at a time is enough of little: the fetch for the partitions that are empty keeps the
    // next one waiting for fetch.max.wait.ms (C4.2), and the run would not end.
    config.add("max.partition.fetch.bytes", least ? draw.of({500, 1000}) : 1'048'576);
    config.add("fetch.max.bytes", least ? draw.of({500, 3000}) : 52'428'800);
    config.add("fetch.min.bytes", least ? 1 : 300);
  }
  consumer.add("config", config.text());
  return consumer.text();
}

void append_item(std::string& list, const std::string& item) {
  list += (list.empty() ? "\n    " : ",\n    ") + item;
}

std::string draw_producers(Swarm& swarm, KafkaVersion version) {
  Draw draw(swarm.seed, SwarmPart::kProducers);
  std::string list;
  const std::int64_t count = draw.of({1, 1, 2, 3});
  for (std::int64_t i = 1; i <= count; ++i) {
    append_item(list, draw_producer(draw, swarm, static_cast<std::size_t>(i), version));
    swarm.producers.push_back(fmt::format("p{}", i));
  }
  return "[" + list + "\n  ]";
}

std::string draw_consumers(Swarm& swarm) {
  Draw draw(swarm.seed, SwarmPart::kConsumers);
  std::string list;
  if (!swarm.features.consumers) return "[]";
  for (const Swarm::Topic& topic : swarm.topics) {
    const std::int64_t members = draw.of({0, 1, 1, 2});
    for (std::int64_t i = 1; i <= std::min(members, topic.partitions); ++i) {
      const std::string name = fmt::format("c-{}-{}", topic.name, i);
      append_item(list, draw_consumer(draw, swarm, topic, name));
      swarm.consumers.push_back(name);
    }
  }
  return "[" + list + "\n  ]";
}

VersionName draw_version(Draw& draw, const std::string& wanted) {
  const std::vector<VersionName>& known = known_versions();
  for (const VersionName& version : known) {
    if (version.name == wanted) return version;
  }
  // Most of the time one of those that people run.
  if (draw.percent(60)) return known[known.size() - 1 - draw.below(6)];
  return known[draw.below(known.size())];
}

}  // namespace

std::string swarm_text(std::uint64_t seed, const SwarmOptions& options) {
  Swarm swarm;
  swarm.seed = seed;
  swarm.features = draw_features(seed);
  Draw draw(seed, SwarmPart::kCount);
  const VersionName version = draw_version(draw, options.kafka);
  swarm.duration_ms = draw.of({5000, 10'000, 20'000, 20'000, 40'000, 60'000});
  const std::string cluster = draw_cluster(swarm);
  const std::string topics = draw_topics(swarm);
  const std::string producers = draw_producers(swarm, version.version);
  const std::string consumers = draw_consumers(swarm);
  return fmt::format(
      "{{\n"
      "  \"doc\": \"Drawn by the swarm from seed {0}.\",\n"
      "  \"kafka\": \"{1}\",\n"
      "  \"seed\": {0},\n"
      "  \"duration\": \"{2}ms\",\n"
      "  \"settle\": {{ \"max\": \"3600s\" }},\n"
      "  \"events_max\": 20000000,\n"
      "  \"shuffle_ties\": {3},\n"
      "  \"cluster\": {4},\n"
      "  \"topics\": {5},\n"
      "  \"producers\": {6},\n"
      "  \"consumers\": {7},\n"
      "  \"faults\": {8},\n"
      "  \"expect\": {{ \"invariants\": true }}\n"
      "}}\n",
      seed, version.name, swarm.duration_ms, swarm.features.shuffled_ties, cluster, topics,
      producers, consumers, draw_faults(swarm));
}

Scenario swarm_scenario(std::uint64_t seed, const SwarmOptions& options) {
  return load_scenario(fmt::format("swarm-{}.json", seed), swarm_text(seed, options));
}

}  // namespace ackident
