// Cuts, gates, frozen processes, slow links and narrow ones.
#include <doctest/doctest.h>

#include "wire.h"

namespace ackident {
namespace {

constexpr NodeId C = Wire::kClient;
constexpr NodeId B = Wire::kBroker;
constexpr NodeId O = Wire::kOther;

TEST_CASE("a cut direction keeps what is in flight and what is sent, and heals in order") {
  Wire w;
  w.open();
  w.tell(C, B, 'a');
  w.net.cut(C, B, false, w.now, EventId());
  w.tell(C, B, 'b');
  w.answer(B, C, 'A');
  CHECK(w.net.is_cut(C, B));
  CHECK_FALSE(w.net.is_cut(B, C));
  CHECK(w.until_ms(100) == Lines{"11ms 1>0 A"});
  w.net.heal(C, B, w.now, EventId());
  w.tell(C, B, 'c');
  // 'a' was due at 11 ms, so it is sent again 200 ms later.
  CHECK(w.until_ms(300) == Lines{"212ms 0>1 a", "212ms 0>1 b", "212ms 0>1 c"});
  CHECK(w.lost.empty());
}

TEST_CASE("no connection opens while either direction is cut") {
  Wire w;
  SUBCASE("there") { w.net.cut(C, B, false, w.now, EventId()); }
  SUBCASE("back") { w.net.cut(B, C, false, w.now, EventId()); }
  w.ask(C, B, 'a');
  CHECK(w.until_ms(20000) == Lines{"10000ms 1>0 timeout!"});
  CHECK(w.lost == "a");
}

TEST_CASE("a connection that was open when the way back was cut: the retry times out, too") {
  Wire w;
  w.open();
  w.net.cut(B, C, false, w.now, EventId());
  w.ask(C, B, 'a');
  CHECK(w.until_ms(20) == Lines{"11ms 0>1 a"});
  w.answer(B, C, 'A');
  CHECK(w.until_ms(30).empty());
  w.net.close(C, B, 0, w.now, EventId());
  w.ask(C, B, 'b');
  CHECK(w.until_ms(20000) == Lines{"31ms 0>1 reset", "10030ms 1>0 timeout!"});
  w.net.heal(B, C, w.now, EventId());
  w.ask(C, B, 'c');
  CHECK(w.until_ms(20010) == Lines{"20003ms 0>1 c"});
  w.answer(B, C, 'd');
  CHECK(w.until_ms(20020) == Lines{"20011ms 1>0 d"});
}

TEST_CASE("closing behind a cut loses the requests; the end is told after it heals") {
  Wire w;
  w.open();
  w.net.cut(C, B, false, w.now, EventId());
  w.tell(C, B, 'a');
  w.net.close(C, B, 0, w.now, EventId());
  CHECK(w.lost == "a");
  CHECK(w.until_ms(100).empty());
  w.net.heal(C, B, w.now, EventId());
  w.tell(C, B, 'b');
  CHECK(w.until_ms(200) == Lines{"101ms 0>1 reset", "103ms 0>1 b"});
}

TEST_CASE("a cut with reset breaks open connections at both ends after one latency") {
  Wire w;
  w.open();
  w.ask(C, B, 'a');
  w.answer(B, C, 'A');
  w.net.cut(C, B, true, w.now, EventId());
  w.net.cut(B, C, true, w.now, EventId());
  CHECK(w.lost == "aA");
  w.ask(C, B, 'b');
  CHECK(w.lost == "aAb");
  CHECK(w.until_ms(100) == Lines{"11ms 0>1 reset", "11ms 1>0 reset!"});
  w.ask(C, B, 'c');
  CHECK(w.until_ms(20000) == Lines{"10100ms 1>0 timeout!"});
  w.net.heal(C, B, w.now, EventId());
  w.net.heal(B, C, w.now, EventId());
  w.ask(C, B, 'd');
  CHECK(w.until_ms(20100) == Lines{"20003ms 0>1 d"});
}

TEST_CASE("a cut with reset breaks the connections of both initiators") {
  Wire w;
  w.tell(B, O, 'a');
  w.tell(O, B, 'b');
  (void)w.until_ms(10);
  w.net.cut(B, O, true, w.now, EventId());
  CHECK(w.until_ms(20) ==
        Lines{"11ms 1>2 reset", "11ms 2>1 reset!", "11ms 2>1 reset", "11ms 1>2 reset!"});
}

TEST_CASE("a cut between two nodes leaves the others alone") {
  Wire w;
  w.open();
  w.tell(O, B, 'a');
  w.net.cut(C, B, false, w.now, EventId());
  CHECK(w.until_ms(20) == Lines{"13ms 2>1 a"});
}

TEST_CASE("a death behind a cut is heard of after it heals") {
  Wire w;
  w.open();
  w.net.cut(B, C, false, w.now, EventId());
  w.answer(B, C, 'A');
  w.net.process_ended(B, true, w.now, EventId());
  w.ask(C, B, 'a');
  CHECK(w.until_ms(100).empty());
  w.net.heal(B, C, w.now, EventId());
  CHECK(w.until_ms(300) == Lines{"212ms 1>0 A", "212ms 1>0 reset!"});
}

TEST_CASE("power loss behind a cut takes the messages with it") {
  Wire w;
  w.open();
  w.net.cut(C, B, false, w.now, EventId());
  w.tell(C, B, 'a');
  w.net.process_ended(C, false, w.now, EventId());
  w.net.heal(C, B, w.now, EventId());
  CHECK(w.until_ms(100).empty());
  CHECK(w.lost == "a");
}

TEST_CASE("power loss does not unsay a set-up timeout") {
  Wire w;
  w.net.cut(B, C, false, w.now, EventId());
  w.ask(C, B, 'a');
  w.net.process_ended(B, false, w.now, EventId());
  CHECK(w.until_ms(20000) == Lines{"10000ms 1>0 timeout!"});
}

TEST_CASE("a cut does not hold up a set-up timeout: it arises at the initiator itself") {
  Wire w;
  w.net.process_ended(B, false, w.now, EventId());
  w.ask(C, B, 'a');
  w.net.cut(B, C, false, w.now, EventId());
  CHECK(w.until_ms(20000) == Lines{"10000ms 1>0 timeout!"});
}

TEST_CASE("a frozen process reads nothing, then everything, in order and with the end") {
  Wire w;
  w.open();
  w.net.freeze(B);
  w.tell(C, B, 'a');
  w.ask(C, B, 'b');
  w.net.close(C, B, 0, w.now, EventId());
  w.ask(C, B, 'c');
  w.tell(O, B, 'd');  // its kernel still accepts
  CHECK(w.until_ms(100).empty());
  w.net.resume(B, w.now);
  CHECK(w.until_ms(200) ==
        Lines{"100ms 0>1 a", "100ms 0>1 b", "100ms 0>1 reset", "100ms 0>1 c", "100ms 2>1 d"});
  CHECK(w.lost.empty());
}

TEST_CASE("a frozen initiator hears of the reset when it resumes") {
  Wire w;
  w.open();
  w.net.freeze(C);
  w.answer(B, C, 'A');
  w.net.process_ended(B, true, w.now, EventId());
  CHECK(w.until_ms(100).empty());
  w.net.resume(C, w.now);
  CHECK(w.until_ms(200) == Lines{"100ms 1>0 A", "100ms 1>0 reset!"});
}

TEST_CASE("killing a frozen process unfreezes its lanes for the next life") {
  Wire w;
  w.open();
  w.net.freeze(B);
  w.tell(C, B, 'a');
  w.net.process_ended(B, true, w.now, EventId());
  w.net.process_started(B, w.now, EventId());
  w.net.listen(B);
  CHECK(w.until_ms(20) == Lines{"11ms 1>0 reset!"});
  w.tell(C, B, 'b');
  CHECK(w.until_ms(30) == Lines{"23ms 0>1 b"});
}

TEST_CASE("a gate stops its kind and what follows on the lane; release lets it pass in order") {
  Wire w;
  w.open();
  w.tell(O, B, 'o');
  (void)w.until_ms(20);
  w.net.hold(C, B, Wire::kind_of('b'));
  w.tell(C, B, 'a');
  w.tell(C, B, 'b');
  w.tell(C, B, 'c');
  w.tell(O, B, 'b');
  CHECK(w.until_ms(50) == Lines{"21ms 0>1 a", "21ms 2>1 b"});
  w.net.release(C, B, Wire::kind_of('b'), w.now);
  w.tell(C, B, 'b');
  CHECK(w.until_ms(60) == Lines{"50ms 0>1 b", "50ms 0>1 c", "51ms 0>1 b"});
}

TEST_CASE("two gates on one lane are released one after the other") {
  Wire w;
  w.open();
  w.net.hold(C, B, Wire::kind_of('a'));
  w.net.hold(C, B, Wire::kind_of('b'));
  w.tell(C, B, 'a');
  w.tell(C, B, 'b');
  CHECK(w.until_ms(20).empty());
  w.net.release(C, B, Wire::kind_of('b'), w.now);
  CHECK(w.until_ms(30).empty());
  w.net.hold(C, B, Wire::kind_of('b'));
  w.net.release(C, B, Wire::kind_of('a'), w.now);
  CHECK(w.until_ms(40) == Lines{"30ms 0>1 a"});
  w.net.release(C, B, Wire::kind_of('b'), w.now);
  CHECK(w.until_ms(50) == Lines{"40ms 0>1 b"});
}

TEST_CASE("what a gate held dies with its receiver, and the lane is free again") {
  Wire w;
  w.open();
  w.net.hold(C, B, Wire::kind_of('a'));
  w.tell(C, B, 'a');
  CHECK(w.until_ms(20).empty());
  w.net.process_ended(B, true, w.now, EventId());
  CHECK(w.lost == "a");
  w.net.process_started(B, w.now, EventId());
  w.net.listen(B);
  CHECK(w.until_ms(30) == Lines{"21ms 1>0 reset!"});
  w.tell(C, B, 'b');
  CHECK(w.until_ms(40) == Lines{"33ms 0>1 b"});
}

TEST_CASE("slow links and slow receivers add to the latency of one direction") {
  Wire w;
  w.open();
  w.net.slow_link(C, B, milliseconds(5));
  w.tell(C, B, 'a');
  w.answer(B, C, 'A');
  CHECK(w.until_ms(20) == Lines{"11ms 1>0 A", "16ms 0>1 a"});
  w.net.slow_receiver(B, milliseconds(2));
  w.tell(C, B, 'b');
  CHECK(w.until_ms(30) == Lines{"28ms 0>1 b"});
  w.net.slow_link(C, B, Duration());
  w.net.slow_receiver(B, Duration());
  w.tell(C, B, 'c');
  CHECK(w.until_ms(40) == Lines{"31ms 0>1 c"});
}

TEST_CASE("a faster link later does not let messages overtake") {
  Wire w;
  w.open();
  w.net.slow_link(C, B, milliseconds(5));
  w.tell(C, B, 'a');
  w.net.slow_link(C, B, Duration());
  w.tell(C, B, 'b');
  CHECK(w.until_ms(30) == Lines{"16ms 0>1 a", "16ms 0>1 b"});
}

TEST_CASE("bandwidth: a message leaves after the bytes before it, of any channel of the pair") {
  TopologySpec spec = Wire::spec();
  spec.bandwidth = 1'000'000;  // 1 kB per millisecond
  Wire w(spec);
  w.tell(C, B, 'a', 0, 0);
  w.tell(C, B, 'b', 1, 0);
  (void)w.until_ms(10);
  w.tell(C, B, 'c', 0, 4000);
  w.tell(C, B, 'd', 1, 2000);
  w.tell(O, B, 'e', 0, 1000);
  CHECK(w.until_ms(20) == Lines{"14ms 2>1 e", "15ms 0>1 c", "17ms 0>1 d"});
  w.tell(C, B, 'f', 0, 1000);
  CHECK(w.until_ms(30) == Lines{"22ms 0>1 f"});
}

std::vector<std::int64_t> random_latencies(bool extra_traffic) {
  TopologySpec spec = Wire::spec();
  spec.within_rack = {Distribution::Kind::kUniform, microseconds(100), milliseconds(1)};
  Wire w(spec);
  if (extra_traffic) {
    w.tell(O, B, 'x');  // makes its lanes first, so lane numbers differ
    w.tell(C, B, 'y', 1);
  }
  for (int i = 0; i < 20; ++i) {
    if (extra_traffic) w.tell(C, B, 'z', 1);
    w.tell(C, O, 'a');
    if (extra_traffic) w.answer(B, C, 'w', 1);
    (void)w.until_ms(10 * (i + 1) - 5);
  }
  std::vector<std::int64_t> times;
  for (int i = 20; i < 40; ++i) {
    w.tell(C, O, 'a');
    for (const std::int64_t at : w.arrivals(O, 10 * (i + 1))) times.push_back(at);
  }
  return times;
}

TEST_CASE("latencies are keyed: traffic on one connection moves no draw on another") {
  const std::vector<std::int64_t> alone = random_latencies(false);
  CHECK(alone == random_latencies(true));
  REQUIRE(alone.size() == 20);
  CHECK(alone[1] - alone[0] != alone[2] - alone[1]);
}

}  // namespace
}  // namespace ackident
