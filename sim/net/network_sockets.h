// What becomes of a request that is owed no answer before it is under way: the sockets. Included by
// network.h alone.
//
// Its sender learns nothing of it but that it is sent: that its socket has taken the last byte. An
// acceptor that reads and a wire that carries always make room in time, so then it is sent at once:
// neither windows nor `bandwidth` are a limit. A silent acceptor is one that nobody hears. Its
// sockets fill up: the initiator's own with what no acknowledgement has come for, and before it
// that of the acceptor's host if that still answers for a process which does not read.
//
//   sent at once       there is room for all of it
//   waits --drain()--> sent: heal, resume or release has made room, and the initiator has heard so
//         --the connection ends--> never sent, and nobody ever sees a part of it
//
// A sender that counts on this sends one at a time: the next when it has heard of the one before.
#pragma once

#include "net/network.h"

namespace ackident {

template <class Message>
void Network<Message>::write(Connection& c, const Routing& routing, const Message& message,
                             Instant now, EventId cause) {
  Outgoing<Message>& out = outgoing(c);
  SIM_CHECK(!out.waits);
  if (c.state == State::kDialling) return wait_for_opening(c, routing, message, cause);
  const bool never_opened = c.state == State::kFailed && c.failures > 0;
  const bool travels = c.state == State::kOpen && node(c.acceptor).up;
  bool taken = !never_opened;
  if (taken && is_silent(c)) {
    count(c, now);
    out.unsent += routing.bytes;
    taken = takes_all(c);
  }
  if (taken) tell_sent(c, std::max(now, c.ready), cause);
  if (!travels) return drop(message);
  if (taken) return transmit(c, Way::kRequests, routing, message, now, cause);
  SIM_CHECK(!has_notice(c, kSentKind));
  out.waits = true;
  out.routing = routing;
  out.cause = cause;
  out.message = message;
}

// The kernel at the other end, whatever its processes do.
template <class Message>
bool Network<Message>::host_answers(const Connection& c) const {
  return nodes_[c.acceptor.value()].host_on && !is_cut(c.initiator, c.acceptor) &&
         !is_cut(c.acceptor, c.initiator);
}

template <class Message>
bool Network<Message>::is_silent(const Connection& c) const {
  const std::uint8_t blocked = queue_.blocked(c.lane_of(Way::kRequests));
  return !host_answers(c) || (blocked & (kBlockFrozen | kBlockHeld)) != 0;
}

// Begins to count, if that has not begun: with what is on its way behind the last end.
template <class Message>
void Network<Message>::count(const Connection& c, Instant now) {
  Outgoing<Message>& out = outgoing(c);
  if (out.counting) return;
  std::int64_t on_its_way = 0;
  queue_.for_each(c.lane_of(Way::kRequests), [&](const Parcel<Message>& p, Instant) {
    if (is_notice(p.routing.kind)) on_its_way = 0;
    if (!p.routing.expects_response) on_its_way += p.routing.bytes;
  });
  out.counting = true;
  out.since = now;
  out.unread = 0;
  out.unsent = on_its_way + (out.waits ? out.routing.bytes : 0);
}

// Is all that was sent in the sockets? What a host that answers has room for goes there.
template <class Message>
bool Network<Message>::takes_all(const Connection& c) {
  Outgoing<Message>& out = outgoing(c);
  if (host_answers(c)) {
    const std::int64_t room = buffers_[c.acceptor.value()].receive - out.unread;
    const std::int64_t moved = std::min(out.unsent, room);
    out.unsent -= moved;
    out.unread += moved;
  }
  return out.unsent <= buffers_[c.initiator.value()].send;
}

// The acceptor may be less silent than it was. That there is room the initiator's host hears with
// the next acknowledgement; behind a cut it has to ask for that by sending again.
template <class Message>
void Network<Message>::drain(Connection& c, bool behind_cut, Instant now) {
  Outgoing<Message>& out = outgoing(c);
  if (!out.counting) return;
  const bool silent = is_silent(c);
  if (!silent) out.counting = false;
  if (silent && !takes_all(c)) return;
  if (!out.waits || has_notice(c, kSentKind)) return;
  Instant asked = now;
  if (behind_cut) {
    asked = kDataRetransmission.next(out.since, now) + one_way(c, Way::kRequests);
  }
  tell_sent(c, asked + one_way(c, Way::kResponses), out.cause);
}

// The notice is due. False: what waited still has to, for the acceptor has fallen silent again.
template <class Message>
bool Network<Message>::sent(Connection& c, Instant now) {
  Outgoing<Message>& out = outgoing(c);
  if (!out.waits) return true;
  SIM_CHECK(c.state == State::kOpen);
  if (is_silent(c)) {
    count(c, now);
    if (!takes_all(c)) return false;
  }
  out.waits = false;
  transmit(c, Way::kRequests, out.routing, out.message, now, out.cause);
  return true;
}

template <class Message>
void Network<Message>::tell_sent(const Connection& c, Instant at, EventId cause) {
  note(c, kSentKind, at, cause, hooks_.sent());
}

// The connection is over: a request of which a part is missing is none.
template <class Message>
void Network<Message>::drop_waiting(const Connection& c) {
  Outgoing<Message>& out = outgoing(c);
  if (!out.waits) return;
  meet_cut(c.initiator, c.acceptor);
  meet_cut(c.acceptor, c.initiator);
  out.waits = false;
  drop(out.message);
  queue_.clear(notices_of(c), [](const Parcel<Message>&) {});
}

// It is over at the initiator's end, which hears nothing of it any more.
template <class Message>
void Network<Message>::forget_notices(const Connection& c) {
  take_waiting(c, [this](const Waiting<Message>& w) { drop(w.message); });
  drop_waiting(c);
  queue_.clear(notices_of(c), [](const Parcel<Message>&) {});
  queue_.unblock(notices_of(c), kBlockFrozen, kLongAgo);
}

}  // namespace ackident
