#include "consumer_bench.h"

namespace ackident {
namespace {

const PartitionId kPartition(0);

// Consumes [0, 10) in epoch 1 from broker 1 and has committed 10.
void consume_ten(Bench& bench) {
  bench.lead(kPartition, NodeId(1), 1);
  bench.start_at(0);
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 10, 1)});
}

// Broker 2 becomes leader in epoch 2 and the consumer learns it from an error's refresh.
void fail_over(Bench& bench) {
  bench.lead(kPartition, NodeId(2), 2);
  bench.answer_fetch(bench.the_fetch(), {Bench::error(0, ErrorCode::kNotLeaderOrFollower)});
  bench.advance(milliseconds(150));
  bench.answer_metadata();
}

TEST_CASE("C4.19: without a commit the policy decides where to begin") {
  for (const OffsetReset policy : {OffsetReset::kLatest, OffsetReset::kEarliest}) {
    Composition composition = bench_composition(1);
    composition.consumers[0].config.offset_reset = policy;
    Bench bench(composition);
    bench.lead(kPartition, NodeId(1), 1);
    bench.start();
    bench.answer_metadata();
    const auto asked = bench.sent<ListOffsetsRequest>();
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].to == NodeId(1));
    CHECK_FALSE(asked[0].message.from_replica);
    CHECK(asked[0].message.current_epoch == LeaderEpoch(1));
    CHECK((asked[0].message.spec == OffsetSpec::kLatest) == (policy == OffsetReset::kLatest));
    bench.answer_offset(42);
    const auto resets = bench.facts(FactKind::kPositionReset);
    REQUIRE(resets.size() == 1);
    CHECK(resets[0].a == 42);
    CHECK(resets[0].b == -1);
    CHECK(resets[0].c == 0);
    const auto fetch = bench.the_fetch();
    CHECK(fetch.to == NodeId(1));
    REQUIRE(bench.parts(fetch.message).size() == 1);
    CHECK(bench.parts(fetch.message)[0].offset == Offset(42));
    CHECK(bench.parts(fetch.message)[0].current_epoch == LeaderEpoch(1));
    CHECK(bench.parts(fetch.message)[0].last_fetched_epoch == kNoLeaderEpoch);
  }
}

TEST_CASE("C4.19: with policy none a consumer without commit gets an exception and stops") {
  Composition composition = bench_composition(1);
  composition.consumers[0].config.offset_reset = OffsetReset::kNone;
  Bench bench(composition);
  bench.lead(kPartition, NodeId(1), 1);
  bench.start();
  const auto resets = bench.facts(FactKind::kPositionReset);
  REQUIRE(resets.size() == 1);
  CHECK(resets[0].c == 3);
  bench.answer_metadata();
  CHECK(bench.sent<FetchRequest>().empty());
  CHECK(bench.sent<ListOffsetsRequest>().empty());
}

TEST_CASE("R8.8: OFFSET_NOT_AVAILABLE is asked again after retry.backoff.ms") {
  Bench bench(bench_composition(1));
  bench.lead(kPartition, NodeId(1), 1);
  bench.start();
  bench.answer_metadata();
  bench.answer_offset(-1, ErrorCode::kOffsetNotAvailable);
  CHECK(bench.sent<ListOffsetsRequest>().empty());
  bench.advance(milliseconds(99));
  CHECK(bench.sent<ListOffsetsRequest>().empty());
  bench.advance(milliseconds(1));
  bench.answer_offset(5);
  CHECK(bench.slot().position == Offset(5));
}

TEST_CASE("R8.7: out of range resets by policy") {
  Bench bench(bench_composition(1));
  consume_ten(bench);
  bench.answer_fetch(bench.the_fetch(), {Bench::error(0, ErrorCode::kOffsetOutOfRange)});
  CHECK(bench.slot().state == PositionState::kAwaitReset);
  bench.answer_offset(3);
  const auto resets = bench.facts(FactKind::kPositionReset);
  REQUIRE(resets.size() == 1);
  CHECK(resets[0].a == 3);
  CHECK(resets[0].b == 10);
  CHECK(resets[0].c == 1);
  CHECK(bench.slot().position_epoch == kNoLeaderEpoch);
}

TEST_CASE("R8.7: out of range with policy none ends the partition") {
  Composition composition = bench_composition(1);
  Bench bench(composition);
  consume_ten(bench);
  bench.composition.consumers[0].config.offset_reset = OffsetReset::kNone;
  bench.answer_fetch(bench.the_fetch(), {Bench::error(0, ErrorCode::kOffsetOutOfRange)});
  const auto resets = bench.facts(FactKind::kPositionReset);
  REQUIRE(resets.size() == 1);
  CHECK(resets[0].a == 10);
  CHECK(resets[0].b == 10);
  CHECK(resets[0].c == 3);
  CHECK(bench.sent<FetchRequest>().empty());
}

TEST_CASE("C4.20: a new leader epoch is validated before the next fetch") {
  Bench bench(bench_composition(1));
  consume_ten(bench);
  fail_over(bench);
  const auto asked = bench.sent<OffsetsForLeaderEpochRequest>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].to == NodeId(2));
  CHECK(asked[0].message.epoch == LeaderEpoch(1));
  CHECK(asked[0].message.current_epoch == LeaderEpoch(2));
  CHECK(bench.sent<FetchRequest>().empty());
  bench.answer_epoch(1, 10);
  CHECK(bench.facts(FactKind::kPositionReset).empty());
  CHECK(bench.the_fetch().to == NodeId(2));
  CHECK(bench.parts(bench.the_fetch().message)[0].offset == Offset(10));
}

TEST_CASE("C4.20: a truncation seeks to the divergence, not to the policy's end") {
  Bench bench(bench_composition(1));
  consume_ten(bench);
  fail_over(bench);
  bench.answer_epoch(0, 7);
  const auto resets = bench.facts(FactKind::kPositionReset);
  REQUIRE(resets.size() == 1);
  CHECK(resets[0].a == 7);
  CHECK(resets[0].b == 10);
  CHECK(resets[0].c == 2);
  CHECK(bench.parts(bench.the_fetch().message)[0].offset == Offset(7));
  CHECK(bench.slot().position_epoch == LeaderEpoch(0));
}

TEST_CASE("C4.20: an undefined epoch resets by policy") {
  Bench bench(bench_composition(1));
  consume_ten(bench);
  fail_over(bench);
  bench.answer_epoch(-1, -1);
  CHECK(bench.sent<ListOffsetsRequest>().size() == 1);
  bench.answer_offset(0);
  CHECK(bench.facts(FactKind::kPositionReset)[0].c == 2);
}

TEST_CASE("C4.20: with policy none a truncation is an exception") {
  Bench bench(bench_composition(1));
  consume_ten(bench);
  fail_over(bench);
  bench.composition.consumers[0].config.offset_reset = OffsetReset::kNone;
  bench.answer_epoch(0, 7);
  CHECK(bench.facts(FactKind::kPositionReset)[0].c == 3);
  CHECK(bench.sent<FetchRequest>().empty());
}

TEST_CASE("C4.20: a leader that is not ready for the question is asked again") {
  Bench bench(bench_composition(1));
  consume_ten(bench);
  fail_over(bench);
  bench.answer_epoch(-1, -1, ErrorCode::kUnknownLeaderEpoch);
  bench.advance(milliseconds(100));
  CHECK(bench.sent<FetchRequest>().empty());
  bench.answer_epoch(1, 10);
  CHECK(bench.sent<FetchRequest>().size() == 1);
}

TEST_CASE("C4.20: the answer of a leader before is of no use") {
  Bench bench(bench_composition(1));
  consume_ten(bench);
  fail_over(bench);
  const auto stale = bench.sent<OffsetsForLeaderEpochRequest>();
  REQUIRE(stale.size() == 1);
  bench.consumer.metadata.hint(kPartition, NodeId(3), LeaderEpoch(3));
  bench.consumer.leaders_changed = true;
  bench.deliver(NodeId(1), MetadataResponse{Correlation(999), bench.log.end()});
  const auto asked = bench.sent<OffsetsForLeaderEpochRequest>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].to == NodeId(3));
  const EpochEnd divergence{LeaderEpoch(0), Offset(4)};
  bench.deliver(NodeId(2), OffsetsForLeaderEpochResponse{stale[0].message.correlation, kPartition,
                                                         ErrorCode::kNone, divergence});
  CHECK(bench.slot().state == PositionState::kAwaitValidation);
  CHECK(bench.slot().position == Offset(10));
  bench.deliver(NodeId(3), OffsetsForLeaderEpochResponse{asked[0].message.correlation, kPartition,
                                                         ErrorCode::kNone, divergence});
  CHECK(bench.slot().position == Offset(4));
}

TEST_CASE("C4.21: before 2.3 nothing is validated, fenced or noticed") {
  Composition composition = bench_composition(1);
  composition.behaviour.consumer_knows_epochs = false;
  composition.behaviour.leader_hints = false;
  Bench bench(composition);
  consume_ten(bench);
  CHECK(bench.parts(bench.the_fetch().message)[0].current_epoch == kNoLeaderEpoch);
  fail_over(bench);
  CHECK(bench.sent<OffsetsForLeaderEpochRequest>().empty());
  CHECK(bench.the_fetch().to == NodeId(2));
}

TEST_CASE("C0.14: a leader hint moves the consumer without a metadata round") {
  Bench bench(bench_composition(1));
  consume_ten(bench);
  FetchResult result = Bench::error(0, ErrorCode::kNotLeaderOrFollower);
  result.leader_hint = NodeId(3);
  result.leader_hint_epoch = LeaderEpoch(2);
  bench.answer_fetch(bench.the_fetch(), {result});
  const auto asked = bench.sent<OffsetsForLeaderEpochRequest>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].to == NodeId(3));
  CHECK(bench.consumer.metadata.refresh_wanted);
}

TEST_CASE("C0.14: before 3.7 an error carries no hint that counts") {
  Composition composition = bench_composition(1);
  composition.behaviour.leader_hints = false;
  Bench bench(composition);
  consume_ten(bench);
  FetchResult result = Bench::error(0, ErrorCode::kNotLeaderOrFollower);
  result.leader_hint = NodeId(3);
  result.leader_hint_epoch = LeaderEpoch(2);
  bench.answer_fetch(bench.the_fetch(), {result});
  CHECK(bench.slot().leader.leader == NodeId(1));
}

TEST_CASE("C4.10: a question whose connection breaks is asked again after both back-offs") {
  Bench bench(bench_composition(1));
  bench.lead(kPartition, NodeId(1), 1);
  bench.start();
  bench.answer_metadata();
  REQUIRE(bench.sent<ListOffsetsRequest>().size() == 1);
  bench.deliver(NodeId(1), Disconnected{Channel::kClient, DisconnectReason::kReset, true});
  bench.advance(milliseconds(99));  // reconnect.backoff.ms is over, retry.backoff.ms is not
  CHECK(bench.sent<ListOffsetsRequest>().empty());
  bench.advance(milliseconds(1));
  CHECK(bench.sent<ListOffsetsRequest>().size() == 1);
  // Refused again and again, the reconnect back-off outgrows the other.
  for (int i = 0; i < 4; ++i) {
    bench.deliver(NodeId(1), Disconnected{Channel::kClient, DisconnectReason::kRefused, true});
    bench.advance(seconds(1));
    CHECK(bench.sent<ListOffsetsRequest>().size() == 1);
  }
  bench.deliver(NodeId(1), Disconnected{Channel::kClient, DisconnectReason::kRefused, true});
  bench.advance(milliseconds(600));
  CHECK(bench.sent<ListOffsetsRequest>().empty());
  bench.deliver(NodeId(3), MetadataResponse{Correlation(999), bench.log.end()});  // any event
  CHECK(bench.sent<ListOffsetsRequest>().empty());
  bench.advance(milliseconds(400));
  bench.answer_offset(9);
  CHECK(bench.slot().position == Offset(9));
}

// Of two partitions one has a leader, and a position.
struct HalfLedBench : Bench {
  explicit HalfLedBench(bool apart) : Bench(composed(apart)) {
    lead(kPartition, NodeId(1), 1);
    start();
    answer_metadata();
    answer_offset(42);
  }
  static Composition composed(bool apart) {
    Composition composition = bench_composition(2);
    composition.behaviour.consumer_resets_apart = apart;
    return composition;
  }
};

TEST_CASE(
    "KAFKA-6397: before 1.1 a partition without a leader keeps the consumer from the others") {
  for (const bool apart : {true, false}) {
    HalfLedBench bench(apart);
    CHECK(bench.sent<FetchRequest>().size() == (apart ? 1 : 0));
    bench.lead(PartitionId(1), NodeId(1), 1);
    bench.advance(milliseconds(150));
    bench.answer_metadata();
    bench.answer_offset(7);
    if (!apart) CHECK(bench.parts(bench.the_fetch().message).size() == 2);
  }
}

TEST_CASE("KAFKA-6397: poll() that waits for a position commits nothing before 1.1") {
  for (const bool apart : {true, false}) {
    HalfLedBench bench(apart);
    bench.advance(bench.composition.consumers[0].config.auto_commit_interval + milliseconds(150));
    CHECK((bench.slot().committed.offset == Offset(42)) == apart);
  }
}

TEST_CASE("C4.12: before 2.3 no question carries a leader epoch") {
  Composition composition = bench_composition(1);
  composition.behaviour.consumer_knows_epochs = false;
  Bench bench(composition);
  bench.lead(kPartition, NodeId(1), 1);
  bench.start();
  bench.answer_metadata();
  REQUIRE(bench.sent<ListOffsetsRequest>().size() == 1);
  CHECK(bench.sent<ListOffsetsRequest>()[0].message.current_epoch == kNoLeaderEpoch);
}

TEST_CASE("A buffer is dropped when its partition awaits validation, and fetched again") {
  Composition composition = bench_composition(1);
  composition.consumers[0].per_record = milliseconds(1);
  Bench bench(composition);
  bench.lead(kPartition, NodeId(1), 1);
  bench.start_at(0);
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 800, 1)});
  CHECK(bench.facts(FactKind::kDelivered)[0].b == 500);
  bench.consumer.metadata.hint(kPartition, NodeId(2), LeaderEpoch(2));
  bench.consumer.leaders_changed = true;
  bench.advance(milliseconds(500));
  CHECK(bench.facts(FactKind::kDelivered).empty());
  CHECK(bench.slot().buffer.empty());
  bench.answer_epoch(1, 800);
  CHECK(bench.parts(bench.the_fetch().message)[0].offset == Offset(500));
}

TEST_CASE("Mutant ConsumerSkipsOnFailover: the position jumps to the end on a leader change") {
  Composition composition = bench_composition(1);
  composition.mutants.set(static_cast<std::size_t>(Mutant::kConsumerSkipsOnFailover));
  Bench bench(composition);
  consume_ten(bench);
  fail_over(bench);
  const auto asked = bench.sent<ListOffsetsRequest>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].message.spec == OffsetSpec::kLatest);
  bench.answer_offset(30);
  CHECK(bench.slot().position == Offset(30));
}

}  // namespace
}  // namespace ackident
