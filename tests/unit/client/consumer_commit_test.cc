#include "consumer_bench.h"

namespace ackident {
namespace {

const PartitionId kPartition(0);

Composition slow(Duration per_record) {
  Composition composition = bench_composition(1);
  composition.consumers[0].per_record = per_record;
  return composition;
}

struct AtZero : Bench {
  explicit AtZero(Composition given = bench_composition(1)) : Bench(std::move(given)) {
    start_led_by_1(0);
  }
};

TEST_CASE("C6.5: auto-commit happens in poll every 5 s, with the positions of earlier polls") {
  AtZero bench;
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 10, 1)});
  bench.advance(milliseconds(4'999));
  CHECK(bench.facts(FactKind::kCommitted).empty());
  bench.advance(milliseconds(1));
  const auto committed = bench.facts(FactKind::kCommitted);
  REQUIRE(committed.size() == 1);
  CHECK(committed[0].a == 10);
  CHECK(committed[0].b == -1);
  CHECK(bench.slot().committed == CommittedOffset{Offset(10), LeaderEpoch(1)});
  bench.advance(milliseconds(5'000));
  CHECK(bench.facts(FactKind::kCommitted).empty());  // nothing new to tell
}

TEST_CASE("Trap 22: nothing is committed during long processing, then what was returned before") {
  AtZero bench(slow(milliseconds(10)));
  // Two polls' worth: 500 records take 5 s each, twice.
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 1'000, 1)});
  bench.advance(milliseconds(4'999));
  CHECK(bench.facts(FactKind::kCommitted).empty());
  bench.advance(milliseconds(1));
  // The poll after the first batch is due and commits it, not the batch that it returns.
  const auto committed = bench.facts(FactKind::kCommitted);
  REQUIRE(committed.size() == 1);
  CHECK(committed[0].a == 500);
  CHECK(bench.slot().position == Offset(1'000));
  bench.advance(milliseconds(4'999));
  CHECK(bench.facts(FactKind::kCommitted).empty());
}

TEST_CASE("C6.11: a killed consumer resumes from its commit and sees records again") {
  AtZero bench;
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 10, 1)});
  bench.advance(seconds(5));
  bench.answer_fetch(bench.unanswered_fetch(NodeId(1)), {Bench::records(0, 10, 25, 1)});
  CHECK(bench.slot().position == Offset(25));
  bench.stop();
  CHECK(bench.facts(FactKind::kCommitted).empty());
  bench.start();
  bench.answer_metadata();
  // The commit has an epoch: the position is validated before the first fetch (C4.22).
  CHECK(bench.sent<ListOffsetsRequest>().empty());
  bench.answer_epoch(1, 25);
  CHECK(bench.parts(bench.the_fetch().message)[0].offset == Offset(10));
}

TEST_CASE("C4.19: a consumer killed before its first commit resets again") {
  AtZero bench;
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 10, 1)});
  bench.stop();
  bench.start();
  bench.answer_metadata();
  CHECK(bench.sent<ListOffsetsRequest>().size() == 1);
}

TEST_CASE("A kill leaves nothing of the process but its commit and the count of its draws") {
  Composition composition = slow(milliseconds(1));
  AtZero bench(composition);
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 900, 1)});
  CHECK_FALSE(bench.slot().buffer.empty());
  bench.deliver(NodeId(3), Disconnected{Channel::kClient, DisconnectReason::kRefused, true});
  const std::uint32_t node_draws = bench.consumer.node_draws;
  CHECK(node_draws == 1);
  bench.advance(milliseconds(300));
  bench.stop();
  CHECK(bench.consumer.buffered.empty());
  CHECK(bench.consumer.node_draws == node_draws);
  CHECK(bench.consumer.connections[2] == BrokerConnection{.jitter_draws = 1});
  bench.start();
  bench.answer_metadata();
  bench.answer_offset(0);
  CHECK(bench.facts(FactKind::kDelivered).empty());
  CHECK(bench.sent<FetchRequest>().size() == 1);
  // The timeout counts from the new life's own request.
  bench.advance(milliseconds(30'000));
  CHECK(bench.effects(Effect::Kind::kClose) == 0);
  bench.advance(milliseconds(1));
  CHECK(bench.effects(Effect::Kind::kClose) == 1);
}

TEST_CASE("C0.5: a request of the life before does not time out in the next") {
  AtZero bench;
  REQUIRE(bench.sent<FetchRequest>().size() == 1);
  bench.advance(seconds(10));
  bench.stop();
  bench.start();
  bench.answer_metadata();
  REQUIRE(bench.sent<FetchRequest>().size() == 1);  // from the commit at 5 s
  bench.deliver(bench.the_fetch().to, Connected{});
  bench.advance(seconds(30));
  CHECK(bench.effects(Effect::Kind::kClose) == 0);
  bench.advance(milliseconds(1));
  CHECK(bench.effects(Effect::Kind::kClose) == 1);
}

TEST_CASE("C6.7: close commits the positions and ends the process") {
  AtZero bench;
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 10, 1)});
  bench.shut_down();
  CHECK(bench.facts(FactKind::kCommitted)[0].a == 10);
  CHECK(bench.effects(Effect::Kind::kExit) == 1);
}

TEST_CASE("C6.7: without auto-commit close commits nothing, and no timer runs for it") {
  Composition composition = bench_composition(1);
  composition.consumers[0].config.auto_commit = false;
  AtZero bench(composition);
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 10, 1)});
  bench.advance(seconds(20));
  CHECK(bench.fired == 0);
  bench.shut_down();
  CHECK(bench.facts(FactKind::kCommitted).empty());
  CHECK(bench.effects(Effect::Kind::kExit) == 1);
}

TEST_CASE("Close waits for the records at hand") {
  AtZero bench(slow(milliseconds(1)));
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 100, 1)});
  bench.shut_down();
  CHECK(bench.effects(Effect::Kind::kExit) == 0);
  bench.advance(milliseconds(100));
  CHECK(bench.facts(FactKind::kProcessed)[0].b == 100);
  CHECK(bench.facts(FactKind::kCommitted)[0].a == 100);
  CHECK(bench.effects(Effect::Kind::kExit) == 1);
  CHECK(bench.sent<FetchRequest>().empty());
}

TEST_CASE("C6.5: a position under validation is not committed") {
  AtZero bench;
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 10, 1)});
  FetchResult moved = Bench::error(0, ErrorCode::kNotLeaderOrFollower);
  moved.leader_hint = NodeId(2);
  moved.leader_hint_epoch = LeaderEpoch(2);
  bench.answer_fetch(bench.the_fetch(), {moved});
  CHECK(bench.slot().state == PositionState::kAwaitValidation);
  bench.shut_down();
  CHECK(bench.facts(FactKind::kCommitted).empty());
}

TEST_CASE("Processing time per record changes at run time, from the next poll on") {
  AtZero bench;
  bench.deliver(kNoNode, ProcessingCommand{milliseconds(2)});
  bench.answer_fetch(bench.unanswered_fetch(NodeId(1)), {Bench::records(0, 0, 10, 1)});
  CHECK(bench.facts(FactKind::kProcessed).empty());
  bench.advance(milliseconds(19));
  CHECK(bench.facts(FactKind::kProcessed).empty());
  bench.advance(milliseconds(1));
  CHECK(bench.facts(FactKind::kProcessed).size() == 1);
}

TEST_CASE("Mutant CommitBeforeProcessing: what poll returned is committed unprocessed") {
  Composition composition = slow(milliseconds(1));
  composition.mutants.set(static_cast<std::size_t>(Mutant::kCommitBeforeProcessing));
  AtZero bench(composition);
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 10, 1)});
  CHECK(bench.facts(FactKind::kProcessed).empty());
  CHECK(bench.facts(FactKind::kCommitted)[0].a == 10);
}

TEST_CASE("Two groups read the same partition independently") {
  Composition composition = bench_composition(1, 2);
  composition.consumers[1].per_record = seconds(1);
  Bench fast(composition, NodeId(4));
  Bench slow_one(composition, NodeId(5));
  for (Bench* bench : {&fast, &slow_one}) {
    bench->lead(kPartition, NodeId(1), 1);
    bench->start_at(0);
    bench->answer_fetch(bench->the_fetch(), {Bench::records(0, 0, 10, 1)});
    CHECK(bench->facts(FactKind::kDelivered)[0].node == bench->consumer.self);
  }
  fast.advance(seconds(6));
  slow_one.advance(seconds(6));
  CHECK(fast.slot().committed.offset == Offset(10));
  CHECK(slow_one.slot().committed.offset == kNoOffset);
}

TEST_CASE("A reset consumer equals a new one") {
  const Composition composition = bench_composition(1);
  AtZero bench(composition);
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 10, 1)});
  Consumer fresh;
  reset(fresh, composition, NodeId(4));
  CHECK(bench.consumer != fresh);
  reset(bench.consumer, composition, NodeId(4));
  CHECK(bench.consumer == fresh);
}

}  // namespace
}  // namespace ackident
