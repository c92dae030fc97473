// How connections open, serve and end.
#include <doctest/doctest.h>

#include <string_view>

#include "wire.h"

namespace ackident {
namespace {

constexpr NodeId C = Wire::kClient;
constexpr NodeId B = Wire::kBroker;
constexpr NodeId O = Wire::kOther;

TEST_CASE("the first message waits for the handshake, the next ones do not") {
  Wire w;
  w.tell(C, B, 'a');
  w.tell(C, B, 'b');
  CHECK(w.until_ms(10) == Lines{"3ms 0>1 a", "3ms 0>1 b"});
  w.tell(C, B, 'c');
  w.answer(B, C, 'd');
  CHECK(w.until_ms(20) == Lines{"11ms 0>1 c", "11ms 1>0 d"});
}

TEST_CASE("channels are connections of their own, as are the two directions of a pair") {
  Wire w;
  w.open();
  w.tell(C, B, 'a', 1);
  w.tell(B, O, 'b');
  w.tell(O, B, 'c');
  w.tell(C, B, 'd');
  CHECK(w.until_ms(20) == Lines{"11ms 0>1 d", "13ms 0>1 a", "13ms 1>2 b", "13ms 2>1 c"});
}

TEST_CASE("nobody listens: refused after one round trip") {
  Wire w;
  w.net.process_ended(B, true, w.now, EventId());
  w.ask(C, B, 'a');
  w.ask(C, B, 'b');
  CHECK(w.lost == "ab");
  CHECK(w.until_ms(10) == Lines{"2ms 1>0 refused!"});
  w.net.process_started(B, w.now, EventId());
  w.ask(C, B, 'c');
  CHECK(w.until_ms(20) == Lines{"12ms 1>0 refused!"});
  w.net.listen(B);
  w.ask(C, B, 'd');
  CHECK(w.until_ms(30) == Lines{"23ms 0>1 d"});
}

TEST_CASE("host without power: each attempt takes the set-up timeout") {
  Wire w;
  w.net.process_ended(B, false, w.now, EventId());
  w.ask(C, B, 'a');
  CHECK(w.until_ms(11000) == Lines{"10000ms 1>0 timeout!"});
  w.ask(C, B, 'b');
  CHECK(w.until_ms(32000) == Lines{"21000ms 1>0 timeout!"});
  w.net.process_started(B, w.now, EventId());
  w.net.listen(B);
  w.ask(C, B, 'c');
  CHECK(w.until_ms(33000) == Lines{"32003ms 0>1 c"});
  CHECK(w.lost == "ab");
}

TEST_CASE("closing before the set-up timeout spares the notice") {
  Wire w;
  w.net.process_ended(B, false, w.now, EventId());
  w.ask(C, B, 'a');
  w.net.close(C, B, 0, w.now, EventId());
  CHECK(w.until_ms(20000).empty());
  CHECK(w.lost == "a");
}

TEST_CASE("one request at a time: the next waits for the answer (C0.8)") {
  Wire w;
  w.open();
  w.ask(C, B, 'a');
  w.ask(C, B, 'b');
  w.ask(C, B, 'c', 1);
  CHECK(w.until_ms(50) == Lines{"11ms 0>1 a", "13ms 0>1 c"});
  w.answer(B, C, 'A');
  CHECK(w.until_ms(60) == Lines{"50ms 0>1 b", "51ms 1>0 A"});
  w.answer(B, C, 'B');
  w.ask(C, B, 'd');
  CHECK(w.until_ms(70) == Lines{"61ms 1>0 B", "61ms 0>1 d"});
}

TEST_CASE("a request without an answer does not hold up the next") {
  Wire w;
  w.open();
  w.tell(C, B, 'a');
  w.ask(C, B, 'b');
  w.tell(C, B, 'c');
  CHECK(w.until_ms(20) == Lines{"11ms 0>1 a", "11ms 0>1 b"});
  w.answer(B, C, 'B');
  CHECK(w.until_ms(30) == Lines{"20ms 0>1 c", "21ms 1>0 B"});
}

TEST_CASE("an answer to nobody's question is dropped") {
  Wire w;
  w.answer(B, C, 'x');
  CHECK(w.lost == "x");
}

TEST_CASE("the initiator closes: requests arrive, then the end; answers are dropped") {
  Wire w;
  w.open();
  w.ask(C, B, 'a');
  (void)w.until_ms(20);
  w.answer(B, C, 'A');  // under way
  w.tell(C, B, 'b');
  w.tell(C, B, 'c');
  w.net.close(C, B, 0, w.now, EventId());
  CHECK(w.lost == "A");
  w.answer(B, C, 'X');
  CHECK(w.lost == "AX");
  CHECK(w.until_ms(30) == Lines{"21ms 0>1 b", "21ms 0>1 c", "21ms 0>1 reset"});
}

// Asks these, of which the first arrives, and closes at 20 ms.
void ask_and_close(Wire& w, std::string_view letters) {
  w.open();
  for (const char letter : letters) w.ask(C, B, letter);
  CHECK(w.until_ms(20) == Lines{"11ms 0>1 a"});
  w.net.close(C, B, 0, w.now, EventId());
}

TEST_CASE("what waits when the initiator closes is served until an answer is refused (C0.9)") {
  Wire w;
  ask_and_close(w, "abcde");
  CHECK(w.until_ms(30).empty());  // the acceptor serves a, and does not look
  w.answer(B, C, 'A');            // refused at 32 ms
  CHECK(w.until_ms(31) == Lines{"30ms 0>1 b"});
  w.answer(B, C, 'B');
  CHECK(w.until_ms(33) == Lines{"31ms 0>1 c"});
  w.answer(B, C, 'C');
  CHECK(w.until_ms(40) == Lines{"33ms 0>1 reset"});
  CHECK(w.lost == "ABCde");
}

TEST_CASE("answers under way when the initiator closes are refused before the next one is sent") {
  Wire w;
  w.open();
  for (const char letter : {'a', 'b', 'c'}) w.ask(C, B, letter);
  (void)w.until_ms(20);
  w.answer(B, C, 'A');
  w.net.close(C, B, 0, w.now, EventId());  // as a process that is killed
  CHECK(w.until_ms(30) == Lines{"20ms 0>1 b"});
  w.answer(B, C, 'B');
  CHECK(w.until_ms(40) == Lines{"30ms 0>1 reset"});
  CHECK(w.lost == "ABc");
}

TEST_CASE("an initiator that nobody can reach refuses nothing") {
  Wire w;
  ask_and_close(w, "abc");
  CHECK(w.until_ms(30).empty());
  w.net.cut(B, C, false, w.now, EventId());
  w.answer(B, C, 'A');
  CHECK(w.until_ms(40) == Lines{"30ms 0>1 b"});
  w.answer(B, C, 'B');
  CHECK(w.until_ms(50) == Lines{"40ms 0>1 c"});
  w.answer(B, C, 'C');
  CHECK(w.until_ms(60) == Lines{"50ms 0>1 reset"});
}

TEST_CASE("an initiator that dials again leaves the acceptor with the request in service") {
  Wire w;
  ask_and_close(w, "abc");
  (void)w.until_ms(30);
  w.ask(C, B, 'd');
  CHECK(w.until_ms(40) == Lines{"30ms 0>1 reset", "33ms 0>1 d"});
  CHECK(w.lost == "bc");
}

TEST_CASE("a frozen acceptor finds the requests and the end together") {
  for (const bool ahead : {false, true}) {
    Wire w(Wire::spec(), 1, ahead);
    w.open();
    w.net.freeze(B);
    for (const char letter : {'a', 'b', 'c'}) w.ask(C, B, letter);
    w.net.close(C, B, 0, w.now, EventId());
    (void)w.until_ms(20);
    w.net.resume(B, w.now);
    CHECK(w.until_ms(30) == Lines{"20ms 0>1 a"});
    w.answer(B, C, 'A');
    CHECK(w.until_ms(40) == (ahead ? Lines{"30ms 0>1 reset"} : Lines{"30ms 0>1 b"}));
    w.answer(B, C, 'B');
    CHECK(w.until_ms(50) == (ahead ? Lines{} : Lines{"40ms 0>1 reset"}));
    CHECK(w.lost == (ahead ? "AbcB" : "ABc"));
  }
}

TEST_CASE("an acceptor that reads ahead serves what it had begun, and one more") {
  Wire w(Wire::spec(), 1, true);
  ask_and_close(w, "abc");
  CHECK(w.until_ms(30).empty());
  w.answer(B, C, 'A');
  CHECK(w.until_ms(30) == Lines{"30ms 0>1 b"});
  w.answer(B, C, 'B');  // at once, and yet it fails
  CHECK(w.until_ms(40) == Lines{"30ms 0>1 reset"});
  CHECK(w.lost == "ABc");
}

TEST_CASE("an answer to a connection that was closed and opened anew goes to neither") {
  Wire w;
  w.open();
  w.ask(C, B, 'a');
  CHECK(w.until_ms(20) == Lines{"11ms 0>1 a"});
  w.net.close(C, B, 0, w.now, EventId());
  w.ask(C, B, 'b');
  w.ask(C, B, 'c');
  w.answer(B, C, 'A');
  CHECK(w.lost == "A");
  CHECK(w.until_ms(30) == Lines{"21ms 0>1 reset", "23ms 0>1 b"});
  w.answer(B, C, 'B');
  CHECK(w.until_ms(40) == Lines{"30ms 0>1 c", "31ms 1>0 B"});
}

TEST_CASE("closing twice, or what was never opened, does nothing") {
  Wire w;
  w.net.close(C, B, 0, w.now, EventId());
  w.open();
  w.net.close(C, B, 0, w.now, EventId());
  w.net.close(C, B, 0, w.now, EventId());
  CHECK(w.until_ms(20) == Lines{"11ms 0>1 reset"});
}

TEST_CASE("the acceptor dies, its host up: what it sent arrives, then the reset") {
  Wire w;
  w.open();
  w.ask(C, B, 'a');
  (void)w.until_ms(20);
  w.answer(B, C, 'A');
  w.ask(C, B, 'b');
  w.net.process_ended(B, true, w.now, EventId());
  CHECK(w.lost == "b");
  w.ask(C, B, 'c');  // sent in good faith, before the reset arrives
  CHECK(w.lost == "bc");
  CHECK(w.until_ms(30) == Lines{"21ms 1>0 A", "21ms 1>0 reset!"});
  w.ask(C, B, 'd');
  CHECK(w.until_ms(40) == Lines{"32ms 1>0 refused!"});
}

TEST_CASE("the initiator dies, its host up: what it sent arrives, then the reset") {
  Wire w;
  w.open();
  w.ask(C, B, 'a');
  (void)w.until_ms(20);
  w.answer(B, C, 'A');
  w.tell(C, B, 'b');
  w.net.process_ended(C, true, w.now, EventId());
  CHECK(w.lost == "A");
  CHECK(w.until_ms(30) == Lines{"21ms 0>1 b", "21ms 0>1 reset"});
  w.net.process_started(C, w.now, EventId());
  w.tell(C, B, 'c');
  CHECK(w.until_ms(40) == Lines{"33ms 0>1 c"});
}

TEST_CASE("host without power: silence, and the reset when what it missed is sent again") {
  Wire w;
  w.open();
  w.ask(C, B, 'a');
  w.net.process_ended(B, false, w.now, EventId());
  w.ask(C, B, 'b');
  CHECK(w.lost == "ab");
  CHECK(w.until_ms(1000).empty());
  w.net.process_started(B, w.now, EventId());
  w.net.listen(B);
  // The first was sent at 10 ms: again 0.2, 0.6 and 1.4 s later, there and back.
  CHECK(w.until_ms(1500) == Lines{"1412ms 1>0 reset!"});
  w.ask(C, B, 'c');
  CHECK(w.until_ms(1510) == Lines{"1503ms 0>1 c"});
}

TEST_CASE("host without power: who only waits hears nothing, but of the next message") {
  Wire w;
  w.open();
  w.ask(C, B, 'a');
  CHECK(w.until_ms(20) == Lines{"11ms 0>1 a"});
  w.net.process_ended(B, false, w.now, EventId());
  w.net.process_started(B, w.now, EventId());
  w.net.listen(B);
  CHECK(w.until_ms(60'000).empty());
  SUBCASE("a request") { w.ask(C, B, 'b'); }
  SUBCASE("one that is owed no answer: it counts as sent") {
    w.tell(C, B, 'b');
    CHECK(w.sent == Lines{"2ms 0>1"});
  }
  CHECK(w.until_ms(60'010) == Lines{"60002ms 1>0 reset!"});
  CHECK(w.lost == "b");
  w.ask(C, B, 'c');
  CHECK(w.until_ms(60'020) == Lines{"60013ms 0>1 c"});
}

TEST_CASE("host without power: a half-open connection is closed, or broken, at one end") {
  Wire w;
  w.open();
  w.net.process_ended(B, false, w.now, EventId());
  w.net.process_started(B, w.now, EventId());
  SUBCASE("closed") {
    w.net.close(C, B, 0, w.now, EventId());
    CHECK(w.until_ms(1000).empty());
  }
  SUBCASE("broken") {
    w.net.cut(C, B, true, w.now, EventId());
    CHECK(w.until_ms(1000) == Lines{"11ms 1>0 reset!"});
  }
}

TEST_CASE("host without power: who closed meanwhile gets no reset") {
  Wire w;
  w.open();
  w.net.process_ended(B, false, w.now, EventId());
  w.net.close(C, B, 0, w.now, EventId());
  w.net.process_started(B, w.now, EventId());
  CHECK(w.until_ms(1000).empty());
}

TEST_CASE("an initiator's host without power: the acceptor learns when it is back") {
  Wire w;
  w.open();
  w.ask(C, B, 'a');
  w.ask(C, B, 'b');
  CHECK(w.until_ms(20) == Lines{"11ms 0>1 a"});
  w.net.process_ended(C, false, w.now, EventId());
  w.answer(B, C, 'A');
  CHECK(w.lost == "A");
  CHECK(w.until_ms(30) == Lines{"20ms 0>1 b"});
  w.net.process_started(C, w.now, EventId());
  w.ask(C, B, 'c');
  CHECK(w.until_ms(40) == Lines{"31ms 0>1 reset", "33ms 0>1 c"});
}

TEST_CASE("both hosts lose power: nobody is left to be told") {
  Wire w;
  w.open();
  w.net.process_ended(B, false, w.now, EventId());
  w.net.process_ended(C, false, w.now, EventId());
  w.net.process_started(C, w.now, EventId());
  w.net.process_started(B, w.now, EventId());
  CHECK(w.until_ms(100).empty());
}

TEST_CASE("a process that died hears nothing of its former life") {
  Wire w;
  w.open();
  w.net.process_ended(B, true, w.now, EventId());  // its reset is on the way to the client
  w.net.process_ended(C, true, w.now, EventId());
  w.net.process_started(C, w.now, EventId());
  CHECK(w.until_ms(30).empty());
  CHECK(w.lost == ".");
  CHECK(w.net.up(C));
  CHECK_FALSE(w.net.up(B));
  CHECK_FALSE(w.net.listening(B));
}

TEST_CASE("after a reset of all, the same script gives the same arrivals") {
  Wire w;
  const auto script = [&] {
    w.ask(C, B, 'a');
    w.tell(O, B, 'b', 1);
    w.net.hold(O, B, Wire::kind_of('b'));
    w.net.cut(C, B, false, w.now, EventId());
    Lines lines = w.until_ms(20);
    w.net.heal(C, B, w.now, EventId());
    for (const std::string& line : w.until_ms(300)) lines.push_back(line);
    return lines;
  };
  const Lines first = script();
  CHECK(first == Lines{"204ms 0>1 a"});
  w.reset();
  CHECK(script() == first);
  w.net.release(O, B, Wire::kind_of('b'), w.now);
  CHECK(w.until_ms(310) == Lines{"300ms 2>1 b"});
}

}  // namespace
}  // namespace ackident
