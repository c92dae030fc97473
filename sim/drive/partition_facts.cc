// How each kind of fact changes what is known of a partition.
#include "drive/partition_recorder.h"
#include "scenario/scenario.h"

namespace ackident {

void PartitionRecorder::on_fact(Instant at, EventId event, const Fact& fact,
                                MetricRecorder& metrics) {
  switch (fact.kind) {
    case FactKind::kAppended:
    case FactKind::kReplicated:
    case FactKind::kTruncated:
    case FactKind::kHighWatermark:
    case FactKind::kHighWatermarkLoaded:
    case FactKind::kTailLost:
    case FactKind::kLogWiped: on_log(fact); break;
    case FactKind::kBecameLeader:
    case FactKind::kBecameFollower:
    case FactKind::kWentOffline:
      on_role(at, event, fact);
      settle(at, fact.partition, metrics);
      break;
    case FactKind::kIsrProposed: {
      State& state = partitions_[fact.partition.value()];
      (fact.a < fact.b ? state.shrink_proposed : state.expand_proposed) = true;
      break;
    }
    case FactKind::kIsrRejected: {
      State& state = partitions_[fact.partition.value()];
      state.shrink_proposed = state.expand_proposed = false;
      break;
    }
    case FactKind::kPartitionChanged:
    case FactKind::kLeaderElected:
    case FactKind::kIsrChanged: on_truth(at, event, fact, metrics); break;
    case FactKind::kBrokerFenced:
    case FactKind::kBrokerUnfenced: on_fencing(at, fact, metrics); break;
    case FactKind::kTopicConfigChanged: on_topic_config(at, fact, metrics); break;
    case FactKind::kStarted:
    case FactKind::kKilled:
    case FactKind::kFrozen:
    case FactKind::kResumed: on_process(at, fact, metrics); break;
    default: break;
  }
}

void PartitionRecorder::on_log(const Fact& fact) {
  State& state = partitions_[fact.partition.value()];
  if (fact.kind == FactKind::kHighWatermark) {
    // A deposed leader's own high watermark is nobody's truth.
    if (fact.node == state.leader) state.high_watermark = Offset(fact.b);
    return;
  }
  const std::int32_t at = place(fact.partition, fact.node);
  if (at < 0) return;
  std::int64_t end = fact.b;
  if (fact.kind == FactKind::kTruncated || fact.kind == FactKind::kTailLost) end = fact.a;
  if (fact.kind == FactKind::kLogWiped) end = 0;
  state.log_ends[static_cast<std::uint32_t>(at)] = Offset(end);
}

void PartitionRecorder::on_role(Instant at, EventId event, const Fact& fact) {
  State& state = partitions_[fact.partition.value()];
  const std::int32_t where = place(fact.partition, fact.node);
  if (where < 0) return;
  const auto bit = static_cast<std::uint8_t>(1U << where);
  state.log_ends[static_cast<std::uint32_t>(where)] = Offset(fact.a);
  if (fact.kind != FactKind::kBecameLeader) {
    state.leading = static_cast<std::uint8_t>(state.leading & ~bit);
    return;
  }
  state.leading |= bit;
  if (fact.node != state.leader) return;
  const bool unknown = state.high_watermark == kNoOffset;
  state.high_watermark = Offset(fact.b);
  if (unknown) add_point(at, event, fact.partition);
}

// What the controller decided. An unclean leader is the whole ISR (R5.32).
void PartitionRecorder::on_truth(Instant at, EventId event, const Fact& fact,
                                 MetricRecorder& metrics) {
  State& state = partitions_[fact.partition.value()];
  if (fact.kind == FactKind::kIsrChanged) {
    on_isr(fact, metrics);
  } else {
    if (fact.peer != state.leader) state.high_watermark = kNoOffset;
    state.leader = fact.peer;
    state.leader_epoch = LeaderEpoch(static_cast<std::int32_t>(fact.a));
  }
  if (fact.kind == FactKind::kLeaderElected) {
    metrics.mark(Metric::kLeaderElectionRateAndTimeMs);
    if (fact.b == 1) {
      metrics.mark(Metric::kUncleanLeaderElectionsPerSec);
      state.isr = ReplicaList{fact.peer};
      state.in_sync = 1;
    }
  }
  settle(at, fact.partition, metrics);
  add_point(at, event, fact.partition);
}

// Kafka's meters count what the leader asked for, not what fencing takes away.
void PartitionRecorder::on_isr(const Fact& fact, MetricRecorder& metrics) {
  State& state = partitions_[fact.partition.value()];
  const bool shrinks = fact.a < fact.b;
  bool& proposed = shrinks ? state.shrink_proposed : state.expand_proposed;
  if (proposed) metrics.mark(shrinks ? Metric::kIsrShrinksPerSec : Metric::kIsrExpandsPerSec);
  proposed = false;
  state.in_sync = static_cast<std::uint32_t>(fact.a);
  if (fact.peer == kNoNode) return;
  if (shrinks) {
    state.isr.remove(fact.peer);
  } else if (!state.isr.contains(fact.peer)) {
    state.isr.push_back(fact.peer);
  }
}

// Rare, so it looks at every partition.
void PartitionRecorder::on_process(Instant at, const Fact& fact, MetricRecorder& metrics) {
  const std::uint16_t node = fact.node.value();
  if (fact.kind == FactKind::kKilled) {
    runs_[node] = 0;
    frozen_[node] = 0;
  } else if (fact.kind == FactKind::kStarted) {
    runs_[node] = 1;
  } else {
    frozen_[node] = fact.kind == FactKind::kFrozen ? 1 : 0;
  }
  if (!composition_->is_broker(fact.node)) return;
  for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
    State& state = partitions_[i];
    const std::int32_t where = place(PartitionId(i), fact.node);
    if (where < 0) continue;
    // A process that ended has no role when it comes back.
    if (fact.kind == FactKind::kKilled) {
      state.leading = static_cast<std::uint8_t>(state.leading & ~(1U << where));
    }
    if (state.leader == fact.node) settle(at, PartitionId(i), metrics);
  }
}

void PartitionRecorder::on_fencing(Instant at, const Fact& fact, MetricRecorder& metrics) {
  if (!composition_->is_broker(fact.peer)) return;
  std::uint8_t& fenced = fenced_[composition_->broker_index(fact.peer)];
  const std::uint8_t now = fact.kind == FactKind::kBrokerFenced ? 1 : 0;
  if (fenced == now) return;
  fenced = now;
  metrics.add(Metric::kFencedBrokerCount, at, now != 0 ? 1 : -1);
  metrics.add(Metric::kActiveBrokerCount, at, now != 0 ? -1 : 1);
}

void PartitionRecorder::on_topic_config(Instant at, const Fact& fact, MetricRecorder& metrics) {
  const auto topic = static_cast<std::size_t>(fact.a);
  topic_min_isr_[topic] = static_cast<std::int32_t>(fact.b);
  const TopicInfo& info = composition_->topics[topic];
  for (std::uint32_t i = 0; i < info.partitions; ++i) {
    settle(at, PartitionId(info.first.value() + i), metrics);
  }
}

}  // namespace ackident
