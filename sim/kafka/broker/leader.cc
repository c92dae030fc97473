#include "kafka/broker/leader.h"

#include <algorithm>

#include "kafka/broker/broker.h"

namespace ackident {
namespace {

// Does this follower hold the high watermark back (R3.19)? A member of the maximal ISR always does;
// so does one that is caught up and could join, to give it a stationary target (R3.21). Before 3.6
// even one that could not join did (KAFKA-15021). Kafka 1eb76443 Partition.scala
// maybeIncrementLeaderHW.
bool binds_high_watermark(const Broker& broker, const Replica& replica, const Leader& leader,
                          const RemoteReplica& remote, const Context& ctx) {
  if (in_maximal_isr(leader, remote.node, ctx)) return true;
  const Duration lag_max =
      ctx.composition().brokers[ctx.composition().broker_index(broker.self)].replica_lag_time_max;
  if (!is_caught_up(remote, replica.log.end(), ctx.now(), lag_max)) return false;
  return !ctx.behaviour().hw_skips_ineligible || is_isr_eligible(broker, remote, ctx);
}

// The least log end that binds; kNoOffset while one of them is unknown (R3.15).
Offset high_watermark_candidate(const Broker& broker, const Replica& replica, const Leader& leader,
                                const Context& ctx) {
  Offset candidate = replica.log.end();
  if (ctx.mutant(Mutant::kHwIsLeaderEnd)) return candidate;
  for (const RemoteReplica& remote : leader.remotes) {
    // One that is as far as the candidate cannot lower it, whatever else it is.
    if (remote.leo >= candidate) continue;
    if (remote.leo == kNoOffset && ctx.mutant(Mutant::kHwCountsEmptyFollower)) continue;
    if (binds_high_watermark(broker, replica, leader, remote, ctx)) candidate = remote.leo;
  }
  return candidate;
}

}  // namespace

std::uint32_t min_isr(const Broker& broker, PartitionId partition, const Context& ctx) {
  const TopicId topic = ctx.composition().topic_of[partition.value()];
  return effective_min_isr(ctx.behaviour(), broker.image.topics[topic.value()],
                           broker.image.partitions[partition.value()]);
}

bool raise_high_watermark(Broker& broker, Replica& replica, Context& ctx) {
  const Leader& leader = std::get<Leader>(replica.role);
  const Offset before = replica.log.high_watermark();
  if (replica.log.end() == before) return false;
  if (ctx.behaviour().hw_needs_min_isr && !ctx.mutant(Mutant::kHwMovesUnderMinIsr)) {
    // R3.20: the committed ISR decides, not the maximal one (R4.3). Kafka 3.7 7fdfeb12 has this
    // gate in Partition.scala maybeIncrementLeaderHW, 3.6 c888ab9c has not.
    if (committed_isr(leader.isr).size() < min_isr(broker, replica.partition, ctx)) return false;
  }
  const Offset candidate = high_watermark_candidate(broker, replica, leader, ctx);
  if (candidate == before || candidate == kNoOffset) return false;
  if (candidate < before && !ctx.mutant(Mutant::kHwMayFall)) return false;  // R1.2: only upwards
  replica.log.set_high_watermark(candidate);
  SIM_CHECK(replica.log.high_watermark() == candidate);
  ctx.note({.kind = FactKind::kHighWatermark,
            .node = broker.self,
            .partition = replica.partition,
            .a = before.value(),
            .b = candidate.value(),
            .c = leader.epoch.value()});
  return true;
}

void high_watermark_rose(Broker& broker, Replica& replica, Context& ctx) {
  complete_produces(broker, replica, ctx);
  wake_consumers(broker, replica, ctx);
  if (ctx.behaviour().hands_on_high_watermark) wake_followers(broker, replica, ctx);
}

LeaderHint leader_hint(const Broker& broker, PartitionId partition, const Context& ctx) {
  if (!ctx.behaviour().leader_hints) return {};
  if (partition.value() >= broker.image.partitions.size()) return {};
  const PartitionRegistration& known = broker.image.partitions[partition.value()];
  if (known.leader == kNoNode) return {};
  return {known.leader, known.leader_epoch};
}

void flush_if_due(const Broker& broker, Replica& replica, const Context& ctx) {
  const TopicId topic = ctx.composition().topic_of[replica.partition.value()];
  const std::int64_t limit = broker.image.topics[topic.value()].flush_messages;
  if (replica.log.end() - replica.log.flushed() >= limit) replica.log.flush(replica.log.end());
}

}  // namespace ackident
