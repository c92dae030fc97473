// A broker's life beside the controller that it speaks to.
#pragma once

#include "fixture.h"
#include "kafka/broker/broker.h"

namespace ackident::controller_test {

inline constexpr std::uint16_t kSelf = 2;

// Broker 2 and the controller, with nothing between them: a message arrives when it is sent.
class Pair {
 public:
  explicit Pair(Composition composition, std::vector<ChoiceOverride> overrides = {})
      : peer(std::move(composition), 1, std::move(overrides)) {
    reset(broker, peer.composition, NodeId(kSelf));
    ctx.begin(NodeId(kSelf), Instant());
    step(Instant(), [&] { start(broker, {Incarnation(0), true}, ctx); });
  }

  void run(Instant to) {
    while (true) {
      const Instant at = std::min(next_timer(), peer.next_timer());
      if (at > to) break;
      peer.advance(at);
      take_answers(at);
      fire_due(at);
    }
    peer.advance(to);
    take_answers(to);
  }

  void kill(Instant at, StopKind kind = StopKind::kProcessKill) {
    run(at);
    step(at, [&] { stop(broker, kind, ctx); });
    timers.clear();
    listening = exited = false;
  }
  void begin(Instant at, std::uint32_t incarnation) {
    run(at);
    step(at, [&] { start(broker, {Incarnation(incarnation), false}, ctx); });
  }
  void terminate(Instant at) {
    run(at);
    step(at, [&] { shut_down(broker, ctx); });
  }
  void disconnect(Instant at, Channel channel) {
    run(at);
    step(at, [&] {
      deliver(broker, NodeId(0), Disconnected{channel, DisconnectReason::kReset, true}, ctx);
    });
  }
  // Its logs have a record: something to recover.
  void write(Instant at) {
    run(at);
    for (Replica& replica : broker.replicas.replicas) {
      replica.log.append(LeaderEpoch(0), replica.log.end() + 1, at);
    }
  }
  // The other brokers stay in touch.
  void others_speak(Instant from, Instant to) {
    for (Instant at = from; at <= to; at = at + ms(1'000)) {
      run(at);
      peer.heartbeat(at, 1);
      peer.heartbeat(at, 3);
      take_answers(at);
    }
  }

  // When requests of this type were sent, in milliseconds.
  template <class Request>
  std::vector<std::int64_t> times() const {
    std::vector<std::int64_t> found;
    for (const Sent& request : requests) {
      if (std::holds_alternative<Request>(request.payload))
        found.push_back(request.at.ns() / 1'000'000);
    }
    return found;
  }
  Lifecycle::State state() const { return broker.lifecycle.state; }

  ControllerDriver peer;
  Outbox outbox;
  Context ctx{peer.composition, peer.chooser, peer.ledger, peer.log, peer.pools, outbox};
  Broker broker;
  std::map<std::uint32_t, Instant> timers;
  std::vector<Sent> requests;
  bool listening = false;
  bool exited = false;
  bool controller_deaf = false;
  Instant listening_since = kNever;

 private:
  Instant next_timer() const {
    Instant next = kNever;
    for (const auto& [timer, when] : timers) next = std::min(next, when);
    return next;
  }
  void fire_due(Instant at) {
    for (std::uint32_t timer = 0; timer < broker.timers.count(); ++timer) {
      const auto due = timers.find(timer);
      if (due == timers.end() || due->second > at) continue;
      timers.erase(due);
      step(at, [&] { fire(broker, LocalTimer(timer), ctx); });
    }
  }
  void take_answers(Instant at) {
    while (answers_taken < peer.sent.size()) {
      const Sent answer = peer.sent[answers_taken++];
      if (answer.to != NodeId(kSelf) || !broker.running() || exited) continue;
      step(at, [&] { deliver(broker, NodeId(0), answer.payload, ctx); });
    }
  }
  template <class Body>
  void step(Instant at, const Body& body) {
    outbox.clear();
    ctx.begin(NodeId(kSelf), at);
    body();
    const Outbox effects = outbox;
    for (const Effect& effect : effects.effects) apply(effect, effects, at);
    take_answers(at);
  }
  void apply(const Effect& effect, const Outbox& effects, Instant at) {
    const std::uint32_t timer = effect.timer.value();
    switch (effect.kind) {
      case Effect::Kind::kArm: timers[timer] = effect.at; break;
      case Effect::Kind::kDisarm: timers.erase(timer); break;
      case Effect::Kind::kListen:
        listening = true;
        listening_since = at;
        break;
      case Effect::Kind::kExit: exited = true; break;
      case Effect::Kind::kSend:
        if (effect.to != NodeId(0)) break;
        requests.push_back({at, effect.to, effects.messages[effect.message]});
        if (!controller_deaf) peer.deliver_at(at, NodeId(kSelf), requests.back().payload);
        break;
      default: break;
    }
  }

  std::size_t answers_taken = 0;
};

// Jitter that draws the middle of +-2 %, for the nth back-off of 100 ms * 2^n.
inline std::vector<ChoiceOverride> no_jitter() {
  const auto timer = static_cast<std::uint32_t>(BrokerTimer::kRegistrationRetry);
  std::vector<ChoiceOverride> overrides;
  for (std::uint64_t n = 0; n < 7; ++n) {
    const ChoiceKey key{ChoiceKind::kBackoffJitter, (std::uint64_t{kSelf} << 32) | timer, n};
    overrides.push_back({key, (std::uint64_t{1} << n) * 2'000'000});
  }
  return overrides;
}

inline Composition three(int version) {
  Composition composition = compose(version, 3, {{1, 2, 3}});
  for (BrokerConfig& config : composition.brokers) config.startup_time = ms(1'000);
  return composition;
}

// The phase of the first heartbeat is set, so that the last contact before a kill is known.
inline std::vector<ChoiceOverride> first_heartbeat(Duration phase) {
  const auto timer = static_cast<std::uint32_t>(BrokerTimer::kHeartbeat);
  std::vector<ChoiceOverride> overrides = no_jitter();
  const ChoiceKey key{ChoiceKind::kTimerPhase, (std::uint64_t{kSelf} << 32) | timer, 0};
  overrides.push_back({key, static_cast<std::uint64_t>(phase.ns())});
  return overrides;
}

}  // namespace ackident::controller_test
