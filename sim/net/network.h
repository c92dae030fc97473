// The network: what becomes of a message between two nodes. It knows nodes, connections and bytes,
// and nothing of the protocol above it.
//
// A connection is opened by its initiator when it first sends, and is in order in both directions,
// as TCP is: one lane (FIFO of the event queue) for requests, one for responses. Connections of one
// pair of nodes are told apart by a channel number.
//
//   Closed --send--> Open          handshake: the first message arrives one round trip later
//          --send--> (refused)     nobody listens: Disconnected(refused) after one round trip
//          --send--> Dialling      host off or cut: the SYN is sent again after 1, 3, 7, 15 s ...;
//                                  once it gets through: Open, or refused; if it does not within
//                                  the time given: Disconnected(setup timeout)
//   Open   --peer's process dies, host up--> what was sent arrives, then Disconnected(reset)
//          --cut--> silence; what is not there yet waits until, healed, it is next sent again
//          --host off--> silence. Once it is back: HalfOpen. It answers the first message that is
//                             sent, or sent again, with a reset; who only waits hears nothing
//          --cut with reset--> Disconnected(reset) at both ends, what was under way is lost
//          --initiator closes--> answers are dropped; requests already sent arrive, as far as the
//                             acceptor gets with them, then Disconnected(reset) at the acceptor
// One request at a time is served per connection (C0.8): a delivered request that expects an answer
// mutes its lane until the answer is sent, also when its initiator has closed (C0.9): see
// serve_rest.
//
// What an initiator sends on a connection that is over, but of whose end it has not been told, is
// dropped: the notice speaks for it. A process that died hears nothing of its connections. Apart
// stand network_opening.h, network_ends.h, and, of requests that are owed no answer,
// network_sockets.h.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/node_id.h"
#include "base/time.h"
#include "kernel/chooser.h"
#include "kernel/event_queue.h"
#include "net/connection.h"
#include "net/obstacle.h"
#include "net/pair_table.h"
#include "net/retransmission.h"
#include "net/topology.h"

namespace ackident {

template <class Message>
class Network {
 public:
  using Queue = EventQueue<Parcel<Message>>;
  using Popped = typename Queue::Popped;

  // `setups`: of each node, channel by channel. `buffers`: of each node. `reads_ahead`: an acceptor
  // that reads takes all requests that are there. The references must outlive this.
  Network(const Topology& topology, Queue& queue, const Chooser& chooser, std::uint32_t channels,
          std::vector<ConnectionSetup> setups, std::vector<SocketBuffers> buffers,
          NetworkHooks<Message> hooks, bool reads_ahead = false)
      : topology_(topology),
        queue_(queue),
        chooser_(chooser),
        channels_(channels),
        setups_(std::move(setups)),
        buffers_(std::move(buffers)),
        hooks_(hooks),
        reads_ahead_(reads_ahead),
        nodes_(topology.spec().rack_of.size()),
        connections_of_(nodes_.size()),
        index_(nodes_.size()),
        cut_(nodes_.size()),
        slow_(nodes_.size()),
        sending_until_(nodes_.size()) {
    SIM_CHECK(channels_ > 0 && channels_ <= 128);
    SIM_CHECK(setups_.size() == nodes_.size() * channels_ && buffers_.size() == nodes_.size());
  }

  // A request opens its connection if need be. A response whose connection is over is dropped.
  // The channel must be one there is, the kind not that of a notice.
  void send(NodeId from, NodeId to, const Routing& routing, const Message& message, Instant now,
            EventId cause) {
    if (routing.response) return respond(from, to, routing, message, now, cause);
    Connection& c = connection(from, to, routing.channel);
    if (c.state == State::kClosed) [[unlikely]]
      dial(c, now, cause);
    if (!routing.expects_response) [[unlikely]]
      return write(c, routing, message, now, cause);
    if (c.state != State::kOpen) [[unlikely]]
      return send_unopened(c, routing, message, now, cause);
    if (!node(to).up) [[unlikely]]
      return swallow(c, message, now);
    transmit(c, Way::kRequests, routing, message, now, cause);
  }

  void close(NodeId initiator, NodeId acceptor, std::uint8_t channel, Instant now, EventId cause);
  // The acceptor closes: requests on their way to it are dropped, what it has sent arrives, then
  // the initiator learns. The acceptor itself is not told.
  void drop_connection(NodeId initiator, NodeId acceptor, std::uint8_t channel, Instant now,
                       EventId cause);

  // The world popped this parcel. False: it must not be delivered, because a gate holds it back or
  // its receiver is down.
  bool arrive(const Popped& popped, Instant now);

  // The process runs but does not listen yet. Had its host been off, the peers that still hold a
  // connection to its former life learn better from the host's kernel.
  void process_started(NodeId id, Instant now, EventId cause);
  // Clients never listen; controller and brokers do.
  void listen(NodeId id) {
    SIM_CHECK(node(id).up);
    node(id).listening = true;
  }
  void process_ended(NodeId id, bool host_up, Instant now, EventId cause);
  // The host of a process that is down goes, too: from now on nobody even refuses a connection.
  void power_off(NodeId id);

  // A frozen process reads nothing; its kernel takes everything, ends of connections included.
  void freeze(NodeId id);
  void resume(NodeId id, Instant now);

  // One direction carries nothing more. With `reset` the open connections of the pair break.
  void cut(NodeId from, NodeId to, bool reset, Instant now, EventId cause);
  void heal(NodeId from, NodeId to, Instant now, EventId cause);
  [[nodiscard]] bool is_cut(NodeId from, NodeId to) const {
    return cut_.get(from.value(), to.value()).stands;
  }

  // Has the cut that stands there kept a message back, or a connection from being made?
  [[nodiscard]] bool met_cut(NodeId from, NodeId to) {
    bool met = cut_.get(from.value(), to.value()).met;
    for_each_way(from, to, [&](const Connection& c, Way way) { met = met || kept_back(c, way); });
    return met;
  }

  // Every later message from -> to takes that much longer; a zero ends it. Whether that is news.
  bool slow_link(NodeId from, NodeId to, Duration extra) {
    any_slow_ = true;
    return slow_.at(from.value(), to.value()).change(extra);
  }
  bool slow_receiver(NodeId to, Duration extra) { return node(to).slow.change(extra); }
  // Has what slows them now slowed a message?
  [[nodiscard]] bool slowed_link(NodeId from, NodeId to) const {
    return slow_.get(from.value(), to.value()).met;
  }
  [[nodiscard]] bool slowed_receiver(NodeId to) const { return nodes_[to.value()].slow.met; }

  // Messages of this kind stay at the receiver's door, and with them whatever follows on their
  // lane.
  void hold(NodeId from, NodeId to, std::uint8_t kind) {
    if (gate(from, to, kind) == nullptr) gates_.push_back({from, to, kind});
  }
  // False: nothing was held there.
  bool release(NodeId from, NodeId to, std::uint8_t kind, Instant now);
  // Has the gate that stands there stopped a message?
  [[nodiscard]] bool held_back(NodeId from, NodeId to, std::uint8_t kind) {
    const Gate* const found = gate(from, to, kind);
    return found != nullptr && found->stopped;
  }

  [[nodiscard]] bool listening(NodeId id) const { return nodes_[id.value()].listening; }
  [[nodiscard]] bool up(NodeId id) const { return nodes_[id.value()].up; }

  // As newly made, but for the memory. The queue must be reset with it: the lanes are its own.
  void reset() {
    std::fill(nodes_.begin(), nodes_.end(), Node{});
    connections_.clear();
    rests_.clear();
    outgoing_.clear();
    unanswered_.clear();
    waiting_.clear();
    for (auto& list : connections_of_) list.clear();
    index_.reset();
    cut_.reset();
    slow_.reset();
    sending_until_.reset();
    gates_.clear();
    any_slow_ = any_cut_ = false;
  }

 private:
  using State = Connection::State;

  struct Node {
    bool up = false;
    bool host_on = true;
    bool listening = false;
    bool frozen = false;
    Slow slow;
  };
  Node& node(NodeId id) {
    SIM_CHECK(id.value() < nodes_.size());
    return nodes_[id.value()];
  }
  [[nodiscard]] std::uint32_t column(NodeId acceptor, std::uint8_t channel) const {
    return acceptor.value() * channels_ + channel;
  }
  Connection* find(NodeId initiator, NodeId acceptor, std::uint8_t channel) {
    const std::uint32_t i = index_.get(initiator.value(), column(acceptor, channel));
    return i == 0 ? nullptr : &connections_[i - 1];
  }
  Connection& connection(NodeId initiator, NodeId acceptor, std::uint8_t channel) {
    Connection* known = find(initiator, acceptor, channel);
    return known != nullptr ? *known : make(initiator, acceptor, channel);
  }
  Connection& make(NodeId initiator, NodeId acceptor, std::uint8_t channel);

  // The lanes on which something may travel from -> to.
  template <class Visit>
  void for_each_way(NodeId from, NodeId to, Visit&& visit) {
    for (std::uint32_t i = 0; i < channels_; ++i) {
      const auto channel = static_cast<std::uint8_t>(i);
      if (Connection* c = find(from, to, channel)) visit(*c, Way::kRequests);
      if (Connection* c = find(to, from, channel)) visit(*c, Way::kResponses);
    }
  }
  [[nodiscard]] Gate* gate(NodeId from, NodeId to, std::uint8_t kind) {
    for (Gate& g : gates_) {
      if (g.from == from && g.to == to && g.kind == kind) return &g;
    }
    return nullptr;
  }

  [[nodiscard]] LaneId notices_of(const Connection& c) const {
    return LaneId(index_of(c) * kLanes + kWays);
  }
  [[nodiscard]] bool kept_back(const Connection& c, Way way) const;
  void meet_cut(NodeId from, NodeId to) {
    if (is_cut(from, to)) cut_.at(from.value(), to.value()).met = true;
  }
  void drop(const Message& message) { hooks_.drop(hooks_.context, message); }
  void unblock(const Connection& c, Way way, BlockReason reason, Instant floor) {
    if ((queue_.blocked(c.lane_of(way)) & reason) == 0) return;
    queue_.unblock(c.lane_of(way), reason, floor);
  }
  void discard(Connection& c, Way way);
  void forget_swallowed(Connection& c, Way way);
  bool meets_cut(const Popped& popped);
  [[nodiscard]] std::uint32_t index_of(const Connection& c) const {
    return static_cast<std::uint32_t>(&c - connections_.data());
  }
  Rest& rest(const Connection& c) { return rests_[index_of(c)]; }
  Outgoing<Message>& outgoing(const Connection& c) { return outgoing_[index_of(c)]; }
  Unanswered& unanswered(const Connection& c) { return unanswered_[index_of(c)]; }
  Repeated& repeated(const Connection& c, Way way) {
    return unanswered(c).repeated[static_cast<std::uint32_t>(way)];
  }
  [[nodiscard]] Cut cut_of(const Connection& c, Way way) const {
    return cut_.get(c.from(way).value(), c.to(way).value());
  }

  // Draws the latency of the next message.
  Duration one_way(Connection& c, Way way) {
    const auto w = static_cast<std::uint32_t>(way);
    const Sampler& latency = *c.latency;
    const std::uint64_t ordinal = c.sent[w]++;
    Duration total = nodes_[c.to(way).value()].slow.meet();
    if (any_slow_) total += slow_.at(c.from(way).value(), c.to(way).value()).meet();
    if (latency.is_constant()) return total + latency.sample(0);
    return total + latency.sample(chooser_.bits(
                       c.dice[w], {ChoiceKind::kLinkLatency, c.subject(way), ordinal}));
  }

  void respond(NodeId from, NodeId to, const Routing& routing, const Message& message, Instant now,
               EventId cause) {
    Connection* c = find(to, from, routing.channel);
    if (c == nullptr) return drop(message);
    if (c->state != State::kOpen || c->ends_untold > 0) [[unlikely]]
      return answer_nobody(*c, message, now);
    unblock(*c, Way::kRequests, kBlockMuted, now);
    if (!node(to).up) return drop(message);
    transmit(*c, Way::kResponses, routing, message, now, cause);
  }

  void transmit(Connection& c, Way way, const Routing& routing, const Message& message, Instant now,
                EventId cause) {
    Instant leaves = std::max(now, c.ready);
    const std::int64_t bandwidth = topology_.spec().bandwidth;
    if (bandwidth > 0) {
      // All connections of a pair share its wire; a message has left when its last byte has.
      Instant& busy = sending_until_.at(c.from(way).value(), c.to(way).value());
      leaves = std::max(leaves, busy) + transmission(routing.bytes, bandwidth);
      busy = leaves;
    }
    Parcel<Message>& parcel = queue_.push(c.lane_of(way), leaves + one_way(c, way), cause);
    parcel.from = c.from(way);
    parcel.to = c.to(way);
    parcel.routing = routing;
    parcel.message = message;
  }
  // Rounds up.
  static Duration transmission(std::uint32_t bytes, std::int64_t bandwidth) {
    return Duration((std::int64_t{bytes} * 1'000'000'000 + bandwidth - 1) / bandwidth);
  }

  bool serve_rest(Connection& c, const Message& message, Instant now);
  void answer_nobody(Connection& c, const Message& message, Instant now);
  void write(Connection& c, const Routing& routing, const Message& message, Instant now,
             EventId cause);
  [[nodiscard]] bool host_answers(const Connection& c) const;
  [[nodiscard]] bool is_silent(const Connection& c) const;
  bool takes_all(const Connection& c);
  void count(const Connection& c, Instant now);
  void drain(Connection& c, bool behind_cut, Instant now);
  bool sent(Connection& c, Instant now);
  void tell_sent(const Connection& c, Instant at, EventId cause);
  void drop_waiting(const Connection& c);
  void forget_notices(const Connection& c);
  void dial(Connection& c, Instant now, EventId cause);
  void dial_again(Connection& c, Instant now, EventId cause);
  void connect(Connection& c, Instant now, EventId cause);
  void give_up(Connection& c, LinkEnd reason, Instant at, EventId cause);
  void arm_syn(const Connection& c, Instant now, EventId cause);
  Duration setup_timeout(const Connection& c);
  Instant patience_ends(const Connection& c, Instant now, Instant answered);
  void send_unopened(Connection& c, const Routing& routing, const Message& message, Instant now,
                     EventId cause);
  void swallow(const Connection& c, const Message& message, Instant now);
  void reset_half_open(Connection& c, Instant now, EventId cause);
  template <class Visit>
  void take_waiting(const Connection& c, Visit&& visit);
  void note(const Connection& c, std::uint8_t kind, Instant at, EventId cause,
            const Message& message);
  [[nodiscard]] bool has_notice(const Connection& c, std::uint8_t kind) const;
  Instant arrives_again(Connection& c, Way way, Instant first, Instant since, Instant now);
  void tell_acceptor(Connection& c, bool unread, Instant now, EventId cause);
  void tell_initiator(Connection& c, Instant now, EventId cause);
  void break_off(Connection& c, Instant now, EventId cause);
  void end_at(Connection& c, NodeId id, bool host_up, Instant now, EventId cause);
  void notify(Connection& c, Way way, LinkEnd reason, Instant at, EventId cause);

  const Topology& topology_;
  Queue& queue_;
  const Chooser& chooser_;
  std::uint32_t channels_;
  std::vector<ConnectionSetup> setups_;  // by node and channel
  std::vector<SocketBuffers> buffers_;
  NetworkHooks<Message> hooks_;
  bool reads_ahead_;
  std::vector<Node> nodes_;
  std::vector<Connection> connections_;                     // in order of first use
  std::vector<Rest> rests_;                                 // of each: apart, for few have one
  std::vector<Outgoing<Message>> outgoing_;                 // likewise
  std::vector<Unanswered> unanswered_;                      // likewise
  std::vector<Waiting<Message>> waiting_;                   // for the opening, in order
  std::vector<std::vector<std::uint32_t>> connections_of_;  // of each node, as either end
  PairTable<std::uint32_t> index_;  // initiator x (acceptor, channel): 1 + place in connections_
  PairTable<Cut> cut_;
  PairTable<Slow> slow_;
  PairTable<Instant> sending_until_;
  std::vector<Gate> gates_;
  bool any_slow_ = false;
  bool any_cut_ = false;  // there has been one in this run
};

template <class Message>
bool Network<Message>::arrive(const Popped& popped, Instant now) {
  const Parcel<Message>& parcel = popped.message;
  const Routing& routing = parcel.routing;
  if (any_cut_ && meets_cut(popped)) return false;
  if (!gates_.empty()) {
    if (Gate* const closed = gate(parcel.from, parcel.to, routing.kind)) {
      closed->stopped = true;
      queue_.block(popped.lane, kBlockHeld);
      queue_.put_back(popped);
      return false;
    }
  }
  if (!node(parcel.to).up) {
    drop(parcel.message);
    return false;
  }
  if (!is_notice(routing.kind) && !routing.expects_response) return true;
  Connection& c = connections_[popped.lane.value() / kLanes];  // make() adds them in this order
  if (!is_notice(routing.kind)) {
    if (c.ends_untold > 0) [[unlikely]]
      return serve_rest(c, parcel.message, now);
    if (c.state == State::kOpen) queue_.block(popped.lane, kBlockMuted);
  } else if (routing.kind == kSentKind) {
    return sent(c, now);
  } else if (routing.kind == kSynKind) {
    dial_again(c, now, popped.cause);
    return false;
  } else if (routing.kind == kOpenedKind) {
    return c.state == State::kOpen;  // else its end is news enough
  } else if (routing.response) {
    SIM_CHECK(c.state == State::kEnding || c.state == State::kFailed);
    c.state = State::kClosed;
  } else {
    SIM_CHECK(c.ends_untold > 0);
    --c.ends_untold;
    rest(c) = Rest{.ended = rest(c).ended};
  }
  return true;
}

}  // namespace ackident

#include "net/network_ends.h"
#include "net/network_opening.h"
#include "net/network_sockets.h"
