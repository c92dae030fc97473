// Invariants of what a broker does by itself: its roles, what it appends and what it keeps.
#include <fmt/core.h>

#include <algorithm>

#include "oracle/invariants.h"

namespace ackident {

// A broker never goes back to an older leader epoch (R3.13), and a leader that steps down has
// answered everyone who waited for it (R2.14).
// (mutants: ActOnReplay, ParkedProduceSurvivesDemotion)
void Invariants::role_changed(const World& world, ShadowPartition& partition, const Where& where,
                              const Fact& fact) {
  Where strict = where;
  strict.permitted = false;
  ShadowLog* log = partition.log_of(where.node);
  const LeaderEpoch epoch(static_cast<std::int32_t>(fact.c));
  if (log != nullptr) {
    if (epoch < log->told_epoch) {
      report("I4 RoleEpochNeverDecreases", strict,
             fmt::format("leader epoch {} after {}", epoch.value(), log->told_epoch.value()));
    }
    log->told_epoch = epoch;
  }
  if (fact.kind == FactKind::kBecameLeader) return;
  for (const ParkedProduce& parked : world.broker(where.node).replicas.produces) {
    if (!parked.active) continue;
    const bool waits =
        std::any_of(parked.parts.begin(), parked.parts.end(), [&](const ParkedPart& part) {
          return part.result.partition == where.partition && !part.decided;
        });
    if (waits) report("DemotionAnswersParked", strict, "a produce waits at a former leader");
  }
}

// A follower appends nothing of a leader epoch that it was not told of (R3.6).
// (mutant: NoLeaderEpochFencing)
void Invariants::follower_appended(const World& world, const Where& where, const Fact& fact) {
  const Replica* replica = world.broker(where.node).replicas.find(where.partition);
  if (replica == nullptr || fact.c <= leader_epoch(*replica).value()) return;
  report("FollowerKnowsEpoch", where,
         fmt::format("appended leader epoch {} while it knew {}", fact.c,
                     leader_epoch(*replica).value()));
}

// A follower learns its high watermark from leaders only (R3.22).  (mutant: FollowerHwIsOwnEnd)
void Invariants::follower_heard(const ShadowPartition& partition, const Where& where,
                                const Fact& fact) {
  within_log(partition, where, Offset(fact.b));
  if (Offset(fact.b) <= partition.committed.end) return;
  report("FollowerHighWatermarkWasLed", where,
         fmt::format("a follower's high watermark {} with {} committed", fact.b,
                     partition.committed.end.value()));
}

// A high watermark never stands beyond the end of its log (R1.1).  (mutant: FollowerHwUnbounded)
bool Invariants::within_log(const ShadowPartition& partition, const Where& where, Offset to) {
  const ShadowLog* log = partition.log_of(where.node);
  if (log == nullptr || to <= log->end) return true;
  report("HighWatermarkWithinLog", where,
         fmt::format("high watermark {} beyond the log's end {}", to.value(), log->end.value()));
  return false;
}

// High watermarks are checkpointed (R1.16): what a replica had for a whole interval is on its disk.
// A follower's may fall again, to what its leader tells (R3.3), and is then checkpointed as that.
void Invariants::checkpoint_due(const World& world, ShadowPartition& partition, const Where& where,
                                const Fact& fact) {
  const Composition& composition = world.composition();
  const Duration interval =
      composition.brokers[composition.broker_index(where.node)].hw_checkpoint_interval;
  ShadowLog* log = partition.log_of(where.node);
  if (log == nullptr) return;
  log->checkpointed = std::min(log->checkpointed, Offset(fact.b));
  log->noted = std::min(log->noted, Offset(fact.b));
  if (where.at - log->noted_at <= interval) return;
  log->checkpointed = log->noted;
  log->noted = Offset(fact.b);
  log->noted_at = where.at;
}

// (mutant: NoCheckpoint)
void Invariants::checkpoint_loaded(ShadowPartition& partition, const Where& where,
                                   const Fact& fact) {
  // R6.4: what is above the high watermark stays until the leader is asked.
  // (mutant: RestartTruncatesToCheckpoint)
  if (truncated_.event == where.event && truncated_.partition == where.partition &&
      truncated_.node == where.node) {
    Where strict = where;
    strict.permitted = false;
    report("RestartKeepsLog", strict, "cuts its log before it knows a leader");
  }
  ShadowLog* log = partition.log_of(where.node);
  if (log == nullptr) return;
  if (Offset(fact.a) < std::min(log->checkpointed, log->end)) {
    report("CheckpointIsRecent", where,
           fmt::format("begins with high watermark {}, had {} an interval before", fact.a,
                       log->checkpointed.value()));
  }
  log->checkpointed = log->noted = Offset(fact.a);
  log->noted_at = where.at;
}

// From 3.7 on a high watermark stands while the committed ISR is smaller than min.insync.replicas
// (R3.20); with ZooKeeper one step may bring a broker several changes, of which only the last is
// seen here.  (mutant: HwMovesUnderMinIsr)
// On the way: metadata never takes a replica back to an older partition epoch (R3.13).
// (mutant: StaleMetadataAccepted)
void Invariants::high_watermark_needs_min_isr(const World& world, ShadowPartition& partition,
                                              const Where& where, Offset from) {
  const Broker& broker = world.broker(where.node);
  const Replica* replica = broker.replicas.find(where.partition);
  ShadowLog* log = partition.log_of(where.node);
  if (replica == nullptr || log == nullptr) return;
  partition_epoch_rises(*replica, *log, where);
  const Composition& composition = world.composition();
  const Behaviour& behaviour = composition.behaviour;
  const TopicId topic = composition.topic_of[where.partition.value()];
  const std::uint32_t needed = effective_min_isr(behaviour, broker.image.topics[topic.value()],
                                                 broker.image.partitions[where.partition.value()]);
  partition.commits_need(from, needed);
  const Leader* leader = std::get_if<Leader>(&replica->role);
  if (leader == nullptr || !behaviour.kraft || !behaviour.hw_needs_min_isr) return;
  if (committed_isr(leader->isr).size() >= needed) return;
  Where strict = where;
  strict.permitted = false;
  report("HighWatermarkNeedsMinIsr", strict, "rises under min.insync.replicas");
}

void Invariants::partition_epoch_rises(const Replica& replica, ShadowLog& log, const Where& where) {
  if (replica.partition_epoch < log.partition_epoch) {
    Where strict = where;
    strict.permitted = false;
    report("PartitionEpochNeverDecreases", strict,
           fmt::format("partition epoch {} after {}", replica.partition_epoch.value(),
                       log.partition_epoch.value()));
  }
  log.partition_epoch = replica.partition_epoch;
}

// Only a power loss takes records from a log: the page cache outlives a process (T23).
// (mutant: SigkillLosesPageCache)
void Invariants::process_ended(const World& world, const Where& where, const Fact& fact) {
  forget_waiting(where.node);
  awake_[where.node.value()] = kNever;
  const Composition& composition = world.composition();
  if (composition.is_broker(where.node)) {
    const std::uint16_t index = composition.broker_index(where.node);
    former_[index] = {world.controller().registry.sessions[index].contact,
                      !world.controller().image.brokers[index].fenced};
  }
  const bool lost = tail_lost_.partition != kNoPartition && tail_lost_.node == where.node &&
                    tail_lost_.event == where.event;
  if (fact.a == 1 || !lost) return;
  Where strict = tail_lost_;
  strict.permitted = false;
  report("ProcessEndKeepsLog", strict, "records went with the process");
}

// A new life of a broker knows no partition's state, one of the controller no session.
void Invariants::process_began(const World& world, Shadows& shadows, const Where& where) {
  awake_[where.node.value()] = where.at;
  const Composition& composition = world.composition();
  if (where.node == composition.controller) former_.assign(former_.size(), {});
  if (!composition.is_broker(where.node)) return;
  for (std::uint32_t p = 0; p < shadows.size(); ++p) {
    ShadowLog* log = shadows.at(PartitionId(p)).log_of(where.node);
    if (log != nullptr) log->partition_epoch = PartitionEpoch(-1);
  }
}

}  // namespace ackident
