// What survives the end of a process (R1.5, R1.19, R1.21), and what a start makes of it (R1.25,
// V11).
#include <doctest/doctest.h>

#include "rig.h"

namespace ackident {
namespace {

// V11: HW 500 checkpointed, 900 later, log end 910.
void v11(Rig& rig) {
  rig.lead(1, {kSelf, kTwo});
  rig.grow(910);
  rig.replica_fetch(kTwo, 500, {.wait = Duration()});
  rig.timer(BrokerTimer::kHwCheckpoint);
  rig.at_ms(4000);
  rig.replica_fetch(kTwo, 900, {.wait = Duration()});
  REQUIRE(rig.hw() == 900);
  rig.at_ms(4900);
}

}  // namespace

TEST_CASE("V11: SIGKILL keeps the log, and the high watermark is the checkpointed one") {
  Rig rig;
  SUBCASE("nothing is truncated") {
    v11(rig);
    rig.restart(StopKind::kProcessKill);
    CHECK(rig.hw() == 500);
    CHECK(rig.end() == 910);
    REQUIRE(rig.facts(FactKind::kHighWatermarkLoaded).size() == 1);
    CHECK(rig.facts(FactKind::kHighWatermarkLoaded)[0].a == 500);
    CHECK(rig.facts(FactKind::kHighWatermarkLoaded)[0].b == 910);
    rig.follow(kTwo, 2);
    CHECK(rig.end() == 910);
    CHECK(rig.fetching(kTwo).at(0).offset == Offset(910));
  }
  SUBCASE("mutant: cut to the checkpoint (T15)") {
    rig.mutate(Mutant::kRestartTruncatesToCheckpoint);
    v11(rig);
    rig.restart(StopKind::kProcessKill);
    CHECK(rig.end() == 500);
  }
  SUBCASE("mutant: no checkpoint") {
    rig.mutate(Mutant::kNoCheckpoint);
    v11(rig);
    rig.restart(StopKind::kProcessKill);
    CHECK(rig.hw() == 0);
  }
}

TEST_CASE("R1.19: a clean stop keeps everything exactly") {
  Rig rig;
  v11(rig);
  rig.restart(StopKind::kClean);
  CHECK(rig.hw() == 900);
  CHECK(rig.end() == 910);
  CHECK(rig.log().flushed() == Offset(910));
}

TEST_CASE("R1.21: a power loss takes what was not flushed") {
  Rig rig;
  rig.lead(1, {kSelf});
  for (int i = 0; i < 10; ++i) rig.grow(10);
  rig.timer(BrokerTimer::kHwCheckpoint);
  SUBCASE("a stated number of records, at a batch boundary") {
    set_power_loss(rig.broker, 25);
    rig.restart(StopKind::kPowerLoss);
    CHECK(rig.end() == 70);
    CHECK(rig.hw() == 70);
    REQUIRE(rig.facts(FactKind::kTailLost).size() == 1);
    CHECK(rig.facts(FactKind::kTailLost)[0].a == 70);
    CHECK(rig.facts(FactKind::kTailLost)[0].b == 100);
  }
  SUBCASE("never below what was flushed") {
    rig.log().flush(Offset(90));
    set_power_loss(rig.broker, 50);
    rig.restart(StopKind::kPowerLoss);
    CHECK(rig.end() == 90);
  }
  SUBCASE("what is old enough has been written back") {
    rig.at_ms(36'000);
    rig.restart(StopKind::kPowerLoss);
    CHECK(rig.end() == 100);
    CHECK(rig.facts(FactKind::kTailLost).empty());
  }
  SUBCASE("a stated loss is for one stop only") {
    set_power_loss(rig.broker, 0);
    rig.restart(StopKind::kPowerLoss);
    CHECK(rig.end() == 100);
    CHECK(rig.broker.replicas.power_loss_records < 0);
  }
  SUBCASE("mutant: keeps all") {
    rig.mutate(Mutant::kPowerLossKeepsAll);
    set_power_loss(rig.broker, 25);
    rig.restart(StopKind::kPowerLoss);
    CHECK(rig.end() == 100);
  }
  SUBCASE("SIGKILL takes nothing (T23), its mutant does") {
    set_power_loss(rig.broker, 25);
    SUBCASE("kill") {
      rig.restart(StopKind::kProcessKill);
      CHECK(rig.end() == 100);
    }
    SUBCASE("mutant") {
      rig.mutate(Mutant::kSigkillLosesPageCache);
      rig.restart(StopKind::kProcessKill);
      CHECK(rig.end() == 70);
    }
  }
}

TEST_CASE("R1.29: a replaced disk is empty") {
  Rig rig;
  v11(rig);
  rig.restart(StopKind::kDiskWipe);
  CHECK(rig.end() == 0);
  CHECK(rig.hw() == 0);
  CHECK(rig.log().epochs().empty());
  REQUIRE(rig.facts(FactKind::kLogWiped).size() == 1);
  CHECK(rig.facts(FactKind::kLogWiped)[0].b == 910);
}

TEST_CASE("a stop forgets roles, waits and fetchers") {
  Rig rig(KafkaVersion{309}, 2);
  rig.publish(Rig::state(kSelf, 1, {kSelf, kTwo}, 1), kP0);
  rig.publish(Rig::state(kThree, 1, {kThree}, 1), kP1);
  rig.produce(kProducer, {Rig::batch(1)});
  rig.replica_fetch(kTwo, 1);
  rig.restart(StopKind::kProcessKill);
  CHECK(rig.sent<ProduceResponse>().empty());
  CHECK(std::holds_alternative<Offline>(rig.replica().role));
  CHECK(rig.broker.image.end == MetadataOffset());
  rig.timer(rig.broker.timers.parked_produce(kProducer));
  CHECK(rig.sent<ProduceResponse>().empty());
  // The first image is acted on as a whole: the role of now, not those of the past.
  rig.metadata_log.append(PartitionRecord{kP0, Rig::state(kTwo, 2, {kTwo}, 2)});
  rig.begin();
  rig.apply();
  CHECK(rig.facts(FactKind::kBecameLeader).empty());
  CHECK(rig.facts(FactKind::kBecameFollower).size() == 2);
  CHECK(rig.fetching(kTwo).size() == 1);
  CHECK(rig.fetching(kThree).size() == 1);
}

TEST_CASE("R4.4, R1.16: the timers of the data plane start with the logs") {
  Rig rig;
  rig.at_ms(1000);
  load_logs(rig.broker, rig.ctx);
  const Instant isr = rig.armed(BrokerTimers::fixed(BrokerTimer::kIsrExpiration));
  CHECK(isr >= rig.now);
  CHECK(isr < rig.now + seconds(15));
  CHECK(rig.armed(BrokerTimers::fixed(BrokerTimer::kHwCheckpoint)) == rig.now);
  rig.timer(BrokerTimer::kHwCheckpoint);
  CHECK(rig.armed(BrokerTimers::fixed(BrokerTimer::kHwCheckpoint)) == rig.now + seconds(5));
}

TEST_CASE("producer ids are unique over requests and incarnations") {
  Rig rig;
  const auto ask = [&] {
    rig.get(kProducer, InitProducerIdRequest{Correlation(1)});
    return rig.sent<InitProducerIdResponse>().at(0).second.producer_id;
  };
  const ProducerId first = ask();
  const ProducerId second = ask();
  rig.restart(StopKind::kProcessKill);
  rig.broker.lifecycle.incarnation = Incarnation(1);
  const ProducerId third = ask();
  CHECK(first != second);
  CHECK(third != first);
  CHECK(third != second);
}

TEST_CASE("R5.17: metadata is answered from the image, at once") {
  Rig rig;
  rig.get(kConsumer, MetadataRequest{Correlation(3)});
  REQUIRE(rig.sent<MetadataResponse>().size() == 1);
  CHECK(rig.sent<MetadataResponse>()[0].second.offset == rig.broker.image.end);
}

}  // namespace ackident
