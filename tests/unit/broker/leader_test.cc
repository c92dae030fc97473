// The leader's high watermark (R3.19-R3.21, V1), what it knows of followers (V2), and becoming
// leader (R3.14-R3.16).
#include <doctest/doctest.h>

#include "kafka/broker/fetch.h"
#include "rig.h"

namespace ackident {
namespace {

Instant at(std::int64_t s) { return Instant(seconds(s).ns()); }

// Replicas {1L, 2, 3} with log ends 100/95/90, at 100 s.
void set_up_v1(Rig& rig, std::initializer_list<NodeId> isr) {
  rig.at_ms(0);
  rig.lead(1, isr);
  rig.grow(100);
  rig.at_ms(100'000);
  for (const NodeId node : {kTwo, kThree}) {
    RemoteReplica& remote = rig.remote(node);
    remote.leo = Offset(node == kTwo ? 95 : 90);
    remote.caught_up_at = rig.now;
    remote.epoch_seen = true;
    remote.broker_epoch = broker_epoch_of(node);
  }
}

std::int64_t raised(Rig& rig) {
  raise_high_watermark(rig.broker, rig.replica(), rig.ctx);
  return rig.hw();
}

}  // namespace

TEST_CASE("V1: the high watermark is the least log end that binds") {
  Rig rig;
  SUBCASE("every member of the ISR binds") {
    set_up_v1(rig, {kSelf, kTwo, kThree});
    CHECK(raised(rig) == 90);
  }
  SUBCASE("so does one outside that was caught up 10 s ago") {
    set_up_v1(rig, {kSelf, kTwo});
    rig.remote(kThree).caught_up_at = at(90);
    CHECK(raised(rig) == 90);
  }
  SUBCASE("but not 31 s ago") {
    set_up_v1(rig, {kSelf, kTwo});
    rig.remote(kThree).caught_up_at = at(69);
    CHECK(raised(rig) == 95);
  }
  SUBCASE("nor one that is fenced") {
    set_up_v1(rig, {kSelf, kTwo});
    rig.fence(kThree);
    CHECK(raised(rig) == 95);
  }
  SUBCASE("a pending shrink still binds") {
    set_up_v1(rig, {kSelf, kTwo, kThree});
    rig.remote(kThree).caught_up_at = at(69);
    rig.leader().isr = PendingShrink{{kSelf, kTwo, kThree}, {kThree}, 9};
    CHECK(raised(rig) == 90);
  }
  SUBCASE("a pending expansion binds already") {
    set_up_v1(rig, {kSelf, kTwo});
    rig.remote(kThree).caught_up_at = at(69);
    rig.leader().isr = PendingExpand{{kSelf, kTwo}, kThree, 9};
    CHECK(raised(rig) == 90);
    CHECK(rig.facts(FactKind::kHighWatermark).size() == 1);
  }
  SUBCASE("unless the maximal ISR is forgotten (mutant; E04)") {
    rig.mutate(Mutant::kHwIgnoresMaximalIsr);
    set_up_v1(rig, {kSelf, kTwo});
    rig.remote(kThree).caught_up_at = at(69);
    rig.leader().isr = PendingExpand{{kSelf, kTwo}, kThree, 9};
    CHECK(raised(rig) == 95);
  }
  SUBCASE("an unknown log end blocks") {
    set_up_v1(rig, {kSelf, kTwo, kThree});
    rig.remote(kThree).leo = kNoOffset;
    CHECK(raised(rig) == 0);
  }
  SUBCASE("under min.insync.replicas it stands still") {
    rig.min_isr_is(2);
    set_up_v1(rig, {kSelf});
    rig.remote(kTwo).caught_up_at = rig.remote(kThree).caught_up_at = kLongAgo;
    CHECK(raised(rig) == 0);
  }
}

TEST_CASE("V1: before 3.7 the high watermark moves under min.insync.replicas") {
  Rig rig(KafkaVersion{306});
  rig.min_isr_is(2);
  set_up_v1(rig, {kSelf});
  rig.remote(kTwo).caught_up_at = rig.remote(kThree).caught_up_at = kLongAgo;
  CHECK(raised(rig) == 100);
}

TEST_CASE("V2: caught up at the previous fetch counts (E01)") {
  RemoteReplica remote;
  const auto fetch = [&](std::int64_t offset, std::int64_t leader_end, std::int64_t s) {
    update_fetch_state(remote, Offset(offset), Offset(leader_end), at(s));
  };
  fetch(100, 100, 10);
  CHECK(remote.caught_up_at == at(10));
  fetch(120, 150, 11);
  CHECK(remote.caught_up_at == at(10));
  fetch(150, 200, 12);
  CHECK(remote.caught_up_at == at(11));
  fetch(180, 250, 13);
  CHECK(remote.caught_up_at == at(11));
  CHECK(remote.leo == Offset(180));
}

TEST_CASE("E07: who is fenced or shutting down does not hold the high watermark, since 3.6") {
  const auto high_watermark = [](KafkaVersion version, bool fenced, bool shutting_down) {
    Rig rig(version);
    rig.lead(1);
    rig.grow(10);
    rig.catch_up(10);
    rig.publish(Rig::state(kSelf, 1, {kSelf, kTwo}, 2));  // the controller took 3 out
    if (fenced) rig.fence(kThree);
    if (shutting_down) rig.shutting_down(kThree);
    rig.grow(10);
    rig.replica_fetch(kTwo, 20, {.wait = Duration()});
    return rig.hw();
  };
  CHECK(high_watermark(KafkaVersion{306}, true, false) == 20);
  CHECK(high_watermark(KafkaVersion{306}, false, true) == 20);
  CHECK(high_watermark(KafkaVersion{306}, false, false) == 10);
  CHECK(high_watermark(KafkaVersion{305}, true, false) == 10);
}

TEST_CASE("R3.14: a new leader keeps its log and knows nothing of the others") {
  Rig rig;
  rig.follow(kTwo, 1);
  rig.fetch_answer(kTwo, Rig::records(0, 5, 1, 3));
  rig.at_ms(1000);
  rig.publish(Rig::state(kSelf, 2, {kSelf, kTwo}, 2));
  CHECK(rig.end() == 5);
  CHECK(rig.hw() == 3);
  CHECK(rig.leader().epoch_start == Offset(5));
  CHECK(rig.log().latest_epoch() == LeaderEpoch(2));
  CHECK(rig.remote(kTwo).leo == kNoOffset);
  CHECK(rig.remote(kTwo).caught_up_at == rig.now);
  CHECK(rig.remote(kThree).caught_up_at == kLongAgo);
  REQUIRE(rig.facts(FactKind::kBecameLeader).size() == 1);
  CHECK(rig.facts(FactKind::kBecameLeader)[0] == Fact{.kind = FactKind::kBecameLeader,
                                                      .node = kSelf,
                                                      .partition = kP0,
                                                      .a = 5,
                                                      .b = 3,
                                                      .c = 2});
}

TEST_CASE("R3.16: a pure ISR change is no new leadership") {
  Rig rig;
  rig.lead(1);
  rig.grow(10);
  rig.catch_up(4);
  rig.publish(Rig::state(kSelf, 1, {kSelf, kTwo}, 2));
  CHECK(rig.facts(FactKind::kBecameLeader).empty());
  CHECK(rig.remote(kTwo).leo == Offset(4));
  CHECK(rig.remote(kThree).leo == Offset(4));
}

TEST_CASE("R3.13: metadata with a lower partition epoch is ignored") {
  Rig rig;
  rig.publish(Rig::state(kSelf, 3, {kSelf, kTwo}, 7));
  rig.publish(Rig::state(kTwo, 4, {kTwo}, 6));
  CHECK(std::holds_alternative<Leader>(rig.replica().role));
  CHECK(committed_isr(rig.leader().isr) == ReplicaList{kSelf, kTwo});
}

TEST_CASE("R5.16: what arrives together is acted on as one change") {
  Rig rig;
  rig.follow(kTwo, 1);
  rig.begin();
  rig.metadata_log.append(PartitionRecord{kP0, Rig::state(kSelf, 2, {kSelf, kTwo}, 2)});
  rig.metadata_log.append(PartitionRecord{kP0, Rig::state(kThree, 3, {kTwo, kThree}, 3)});
  rig.apply();
  CHECK(rig.facts(FactKind::kBecameLeader).empty());
  CHECK(rig.facts(FactKind::kBecameFollower).size() == 1);
  CHECK(leader_epoch(rig.replica()) == LeaderEpoch(3));
  CHECK(rig.replica().log.epochs().empty());
}

TEST_CASE("R3.14: a re-elected leader keeps what it knew") {
  Rig rig;
  rig.lead(1);
  rig.grow(10);
  rig.catch_up(4);
  rig.at_ms(5000);
  rig.lead(2);
  CHECK(rig.facts(FactKind::kBecameLeader).size() == 1);
  CHECK(rig.remote(kTwo).leo == Offset(4));
  CHECK(rig.remote(kTwo).leader_end_at_fetch == Offset(10));
  CHECK(rig.remote(kTwo).fetched_at == rig.now);
}

TEST_CASE("an ISR of one commits everything at once") {
  Rig rig;
  rig.lead(1, {kSelf});
  rig.grow(3);
  // The others were never seen, so they are not eligible and do not bind.
  CHECK(rig.hw() == 3);
}

}  // namespace ackident
