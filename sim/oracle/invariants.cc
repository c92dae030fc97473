#include "oracle/invariants.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>

namespace ackident {
namespace {

// The first offset at which two logs do not hold the same, or kNoOffset.
Offset where_they_part(const PartitionLog& a, const PartitionLog& b) {
  Offset at = std::max(a.start(), b.start());
  while (at < std::min(a.end(), b.end())) {
    if (a.epoch_at(at) != b.epoch_at(at)) return at;
    at = std::min(a.run_end(at), b.run_end(at));
  }
  return a.end() == b.end() ? kNoOffset : at;
}

}  // namespace

void Invariants::reset(const Composition& composition) {
  violations_.clear();
  // A run begins with a formed cluster: every replica in the ISR, the preferred one leading.
  partitions_.resize(composition.partition_count());
  for (std::size_t p = 0; p < partitions_.size(); ++p) {
    PartitionRegistration formed;
    formed.replicas = formed.isr = composition.assignment[p];
    formed.leader = formed.replicas.front();
    partitions_[p] = {formed, formed};
  }
  bumped_.assign(composition.producers.size(), 0);
  waiting_.assign(composition.producers.size(), {});
  waiting_until_ = kNever;
  processed_.assign(composition.consumers.size(), {});
  awake_.assign(composition.nodes.size(), Instant());
  look_at_ = Instant();
  laggards_.assign(composition.partition_count(), {});
  former_.assign(composition.broker_count, {});
  tail_lost_ = {};
  truncated_ = {};
  unclean_ = {};
  least_min_isr_.clear();
  for (const TopicInfo& topic : composition.topics) {
    least_min_isr_.push_back(topic.config.min_insync_replicas);
  }
}

void Invariants::report(std::string_view invariant, const Where& where, std::string text) {
  // Of each kind: what the settings permit may not hide what nothing permits.
  const auto alike =
      std::count_if(violations_.begin(), violations_.end(),
                    [&](const InvariantViolation& v) { return v.permitted == where.permitted; });
  if (static_cast<std::size_t>(alike) >= kViolationsMax) return;
  violations_.push_back({invariant, where.event, where.at, where.partition, where.node,
                         where.permitted, std::move(text)});
}

void Invariants::on_fact(const World& world, Shadows& shadows, const Account& account, Instant at,
                         EventId event, const Fact& fact) {
  Where where{at, event, fact.partition, fact.node, false};
  if (at > waiting_until_) produces_overdue(world, where);
  if (unclean_.partition != kNoPartition) unclean_election_explained(where, fact);
  if (fact.partition == kNoPartition) return about_a_node(world, shadows, where, fact);
  ShadowPartition& partition = shadows.at(fact.partition);
  where.permitted = partition.loss_permitted;
  switch (fact.kind) {
    case FactKind::kBecameLeader:
      role_changed(world, partition, where, fact);
      return leader_began(partition, where, fact);
    case FactKind::kBecameFollower:
    case FactKind::kWentOffline: return role_changed(world, partition, where, fact);
    case FactKind::kAppended: return produce_appended(world, where, fact);
    case FactKind::kReplicated: return follower_appended(world, where, fact);
    case FactKind::kHighWatermark:
      checkpoint_due(world, partition, where, fact);
      return high_watermark_rose(world, partition, where, fact);
    case FactKind::kFollowerHighWatermark:
      checkpoint_due(world, partition, where, fact);
      return follower_heard(partition, where, fact);
    case FactKind::kHighWatermarkLoaded: return checkpoint_loaded(partition, where, fact);
    case FactKind::kPartitionChanged:
      return partition_changed(world, partition, where,
                               PartitionEpoch(static_cast<std::int32_t>(fact.b)));
    case FactKind::kLeaderElected: return leader_elected(world, where, fact);
    case FactKind::kIsrProposed: return isr_proposed(world, partition, where);
    case FactKind::kProduceRejected: return produce_rejected(world, where, fact);
    case FactKind::kRetried: return retried(world, where, fact);
    case FactKind::kProduceAnswered:
      produce_no_longer_waits(world, fact);
      produce_rejected(world, where, fact);
      return produce_answered(world, partition, account, where, fact);
    case FactKind::kDelivered: return delivered(partition, where, fact);
    case FactKind::kPositionReset: position_reset(where, fact); [[fallthrough]];
    case FactKind::kProcessed:
    case FactKind::kCommitted: return progress(world, where, fact);
    case FactKind::kTruncated: truncated_ = where; return logs_agree(partition, where);
    case FactKind::kTailLost: tail_lost_ = where; return;
    default: return;
  }
}

// Facts that name no partition.
void Invariants::about_a_node(const World& world, Shadows& shadows, const Where& where,
                              const Fact& fact) {
  switch (fact.kind) {
    case FactKind::kBrokerFenced: return broker_fenced(world, where, fact.peer);
    case FactKind::kBrokerUnfenced: return broker_unfenced(world, where, fact.peer);
    case FactKind::kProducerEpochBumped:
      bumped_[world.composition().node(fact.node).index] = 1;
      return;
    case FactKind::kTopicConfigChanged: {
      std::int32_t& least = least_min_isr_[static_cast<std::size_t>(fact.a)];
      least = std::min(least, static_cast<std::int32_t>(fact.b));
      return;
    }
    case FactKind::kBrokerRegistered: return broker_registered(world, where, fact.peer);
    case FactKind::kStarted: return process_began(world, shadows, where);
    case FactKind::kKilled: return process_ended(world, where, fact);
    case FactKind::kFrozen: awake_[fact.node.value()] = kNever; return forget_waiting(fact.node);
    case FactKind::kResumed:
      awake_[fact.node.value()] = where.at;
      waiting_until_ = std::min(waiting_until_, where.at);
      return;
    default: return;
  }
}

// One leader epoch has one leader (I4), and a new leader's log holds everything that was ever
// exposed as committed (I3, LeaderCompleteness).
// (mutants: NoLeaderEpochBump, TruncateToHighWatermark)
void Invariants::leader_began(ShadowPartition& partition, const Where& where, const Fact& fact) {
  const LeaderEpoch epoch(static_cast<std::int32_t>(fact.c));
  for (const EpochLeader& past : partition.leaders) {
    if (past.epoch == epoch && past.leader != fact.node) {
      report("I4 SingleLeaderPerEpoch", where,
             fmt::format("two leaders in leader epoch {}", epoch.value()));
    }
  }
  if (partition.leaders.empty() || partition.leaders.back().epoch < epoch) {
    partition.leaders.push_back({epoch, fact.node});
  } else {
    return;  // a broker that replays old metadata leads for no time at all
  }
  const ShadowLog* log = partition.log_of(fact.node);
  if (log == nullptr) return;
  const Offset same = partition.committed.first_difference(*log, partition.committed.end);
  if (same < partition.committed.end) {
    report("I3 LeaderCompleteness", where,
           fmt::format("the new leader of epoch {} lacks committed records {}..{}", epoch.value(),
                       same.value(), partition.committed.end.value() - 1));
    partition.committed.cut(same);  // what the new leader has is what is committed from now on
  }
}

// Kafka's own gap: metadata of the partition epoch that the leader knows already overrides what it
// proposed since (R4.13, KAFKA-13790; Kafka 1eb76443 Partition.scala makeLeader skips older epochs
// only). Until the next metadata comes it has forgotten that the controller may have let the member
// in, and does not wait for it; it may even propose something else, which will be refused. The
// controller adds nobody by itself, so within a leader epoch nothing else leads to a member that
// the leader neither knows nor proposes.
bool Invariants::forgot_proposal(const World& world, NodeId leader, NodeId member,
                                 PartitionId partition) {
  const Replica* replica = world.broker(leader).replicas.find(partition);
  if (replica == nullptr || !std::holds_alternative<Leader>(replica->role)) return false;
  const IsrState& isr = std::get<Leader>(replica->role).isr;
  const auto* expand = std::get_if<PendingExpand>(&isr);
  if (committed_isr(isr).contains(member)) return false;
  if (expand != nullptr && expand->joining == member) return false;
  const PartitionEpoch applied =
      world.broker(leader).image.partitions[partition.value()].partition_epoch;
  return replica->partition_epoch == applied &&
         replica->partition_epoch < world.partition(partition).partition_epoch;
}

// A high watermark only rises within a leader epoch (I5), and every member of the committed ISR
// holds all records below it (I2).  (mutants: HwMayFall, HwIsLeaderEnd, HwIgnoresMaximalIsr)
void Invariants::high_watermark_rose(const World& world, ShadowPartition& partition,
                                     const Where& where, const Fact& fact) {
  const Offset to(fact.b);
  const LeaderEpoch epoch(static_cast<std::int32_t>(fact.c));
  if (fact.b < fact.a) {
    report("I5 MonotonicHighWatermark", where, fmt::format("{} -> {}", fact.a, fact.b));
  }
  const ShadowLog* log = partition.log_of(where.node);
  if (log == nullptr) return;
  high_watermark_needs_min_isr(world, partition, where, Offset(fact.a));
  if (!within_log(partition, where, to)) return;
  const PartitionRegistration& truth = world.partition(where.partition);
  if (truth.leader == where.node && truth.leader_epoch == epoch) {
    for (const NodeId member : truth.isr) {
      const ShadowLog* copy = partition.log_of(member);
      if (copy == nullptr || copy->end >= to) continue;
      Where at = where;
      at.node = member;
      at.permitted = at.permitted || forgot_proposal(world, where.node, member, where.partition);
      report("I2 IsrHoldsCommitted", at,
             fmt::format("in the ISR with log end {} below the high watermark {}",
                         copy->end.value(), fact.b));
    }
  }
  // Extend the committed prefix by the names the leader has there.
  Offset from = partition.committed.end;
  while (from < to) {
    const Offset until = std::min(to, log->run_end(from));
    partition.committed.extend(log->epoch_at(from), from, until);
    from = until;
  }
}

// Any two replicas agree below the lesser of their high watermarks (I1, LogMatching).
// (mutant: IgnoreLastFetchedEpoch)
void Invariants::logs_agree(const ShadowPartition& partition, const Where& where) {
  for (std::size_t i = 0; i < partition.logs.size(); ++i) {
    for (std::size_t j = i + 1; j < partition.logs.size(); ++j) {
      const ShadowLog& a = partition.logs[i];
      const ShadowLog& b = partition.logs[j];
      const Offset limit = std::min({a.high_watermark, b.high_watermark, a.end, b.end});
      const Offset same = a.first_difference(b, limit);
      if (same >= limit) continue;
      report("I1 LogMatching", where,
             fmt::format("two replicas differ at offset {}, below both high watermarks",
                         same.value()));
      return;
    }
  }
}

// The replicas' own logs are what their facts said, and no append came elsewhere than at the end (a
// check of the model, not of Kafka).  (mutant: UnnotedTruncation)
void Invariants::shadows_are_true(const World& world, const ShadowPartition& partition,
                                  const Where& where) {
  for (std::uint32_t i = 0; i < partition.replicas.size(); ++i) {
    const PartitionLog* log = log_of(world.broker(partition.replicas[i]), where.partition);
    if (log == nullptr) continue;
    const ShadowLog& shadow = partition.logs[i];
    bool same = log->end() == shadow.end && !shadow.torn;
    for (const EpochEntry& run : shadow.runs) {
      same = same && (run.start < log->start() || log->holds(run.epoch, run.start));
    }
    if (same) continue;
    Where at = where;
    at.node = partition.replicas[i];
    at.permitted = false;
    report("FactsMatchLogs", at,
           fmt::format("log end {}, facts say {}{}", log->end().value(), shadow.end.value(),
                       shadow.torn ? ", and left out what came before an append" : ""));
  }
}

// After healing, every replica that is up holds exactly the leader's log.
// (mutant: IgnoreLastFetchedEpoch)
void Invariants::converged(const World& world, const ShadowPartition& partition,
                           const Where& where) {
  const PartitionLog* leads = leader_log(world, where.partition);
  if (leads == nullptr) return;
  for (const NodeId node : partition.replicas) {
    const PartitionLog* log = log_of(world.broker(node), where.partition);
    if (log == nullptr || !world.up(node)) continue;
    const Offset parting = where_they_part(*log, *leads);
    if (parting == kNoOffset) continue;
    Where differs = where;
    differs.node = node;
    report("Convergence", differs,
           fmt::format("after healing, its log parts from the leader's at offset {}",
                       parting.value()));
  }
}

// An idempotent producer's batch stands once in the final log (C2.14), unless it had to begin a new
// epoch (C2.20).  (mutants: SkipSequenceCheck, ForgetProducerStateOnFailover)
void Invariants::idempotence_held(const World& world, const Account& account, const Where& where) {
  const Composition& composition = world.composition();
  for (std::size_t p = 0; p < composition.producers.size(); ++p) {
    if (!composition.producers[p].config.idempotence) continue;
    for (std::uint32_t n = 0;; ++n) {
      const BatchGhost* batch = account.find(static_cast<std::uint32_t>(p), BatchNumber(n));
      if (batch == nullptr) break;
      if (batch->copies < 2) continue;
      Where at = where;
      at.partition = batch->partition;
      at.node = composition.producers[p].node;
      at.permitted = bumped_[p] != 0;
      report("NoDuplicateWithIdempotence", at,
             fmt::format("batch {} stands {} times in the log", n, batch->copies));
    }
  }
}

// In the final log the batches of an idempotent producer's epoch follow each other without a gap,
// a later epoch begins at 0, and no earlier one comes back (C2.15). One leader checks that within
// its epoch whatever happens; from one leader epoch to the next it is true where the leader had all
// that stands before, which a permitted loss may break.  (mutant: AcceptOutOfOrder)
void Invariants::sequences_in_order(const World& world, const Where& where) {
  struct Newest {
    LeaderEpoch epoch;
    const LedgerBatch* batch = nullptr;
  };
  const PartitionLog* leads = leader_log(world, where.partition);
  if (leads == nullptr) return;
  std::map<ProducerId, Newest> newest;
  for (const Ledger::EpochBatches& epoch : world.ledger().epochs(where.partition)) {
    for (const LedgerBatch& batch : epoch.batches) {
      if (batch.producer_id == kNoProducerId || !leads->holds(epoch.epoch, batch.base)) continue;
      const Newest before = std::exchange(newest[batch.producer_id], {epoch.epoch, &batch});
      if (before.batch == nullptr) continue;  // where the log knows nothing, any may begin
      const bool same = before.batch->producer_epoch == batch.producer_epoch;
      const Sequence expected = same ? next_sequence(before.batch->last_sequence()) : Sequence(0);
      if (batch.producer_epoch >= before.batch->producer_epoch && batch.base_sequence == expected) {
        continue;
      }
      Where at = where;
      at.node = batch.client;
      at.permitted = where.permitted && before.epoch != epoch.epoch;
      report("SequencesInOrder", at,
             fmt::format("offset {} has sequence {} of producer epoch {} instead of {}",
                         batch.base.value(), batch.base_sequence.value(),
                         batch.producer_epoch.value(), expected.value()));
      return;
    }
  }
}

void Invariants::finish(const World& world, const Shadows& shadows, const Account& account,
                        bool settled) {
  Where where{world.now(), EventId(world.events()), kNoPartition, kNoNode, false};
  if (where.at > waiting_until_) produces_overdue(world, where);
  if (unclean_.partition != kNoPartition) unclean_election_explained(where, Fact{});
  for (std::uint32_t p = 0; p < shadows.size(); ++p) {
    where.partition = PartitionId(p);
    const ShadowPartition& partition = shadows.at(where.partition);
    where.permitted = partition.loss_permitted;
    logs_agree(partition, where);
    shadows_are_true(world, partition, where);
    sequences_in_order(world, where);
    if (settled) converged(world, partition, where);
  }
  where.partition = kNoPartition;
  idempotence_held(world, account, where);
}

}  // namespace ackident
