// What delays a fetcher, and for how long (R3.4).
#include <doctest/doctest.h>

#include "rig.h"

namespace ackident {

TEST_CASE("R3.4: an error pauses its partition, a failed request all of them") {
  Rig rig(KafkaVersion{309}, 2);
  for (const PartitionId p : {kP0, kP1}) {
    rig.metadata_log.append(PartitionRecord{p, Rig::state(kTwo, 1, {kTwo}, 1)});
  }
  rig.begin();
  rig.apply();
  SUBCASE("one partition") {
    rig.fetch_answer(kTwo, Rig::refusal(0, ErrorCode::kUnknownLeaderEpoch));
    REQUIRE(rig.fetching(kTwo).size() == 1);
    CHECK(rig.fetching(kTwo)[0].partition == kP1);
    rig.at_ms(1000);
    rig.fetch_answer(kTwo, Rig::records(0, 0, -1, 0));
    CHECK(rig.fetching(kTwo).size() == 2);
  }
  SUBCASE("disconnected") {
    rig.get(kTwo, Disconnected{Channel::kReplication, DisconnectReason::kRefused, true});
    CHECK(rig.sent<FetchRequest>().empty());
    CHECK(rig.armed(backoff(rig, kTwo)) == rig.now + milliseconds(1000));
    rig.at_ms(1000);
    rig.timer(backoff(rig, kTwo));
    CHECK(rig.fetching(kTwo).size() == 2);
  }
  SUBCASE("no answer in 30 s") {
    rig.at_ms(30'000);
    rig.timer(timeout(rig, kTwo));
    CHECK(rig.did(Effect::Kind::kClose, kTwo));
    CHECK(rig.armed(backoff(rig, kTwo)) == rig.now + milliseconds(1000));
  }
}

TEST_CASE("a query that failed is asked again after the pause") {
  Rig rig(KafkaVersion{206});
  host(rig.broker.replicas, kP0).log.append(LeaderEpoch(1), Offset(10), rig.now);
  rig.follow(kTwo, 4);
  OffsetsForLeaderEpochResponse response;
  response.correlation = rig.follower().query;
  response.partition = kP0;
  response.error = ErrorCode::kUnknownLeaderEpoch;
  rig.get(kTwo, response);
  CHECK(rig.sent<OffsetsForLeaderEpochRequest>().empty());
  rig.at_ms(1000);
  rig.timer(backoff(rig, kTwo));
  CHECK(rig.sent<OffsetsForLeaderEpochRequest>().size() == 1);
}

TEST_CASE("R3.4: before 3.1 a fetcher sleeps before it delays its partitions") {
  Rig rig(KafkaVersion{300}, 2);
  rig.follow(kTwo, 1);
  rig.get(kTwo, Disconnected{Channel::kReplication, DisconnectReason::kReset, true});
  CHECK(rig.armed(backoff(rig, kTwo)) == rig.now + milliseconds(2000));
  SUBCASE("undisturbed") {
    rig.at_ms(2000);
    rig.timer(backoff(rig, kTwo));
    CHECK(rig.fetching(kTwo).size() == 1);
  }
  SUBCASE("a partition that is added wakes it") {
    rig.at_ms(400);
    rig.publish(Rig::state(kTwo, 1, {kTwo}, 1), kP1);
    REQUIRE(rig.fetching(kTwo).size() == 1);
    CHECK(rig.fetching(kTwo)[0].partition == kP1);
    rig.at_ms(1400);
    FetchResult empty = Rig::records(0, 0, -1, 0);
    empty.partition = kP1;
    rig.fetch_answer(kTwo, empty);
    CHECK(rig.fetching(kTwo).size() == 2);
  }
  SUBCASE("so does its own partition, in another epoch") {
    rig.at_ms(400);
    rig.follow(kTwo, 2);
    CHECK(rig.sent<FetchRequest>().empty());
    CHECK(rig.armed(backoff(rig, kTwo)) == rig.now + milliseconds(1000));
  }
}

TEST_CASE("R3.4: before 3.1 a question that failed was only delayed") {
  Rig rig(KafkaVersion{206});
  host(rig.broker.replicas, kP0).log.append(LeaderEpoch(1), Offset(10), rig.now);
  rig.follow(kTwo, 4);
  rig.get(kTwo, Disconnected{Channel::kReplication, DisconnectReason::kReset, true});
  CHECK(rig.armed(backoff(rig, kTwo)) == rig.now + milliseconds(1000));
}

}  // namespace ackident
