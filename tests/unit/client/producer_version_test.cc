// What producers did otherwise in older versions: the name of a request without an answer, when a
// batch expires, and what an idempotent one made of a gap.
#include <doctest/doctest.h>

#include "producer_bench.h"

namespace ackident {

namespace {

// A producer before KIP-91 that waits ten seconds for an answer, and whose broker 0 is down.
struct OldBench : ProducerBench {
  OldBench() {
    without_idempotence();
    composition.behaviour.delivery_timeout = false;
    config().request_timeout = seconds(10);
    config().linger = Duration();
  }
  void lose_leader() {
    start_process();
    down = {broker(0)};
    break_connection(broker(0));
  }
};

// An idempotent producer before 2.5, with batches of one record.
struct OldIdempotent : ProducerBench {
  explicit OldIdempotent(std::uint32_t partitions = 1) : ProducerBench(partitions) {
    composition.behaviour.producer_bumps_epoch = false;
    config().batch_size = 161;
    start_process();
  }
};

}  // namespace

TEST_CASE("Before 3.5 a request without an answer looks like a lost connection (C1.31)") {
  for (const bool named : {false, true}) {
    ProducerBench bench;
    bench.composition.behaviour.names_request_timeout = named;
    bench.start_process();
    bench.send();
    bench.run_for(seconds(30) + nanoseconds(1));
    REQUIRE(bench.count(FactKind::kRetried) == 1);
    const ErrorCode error = named ? ErrorCode::kRequestTimedOut : ErrorCode::kNetworkException;
    CHECK(bench.facts_of(FactKind::kRetried)[0].b == static_cast<int>(error));
  }
}

TEST_CASE("Before 2.6 send() says TimeoutException when it finds no memory (C1.4)") {
  for (const bool named : {false, true}) {
    ProducerBench bench;
    bench.composition.behaviour.names_exhausted_buffer = named;
    bench.config().batch_size = 161;  // that one record fills
    bench.config().buffer_memory = 161;
    bench.config().max_block = seconds(2);
    bench.start_process();
    bench.send(2);
    bench.run_for(seconds(3));
    REQUIRE(bench.count(FactKind::kFailed) == 1);
    const ErrorCode error = named ? ErrorCode::kBufferExhausted : ErrorCode::kTimeout;
    CHECK(bench.facts_of(FactKind::kFailed)[0].b == static_cast<int>(error));
  }
}

TEST_CASE("KIP-126: before 0.11 a batch that is too large fails, whatever its records (C1.35)") {
  for (const bool splits : {true, false}) {
    ProducerBench bench;
    bench.without_idempotence();
    bench.composition.behaviour.splits_batches = splits;
    bench.start_process();
    bench.send(3);
    bench.reply({ErrorCode::kMessageTooLarge});
    CHECK(bench.produces.size() == (splits ? 1 : 0));
    CHECK(bench.count(FactKind::kFailed) == (splits ? 0 : 1));
  }
}

TEST_CASE("KIP-91: before 2.1 a batch that cannot be sent fails after request.timeout.ms") {
  OldBench bench;
  bench.lose_leader();
  bench.send();
  bench.run_for(seconds(10));
  CHECK(bench.count(FactKind::kFailed) == 0);
  bench.run_for(nanoseconds(1));
  REQUIRE(bench.count(FactKind::kFailed) == 1);
  CHECK(bench.facts_of(FactKind::kFailed)[0].b == static_cast<int>(ErrorCode::kTimeout));
}

TEST_CASE("KIP-91: before 2.1 the wait is counted from the end of linger, or the last record") {
  OldBench bench;
  bench.config().linger = seconds(5);
  SUBCASE("one that takes more records") {
    bench.lose_leader();
    bench.send();
    bench.run_for(seconds(15));
    CHECK(bench.count(FactKind::kFailed) == 0);
  }
  SUBCASE("one that is full since its third second") {
    bench.config().batch_size = kBatchHeaderBytes + 200;
    bench.lose_leader();
    bench.send();
    bench.run_for(seconds(3));
    bench.send();
    bench.run_for(seconds(10));
    CHECK(bench.count(FactKind::kFailed) == 0);
  }
  bench.run_for(nanoseconds(1));
  CHECK(bench.count(FactKind::kFailed) == 1);
}

TEST_CASE("KIP-91: before 2.1 nothing in flight expires, and each retry has its own time") {
  OldBench bench;
  bench.config().request_timeout = seconds(200);
  bench.start_process();
  bench.send();
  bench.run_for(seconds(190));  // beyond delivery.timeout.ms
  CHECK(bench.count(FactKind::kFailed) == 0);
  bench.down = {bench.broker(0)};
  bench.break_connection(bench.broker(0));
  CHECK(bench.count(FactKind::kRetried) == 1);
  const Instant again = bench.producer.accumulator[bench.producer.accumulator.oldest].retry_at;
  bench.run_until(again + seconds(200));
  CHECK(bench.count(FactKind::kFailed) == 0);
  bench.run_for(nanoseconds(1));
  CHECK(bench.count(FactKind::kFailed) == 1);
}

TEST_CASE("KIP-91: before 2.1 with one request in flight the others wait for its end") {
  OldBench bench;
  bench.config().max_in_flight = 1;
  bench.config().batch_size = 161;  // that one record fills
  bench.config().request_timeout = seconds(30);
  bench.start_process();
  bench.send();
  bench.config().request_timeout = seconds(10);
  bench.send();
  bench.run_for(seconds(20));
  CHECK(bench.count(FactKind::kFailed) == 0);
  bench.reply();
  CHECK(bench.count(FactKind::kAcked) + bench.count(FactKind::kFailed) + bench.produces.size() ==
        2);
}

TEST_CASE("Before 2.5 a real gap fails the batch, and the id is given up (C2.10)") {
  OldIdempotent bench(4);
  bench.send_to(0);
  bench.reply();
  bench.send_to(0, 2);  // sequences 1 and 2
  bench.send_to(1);     // another leader, the same id
  bench.reply({ErrorCode::kOutOfOrderSequenceNumber});
  REQUIRE(bench.count(FactKind::kFailed) == 1);
  CHECK(bench.facts_of(FactKind::kFailed)[0].b ==
        static_cast<int>(ErrorCode::kOutOfOrderSequenceNumber));
  REQUIRE(bench.count(FactKind::kProducerEpochBumped) == 1);
  CHECK(bench.facts_of(FactKind::kProducerEpochBumped)[0].a == -1);
  CHECK(bench.producer.idempotence.id == ProducerId(2));
  // What was in flight under the former id may succeed, but is not sent again.
  bench.reply({ErrorCode::kNotEnoughReplicas});
  CHECK(bench.count(FactKind::kFailed) == 2);
  bench.reply();
  CHECK(bench.count(FactKind::kAcked) == 2);
  bench.send_to(0);
  REQUIRE(bench.produces.size() == 1);
  CHECK(bench.produces[0].parts[0].producer_id == ProducerId(2));
  CHECK(bench.produces[0].parts[0].base_sequence == Sequence(0));
}

TEST_CASE("Before 2.5 a batch behind one that is missing is sent again (C2.10)") {
  OldIdempotent bench;
  bench.send(2);
  bench.reply({ErrorCode::kNotEnoughReplicas});
  bench.reply({ErrorCode::kOutOfOrderSequenceNumber});
  CHECK(bench.count(FactKind::kFailed) == 0);
  bench.run_for(seconds(2));
  for (std::int32_t i = 0; i < 2; ++i) {
    REQUIRE(bench.produces.size() == 1);
    CHECK(bench.produces[0].parts[0].base_sequence == Sequence(i));
    bench.reply();
    bench.run_for(seconds(2));
  }
  CHECK(bench.count(FactKind::kAcked) == 2);
  CHECK(bench.count(FactKind::kProducerEpochBumped) == 0);
}

TEST_CASE("Before 2.5 UNKNOWN_PRODUCER_ID is repaired only while nothing is acknowledged") {
  OldIdempotent bench;
  bench.send(2);
  bench.reply({ErrorCode::kNotEnoughReplicas});
  bench.reply({ErrorCode::kUnknownProducerId});
  CHECK(bench.count(FactKind::kFailed) == 0);
  bench.run_for(seconds(2));
  bench.reply();
  bench.run_for(seconds(2));
  bench.reply();
  CHECK(bench.count(FactKind::kAcked) == 2);
  bench.send();
  bench.reply({ErrorCode::kUnknownProducerId});  // the log has been lost
  CHECK(bench.count(FactKind::kFailed) == 1);
  CHECK(bench.count(FactKind::kProducerEpochBumped) == 1);
}

TEST_CASE("Before 2.5 those behind a batch that fails move up (C1.43)") {
  OldIdempotent bench;
  bench.send(3);
  bench.reply({ErrorCode::kMessageTooLarge});  // sequence 0, of a single record
  CHECK(bench.count(FactKind::kFailed) == 1);
  CHECK(bench.count(FactKind::kProducerEpochBumped) == 0);
  bench.reply({ErrorCode::kOutOfOrderSequenceNumber});
  bench.reply({ErrorCode::kOutOfOrderSequenceNumber});
  bench.run_for(seconds(2));
  for (std::int32_t i = 0; i < 2; ++i) {
    REQUIRE(bench.produces.size() == 1);
    CHECK(bench.produces[0].parts[0].base_sequence == Sequence(i));
    bench.reply();
    bench.run_for(seconds(2));
  }
  CHECK(bench.count(FactKind::kAcked) == 2);
}

TEST_CASE("Before 2.5 a retry that expires and leaves a gap costs the id (C2.9)") {
  OldIdempotent bench;
  bench.send();
  bench.reply();
  bench.send();
  bench.down = {bench.broker(0)};
  bench.break_connection(bench.broker(0));
  bench.run_for(bench.config().delivery_timeout);
  CHECK(bench.count(FactKind::kFailed) == 1);
  bench.send();
  REQUIRE(bench.count(FactKind::kProducerEpochBumped) == 1);
  CHECK(bench.facts_of(FactKind::kProducerEpochBumped)[0].a == -1);
}

}  // namespace ackident
