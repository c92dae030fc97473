// acks=0: a batch counts when its request is in the socket, and one send is in progress at a time.
#include <doctest/doctest.h>

#include "producer_bench.h"

namespace ackident {

namespace {

constexpr std::uint32_t kOneRecord = 161;  // batch.size that one record fills

struct SendBench : ProducerBench {
  explicit SendBench(std::uint32_t partitions = 1) : ProducerBench(partitions) {
    config().acks = Acks::kNone;
    config().batch_size = kOneRecord;
    without_idempotence();
  }
  // The sockets to the leader of partition 0 are full.
  void begin() {
    start_process();
    full = {broker(0)};
  }
  [[nodiscard]] std::vector<std::uint32_t> sent() const {
    std::vector<std::uint32_t> numbers;
    for (const Produce& produce : produces) {
      for (const ProducePart& part : produce.parts) numbers.push_back(part.number.value());
    }
    return numbers;
  }
};

using Numbers = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("acks=0: while a send is in progress the next batches wait (C0.7, C1.15)") {
  SendBench bench;
  bench.begin();
  bench.send(3);
  CHECK(bench.sent() == Numbers{0});  // although five may be in flight
  CHECK(bench.count(FactKind::kAcked) == 0);
  bench.run_for(seconds(20));
  CHECK(bench.sent() == Numbers{0});
  bench.make_room(bench.broker(0));
  CHECK(bench.sent() == Numbers{0, 1, 2});
  CHECK(bench.count(FactKind::kAcked) == 3);
  CHECK(bench.producer.accumulator.open == 0);
  CHECK(bench.producer.connections[0].in_flight == 0);
}

TEST_CASE("a send in progress holds up nothing that goes to another broker") {
  SendBench bench(2);
  bench.begin();
  bench.send_to(0, 2);
  bench.send_to(1, 2);
  CHECK(bench.sent() == Numbers{0, 2, 3});
  CHECK(bench.count(FactKind::kAcked) == 2);
}

TEST_CASE("a broker to which a send is in progress is asked for no metadata (C0.12)") {
  SendBench bench;
  bench.composition.broker_count = 1;
  bench.composition.assignment = {{bench.broker(0)}};
  bench.config().metadata_max_age = seconds(5);
  bench.begin();
  bench.send();
  const std::size_t asked = bench.dialled.size();
  bench.run_for(seconds(10));
  CHECK(bench.dialled.size() == asked);
  bench.make_room(bench.broker(0));
  CHECK(bench.dialled.size() == asked + 1);
}

TEST_CASE("a send that takes request.timeout.ms costs the connection, and is retried (C0.5)") {
  SendBench bench;
  bench.begin();
  bench.send(2);
  bench.run_for(milliseconds(30'000));
  CHECK(bench.closed.empty());  // strict
  bench.elect(0, bench.broker(1), 1);
  bench.run_for(milliseconds(1));
  CHECK(bench.closed == std::vector<NodeId>{bench.broker(0)});
  REQUIRE(bench.count(FactKind::kRetried) == 1);
  CHECK(bench.facts_of(FactKind::kRetried)[0].b ==
        static_cast<std::int64_t>(ErrorCode::kRequestTimedOut));
  bench.run_for(seconds(2));
  CHECK(bench.sent() == Numbers{0, 1});
  for (const ProducerBench::Produce& produce : bench.produces) {
    CHECK(produce.to == bench.broker(1));
  }
  CHECK(bench.count(FactKind::kAcked) == 2);
}

TEST_CASE("a connection that breaks takes the send in progress with it, and no other (C1.31)") {
  SendBench bench;
  SUBCASE("retries") { bench.config().retries = 1; }
  SUBCASE("no retries") { bench.config().retries = 0; }
  bench.start_process();
  bench.send();
  bench.full = {bench.broker(0)};
  bench.send(2);
  CHECK(bench.count(FactKind::kAcked) == 1);
  bench.full.clear();
  bench.break_connection(bench.broker(0));
  bench.run_for(seconds(2));
  const bool retried = bench.config().retries > 0;
  CHECK(bench.count(FactKind::kRetried) == (retried ? 1 : 0));
  CHECK(bench.count(FactKind::kFailed) == (retried ? 0 : 1));
  CHECK(bench.count(FactKind::kAcked) == (retried ? 3 : 2));
  CHECK(bench.producer.accumulator.open == 0);
}

TEST_CASE("that a send of an earlier connection is complete says nothing of this one") {
  SendBench bench;
  bench.begin();
  bench.send();
  bench.break_connection(bench.broker(0));
  bench.make_room(bench.broker(0));
  CHECK(bench.count(FactKind::kAcked) == 0);
  bench.run_for(seconds(2));
  CHECK(bench.count(FactKind::kAcked) == 1);
  CHECK(bench.count(FactKind::kBatchSent) == 2);
}

TEST_CASE("a full socket fills buffer.memory, and then send() blocks (C1.4)") {
  SendBench bench;
  bench.config().buffer_memory = 3 * kOneRecord;
  bench.begin();
  bench.send(5);
  CHECK(bench.producer.application.blocked == Blocked::kOnMemory);
  CHECK(bench.sent() == Numbers{0});
  bench.make_room(bench.broker(0));
  CHECK(bench.producer.application.blocked == Blocked::kNot);
  CHECK(bench.count(FactKind::kAcked) == 5);
}

TEST_CASE("a batch too old fails in the middle of its send; that it ends changes nothing (C1.30)") {
  SendBench bench;
  bench.config().delivery_timeout = seconds(10);
  bench.begin();
  bench.send(2);
  bench.run_for(seconds(10));
  CHECK(bench.count(FactKind::kFailed) == 2);
  bench.make_room(bench.broker(0));
  CHECK(bench.count(FactKind::kAcked) == 0);
  CHECK(bench.sent() == Numbers{0});
  bench.send();
  CHECK(bench.sent() == Numbers{0, 2});
  CHECK(bench.count(FactKind::kAcked) == 1);
}

TEST_CASE("close() waits for a send in progress (C1.18)") {
  SendBench bench;
  bench.begin();
  bench.send();
  bench.step([&] { shut_down(bench.producer, bench.ctx); });
  CHECK(!bench.exited);
  bench.make_room(bench.broker(0));
  CHECK(bench.exited);
}

TEST_CASE("one request in flight: its partitions are free again when it is sent (C1.34)") {
  SendBench bench;
  bench.config().max_in_flight = 1;
  bench.begin();
  bench.send(2);
  bench.make_room(bench.broker(0));
  CHECK(bench.sent() == Numbers{0, 1});
  CHECK(bench.count(FactKind::kAcked) == 2);
}

TEST_CASE("a process that starts again has no send in progress") {
  SendBench bench;
  bench.begin();
  bench.send();
  bench.step([&] { stop(bench.producer, StopKind::kProcessKill, bench.ctx); });
  bench.timers.clear();
  bench.full.clear();
  bench.start_process();
  bench.send();
  CHECK(bench.sent() == Numbers{0, 1});
  CHECK(bench.count(FactKind::kAcked) == 1);
}

}  // namespace ackident
