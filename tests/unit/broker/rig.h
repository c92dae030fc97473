// A broker on a bench: one Broker, fed with hand-made messages, and everything it says collected.
//
// Nodes: 0 the controller, 1..3 brokers (the one under test is 1), 4 and 5 producers, 6 and 7
// consumers. Partition 0 (and 1, if asked for) is replicated on 1, 2, 3.
#pragma once

#include <initializer_list>
#include <utility>
#include <vector>

#include "kafka/broker/broker.h"
#include "kafka/broker/leader.h"

namespace ackident {

inline constexpr NodeId kController = NodeId(0);
inline constexpr NodeId kSelf = NodeId(1);
inline constexpr NodeId kTwo = NodeId(2);
inline constexpr NodeId kThree = NodeId(3);
inline constexpr NodeId kProducer = NodeId(4);
inline constexpr NodeId kProducer2 = NodeId(5);
inline constexpr NodeId kConsumer = NodeId(6);
inline constexpr PartitionId kP0 = PartitionId(0);
inline constexpr PartitionId kP1 = PartitionId(1);

inline BrokerEpoch broker_epoch_of(NodeId node) { return BrokerEpoch(100 + node.value()); }

class Rig {
 public:
  explicit Rig(KafkaVersion version = KafkaVersion{309}, std::uint32_t partitions = 1)
      : ctx(composition, chooser, ledger, metadata_log, pools, outbox) {
    composition.behaviour = behaviour_of(version);
    const auto add = [&](NodeKind kind, std::uint16_t count) {
      for (std::uint16_t i = 0; i < count; ++i) composition.nodes.push_back({kind, i});
    };
    add(NodeKind::kController, 1);
    add(NodeKind::kBroker, 3);
    add(NodeKind::kProducer, 2);
    add(NodeKind::kConsumer, 2);
    composition.controller = kController;
    composition.broker_first = kSelf;
    composition.broker_count = 3;
    composition.brokers.resize(3);
    TopicInfo topic;
    topic.partitions = partitions;
    composition.topics.push_back(topic);
    composition.topic_of.assign(partitions, TopicId(0));
    composition.assignment.assign(partitions, ReplicaList{kSelf, kTwo, kThree});
    ledger.reset(partitions);
    reset(broker, composition, kSelf);
    run_broker();
    for (const NodeId node : {kSelf, kTwo, kThree}) register_broker(node, false, false);
    apply();
  }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  void mutate(Mutant mutant) { composition.mutants.set(static_cast<std::size_t>(mutant)); }

  // ---- time and processes ----
  void at_ms(std::int64_t ms) {
    now = Instant(milliseconds(ms).ns());
    begin();
  }
  void begin() {
    outbox.clear();
    ctx.begin(kSelf, now);
  }
  // What lifecycle.cc brings about before the data plane has anything to do.
  void run_broker() {
    begin();
    broker.lifecycle.state = Lifecycle::State::kRunning;
    broker.lifecycle.epoch = broker_epoch_of(kSelf);
    broker.lifecycle.registered = true;
    broker.lifecycle.logs_loaded = true;
    broker.lifecycle.listening = true;
  }
  void restart(StopKind kind) {
    begin();
    stop(broker, kind, ctx);
    const AppendList<Fact> at_stop = outbox.facts;
    run_broker();
    for (const Fact& fact : at_stop) ctx.note(fact);
    load_logs(broker, ctx);
  }

  // ---- metadata ----
  void register_broker(NodeId node, bool fenced, bool shutting_down) {
    BrokerRegistration state;
    state.epoch = broker_epoch_of(node);
    state.fenced = fenced;
    state.in_controlled_shutdown = shutting_down;
    metadata_log.append(BrokerRecord{node, state});
  }
  void fence(NodeId node) {
    register_broker(node, true, false);
    apply();
  }
  void shutting_down(NodeId node) {
    register_broker(node, false, true);
    apply();
  }
  void apply() { apply_metadata(broker, metadata_log.end(), ctx); }
  void topic_config(const TopicConfig& config) {
    metadata_log.append(TopicConfigRecord{TopicId(0), config});
    apply();
  }
  void min_isr_is(std::int32_t n) { topic_config({.min_insync_replicas = n}); }

  static PartitionRegistration state(NodeId leader, std::int32_t epoch,
                                     std::initializer_list<NodeId> isr,
                                     std::int32_t partition_epoch) {
    PartitionRegistration s;
    s.replicas = {kSelf, kTwo, kThree};
    s.isr = isr;
    s.leader = leader;
    s.leader_epoch = LeaderEpoch(epoch);
    s.partition_epoch = PartitionEpoch(partition_epoch);
    return s;
  }
  void publish(const PartitionRegistration& s, PartitionId partition = kP0) {
    begin();
    metadata_log.append(PartitionRecord{partition, s});
    apply();
  }
  // The broker under test leads from `epoch` on; the partition epoch follows the leader epoch.
  void lead(std::int32_t epoch = 1, std::initializer_list<NodeId> isr = {kSelf, kTwo, kThree}) {
    publish(state(kSelf, epoch, isr, epoch));
  }
  void follow(NodeId leader, std::int32_t epoch) {
    publish(state(leader, epoch, {kSelf, kTwo, kThree}, epoch));
  }

  // ---- messages ----
  void get(NodeId from, const Payload& payload) {
    begin();
    deliver(broker, from, payload, ctx);
  }
  void timer(LocalTimer t) {
    begin();
    fire(broker, t, ctx);
  }
  void timer(BrokerTimer t) { timer(BrokerTimers::fixed(t)); }

  void produce(NodeId client, const std::vector<ProducePart>& parts, Acks acks = Acks::kAll) {
    ProduceRequest request;
    request.correlation = Correlation(++correlation);
    request.acks = acks;
    request.timeout = seconds(30);
    request.parts = pools.produce_parts.make(static_cast<std::uint32_t>(parts.size()));
    std::copy(parts.begin(), parts.end(), pools.produce_parts.get(request.parts).begin());
    get(client, request);
    pools.release(request);
  }
  static ProducePart batch(std::uint32_t count, PartitionId partition = kP0) {
    ProducePart part;
    part.partition = partition;
    part.count = count;
    part.bytes = count * 100;
    return part;
  }
  static ProducePart batch(std::uint32_t count, std::int32_t sequence) {
    ProducePart part = batch(count);
    part.producer_id = ProducerId(7);
    part.base_sequence = Sequence(sequence);
    return part;
  }
  // Appends n records without anyone waiting for them.
  void grow(std::uint32_t n, PartitionId partition = kP0) {
    produce(kProducer, {batch(n, partition)}, Acks::kLeader);
  }

  struct FetchOptions {
    std::int32_t epoch = 1;
    std::int32_t last_epoch = -1;
    Duration wait = milliseconds(500);
    std::int64_t bytes_min = 1;
    BrokerEpoch broker_epoch = kNoBrokerEpoch;
    PartitionId partition = kP0;
  };
  void replica_fetch(NodeId follower, std::int64_t offset) {
    replica_fetch(follower, offset, FetchOptions());
  }
  void replica_fetch(NodeId follower, std::int64_t offset, FetchOptions options) {
    if (options.broker_epoch == kNoBrokerEpoch) options.broker_epoch = broker_epoch_of(follower);
    fetch(follower, offset, true, options);
  }
  void consumer_fetch(NodeId consumer, std::int64_t offset) {
    fetch(consumer, offset, false, FetchOptions());
  }
  void consumer_fetch(NodeId consumer, std::int64_t offset, FetchOptions options) {
    fetch(consumer, offset, false, options);
  }
  // The fetches of both followers reach `offset`.
  void catch_up(std::int64_t offset, std::int32_t epoch = 1) {
    for (const NodeId node : {kTwo, kThree}) {
      replica_fetch(node, offset, {.epoch = epoch, .wait = Duration()});
    }
  }
  // What a leader answers: records [from, to) of `records_epoch`, and its high watermark.
  static FetchResult records(std::int64_t from, std::int64_t to, std::int32_t records_epoch,
                             std::int64_t high_watermark) {
    FetchResult result;
    result.partition = kP0;
    result.epoch = LeaderEpoch(records_epoch);
    result.from = Offset(from);
    result.to = Offset(to);
    result.bytes = static_cast<std::uint32_t>(to - from) * 100;
    result.high_watermark = Offset(high_watermark);
    return result;
  }
  static FetchResult refusal(std::int64_t from, ErrorCode error) {
    FetchResult result = records(from, from, -1, -1);
    result.error = error;
    return result;
  }
  static FetchResult diverging(std::int64_t from, std::int32_t epoch, std::int64_t end) {
    FetchResult result = records(from, from, -1, 0);
    result.diverging = {LeaderEpoch(epoch), Offset(end)};
    return result;
  }
  // A leader's answer to this broker's fetch.
  void fetch_answer(NodeId leader, const FetchResult& result) {
    FetchResponse response;
    response.correlation = broker.replicas.fetchers[composition.broker_index(leader)].correlation;
    response.parts = pools.fetch_results.make(1);
    pools.fetch_results.get(response.parts)[0] = result;
    get(leader, response);
    pools.release(response);
  }
  void alter_answer(const AlterPartitionResult& result) {
    AlterPartitionResponse response;
    response.correlation = broker.replicas.alter.correlation;
    response.parts = pools.alter_results.make(1);
    pools.alter_results.get(response.parts)[0] = result;
    get(kController, response);
    pools.release(response);
  }
  static AlterPartitionResult altered(std::initializer_list<NodeId> isr, std::int32_t epoch,
                                      std::int32_t partition_epoch) {
    AlterPartitionResult result;
    result.partition = kP0;
    result.leader_epoch = LeaderEpoch(epoch);
    result.partition_epoch = PartitionEpoch(partition_epoch);
    result.isr = isr;
    return result;
  }

  // ---- what came out of the last step ----
  template <class T>
  [[nodiscard]] std::vector<std::pair<NodeId, T>> sent() const {
    std::vector<std::pair<NodeId, T>> found;
    for (const Effect& effect : outbox.effects) {
      if (effect.kind != Effect::Kind::kSend) continue;
      if (const T* m = std::get_if<T>(&outbox.messages[effect.message])) {
        found.emplace_back(effect.to, *m);
      }
    }
    return found;
  }
  [[nodiscard]] std::vector<FetchResult> fetched(NodeId to) const {
    std::vector<FetchResult> found;
    for (const auto& [node, response] : sent<FetchResponse>()) {
      if (node != to) continue;
      for (const FetchResult& r : pools.fetch_results.get(response.parts)) found.push_back(r);
    }
    return found;
  }
  [[nodiscard]] std::vector<ProduceResult> produced(NodeId to) const {
    std::vector<ProduceResult> found;
    for (const auto& [node, response] : sent<ProduceResponse>()) {
      if (node != to) continue;
      for (const ProduceResult& r : pools.produce_results.get(response.parts)) found.push_back(r);
    }
    return found;
  }
  // The one error the client was told in the last step; fails the test if there is not one.
  [[nodiscard]] ErrorCode answer(NodeId to) const {
    const std::vector<ProduceResult> results = produced(to);
    return results.size() == 1 ? results[0].error : ErrorCode::kUnknownServerError;
  }
  [[nodiscard]] std::vector<AlterPartitionPart> proposed() const {
    std::vector<AlterPartitionPart> found;
    for (const auto& [node, request] : sent<AlterPartitionRequest>()) {
      for (const AlterPartitionPart& p : pools.alter_parts.get(request.parts)) found.push_back(p);
    }
    return found;
  }
  [[nodiscard]] std::vector<FetchPart> fetching(NodeId leader) const {
    std::vector<FetchPart> found;
    for (const auto& [node, request] : sent<FetchRequest>()) {
      if (node != leader) continue;
      for (const FetchPart& p : pools.fetch_parts.get(request.parts)) found.push_back(p);
    }
    return found;
  }
  [[nodiscard]] std::vector<Fact> facts(FactKind kind) const {
    std::vector<Fact> found;
    for (const Fact& fact : outbox.facts) {
      if (fact.kind == kind) found.push_back(fact);
    }
    return found;
  }
  [[nodiscard]] bool did(Effect::Kind kind, NodeId to) const {
    for (const Effect& effect : outbox.effects) {
      if (effect.kind == kind && effect.to == to) return true;
    }
    return false;
  }
  // The instant the timer was last armed for in this step; kNever if it was not.
  [[nodiscard]] Instant armed(LocalTimer t) const {
    Instant at = kNever;
    for (const Effect& effect : outbox.effects) {
      if (effect.kind == Effect::Kind::kArm && effect.timer == t) at = effect.at;
    }
    return at;
  }

  Replica& replica(PartitionId partition = kP0) { return *broker.replicas.find(partition); }
  PartitionLog& log(PartitionId partition = kP0) { return replica(partition).log; }
  Leader& leader(PartitionId partition = kP0) { return std::get<Leader>(replica(partition).role); }
  Follower& follower() { return std::get<Follower>(replica().role); }
  std::int64_t end() { return log().end().value(); }
  std::int64_t hw() { return log().high_watermark().value(); }
  RemoteReplica& remote(NodeId node) { return leader().remotes[node == kTwo ? 0 : 1]; }

  Composition composition;
  Chooser chooser{1};
  Ledger ledger;
  MetadataLog metadata_log;
  PayloadPools pools;
  Outbox outbox;
  Context ctx;
  Broker broker;
  Instant now;
  std::uint32_t correlation = 0;

 private:
  void fetch(NodeId from, std::int64_t offset, bool from_replica, const FetchOptions& options) {
    FetchRequest request;
    request.correlation = Correlation(++correlation);
    request.from_replica = from_replica;
    request.broker_epoch = options.broker_epoch;
    request.wait_max = options.wait;
    request.bytes_min = options.bytes_min;
    request.bytes_max = 10'000'000;
    request.parts = pools.fetch_parts.make(1);
    FetchPart& part = pools.fetch_parts.get(request.parts)[0];
    part.partition = options.partition;
    part.current_epoch = LeaderEpoch(options.epoch);
    part.last_fetched_epoch = LeaderEpoch(options.last_epoch);
    part.bytes_max = 1'000'000;
    part.offset = Offset(offset);
    get(from, request);
    pools.release(request);
  }
};

// The timers of the fetcher that reads from `leader`.
inline LocalTimer backoff(Rig& rig, NodeId leader) {
  return rig.broker.timers.fetcher_backoff(rig.composition.broker_index(leader));
}
inline LocalTimer timeout(Rig& rig, NodeId leader) {
  return rig.broker.timers.fetcher_timeout(rig.composition.broker_index(leader));
}

}  // namespace ackident
