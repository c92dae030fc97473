// What waits while a leader writes its ISR to ZooKeeper, up to Kafka 2.6 (R9.2).
#include <doctest/doctest.h>

#include "rig.h"

namespace ackident {
namespace {

constexpr KafkaVersion kOld{204};

// Leads both partitions, each with one record; at 60 s the isr-expiration task finds everybody
// else out of sync.
struct Locked : Rig {
  explicit Locked(KafkaVersion version = kOld) : Rig(version, 2) {
    lead(1);
    publish(state(kSelf, 1, {kSelf, kTwo, kThree}, 1), kP1);
    grow(1);
    grow(1, kP1);
    at_ms(60'000);
    timer(BrokerTimer::kIsrExpiration);
  }
  void written(PartitionId partition = kP0) {
    AlterPartitionResult result = altered({kSelf}, 1, 2);
    result.partition = partition;
    alter_answer(result);
  }
  void refused() {
    AlterPartitionResult result;
    result.partition = kP0;
    result.error = ErrorCode::kInvalidUpdateVersion;
    alter_answer(result);
  }
  void send(NodeId client, PartitionId partition = kP0, Acks acks = Acks::kLeader) {
    produce(client, {batch(1, partition)}, acks);
  }
};

}  // namespace

TEST_CASE("appends wait for the write and are served in the order of arrival") {
  Locked rig;
  REQUIRE(rig.proposed().size() == 1);
  rig.send(kProducer2);
  CHECK(rig.produced(kProducer2).empty());
  rig.send(kProducer);
  CHECK(rig.end() == 1);
  rig.written();
  CHECK(rig.end() == 3);
  const auto answers = rig.sent<ProduceResponse>();
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].first == kProducer2);
  CHECK(answers[1].first == kProducer);
  CHECK(rig.pools.produce_parts.live() == 0);
}

TEST_CASE("a refused write ends the wait as well") {
  Locked rig;
  rig.send(kProducer);
  rig.refused();
  CHECK(rig.answer(kProducer) == ErrorCode::kNone);
}

TEST_CASE("from 2.7 on nothing waits for a change of the ISR") {
  Locked rig{KafkaVersion{207}};
  REQUIRE(rig.proposed().size() == 1);
  rig.send(kProducer);
  CHECK(rig.answer(kProducer) == ErrorCode::kNone);
}

TEST_CASE("the isr-expiration task waits, and other partitions are served meanwhile") {
  Locked rig;
  rig.send(kProducer, kP1);
  CHECK(rig.answer(kProducer) == ErrorCode::kNone);
  rig.timer(BrokerTimer::kIsrExpiration);
  CHECK(rig.proposed().empty());
  rig.written();
  REQUIRE(rig.proposed().size() == 1);
  CHECK(rig.proposed()[0].partition == kP1);
  rig.send(kProducer, kP1);
  CHECK(rig.produced(kProducer).empty());
}

TEST_CASE("what a client has produced is appended though its connection is gone") {
  Locked rig;
  rig.send(kProducer);
  rig.get(kProducer, Disconnected{Channel::kClient});
  rig.send(kProducer);  // the same again, on a new connection
  rig.written();
  CHECK(rig.end() == 3);
  CHECK(rig.produced(kProducer).size() == 1);
}

TEST_CASE("with acks=0 what follows on the connection waits, too") {
  Locked rig;
  rig.send(kProducer, kP0, Acks::kNone);
  rig.send(kProducer, kP1, Acks::kNone);
  CHECK(rig.log(kP1).end() == Offset(1));
  rig.send(kProducer2, kP1);
  CHECK(rig.log(kP1).end() == Offset(2));
  rig.written();
  CHECK(rig.end() == 2);
  CHECK(rig.log(kP1).end() == Offset(2));  // locked by now
  rig.written(kP1);
  CHECK(rig.log(kP1).end() == Offset(3));
}

TEST_CASE("reads wait from 2.1 on, the fetches of followers always") {
  for (const int version : {200, 201}) {
    CAPTURE(version);
    Locked rig{KafkaVersion{version}};
    rig.consumer_fetch(kConsumer, 0, {.wait = Duration()});
    CHECK(rig.fetched(kConsumer).size() == (version == 200 ? 1 : 0));
    rig.replica_fetch(kTwo, 1, {.wait = Duration()});
    CHECK(rig.fetched(kTwo).empty());
    rig.written();
    CHECK(rig.fetched(kTwo).size() == 1);
    CHECK(rig.fetched(kConsumer).size() == (version == 200 ? 0 : 1));
  }
}

TEST_CASE("a parked fetch that is due waits for the lock") {
  Rig rig{kOld};
  rig.lead(1, {kSelf, kTwo});
  rig.grow(1);
  rig.consumer_fetch(kConsumer, 0);
  rig.at_ms(60'000);
  rig.timer(BrokerTimer::kIsrExpiration);
  REQUIRE(rig.proposed().size() == 1);
  rig.timer(rig.broker.timers.parked_fetch(kConsumer));
  CHECK(rig.fetched(kConsumer).empty());
  rig.alter_answer(Rig::altered({kSelf}, 1, 2));
  CHECK(rig.fetched(kConsumer).size() == 1);
}

TEST_CASE("the controller's word waits in its turn") {
  Locked rig;
  rig.send(kProducer);
  rig.publish(Rig::state(kTwo, 2, {kTwo}, 2));
  rig.broker.lifecycle.observed = rig.metadata_log.end();
  CHECK(std::holds_alternative<Leader>(rig.replica().role));
  rig.send(kProducer2);
  rig.refused();
  CHECK(rig.end() == 2);
  CHECK(std::holds_alternative<Follower>(rig.replica().role));
  CHECK(rig.answer(kProducer) == ErrorCode::kNone);
  CHECK(rig.answer(kProducer2) == ErrorCode::kNotLeaderOrFollower);
}

TEST_CASE("a process that ends takes along what waited") {
  Locked rig;
  rig.send(kProducer);
  rig.replica_fetch(kTwo, 1);
  rig.restart(StopKind::kProcessKill);
  CHECK(rig.pools.produce_parts.live() == 0);
  CHECK(rig.pools.fetch_parts.live() == 0);
  CHECK(rig.broker.replicas.locked_out.empty());
}

}  // namespace ackident
