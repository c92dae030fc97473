// The rare verbs of Network: how connections begin and end, what the ends are told, cuts and gates.
// Included by network.h alone.
#pragma once

#include "net/network.h"

namespace ackident {

template <class Message>
Connection& Network<Message>::make(NodeId initiator, NodeId acceptor, std::uint8_t channel) {
  SIM_CHECK(initiator != acceptor);
  Connection c;
  c.initiator = initiator;
  c.acceptor = acceptor;
  c.channel = channel;
  c.latency = &topology_.latency(initiator, acceptor);
  c.requests = queue_.add_lane();
  queue_.add_lane();  // of the responses
  for (const Way way : {Way::kRequests, Way::kResponses}) {
    const auto w = static_cast<std::uint32_t>(way);
    c.dice[w] = chooser_.stream(ChoiceKind::kLinkLatency, c.subject(way));
    if (node(c.to(way)).frozen) queue_.block(c.lane_of(way), kBlockFrozen);
  }
  (void)queue_.add_lane();  // notices_of
  const auto place = static_cast<std::uint32_t>(connections_.size());
  connections_.push_back(c);
  rests_.emplace_back();
  outgoing_.emplace_back();
  unanswered_.emplace_back();
  connections_of_[initiator.value()].push_back(place);
  connections_of_[acceptor.value()].push_back(place);
  index_.at(initiator.value(), column(acceptor, channel)) = place + 1;
  return connections_.back();
}

// Does a cut of this way keep something from its destination: a message, or the acknowledgement
// without which a request waits?
template <class Message>
bool Network<Message>::kept_back(const Connection& c, Way way) const {
  const Cut cut = cut_of(c, way);
  if (outgoing_[index_of(c)].waits && cut.stands) return true;
  return !queue_.empty(c.lane_of(way)) && cut.swallows(queue_.last_arrival(c.lane_of(way)));
}

// Has a cut swallowed it? What had reached the receiver's host before is read although the cut
// stands, and what arises at that host itself meets none.
template <class Message>
bool Network<Message>::meets_cut(const Popped& popped) {
  const Routing& routing = popped.message.routing;
  if (is_notice(routing.kind) && routing.kind != kNoticeKind) return false;
  const Connection& c = connections_[popped.lane.value() / kLanes];
  if (routing.response && c.state == State::kFailed) return false;
  const Way way = routing.response ? Way::kResponses : Way::kRequests;
  if (!cut_of(c, way).swallows(popped.due)) return false;
  queue_.block(popped.lane, kBlockCut);
  queue_.put_back(popped);
  return true;
}

// Drops what a cut of this way has swallowed: nobody is left who would send it again.
template <class Message>
void Network<Message>::forget_swallowed(Connection& c, Way way) {
  const Cut cut = cut_of(c, way);
  if (!cut.stands || !cut.silent) return;
  if (kept_back(c, way)) meet_cut(c.from(way), c.to(way));
  queue_.clear_from(c.lane_of(way), cut.since, [this, &c, way](const Parcel<Message>& p) {
    if (way == Way::kRequests && p.routing.kind == kNoticeKind) --c.ends_untold;
    drop(p.message);
  });
  if (queue_.empty(c.lane_of(way))) unblock(c, way, kBlockHeld, kLongAgo);
  if (way == Way::kRequests) drop_waiting(c);
}

// Drops what is under way, and with it the reasons that were its own.
template <class Message>
void Network<Message>::discard(Connection& c, Way way) {
  if (kept_back(c, way)) meet_cut(c.from(way), c.to(way));
  queue_.clear(c.lane_of(way), [this](const Parcel<Message>& p) { drop(p.message); });
  unblock(c, way, kBlockHeld, kLongAgo);
  unblock(c, way, kBlockMuted, kLongAgo);
  if (way == Way::kRequests) {
    c.ends_untold = 0;
    rest(c) = Rest{};
    drop_waiting(c);
  }
}

template <class Message>
void Network<Message>::close(NodeId initiator, NodeId acceptor, std::uint8_t channel, Instant now,
                             EventId cause) {
  Connection* c = find(initiator, acceptor, channel);
  if (c == nullptr || c->state == State::kClosed) return;
  const bool open = c->state == State::kOpen;
  const bool unread = !queue_.empty(c->lane_of(Way::kResponses));
  discard(*c, Way::kResponses);
  forget_notices(*c);
  c->state = State::kClosed;
  if (open) tell_acceptor(*c, unread, now, cause);
}

template <class Message>
void Network<Message>::drop_connection(NodeId initiator, NodeId acceptor, std::uint8_t channel,
                                       Instant now, EventId cause) {
  Connection* c = find(initiator, acceptor, channel);
  if (c == nullptr || c->state != State::kOpen) return;
  discard(*c, Way::kRequests);
  unblock(*c, Way::kRequests, kBlockMuted, now);
  tell_initiator(*c, now, cause);
}

// The initiator's end is gone. What it sent arrives first, unless a cut has swallowed it.
// `unread`: answers were on their way; the initiator's host refuses them.
//
// One thing is simpler than it is: a host goes on sending again what a closed connection has left,
// for some hundred seconds; here its end is the end of that.
template <class Message>
void Network<Message>::tell_acceptor(Connection& c, bool unread, Instant now, EventId cause) {
  forget_swallowed(c, Way::kRequests);
  const Instant ended = now + one_way(c, Way::kRequests);
  rest(c).ended = ended;
  if (unread && c.ends_untold == 0) rest(c).refusal = ended;
  notify(c, Way::kRequests, LinkEnd::kReset, ended, cause);
}

// A request that arrives although its initiator has closed the connection. While it serves one
// request the acceptor reads nothing, so it does not notice the end: the requests before it are
// served one after the other. The first answer goes out, and makes the initiator's host refuse what
// comes; an answer after the refusal has arrived fails, and the requests that have not been read by
// then are thrown away (C0.9; Kafka 1eb76443 Selector.java pollSelectionKeys, close).
//
// An acceptor that reads ahead finds the end behind all the requests, keeps them, and throws them
// away with its next answer (2.4 Selector.java attemptRead, close, clear).
//
// One thing is simpler than it is: the next connection shares the lane, so an initiator that dials
// again takes from the old connection all but the request in service.
template <class Message>
bool Network<Message>::serve_rest(Connection& c, const Message& message, Instant now) {
  Rest& left = rest(c);
  if (left.refused) {
    drop(message);
    return false;
  }
  left.read_to_end = now >= left.ended;
  if (c.state == State::kOpen) {
    left.refused = true;
  } else {
    queue_.block(c.lane_of(Way::kRequests), kBlockMuted);
  }
  return true;
}

template <class Message>
void Network<Message>::answer_nobody(Connection& c, const Message& message, Instant now) {
  drop(message);
  if (c.ends_untold == 0) return;
  Rest& left = rest(c);
  if (now >= left.refusal || (reads_ahead_ && left.read_to_end)) left.refused = true;
  if (left.refusal == kNever && !is_cut(c.acceptor, c.initiator) &&
      !is_cut(c.initiator, c.acceptor))
    left.refusal = now + one_way(c, Way::kResponses) + one_way(c, Way::kRequests);
  unblock(c, Way::kRequests, kBlockMuted, now);
}

// The acceptor's end is gone.
template <class Message>
void Network<Message>::tell_initiator(Connection& c, Instant now, EventId cause) {
  c.state = up(c.initiator) ? State::kEnding : State::kClosed;
  if (now < c.ready) forget_notices(c);  // never open, as far as the initiator knows
  notify(c, Way::kResponses, LinkEnd::kReset, now + one_way(c, Way::kResponses), cause);
}

template <class Message>
void Network<Message>::break_off(Connection& c, Instant now, EventId cause) {
  if (now < c.ready) forget_notices(c);
  for (const Way way : {Way::kRequests, Way::kResponses}) {
    discard(c, way);
    unblock(c, way, kBlockCut, now);
    notify(c, way, LinkEnd::kReset, now + one_way(c, way), cause);
  }
  c.state = up(c.initiator) ? State::kFailed : State::kClosed;
}

template <class Message>
void Network<Message>::notify(Connection& c, Way way, LinkEnd reason, Instant at, EventId cause) {
  const NodeId to = c.to(way);
  if (!up(to)) return;
  const bool initiator = way == Way::kResponses;
  if (!initiator) ++c.ends_untold;
  const Routing routing{c.channel, kNoticeKind, initiator, false, 0};
  queue_.push(c.lane_of(way), at, cause,
              {c.from(way), to, routing, hooks_.disconnected(c.channel, reason, initiator)});
}

template <class Message>
void Network<Message>::process_started(NodeId id, Instant now, EventId cause) {
  SIM_CHECK(!node(id).up);
  node(id).up = true;
  node(id).host_on = true;
  for (const std::uint32_t i : connections_of_[id.value()]) {
    Connection& c = connections_[i];
    if (id == c.acceptor && (c.state == State::kOpen || c.state == State::kHalfOpen)) {
      c.state = State::kHalfOpen;
      reset_half_open(c, now, cause);
    } else if (c.state == State::kOpen) {
      c.state = State::kClosed;
      tell_acceptor(c, false, now, cause);
    }
  }
}

template <class Message>
void Network<Message>::process_ended(NodeId id, bool host_up, Instant now, EventId cause) {
  Node& ended = node(id);
  ended.up = ended.listening = ended.frozen = false;
  ended.host_on = host_up;
  for (const std::uint32_t i : connections_of_[id.value()]) {
    end_at(connections_[i], id, host_up, now, cause);
  }
}

template <class Message>
void Network<Message>::power_off(NodeId id) {
  SIM_CHECK(!node(id).up);
  node(id).host_on = false;
}

template <class Message>
void Network<Message>::end_at(Connection& c, NodeId id, bool host_up, Instant now, EventId cause) {
  const Way inbound = c.towards(id);
  const Way outbound = inbound == Way::kRequests ? Way::kResponses : Way::kRequests;
  const bool unread = !queue_.empty(c.lane_of(inbound));
  if (id == c.initiator) {
    forget_notices(c);
  } else if (!host_up) {
    count(c, now);  // the initiator's socket keeps what was on its way
    Instant& first = unanswered(c).first;
    if (outgoing(c).unsent > 0) first = std::min(first, now);
    const Cut cut = cut_of(c, inbound);
    queue_.for_each(c.lane_of(inbound), [&](const Parcel<Message>&, Instant due) {
      if (due >= now || cut.swallows(due)) first = std::min(first, due);
    });
  }
  discard(c, inbound);
  unblock(c, inbound, kBlockFrozen, now);
  // Without power nobody sends again what a cut has swallowed.
  if (!host_up && c.state != State::kFailed) forget_swallowed(c, outbound);
  if (c.state != State::kOpen) {
    if (id == c.initiator) c.state = State::kClosed;
    return;
  }
  if (!host_up && up(c.to(outbound))) return;  // the peer notices nothing
  if (id == c.acceptor) return tell_initiator(c, now, cause);
  c.state = State::kClosed;
  tell_acceptor(c, unread, now, cause);
}

template <class Message>
void Network<Message>::freeze(NodeId id) {
  node(id).frozen = true;
  for (const std::uint32_t i : connections_of_[id.value()]) {
    Connection& c = connections_[i];
    queue_.block(c.lane_of(c.towards(id)), kBlockFrozen);
    if (id == c.initiator) queue_.block(notices_of(c), kBlockFrozen);
  }
}

template <class Message>
void Network<Message>::resume(NodeId id, Instant now) {
  node(id).frozen = false;
  for (const std::uint32_t i : connections_of_[id.value()]) {
    Connection& c = connections_[i];
    unblock(c, c.towards(id), kBlockFrozen, now);
    if (id == c.acceptor) {
      drain(c, false, now);
    } else {
      queue_.unblock(notices_of(c), kBlockFrozen, now);
    }
  }
}

template <class Message>
void Network<Message>::cut(NodeId from, NodeId to, bool reset, Instant now, EventId cause) {
  cut_.at(from.value(), to.value()) = {true, false, !reset, now};
  any_cut_ = true;
  if (!reset) return;
  for_each_way(from, to, [&](Connection& c, Way) {
    if (c.state != State::kOpen && c.state != State::kHalfOpen) return;
    meet_cut(from, to);
    if (c.state == State::kOpen) return break_off(c, now, cause);
    tell_initiator(c, now, cause);
  });
}

// What a cut has swallowed arrives when its sender sends it again.
template <class Message>
void Network<Message>::heal(NodeId from, NodeId to, Instant now, EventId cause) {
  const Cut healed = std::exchange(cut_.at(from.value(), to.value()), Cut{});
  for_each_way(from, to, [&](Connection& c, Way way) {
    Instant first = kNever;
    queue_.for_each(c.lane_of(way), [&](const Parcel<Message>&, Instant due) {
      if (due < now && healed.swallows(due)) first = std::min(first, due);
    });
    if (first < kNever) {
      queue_.delay(c.lane_of(way), first, arrives_again(c, way, first, healed.since, now));
    }
    unblock(c, way, kBlockCut, now);
    drain(c, true, now);
    if (c.state == State::kHalfOpen) reset_half_open(c, now, cause);
  });
}

// When the first message that a cut since then has swallowed is there after all: its sender repeats
// it in times that double from the first loss on, be it of this cut or of one before. The end of a
// connection holds up nothing: its successor, which shares the lane, knows nothing of it.
template <class Message>
Instant Network<Message>::arrives_again(Connection& c, Way way, Instant first, Instant since,
                                        Instant now) {
  if (c.state != State::kOpen && c.state != State::kEnding) return now + one_way(c, way);
  Repeated& repetition = repeated(c, way);
  if (repetition.at < since) repetition.first = first;
  repetition.at = kDataRetransmission.next(repetition.first, now) + one_way(c, way);
  return repetition.at;
}

template <class Message>
bool Network<Message>::release(NodeId from, NodeId to, std::uint8_t kind, Instant now) {
  const Gate* const found = gate(from, to, kind);
  if (found == nullptr) return false;
  gates_.erase(gates_.begin() + (found - gates_.data()));
  // If another gate holds the head as well, it is stopped again when it comes up.
  for_each_way(from, to, [&](Connection& c, Way way) {
    unblock(c, way, kBlockHeld, now);
    drain(c, false, now);
  });
  return true;
}

}  // namespace ackident
