// Attempts to connect that do not succeed at once, and what is sent again after a cut.
#include <doctest/doctest.h>

#include "wire.h"

namespace ackident {
namespace {

constexpr NodeId C = Wire::kClient;
constexpr NodeId B = Wire::kBroker;

// The client cannot reach the broker: it is cut off from it, or the broker's host has no power.
struct Unreachable : Wire {
  explicit Unreachable(ConnectionSetup setup = kPlain) : Wire(spec(), 1, false, setup) {
    cut_off();
  }
  void cut_off() { net.cut(B, C, false, now, EventId()); }
  void heal() { net.heal(B, C, now, EventId()); }
};

TEST_CASE("SYNs go out after 0, 1, 3, 7 and 15 seconds; the first that gets through connects") {
  Unreachable w({seconds(30), seconds(30)});
  w.ask(C, B, 'a');
  w.ask(C, B, 'b', 1);
  std::int64_t healed = 0;
  std::int64_t through = 0;
  SUBCASE("the second") { healed = 500, through = 1000; }
  SUBCASE("at its very moment") { healed = 3000, through = 3000; }
  SUBCASE("the fourth") { healed = 3001, through = 7000; }
  SUBCASE("the last before the time is over") { healed = 14'999, through = 15'000; }
  CHECK(w.until_ms(healed - 1).empty());
  w.now = at_ms(healed);
  w.heal();
  const std::string at = std::to_string(through + 3) + "ms 0>1 ";
  CHECK(w.until_ms(40'000) == Lines{at + "a", at + "b"});
  CHECK(w.lost.empty());
}

TEST_CASE("what was sent while dialling goes out in order, once") {
  Unreachable w;
  w.ask(C, B, 'a');
  w.ask(C, B, 'b');
  w.tell(C, B, 'c');
  (void)w.until_ms(500);
  w.ask(C, B, 'd');
  w.heal();
  CHECK(w.until_ms(1010) == Lines{"1003ms 0>1 a"});
  w.answer(B, C, 'A');
  CHECK(w.until_ms(1020) == Lines{"1010ms 0>1 b", "1011ms 1>0 A"});
  w.answer(B, C, 'B');
  CHECK(w.until_ms(1030) == Lines{"1020ms 0>1 c", "1020ms 0>1 d", "1021ms 1>0 B"});
  CHECK(w.sent == Lines{"1002ms 0>1"});
}

TEST_CASE("a SYN that gets through to a host where nobody listens is refused") {
  Wire w;
  w.net.process_ended(B, false, w.now, EventId());
  w.ask(C, B, 'a');
  CHECK(w.until_ms(2000).empty());
  w.net.process_started(B, w.now, EventId());
  CHECK(w.until_ms(4000) == Lines{"3002ms 1>0 refused!"});
  CHECK(w.lost == "a");
}

TEST_CASE("the time is over before the next SYN") {
  Unreachable w({milliseconds(2500), milliseconds(2500)});
  w.ask(C, B, 'a');
  CHECK(w.until_ms(2400).empty());
  w.heal();
  CHECK(w.until_ms(5000) == Lines{"2500ms 1>0 timeout!"});
}

TEST_CASE("without a time of its own the initiator waits until its host gives up") {
  Unreachable w({kForever, kForever});
  w.ask(C, B, 'a');
  CHECK(w.until_ms(200'000) == Lines{"127000ms 1>0 timeout!"});
}

TEST_CASE("C0.4: the time doubles with each failure, a fifth more or less, up to its maximum") {
  const auto attempt = [](Unreachable& w) {
    const Instant began = w.now;
    w.ask(C, B, 'a');
    const std::vector<std::int64_t> told = w.arrivals(C, w.now.ns() / 1'000'000 + 60'000);
    REQUIRE(told.size() == 1);
    return (Instant(told[0]) - began).ms();
  };
  bool jittered = false;
  bool capped = false;
  Unreachable w({seconds(10), seconds(30)});
  for (int i = 0; i < 20; ++i) {
    const std::int64_t first = attempt(w);
    CHECK((first >= 8000 && first < 12'000));
    jittered = jittered || first != 10'000;
    const std::int64_t second = attempt(w);
    CHECK((second >= 16'000 && second < 24'000));
    const std::int64_t third = attempt(w);
    CHECK((third >= 24'000 && third <= 30'000));
    capped = capped || third == 30'000;
    w.heal();
    w.ask(C, B, 'b');  // it succeeds: the count begins anew
    (void)w.until_ms(w.now.ns() / 1'000'000 + 10);
    w.net.close(C, B, 0, w.now, EventId());
    w.cut_off();
  }
  CHECK(jittered);
  CHECK(capped);
}

TEST_CASE("who wants to know hears that the connection is open, before the first answer") {
  Wire w(Wire::spec(), 1, false, {seconds(10), seconds(10), true});
  SUBCASE("at once") {
    w.ask(C, B, 'a');
    CHECK(w.until_ms(10) == Lines{"2ms 1>0 open!", "3ms 0>1 a"});
  }
  SUBCASE("late") {
    w.net.cut(C, B, false, w.now, EventId());
    w.ask(C, B, 'a');
    (void)w.until_ms(10);
    w.net.heal(C, B, w.now, EventId());
    CHECK(w.until_ms(2000) == Lines{"1002ms 1>0 open!", "1003ms 0>1 a"});
  }
  SUBCASE("not when it is over by the time that it can hear") {
    w.ask(C, B, 'a');
    w.net.freeze(C);
    CHECK(w.until_ms(10) == Lines{"3ms 0>1 a"});
    w.net.process_ended(B, true, w.now, EventId());
    (void)w.until_ms(20);
    w.net.resume(C, w.now);
    CHECK(w.until_ms(30) == Lines{"20ms 1>0 reset!"});
  }
  SUBCASE("not when it is over before") {
    w.ask(C, B, 'a');
    w.net.process_ended(B, true, w.now, EventId());
    CHECK(w.until_ms(10) == Lines{"1ms 1>0 reset!"});
  }
  SUBCASE("not when it breaks before") {
    w.ask(C, B, 'a');
    w.net.cut(C, B, true, w.now, EventId());
    CHECK(w.until_ms(10) == Lines{"1ms 0>1 reset", "1ms 1>0 reset!"});
  }
}

TEST_CASE("closed while dialling: nothing more is heard, and a new attempt begins its own count") {
  Unreachable w;
  w.ask(C, B, 'a');
  (void)w.until_ms(500);
  w.net.close(C, B, 0, w.now, EventId());
  CHECK(w.lost == "a");
  w.ask(C, B, 'b');
  (void)w.until_ms(900);
  w.heal();
  CHECK(w.until_ms(20'000) == Lines{"1503ms 0>1 b"});
}

TEST_CASE("an initiator that dies while dialling dials no more") {
  Unreachable w;
  w.ask(C, B, 'a');
  w.net.process_ended(C, true, w.now, EventId());
  CHECK(w.lost == "a");
  w.heal();
  CHECK(w.until_ms(20'000).empty());
}

TEST_CASE("a dial that a cut stops has met it, also when it began before the cut") {
  Wire w;
  w.net.process_ended(B, false, w.now, EventId());
  w.ask(C, B, 'a');
  w.net.cut(C, B, false, w.now, EventId());
  CHECK(!w.net.met_cut(C, B));
  (void)w.until_ms(1000);
  CHECK(w.net.met_cut(C, B));
}

TEST_CASE("a connection is silent after the heal until its data are sent again") {
  Wire w;
  w.open();
  w.net.cut(C, B, false, w.now, EventId());
  (void)w.until_ms(1000);
  w.ask(C, B, 'a');  // due at 1001 ms; sent again 0.2, 0.6, 1.4, 3, 6.2 s later
  std::int64_t healed = 0;
  std::int64_t arrives = 0;
  SUBCASE("a short cut") { healed = 1100, arrives = 1202; }
  SUBCASE("a longer one") { healed = 1500, arrives = 1602; }
  SUBCASE("a long one") { healed = 4002, arrives = 7202; }
  (void)w.until_ms(healed);
  w.net.heal(C, B, w.now, EventId());
  w.ask(C, B, 'b');  // waits behind it
  CHECK(w.until_ms(7100 + healed) == Lines{std::to_string(arrives) + "ms 0>1 a"});
}

TEST_CASE("what had arrived before a cut is read although it stands") {
  Wire w;
  w.open();
  w.ask(C, B, 'a');
  w.ask(C, B, 'b');
  w.ask(C, B, 'c');
  CHECK(w.until_ms(20) == Lines{"11ms 0>1 a"});  // the broker reads b when it has answered
  w.net.cut(C, B, false, w.now, EventId());
  w.ask(C, B, 'd');
  w.answer(B, C, 'A');
  CHECK(w.until_ms(30) == Lines{"20ms 0>1 b", "21ms 1>0 A"});
  SUBCASE("what comes later has to be sent again, whoever is in its way") {
    (void)w.until_ms(1000);
    w.net.heal(C, B, w.now, EventId());
    w.answer(B, C, 'B');
    CHECK(w.until_ms(1100) == Lines{"1000ms 0>1 c", "1001ms 1>0 B"});
    w.answer(B, C, 'C');
    CHECK(w.until_ms(2000) == Lines{"1101ms 1>0 C", "1422ms 0>1 d"});  // it was due at 21 ms
  }
  SUBCASE("or goes with who would send it") {
    w.net.close(C, B, 0, w.now, EventId());
    CHECK(w.lost == "d");
    w.answer(B, C, 'B');
    CHECK(w.until_ms(1000) == Lines{"30ms 0>1 c"});
  }
  SUBCASE("or with its host") {
    w.net.process_ended(C, false, w.now, EventId());
    CHECK(w.lost == "d");
    w.answer(B, C, 'B');
    CHECK(w.until_ms(1000) == Lines{"30ms 0>1 c"});
  }
}

TEST_CASE("a second cut does not begin the repetitions anew") {
  Wire w;
  w.open();
  w.net.cut(C, B, false, w.now, EventId());
  (void)w.until_ms(1000);
  w.ask(C, B, 'a');  // due at 1001 ms; sent again 0.2, 0.6, 1.4, 3, 6.2, 12.6 s later
  (void)w.until_ms(4002);
  w.net.heal(C, B, w.now, EventId());  // it would be there at 7202 ms
  (void)w.until_ms(6000);
  w.net.cut(C, B, false, w.now, EventId());
  (void)w.until_ms(8000);
  w.net.heal(C, B, w.now, EventId());
  CHECK(w.until_ms(20'000) == Lines{"13602ms 0>1 a"});
}

TEST_CASE("host without power: a reset finds its way when nothing is in it any more") {
  Wire w;
  w.open();
  SUBCASE("a cut covers the return") {
    w.net.process_ended(B, false, w.now, EventId());
    w.ask(C, B, 'a');
    w.net.cut(B, C, false, w.now, EventId());
    (void)w.until_ms(100);
    w.net.process_started(B, w.now, EventId());
    (void)w.until_ms(500);
    w.net.heal(B, C, w.now, EventId());
  }
  SUBCASE("the power goes twice") {
    w.net.process_ended(B, false, w.now, EventId());
    w.net.process_started(B, w.now, EventId());
    w.net.process_ended(B, false, w.now, EventId());
    w.ask(C, B, 'a');
    (void)w.until_ms(500);
    w.net.process_started(B, w.now, EventId());
  }
  SUBCASE("a cut swallows before the power goes") {
    w.net.cut(C, B, false, w.now, EventId());
    w.ask(C, B, 'a');
    (void)w.until_ms(100);
    w.net.process_ended(B, false, w.now, EventId());
    w.net.heal(C, B, w.now, EventId());
    (void)w.until_ms(500);
    w.net.process_started(B, w.now, EventId());
  }
  const Lines heard = w.until_ms(2000);
  REQUIRE(heard.size() == 1);
  CHECK((heard[0] == "612ms 1>0 reset!" || heard[0] == "613ms 1>0 reset!"));
}

TEST_CASE("C0.4: who answers too late does not answer") {
  Wire w(Wire::spec(), 1, false, {seconds(1), seconds(1)});
  w.net.slow_link(B, C, milliseconds(998));
  SUBCASE("just in time") {
    w.ask(C, B, 'a');
    CHECK(w.until_ms(5000) == Lines{"1001ms 0>1 a"});
  }
  SUBCASE("late") {
    w.net.slow_link(C, B, milliseconds(1));
    w.ask(C, B, 'a');
    CHECK(w.until_ms(5000) == Lines{"1000ms 1>0 timeout!"});
    CHECK(w.lost == "a");
  }
}

TEST_CASE("repetitions double up to their maximum") {
  constexpr Retransmission r{seconds(1), seconds(4)};
  const auto next = [&](std::int64_t s) {
    return (r.next(Instant(), at_ms(s * 1000))).ns() / 1'000'000'000;
  };
  CHECK(next(-5) == 1);
  CHECK(next(1) == 1);
  CHECK(next(2) == 3);
  CHECK(next(4) == 7);
  CHECK(next(8) == 11);
  CHECK(next(11) == 11);
  CHECK(next(1'000'000'000) == 1'000'000'003);
}

}  // namespace
}  // namespace ackident
