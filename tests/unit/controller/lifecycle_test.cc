#include <doctest/doctest.h>

#include "pair.h"

using namespace ackident;
using namespace ackident::controller_test;

TEST_CASE("In a formed cluster a broker serves at once and beats each two seconds") {
  Pair pair(three(309), first_heartbeat(ms(700)));
  CHECK(pair.listening_since == Instant());
  CHECK(pair.state() == Lifecycle::State::kRunning);
  CHECK(pair.broker.lifecycle.epoch == BrokerEpoch(1));
  CHECK(pair.broker.image.end == pair.peer.log.end());
  pair.run(at_ms(5'000));
  CHECK(pair.times<BrokerHeartbeatRequest>() == std::vector<std::int64_t>{700, 2'700, 4'700});
  // The observer's long polls end after 500 ms each when nothing changes (R5.12).
  CHECK(pair.times<MetadataFetchRequest>().size() == 11);
}

TEST_CASE("V15: a quick restart gets in when the old session is over, 3.9") {
  Pair pair(three(309), first_heartbeat(ms(1'000)));
  pair.kill(at_ms(2'000));  // last contact a second before
  pair.begin(at_ms(4'000), 1);
  pair.run(at_ms(20'000));
  CHECK(pair.times<BrokerRegistrationRequest>() ==
        std::vector<std::int64_t>{5'000, 5'100, 5'300, 5'700, 6'500, 8'100, 11'300});
  CHECK(pair.peer.time_of(FactKind::kBrokerFenced, kSelf) == at_ms(10'000));
  CHECK(pair.state() == Lifecycle::State::kRunning);
}

TEST_CASE("V15: a quick restart tries each two seconds from 4.0 on") {
  Pair pair(three(400), first_heartbeat(ms(1'000)));
  pair.kill(at_ms(2'000));
  pair.begin(at_ms(4'000), 1);
  pair.run(at_ms(20'000));
  CHECK(pair.times<BrokerRegistrationRequest>() ==
        std::vector<std::int64_t>{5'000, 7'000, 9'000, 11'000});
}

TEST_CASE("R6.1: registration, catching up, unfencing, and only then the listeners") {
  Pair pair(three(309), first_heartbeat(ms(1'000)));
  pair.terminate(at_ms(1'500));  // leads nothing: leave at once, after the commit
  pair.run(at_ms(1'525));
  REQUIRE(pair.exited);
  pair.kill(at_ms(1'600), StopKind::kClean);
  pair.requests.clear();
  pair.begin(at_ms(2'000), 1);
  pair.run(at_ms(3'024));
  CHECK(pair.state() == Lifecycle::State::kStarting);
  CHECK(pair.broker.lifecycle.clean_start);
  pair.run(at_ms(3'050));
  // Accepted with the commit at 3.025; its record is observed then too, so the second heartbeat
  // already asks to be unfenced, which is committed 25 ms later.
  CHECK(pair.listening_since == at_ms(3'050));
  CHECK(pair.state() == Lifecycle::State::kRunning);
  CHECK_FALSE(pair.peer.registration(kSelf).fenced);
  CHECK(pair.broker.lifecycle.epoch == pair.peer.registration(kSelf).epoch);
}

TEST_CASE("R6.1: up to 3.4 logs are loaded when registered, and listeners open before unfencing") {
  for (const int version : {304, 305}) {
    const bool early = version == 305;
    Pair pair(three(version), first_heartbeat(ms(1'000)));
    pair.kill(at_ms(1'500));
    pair.begin(at_ms(2'000), 1);
    pair.run(at_ms(9'500));  // the session of its former life lasts until 10 s
    CHECK(pair.broker.lifecycle.logs_loaded == early);
    CHECK(pair.broker.image.end.value() == (early ? pair.peer.controller.committed.value() : 0));
    pair.run(at_ms(20'000));
    CHECK(pair.state() == Lifecycle::State::kRunning);
    const Instant unfenced = pair.peer.time_of(FactKind::kBrokerUnfenced, kSelf);
    CHECK(pair.listening_since == (early ? unfenced + ms(25) : unfenced));
  }
}

TEST_CASE("R6.2: recovery runs beside registration and delays the listeners") {
  Composition composition = three(309);
  for (BrokerConfig& config : composition.brokers) config.recovery_time = ms(5'000);
  Pair pair(composition, first_heartbeat(ms(0)));
  pair.write(at_ms(500));
  pair.kill(at_ms(1'000));
  pair.begin(at_ms(20'000), 1);
  pair.run(at_ms(25'999));
  CHECK(pair.broker.lifecycle.registered);
  CHECK(pair.broker.lifecycle.caught_up);
  CHECK_FALSE(pair.broker.lifecycle.logs_loaded);
  CHECK(pair.peer.registration(kSelf).fenced);
  CHECK_FALSE(pair.listening);
  pair.run(at_ms(26'025));
  CHECK(pair.listening_since == at_ms(26'025));
  CHECK(pair.broker.image.end == pair.peer.controller.committed);
}

TEST_CASE("R5.39: a leader waits until the others know, and leaves a marker") {
  Composition composition = compose(309, 3, {{2, 1, 3}});
  Pair pair(composition, first_heartbeat(ms(500)));
  pair.others_speak(at_ms(1'000), at_ms(3'000));
  pair.terminate(at_ms(3'000));
  pair.requests.clear();
  CHECK(pair.peer.leader(0) == 1);
  pair.run(at_ms(3'200));
  CHECK(pair.state() == Lifecycle::State::kShuttingDown);
  // Asked at 3.000 and answered with the commit, then again after 50 ms.
  CHECK(pair.times<BrokerHeartbeatRequest>() == std::vector<std::int64_t>{3'075});
  pair.others_speak(at_ms(4'000), at_ms(6'000));
  CHECK(pair.exited);
  CHECK(pair.times<BrokerHeartbeatRequest>() == std::vector<std::int64_t>{3'075, 5'075});
  pair.kill(at_ms(6'000), StopKind::kClean);
  CHECK(pair.broker.lifecycle.clean_marker);
}

TEST_CASE("KAFKA-13858: up to 3.2 a broker that shuts down reads no more metadata") {
  for (const int version : {302, 303}) {
    Composition composition = compose(version, 3, {{2, 1, 3}});
    Pair pair(composition, first_heartbeat(ms(500)));
    pair.others_speak(at_ms(1'000), at_ms(3'000));
    pair.terminate(at_ms(3'000));
    pair.run(at_ms(3'200));
    REQUIRE(pair.state() == Lifecycle::State::kShuttingDown);
    CHECK(pair.peer.leader(0) == 1);
    CHECK((pair.broker.image.partitions[0].leader == NodeId(1)) == (version == 303));
  }
}

TEST_CASE("A broker gives up its controlled shutdown after five minutes") {
  Pair pair(compose(309, 3, {{2, 1, 3}}), first_heartbeat(ms(500)));
  pair.run(at_ms(1'000));
  pair.controller_deaf = true;
  pair.terminate(at_ms(1'000));
  pair.run(at_ms(300'999));
  CHECK_FALSE(pair.exited);
  pair.run(at_ms(301'000));
  CHECK(pair.exited);
}

TEST_CASE("controlled.shutdown.enable off, or a broker that does not run yet: exit at once") {
  Composition composition = three(309);
  for (BrokerConfig& config : composition.brokers) config.controlled_shutdown = false;
  Pair pair(composition);
  pair.terminate(at_ms(1'000));
  CHECK(pair.exited);
  pair.kill(at_ms(1'000), StopKind::kClean);
  pair.begin(at_ms(2'000), 1);
  pair.terminate(at_ms(2'500));
  CHECK(pair.exited);
}

TEST_CASE("A broker that cannot register for a minute ends (R6.2)") {
  Pair pair(three(309));
  pair.kill(at_ms(1'000));
  pair.controller_deaf = true;
  pair.begin(at_ms(10'000), 1);
  pair.run(at_ms(70'999));
  CHECK_FALSE(pair.exited);
  pair.run(at_ms(71'000));
  CHECK(pair.exited);
}

TEST_CASE("A silent controller costs 4.5 s, then 100 ms and doubling, up to 3.9 (R5.22)") {
  Pair pair(three(309), first_heartbeat(ms(1'000)));
  pair.run(at_ms(2'000));
  pair.requests.clear();
  pair.controller_deaf = true;
  pair.run(at_ms(17'000));
  CHECK(pair.times<BrokerHeartbeatRequest>() == std::vector<std::int64_t>{3'000, 7'600, 12'300});
}

TEST_CASE("A broken connection is opened again within the request's time") {
  Pair pair(three(309), first_heartbeat(ms(1'000)));
  pair.run(at_ms(2'000));
  pair.requests.clear();
  pair.controller_deaf = true;
  pair.run(at_ms(3'000));
  pair.disconnect(at_ms(3'100), Channel::kLifecycle);
  pair.run(at_ms(8'000));
  // Sent again after 50 ms; the time-out still counts from the first sending.
  CHECK(pair.times<BrokerHeartbeatRequest>() == std::vector<std::int64_t>{3'000, 3'150, 7'600});
}

TEST_CASE("KAFKA-14392: up to 3.2 a heartbeat stays 30 s with its connection (R5.22)") {
  Pair pair(three(302), first_heartbeat(ms(1'000)));
  pair.run(at_ms(2'000));
  pair.requests.clear();
  pair.controller_deaf = true;
  SUBCASE("silence") {
    // Given up after 30 s, 10 s where nothing has come back on the connection.
    pair.run(at_ms(54'000));
    CHECK(pair.times<BrokerHeartbeatRequest>() ==
          std::vector<std::int64_t>{3'000, 33'100, 43'300, 53'700});
  }
  SUBCASE("a broken connection") {
    // It has its time again, until it is as old as a session.
    pair.disconnect(at_ms(11'000), Channel::kLifecycle);
    pair.disconnect(at_ms(12'500), Channel::kLifecycle);
    pair.run(at_ms(20'000));
    CHECK(pair.times<BrokerHeartbeatRequest>() == std::vector<std::int64_t>{3'000, 11'050, 12'600});
  }
}

TEST_CASE("The observer asks again after a disconnect, and a silent controller is given up") {
  Pair pair(three(309));
  pair.run(at_ms(900));
  pair.controller_deaf = true;
  pair.requests.clear();
  pair.disconnect(at_ms(900), Channel::kMetadata);
  pair.run(at_ms(5'500));
  CHECK(pair.times<MetadataFetchRequest>() == std::vector<std::int64_t>{950, 3'050, 5'250});
}

TEST_CASE("The clean-shutdown marker: written by a clean end, deleted on loading (R1.20)") {
  Pair pair(three(309));
  pair.kill(at_ms(100), StopKind::kClean);
  CHECK(pair.broker.lifecycle.clean_marker);
  pair.begin(at_ms(200), 1);
  pair.kill(at_ms(500));  // before its logs began to load
  CHECK(pair.broker.lifecycle.clean_marker);
  pair.begin(at_ms(600), 2);
  pair.run(at_ms(1'700));
  CHECK(pair.broker.lifecycle.clean_start);
  pair.kill(at_ms(1'700));
  CHECK_FALSE(pair.broker.lifecycle.clean_marker);
}

TEST_CASE("With ZooKeeper a broker loads first, registers, and serves at once (R9.6)") {
  Composition composition = three(201);
  for (BrokerConfig& config : composition.brokers) config.recovery_time = ms(2'000);
  Pair pair(composition, first_heartbeat(ms(100)));
  pair.write(at_ms(500));
  pair.kill(at_ms(1'000));
  pair.requests.clear();
  pair.begin(at_ms(20'000), 1);  // its first session of 18 s is over
  pair.run(at_ms(48'000));
  CHECK(pair.times<BrokerRegistrationRequest>() == std::vector<std::int64_t>{23'000});
  CHECK(pair.listening_since == at_ms(23'000));
  // Pings come each third of the session of 18 s.
  const std::vector<std::int64_t> pings = pair.times<BrokerHeartbeatRequest>();
  CHECK(pings == std::vector<std::int64_t>{29'000, 35'000, 41'000, 47'000});
}

TEST_CASE("With ZooKeeper an exit closes the session") {
  Composition composition = three(204);
  for (BrokerConfig& config : composition.brokers) config.controlled_shutdown = false;
  Pair pair(composition);
  pair.terminate(at_ms(1'000));
  CHECK(pair.exited);
  CHECK(pair.peer.registration(kSelf).fenced);
}

TEST_CASE("With ZooKeeper a broker asks three times whether it may go (R5.39)") {
  Pair pair(three(208), first_heartbeat(ms(100)));
  pair.run(at_ms(500));
  pair.controller_deaf = true;
  pair.requests.clear();
  pair.terminate(at_ms(1'000));
  SUBCASE("nobody answers: each request has its time, and each is followed by a pause") {
    pair.run(at_ms(105'999));
    CHECK(pair.times<BrokerHeartbeatRequest>() == std::vector<std::int64_t>{1'000, 36'000, 71'000});
    CHECK_FALSE(pair.exited);
    pair.run(at_ms(106'000));
  }
  SUBCASE("the connection breaks: only the pauses count") {
    for (const int at : {1'000, 6'000, 11'000}) pair.disconnect(at_ms(at), Channel::kLifecycle);
    CHECK(pair.times<BrokerHeartbeatRequest>() == std::vector<std::int64_t>{1'000, 6'000, 11'000});
    pair.run(at_ms(15'999));
    CHECK_FALSE(pair.exited);
    pair.run(at_ms(16'000));
  }
  CHECK(pair.exited);
}
