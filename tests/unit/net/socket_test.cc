// When a request that is owed no answer is sent: what sockets take, and what has to wait. A socket
// of the wire takes 1000 bytes, and the host of a process that does not read 500 more.
#include <doctest/doctest.h>

#include <utility>

#include "wire.h"

namespace ackident {
namespace {

constexpr NodeId C = Wire::kClient;
constexpr NodeId B = Wire::kBroker;
constexpr NodeId O = Wire::kOther;

struct Open : Wire {
  Open() {
    open();
    sent.clear();
  }
  // Sends as a client does: one at a time, so it hears at once of what is sent at once.
  void put(char letter, std::uint32_t bytes) {
    tell(C, B, letter, 0, bytes);
    CHECK(until_ms(now.ns() / 1'000'000).empty());
  }
  void cut_off() {
    net.cut(C, B, false, now, EventId());
    net.cut(B, C, false, now, EventId());
  }
  void heal() {
    net.heal(C, B, now, EventId());
    net.heal(B, C, now, EventId());
  }
  void end_broker(bool host_up) { net.process_ended(B, host_up, now, EventId()); }
  void start_broker() {
    net.process_started(B, now, EventId());
    net.listen(B);
  }
};

TEST_CASE("while the acceptor reads, whatever is sent is sent at once") {
  Open w;
  w.put('a', 5000);
  w.put('b', 5000);
  w.ask(C, B, 'c');  // the answer to this one is what tells of it
  CHECK(w.until_ms(20) == Lines{"11ms 0>1 a", "11ms 0>1 b", "11ms 0>1 c"});
  CHECK(w.sent == Lines{"10ms 0>1", "10ms 0>1"});
}

TEST_CASE("the first one is sent when the connection is there, or never") {
  Wire w;
  w.tell(C, B, 'a');
  CHECK(w.until_ms(10) == Lines{"3ms 0>1 a"});
  CHECK(w.sent == Lines{"2ms 0>1"});
  w.net.process_ended(O, true, w.now, EventId());
  w.tell(C, O, 'b');
  w.tell(C, O, 'c');
  CHECK(w.until_ms(20) == Lines{"12ms 2>0 refused!"});
  CHECK(w.sent.size() == 1);
}

TEST_CASE("behind a cut the socket takes its buffer; the rest is sent when the cut heals") {
  Open w;
  w.cut_off();
  w.put('a', 600);
  w.put('b', 400);
  w.put('c', 1);
  CHECK(w.until_ms(100).empty());
  CHECK(w.sent == Lines{"10ms 0>1", "10ms 0>1"});
  w.heal();
  // 200 ms after it was first sent, there and back for the acknowledgement, and there for the rest.
  CHECK(w.until_ms(300) == Lines{"212ms 0>1 a", "212ms 0>1 b", "213ms 0>1 c"});
  CHECK(w.sent.back() == "212ms 0>1");
  w.put('d', 5000);
  CHECK(w.until_ms(400) == Lines{"301ms 0>1 d"});
  CHECK(w.sent.size() == 4);
}

TEST_CASE("what was on its way when the cut came is in the socket, too") {
  Open w;
  w.put('a', 600);
  w.ask(C, B, 'q');  // not counted
  w.cut_off();
  w.put('b', 401);
  CHECK(w.until_ms(100).empty());
  CHECK(w.sent == Lines{"10ms 0>1"});
}

TEST_CASE("acknowledgements that are cut off fill the socket, though requests arrive") {
  Open w;
  w.net.cut(B, C, false, w.now, EventId());
  w.put('a', 1000);
  CHECK(w.until_ms(20) == Lines{"11ms 0>1 a"});
  w.put('b', 1);
  CHECK(w.until_ms(100).empty());
  CHECK(w.sent.size() == 1);
  w.net.heal(B, C, w.now, EventId());
  CHECK(w.until_ms(300) == Lines{"213ms 0>1 b"});
  CHECK(w.sent.back() == "212ms 0>1");
}

TEST_CASE("healing one direction of two makes no room") {
  Open w;
  w.cut_off();
  w.put('a', 1000);
  w.put('b', 1);
  w.net.heal(C, B, w.now, EventId());
  CHECK(w.until_ms(100) == Lines{"11ms 0>1 a"});
  CHECK(w.sent.size() == 1);
  w.net.heal(B, C, w.now, EventId());
  CHECK(w.until_ms(300) == Lines{"213ms 0>1 b"});
}

TEST_CASE("the host of a frozen process takes its own buffer besides, until the process reads") {
  Open w;
  w.net.freeze(B);
  w.put('a', 1000);
  w.put('b', 500);
  w.put('c', 1);
  CHECK(w.until_ms(100).empty());
  CHECK(w.sent.size() == 2);
  w.net.resume(B, w.now);
  CHECK(w.until_ms(200) == Lines{"100ms 0>1 a", "100ms 0>1 b", "102ms 0>1 c"});
  CHECK(w.sent.back() == "101ms 0>1");
}

TEST_CASE("a process is silent from the request on that a gate holds back") {
  Open w;
  w.net.hold(C, B, Wire::kind_of('a'));
  w.put('a', 1000);
  CHECK(w.until_ms(20).empty());
  w.put('b', 500);
  w.put('c', 1);
  CHECK(w.until_ms(100).empty());
  CHECK(w.sent.size() == 2);
  w.net.release(C, B, Wire::kind_of('a'), w.now);
  CHECK(w.until_ms(200) == Lines{"100ms 0>1 a", "100ms 0>1 b", "102ms 0>1 c"});
}

TEST_CASE("what a frozen process's host has taken does not come back when it is cut off") {
  Open w;
  w.net.freeze(B);
  w.put('a', 400);
  w.cut_off();
  w.put('b', 1000);
  w.put('c', 50);
  CHECK(w.until_ms(50).empty());
  CHECK(w.sent.size() == 2);
  w.heal();  // 100 more go over: c fits
  CHECK(w.until_ms(300).empty());
  CHECK(w.sent.back() == "212ms 0>1");
  w.put('d', 50);
  w.put('e', 1);
  CHECK(w.until_ms(350).empty());
  CHECK(w.sent.size() == 4);
  w.net.resume(B, w.now);
  CHECK(w.until_ms(400) ==
        Lines{"350ms 0>1 a", "350ms 0>1 b", "350ms 0>1 c", "350ms 0>1 d", "352ms 0>1 e"});
}

TEST_CASE("silent again before the initiator has heard of the room: it waits on") {
  Open w;
  w.cut_off();
  w.put('a', 1001);
  (void)w.until_ms(100);
  w.heal();
  (void)w.until_ms(101);
  w.cut_off();
  CHECK(w.until_ms(250).empty());  // it would have heard at 212 ms
  CHECK(w.sent.empty());
  w.heal();
  CHECK(w.until_ms(500) == Lines{"415ms 0>1 a"});
  CHECK(w.sent == Lines{"414ms 0>1"});
}

TEST_CASE("a host without power answers nothing, and its return ends the connection") {
  Open w;
  w.put('a', 500);
  w.end_broker(false);
  w.put('b', 500);
  w.put('c', 1);
  CHECK(w.until_ms(100).empty());
  CHECK(w.sent.size() == 2);
  w.start_broker();
  CHECK(w.until_ms(300) == Lines{"212ms 1>0 reset!"});  // 'a' is sent again
  CHECK(w.sent.size() == 2);
  CHECK(w.lost == "abc");
  w.put('d', 2000);
  CHECK(w.until_ms(400) == Lines{"303ms 0>1 d"});
}

TEST_CASE("a request that waits for the host is gone when the power is") {
  Open w;
  w.net.freeze(B);
  w.put('a', 1501);
  w.end_broker(false);
  CHECK(w.lost == "a");
  w.start_broker();
  CHECK(w.until_ms(300) == Lines{"12ms 1>0 reset!"});
  CHECK(w.sent.empty());
}

TEST_CASE("the initiator closes: what is in the sockets arrives, what waits does not") {
  Open w;
  w.net.freeze(B);
  w.put('a', 1500);
  w.put('b', 1);
  (void)w.until_ms(50);
  w.net.close(C, B, 0, w.now, EventId());
  CHECK(w.lost == "b");
  w.put('c', 1500);  // a new connection, with sockets of its own
  CHECK(w.until_ms(60).empty());
  w.put('d', 1);
  CHECK(w.until_ms(100).empty());
  CHECK(w.sent == Lines{"10ms 0>1", "52ms 0>1"});
  w.net.resume(B, w.now);
  CHECK(w.until_ms(200) == Lines{"100ms 0>1 a", "100ms 0>1 reset", "100ms 0>1 c", "102ms 0>1 d"});
  CHECK(w.sent.size() == 3);
}

TEST_CASE("closing takes back the news of what was sent") {
  Open w;
  w.tell(C, B, 'a');
  w.net.close(C, B, 0, w.now, EventId());
  (void)w.until_ms(100);
  CHECK(w.sent.empty());
}

TEST_CASE("the acceptor's end is gone: what waits is never sent") {
  Open w;
  w.net.freeze(B);
  w.put('a', 1500);
  w.put('b', 1);
  SUBCASE("killed") { w.end_broker(true); }
  SUBCASE("it closes") { w.net.drop_connection(C, B, 0, w.now, EventId()); }
  SUBCASE("broken by a cut with reset") { w.net.cut(B, C, true, w.now, EventId()); }
  CHECK(w.lost == "ab");
  CHECK(w.until_ms(100) == Lines{"11ms 1>0 reset!"});
  CHECK(w.sent.size() == 1);
}

TEST_CASE("a socket takes its buffer for a peer of whose death a cut keeps the news") {
  Open w;
  w.cut_off();
  w.end_broker(true);
  w.put('a', 1000);
  w.put('b', 1);
  CHECK(w.until_ms(100).empty());
  CHECK(w.sent.size() == 1);
  w.heal();
  CHECK(w.until_ms(300) == Lines{"212ms 1>0 reset!"});
  CHECK(w.sent.size() == 1);
}

TEST_CASE("a socket takes anything for a peer of whose death the news is on its way") {
  Open w;
  w.end_broker(true);
  w.put('a', 5000);
  CHECK(w.until_ms(100) == Lines{"11ms 1>0 reset!"});
  CHECK(w.sent == Lines{"10ms 0>1"});
  CHECK(w.lost == "a");
}

TEST_CASE("an initiator that is frozen hears later, one that died nothing") {
  Open w;
  w.tell(C, B, 'a');
  w.net.freeze(C);
  SUBCASE("frozen") {
    CHECK(w.until_ms(50) == Lines{"11ms 0>1 a"});
    CHECK(w.sent.empty());
    w.net.resume(C, w.now);
    (void)w.until_ms(60);
    CHECK(w.sent == Lines{"50ms 0>1"});
  }
  SUBCASE("killed") { w.net.process_ended(C, true, w.now, EventId()); }
  SUBCASE("without power") { w.net.process_ended(C, false, w.now, EventId()); }
  if (!w.sent.empty()) return;
  w.net.process_started(C, w.now, EventId());
  (void)w.until_ms(60);
  CHECK(w.sent.empty());
  w.put('b', 1);
  (void)w.until_ms(70);
  CHECK(w.sent == Lines{"62ms 0>1"});
}

TEST_CASE("what waits in a process dies with it") {
  Open w;
  w.net.freeze(B);
  w.put('a', 1501);
  w.net.process_ended(C, true, w.now, EventId());
  CHECK(w.lost == "a");
  w.net.resume(B, w.now);
  CHECK(w.until_ms(100) == Lines{"11ms 0>1 reset"});
}

TEST_CASE("a cut for which a send waits has met something, also when the send is gone") {
  Open w;
  NodeId from = C;
  NodeId to = B;
  SUBCASE("of requests") {}
  SUBCASE("of acknowledgements") { std::swap(from, to); }
  w.net.cut(from, to, false, w.now, EventId());
  w.put('a', 1000);
  (void)w.until_ms(50);
  w.net.heal(from, to, w.now, EventId());
  (void)w.until_ms(300);
  w.net.cut(from, to, false, w.now, EventId());
  CHECK(!w.net.met_cut(from, to));
  w.put('b', 1001);
  CHECK(w.net.met_cut(from, to));
  w.net.close(C, B, 0, w.now, EventId());
  CHECK(w.net.met_cut(from, to));
  CHECK(!w.net.met_cut(to, from));
}

TEST_CASE("each connection has its own sockets") {
  Open w;
  w.net.freeze(B);
  w.put('a', 1501);
  w.tell(C, B, 'b', 1, 1500);
  w.tell(O, B, 'c', 0, 1500);
  (void)w.until_ms(100);
  CHECK(w.sent == Lines{"12ms 0>1", "12ms 2>1"});
}

TEST_CASE("a network that is reset has forgotten what waited") {
  Open w;
  w.net.freeze(B);
  w.put('a', 1501);
  w.reset();
  w.open();
  w.put('b', 5000);
  CHECK(w.until_ms(100) == Lines{"11ms 0>1 b"});
  CHECK(w.sent.back() == "10ms 0>1");
}

}  // namespace
}  // namespace ackident
