#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "producer_bench.h"

namespace ackident {

namespace {

std::int32_t hash_of(std::string_view text) {
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  return static_cast<std::int32_t>(murmur2(bytes));
}

}  // namespace

TEST_CASE("murmur2 agrees with Kafka's published values (C1.7)") {
  CHECK(hash_of("21") == -973932308);
  CHECK(hash_of("foobar") == -790332482);
  CHECK(hash_of("a-little-bit-long-string") == -985981536);
  CHECK(hash_of("a-little-bit-longer-string") == -1486304829);
  CHECK(hash_of("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8") == -58897971);
  CHECK(hash_of("abc") == 479470107);
}

TEST_CASE("A key's partition is its hash modulo all partitions, tabled or not (C1.6)") {
  const auto expected = static_cast<std::uint32_t>(hash_of("k42") & 0x7fffffff) % 7;
  CHECK(partition_of_key(42, 7) == expected);
  Partitioner partitioner;
  Workload workload;
  workload.keys = 100;
  partitioner.reset(workload, 7);
  REQUIRE(partitioner.by_key.size() == 100);
  CHECK(partitioner.by_key[42] == expected);
  CHECK(partitioner.by_key[0] == partition_of_key(0, 7));
}

TEST_CASE("The sticky partition changes after batch.size bytes, when its batch is full (C1.8)") {
  ProducerBench bench(8);
  bench.workload().partition = kNoPartition;
  bench.workload().record_bytes = bench.workload().record_bytes_max = 100;
  bench.config().batch_size = 461;  // four records and the header
  bench.config().linger = seconds(10);
  bench.start_process();
  bench.send(4);  // 461 bytes: the batch is full, so the switch is made
  CHECK(bench.producer.partitioner.switches == 2);
  CHECK(bench.producer.partitioner.sticky_bytes == 0);
  bench.send(3);
  CHECK(bench.producer.partitioner.switches == 2);
}

TEST_CASE("A switch waits for a batch with room, but not beyond 2 x batch.size (C1.8)") {
  ProducerBench bench(8);
  bench.workload().partition = kNoPartition;
  bench.workload().record_bytes = bench.workload().record_bytes_max = 300;
  bench.config().batch_size = 1000;
  bench.config().linger = seconds(10);
  bench.start_process();
  // Batches of three records (961 bytes of 1000) never count as full until a fourth comes: 1322
  // bytes are over the share, but the last batch has room.
  bench.send(4);
  CHECK(bench.producer.partitioner.sticky_bytes == 1322);
  CHECK(bench.producer.partitioner.switches == 1);
  bench.send(2);
  CHECK(bench.producer.partitioner.sticky_bytes == 1922);
  bench.send(1);  // a third batch: 2283 bytes are over twice the share
  CHECK(bench.producer.partitioner.switches == 2);
}

TEST_CASE("Without a leader a partition is not drawn (C1.9)") {
  ProducerBench bench(4);
  bench.workload().partition = kNoPartition;
  bench.config().batch_size = 1;
  for (const std::uint32_t partition : {0u, 1u, 3u}) bench.elect(partition, kNoNode, 1);
  bench.start_process();
  for (int i = 0; i < 20; ++i) {
    bench.send();
    CHECK(bench.producer.partitioner.sticky == 2);
  }
}

TEST_CASE("Adaptive: a longer queue gets fewer records (C1.10)") {
  ProducerBench bench(3);
  bench.config().batch_size = 1;  // each record is a batch and a switch
  bench.config().max_in_flight = 1;
  bench.without_idempotence();
  bench.start_process();
  for (std::uint32_t partition = 0; partition < 3; ++partition) bench.send_to(partition);
  // Partition 0 has ten batches queued, the others none: weights 1, 11, 11.
  bench.send_to(0, 10);
  REQUIRE(bench.producer.accumulator.partitions[0].size == 10);
  bench.workload().partition = kNoPartition;
  for (const bool adaptive : {true, false}) {
    bench.config().adaptive_partitioning = adaptive;
    std::uint32_t to_slow = 0;
    for (int i = 0; i < 300; ++i) {
      bench.producer.partitioner.sticky_bytes = 1'000;
      bench.ctx.begin(NodeId(4), bench.now);
      to_slow += bench.producer.partitioner.sticky_partition(bench.producer.accumulator,
                                                             bench.config(), bench.ctx) == 0;
    }
    CHECK((adaptive ? to_slow < 40 : to_slow > 70));
  }
}

namespace {

// A producer that sends records of 100 bytes, four to a batch, without a key.
struct FreeBench : ProducerBench {
  FreeBench(std::uint32_t partitions, Partitioning partitioning) : ProducerBench(partitions) {
    composition.behaviour.partitioning = partitioning;
    workload().partition = kNoPartition;
    workload().record_bytes = workload().record_bytes_max = 100;
    config().batch_size = 461;
    config().linger = seconds(10);
  }
  // Where each of n records goes.
  std::vector<std::uint32_t> places(std::uint32_t n) {
    std::vector<std::uint32_t> all;
    for (std::uint32_t i = 0; i < n; ++i) {
      send();
      all.push_back(producer.application.partition);
    }
    return all;
  }
};

}  // namespace

TEST_CASE("each version has its way with records without a key (C1.8)") {
  CHECK(behaviour_of({11}).partitioning == Partitioning::kRoundRobin);
  CHECK(behaviour_of({203}).partitioning == Partitioning::kRoundRobin);
  CHECK(behaviour_of({204}).partitioning == Partitioning::kKip480);
  CHECK(behaviour_of({302}).partitioning == Partitioning::kKip480);
  CHECK(behaviour_of({303}).partitioning == Partitioning::kKip794);
}

TEST_CASE("to 2.3 the partitions take turns, those with a leader if there are any") {
  FreeBench bench(5, Partitioning::kRoundRobin);
  bench.elect(1, kNoNode, 1);
  bench.elect(3, kNoNode, 1);
  bench.start_process();
  const std::vector<std::uint32_t> places = bench.places(7);
  const std::vector<std::uint32_t> led = {0, 2, 4};
  const auto first = std::find(led.begin(), led.end(), places[0]) - led.begin();
  for (std::size_t i = 0; i < places.size(); ++i) {
    CHECK(places[i] == led[(static_cast<std::size_t>(first) + i) % 3]);
  }
  bench.producer.partitioner.available.clear();
  const std::uint32_t before = bench.producer.partitioner.turn;
  CHECK(bench.places(2) == std::vector<std::uint32_t>{before % 5, (before + 1) % 5});
  CHECK(bench.producer.partitioner.switches == 1);  // where it began is all that was drawn
}

TEST_CASE("the turns begin anywhere and count in 31 bits") {
  FreeBench bench(3, Partitioning::kRoundRobin);
  bench.start_process();
  bench.places(1);
  bench.producer.partitioner.turn = 0x7fffffff;  // 1 mod 3
  CHECK(bench.places(2) == std::vector<std::uint32_t>{1, 0});
}

TEST_CASE("before 3.3 a record that waits for memory stays with its partition") {
  for (const Partitioning old : {Partitioning::kRoundRobin, Partitioning::kKip480}) {
    FreeBench bench(3, old);
    bench.config().linger = Duration();
    bench.config().batch_size = 161;
    bench.config().buffer_memory = 322;
    bench.without_idempotence();
    bench.start_process();
    bench.places(3);
    REQUIRE(bench.producer.application.blocked == Blocked::kOnMemory);
    const std::uint32_t waits = bench.producer.application.partition;
    const std::uint64_t drawn = bench.producer.partitioner.switches;
    const std::uint32_t turn = bench.producer.partitioner.turn;
    bench.reply();
    CHECK(bench.producer.application.blocked == Blocked::kNot);
    CHECK(bench.producer.application.partition == waits);
    CHECK(bench.producer.partitioner.switches == drawn);
    CHECK(bench.producer.partitioner.turn == turn);
  }
}

TEST_CASE("KIP-480: a partition keeps them until one needs a new batch, which opens elsewhere") {
  FreeBench bench(8, Partitioning::kKip480);
  bench.start_process();
  const std::vector<std::uint32_t> places = bench.places(12);
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (i % 4 != 0) CHECK(places[i] == places[i - 1]);
    if (i % 4 == 0 && i > 0) CHECK(places[i] != places[i - 1]);
  }
}

TEST_CASE("KIP-480: what is sent at once leaves no batch to stay with") {
  FreeBench bench(3, Partitioning::kKip480);
  bench.config().linger = Duration();
  bench.start_process();
  std::vector<std::uint32_t> places;
  for (int i = 0; i < 40; ++i) {
    places.push_back(bench.places(1).front());
    bench.reply();
  }
  for (std::size_t i = 1; i < places.size(); ++i) CHECK(places[i] != places[i - 1]);
  CHECK(std::set<std::uint32_t>(places.begin(), places.end()).size() == 3);
}

TEST_CASE("KIP-480: a single partition with a leader is drawn without dice, and kept") {
  FreeBench bench(4, Partitioning::kKip480);
  for (const std::uint32_t partition : {0u, 1u, 3u}) bench.elect(partition, kNoNode, 1);
  bench.start_process();
  CHECK(bench.places(9) == std::vector<std::uint32_t>(9, 2));
  CHECK(bench.producer.partitioner.switches == 0);
  // One without a leader is as good a past as any: the draw is over all others.
  bench.producer.partitioner.sticky = 1;
  CHECK(bench.places(1) == std::vector<std::uint32_t>{2});
}

TEST_CASE("KIP-480: a record that is too large moves nothing") {
  FreeBench bench(8, Partitioning::kKip480);
  bench.start_process();
  bench.places(4);
  const std::uint64_t drawn = bench.producer.partitioner.switches;
  bench.config().max_request_size = 100;
  bench.places(1);
  CHECK(bench.producer.partitioner.switches == drawn);
}

}  // namespace ackident
