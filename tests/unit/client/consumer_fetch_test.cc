#include "consumer_bench.h"

namespace ackident {
namespace {

const PartitionId kPartition(0);

struct AtZero : Bench {
  explicit AtZero(Composition given = bench_composition(1)) : Bench(std::move(given)) {
    start_led_by_1(0);
  }
};

// Two partitions led by broker 1, both at position 0; the latest step sent the fetch for both.
void start_two(Bench& bench) {
  bench.lead(PartitionId(0), NodeId(1), 1);
  bench.lead(PartitionId(1), NodeId(1), 1);
  bench.start();
  bench.answer_metadata();
  const auto asked = bench.sent<ListOffsetsRequest>();
  REQUIRE(asked.size() == 2);
  for (const auto& each : asked) {
    bench.deliver(each.to, ListOffsetsResponse{each.message.correlation, each.message.partition,
                                               ErrorCode::kNone, each.message.spec, Offset(0)});
  }
  // The first answer's partition was fetched alone; its empty answer lets both be fetched.
  CHECK(bench.sent<FetchRequest>().empty());
}

TEST_CASE("C4.4: a fetch carries the consumer's limits") {
  AtZero bench;
  const FetchRequest request = bench.the_fetch().message;
  CHECK_FALSE(request.from_replica);
  CHECK(request.wait_max == milliseconds(500));
  CHECK(request.bytes_min == 1);
  CHECK(request.bytes_max == 52'428'800);
  CHECK(bench.parts(request)[0].bytes_max == 1'048'576);
}

TEST_CASE("C4.5: poll returns at most 500 records and fetches again once the buffer is drained") {
  Composition composition = bench_composition(1);
  composition.consumers[0].per_record = milliseconds(1);
  AtZero bench(composition);
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 1'100, 1)});
  auto delivered = bench.facts(FactKind::kDelivered);
  REQUIRE(delivered.size() == 1);
  CHECK(delivered[0].a == 0);
  CHECK(delivered[0].b == 500);
  CHECK(delivered[0].c == 1);
  CHECK(bench.sent<FetchRequest>().empty());
  CHECK(bench.facts(FactKind::kProcessed).empty());
  CHECK(bench.slot().position == Offset(500));  // C4.7

  bench.advance(milliseconds(499));
  CHECK(bench.facts(FactKind::kProcessed).empty());
  bench.advance(milliseconds(1));
  CHECK(bench.facts(FactKind::kProcessed)[0].b == 500);
  CHECK(bench.facts(FactKind::kDelivered)[0].b == 1'000);
  CHECK(bench.sent<FetchRequest>().empty());
  // The third poll drains the buffer: the fetch leaves before the records are returned.
  bench.advance(milliseconds(500));
  CHECK(bench.facts(FactKind::kDelivered)[0].b == 1'100);
  CHECK(bench.parts(bench.the_fetch().message)[0].offset == Offset(1'100));
  // Its answer is buffered while the application works, and not delivered before it polls.
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 1'100, 1'101, 1)});
  CHECK(bench.facts(FactKind::kDelivered).empty());
  CHECK(bench.sent<FetchRequest>().empty());
  bench.advance(milliseconds(100));
  CHECK(bench.facts(FactKind::kDelivered)[0].b == 1'101);
}

TEST_CASE("C4.5: an instant application drains the buffer in one step, 500 records a poll") {
  AtZero bench;
  const std::uint32_t fired = bench.fired;
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 1'100, 1)});
  const auto delivered = bench.facts(FactKind::kDelivered);
  REQUIRE(delivered.size() == 3);
  CHECK(delivered[1].a == 500);
  CHECK(delivered[2].b == 1'100);
  CHECK(bench.facts(FactKind::kProcessed).size() == 3);
  CHECK(bench.the_fetch().to == NodeId(1));
  // The steady state costs no timers.
  CHECK(bench.effects(Effect::Kind::kArm) == 0);
  CHECK(bench.fired == fired);
}

TEST_CASE("C4.5: one buffered partition is finished before the next is begun") {
  Bench bench(bench_composition(2));
  start_two(bench);
  bench.answer_fetch(bench.unanswered_fetch(NodeId(1)), {});
  const auto fetch = bench.the_fetch();
  REQUIRE(bench.parts(fetch.message).size() == 2);
  bench.answer_fetch(fetch, {Bench::records(1, 0, 700, 1), Bench::records(0, 0, 50, 1)});
  const auto delivered = bench.facts(FactKind::kDelivered);
  REQUIRE(delivered.size() == 3);
  CHECK(delivered[0].partition == PartitionId(1));
  CHECK(delivered[0].b == 500);
  CHECK(delivered[1].partition == PartitionId(1));
  CHECK(delivered[1].b == 700);
  CHECK(delivered[2].partition == PartitionId(0));
}

TEST_CASE("C4.4: a partition that had data goes to the end of the next request") {
  Bench bench(bench_composition(2));
  start_two(bench);
  bench.answer_fetch(bench.unanswered_fetch(NodeId(1)), {Bench::records(0, 0, 5, 1)});
  const auto fetch = bench.the_fetch();
  const auto parts = bench.parts(fetch.message);
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].partition == PartitionId(1));
  CHECK(parts[1].partition == PartitionId(0));
  CHECK(parts[1].offset == Offset(5));
}

TEST_CASE("C4.3: a stalled broker does not keep the consumer from another") {
  Bench bench(bench_composition(2));
  bench.lead(PartitionId(0), NodeId(1), 1);
  bench.lead(PartitionId(1), NodeId(2), 1);
  bench.start();
  bench.answer_metadata();
  for (const auto& each : bench.sent<ListOffsetsRequest>()) {
    bench.deliver(each.to, ListOffsetsResponse{each.message.correlation, each.message.partition,
                                               ErrorCode::kNone, each.message.spec, Offset(0)});
  }
  auto fetch = bench.the_fetch();
  CHECK(fetch.to == NodeId(2));  // broker 1 has its own already and never answers
  for (int i = 0; i < 3; ++i) {
    bench.answer_fetch(fetch, {Bench::records(1, i, i + 1, 1)});
    fetch = bench.the_fetch();
    CHECK(fetch.to == NodeId(2));
    CHECK(bench.parts(fetch.message).size() == 1);
  }
}

TEST_CASE("C4.15: an empty answer is followed by one fetch, at once") {
  AtZero bench;
  for (int i = 0; i < 3; ++i) {
    FetchResult nothing;
    nothing.partition = kPartition;
    nothing.from = nothing.to = Offset(0);
    bench.answer_fetch(bench.the_fetch(), {nothing});
    CHECK(bench.facts(FactKind::kDelivered).empty());
    CHECK(bench.parts(bench.the_fetch().message)[0].offset == Offset(0));
  }
}

TEST_CASE("C4.6: records that do not start at the position are dropped") {
  AtZero bench;
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 3, 9, 1)});
  CHECK(bench.facts(FactKind::kDelivered).empty());
  CHECK(bench.slot().position == Offset(0));
}

TEST_CASE("C4.9: errors keep the position and fetch again; most ask for metadata") {
  for (const ErrorCode code : {ErrorCode::kNotLeaderOrFollower, ErrorCode::kReplicaNotAvailable,
                               ErrorCode::kKafkaStorageError, ErrorCode::kFencedLeaderEpoch,
                               ErrorCode::kOffsetNotAvailable, ErrorCode::kUnknownTopicOrPartition,
                               ErrorCode::kUnknownLeaderEpoch, ErrorCode::kUnknownServerError}) {
    CAPTURE(error_name(code));
    AtZero bench;
    CHECK_FALSE(bench.consumer.metadata.refresh_wanted);
    bench.answer_fetch(bench.the_fetch(), {Bench::error(0, code)});
    const bool quiet =
        code == ErrorCode::kUnknownLeaderEpoch || code == ErrorCode::kUnknownServerError;
    CHECK(bench.consumer.metadata.refresh_wanted == !quiet);
    CHECK(bench.parts(bench.the_fetch().message)[0].offset == Offset(0));
  }
}

TEST_CASE("C4.10, C0.3: after a disconnect the same fetch leaves when the back-off is over") {
  AtZero bench;
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 4, 1)});
  bench.deliver(NodeId(1), Disconnected{Channel::kClient, DisconnectReason::kReset, true});
  CHECK(bench.sent<FetchRequest>().empty());
  CHECK(bench.slot().position == Offset(4));
  bench.advance(milliseconds(39));
  CHECK(bench.sent<FetchRequest>().empty());
  bench.advance(milliseconds(21));
  CHECK(bench.parts(bench.the_fetch().message)[0].offset == Offset(4));
}

TEST_CASE("C0.5: a silent broker costs the whole connection after request.timeout.ms") {
  AtZero bench;
  bench.advance(milliseconds(30'000));
  CHECK(bench.effects(Effect::Kind::kClose) == 0);
  bench.advance(milliseconds(1));
  CHECK(bench.effects(Effect::Kind::kClose) == 1);
  CHECK(bench.consumer.links[0].pending.empty());
  CHECK(bench.consumer.metadata.refresh_wanted);
  bench.advance(milliseconds(61));
  CHECK(bench.sent<FetchRequest>().size() == 1);
}

TEST_CASE("C0.5: while the connection is being opened no time runs for what waits for it") {
  Bench bench(bench_composition(1));
  bench.lead(PartitionId(0), NodeId(1), 1);
  bench.start();
  const NodeId asked = bench.sent<MetadataRequest>().at(0).to;
  bench.advance(seconds(90));
  CHECK(bench.effects(Effect::Kind::kClose) == 0);
  bench.deliver(asked, Connected{});
  bench.advance(seconds(30));
  CHECK(bench.effects(Effect::Kind::kClose) == 0);
  bench.advance(milliseconds(1));
  CHECK(bench.effects(Effect::Kind::kClose) == 1);
}

TEST_CASE("C0.5: the timeout counts from the oldest unanswered request") {
  AtZero bench;
  bench.advance(seconds(20));
  bench.answer_fetch(bench.unanswered_fetch(NodeId(1)), {Bench::records(0, 0, 1, 1)});
  REQUIRE(bench.facts(FactKind::kDelivered).size() == 1);
  bench.advance(milliseconds(30'000));
  CHECK(bench.effects(Effect::Kind::kClose) == 0);
  bench.advance(milliseconds(1));
  CHECK(bench.effects(Effect::Kind::kClose) == 1);
}

TEST_CASE("C0.5: after a freeze the bytes in the socket are read before the clock is looked at") {
  AtZero bench;
  const auto parked = bench.the_fetch();
  const LocalTimer timeout(static_cast<std::uint32_t>(ConsumerTimer::kRequestTimeout));
  bench.now = bench.now + seconds(60);
  bench.fire_late(timeout);
  CHECK(bench.effects(Effect::Kind::kClose) == 0);
  bench.answer_fetch(parked, {Bench::records(0, 0, 5, 1)});
  CHECK(bench.facts(FactKind::kDelivered).size() == 1);
  bench.advance(milliseconds(0));
  CHECK(bench.effects(Effect::Kind::kClose) == 0);
  // Without an answer in the socket the second look closes.
  bench.now = bench.now + seconds(60);
  bench.fire_late(timeout);
  bench.advance(milliseconds(0));
  CHECK(bench.effects(Effect::Kind::kClose) == 1);
}

TEST_CASE("C0.10: metadata is asked of another broker than a silent one") {
  AtZero bench;
  bench.deliver(NodeId(1), Disconnected{Channel::kClient, DisconnectReason::kRefused, true});
  bench.advance(milliseconds(121));
  const auto asked = bench.sent<MetadataRequest>();
  REQUIRE(asked.size() == 1);
  CHECK(bench.consumer.metadata.asked == asked[0].to);
}

// The metadata moves to `leader`, which gives `end` for the consumer's epoch; the fetch at broker 1
// stays unanswered.
void move_to(NodeId leader, Bench& bench, int epoch, std::int64_t end) {
  bench.lead(kPartition, leader, epoch);
  bench.consumer.metadata.update(bench.log.end(), bench.ctx);
  bench.consumer.leaders_changed = true;
  bench.deliver(NodeId(3), MetadataResponse{Correlation(999), bench.log.end()});
  bench.answer_epoch(1, end);
}

TEST_CASE("C4.6: a former leader's late OFFSET_OUT_OF_RANGE resets nothing") {
  AtZero bench;
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 10, 1)});
  const auto late = bench.the_fetch();
  move_to(NodeId(2), bench, 2, 10);
  CHECK(bench.the_fetch().to == NodeId(2));
  bench.answer_fetch(late, {Bench::error(0, ErrorCode::kOffsetOutOfRange)});
  CHECK(bench.slot().state == PositionState::kFetching);
}

TEST_CASE("C4.6: answers to a fetch at an earlier position do no harm") {
  for (const bool is_error : {true, false}) {
    AtZero bench;
    bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 10, 1)});
    const auto late = bench.the_fetch();
    move_to(NodeId(2), bench, 2, 7);
    CHECK(bench.slot().position == Offset(7));
    // Broker 1 leads again; its fetch at offset 10 is still unanswered.
    bench.consumer.metadata.hint(kPartition, NodeId(1), LeaderEpoch(3));
    bench.consumer.leaders_changed = true;
    bench.deliver(NodeId(3), MetadataResponse{Correlation(999), bench.log.end()});
    bench.answer_epoch(1, 7);
    CHECK(bench.sent<FetchRequest>().empty());  // C4.3
    bench.answer_fetch(late, {is_error ? Bench::error(0, ErrorCode::kOffsetOutOfRange)
                                       : Bench::records(0, 10, 20, 1)});
    CHECK(bench.slot().state == PositionState::kFetching);
    CHECK(bench.facts(FactKind::kDelivered).empty());
    CHECK(bench.the_fetch().to == NodeId(1));
    CHECK(bench.parts(bench.the_fetch().message)[0].offset == Offset(7));
  }
}

TEST_CASE("C4.6: an error about an offset that a truncation left behind resets nothing") {
  AtZero bench;
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 10, 1)});
  const auto late = bench.the_fetch();
  move_to(NodeId(1), bench, 2, 7);  // the same broker, elected again with a shorter log
  CHECK(bench.sent<FetchRequest>().empty());
  bench.answer_fetch(late, {Bench::error(0, ErrorCode::kOffsetOutOfRange)});
  CHECK(bench.slot().state == PositionState::kFetching);
  CHECK(bench.parts(bench.the_fetch().message)[0].offset == Offset(7));
}

TEST_CASE("C4.6: the same records from two leaders are delivered once") {
  Composition composition = bench_composition(1);
  composition.consumers[0].per_record = milliseconds(1);
  AtZero bench(composition);
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 0, 10, 1)});
  bench.advance(milliseconds(10));
  const auto late = bench.unanswered_fetch(NodeId(1));
  move_to(NodeId(2), bench, 2, 10);
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 10, 14, 1)});
  CHECK(bench.facts(FactKind::kDelivered).size() == 1);
  // The application works; both leaders answer meanwhile.
  bench.answer_fetch(bench.the_fetch(), {Bench::records(0, 14, 20, 2)});
  bench.answer_fetch(late, {Bench::records(0, 10, 20, 1)});
  bench.advance(milliseconds(4));
  const auto delivered = bench.facts(FactKind::kDelivered);
  REQUIRE(delivered.size() == 1);
  CHECK(delivered[0].a == 14);
  CHECK(delivered[0].c == 2);
  CHECK(bench.consumer.buffered.empty());
}

TEST_CASE("While nobody leads the consumer keeps fetching from the leader it had") {
  AtZero bench;
  bench.lead(kPartition, kNoNode, 2);
  bench.answer_fetch(bench.the_fetch(), {Bench::error(0, ErrorCode::kNotLeaderOrFollower)});
  bench.advance(milliseconds(125));
  bench.answer_metadata();
  CHECK(bench.consumer.metadata.leader(kPartition).leader == kNoNode);
  CHECK(bench.slot().leader.leader == NodeId(1));
  bench.answer_fetch(bench.unanswered_fetch(NodeId(1)), {Bench::records(0, 0, 5, 1)});
  CHECK(bench.facts(FactKind::kDelivered).size() == 1);
}

}  // namespace
}  // namespace ackident
