// What a producer does with a guard switched off, and how its application paces itself.
#include <doctest/doctest.h>

#include "producer_bench.h"

namespace ackident {

namespace {

constexpr std::uint32_t kOneRecord = 161;  // batch.size that one record fills

}  // namespace

TEST_CASE("The mutant RetryWithoutBackoffEpoch gives a retry a new sequence") {
  ProducerBench bench;
  bench.composition.mutants.set(static_cast<std::size_t>(Mutant::kRetryWithoutBackoffEpoch));
  bench.start_process();
  bench.send();
  bench.reply({ErrorCode::kNotEnoughReplicasAfterAppend});
  bench.run_for(milliseconds(150));
  REQUIRE(bench.produces.size() == 1);
  CHECK(bench.produces[0].parts[0].base_sequence == Sequence(1));
}

TEST_CASE("The mutant ReorderOnRetry puts idempotent retries in front unsorted") {
  ProducerBench bench;
  bench.composition.mutants.set(static_cast<std::size_t>(Mutant::kReorderOnRetry));
  bench.config().batch_size = kOneRecord;
  bench.start_process();
  bench.send(2);
  bench.break_connection(bench.broker(0));
  bench.run_for(bench.config().delivery_timeout);
  CHECK(bench.count(FactKind::kFailed) == 2);  // the second waits for the first, which is behind it
}

TEST_CASE("The mutant NoMetadataRefresh keeps a client at a leader that is gone") {
  ProducerBench bench;
  bench.composition.mutants.set(static_cast<std::size_t>(Mutant::kNoMetadataRefresh));
  bench.start_process();
  bench.send();
  bench.elect(0, bench.broker(1), 1);
  for (int i = 0; i < 5; ++i) {
    REQUIRE(bench.produces.size() == 1);
    CHECK(bench.produces[0].to == bench.broker(0));
    bench.reply({ErrorCode::kNotLeaderOrFollower});
    bench.run_for(seconds(2));
  }
}

TEST_CASE("The application keeps its rate, changes it on command and stops in time") {
  ProducerBench bench;
  bench.workload().start = Instant(1'000'000);
  bench.start_process();
  CHECK(bench.producer.application.next_arrival == Instant(1'000'000));
  bench.step([&] {
    deliver(bench.producer, kNoNode, WorkloadCommand{milliseconds(1), 4}, bench.ctx);
  });
  bench.now = Instant(1'000'000);
  bench.step([&] { fire(bench.producer, producer_timer(ProducerTimer::kArrival), bench.ctx); });
  CHECK(bench.producer.application.records == 4);
  CHECK(bench.producer.application.next_arrival == Instant(2'000'000));
  bench.workload().stop = Instant(2'500'000);
  bench.now = Instant(2'000'000);
  bench.step([&] { fire(bench.producer, producer_timer(ProducerTimer::kArrival), bench.ctx); });
  CHECK(bench.producer.application.next_arrival == kNever);
}

}  // namespace ackident
