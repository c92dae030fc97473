// A producer on a bench: it sends into our hands, its timers fire when we say so, and we play the
// brokers. Metadata and producer ids are answered at once (settle()), produce requests wait for
// reply(); one that expects none is sent at once, unless its broker is in `full`. Nodes: 0
// controller, 1-3 brokers, 4 the producer.
#pragma once

#include <deque>
#include <initializer_list>
#include <map>
#include <utility>
#include <vector>

#include "kafka/client/producer.h"

namespace ackident {

struct ProducerBench {
  struct Produce {
    NodeId to;
    ProduceRequest request;
    std::vector<ProducePart> parts;
  };
  struct Question {
    NodeId to;
    Payload payload;
  };

  explicit ProducerBench(std::uint32_t partitions = 1)
      : ctx(composition, chooser, ledger, log, pools, outbox) {
    composition.nodes = {{NodeKind::kController, 0},
                         {NodeKind::kBroker, 0},
                         {NodeKind::kBroker, 1},
                         {NodeKind::kBroker, 2},
                         {NodeKind::kProducer, 0}};
    composition.controller = NodeId(0);
    composition.broker_first = NodeId(1);
    composition.broker_count = 3;
    composition.brokers.resize(3);
    composition.topics.push_back({PartitionId(0), partitions, {}});
    composition.topic_of.assign(partitions, TopicId(0));
    composition.producers.resize(1);
    composition.producers[0].node = NodeId(4);
    workload().topic = TopicId(0);
    workload().start = kNever;  // records are sent by send()
    workload().partition = PartitionId(0);
    for (std::uint32_t i = 0; i < partitions; ++i) {
      composition.assignment.push_back({broker(i % 3), broker((i + 1) % 3), broker((i + 2) % 3)});
      elect(i, broker(i % 3), 0);
    }
  }

  static NodeId broker(std::uint32_t index) {
    return NodeId(static_cast<std::uint16_t>(1 + index));
  }
  Workload& workload() { return composition.producers[0].workload; }
  ProducerConfig& config() { return composition.producers[0].config; }
  void without_idempotence() { config().idempotence = false; }

  // The controller's log gains a leader; the producer knows once it has asked.
  void elect(std::uint32_t partition, NodeId leader, std::int32_t epoch) {
    PartitionRecord record;
    record.partition = PartitionId(partition);
    record.state.leader = leader;
    record.state.leader_epoch = LeaderEpoch(epoch);
    log.append(record);
  }

  void start_process() {
    if (producer.self == kNoNode) reset(producer, composition, NodeId(4));
    step([&] { start(producer, StartInfo{}, ctx); });
  }
  // Calls send() n times now.
  void send(std::uint32_t n = 1) {
    producer.application.burst = n;
    step([&] { fire(producer, producer_timer(ProducerTimer::kArrival), ctx); });
  }
  void send_to(std::uint32_t partition, std::uint32_t n = 1) {
    workload().partition = PartitionId(partition);
    send(n);
  }

  // Answers the oldest waiting produce request; `errors` by part, the last one for all the rest.
  void reply(std::initializer_list<ErrorCode> errors = {ErrorCode::kNone}, NodeId hint = kNoNode,
             std::int32_t hint_epoch = -1) {
    const Produce produce = produces.front();
    produces.pop_front();
    ProduceResponse response;
    response.correlation = produce.request.correlation;
    response.parts = pools.produce_results.make(static_cast<std::uint32_t>(produce.parts.size()));
    for (std::size_t i = 0; i < produce.parts.size(); ++i) {
      ProduceResult& result = pools.produce_results.get(response.parts)[i];
      result.partition = produce.parts[i].partition;
      result.number = produce.parts[i].number;
      result.error = errors.begin()[std::min(i, errors.size() - 1)];
      result.leader_hint = hint;
      result.leader_hint_epoch = LeaderEpoch(hint_epoch);
      if (result.error == ErrorCode::kNone) {
        result.base = Offset(offset_next);
        offset_next += produce.parts[i].count;
      }
    }
    step([&] { deliver(producer, produce.to, response, ctx); });
    pools.produce_results.release(response.parts);
  }
  // There is room in the sockets to a broker again.
  void make_room(NodeId to) {
    std::erase(full, to);
    step([&] { deliver(producer, to, SendCompleted{}, ctx); });
  }
  // The connection to a broker breaks; what it had been sent is forgotten.
  void break_connection(NodeId to, DisconnectReason reason = DisconnectReason::kReset) {
    forget_requests(to);
    step([&] { deliver(producer, to, Disconnected{Channel::kClient, reason, true}, ctx); });
  }

  // Fires every timer that is due until `at` (but not the application's), in order.
  void run_until(Instant at) {
    for (;;) {
      auto due = timers.end();
      for (auto it = timers.begin(); it != timers.end(); ++it) {
        if (it->second > at) continue;
        if (due == timers.end() || it->second < due->second) due = it;
      }
      if (due == timers.end()) break;
      const LocalTimer timer(due->first);
      now = std::max(now, due->second);
      timers.erase(due);
      step([&] { fire(producer, timer, ctx); });
    }
    now = at;
  }
  void run_for(Duration duration) { run_until(now + duration); }

  template <class Action>
  void step(Action&& action) {
    take_step(action);
    settle();
  }
  void settle() {
    while (!questions.empty()) {
      const Question question = questions.front();
      questions.pop_front();
      take_step([&] { deliver(producer, question.to, answer(question), ctx); });
    }
  }

  [[nodiscard]] std::vector<Fact> facts_of(FactKind kind) const {
    std::vector<Fact> found;
    for (const Fact& fact : facts) {
      if (fact.kind == kind) found.push_back(fact);
    }
    return found;
  }
  [[nodiscard]] std::size_t count(FactKind kind) const { return facts_of(kind).size(); }

  Composition composition;
  Chooser chooser{7};
  Ledger ledger;
  MetadataLog log;
  PayloadPools pools;
  Outbox outbox;
  Context ctx;
  Producer producer;
  Instant now;
  std::map<std::uint32_t, Instant> timers;
  std::deque<Question> questions;  // and what is sent, of which the producer has still to hear
  std::deque<Produce> produces;
  std::vector<Fact> facts;
  std::vector<NodeId> closed;
  std::vector<NodeId> dialled;  // every hello, metadata and id request, in order
  std::vector<NodeId> down;     // refuse connections
  std::vector<NodeId> silent;   // never answer
  std::vector<NodeId> full;     // their sockets take nothing
  std::int64_t offset_next = 0;
  std::int64_t ids_given = 0;
  bool exited = false;

 private:
  template <class Action>
  void take_step(Action&& action) {
    outbox.clear();
    ctx.begin(NodeId(4), now);
    action();
    facts.insert(facts.end(), outbox.facts.begin(), outbox.facts.end());
    for (const Effect& effect : outbox.effects) apply(effect);
  }
  void apply(const Effect& effect) {
    switch (effect.kind) {
      case Effect::Kind::kArm:
        if (effect.timer == producer_timer(ProducerTimer::kArrival)) break;
        timers[effect.timer.value()] = effect.at;
        break;
      case Effect::Kind::kDisarm: timers.erase(effect.timer.value()); break;
      case Effect::Kind::kSend: take(effect.to, outbox.messages[effect.message]); break;
      case Effect::Kind::kClose:
        closed.push_back(effect.to);
        forget_requests(effect.to);
        break;
      case Effect::Kind::kExit: exited = true; break;
      default: break;
    }
  }
  void take(NodeId to, const Payload& payload) {
    if (const auto* request = std::get_if<ProduceRequest>(&payload)) {
      const auto parts = pools.produce_parts.get(request->parts);
      produces.push_back({to, *request, {parts.begin(), parts.end()}});
      if (request->acks == Acks::kNone && !has(full, to))
        questions.push_back({to, SendCompleted{}});
      pools.produce_parts.release(request->parts);
      return;
    }
    dialled.push_back(to);
    if (!has(silent, to)) questions.push_back({to, payload});
  }
  Payload answer(const Question& question) {
    if (std::holds_alternative<SendCompleted>(question.payload)) return question.payload;
    if (has(down, question.to)) {
      return Disconnected{Channel::kClient, DisconnectReason::kRefused, true};
    }
    if (const auto* metadata = std::get_if<MetadataRequest>(&question.payload)) {
      return MetadataResponse{metadata->correlation, log.end()};
    }
    const auto& init = std::get<InitProducerIdRequest>(question.payload);
    return InitProducerIdResponse{init.correlation, ErrorCode::kNone, ProducerId(++ids_given),
                                  ProducerEpoch(0)};
  }
  void forget_requests(NodeId to) {
    std::erase_if(produces, [&](const Produce& produce) { return produce.to == to; });
    std::erase_if(questions, [&](const Question& question) { return question.to == to; });
  }
  static bool has(const std::vector<NodeId>& nodes, NodeId node) {
    return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
  }
};

}  // namespace ackident
