// A controller driven by hand: messages in, effects out, timers fired in the order of their times.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "kafka/controller/controller.h"

namespace ackident::controller_test {

using Lists = std::vector<std::vector<std::uint16_t>>;

inline Duration ms(std::int64_t n) { return milliseconds(n); }
inline Instant at_ms(std::int64_t n) { return Instant() + milliseconds(n); }

// Brokers are the nodes 1 .. n, as Kafka's examples number them; the controller is node 0. One
// topic, whose partitions are assigned as `lists` says.
inline Composition compose(int version, std::uint16_t brokers, const Lists& lists) {
  Composition composition;
  composition.behaviour = behaviour_of(KafkaVersion{version});
  composition.controller = NodeId(0);
  composition.broker_first = NodeId(1);
  composition.broker_count = brokers;
  composition.nodes.push_back({NodeKind::kController, 0});
  for (std::uint16_t i = 0; i < brokers; ++i) composition.nodes.push_back({NodeKind::kBroker, i});
  composition.brokers.resize(brokers);
  TopicInfo topic;
  topic.partitions = static_cast<std::uint32_t>(lists.size());
  composition.topics.push_back(topic);
  for (const std::vector<std::uint16_t>& list : lists) {
    ReplicaList replicas;
    for (const std::uint16_t broker : list) replicas.push_back(NodeId(broker));
    composition.topic_of.push_back(TopicId(0));
    composition.assignment.push_back(replicas);
  }
  return composition;
}

struct Sent {
  Instant at;
  NodeId to;
  Payload payload;
};

class ControllerDriver {
 public:
  explicit ControllerDriver(Composition composition_in, std::uint64_t seed = 1,
                            std::vector<ChoiceOverride> overrides = {})
      : composition(std::move(composition_in)), chooser(seed, std::move(overrides)) {
    reset(controller, composition, composition.controller);
    ledger.reset(composition.partition_count());
    start_at(Instant(), true);
  }

  void start_at(Instant at, bool bootstrap) {
    step(at, [&] { start(controller, {Incarnation(bootstrap ? 0 : 1), bootstrap}, ctx); });
  }
  void stop_at(Instant at) {
    advance(at);
    step(at, [&] { stop(controller, StopKind::kProcessKill, ctx); });
    timers.clear();
  }

  // Fires what is due until `at`, then delivers.
  void deliver_at(Instant at, NodeId from, const Payload& payload) {
    advance(at);
    step(at, [&] { deliver(controller, from, payload, ctx); });
  }

  void advance(Instant to) {
    for (Instant at = next_timer(); at <= to; at = next_timer()) {
      const auto due = std::find_if(timers.begin(), timers.end(),
                                    [at](const auto& entry) { return entry.second == at; });
      const LocalTimer timer(due->first);
      timers.erase(due);
      step(at, [&] { fire(controller, timer, ctx); });
    }
    now = to;
  }
  Instant next_timer() const {
    Instant next = kNever;
    for (const auto& [timer, when] : timers) next = std::min(next, when);
    return next;
  }

  // ---- what brokers say ----
  void heartbeat(Instant at, std::uint16_t broker, bool want_fence = false,
                 bool want_shutdown = false) {
    BrokerHeartbeatRequest request;
    request.epoch = registration(broker).epoch;
    request.metadata_offset = log.end();
    request.want_fence = want_fence;
    request.want_shutdown = want_shutdown;
    deliver_at(at, NodeId(broker), request);
  }
  void register_broker(Instant at, std::uint16_t broker, std::uint32_t incarnation) {
    BrokerRegistrationRequest request;
    request.incarnation = Incarnation(incarnation);
    deliver_at(at, NodeId(broker), request);
  }
  // A change of the ISR as the leader of the partition would ask for it.
  AlterPartitionPart proposal(std::uint32_t number, const std::vector<std::uint16_t>& isr) const {
    AlterPartitionPart part;
    part.partition = PartitionId(number);
    part.leader_epoch = partition(number).leader_epoch;
    part.partition_epoch = partition(number).partition_epoch;
    for (const std::uint16_t broker : isr) {
      part.isr.push_back({NodeId(broker), registration(broker).epoch});
    }
    return part;
  }
  AlterPartitionResult alter(Instant at, std::uint16_t from, const AlterPartitionPart& part) {
    AlterPartitionRequest request;
    request.broker_epoch = registration(from).epoch;
    request.parts = pools.alter_parts.make(1);
    pools.alter_parts.get(request.parts)[0] = part;
    deliver_at(at, NodeId(from), request);
    pools.alter_parts.release(request.parts);
    advance(at + composition.controller_config.append_linger);
    const auto& response = std::get<AlterPartitionResponse>(last_to(from).payload);
    REQUIRE(response.error == ErrorCode::kNone);
    const AlterPartitionResult result = pools.alter_results.get(response.parts)[0];
    pools.alter_results.release(response.parts);
    return result;
  }

  // ---- what is true ----
  const PartitionRegistration& partition(std::uint32_t number) const {
    return controller.image.partitions[number];
  }
  const BrokerRegistration& registration(std::uint16_t broker) const {
    return controller.image.brokers[broker - 1u];
  }
  std::vector<int> isr(std::uint32_t number) const {
    std::vector<int> members;
    for (const NodeId member : partition(number).isr) members.push_back(member.value());
    return members;
  }
  // -1: nobody.
  int leader(std::uint32_t number) const {
    const NodeId node = partition(number).leader;
    return node == kNoNode ? -1 : node.value();
  }
  const Sent& last_to(std::uint16_t broker) const {
    for (auto it = sent.rbegin(); it != sent.rend(); ++it) {
      if (it->to == NodeId(broker)) return *it;
    }
    FAIL("nothing was sent to this broker");
    return sent.front();
  }
  // When the fact was first noted, or kNever.
  Instant time_of(FactKind kind, std::uint16_t peer) const {
    for (const auto& [at, fact] : facts) {
      if (fact.kind == kind && fact.peer == NodeId(peer)) return at;
    }
    return kNever;
  }
  std::vector<Fact> facts_of(FactKind kind) const {
    std::vector<Fact> found;
    for (const auto& [at, fact] : facts) {
      if (fact.kind == kind) found.push_back(fact);
    }
    return found;
  }

  Composition composition;
  Chooser chooser;
  Ledger ledger;
  MetadataLog log;
  PayloadPools pools;
  Outbox outbox;
  Context ctx{composition, chooser, ledger, log, pools, outbox};
  Controller controller;
  std::map<std::uint32_t, Instant> timers;
  std::vector<Sent> sent;
  std::vector<std::pair<Instant, Fact>> facts;
  Instant now;

 private:
  template <class Body>
  void step(Instant at, const Body& body) {
    now = at;
    outbox.clear();
    ctx.begin(composition.controller, at);
    body();
    for (const Effect& effect : outbox.effects) {
      const std::uint32_t timer = effect.timer.value();
      if (effect.kind == Effect::Kind::kArm) timers[timer] = effect.at;
      if (effect.kind == Effect::Kind::kDisarm) timers.erase(timer);
      if (effect.kind == Effect::Kind::kSend) {
        sent.push_back({at, effect.to, outbox.messages[effect.message]});
      }
    }
    for (const Fact& fact : outbox.facts) facts.push_back({at, fact});
  }
};

}  // namespace ackident::controller_test
