// Invariants of what must have happened by now: looked at once a second, since no fact tells of
// what was left undone. The first one found ends the looking: it would be found again every second.
#include <fmt/core.h>

#include <algorithm>

#include "oracle/invariants.h"

namespace ackident {
namespace {

constexpr Duration kEachLook = seconds(1);
constexpr Duration kSlack = seconds(1);  // for what a due timer still has to do

bool acts(const World& world, NodeId node) { return world.up(node) && !world.frozen(node); }

}  // namespace

void Invariants::look_around(const World& world, Instant now, EventId event) {
  const Where where{.at = now, .event = event};
  const std::size_t before = violations_.size();
  laggards_leave(world, where);
  silent_brokers_are_fenced(world, where);
  old_batches_are_final(world, where);
  look_at_ = violations_.size() > before ? kNever : where.at + kEachLook;
}

// A member that has not caught up for replica.lag.time.max.ms leaves the ISR: the leader looks
// every half of that (R4.4). It may join already lagging, where the high watermark stands still
// (R3.20), so what counts is how long the leader has had it before its eyes.
// (mutant: NeverShrink)
void Invariants::laggards_leave(const World& world, const Where& where) {
  const Composition& composition = world.composition();
  for (std::uint32_t p = 0; p < composition.partition_count(); ++p) {
    Laggard& seen = laggards_[p];
    const Laggard now = laggard(world, PartitionId(p), where.at);
    if (now.node == kNoNode || now.node != seen.node || now.epoch != seen.epoch) {
      seen = now;
      continue;
    }
    const NodeId leader = world.partition(PartitionId(p)).leader;
    const Duration lag_max =
        composition.brokers[composition.broker_index(leader)].replica_lag_time_max;
    const Instant since = std::max(seen.since, awake_[leader.value()]);
    if (where.at - since <= lag_max / 2 + kSlack) continue;
    Where at = where;
    at.partition = PartitionId(p);
    at.node = seen.node;
    report("LaggardLeavesIsr", at, "in the ISR, and has not caught up for long");
  }
}

// The first member that the leader could propose to remove now.
Invariants::Laggard Invariants::laggard(const World& world, PartitionId partition, Instant now) {
  const PartitionRegistration& truth = world.partition(partition);
  if (truth.leader == kNoNode || !acts(world, truth.leader)) return {};
  const Replica* replica = world.broker(truth.leader).replicas.find(partition);
  if (replica == nullptr || replica->alter_queued) return {};
  if (world.broker(truth.leader).replicas.alter.expiring) return {};  // its task waits elsewhere
  const Leader* leader = std::get_if<Leader>(&replica->role);
  // A leader that does not know the newest state cannot change it either.
  if (leader == nullptr || replica->partition_epoch != truth.partition_epoch) return {};
  const auto* committed = std::get_if<CommittedIsr>(&leader->isr);
  if (committed == nullptr) return {};
  const Composition& composition = world.composition();
  const Duration lag_max =
      composition.brokers[composition.broker_index(truth.leader)].replica_lag_time_max;
  for (const RemoteReplica& remote : leader->remotes) {
    if (!committed->isr.contains(remote.node) || remote.leo == replica->log.end()) continue;
    if (now - remote.caught_up_at > lag_max) return {remote.node, truth.partition_epoch, now};
  }
  return {};
}

// A broker that the controller has not heard of for its session's time is fenced (R5.24). The
// periodic check looks every eighth of it, and fences one broker in each run.
// (mutant: NeverFence)
void Invariants::silent_brokers_are_fenced(const World& world, const Where& where) {
  const Composition& composition = world.composition();
  if (!acts(world, composition.controller)) return;
  const ControllerConfig& config = composition.controller_config;
  const Duration session =
      composition.behaviour.kraft ? config.session_timeout : config.zookeeper_session_timeout;
  const Controller& controller = world.controller();
  for (std::size_t i = 0; i < controller.registry.sessions.size(); ++i) {
    if (controller.image.brokers[i].fenced) continue;
    const Instant since =
        std::max(controller.registry.sessions[i].contact, awake_[composition.controller.value()]);
    if (where.at - since <= session + session / 8 + kSlack) continue;
    Where at = where;
    at.node = composition.broker_node(static_cast<std::uint32_t>(i));
    report("SilentBrokerIsFenced", at, "not fenced although its session is long over");
  }
}

// No batch is open for longer than delivery.timeout.ms while its producer can send (C1.30); without
// a producer id it cannot, and nothing expires (C2.2). Before Kafka 2.1 no age was too high.
// (mutant: DeliveryTimeoutIgnored)
void Invariants::old_batches_are_final(const World& world, const Where& where) {
  const Composition& composition = world.composition();
  if (!composition.behaviour.delivery_timeout) return;
  for (const Producer& producer : world.producers()) {
    const Accumulator& accumulator = producer.accumulator;
    if (!acts(world, producer.self) || accumulator.oldest == kNoBatch) continue;
    if (producer.idempotence.enabled && producer.idempotence.id == kNoProducerId) continue;
    const ProducerBatch& oldest = accumulator[accumulator.oldest];
    const Instant since =
        std::max(oldest.created + composition.producers[producer.index].config.delivery_timeout,
                 awake_[producer.self.value()]);
    if (where.at - since <= kSlack) continue;
    Where at = where;
    at.node = producer.self;
    report("OldBatchIsFinal", at,
           fmt::format("batch {} is open beyond delivery.timeout.ms", oldest.number.value()));
  }
}

}  // namespace ackident
