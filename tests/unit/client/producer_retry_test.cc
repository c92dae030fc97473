// What becomes of a batch after an error: retries, order, epochs, expiry.
#include <doctest/doctest.h>

#include "producer_bench.h"

namespace ackident {

namespace {

constexpr std::uint32_t kOneRecord = 161;  // batch.size that one record fills

// Sends until the bench holds no more produce requests, answering each with success.
void answer_all(ProducerBench& bench) {
  while (!bench.produces.empty()) bench.reply();
}

std::vector<std::uint32_t> numbers_of(const std::vector<Fact>& facts) {
  std::vector<std::uint32_t> numbers;
  for (const Fact& fact : facts) numbers.push_back(static_cast<std::uint32_t>(fact.a));
  return numbers;
}

}  // namespace

TEST_CASE("Without idempotence a broken connection reverses the batches in flight (C1.33)") {
  ProducerBench bench;
  bench.without_idempotence();
  bench.config().batch_size = kOneRecord;
  bench.start_process();
  bench.send(3);
  REQUIRE(bench.produces.size() == 3);
  bench.break_connection(bench.broker(0));
  bench.run_for(seconds(1));
  answer_all(bench);
  CHECK(numbers_of(bench.facts_of(FactKind::kAcked)) == std::vector<std::uint32_t>{2, 1, 0});
}

TEST_CASE("Idempotent retries keep their order and go one at a time (C1.32, C2.5)") {
  ProducerBench bench;
  bench.config().batch_size = kOneRecord;
  bench.start_process();
  bench.send(3);
  bench.break_connection(bench.broker(0));
  bench.run_for(seconds(1));
  for (std::int32_t i = 0; i < 3; ++i) {
    REQUIRE(bench.produces.size() == 1);
    CHECK(bench.produces[0].parts[0].base_sequence == Sequence(i));
    bench.reply();
  }
  CHECK(numbers_of(bench.facts_of(FactKind::kAcked)) == std::vector<std::uint32_t>{0, 1, 2});
}

TEST_CASE("A retry waits for its back-off, jittered around 100, 200, 400 ms (C0.1, C1.16)") {
  ProducerBench bench;
  bench.start_process();
  bench.send();
  std::int64_t nominal = 100;
  for (int attempt = 1; attempt <= 3; ++attempt, nominal *= 2) {
    bench.reply({ErrorCode::kNotEnoughReplicas});
    CHECK(bench.facts_of(FactKind::kRetried).back().c == attempt);
    bench.run_for(milliseconds(nominal * 8 / 10) - nanoseconds(1));
    CHECK(bench.produces.empty());
    bench.run_for(milliseconds(nominal * 4 / 10 + 1));
    REQUIRE(bench.produces.size() == 1);
  }
  CHECK(bench.facts_of(FactKind::kBatchSent).back().b == 4);
}

TEST_CASE("A newer leader ends the back-off at once (C1.16, C0.14)") {
  ProducerBench bench;
  bench.start_process();
  bench.send_to(0);
  bench.reply({ErrorCode::kNotLeaderOrFollower}, bench.broker(1), 1);
  REQUIRE(bench.produces.size() == 1);
  CHECK(bench.produces[0].to == bench.broker(1));
  CHECK(bench.produces[0].parts[0].base_sequence == Sequence(0));
}

TEST_CASE("A refused connection costs neither attempt nor sequence (C1.15)") {
  ProducerBench bench;
  bench.start_process();
  bench.down = {bench.broker(0)};
  bench.break_connection(bench.broker(0));
  bench.send();
  bench.run_for(seconds(5));
  CHECK(bench.count(FactKind::kBatchSent) == 0);
  CHECK(bench.count(FactKind::kRetried) == 0);
  const auto dials = std::count(bench.dialled.begin(), bench.dialled.end(), bench.broker(0));
  CHECK(dials >= 5);   // 50, 100, 200, 400, 800, 1000 ms ... (C0.3)
  CHECK(dials <= 14);  // and some of them to ask for metadata
  bench.down.clear();
  bench.run_for(seconds(2));
  REQUIRE(bench.produces.size() == 1);
  CHECK(bench.facts_of(FactKind::kBatchSent)[0].b == 1);
}

TEST_CASE("A leader lost is found by metadata, and the retry goes there (C0.6, C1.31)") {
  ProducerBench bench;
  bench.start_process();
  bench.send();
  bench.down = {bench.broker(0)};
  bench.break_connection(bench.broker(0));
  bench.elect(0, bench.broker(2), 1);
  bench.run_for(seconds(3));
  REQUIRE(bench.produces.size() == 1);
  CHECK(bench.produces[0].to == bench.broker(2));
}

TEST_CASE("while a connection is being opened no time runs for the question that opens it (C0.5)") {
  ProducerBench bench(1);
  bench.silent = {NodeId(1), NodeId(2), NodeId(3)};
  bench.start_process();
  REQUIRE(bench.dialled.size() == 1);
  bench.run_for(seconds(90));
  CHECK(bench.closed.empty());
  bench.step([&] { deliver(bench.producer, bench.dialled[0], Connected{}, bench.ctx); });
  bench.run_for(seconds(30));
  CHECK(bench.closed.empty());
  bench.run_for(nanoseconds(1));
  CHECK(bench.closed == std::vector{bench.dialled[0]});
}

TEST_CASE("request.timeout.ms closes the connection and fails all that is in flight (C0.5)") {
  ProducerBench bench;
  bench.config().batch_size = kOneRecord;
  bench.start_process();
  bench.send();
  bench.run_for(seconds(10));
  bench.send();
  bench.run_until(bench.now + seconds(20));
  CHECK(bench.closed.empty());
  bench.run_for(nanoseconds(1));
  REQUIRE(bench.closed.size() == 1);
  const std::vector<Fact> retried = bench.facts_of(FactKind::kRetried);
  REQUIRE(retried.size() == 2);
  CHECK(retried[1].b == static_cast<int>(ErrorCode::kRequestTimedOut));
}

TEST_CASE("After a freeze the answer in the socket is read before the clock (C0.5)") {
  ProducerBench bench;
  bench.start_process();
  bench.send();
  const LocalTimer timeout = timeout_timer_of(0);
  bench.now = bench.now + seconds(60);
  bench.timers.erase(timeout.value());
  bench.step([&] { fire(bench.producer, timeout, bench.ctx); });
  CHECK(bench.closed.empty());
  bench.reply();
  bench.run_for(Duration());
  CHECK(bench.closed.empty());
  CHECK(bench.count(FactKind::kAcked) == 1);
}

TEST_CASE("An answer that comes after its connection was given up means nothing (C0.9)") {
  ProducerBench bench;
  bench.start_process();
  bench.send();
  const ProducerBench::Produce kept = bench.produces[0];
  bench.run_for(seconds(31));
  REQUIRE(bench.closed.size() == 1);
  ProduceResponse late;
  late.correlation = kept.request.correlation;
  bench.step([&] { deliver(bench.producer, kept.to, late, bench.ctx); });
  CHECK(bench.count(FactKind::kAcked) == 0);
}

TEST_CASE("delivery.timeout.ms fails queued batches, which used no sequence (C1.30, C1.40)") {
  ProducerBench bench;
  bench.start_process();
  bench.down = {bench.broker(0)};
  bench.break_connection(bench.broker(0));
  bench.send();
  bench.run_for(bench.config().delivery_timeout - nanoseconds(1));
  CHECK(bench.count(FactKind::kFailed) == 0);
  bench.run_for(nanoseconds(1));
  REQUIRE(bench.count(FactKind::kFailed) == 1);
  CHECK(bench.facts_of(FactKind::kFailed)[0].b == static_cast<int>(ErrorCode::kTimeout));
  CHECK(bench.count(FactKind::kRecordsSent) == 1);
  bench.down.clear();
  bench.run_for(seconds(2));
  bench.send();
  bench.run_for(seconds(2));
  REQUIRE(bench.produces.size() == 1);
  CHECK(bench.produces[0].parts[0].base_sequence == Sequence(0));
  CHECK(bench.count(FactKind::kProducerEpochBumped) == 0);
}

TEST_CASE("A batch that expires in flight has failed; its late success is ignored (C1.30)") {
  ProducerBench bench;
  bench.config().delivery_timeout = seconds(30);
  bench.start_process();
  bench.send();
  bench.run_for(seconds(30));
  REQUIRE(bench.count(FactKind::kFailed) == 1);
  REQUIRE(bench.produces.size() == 1);
  bench.reply();
  CHECK(bench.count(FactKind::kAcked) == 0);
  bench.send();
  REQUIRE(bench.produces.size() == 1);  // the success still counts for the sequences
  CHECK(bench.produces[0].parts[0].base_sequence == Sequence(1));
  CHECK(bench.producer.accumulator.open == 1);
}

TEST_CASE("The mutant DeliveryTimeoutIgnored never expires a batch") {
  ProducerBench bench;
  bench.composition.mutants.set(static_cast<std::size_t>(Mutant::kDeliveryTimeoutIgnored));
  bench.down = {bench.broker(0)};
  bench.start_process();
  bench.send();
  bench.run_for(bench.config().delivery_timeout * 2);
  CHECK(bench.count(FactKind::kFailed) == 0);
}

TEST_CASE("An expired retry leaves its partition unresolved until the epoch is bumped (C2.9)") {
  ProducerBench bench;
  bench.config().delivery_timeout = milliseconds(1'000);
  bench.start_process();
  bench.send();
  bench.reply({ErrorCode::kNotEnoughReplicas});
  bench.run_for(milliseconds(150));
  REQUIRE(bench.produces.size() == 1);  // the second attempt, never answered
  bench.run_for(milliseconds(700));
  bench.send();  // may go beside it: nothing has expired yet
  REQUIRE(bench.produces.size() == 2);
  bench.run_for(milliseconds(150));
  REQUIRE(bench.count(FactKind::kFailed) == 1);
  bench.send();
  CHECK(bench.produces.size() == 2);  // C2.6: nothing new while the outcome is unknown
  bench.run_for(milliseconds(500));
  CHECK(bench.count(FactKind::kProducerEpochBumped) == 0);  // the second batch is still out
  bench.produces.pop_front();
  bench.produces.pop_front();
  bench.run_for(milliseconds(500));  // it expires too: nothing can close the gap
  REQUIRE(bench.count(FactKind::kProducerEpochBumped) == 1);
  REQUIRE(bench.produces.size() == 1);
  CHECK(bench.produces[0].parts[0].producer_epoch == ProducerEpoch(1));
  CHECK(bench.produces[0].parts[0].base_sequence == Sequence(0));
}

TEST_CASE("A later success closes the gap of an expired retry: no bump (C2.9)") {
  ProducerBench bench;
  bench.config().delivery_timeout = milliseconds(1'000);
  bench.start_process();
  bench.send();
  bench.reply({ErrorCode::kNotEnoughReplicas});
  bench.run_for(milliseconds(900));
  bench.send();
  bench.run_for(milliseconds(100));
  REQUIRE(bench.count(FactKind::kFailed) == 1);
  bench.reply();  // of the expired one: it was appended after all
  bench.reply();
  bench.send();
  REQUIRE(bench.produces.size() == 1);
  CHECK(bench.produces[0].parts[0].base_sequence == Sequence(2));
  CHECK(bench.count(FactKind::kProducerEpochBumped) == 0);
}

TEST_CASE("OUT_OF_ORDER behind a missing predecessor is retried as it is (C2.10)") {
  ProducerBench bench;
  bench.config().batch_size = kOneRecord;
  bench.start_process();
  bench.send(2);
  bench.reply({ErrorCode::kNotEnoughReplicas});
  bench.reply({ErrorCode::kOutOfOrderSequenceNumber});
  CHECK(bench.count(FactKind::kProducerEpochBumped) == 0);
  bench.run_for(milliseconds(150));
  answer_all(bench);
  bench.run_for(milliseconds(150));
  answer_all(bench);
  CHECK(numbers_of(bench.facts_of(FactKind::kAcked)) == std::vector<std::uint32_t>{0, 1});
}

TEST_CASE("OUT_OF_ORDER for the next in line is a real gap: bump and renumber (C2.10, C2.11)") {
  ProducerBench bench;
  bench.config().batch_size = kOneRecord;
  bench.start_process();
  bench.send(1);
  bench.reply();
  bench.send(2);  // sequences 1 and 2
  bench.reply({ErrorCode::kOutOfOrderSequenceNumber});
  REQUIRE(bench.count(FactKind::kProducerEpochBumped) == 1);
  // The old copy of the second is refused too: it was renumbered, so there is no second bump.
  bench.reply({ErrorCode::kOutOfOrderSequenceNumber});
  bench.run_for(milliseconds(150));
  REQUIRE(bench.produces.size() == 1);
  CHECK(bench.produces[0].parts[0].producer_epoch == ProducerEpoch(1));
  CHECK(bench.produces[0].parts[0].base_sequence == Sequence(0));
  bench.reply();
  bench.run_for(milliseconds(150));
  REQUIRE(bench.produces.size() == 1);
  CHECK(bench.produces[0].parts[0].base_sequence == Sequence(1));
  CHECK(bench.count(FactKind::kProducerEpochBumped) == 1);
}

TEST_CASE("Other partitions take the new epoch when nothing of theirs is in flight (C2.11)") {
  ProducerBench bench(2);
  bench.config().batch_size = kOneRecord;
  bench.start_process();
  bench.send_to(1);  // in flight under epoch 0
  bench.send_to(0);
  std::swap(bench.produces[0], bench.produces[1]);
  bench.reply({ErrorCode::kOutOfOrderSequenceNumber});
  REQUIRE(bench.count(FactKind::kProducerEpochBumped) == 1);
  bench.send_to(1);
  CHECK(bench.produces.size() == 1);
  bench.reply();
  REQUIRE(bench.produces.size() == 1);
  CHECK(bench.produces[0].parts[0].producer_epoch == ProducerEpoch(1));
  CHECK(bench.produces[0].parts[0].base_sequence == Sequence(0));
}

TEST_CASE("DUPLICATE_SEQUENCE_NUMBER is a success without an offset (C2.10)") {
  ProducerBench bench;
  bench.start_process();
  bench.send();
  bench.reply({ErrorCode::kDuplicateSequenceNumber});
  REQUIRE(bench.count(FactKind::kAcked) == 1);
  CHECK(bench.facts_of(FactKind::kAcked)[0].b == -1);
}

TEST_CASE("A fatal error fails the batch and bumps the epoch over the hole (C1.43, C2.10)") {
  ProducerBench bench;
  bench.start_process();
  bench.send();
  bench.reply({ErrorCode::kMessageTooLarge});  // of a single record
  CHECK(bench.count(FactKind::kFailed) == 1);
  CHECK(bench.count(FactKind::kProducerEpochBumped) == 1);
}

TEST_CASE("MESSAGE_TOO_LARGE for several records: the same again, at once, counted once (C1.35)") {
  ProducerBench bench;
  bench.start_process();
  bench.send(3);
  bench.reply({ErrorCode::kMessageTooLarge});
  REQUIRE(bench.produces.size() == 1);
  CHECK(bench.produces[0].parts[0].number == BatchNumber(0));
  CHECK(bench.produces[0].parts[0].base_sequence == Sequence(0));
  CHECK(bench.count(FactKind::kRecordsSent) == 1);
  CHECK(bench.count(FactKind::kRetried) == 0);
  bench.run_for(bench.config().delivery_timeout);  // the piece is as old as its parent
  CHECK(bench.count(FactKind::kFailed) == 1);
}

TEST_CASE("retries bounds the attempts (C1.28)") {
  ProducerBench bench;
  bench.without_idempotence();
  bench.config().retries = 1;
  bench.start_process();
  bench.send();
  bench.reply({ErrorCode::kNotEnoughReplicas});
  bench.run_for(milliseconds(150));
  bench.reply({ErrorCode::kNotEnoughReplicas});
  CHECK(bench.count(FactKind::kFailed) == 1);
}

TEST_CASE("A partition whose retry must wait holds up those behind it on that broker (C2.8)") {
  ProducerBench bench(6);
  bench.config().batch_size = kOneRecord;
  bench.start_process();
  bench.send_to(0, 3);
  bench.break_connection(bench.broker(0));
  bench.run_for(seconds(1));
  REQUIRE(bench.produces.size() == 1);  // the first retry; the second waits for it
  bench.send_to(3);                     // the same leader
  CHECK(bench.produces.size() == 1);
  bench.reply();
  REQUIRE(bench.produces.size() == 1);
}

TEST_CASE("Sequences wrap from 2^31 - 1 to 0 (C2.3)") {
  CHECK(advance(Sequence(2'147'483'647), 1) == Sequence(0));
  CHECK(advance(Sequence(2'147'483'646), 1) == Sequence(2'147'483'647));
  CHECK(advance(Sequence(2'147'483'640), 10) == Sequence(2));
}

}  // namespace ackident
