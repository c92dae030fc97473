// The ISR on its leader: shrink (R4.4, V4), expand (R4.5, R4.6, D04), the exchange with the
// controller (R4.8-R4.14, V10, V14, E01, E03).
#include <doctest/doctest.h>

#include "rig.h"

namespace ackident {
namespace {

ReplicaList members(const AlterPartitionPart& part) {
  ReplicaList nodes;
  for (const IsrMember& member : part.isr) nodes.push_back(member.broker);
  return nodes;
}

AlterPartitionResult refused(ErrorCode error) {
  AlterPartitionResult result;
  result.partition = kP0;
  result.error = error;
  return result;
}

// Committed ISR {1, 2}, follower 3 outside, ten records of which the high watermark covers four.
void three_outside(Rig& rig) {
  rig.lead(1, {kSelf, kTwo});
  rig.grow(10);
  rig.replica_fetch(kTwo, 4, {.wait = Duration()});
  REQUIRE(rig.hw() == 4);
}

bool is_committed(Rig& rig) { return std::holds_alternative<CommittedIsr>(rig.leader().isr); }

}  // namespace

TEST_CASE("V4: removed by the first tick more than 30 s after it was caught up") {
  const auto removed_at = [](std::initializer_list<std::int64_t> ticks) {
    Rig rig;
    rig.at_ms(0);
    rig.lead(1, {kSelf, kTwo});
    rig.grow(1);
    for (const std::int64_t s : ticks) {
      rig.at_ms(s * 1000);
      rig.timer(BrokerTimer::kIsrExpiration);
      if (!rig.proposed().empty()) return s;
    }
    return std::int64_t{-1};
  };
  CHECK(removed_at({7, 22, 37, 52}) == 37);
  CHECK(removed_at({30}) == -1);
  CHECK(removed_at({30, 31}) == 31);
}

TEST_CASE("T7: a dead follower at the leader's end is not removed by lag") {
  Rig rig;
  rig.lead(1, {kSelf, kTwo});
  rig.grow(3);
  rig.replica_fetch(kTwo, 3, {.wait = Duration()});
  rig.at_ms(1'000'000);
  rig.timer(BrokerTimer::kIsrExpiration);
  CHECK(rig.proposed().empty());
}

TEST_CASE("to 2.0 time alone decides who leaves the ISR (R4.4)") {
  Rig rig;
  rig.composition.behaviour.end_keeps_in_isr = false;
  rig.lead(1, {kSelf, kTwo});
  rig.grow(3);
  rig.replica_fetch(kTwo, 3, {.wait = Duration()});
  rig.at_ms(30'000);
  rig.timer(BrokerTimer::kIsrExpiration);
  CHECK(rig.proposed().empty());
  rig.at_ms(30'001);
  rig.timer(BrokerTimer::kIsrExpiration);
  CHECK(rig.proposed().size() == 1);
}

TEST_CASE("E01: a follower that reaches the end of its previous fetch stays") {
  const auto proposals = [](bool by_offset) {
    Rig rig;
    if (by_offset) rig.mutate(Mutant::kShrinkByOffset);
    rig.lead(1, {kSelf, kTwo});
    for (std::int64_t s = 0; s < 100; s += 5) {
      rig.at_ms(s * 1000);
      rig.replica_fetch(kTwo, rig.end() - (rig.end() > 0 ? 5 : 0), {.wait = Duration()});
      rig.grow(5);
      // The next fetch will ask for what was the end at this one, never for the end itself.
    }
    rig.timer(BrokerTimer::kIsrExpiration);
    return rig.proposed().size();
  };
  CHECK(proposals(false) == 0);
  CHECK(proposals(true) == 1);
}

TEST_CASE("R4.4: all laggards of a partition leave together, the leader stays") {
  Rig rig;
  rig.lead();
  rig.grow(1);
  rig.at_ms(31'000);
  rig.timer(BrokerTimer::kIsrExpiration);
  REQUIRE(rig.proposed().size() == 1);
  const AlterPartitionPart part = rig.proposed()[0];
  CHECK(members(part) == ReplicaList{kSelf});
  CHECK(part.leader_epoch == LeaderEpoch(1));
  CHECK(part.partition_epoch == PartitionEpoch(1));
  CHECK(part.isr[0].epoch == broker_epoch_of(kSelf));
  REQUIRE(rig.facts(FactKind::kIsrProposed).size() == 1);
  CHECK(rig.facts(FactKind::kIsrProposed)[0].a == 1);
  CHECK(rig.facts(FactKind::kIsrProposed)[0].b == 3);
  CHECK(rig.armed(BrokerTimers::fixed(BrokerTimer::kIsrExpiration)) == rig.now + seconds(15));
}

TEST_CASE("R4.8: of partitions that shrink together the first goes alone, the others behind it") {
  Rig rig(KafkaVersion{309}, 4);
  for (std::uint32_t p = 0; p < 3; ++p) {
    rig.publish(Rig::state(kSelf, 1, {kSelf, kTwo}, 1), PartitionId(p));
    rig.grow(1, PartitionId(p));
  }
  rig.publish(Rig::state(kSelf, 1, {kSelf}, 1), PartitionId(3));
  rig.at_ms(31'000);
  rig.timer(BrokerTimer::kIsrExpiration);
  CHECK(rig.facts(FactKind::kIsrProposed).size() == 3);
  REQUIRE(rig.proposed().size() == 1);
  CHECK(rig.proposed()[0].partition == kP0);
  rig.replica_fetch(kThree, 0, {.wait = Duration(), .partition = PartitionId(3)});
  CHECK(rig.facts(FactKind::kIsrProposed).size() == 1);
  CHECK(rig.sent<AlterPartitionRequest>().empty());

  rig.alter_answer(Rig::altered({kSelf}, 1, 2));
  CHECK(rig.log(kP0).high_watermark() == Offset(1));
  CHECK(rig.sent<AlterPartitionRequest>().size() == 1);
  REQUIRE(rig.proposed().size() == 3);
  CHECK(rig.proposed()[0].partition == kP1);
  CHECK(rig.proposed()[2].partition == PartitionId(3));
}

TEST_CASE("R4.5: who reaches the high watermark may join") {
  Rig rig;
  three_outside(rig);
  rig.replica_fetch(kThree, 3, {.wait = Duration()});
  CHECK(rig.proposed().empty());
  rig.replica_fetch(kThree, 4, {.wait = Duration()});
  REQUIRE(rig.proposed().size() == 1);
  CHECK(members(rig.proposed()[0]) == ReplicaList{kSelf, kTwo, kThree});
  CHECK(rig.proposed()[0].isr[2].epoch == broker_epoch_of(kThree));
  // R4.2: it binds at once.
  rig.replica_fetch(kTwo, 10, {.wait = Duration()});
  CHECK(rig.hw() == 4);
  rig.alter_answer(Rig::altered({kSelf, kTwo, kThree}, 1, 2));
  CHECK(committed_isr(rig.leader().isr) == ReplicaList{kSelf, kTwo, kThree});
  CHECK(rig.replica().partition_epoch == PartitionEpoch(2));
}

TEST_CASE("R4.6: only who is eligible may join") {
  Rig rig;
  three_outside(rig);
  SUBCASE("fenced") { rig.fence(kThree); }
  SUBCASE("shutting down") { rig.shutting_down(kThree); }
  rig.replica_fetch(kThree, 10, {.wait = Duration()});
  CHECK(rig.proposed().empty());
}

TEST_CASE("R4.6: a broker epoch that metadata does not know yet is not eligible") {
  Rig rig;
  three_outside(rig);
  rig.replica_fetch(kThree, 10, {.wait = Duration(), .broker_epoch = BrokerEpoch(999)});
  CHECK(rig.proposed().empty());
}

TEST_CASE("D04: not below the start of the leader's epoch") {
  const auto proposes_at = [](KafkaVersion version, std::int64_t offset) {
    Rig rig(version);
    rig.lead(1, {kSelf, kTwo});
    rig.grow(5);
    rig.replica_fetch(kTwo, 2, {.wait = Duration()});
    rig.follow(kTwo, 2);
    rig.lead(3, {kSelf, kTwo});
    rig.grow(2);
    CHECK(rig.hw() == 2);
    CHECK(rig.leader().epoch_start == Offset(5));
    rig.replica_fetch(kThree, offset, {.epoch = 3, .wait = Duration()});
    return !rig.proposed().empty();
  };
  CHECK_FALSE(proposes_at(KafkaVersion{309}, 2));
  CHECK(proposes_at(KafkaVersion{309}, 5));
  CHECK(proposes_at(KafkaVersion{100}, 2));
}

TEST_CASE("E03: one change in flight, even when the leadership is announced again") {
  const auto second = [](bool mutant) {
    Rig rig;
    if (mutant) rig.mutate(Mutant::kAlterPartitionTwice);
    rig.lead(1, {kSelf, kTwo});
    rig.grow(1);
    rig.at_ms(31'000);
    rig.timer(BrokerTimer::kIsrExpiration);
    CHECK(rig.proposed().size() == 1);
    rig.publish(Rig::state(kSelf, 1, {kSelf, kTwo}, 1));
    rig.timer(BrokerTimer::kIsrExpiration);
    const std::size_t facts = rig.facts(FactKind::kIsrProposed).size();
    CHECK(rig.sent<AlterPartitionRequest>().empty());
    // R4.13: the answer to the overtaken proposal changes nothing.
    if (!mutant) {
      rig.alter_answer(refused(ErrorCode::kInvalidUpdateVersion));
      CHECK(is_committed(rig));
      CHECK(rig.hw() == 0);
    }
    return facts;
  };
  CHECK(second(false) == 0);
  CHECK(second(true) == 1);
}

TEST_CASE("V14: an AlterPartition that crosses a fencing") {
  Rig rig;
  SUBCASE("(a) an ineligible member: back to the committed ISR") {
    rig.publish(Rig::state(kSelf, 1, {kSelf}, 7));
    rig.replica_fetch(kTwo, 0, {.wait = Duration()});
    REQUIRE(rig.proposed().size() == 1);
    CHECK(rig.proposed()[0].partition_epoch == PartitionEpoch(7));
    rig.alter_answer(refused(ErrorCode::kIneligibleReplica));
    CHECK(is_committed(rig));
    CHECK(committed_isr(rig.leader().isr) == ReplicaList{kSelf});
    CHECK(rig.facts(FactKind::kIsrRejected).size() == 1);
  }
  SUBCASE("(b) a newer partition epoch: pending until metadata comes") {
    rig.publish(Rig::state(kSelf, 1, {kSelf, kTwo, kThree}, 7));
    rig.grow(1);
    rig.replica_fetch(kTwo, 1, {.wait = Duration()});
    rig.at_ms(31'000);
    rig.timer(BrokerTimer::kIsrExpiration);
    REQUIRE(rig.proposed().size() == 1);
    CHECK(members(rig.proposed()[0]) == ReplicaList{kSelf, kTwo});
    rig.alter_answer(refused(ErrorCode::kInvalidUpdateVersion));
    CHECK_FALSE(is_committed(rig));
    CHECK(rig.hw() == 0);
    rig.publish(Rig::state(kSelf, 1, {kSelf, kThree}, 8));
    CHECK(is_committed(rig));
    CHECK(committed_isr(rig.leader().isr) == ReplicaList{kSelf, kThree});
  }
}

TEST_CASE("R4.12: other errors are tried again at once, pending all the while") {
  Rig rig;
  three_outside(rig);
  rig.replica_fetch(kThree, 4, {.wait = Duration()});
  rig.alter_answer(refused(ErrorCode::kNotController));
  CHECK_FALSE(is_committed(rig));
  REQUIRE(rig.proposed().size() == 1);
  rig.alter_answer(Rig::altered({kSelf, kTwo, kThree}, 1, 2));
  CHECK(is_committed(rig));
}

TEST_CASE("R4.13: metadata first, then the answer: both lead to the same state") {
  Rig rig;
  three_outside(rig);
  rig.replica_fetch(kThree, 4, {.wait = Duration()});
  rig.publish(Rig::state(kSelf, 1, {kSelf, kTwo, kThree}, 2));
  CHECK(is_committed(rig));
  rig.alter_answer(Rig::altered({kSelf, kTwo, kThree}, 1, 2));
  CHECK(committed_isr(rig.leader().isr) == ReplicaList{kSelf, kTwo, kThree});
  CHECK(rig.replica().partition_epoch == PartitionEpoch(2));
  // The queue is free again.
  rig.at_ms(40'000);
  rig.timer(BrokerTimer::kIsrExpiration);
  CHECK(rig.proposed().size() == 1);
}

TEST_CASE("R4.9: a request that is lost or refused as a whole goes again") {
  Rig rig;
  three_outside(rig);
  rig.replica_fetch(kThree, 4, {.wait = Duration()});
  const LocalTimer timer = BrokerTimers::fixed(BrokerTimer::kAlterPartition);
  CHECK(rig.armed(timer) == rig.now + seconds(30));
  SUBCASE("stale broker epoch: after 50 ms, with the epoch of then") {
    AlterPartitionResponse response;
    response.correlation = rig.broker.replicas.alter.correlation;
    response.error = ErrorCode::kStaleBrokerEpoch;
    rig.get(kController, response);
    CHECK(rig.sent<AlterPartitionRequest>().empty());
    CHECK(rig.armed(timer) == rig.now + milliseconds(50));
    rig.broker.lifecycle.epoch = BrokerEpoch(200);
    rig.timer(timer);
    REQUIRE(rig.proposed().size() == 1);
    CHECK(rig.sent<AlterPartitionRequest>()[0].second.broker_epoch == BrokerEpoch(200));
  }
  SUBCASE("disconnected") {
    rig.get(kController, Disconnected{Channel::kAlterPartition, DisconnectReason::kReset, true});
    CHECK(rig.armed(timer) == rig.now + milliseconds(100));
    rig.timer(timer);
    CHECK(rig.proposed().size() == 1);
  }
  SUBCASE("a silent controller") {
    rig.at_ms(30'000);
    rig.timer(timer);
    CHECK(rig.did(Effect::Kind::kClose, kController));
    rig.timer(timer);
    CHECK(rig.proposed().size() == 1);
  }
  CHECK_FALSE(is_committed(rig));
}

TEST_CASE("V10: a leader cut from its followers") {
  Rig rig;
  rig.min_isr_is(2);
  rig.at_ms(0);
  rig.lead();
  rig.produce(kProducer, {Rig::batch(1)});
  rig.at_ms(37'000);
  rig.timer(BrokerTimer::kIsrExpiration);
  rig.produce(kProducer2, {Rig::batch(1)});  // R4.3: the committed ISR still has three members
  CHECK(rig.facts(FactKind::kAppended).size() == 1);
  rig.alter_answer(Rig::altered({kSelf}, 1, 2));
  rig.get(kProducer2, Disconnected{Channel::kClient, DisconnectReason::kReset, false});
  rig.produce(kProducer2, {Rig::batch(1)});
  CHECK(rig.answer(kProducer2) == ErrorCode::kNotEnoughReplicas);
}

// A record that kTwo has, and another replica has not, until that one is to leave the ISR.
void shrink_under_a_write(Rig& rig) {
  rig.lead();
  rig.produce(kProducer, {Rig::batch(1)});
  rig.replica_fetch(kTwo, 1, {.wait = Duration()});
  rig.at_ms(31'000);
  rig.replica_fetch(kTwo, 1, {.wait = Duration()});
  rig.timer(BrokerTimer::kIsrExpiration);
}

TEST_CASE("R4.14: while the controller is away, a pending shrink holds the high watermark") {
  Rig rig;
  shrink_under_a_write(rig);
  CHECK(rig.hw() == 0);
  rig.alter_answer(Rig::altered({kSelf, kTwo}, 1, 2));
  CHECK(rig.hw() == 1);
  CHECK(rig.answer(kProducer) == ErrorCode::kNone);
}

TEST_CASE(
    "KAFKA-13091: from 2.7 to 3.0 a shrink lets the high watermark rise with the next append") {
  Rig rig;
  rig.composition.behaviour.hw_follows_isr_change = false;
  rig.composition.behaviour.kraft = false;
  shrink_under_a_write(rig);
  rig.alter_answer(Rig::altered({kSelf, kTwo}, 1, 2));
  CHECK(rig.hw() == 0);
  // With ZooKeeper the leader hears no more of it, ...
  rig.publish(Rig::state(kSelf, 1, {kSelf, kTwo}, 2));
  rig.replica_fetch(kTwo, 1, {.wait = Duration()});
  CHECK(rig.hw() == 0);
  CHECK(rig.sent<ProduceResponse>().empty());
  // ... and what is written next waits for a follower that is in the ISR.
  SUBCASE("the next record") {
    rig.grow(1);
    CHECK(rig.hw() == 1);
    CHECK(rig.answer(kProducer) == ErrorCode::kNone);
  }
  SUBCASE("in KRaft the leader reads its own change in the metadata log") {
    rig.composition.behaviour.kraft = true;
    rig.publish(Rig::state(kSelf, 1, {kSelf, kTwo}, 2));
    CHECK(rig.hw() == 1);
  }
}

}  // namespace ackident
