// The leader's side of fetches: order of checks (R3.6), the captured high watermark (R3.7), parking
// (R3.8, R3.9, C4.14, C4.15), and the questions of followers and consumers.
#include <doctest/doctest.h>

#include "rig.h"

namespace ackident {
namespace {

// The error of the only result the node was sent.
ErrorCode fetch_error(const Rig& rig, NodeId to) {
  const std::vector<FetchResult> results = rig.fetched(to);
  return results.size() == 1 ? results[0].error : ErrorCode::kUnknownServerError;
}

}  // namespace

TEST_CASE("R3.6: who may fetch") {
  Rig rig;
  SUBCASE("unknown partition") {
    rig.replica_fetch(kTwo, 0);
    CHECK(fetch_error(rig, kTwo) == ErrorCode::kUnknownTopicOrPartition);
  }
  SUBCASE("the epoch is checked before the leadership") {
    rig.follow(kThree, 5);
    rig.replica_fetch(kTwo, 0, {.epoch = 4});
    CHECK(fetch_error(rig, kTwo) == ErrorCode::kFencedLeaderEpoch);
    CHECK(rig.fetched(kTwo)[0].leader_hint == kThree);
    rig.replica_fetch(kTwo, 0, {.epoch = 6});
    CHECK(fetch_error(rig, kTwo) == ErrorCode::kUnknownLeaderEpoch);
    rig.replica_fetch(kTwo, 0, {.epoch = 5});
    CHECK(fetch_error(rig, kTwo) == ErrorCode::kNotLeaderOrFollower);
  }
  SUBCASE("a stranger is no replica") {
    PartitionRegistration state = Rig::state(kSelf, 1, {kSelf, kTwo}, 1);
    state.replicas = {kSelf, kTwo};
    rig.publish(state);
    rig.replica_fetch(kThree, 0);
    CHECK(fetch_error(rig, kThree) == ErrorCode::kUnknownLeaderEpoch);
  }
  SUBCASE("an earlier life of a broker is refused and not counted (KIP-903)") {
    rig.lead(1);
    rig.grow(3);
    rig.replica_fetch(kTwo, 3, {.broker_epoch = BrokerEpoch(5)});
    CHECK(fetch_error(rig, kTwo) == ErrorCode::kNotLeaderOrFollower);
    CHECK(rig.remote(kTwo).leo == kNoOffset);
  }
  SUBCASE("but not while its present life is fenced") {
    rig.lead(1);
    rig.grow(3);
    rig.fence(kTwo);
    rig.replica_fetch(kTwo, 3, {.wait = Duration(), .broker_epoch = BrokerEpoch(5)});
    CHECK(fetch_error(rig, kTwo) == ErrorCode::kNone);
    CHECK(rig.remote(kTwo).leo == Offset(3));
  }
}

TEST_CASE("D05: without fencing by epoch an old fetch is served and counted") {
  Rig rig(KafkaVersion{200});
  rig.lead(5);
  rig.grow(2);
  rig.replica_fetch(kTwo, 1, {.epoch = 4});
  CHECK(fetch_error(rig, kTwo) == ErrorCode::kNone);
  CHECK(rig.remote(kTwo).leo == Offset(1));
}

TEST_CASE("R3.7: the fetch that advances the high watermark is told the old one") {
  const auto told = [](bool mutant) {
    Rig rig;
    if (mutant) rig.mutate(Mutant::kFetchUpdatesBeforeRead);
    rig.lead(1, {kSelf, kTwo});
    rig.grow(5);
    rig.replica_fetch(kTwo, 5, {.wait = Duration()});
    CHECK(rig.hw() == 5);
    return rig.fetched(kTwo).at(0).high_watermark;
  };
  CHECK(told(false) == Offset(0));
  CHECK(told(true) == Offset(5));
}

TEST_CASE("R3.8: a parked follower is woken by data, not by the high watermark") {
  Rig rig;
  rig.lead(1);
  rig.grow(2);
  rig.replica_fetch(kTwo, 2);
  CHECK(rig.sent<FetchResponse>().empty());
  CHECK(rig.armed(rig.broker.timers.parked_fetch(kTwo)) == rig.now + milliseconds(500));
  rig.replica_fetch(kThree, 2);
  CHECK(rig.hw() == 2);
  CHECK(rig.sent<FetchResponse>().empty());

  rig.grow(1);
  REQUIRE(rig.fetched(kTwo).size() == 1);
  const FetchResult result = rig.fetched(kTwo)[0];
  CHECK(result.from == Offset(2));
  CHECK(result.to == Offset(3));
  CHECK(result.epoch == LeaderEpoch(1));
  CHECK(result.high_watermark == Offset(2));  // R3.9: re-read, so fresh
  CHECK(rig.fetched(kThree).size() == 1);
  CHECK(rig.leader().fetch_waiters.empty());
}

TEST_CASE("R3.9: an expired fetch reads again but counts once") {
  Rig rig;
  rig.lead(1);
  rig.grow(2);
  rig.replica_fetch(kTwo, 2);
  const Instant counted = rig.remote(kTwo).fetched_at;
  rig.replica_fetch(kThree, 2);
  rig.at_ms(500);
  rig.timer(rig.broker.timers.parked_fetch(kTwo));
  REQUIRE(rig.fetched(kTwo).size() == 1);
  CHECK(rig.fetched(kTwo)[0].high_watermark == Offset(2));
  CHECK(rig.fetched(kTwo)[0].to == Offset(2));
  CHECK(rig.remote(kTwo).fetched_at == counted);
}

TEST_CASE("R3.8: a leader that steps down ends the wait with an error") {
  Rig rig;
  rig.lead(1);
  rig.replica_fetch(kTwo, 0);
  rig.follow(kThree, 2);
  CHECK(fetch_error(rig, kTwo) == ErrorCode::kFencedLeaderEpoch);
}

TEST_CASE("R3.8: a leader elected again lets a fetch of the epoch before wait") {
  Rig rig;
  rig.lead(1);
  rig.grow(2);
  rig.replica_fetch(kTwo, 2);
  rig.lead(2);
  CHECK(rig.fetched(kTwo).empty());
  SUBCASE("for data") {
    rig.grow(1);
    CHECK(fetch_error(rig, kTwo) == ErrorCode::kFencedLeaderEpoch);
  }
  SUBCASE("for its time-out") {
    rig.timer(rig.broker.timers.parked_fetch(kTwo));
    CHECK(fetch_error(rig, kTwo) == ErrorCode::kFencedLeaderEpoch);
  }
  SUBCASE("for an election that raises the high watermark") {
    rig.lead(3, {kSelf});
    CHECK(rig.hw() == 2);
    CHECK(fetch_error(rig, kTwo) == ErrorCode::kFencedLeaderEpoch);
  }
  CHECK(rig.leader().fetch_waiters.empty());
}

TEST_CASE("C4.13-C4.15: consumers read to the high watermark") {
  Rig rig;
  rig.lead(1, {kSelf, kTwo});
  rig.grow(2);
  rig.consumer_fetch(kConsumer, 0);
  CHECK(rig.sent<FetchResponse>().empty());  // at the bound: parked
  rig.grow(1);
  CHECK(rig.fetched(kConsumer).empty());  // an append alone does not wake it
  rig.replica_fetch(kTwo, 2, {.wait = Duration()});
  REQUIRE(rig.fetched(kConsumer).size() == 1);
  CHECK(rig.fetched(kConsumer)[0].to == Offset(2));
  CHECK(rig.fetched(kConsumer)[0].high_watermark == Offset(2));

  rig.consumer_fetch(kConsumer, 3);  // above the bound, not beyond the end: at once, and empty
  REQUIRE(rig.fetched(kConsumer).size() == 1);
  CHECK(rig.fetched(kConsumer)[0].error == ErrorCode::kNone);
  CHECK(rig.fetched(kConsumer)[0].to == Offset(3));
  rig.consumer_fetch(kConsumer, 4);
  CHECK(fetch_error(rig, kConsumer) == ErrorCode::kOffsetOutOfRange);
}

TEST_CASE("mutant: a consumer served above the high watermark") {
  Rig rig;
  rig.mutate(Mutant::kServeAboveHighWatermark);
  rig.lead(1);
  rig.grow(2);
  rig.consumer_fetch(kConsumer, 0);
  REQUIRE(rig.fetched(kConsumer).size() == 1);
  CHECK(rig.fetched(kConsumer)[0].to == Offset(2));
}

TEST_CASE("a fetch that asks for more bytes waits until they are there") {
  Rig rig;
  rig.lead(1);
  rig.replica_fetch(kTwo, 0, {.bytes_min = 250});
  rig.grow(2);
  CHECK(rig.fetched(kTwo).empty());
  rig.grow(1);
  REQUIRE(rig.fetched(kTwo).size() == 1);
  CHECK(rig.fetched(kTwo)[0].bytes == 300);
}

TEST_CASE("a fetch stops at the end of an epoch") {
  Rig rig;
  rig.lead(1);
  rig.grow(2);
  rig.lead(2);
  rig.grow(2);
  rig.replica_fetch(kTwo, 0, {.epoch = 2});
  REQUIRE(rig.fetched(kTwo).size() == 1);
  CHECK(rig.fetched(kTwo)[0].to == Offset(2));
  CHECK(rig.fetched(kTwo)[0].epoch == LeaderEpoch(1));
  CHECK(rig.fetched(kTwo)[0].leader_epoch == LeaderEpoch(2));
}

TEST_CASE("V3: the leader's answers to diverging followers") {
  Rig rig;
  rig.lead(1);
  rig.grow(20);
  rig.lead(3);
  rig.grow(10);
  rig.lead(5);
  rig.grow(10);
  const auto answer = [&](std::int32_t last_epoch, std::int64_t offset) {
    rig.replica_fetch(kTwo, offset, {.epoch = 5, .last_epoch = last_epoch, .wait = Duration()});
    REQUIRE(rig.fetched(kTwo).size() == 1);
    return rig.fetched(kTwo)[0];
  };
  CHECK(answer(1, 25).diverging == EpochEnd{LeaderEpoch(1), Offset(20)});
  CHECK(answer(2, 22).diverging == EpochEnd{LeaderEpoch(1), Offset(20)});
  CHECK(answer(4, 35).diverging == EpochEnd{LeaderEpoch(3), Offset(30)});
  CHECK(answer(5, 45).diverging == EpochEnd{LeaderEpoch(5), Offset(40)});
  CHECK(rig.remote(kTwo).leo == kNoOffset);  // no divergent fetch was counted
  CHECK(answer(6, 35).error == ErrorCode::kOffsetOutOfRange);
  const FetchResult same = answer(3, 30);
  CHECK(same.diverging.epoch == kNoLeaderEpoch);
  CHECK(same.to == Offset(40));
  CHECK(rig.remote(kTwo).leo == Offset(30));
}

TEST_CASE("R3.3: byte limits, but one batch always") {
  Rig rig(KafkaVersion{309}, 2);
  rig.publish(Rig::state(kSelf, 1, {kSelf, kTwo}, 1), kP0);
  rig.publish(Rig::state(kSelf, 1, {kSelf, kTwo}, 1), kP1);
  rig.grow(10, kP0);
  rig.grow(10, kP1);
  FetchRequest request;
  request.from_replica = true;
  request.bytes_max = 500;
  request.broker_epoch = broker_epoch_of(kTwo);
  request.parts = rig.pools.fetch_parts.make(2);
  for (std::uint32_t i = 0; i < 2; ++i) {
    FetchPart& part = rig.pools.fetch_parts.get(request.parts)[i];
    part.partition = PartitionId(i);
    part.current_epoch = LeaderEpoch(1);
    part.bytes_max = 500;
  }
  rig.get(kTwo, request);
  const std::vector<FetchResult> results = rig.fetched(kTwo);
  REQUIRE(results.size() == 2);
  CHECK(results[0].bytes == 1000);  // one whole batch, above the limit
  CHECK(results[1].bytes == 0);
  CHECK(results[1].error == ErrorCode::kNone);
}

TEST_CASE("C4.19, R3.29: the latest offset depends on who asks") {
  Rig rig;
  rig.lead(1, {kSelf, kTwo});
  rig.grow(4);
  rig.replica_fetch(kTwo, 2, {.wait = Duration()});
  const auto ask = [&](NodeId from, OffsetSpec spec, bool replica) {
    ListOffsetsRequest request;
    request.spec = spec;
    request.from_replica = replica;
    request.partition = kP0;
    rig.get(from, request);
    return rig.sent<ListOffsetsResponse>().at(0).second;
  };
  CHECK(ask(kConsumer, OffsetSpec::kLatest, false).offset == Offset(2));
  CHECK(ask(kTwo, OffsetSpec::kLatest, true).offset == Offset(4));
  CHECK(ask(kConsumer, OffsetSpec::kEarliest, false).offset == Offset(0));
  rig.lead(2);
  CHECK(ask(kConsumer, OffsetSpec::kLatest, false).error == ErrorCode::kOffsetNotAvailable);
  CHECK(ask(kTwo, OffsetSpec::kLatest, true).offset == Offset(4));
  rig.follow(kTwo, 3);
  CHECK(ask(kConsumer, OffsetSpec::kLatest, false).error == ErrorCode::kNotLeaderOrFollower);
}

TEST_CASE("R3.31: where does an epoch end") {
  Rig rig;
  rig.lead(1);
  rig.grow(4);
  rig.lead(3);
  rig.grow(2);
  OffsetsForLeaderEpochRequest request;
  request.partition = kP0;
  request.current_epoch = LeaderEpoch(3);
  request.epoch = LeaderEpoch(2);
  rig.get(kConsumer, request);
  CHECK(rig.sent<OffsetsForLeaderEpochResponse>().at(0).second.end ==
        EpochEnd{LeaderEpoch(1), Offset(4)});
  request.current_epoch = LeaderEpoch(2);
  rig.get(kConsumer, request);
  CHECK(rig.sent<OffsetsForLeaderEpochResponse>().at(0).second.error ==
        ErrorCode::kFencedLeaderEpoch);
}

TEST_CASE("a follower whose connection broke is not answered") {
  Rig rig;
  rig.lead(1);
  rig.replica_fetch(kTwo, 0);
  rig.get(kTwo, Disconnected{Channel::kReplication, DisconnectReason::kReset, false});
  CHECK(rig.leader().fetch_waiters.empty());
  rig.grow(1);
  CHECK(rig.sent<FetchResponse>().empty());
}

TEST_CASE("C0.8: a new request means that the connection of the waiting one is gone") {
  Rig rig;
  rig.lead(1);
  rig.replica_fetch(kTwo, 0);
  rig.replica_fetch(kTwo, 0);
  CHECK(rig.leader().fetch_waiters.size() == 1);
  rig.grow(1);
  REQUIRE(rig.sent<FetchResponse>().size() == 1);
  CHECK(rig.sent<FetchResponse>()[0].second.correlation == Correlation(2));
}

}  // namespace ackident
