// Invariants of what a broker does by itself: its roles, what it appends and what it keeps.
#include <fmt/core.h>

#include <algorithm>

#include "oracle/invariants.h"

namespace ackident {

// A broker never goes back to an older leader epoch (R3.13), and a leader that steps down has
// answered everyone who waited for it (R2.14).
// (mutants: StaleMetadataAccepted, ParkedProduceSurvivesDemotion)
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
  if (Offset(fact.b) <= partition.committed.end) return;
  report("FollowerHighWatermarkWasLed", where,
         fmt::format("a follower's high watermark {} with {} committed", fact.b,
                     partition.committed.end.value()));
}

// High watermarks are checkpointed (R1.16): what a replica had for a whole interval is on its disk.
void Invariants::checkpoint_due(const World& world, ShadowPartition& partition, const Where& where,
                                const Fact& fact) {
  const Composition& composition = world.composition();
  const Duration interval =
      composition.brokers[composition.broker_index(where.node)].hw_checkpoint_interval;
  ShadowLog* log = partition.log_of(where.node);
  if (log == nullptr || where.at - log->noted_at <= interval) return;
  log->checkpointed = log->noted;
  log->noted = Offset(fact.b);
  log->noted_at = where.at;
}

// (mutant: NoCheckpoint)
void Invariants::checkpoint_loaded(ShadowPartition& partition, const Where& where,
                                   const Fact& fact) {
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

// Only a power loss takes records from a log: the page cache outlives a process (T23).
// (mutant: SigkillLosesPageCache)
void Invariants::process_ended(const Where& where, const Fact& fact) {
  forget_waiting(where.node);
  const bool lost = tail_lost_.partition != kNoPartition && tail_lost_.node == where.node &&
                    tail_lost_.event == where.event;
  if (fact.a == 1 || !lost) return;
  Where strict = tail_lost_;
  strict.permitted = false;
  report("ProcessEndKeepsLog", strict, "records went with the process");
}

}  // namespace ackident
