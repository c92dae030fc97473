#include <doctest/doctest.h>

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

}  // namespace ackident
