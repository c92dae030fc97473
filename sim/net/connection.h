// What the network must know of a message, and what it keeps of a connection.
#pragma once

#include <array>
#include <cstdint>

#include "base/dice.h"
#include "base/node_id.h"
#include "base/time.h"
#include "kernel/distribution.h"
#include "kernel/event_queue.h"

namespace ackident {

struct Routing {
  std::uint8_t channel = 0;       // which connection of the pair
  std::uint8_t kind = 0;          // class of message, for gates (index of the payload alternative)
  bool response = false;          // travels from the acceptor back to the initiator
  bool expects_response = false;  // a request that is owed an answer (mutes its lane, C0.8)
  std::uint32_t bytes = 0;        // for bandwidth

  bool operator==(const Routing&) const = default;
};
// Routing::kind of a notice, the network's own message: that a connection has ended, that what its
// initiator sent has all been taken by its socket, or that it is open. The last is the alarm clock
// of an attempt to open it, which nobody hears.
inline constexpr std::uint8_t kNoticeKind = 0xff;
inline constexpr std::uint8_t kSentKind = 0xfe;
inline constexpr std::uint8_t kOpenedKind = 0xfd;
inline constexpr std::uint8_t kSynKind = 0xfc;
constexpr bool is_notice(std::uint8_t kind) { return kind >= kSynKind; }

template <class Message>
struct Parcel {
  NodeId from;
  NodeId to;
  Routing routing;
  Message message;
};

// Why a connection ended. Same order as the DisconnectReason of the messages above.
enum class LinkEnd : std::uint8_t { kReset, kRefused, kSetupTimeout };

template <class Message>
struct NetworkHooks {
  // Makes the notice of an ended connection; `initiator`: it is for the end that opened it.
  Message (*disconnected)(std::uint8_t channel, LinkEnd reason, bool initiator);
  // Makes the notice that a request which is owed no answer is all in the initiator's socket.
  Message (*sent)();
  // Makes the notice that the connection is open, for initiators that want it.
  Message (*opened)();
  // A message goes undelivered: release what it owns.
  void (*drop)(void* context, const Message& message);
  void* context;
};

// How an initiator opens the connections of one channel. It waits so long for the first sign of its
// peer (C0.4): twice as long after each failure in a row, give or take a fifth, but never longer
// than `max`. If that is no more than `initial`, it is `initial` each time.
struct ConnectionSetup {
  Duration initial;
  Duration max;
  bool told = false;  // it wants to hear when the connection is open
};

// What the kernel of a node takes of messages that nobody reads: bytes per connection.
struct SocketBuffers {
  std::int64_t send = 131'072;     // as initiator
  std::int64_t receive = 102'400;  // as acceptor
};

// The two ways of a connection, each a lane of the queue. A third lane is not travelled: it brings
// the initiator the notices of its own socket.
enum class Way : std::uint8_t { kRequests, kResponses };
inline constexpr std::uint32_t kWays = 2;
inline constexpr std::uint32_t kLanes = kWays + 1;

// What the last cut of a way has swallowed, until it is there after all.
struct Repeated {
  Instant first = kNever;  // when it would have arrived
  Instant at = kLongAgo;   // when it does
};

// What a host sends to one that does not answer.
struct Unanswered {
  Instant began;            // the attempt to open the connection
  Instant gives_up;         // when that ends
  std::uint32_t draws = 0;  // of its jitter: the ordinal of the next
  Instant first = kNever;   // the first message, once open, to a host without power
  std::array<Repeated, kWays> repeated;
};

// A request that waits for its connection to be open.
template <class Message>
struct Waiting {
  std::uint32_t connection = 0;
  Routing routing;
  EventId cause;
  Message message;
};

// What the sockets hold of the requests that are owed no answer. Counted only while the acceptor is
// silent, from the first request on that meets its silence.
template <class Message>
struct Outgoing {
  bool counting = false;
  Instant since;            // when that began
  bool waits = false;       // the request below is not all in the socket: it is not under way yet
  std::int64_t unsent = 0;  // bytes the initiator's end keeps; what exceeds its buffer has to wait
  std::int64_t unread = 0;  // bytes the acceptor's host has taken
  Routing routing;
  EventId cause;
  Message message;
};

// What the acceptor makes of the requests before the next end that it has not been told of.
struct Rest {
  bool refused = false;      // what is left of them is thrown away
  bool read_to_end = false;  // the one in service was read together with the end
  Instant ended;             // when the end reached the acceptor's host
  Instant refusal = kNever;  // answers fail from then on
};

struct Connection {
  enum class State : std::uint8_t {
    kClosed,
    kDialling,  // no SYN has got through yet; see Unanswered
    kOpen,
    kHalfOpen,  // the acceptor's host has lost its power since, and knows nothing of it
    kEnding,    // the acceptor's end is gone; the notice is on its way to the initiator
    kFailed,    // as kEnding, but the notice arises at the initiator: no cut holds it up
  };

  NodeId initiator;
  NodeId acceptor;
  std::uint8_t channel = 0;
  State state = State::kClosed;
  std::uint8_t failures = 0;  // attempts in a row that did not open it
  // Ends of this connection that the acceptor has not been told of yet. What it sends until then
  // answers a connection that is no more, though the initiator may have opened it anew.
  std::uint16_t ends_untold = 0;
  LaneId requests;                          // the lane of responses is the next one
  std::array<std::uint64_t, kWays> sent{};  // latencies drawn: the ordinal of the next
  std::array<Dice::Stream, kWays> dice;     // of the latencies
  const Sampler* latency = nullptr;         // the topology's, in both directions
  Instant ready;                            // end of the handshake

  [[nodiscard]] LaneId lane_of(Way way) const {
    return LaneId(requests.value() + static_cast<std::uint32_t>(way));
  }
  [[nodiscard]] NodeId from(Way way) const { return way == Way::kRequests ? initiator : acceptor; }
  [[nodiscard]] NodeId to(Way way) const { return way == Way::kRequests ? acceptor : initiator; }
  // The way whose messages reach `node`.
  [[nodiscard]] Way towards(NodeId node) const {
    return node == acceptor ? Way::kRequests : Way::kResponses;
  }
  // Key of the latencies of one way: who and where, and not when the connection was first used.
  // 40 bits, below the bits that hold the kind of choice.
  [[nodiscard]] std::uint64_t subject(Way way) const {
    const std::uint64_t pair = (std::uint64_t{from(way).value()} << 16) | to(way).value();
    return (pair << 8) | (std::uint64_t{channel} << 1) | static_cast<std::uint64_t>(way);
  }
};
static_assert(sizeof(Connection) == 64);  // a cache line: each message reads one

}  // namespace ackident
