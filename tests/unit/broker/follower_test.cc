// The follower's side: one fetch per leader (R3.1), responses (R3.5, R3.22),
// truncation now and then (R3.25, R9.4), out of range (R3.29).
#include <doctest/doctest.h>

#include "rig.h"

namespace ackident {
namespace {

// A follower's log by runs of (epoch, records), while nothing is led or followed.
void write_log(Rig& rig, std::initializer_list<std::pair<std::int32_t, std::int64_t>> runs) {
  PartitionLog& log = host(rig.broker.replicas, kP0).log;
  for (const auto& [epoch, count] : runs)
    log.append(LeaderEpoch(epoch), log.end() + count, rig.now);
}

void answer_epoch(Rig& rig, NodeId leader, EpochEnd end) {
  OffsetsForLeaderEpochResponse response;
  response.correlation = rig.follower().query;
  response.partition = kP0;
  response.end = end;
  rig.get(leader, response);
}
void answer_offset(Rig& rig, NodeId leader, std::int64_t offset) {
  ListOffsetsResponse response;
  response.correlation = rig.follower().query;
  response.partition = kP0;
  response.offset = Offset(offset);
  rig.get(leader, response);
}

}  // namespace

TEST_CASE("R3.1, R3.2: one fetch lists every partition of that leader") {
  Rig rig(KafkaVersion{309}, 3);
  for (std::uint32_t p = 0; p < 3; ++p) {
    rig.metadata_log.append(
        PartitionRecord{PartitionId(p), Rig::state(p == 2 ? kThree : kTwo, 4, {kTwo, kThree}, 1)});
  }
  rig.begin();
  rig.apply();
  REQUIRE(rig.fetching(kTwo).size() == 2);
  CHECK(rig.fetching(kThree).size() == 1);
  const FetchRequest request = rig.sent<FetchRequest>()[0].second;
  CHECK(request.from_replica);
  CHECK(request.broker_epoch == broker_epoch_of(kSelf));
  CHECK(request.wait_max == milliseconds(500));
  CHECK(rig.fetching(kTwo)[0].current_epoch == LeaderEpoch(4));
  CHECK(rig.fetching(kTwo)[0].offset == Offset(0));
  CHECK(rig.armed(timeout(rig, kTwo)) == rig.now + seconds(30));
}

TEST_CASE("R3.22: records and high watermark are taken, and the next fetch goes out") {
  Rig rig;
  rig.follow(kTwo, 1);
  REQUIRE(rig.fetching(kTwo).size() == 1);
  rig.fetch_answer(kTwo, Rig::records(0, 5, 1, 3));
  CHECK(rig.end() == 5);
  CHECK(rig.hw() == 3);
  CHECK(rig.facts(FactKind::kReplicated).size() == 1);
  CHECK(rig.facts(FactKind::kFollowerHighWatermark).size() == 1);
  REQUIRE(rig.fetching(kTwo).size() == 1);
  CHECK(rig.fetching(kTwo)[0].offset == Offset(5));
  CHECK(rig.fetching(kTwo)[0].last_fetched_epoch == LeaderEpoch(1));
  // Without records too, downwards too (R1.3), never beyond the own end.
  rig.fetch_answer(kTwo, Rig::records(5, 5, -1, 2));
  CHECK(rig.hw() == 2);
  rig.fetch_answer(kTwo, Rig::records(5, 5, -1, 90));
  CHECK(rig.hw() == 5);
}

TEST_CASE("R3.5: an answer to a request of another epoch is not applied") {
  Rig rig;
  rig.follow(kTwo, 1);
  rig.follow(kTwo, 2);
  CHECK(rig.fetching(kTwo).empty());  // still one in flight
  rig.fetch_answer(kTwo, Rig::records(0, 5, 1, 3));
  CHECK(rig.end() == 0);
  REQUIRE(rig.fetching(kTwo).size() == 1);
  CHECK(rig.fetching(kTwo)[0].current_epoch == LeaderEpoch(2));
}

TEST_CASE("R3.5: before 3.9 an answer to a request of the epoch before counts") {
  Rig rig(KafkaVersion{308});
  rig.follow(kTwo, 1);
  rig.follow(kTwo, 2);
  CHECK(rig.fetching(kTwo).empty());
  SUBCASE("with records") {
    rig.fetch_answer(kTwo, Rig::records(0, 5, 1, 3));
    CHECK(rig.end() == 5);
    REQUIRE(rig.fetching(kTwo).size() == 1);
    CHECK(rig.fetching(kTwo)[0].current_epoch == LeaderEpoch(2));
  }
  SUBCASE("and pauses the partition if it says fenced (R3.30)") {
    rig.fetch_answer(kTwo, Rig::refusal(0, ErrorCode::kFencedLeaderEpoch));
    CHECK(rig.fetching(kTwo).empty());
    CHECK(rig.follower().state == Follower::State::kFetching);
    CHECK(rig.follower().paused_until == rig.now + seconds(1));
  }
}

TEST_CASE("R3.17: the fetcher is not restarted within an epoch") {
  Rig rig;
  rig.publish(Rig::state(kTwo, 1, {kTwo, kSelf}, 1));
  rig.publish(Rig::state(kTwo, 1, {kTwo, kSelf, kThree}, 2));
  CHECK(rig.facts(FactKind::kBecameFollower).empty());
  CHECK(rig.follower().requested);
}

TEST_CASE("a fetcher without partitions closes its connection") {
  Rig rig;
  rig.follow(kTwo, 1);
  rig.follow(kThree, 2);
  CHECK(rig.did(Effect::Kind::kClose, kTwo));
  CHECK(rig.fetching(kThree).size() == 1);
  rig.follow(kTwo, 3);
  CHECK(rig.fetching(kTwo).size() == 1);
}

TEST_CASE("R3.30: fenced with the newest epoch we know: not fetched until metadata comes") {
  Rig rig;
  rig.follow(kTwo, 1);
  rig.fetch_answer(kTwo, Rig::refusal(0, ErrorCode::kFencedLeaderEpoch));
  CHECK(rig.sent<FetchRequest>().empty());
  CHECK(rig.armed(backoff(rig, kTwo)) == kNever);
  rig.follow(kTwo, 2);
  CHECK(rig.fetching(kTwo).size() == 1);
}

TEST_CASE("V3: the follower's truncation, then it asks again at once") {
  struct Case {
    std::initializer_list<std::pair<std::int32_t, std::int64_t>> runs;
    std::int32_t epoch;
    std::int64_t end;
    std::int64_t expected;
  };
  const Case cases[] = {
      {{{1, 25}}, 1, 20, 20},
      {{{1, 15}, {2, 7}}, 1, 20, 15},
      {{{1, 20}, {3, 8}, {4, 7}}, 3, 30, 28},
      {{{1, 20}, {3, 10}, {5, 15}}, 5, 40, 40},
  };
  for (const Case& c : cases) {
    Rig rig;
    write_log(rig, c.runs);
    rig.follow(kTwo, 9);
    const std::int64_t before = rig.end();
    rig.fetch_answer(kTwo, Rig::diverging(before, c.epoch, c.end));
    CHECK(rig.end() == c.expected);
    CHECK(rig.facts(FactKind::kTruncated).size() == 1);
    CHECK(rig.facts(FactKind::kTruncated)[0].b == before);
    REQUIRE(rig.fetching(kTwo).size() == 1);
    CHECK(rig.fetching(kTwo)[0].offset == Offset(c.expected));
  }
}

TEST_CASE("V3: two rounds when the epochs differ") {
  Rig rig;
  write_log(rig, {{1, 28}, {4, 7}});
  rig.follow(kTwo, 5);
  CHECK(rig.fetching(kTwo)[0].last_fetched_epoch == LeaderEpoch(4));
  rig.fetch_answer(kTwo, Rig::diverging(35, 3, 30));
  CHECK(rig.end() == 28);
  CHECK(rig.fetching(kTwo)[0].last_fetched_epoch == LeaderEpoch(1));
  rig.fetch_answer(kTwo, Rig::diverging(28, 1, 20));
  CHECK(rig.end() == 20);
}

TEST_CASE("the mutants of truncation") {
  Rig rig;
  write_log(rig, {{1, 25}});
  rig.log().set_high_watermark(Offset(22));
  SUBCASE("ignores a divergence") {
    rig.mutate(Mutant::kNoTruncation);
    rig.follow(kTwo, 2);
    rig.fetch_answer(kTwo, Rig::diverging(25, 1, 20));
    CHECK(rig.end() == 25);
  }
  SUBCASE("cuts to its high watermark (T15)") {
    rig.mutate(Mutant::kTruncateToHighWatermark);
    rig.follow(kTwo, 2);
    CHECK(rig.end() == 22);
  }
  SUBCASE("a new leader cuts (T14)") {
    rig.mutate(Mutant::kNewLeaderTruncates);
    rig.lead(2);
    CHECK(rig.end() == 22);
  }
  SUBCASE("none of them: nothing is cut") {
    rig.follow(kTwo, 2);
    CHECK(rig.end() == 25);
    rig.lead(3);
    CHECK(rig.end() == 25);
  }
}

TEST_CASE("R9.4: <= 0.10 cuts to the own high watermark, asking nobody") {
  Rig rig(KafkaVersion{10});
  write_log(rig, {{1, 25}});
  rig.log().set_high_watermark(Offset(22));
  rig.follow(kTwo, 2);
  CHECK(rig.end() == 22);
  REQUIRE(rig.fetching(kTwo).size() == 1);
  CHECK(rig.fetching(kTwo)[0].last_fetched_epoch == kNoLeaderEpoch);
  // The same leader in a later epoch is no reason to cut again.
  rig.fetch_answer(kTwo, Rig::records(22, 24, 2, 22));
  rig.follow(kTwo, 3);
  CHECK(rig.end() == 24);
}

TEST_CASE("R9.4: KIP-101 asks once and takes the end") {
  Rig rig(KafkaVersion{100});
  write_log(rig, {{1, 10}, {3, 5}});
  rig.follow(kTwo, 4);
  CHECK(rig.sent<FetchRequest>().empty());
  REQUIRE(rig.sent<OffsetsForLeaderEpochRequest>().size() == 1);
  CHECK(rig.sent<OffsetsForLeaderEpochRequest>()[0].second.epoch == LeaderEpoch(3));
  answer_epoch(rig, kTwo, {LeaderEpoch(2), Offset(12)});
  CHECK(rig.end() == 12);
  REQUIRE(rig.fetching(kTwo).size() == 1);
  CHECK(rig.fetching(kTwo)[0].offset == Offset(12));
}

TEST_CASE("R9.4: KIP-279 asks until the epochs match") {
  Rig rig(KafkaVersion{206});
  write_log(rig, {{1, 10}, {3, 5}});
  rig.follow(kTwo, 4);
  answer_epoch(rig, kTwo, {LeaderEpoch(2), Offset(20)});
  CHECK(rig.end() == 10);  // epoch 3 is unknown there: all of it goes
  CHECK(rig.sent<FetchRequest>().empty());
  REQUIRE(rig.sent<OffsetsForLeaderEpochRequest>().size() == 1);
  CHECK(rig.sent<OffsetsForLeaderEpochRequest>()[0].second.epoch == LeaderEpoch(1));
  answer_epoch(rig, kTwo, {LeaderEpoch(1), Offset(8)});
  CHECK(rig.end() == 8);
  CHECK(rig.fetching(kTwo).size() == 1);
}

TEST_CASE("R3.17: without a single epoch the log is cut to the high watermark") {
  Rig rig;
  host(rig.broker.replicas, kP0);
  rig.follow(kTwo, 4);
  CHECK(rig.fetching(kTwo)[0].offset == Offset(0));
  CHECK(rig.fetching(kTwo)[0].last_fetched_epoch == kNoLeaderEpoch);
}

TEST_CASE("R3.29: out of range") {
  Rig rig;
  write_log(rig, {{1, 25}});
  rig.follow(kTwo, 2);
  rig.fetch_answer(kTwo, Rig::refusal(25, ErrorCode::kOffsetOutOfRange));
  REQUIRE(rig.sent<ListOffsetsRequest>().size() == 1);
  CHECK(rig.sent<ListOffsetsRequest>()[0].second.spec == OffsetSpec::kLatest);
  CHECK(rig.sent<ListOffsetsRequest>()[0].second.from_replica);
  CHECK(rig.sent<FetchRequest>().empty());
  SUBCASE("the leader ends below: cut there") {
    answer_offset(rig, kTwo, 20);
    CHECK(rig.end() == 20);
    CHECK(rig.fetching(kTwo).size() == 1);
  }
  SUBCASE("the leader reaches beyond and starts below: the log stays") {
    answer_offset(rig, kTwo, 40);
    REQUIRE(rig.sent<ListOffsetsRequest>().size() == 1);
    CHECK(rig.sent<ListOffsetsRequest>()[0].second.spec == OffsetSpec::kEarliest);
    answer_offset(rig, kTwo, 10);
    CHECK(rig.end() == 25);
    CHECK(rig.fetching(kTwo).size() == 1);
  }
  SUBCASE("the leader starts beyond our end: all over again from there") {
    answer_offset(rig, kTwo, 40);
    answer_offset(rig, kTwo, 30);
    CHECK(rig.log().start() == Offset(30));
    CHECK(rig.end() == 30);
    CHECK(rig.hw() == 30);
    CHECK(rig.log().epochs().empty());
  }
}

TEST_CASE("R3.3: partitions that received data go to the end of the next request") {
  Rig rig(KafkaVersion{309}, 2);
  for (const PartitionId p : {kP0, kP1}) {
    rig.metadata_log.append(PartitionRecord{p, Rig::state(kTwo, 1, {kTwo}, 1)});
  }
  rig.begin();
  rig.apply();
  CHECK(rig.fetching(kTwo)[0].partition == kP0);
  rig.fetch_answer(kTwo, Rig::records(0, 5, 1, 3));
  CHECK(rig.fetching(kTwo)[0].partition == kP1);
}

TEST_CASE("R5.39: in controlled shutdown a broker fetches only while it is in the ISR") {
  Rig rig;
  const auto leave = [&] { rig.broker.lifecycle.state = Lifecycle::State::kShuttingDown; };
  SUBCASE("what it followed") {
    rig.publish(Rig::state(kTwo, 1, {kSelf, kTwo}, 1));
    leave();
    rig.fetch_answer(kTwo, Rig::records(0, 1, 1, 0));
    CHECK(rig.fetching(kTwo).size() == 1);
    rig.publish(Rig::state(kTwo, 1, {kTwo}, 2));
    rig.fetch_answer(kTwo, Rig::records(1, 2, 1, 0));
    CHECK(rig.end() == 1);
  }
  SUBCASE("what it led") {
    rig.lead(1);
    leave();
    rig.publish(Rig::state(kTwo, 2, {kTwo}, 2));
  }
  CHECK(rig.follower().leader == kTwo);
  CHECK(rig.fetching(kTwo).empty());
}

TEST_CASE("KAFKA-7482: with ZooKeeper 1.1 to 2.0 nobody told a leader that was shutting down") {
  for (const bool told : {true, false}) {
    Rig rig;
    rig.composition.behaviour.kraft = false;
    rig.composition.behaviour.shutdown_demotes_leader = told;
    rig.lead(1);
    rig.broker.lifecycle.state = Lifecycle::State::kShuttingDown;
    rig.publish(Rig::state(kTwo, 2, {kTwo, kThree}, 2));
    CHECK(std::holds_alternative<Leader>(rig.replica().role) == !told);
    // Its clients are told, by whatever broker they ask.
    CHECK(rig.broker.image.partitions[0].leader == kTwo);
  }
}

TEST_CASE("R3.17: a leader that hears of no leader steps down") {
  Rig rig;
  rig.lead(1);
  rig.publish(Rig::state(kNoNode, 2, {kSelf}, 2));
  CHECK(std::holds_alternative<Offline>(rig.replica().role));
  CHECK(leader_epoch(rig.replica()) == LeaderEpoch(2));
}

}  // namespace ackident
