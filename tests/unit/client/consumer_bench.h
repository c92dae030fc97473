// A consumer on the bench: its composition (controller 0, brokers 1-3, consumers from 4 on), what
// it sent and noted in the latest step, and its armed timers.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "kafka/client/consumer.h"

namespace ackident {

inline Composition bench_composition(std::uint32_t partitions, std::uint16_t consumers = 1) {
  Composition composition;
  composition.controller = NodeId(0);
  composition.broker_first = NodeId(1);
  composition.broker_count = 3;
  composition.brokers.resize(3);
  composition.nodes.push_back({NodeKind::kController, 0});
  for (std::uint16_t i = 0; i < 3; ++i) composition.nodes.push_back({NodeKind::kBroker, i});
  composition.topics.push_back(TopicInfo{PartitionId(0), partitions, TopicConfig{}});
  composition.topic_of.assign(partitions, TopicId(0));
  for (std::uint32_t i = 0; i < partitions; ++i) {
    composition.assignment.push_back({NodeId(1), NodeId(2), NodeId(3)});
    composition.assigned.push_back(PartitionId(i));
  }
  for (std::uint16_t i = 0; i < consumers; ++i) {
    const NodeId node(static_cast<std::uint16_t>(4 + i));
    composition.nodes.push_back({NodeKind::kConsumer, i});
    ConsumerInfo info;
    info.node = node;
    info.group = i;
    info.config.offset_reset = OffsetReset::kEarliest;
    info.assigned_count = partitions;
    composition.consumers.push_back(info);
  }
  return composition;
}

template <class T>
struct Sent {
  NodeId to;
  T message;
};

class Bench {
 public:
  explicit Bench(Composition given, NodeId self = NodeId(4), Instant begin = Instant())
      : composition(std::move(given)), now(begin), self_(self) {
    reset(consumer, composition, self_);
    armed_.assign(timer_count(consumer, composition, self_), kNever);
  }

  Bench(const Bench&) = delete;  // the context refers to the members
  Bench& operator=(const Bench&) = delete;

  // The controller decides that `leader` leads in `epoch`.
  void lead(PartitionId partition, NodeId leader, int epoch) {
    PartitionRecord record;
    record.partition = partition;
    record.state.leader = leader;
    record.state.leader_epoch = LeaderEpoch(epoch);
    log.append(record);
  }

  void start() {
    step([&] { ackident::start(consumer, StartInfo{}, ctx); });
  }
  void deliver(NodeId from, const Payload& payload) {
    step([&] { ackident::deliver(consumer, from, payload, ctx); });
  }
  void stop(StopKind kind = StopKind::kProcessKill) {
    step([&] { ackident::stop(consumer, kind, ctx); });
    armed_.assign(armed_.size(), kNever);
  }
  void shut_down() {
    step([&] { ackident::shut_down(consumer, ctx); });
  }

  // A timer that came due while the process was frozen.
  void fire_late(LocalTimer timer) {
    armed_[timer.value()] = kNever;
    step([&] { ackident::fire(consumer, timer, ctx); });
  }

  // Fires timers in order of time until `until`, gathering what they send and note.
  void advance(Duration duration) {
    const Instant until = now + duration;
    outbox.clear();
    while (true) {
      std::uint32_t first = 0;
      for (std::uint32_t i = 1; i < armed_.size(); ++i) {
        if (armed_[i] < armed_[first]) first = i;
      }
      if (armed_[first] > until) break;
      now = armed_[first];
      armed_[first] = kNever;
      const std::size_t seen = outbox.effects.size();
      ctx.begin(self_, now);
      ackident::fire(consumer, LocalTimer(first), ctx);
      ++fired;
      apply_timers(seen);
    }
    now = until;
  }

  // What the latest step (or advance) sent, of one type.
  template <class T>
  std::vector<Sent<T>> sent() const {
    std::vector<Sent<T>> found;
    for (const Effect& effect : outbox.effects) {
      if (effect.kind != Effect::Kind::kSend) continue;
      if (const auto* message = std::get_if<T>(&outbox.messages[effect.message])) {
        found.push_back({effect.to, *message});
      }
    }
    return found;
  }
  std::uint32_t effects(Effect::Kind kind) const {
    std::uint32_t count = 0;
    for (const Effect& effect : outbox.effects) count += effect.kind == kind ? 1 : 0;
    return count;
  }
  std::vector<Fact> facts(FactKind kind) const {
    std::vector<Fact> found;
    for (const Fact& fact : outbox.facts) {
      if (fact.kind == kind) found.push_back(fact);
    }
    return found;
  }
  std::span<const FetchPart> parts(const FetchRequest& request) const {
    return pools.fetch_parts.get(request.parts);
  }

  // The answers of an obedient cluster. Each takes the one request of its type in the latest step.
  void answer_metadata() {
    const auto asked = sent<MetadataRequest>();
    REQUIRE(asked.size() == 1);
    deliver(asked[0].to, MetadataResponse{asked[0].message.correlation, log.end()});
  }
  void answer_offset(std::int64_t offset, ErrorCode error = ErrorCode::kNone) {
    const auto asked = sent<ListOffsetsRequest>();
    REQUIRE(asked.size() == 1);
    const ListOffsetsRequest& request = asked[0].message;
    deliver(asked[0].to, ListOffsetsResponse{request.correlation, request.partition, error,
                                             request.spec, Offset(offset)});
  }
  void answer_epoch(int epoch, std::int64_t end, ErrorCode error = ErrorCode::kNone) {
    const auto asked = sent<OffsetsForLeaderEpochRequest>();
    REQUIRE(asked.size() == 1);
    const OffsetsForLeaderEpochRequest& request = asked[0].message;
    deliver(asked[0].to,
            OffsetsForLeaderEpochResponse{request.correlation, request.partition, error,
                                          EpochEnd{LeaderEpoch(epoch), Offset(end)}});
  }
  Sent<FetchRequest> the_fetch() const {
    const auto asked = sent<FetchRequest>();
    REQUIRE(asked.size() == 1);
    return asked[0];
  }
  // The fetch that `broker` has not answered, from whichever step.
  Sent<FetchRequest> unanswered_fetch(NodeId broker) const {
    Sent<FetchRequest> found{broker, {}};
    for (const PendingRequest& each : consumer.links[composition.broker_index(broker)].pending) {
      if (each.kind == PendingRequest::Kind::kFetch) found.message.correlation = each.correlation;
    }
    REQUIRE(found.message.correlation != Correlation());
    return found;
  }
  void answer_fetch(const Sent<FetchRequest>& asked, const std::vector<FetchResult>& results) {
    FetchResponse response{asked.message.correlation,
                           pools.fetch_results.make(static_cast<std::uint32_t>(results.size()))};
    std::copy(results.begin(), results.end(), pools.fetch_results.get(response.parts).begin());
    deliver(asked.to, response);
  }
  static FetchResult records(std::uint32_t partition, std::int64_t from, std::int64_t to,
                             int epoch) {
    FetchResult result;
    result.partition = PartitionId(partition);
    result.from = Offset(from);
    result.to = Offset(to);
    result.epoch = LeaderEpoch(epoch);
    return result;
  }
  static FetchResult error(std::uint32_t partition, ErrorCode code) {
    FetchResult result;
    result.partition = PartitionId(partition);
    result.error = code;
    return result;
  }

  // Starts, learns the leaders and resets partition 0 (the only one) to `offset`.
  void start_at(std::int64_t offset) {
    start();
    answer_metadata();
    answer_offset(offset);
  }

  // The same, with broker 1 leading in epoch 1: ends with the fetch at `offset`.
  void start_led_by_1(std::int64_t offset) {
    lead(PartitionId(0), NodeId(1), 1);
    start_at(offset);
  }

  const AssignedState& slot(std::uint32_t i = 0) const { return consumer.assigned[i]; }

  Composition composition;
  Chooser chooser{7};
  Ledger ledger;
  MetadataLog log;
  PayloadPools pools;
  Outbox outbox;
  Context ctx{composition, chooser, ledger, log, pools, outbox};
  Consumer consumer;
  Instant now;
  std::uint32_t fired = 0;

 private:
  template <class Action>
  void step(Action action) {
    outbox.clear();
    ctx.begin(self_, now);
    action();
    apply_timers(0);
  }
  void apply_timers(std::size_t first) {
    for (std::size_t i = first; i < outbox.effects.size(); ++i) {
      const Effect& effect = outbox.effects[i];
      if (effect.kind == Effect::Kind::kArm) armed_[effect.timer.value()] = effect.at;
      if (effect.kind == Effect::Kind::kDisarm) armed_[effect.timer.value()] = kNever;
    }
  }

  NodeId self_;
  std::vector<Instant> armed_;
};

}  // namespace ackident
