// Batching, draining, memory and acks=0.
#include <doctest/doctest.h>

#include "producer_bench.h"

namespace ackident {

TEST_CASE("Nothing is sent before leaders and a producer id are known (C1.1, C2.2)") {
  ProducerBench bench;
  bench.silent = {bench.broker(0), bench.broker(1), bench.broker(2)};
  bench.start_process();
  bench.send();
  CHECK(bench.producer.application.blocked == Blocked::kOnMetadata);
  CHECK(bench.produces.empty());
  bench.run_for(bench.config().max_block);
  REQUIRE(bench.count(FactKind::kFailed) == 1);
  CHECK(bench.facts_of(FactKind::kFailed)[0].b == static_cast<int>(ErrorCode::kTimeout));
}

TEST_CASE("A batch is what accumulated; linger 0 sends it at once (C1.12, C1.13)") {
  ProducerBench bench;
  bench.start_process();
  bench.send(3);
  REQUIRE(bench.produces.size() == 1);
  REQUIRE(bench.produces[0].parts.size() == 1);
  CHECK(bench.produces[0].parts[0].count == 3);
  CHECK(bench.produces[0].parts[0].bytes == 61 + 300);
  CHECK(bench.produces[0].to == bench.broker(0));
  bench.reply();
  REQUIRE(bench.count(FactKind::kAcked) == 1);
  CHECK(bench.facts_of(FactKind::kAcked)[0].b == 0);
  CHECK(bench.facts_of(FactKind::kAcked)[0].c == 3);
  CHECK(bench.producer.accumulator.open == 0);
  CHECK(bench.producer.accumulator.memory_free == bench.config().buffer_memory);
}

TEST_CASE("linger holds a batch until it is old or full (C1.12)") {
  ProducerBench bench;
  bench.config().linger = milliseconds(5);
  bench.config().batch_size = 461;
  bench.start_process();
  bench.send(3);
  CHECK(bench.produces.empty());
  bench.run_for(milliseconds(5) - nanoseconds(1));
  CHECK(bench.produces.empty());
  bench.run_for(nanoseconds(1));
  REQUIRE(bench.produces.size() == 1);
  bench.send(4);
  REQUIRE(bench.produces.size() == 2);
  CHECK(bench.produces[1].parts[0].count == 4);
}

TEST_CASE("A lingering partition goes along with a ready one of the same broker (C1.14)") {
  ProducerBench bench(6);
  bench.config().linger = milliseconds(5);
  bench.start_process();
  bench.send_to(0);
  bench.run_for(milliseconds(3));
  bench.send_to(3);  // the same leader
  bench.send_to(1);  // another leader: keeps lingering
  bench.run_for(milliseconds(2));
  REQUIRE(bench.produces.size() == 1);
  CHECK(bench.produces[0].parts.size() == 2);
}

TEST_CASE("One batch per partition and request, at most max.in.flight requests (C1.14, C0.7)") {
  ProducerBench bench;
  bench.config().batch_size = 161;  // one record fills a batch
  bench.start_process();
  bench.send(7);
  CHECK(bench.produces.size() == 5);
  for (const auto& produce : bench.produces) CHECK(produce.parts.size() == 1);
  bench.reply();
  CHECK(bench.produces.size() == 5);
  CHECK(bench.produces.back().parts[0].base_sequence == Sequence(5));
}

TEST_CASE("max.request.size bounds a request; the rest goes in the next (C1.14)") {
  ProducerBench bench(6);
  bench.config().max_request_size = 400;
  bench.config().linger = milliseconds(1);
  bench.start_process();
  bench.send_to(0, 2);  // 261 bytes
  bench.send_to(3, 2);
  bench.run_for(milliseconds(1));
  REQUIRE(bench.produces.size() == 2);
  CHECK(bench.produces[0].parts.size() == 1);
  CHECK(bench.produces[1].parts.size() == 1);
}

TEST_CASE("max.in.flight 1 mutes a partition until its answer (C1.34)") {
  ProducerBench bench;
  bench.config().max_in_flight = 1;
  bench.without_idempotence();
  bench.start_process();
  bench.send();
  bench.send();
  CHECK(bench.produces.size() == 1);
  bench.reply({ErrorCode::kNotEnoughReplicas});
  CHECK(bench.produces.empty());  // the retry backs off, and nothing overtakes it
  bench.run_for(seconds(1));
  REQUIRE(bench.produces.size() == 1);
  CHECK(bench.produces[0].parts[0].number == BatchNumber(0));
}

TEST_CASE("A record beyond max.request.size fails in send() (C1.3)") {
  ProducerBench bench;
  bench.config().max_request_size = 160;
  bench.start_process();
  bench.send();
  CHECK(bench.produces.empty());
  REQUIRE(bench.count(FactKind::kFailed) == 1);
  CHECK(bench.facts_of(FactKind::kFailed)[0].b == static_cast<int>(ErrorCode::kRecordTooLarge));
  CHECK(bench.count(FactKind::kRecordsSent) == 1);
}

TEST_CASE("buffer.memory blocks send(), releases it, or fails it after max.block.ms (C1.4)") {
  ProducerBench bench;
  bench.config().batch_size = 161;
  bench.config().buffer_memory = 322;  // two batches
  bench.start_process();
  bench.send(4);
  CHECK(bench.produces.size() == 2);
  CHECK(bench.producer.application.blocked == Blocked::kOnMemory);
  CHECK(bench.producer.application.burst_left == 2);
  bench.reply();
  CHECK(bench.produces.size() == 2);
  CHECK(bench.producer.application.burst_left == 1);
  bench.run_for(bench.config().request_timeout);
  bench.silent = {bench.broker(0)};
  bench.run_for(bench.config().max_block);
  REQUIRE(bench.count(FactKind::kFailed) == 1);
  CHECK(bench.facts_of(FactKind::kFailed)[0].b == static_cast<int>(ErrorCode::kBufferExhausted));
  const std::vector<Fact> blocked = bench.facts_of(FactKind::kSendBlocked);
  REQUIRE(blocked.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(blocked[i].a == (i % 2 == 0 ? 1 : 0));
}

TEST_CASE("a batch is as old as the send() of its first record, blocked or not") {
  ProducerBench bench;
  bench.config().batch_size = 161;
  bench.config().buffer_memory = 161;  // one batch
  bench.start_process();
  const Instant called = bench.now;
  bench.send(2);
  REQUIRE(bench.producer.application.blocked == Blocked::kOnMemory);
  bench.now = called + milliseconds(300);
  bench.reply();
  const std::vector<Fact> created = bench.facts_of(FactKind::kBatchCreated);
  REQUIRE(created.size() == 2);
  CHECK(created[0].b == called.ns());
  CHECK(created[1].a == 1);
  CHECK(created[1].b == called.ns());
}

TEST_CASE("A waiter for memory makes lingering batches sendable (C1.12)") {
  ProducerBench bench(2);
  bench.config().linger = seconds(10);
  bench.config().buffer_memory = bench.config().batch_size;
  bench.start_process();
  bench.send_to(0);
  CHECK(bench.produces.empty());
  bench.send_to(1);
  CHECK(bench.produces.size() == 1);
}

TEST_CASE("acks=0 is told of success when the request is sent (C1.36)") {
  ProducerBench bench;
  bench.config().acks = Acks::kNone;
  bench.without_idempotence();
  bench.config().batch_size = 161;
  bench.start_process();
  bench.send(20);
  CHECK(bench.produces.size() == 20);  // no answers, so no limit
  REQUIRE(bench.count(FactKind::kAcked) == 20);
  CHECK(bench.facts_of(FactKind::kAcked)[0].b == -1);
  CHECK(bench.producer.accumulator.open == 0);
}

TEST_CASE("close() sends what lingers and exits after the last answer (C1.18)") {
  ProducerBench bench;
  bench.config().linger = seconds(10);
  bench.start_process();
  bench.send(2);
  bench.step([&] { shut_down(bench.producer, bench.ctx); });
  REQUIRE(bench.produces.size() == 1);
  CHECK(!bench.exited);
  bench.reply();
  CHECK(bench.exited);
}

TEST_CASE("A restart forgets batches and gets a new id, but never uses a number again (C2.2)") {
  ProducerBench bench;
  bench.start_process();
  bench.send(2);
  const BatchNumber first = bench.produces[0].parts[0].number;
  bench.step([&] { stop(bench.producer, StopKind::kProcessKill, bench.ctx); });
  bench.produces.clear();
  bench.timers.clear();
  bench.start_process();
  bench.send();
  REQUIRE(bench.produces.size() == 1);
  CHECK(bench.produces[0].parts[0].number > first);
  CHECK(bench.produces[0].parts[0].producer_id == ProducerId(2));
  CHECK(bench.produces[0].parts[0].base_sequence == Sequence(0));
  CHECK(bench.facts_of(FactKind::kRecordsSent).back().b == 2);
  CHECK(bench.count(FactKind::kFailed) == 0);
}

}  // namespace ackident
