// One topic, one partition on three brokers, one producer, one consumer: facts are made by hand.
#pragma once

#include "drive/recorder.h"
#include "scenario/scenario.h"

namespace ackident::report_test {

inline constexpr NodeId kController = NodeId(0);
inline constexpr NodeId kB1 = NodeId(1);
inline constexpr NodeId kB2 = NodeId(2);
inline constexpr NodeId kB3 = NodeId(3);
inline constexpr NodeId kP1 = NodeId(4);
inline constexpr NodeId kC1 = NodeId(5);
inline constexpr PartitionId kOrders = PartitionId(0);

inline Scenario make_scenario(Acks acks = Acks::kAll) {
  Scenario scenario;
  scenario.file = "scenarios/hand.json";
  scenario.name = "hand";
  scenario.title = "Facts made by hand.";
  scenario.doc = scenario.title;
  scenario.setup.duration = Instant() + seconds(60);
  Composition& composition = scenario.setup.composition;
  composition.nodes = {{NodeKind::kController, 0}, {NodeKind::kBroker, 0},
                       {NodeKind::kBroker, 1},     {NodeKind::kBroker, 2},
                       {NodeKind::kProducer, 0},   {NodeKind::kConsumer, 0}};
  composition.controller = kController;
  composition.broker_first = kB1;
  composition.broker_count = 3;
  composition.topics.resize(1);
  composition.topics[0].config.min_insync_replicas = 2;
  composition.topic_of = {TopicId(0)};
  composition.assignment = {ReplicaList{kB1, kB2, kB3}};
  composition.producers.resize(1);
  composition.producers[0].node = kP1;
  composition.producers[0].config.acks = acks;
  composition.consumers.resize(1);
  composition.consumers[0].node = kC1;
  composition.consumers[0].config.offset_reset = OffsetReset::kEarliest;
  composition.consumers[0].assigned_count = 1;
  composition.assigned = {kOrders};
  Names& names = scenario.setup.names;
  names.nodes = {"controller", "b1", "b2", "b3", "p1", "c1"};
  names.topics = {"orders"};
  names.partitions = {"orders/0"};
  names.groups = {"billing"};
  Fault kill;
  kill.action = FaultAction::kKill;
  kill.line = 7;
  scenario.setup.faults = {kill};
  return scenario;
}

// Feeds facts, each an event of its own unless said otherwise.
class Feed {
 public:
  explicit Feed(const Scenario& scenario) { recorder_.reset(scenario); }

  Feed& at(Duration time) {
    now_ = Instant() + time;
    return *this;
  }
  Feed& fact(FactKind kind, NodeId node, NodeId peer, std::int64_t a = 0, std::int64_t b = 0,
             std::int64_t c = 0) {
    ++event_;
    return same_event(kind, node, peer, a, b, c);
  }
  Feed& same_event(FactKind kind, NodeId node, NodeId peer, std::int64_t a = 0, std::int64_t b = 0,
                   std::int64_t c = 0) {
    recorder_.on_fact(now_, event_, Fact{kind, node, peer, kOrders, a, b, c});
    return *this;
  }
  RunResult finish(Duration end) {
    RunResult result;
    recorder_.finish(Instant() + end, result);
    return result;
  }

 private:
  Recorder recorder_;
  Instant now_;
  EventId event_;
};

}  // namespace ackident::report_test
