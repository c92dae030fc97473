// The produce path: order of checks (R2.1), waiting (R2.5-R2.14), idempotence (C2.14).
#include <doctest/doctest.h>

#include "rig.h"

namespace ackident {
namespace {

ProducePart too_large() {
  ProducePart part = Rig::batch(1);
  part.bytes = 2'000'000;
  return part;
}

}  // namespace

TEST_CASE("R2.1: the first failing check answers") {
  Rig rig;
  SUBCASE("unknown partition") {
    rig.produce(kProducer, {Rig::batch(1)});
    CHECK(rig.answer(kProducer) == ErrorCode::kUnknownTopicOrPartition);
  }
  SUBCASE("a follower refuses before it looks at the batch, and names the leader") {
    rig.follow(kTwo, 4);
    rig.produce(kProducer, {too_large()});
    REQUIRE(rig.produced(kProducer).size() == 1);
    const ProduceResult result = rig.produced(kProducer)[0];
    CHECK(result.error == ErrorCode::kNotLeaderOrFollower);
    CHECK(result.leader_hint == kTwo);
    CHECK(result.leader_hint_epoch == LeaderEpoch(4));
  }
  SUBCASE("min.insync.replicas comes before the size") {
    rig.min_isr_is(2);
    rig.lead(1, {kSelf});
    rig.produce(kProducer, {too_large()});
    CHECK(rig.answer(kProducer) == ErrorCode::kNotEnoughReplicas);
    CHECK(rig.facts(FactKind::kProduceRejected).size() == 1);
    CHECK(rig.facts(FactKind::kAppended).empty());
  }
  SUBCASE("the size comes before the sequence") {
    rig.lead();
    rig.produce(kProducer, {Rig::batch(1, std::int32_t{0})}, Acks::kLeader);
    ProducePart part = Rig::batch(1, std::int32_t{5});
    part.bytes = 2'000'000;
    rig.produce(kProducer, {part}, Acks::kLeader);
    CHECK(rig.answer(kProducer) == ErrorCode::kMessageTooLarge);
  }
  SUBCASE("a gap in the sequences is refused") {
    rig.lead();
    rig.produce(kProducer, {Rig::batch(1, std::int32_t{0})}, Acks::kLeader);
    rig.produce(kProducer, {Rig::batch(1, std::int32_t{5})}, Acks::kLeader);
    CHECK(rig.answer(kProducer) == ErrorCode::kOutOfOrderSequenceNumber);
    CHECK(rig.end() == 1);
  }
  SUBCASE("min.insync.replicas comes before the duplicate check") {
    rig.min_isr_is(2);
    rig.lead();
    rig.produce(kProducer, {Rig::batch(1, std::int32_t{0})}, Acks::kLeader);
    rig.publish(Rig::state(kSelf, 1, {kSelf}, 2));
    rig.produce(kProducer, {Rig::batch(1, std::int32_t{0})});
    CHECK(rig.answer(kProducer) == ErrorCode::kNotEnoughReplicas);
  }
}

TEST_CASE("R2.20: no hints before 3.7") {
  Rig rig(KafkaVersion{306});
  rig.follow(kTwo, 4);
  rig.produce(kProducer, {Rig::batch(1)});
  REQUIRE(rig.produced(kProducer).size() == 1);
  CHECK(rig.produced(kProducer)[0].leader_hint == kNoNode);
}

TEST_CASE("T3: acks=1 is answered at once, whatever min.insync.replicas says") {
  Rig rig;
  rig.min_isr_is(2);
  rig.lead(1, {kSelf});
  rig.produce(kProducer, {Rig::batch(3)}, Acks::kLeader);
  REQUIRE(rig.produced(kProducer).size() == 1);
  CHECK(rig.produced(kProducer)[0].error == ErrorCode::kNone);
  CHECK(rig.produced(kProducer)[0].base == Offset(0));
  CHECK(rig.end() == 3);
  CHECK(rig.hw() == 0);  // accepted, but not visible (R2.7)
}

TEST_CASE("C1.21: acks=0 is never answered; an error closes the connection") {
  Rig rig;
  rig.lead();
  rig.produce(kProducer, {Rig::batch(1)}, Acks::kNone);
  CHECK(rig.sent<ProduceResponse>().empty());
  CHECK_FALSE(rig.did(Effect::Kind::kDrop, kProducer));
  rig.produce(kProducer, {too_large()}, Acks::kNone);
  CHECK(rig.sent<ProduceResponse>().empty());
  CHECK(rig.did(Effect::Kind::kDrop, kProducer));
}

TEST_CASE("R2.12: acks=all waits for every member of the ISR") {
  Rig rig;
  rig.lead();
  rig.produce(kProducer, {Rig::batch(2)});
  CHECK(rig.sent<ProduceResponse>().empty());
  CHECK(rig.armed(rig.broker.timers.parked_produce(kProducer)) == rig.now + seconds(30));
  rig.replica_fetch(kTwo, 2);
  CHECK(rig.sent<ProduceResponse>().empty());
  rig.replica_fetch(kThree, 1);
  CHECK(rig.sent<ProduceResponse>().empty());
  rig.replica_fetch(kThree, 2);
  CHECK(rig.answer(kProducer) == ErrorCode::kNone);
  CHECK(rig.hw() == 2);
  CHECK(rig.leader().produce_waiters.empty());
}

TEST_CASE("R2.13: an ISR of one acknowledges at once") {
  Rig rig;
  rig.lead(1, {kSelf});
  rig.produce(kProducer, {Rig::batch(2)});
  CHECK(rig.answer(kProducer) == ErrorCode::kNone);
}

TEST_CASE("the mutant that acknowledges before the high watermark shows") {
  Rig rig;
  rig.mutate(Mutant::kAckBeforeHighWatermark);
  rig.lead();
  rig.produce(kProducer, {Rig::batch(2)});
  CHECK(rig.answer(kProducer) == ErrorCode::kNone);
  CHECK(rig.hw() == 0);
}

TEST_CASE("R2.9: undecided partitions time out, decided ones keep their verdict") {
  Rig rig(KafkaVersion{309}, 2);
  rig.publish(Rig::state(kSelf, 1, {kSelf}, 1), kP0);
  rig.publish(Rig::state(kSelf, 1, {kSelf, kTwo}, 1), kP1);
  rig.produce(kProducer, {Rig::batch(1, kP0), Rig::batch(1, kP1)});
  CHECK(rig.sent<ProduceResponse>().empty());
  rig.at_ms(30'000);
  rig.timer(rig.broker.timers.parked_produce(kProducer));
  const std::vector<ProduceResult> results = rig.produced(kProducer);
  REQUIRE(results.size() == 2);
  CHECK(results[0].error == ErrorCode::kNone);
  CHECK(results[1].error == ErrorCode::kRequestTimedOut);
  CHECK(rig.leader(kP1).produce_waiters.empty());
  CHECK(rig.log(kP1).end() == Offset(1));  // R2.10: the record stays
}

TEST_CASE("partitions of one request are independent (C1.19)") {
  Rig rig(KafkaVersion{309}, 2);
  rig.publish(Rig::state(kSelf, 1, {kSelf}, 1), kP0);
  rig.publish(Rig::state(kTwo, 1, {kTwo}, 1), kP1);
  rig.produce(kProducer, {Rig::batch(1, kP0), Rig::batch(1, kP1)});
  const std::vector<ProduceResult> results = rig.produced(kProducer);
  REQUIRE(results.size() == 2);
  CHECK(results[0].error == ErrorCode::kNone);
  CHECK(results[1].error == ErrorCode::kNotLeaderOrFollower);
}

TEST_CASE("R2.11: the ISR shrinks under min while a request waits") {
  const auto shrunk = [](Rig& rig) {
    rig.min_isr_is(2);
    rig.lead();
    rig.produce(kProducer, {Rig::batch(1)});
    rig.at_ms(40'000);
    rig.timer(BrokerTimer::kIsrExpiration);
    REQUIRE(rig.proposed().size() == 1);
    rig.alter_answer(Rig::altered({kSelf}, 1, 2));
  };
  SUBCASE("<= 3.6: the high watermark moves, and the request fails after the append") {
    Rig rig(KafkaVersion{306});
    shrunk(rig);
    CHECK(rig.answer(kProducer) == ErrorCode::kNotEnoughReplicasAfterAppend);
    CHECK(rig.hw() == 1);
  }
  SUBCASE(">= 3.7: the high watermark is frozen, and the request waits") {
    Rig rig(KafkaVersion{307});
    shrunk(rig);
    CHECK(rig.sent<ProduceResponse>().empty());
    CHECK(rig.hw() == 0);
    rig.timer(rig.broker.timers.parked_produce(kProducer));
    CHECK(rig.answer(kProducer) == ErrorCode::kRequestTimedOut);
  }
  SUBCASE("T10's mutant moves it all the same") {
    Rig rig(KafkaVersion{307});
    rig.mutate(Mutant::kHwMovesUnderMinIsr);
    shrunk(rig);
    CHECK(rig.answer(kProducer) == ErrorCode::kNotEnoughReplicasAfterAppend);
  }
}

TEST_CASE("R2.6: more replicas wanted than there are") {
  Rig capped(KafkaVersion{307});
  capped.min_isr_is(5);
  capped.lead();
  capped.produce(kProducer, {Rig::batch(1)});
  CHECK(capped.facts(FactKind::kAppended).size() == 1);

  Rig raw(KafkaVersion{306});
  raw.min_isr_is(5);
  raw.lead();
  raw.produce(kProducer, {Rig::batch(1)});
  CHECK(raw.answer(kProducer) == ErrorCode::kNotEnoughReplicas);
}

TEST_CASE("A06: a leader that is demoted fails what waits, with a hint") {
  Rig rig;
  rig.lead();
  rig.produce(kProducer, {Rig::batch(1)});
  SUBCASE("to follower") {
    rig.follow(kTwo, 2);
    REQUIRE(rig.produced(kProducer).size() == 1);
    CHECK(rig.produced(kProducer)[0].error == ErrorCode::kNotLeaderOrFollower);
    CHECK(rig.produced(kProducer)[0].leader_hint == kTwo);
    CHECK(rig.end() == 1);
  }
  SUBCASE("to nobody") {
    rig.publish(Rig::state(kNoNode, 2, {kTwo}, 2));
    CHECK(rig.answer(kProducer) == ErrorCode::kNotLeaderOrFollower);
    CHECK(rig.facts(FactKind::kWentOffline).size() == 1);
  }
  SUBCASE("but not if it is re-elected (R2.14)") {
    rig.lead(2);
    CHECK(rig.sent<ProduceResponse>().empty());
    rig.catch_up(1, 2);
    CHECK(rig.answer(kProducer) == ErrorCode::kNone);
  }
  SUBCASE("mutant: it stays parked until its time is over") {
    rig.mutate(Mutant::kParkedProduceSurvivesDemotion);
    rig.follow(kTwo, 2);
    CHECK(rig.sent<ProduceResponse>().empty());
    rig.timer(rig.broker.timers.parked_produce(kProducer));
    CHECK(rig.answer(kProducer) == ErrorCode::kRequestTimedOut);
  }
}

TEST_CASE("C2.14: a duplicate is answered like the original, and waits like it") {
  Rig rig;
  rig.lead();
  rig.produce(kProducer, {Rig::batch(2, std::int32_t{0})}, Acks::kLeader);
  rig.produce(kProducer, {Rig::batch(3, std::int32_t{2})}, Acks::kLeader);
  rig.produce(kProducer, {Rig::batch(3, std::int32_t{2})});
  CHECK(rig.sent<ProduceResponse>().empty());
  CHECK(rig.end() == 5);
  REQUIRE(rig.facts(FactKind::kDuplicateDetected).size() == 1);
  CHECK(rig.facts(FactKind::kDuplicateDetected)[0].a == 2);
  rig.catch_up(5);
  REQUIRE(rig.produced(kProducer).size() == 1);
  CHECK(rig.produced(kProducer)[0].base == Offset(2));
  // Committed by now: no wait.
  rig.produce(kProducer, {Rig::batch(3, std::int32_t{2})});
  CHECK(rig.answer(kProducer) == ErrorCode::kNone);
}

TEST_CASE("C2.15: before 2.5 a producer that the leader does not know has to begin at 0") {
  for (const bool anywhere : {true, false}) {
    Rig rig;
    rig.composition.behaviour.unknown_producer_may_begin = anywhere;
    rig.lead();
    rig.produce(kProducer, {Rig::batch(2, std::int32_t{5})}, Acks::kLeader);
    CHECK(rig.answer(kProducer) == (anywhere ? ErrorCode::kNone : ErrorCode::kUnknownProducerId));
    rig.produce(kProducer, {Rig::batch(2, anywhere ? 7 : 0)}, Acks::kLeader);
    CHECK(rig.answer(kProducer) == ErrorCode::kNone);
  }
}

TEST_CASE("C2.17: a new leader knows the producers of the records it has") {
  const auto retried = [](bool forget) {
    Rig rig;
    if (forget) rig.mutate(Mutant::kForgetProducerStateOnFailover);
    rig.lead(1);
    rig.produce(kProducer, {Rig::batch(2, std::int32_t{0})}, Acks::kLeader);
    rig.follow(kTwo, 2);
    rig.lead(3);
    rig.produce(kProducer, {Rig::batch(2, std::int32_t{0})}, Acks::kLeader);
    return rig.end();
  };
  CHECK(retried(false) == 2);
  CHECK(retried(true) == 4);
}

TEST_CASE("a client that is gone is forgotten") {
  Rig rig;
  rig.lead();
  rig.produce(kProducer, {Rig::batch(1)});
  rig.get(kProducer, Disconnected{Channel::kClient, DisconnectReason::kReset, false});
  CHECK(rig.leader().produce_waiters.empty());
  rig.catch_up(1);
  CHECK(rig.sent<ProduceResponse>().empty());
}

TEST_CASE("several clients wait for one partition, each for its own offset") {
  Rig rig;
  rig.lead();
  rig.produce(kProducer, {Rig::batch(1)});
  rig.produce(kProducer2, {Rig::batch(1)});
  rig.replica_fetch(kTwo, 2);
  rig.replica_fetch(kThree, 1);
  CHECK(rig.answer(kProducer) == ErrorCode::kNone);
  CHECK(rig.produced(kProducer2).empty());
  rig.replica_fetch(kThree, 2);
  CHECK(rig.produced(kProducer).empty());
  CHECK(rig.answer(kProducer2) == ErrorCode::kNone);
}

TEST_CASE("R1.13: flush.messages makes the append durable") {
  Rig rig;
  rig.topic_config({.flush_messages = 3});
  rig.lead();
  rig.grow(2);
  CHECK(rig.log().flushed() == Offset(0));
  rig.grow(1);
  CHECK(rig.log().flushed() == Offset(3));
}

}  // namespace ackident
