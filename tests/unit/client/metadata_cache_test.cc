#include "consumer_bench.h"

namespace ackident {
namespace {

// A consumer's metadata cache alone; the bench's consumer itself stays idle.
struct CacheBench : Bench {
  explicit CacheBench(Composition given = bench_composition(1))
      : Bench(std::move(given), NodeId(4), Instant() + seconds(1'000)) {
    cache.reset(composition);
    at(now);
  }
  void at(Instant instant) {
    now = instant;
    ctx.begin(NodeId(4), now);
  }
  // The pause before the next refresh, in milliseconds.
  std::int64_t pause() const { return (cache.next_refresh(config, ctx) - now).ms(); }
  void ask() {
    at(cache.next_refresh(config, ctx));
    cache.refresh_began(NodeId(1), Correlation(1), config, ctx);
  }

  ClientConfig config;
  MetadataCache cache;
};

struct Spread {
  std::int64_t least = kUnlimited;
  std::int64_t most = 0;
  int at_most = 0;  // draws equal to the maximum configured
};

Spread draws_of(const Context& ctx, std::int64_t initial, std::int64_t max, std::uint32_t n) {
  Spread spread;
  for (std::uint32_t draw = 0; draw < 2'000; ++draw) {
    const Duration pause =
        backoff(milliseconds(initial), milliseconds(max), n, true, kBackoffOwn, draw, ctx);
    CHECK(pause.ns() % 1'000'000 == 0);
    spread.least = std::min(spread.least, pause.ms());
    spread.most = std::max(spread.most, pause.ms());
    spread.at_most += pause.ms() == max ? 1 : 0;
  }
  return spread;
}

bool within_jitter(std::int64_t pause, std::int64_t base) {
  return pause >= base * 8 / 10 && pause <= base * 12 / 10;
}

TEST_CASE("C0.1: the back-off doubles, with a fifth of jitter either way") {
  CacheBench bench;
  std::int64_t base = 100;
  for (std::uint32_t n = 0; n < 4; ++n, base *= 2) {
    const Spread spread = draws_of(bench.ctx, 100, 1'000, n);
    CHECK(spread.least >= base * 8 / 10);
    CHECK(spread.least <= base * 81 / 100);
    CHECK(spread.most < base * 12 / 10);
    CHECK(spread.most >= base * 119 / 100 - 1);
    CHECK(spread.at_most == 0);
  }
}

TEST_CASE("C0.1: on the plateau half of the draws are exactly the maximum") {
  CacheBench bench;
  for (const std::uint32_t n : {4u, 5u, 70u, 4'000'000'000u}) {
    const Spread spread = draws_of(bench.ctx, 100, 1'000, n);
    CHECK(spread.least >= 800);
    CHECK(spread.least < 810);
    CHECK(spread.most == 1'000);
    CHECK(spread.at_most > 900);
    CHECK(spread.at_most < 1'100);
  }
}

TEST_CASE("C0.1: no jitter where the maximum is not above the initial value") {
  CacheBench bench;
  const auto one = [&](std::int64_t initial, std::int64_t max, bool exponential) {
    return backoff(milliseconds(initial), milliseconds(max), 3, exponential, kBackoffOwn, 1,
                   bench.ctx)
        .ms();
  };
  CHECK(one(100, 100, true) == 100);
  CHECK(one(200, 100, true) == 100);
  CHECK(one(100, 1'000, false) == 100);
  CHECK(one(0, 1'000, true) == 0);
}

TEST_CASE("C0.11: answers that bring nothing new space out: 100, 100, 200, 400, 800, 1000") {
  CacheBench bench;
  bench.lead(PartitionId(0), NodeId(1), 3);
  bench.ask();
  CHECK(bench.cache.next_refresh(bench.config, bench.ctx) == kNever);
  CHECK(bench.cache.refresh_answered(bench.log.end(), bench.ctx));
  for (const std::int64_t base : {100, 100, 200, 400, 800}) {
    bench.cache.request_refresh();
    CHECK(within_jitter(bench.pause(), base));
    bench.ask();
    CHECK_FALSE(bench.cache.refresh_answered(bench.log.end(), bench.ctx));
  }
  bench.cache.request_refresh();
  CHECK(bench.pause() >= 800);
  CHECK(bench.pause() <= 1'000);
  // A newer epoch is news: the spacing starts over.
  bench.lead(PartitionId(0), NodeId(2), 4);
  bench.ask();
  CHECK(bench.cache.refresh_answered(bench.log.end(), bench.ctx));
  bench.cache.request_refresh();
  CHECK(within_jitter(bench.pause(), 100));
}

TEST_CASE("C0.11: failed refreshes space out, and before 3.7 nothing does") {
  CacheBench bench;
  for (const std::int64_t base : {100, 200, 400, 800}) {
    bench.ask();
    bench.cache.refresh_failed(bench.ctx);
    CHECK(within_jitter(bench.pause(), base));
  }
  bench.ask();
  bench.cache.refresh_answered(bench.log.end(), bench.ctx);
  CHECK(bench.cache.refresh_wanted);  // nobody leads
  CHECK(within_jitter(bench.pause(), 100));
  bench.ask();
  bench.cache.refresh_failed(bench.ctx);
  bench.ask();
  bench.cache.refresh_failed(bench.ctx);
  CHECK(within_jitter(bench.pause(), 200));
  bench.composition.behaviour.exponential_client_backoff = false;
  CHECK(bench.pause() == 100);
}

TEST_CASE("KIP-144: to 0.10 each attempt to connect comes as soon as the first again (C0.3)") {
  CacheBench bench;
  ClientConfig config;
  const auto pause = [&](BrokerConnection& connection) {
    connection_failed(connection, config, 0, bench.ctx);
    return (connection.blocked_until - bench.ctx.now()).ms();
  };
  BrokerConnection newer;
  BrokerConnection older;
  for (int i = 0; i < 4; ++i) pause(newer);
  CHECK(pause(newer) >= 640);
  bench.composition.behaviour = behaviour_of({10});
  for (int i = 0; i < 4; ++i) CHECK(pause(older) == 50);
}

TEST_CASE("C0.13: before 2.2 an answer from the past takes back what was known") {
  for (const bool epochs : {true, false}) {
    CacheBench bench(bench_composition(2));
    bench.composition.behaviour.metadata_carries_epochs = epochs;
    bench.lead(PartitionId(0), NodeId(1), 0);
    bench.lead(PartitionId(1), NodeId(2), 0);
    const MetadataOffset past = bench.log.end();
    bench.lead(PartitionId(0), NodeId(3), 1);
    CHECK(bench.cache.update(bench.log.end(), bench.ctx));
    CHECK(bench.cache.update(past, bench.ctx) == !epochs);
    CHECK(bench.cache.leader(PartitionId(0)).leader == (epochs ? NodeId(3) : NodeId(1)));
    CHECK(bench.cache.leader(PartitionId(0)).epoch == LeaderEpoch(epochs ? 1 : 0));
    CHECK(bench.cache.leader(PartitionId(1)).leader == NodeId(2));
    // The next answer brings the present back.
    CHECK(bench.cache.update(bench.log.end(), bench.ctx) == !epochs);
    CHECK(bench.cache.leader(PartitionId(0)).leader == NodeId(3));
  }
}

TEST_CASE("C0.13: what nobody led then is led by nobody again") {
  CacheBench bench;
  bench.composition.behaviour.metadata_carries_epochs = false;
  bench.lead(PartitionId(0), NodeId(1), 0);
  bench.cache.update(bench.log.end(), bench.ctx);
  CHECK(bench.cache.update(MetadataOffset(), bench.ctx));
  CHECK(bench.cache.leader(PartitionId(0)).leader == kNoNode);
}

TEST_CASE("A jitter is drawn for each refresh and never twice, whatever ends") {
  CacheBench bench;
  bench.ask();
  bench.cache.refresh_answered(bench.log.end(), bench.ctx);
  CHECK(bench.cache.jitter_draws == 1);
  bench.ask();
  bench.cache.refresh_failed(bench.ctx);
  CHECK(bench.cache.jitter_draws == 2);
  bench.cache.forget(bench.composition);
  MetadataCache fresh;
  fresh.reset(bench.composition);
  CHECK(bench.cache != fresh);
  fresh.jitter_draws = 2;
  CHECK(bench.cache == fresh);
}

TEST_CASE("C0.10: without a request the next refresh is due at the maximum age") {
  CacheBench bench;
  bench.lead(PartitionId(0), NodeId(1), 0);
  CHECK(bench.pause() == 0);
  bench.ask();
  bench.cache.refresh_answered(bench.log.end(), bench.ctx);
  CHECK(bench.pause() == 300'000);
  bench.cache.request_refresh();
  bench.ask();
  bench.cache.refresh_answered(bench.log.end(), bench.ctx);
  CHECK(bench.cache.equivalent == 1);
  bench.ask();  // by age, which forgets the equivalent answer before
  CHECK(bench.cache.equivalent == 0);
}

TEST_CASE("C0.6, C0.11: a disconnect fails the refresh there, or the one that was due") {
  CacheBench bench;
  bench.ask();
  bench.cache.disconnected(NodeId(2), bench.config, bench.ctx);
  CHECK(bench.cache.in_flight);
  CHECK(bench.cache.failures == 0);
  bench.cache.disconnected(NodeId(1), bench.config, bench.ctx);
  CHECK_FALSE(bench.cache.in_flight);
  CHECK(bench.cache.failures == 1);
  // Pacing forbids a refresh now, so none was due and this disconnect only asks for one.
  bench.cache.disconnected(NodeId(2), bench.config, bench.ctx);
  CHECK(bench.cache.failures == 1);
  bench.at(bench.now + seconds(2));
  bench.cache.disconnected(NodeId(2), bench.config, bench.ctx);
  CHECK(bench.cache.failures == 2);
}

TEST_CASE("C0.11: up to 2.3 a refresh that was lost is wanted again at once") {
  CacheBench bench;
  bench.composition.behaviour.lost_metadata_backs_off = false;
  bench.ask();
  bench.cache.disconnected(NodeId(2), bench.config, bench.ctx);
  CHECK(bench.cache.in_flight);
  bench.cache.disconnected(NodeId(1), bench.config, bench.ctx);
  CHECK_FALSE(bench.cache.in_flight);
  CHECK(bench.cache.failures == 0);
  CHECK(bench.cache.next_refresh(bench.config, bench.ctx) == bench.now);
}

TEST_CASE("C0.13, C0.14: leaders with older epochs are ignored, hints need a newer one") {
  CacheBench bench;
  const PartitionId partition(0);
  bench.lead(partition, NodeId(1), 1);
  CHECK(bench.cache.update(bench.log.end(), bench.ctx));
  CHECK_FALSE(bench.cache.hint(partition, NodeId(2), LeaderEpoch(1)));
  CHECK_FALSE(bench.cache.hint(partition, kNoNode, LeaderEpoch(5)));
  CHECK(bench.cache.hint(partition, NodeId(2), LeaderEpoch(3)));
  bench.lead(partition, kNoNode, 2);
  CHECK_FALSE(bench.cache.update(bench.log.end(), bench.ctx));
  CHECK(bench.cache.leader(partition) == KnownLeader{NodeId(2), LeaderEpoch(3)});
  bench.lead(partition, NodeId(2), 3);
  CHECK_FALSE(bench.cache.update(bench.log.end(), bench.ctx));  // known by the hint already
  bench.lead(partition, kNoNode, 4);
  CHECK(bench.cache.update(bench.log.end(), bench.ctx));
  CHECK(bench.cache.leader(partition).leader == kNoNode);
  CHECK_FALSE(bench.cache.update(MetadataOffset(1), bench.ctx));  // a broker that is behind
  CHECK(bench.cache.offset == bench.log.end());
}

TEST_CASE("C0.10: a partition without leader keeps the client asking, other topics do not") {
  Composition composition = bench_composition(1);
  composition.topics.push_back(TopicInfo{PartitionId(1), 1, TopicConfig{}});
  composition.topic_of.push_back(TopicId(1));
  CacheBench bench(composition);
  bench.lead(PartitionId(1), NodeId(2), 9);
  bench.ask();
  CHECK_FALSE(bench.cache.refresh_answered(bench.log.end(), bench.ctx));
  CHECK(bench.cache.refresh_wanted);
  bench.lead(PartitionId(0), NodeId(2), 1);
  bench.ask();
  CHECK(bench.cache.refresh_answered(bench.log.end(), bench.ctx));
  CHECK_FALSE(bench.cache.refresh_wanted);
  CHECK(bench.cache.leader(PartitionId(1)) == KnownLeader{});
}

TEST_CASE("C0.12: idle, then least loaded, then connecting, then dialled longest ago") {
  CacheBench bench;
  std::vector<BrokerConnection> connections(3);
  const auto pick = [&](std::uint64_t draw) {
    return least_loaded_node(connections, draw, bench.ctx);
  };
  std::array<int, 4> picked{};
  for (std::uint64_t draw = 0; draw < 300; ++draw) ++picked[pick(draw).value()];
  for (const std::uint32_t node : {1u, 2u, 3u}) CHECK(picked[node] > 60);

  for (BrokerConnection& each : connections) each.last_attempt = bench.now;
  connections[1].last_attempt = bench.now - seconds(1);
  for (std::uint64_t draw = 0; draw < 20; ++draw) CHECK(pick(draw) == NodeId(2));
  connections[1].blocked_until = bench.now + milliseconds(1);
  for (std::uint64_t draw = 0; draw < 20; ++draw) CHECK(pick(draw) != NodeId(2));
  connections[2].in_flight = 1;  // being opened
  for (std::uint64_t draw = 0; draw < 20; ++draw) CHECK(pick(draw) == NodeId(3));
  connections[0].connected = true;
  connections[0].in_flight = 7;
  for (std::uint64_t draw = 0; draw < 20; ++draw) CHECK(pick(draw) == NodeId(1));
  CHECK(least_loaded_node(connections, 0, bench.ctx, 7) == NodeId(3));
  connections[1].connected = true;
  connections[1].in_flight = 6;
  for (std::uint64_t draw = 0; draw < 20; ++draw) CHECK(pick(draw) == NodeId(2));
  connections[2] = BrokerConnection{.connected = true};
  for (std::uint64_t draw = 0; draw < 20; ++draw) CHECK(pick(draw) == NodeId(3));

  for (BrokerConnection& each : connections) {
    each = BrokerConnection{};
    each.blocked_until = bench.now + seconds(2);
  }
  connections[1].blocked_until = bench.now + seconds(1);
  CHECK(pick(0) == kNoNode);
  CHECK(next_dial(connections, bench.config, bench.ctx) == bench.now + seconds(1));
}

TEST_CASE("C0.12: up to 2.2 the fewest in flight, connected with or not") {
  CacheBench bench;
  bench.composition.behaviour.prefers_open_connections = false;
  std::vector<BrokerConnection> connections(3);
  const auto picked = [&](bool refresh_due) {
    std::array<int, 4> count{};
    for (std::uint64_t draw = 0; draw < 300; ++draw) {
      ++count[least_loaded_node(connections, draw, bench.ctx, 100, refresh_due).value()];
    }
    return count;
  };
  // One that has never been dialled is better than one that has something in flight, and while a
  // refresh is due as good as one that is ready and idle.
  connections[0] = BrokerConnection{.connected = true, .in_flight = 1};
  CHECK(picked(true)[1] == 0);
  CHECK(picked(true)[2] > 60);
  CHECK(picked(true)[3] > 60);
  connections[0].in_flight = 0;
  CHECK(picked(true)[1] > 60);
  CHECK(picked(true)[2] > 60);
  CHECK(picked(false)[1] == 300);

  // While one is being opened nothing is in flight there; then the question that opens it is.
  connections[0].in_flight = 1;
  connections[1] = BrokerConnection{.opening = true, .in_flight = 1};
  connections[2].blocked_until = bench.now + seconds(1);
  CHECK(picked(true)[2] == 300);
  CHECK_FALSE(may_dial(connections, bench.ctx));
  CHECK(next_dial(connections, bench.config, bench.ctx) ==
        bench.now + bench.config.reconnect_backoff);
  connections[1].opening = false;
  CHECK(picked(true)[1] > 60);
  CHECK(picked(true)[2] > 60);
  CHECK(may_dial(connections, bench.ctx));
}

TEST_CASE("C0.3: reconnect back-off doubles from 50 ms to 1 s and ends with an answer") {
  CacheBench bench;
  BrokerConnection connection;
  for (const std::int64_t base : {50, 100, 200, 400, 800}) {
    connection_failed(connection, bench.config, backoff_reconnect(NodeId(1)), bench.ctx);
    CHECK(within_jitter((connection.blocked_until - bench.now).ms(), base));
    CHECK_FALSE(connection.usable(bench.now));
    CHECK(connection.usable(connection.blocked_until));
  }
  connection_failed(connection, bench.config, backoff_reconnect(NodeId(1)), bench.ctx);
  CHECK((connection.blocked_until - bench.now).ms() <= 1'000);
  CHECK((connection.blocked_until - bench.now).ms() >= 800);
  request_sent(connection, bench.ctx);
  request_answered(connection);
  connection_failed(connection, bench.config, backoff_reconnect(NodeId(1)), bench.ctx);
  CHECK(within_jitter((connection.blocked_until - bench.now).ms(), 50));
  const std::uint32_t draws = connection.jitter_draws;
  forget(connection);
  CHECK(connection == BrokerConnection{.jitter_draws = draws});
}

}  // namespace
}  // namespace ackident
