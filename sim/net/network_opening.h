// How a connection is opened. Included by network.h alone.
//
//   Closed --the peer's host answers--> Open, or refused
//          --it does not--> Dialling --a SYN that is sent again gets through--> Open, or refused
//                                    --the time given has passed--> failed
//
// Requests wait until it is open. While the initiator is frozen its attempt makes no progress.
#pragma once

#include "net/network.h"

namespace ackident {

template <class Message>
void Network<Message>::dial(Connection& c, Instant now, EventId cause) {
  if (host_answers(c)) return connect(c, now, cause);
  unanswered(c).began = now;
  unanswered(c).gives_up = now + std::min(setup_timeout(c), kSynGivenUp);
  c.state = State::kDialling;
  arm_syn(c, now, cause);
}

template <class Message>
void Network<Message>::dial_again(Connection& c, Instant now, EventId cause) {
  SIM_CHECK(c.state == State::kDialling);
  if (now >= unanswered(c).gives_up) return give_up(c, LinkEnd::kSetupTimeout, now, cause);
  if (host_answers(c)) return connect(c, now, cause);
  arm_syn(c, now, cause);
}

// The SYN that was sent now is lost.
template <class Message>
void Network<Message>::arm_syn(const Connection& c, Instant now, EventId cause) {
  meet_cut(c.initiator, c.acceptor);
  meet_cut(c.acceptor, c.initiator);
  const Instant again = kSynRetransmission.next(unanswered(c).began, now + nanoseconds(1));
  note(c, kSynKind, std::min(again, unanswered(c).gives_up), cause, Message{});
}

// The host answers; whether its process listens is another matter.
template <class Message>
void Network<Message>::connect(Connection& c, Instant now, EventId cause) {
  const Instant answered = now + one_way(c, Way::kRequests) + one_way(c, Way::kResponses);
  const Instant gives_up = c.state == State::kDialling ? unanswered(c).gives_up
                                                       : patience_ends(c, now, answered);
  if (answered > gives_up) return give_up(c, LinkEnd::kSetupTimeout, gives_up, cause);
  if (!node(c.acceptor).listening) return give_up(c, LinkEnd::kRefused, answered, cause);
  c.state = State::kOpen;
  c.failures = 0;
  c.ready = answered;
  outgoing(c).counting = false;
  unanswered(c).first = kNever;
  repeated(c, Way::kRequests) = repeated(c, Way::kResponses) = Repeated{};
  if (setups_[c.initiator.value() * channels_ + c.channel].told) {
    note(c, kOpenedKind, answered, cause, hooks_.opened());
  }
  if (c.ends_untold > 0 && (queue_.blocked(c.lane_of(Way::kRequests)) & kBlockMuted) != 0) {
    rest(c).refused = true;
    unblock(c, Way::kRequests, kBlockMuted, now);
  }
  take_waiting(c, [&](const Waiting<Message>& w) {
    if (w.routing.expects_response)
      return transmit(c, Way::kRequests, w.routing, w.message, now, w.cause);
    write(c, w.routing, w.message, now, w.cause);
  });
}

// When an attempt that began now ends; kNever if it is `answered` before that in any case: then no
// jitter is drawn.
template <class Message>
Instant Network<Message>::patience_ends(const Connection& c, Instant now, Instant answered) {
  const Duration least = setups_[c.initiator.value() * channels_ + c.channel].initial / 2;
  if (answered - now < least) return kNever;
  return now + std::min(setup_timeout(c), kSynGivenUp);
}

template <class Message>
void Network<Message>::give_up(Connection& c, LinkEnd reason, Instant at, EventId cause) {
  take_waiting(c, [this](const Waiting<Message>& w) { drop(w.message); });
  if (c.failures < 0xff) ++c.failures;
  c.state = State::kFailed;
  unblock(c, Way::kResponses, kBlockCut, kLongAgo);
  notify(c, Way::kResponses, reason, at, cause);
}

// C0.1, in whole milliseconds as there: the cap comes after the jitter.
template <class Message>
Duration Network<Message>::setup_timeout(const Connection& c) {
  const ConnectionSetup& setup = setups_[c.initiator.value() * channels_ + c.channel];
  if (setup.max <= setup.initial) return setup.initial;
  Duration base = setup.initial;
  for (std::uint32_t i = 0; i < c.failures && base < setup.max; ++i) base = base * 2;
  const std::uint64_t jitter =
      800'000 +
      chooser_.pick({ChoiceKind::kSetupTimeout, c.subject(Way::kRequests), unanswered(c).draws++},
                    400'000);
  const Duration jittered =
      nanoseconds(std::min(base, setup.max).ms() * static_cast<std::int64_t>(jitter));
  return milliseconds(std::min(jittered, setup.max).ms());
}

// A connection that is over takes nothing more.
template <class Message>
void Network<Message>::send_unopened(Connection& c, const Routing& routing, const Message& message,
                                     Instant now, EventId cause) {
  if (c.state == State::kDialling) {
    waiting_.push_back({index_of(c), routing, cause, message});
    return;
  }
  if (c.state != State::kHalfOpen) return drop(message);
  swallow(c, message, now);
  reset_half_open(c, now, cause);
}

// The acceptor's host has no power, or has lost it: the bytes go nowhere.
template <class Message>
void Network<Message>::swallow(const Connection& c, const Message& message, Instant now) {
  unanswered(c).first = std::min(unanswered(c).first, now);
  drop(message);
}

// The acceptor's host answers a message of a connection that it does not know with a reset: there,
// when it is next sent again, and back.
template <class Message>
void Network<Message>::reset_half_open(Connection& c, Instant now, EventId cause) {
  const Instant first = unanswered(c).first;
  if (first == kNever || !host_answers(c)) return;
  const Instant again = first == now ? now : kDataRetransmission.next(first, now);
  tell_initiator(c, again + one_way(c, Way::kRequests), cause);
}

// Hands out the requests that wait for this connection, in order, and forgets them.
template <class Message>
template <class Visit>
void Network<Message>::take_waiting(const Connection& c, Visit&& visit) {
  const std::uint32_t own = index_of(c);
  for (const Waiting<Message>& w : waiting_) {
    if (w.connection == own) visit(w);
  }
  std::erase_if(waiting_, [own](const Waiting<Message>& w) { return w.connection == own; });
}

// A notice for the initiator, from its own host.
template <class Message>
void Network<Message>::note(const Connection& c, std::uint8_t kind, Instant at, EventId cause,
                            const Message& message) {
  const Routing routing{c.channel, kind, true, false, 0};
  queue_.push(notices_of(c), at, cause, {c.acceptor, c.initiator, routing, message});
}

template <class Message>
bool Network<Message>::has_notice(const Connection& c, std::uint8_t kind) const {
  bool found = false;
  queue_.for_each(notices_of(c), [&](const Parcel<Message>& p, Instant) {
    found = found || p.routing.kind == kind;
  });
  return found;
}

}  // namespace ackident
