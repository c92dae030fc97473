// Invariants of what clients are told, and of what they tell.
#include <fmt/core.h>

#include <algorithm>

#include "oracle/invariants.h"

namespace ackident {

// An acks=all acknowledgement says that the records are committed, and that at least
// min.insync.replicas replicas hold them (C1.25). A broker that learns of several changes at once
// may still decide between two of them (R5.16), so the least setting that the topic had counts.
// (mutants: AckBeforeHighWatermark, SkipMinIsrCheck)
void Invariants::produce_answered(const World& world, const ShadowPartition& partition,
                                  const Account& account, const Where& where, const Fact& fact) {
  if (fact.a != 0 || fact.c < 0) return;
  const Composition& composition = world.composition();
  const std::uint16_t producer = composition.node(fact.peer).index;
  if (composition.producers[producer].config.acks != Acks::kAll) return;
  const BatchGhost* batch = account.find(producer, BatchNumber(static_cast<std::uint32_t>(fact.b)));
  if (batch == nullptr) return;
  const Offset last = Offset(fact.c) + (std::int64_t{batch->count} - 1);
  if (partition.committed.end <= last) {
    report("AckedIsCommitted", where,
           fmt::format("acknowledged up to {} with {} committed", last.value(),
                       partition.committed.end.value()));
    return;
  }
  const ShadowLog* leader = partition.log_of(where.node);
  if (leader == nullptr) return;
  std::uint32_t holders = 0;
  for (const ShadowLog& log : partition.logs) {
    if (log.holds(leader->epoch_at(last), last)) ++holders;
  }
  const Broker& broker = world.broker(where.node);
  const TopicId topic = composition.topic_of[where.partition.value()];
  TopicConfig config = broker.image.topics[topic.value()];
  config.min_insync_replicas = least_min_isr_[topic.value()];
  const std::uint32_t needed = effective_min_isr(composition.behaviour, config,
                                                 broker.image.partitions[where.partition.value()]);
  if (holders < needed) {
    report("AckedHasMinIsrCopies", where,
           fmt::format("acknowledged at offset {} with {} of {} copies", last.value(), holders,
                       needed));
  }
}

// A consumer is handed committed records only, as committed (ConsistentRead).
// (mutant: ServeAboveHighWatermark)
void Invariants::delivered(const ShadowPartition& partition, const Where& where, const Fact& fact) {
  const Offset last = Offset(fact.b) - 1;
  if (last.value() < fact.a) return;
  if (partition.committed.end <= last) {
    report("ConsistentRead", where,
           fmt::format("read offset {} with {} committed", last.value(),
                       partition.committed.end.value()));
  } else if (partition.committed.epoch_at(last).value() != fact.c) {
    report("ConsistentRead", where,
           fmt::format("read offset {} of leader epoch {}, committed is epoch {}", last.value(),
                       fact.c, partition.committed.epoch_at(last).value()));
  }
}

// What a consumer commits it has processed before (C6.10).  (mutant: CommitBeforeProcessing)
void Invariants::progress(const World& world, const Where& where, const Fact& fact) {
  std::vector<Processed>& mine = processed_[world.composition().node(fact.node).index];
  auto known = std::find_if(mine.begin(), mine.end(), [&](const Processed& processed) {
    return processed.partition == where.partition;
  });
  if (fact.kind != FactKind::kCommitted) {
    if (known == mine.end()) known = mine.insert(known, {where.partition, Offset()});
    known->to = Offset(fact.kind == FactKind::kProcessed ? fact.b : fact.a);
    return;
  }
  if (fact.a <= fact.b || (known != mine.end() && Offset(fact.a) <= known->to)) return;
  if (known == mine.end() && fact.b < 0) return;  // the position it began at
  report("CommittedIsProcessed", where,
         fmt::format("committed {} with {} processed", fact.a,
                     known == mine.end() ? fact.b : known->to.value()));
}

// Every acks=all produce is answered within its timeout while its broker runs (R2.9): the broker
// remembers until when.  (mutant: PurgatoryNeverTimesOut)
void Invariants::produce_appended(const World& world, const Where& where, const Fact& fact) {
  const std::uint16_t producer = world.composition().node(fact.peer).index;
  const ProducerConfig& config = world.composition().producers[producer].config;
  if (config.acks != Acks::kAll) return;
  const ParkedProduce& parked = world.broker(where.node).replicas.produces[fact.peer.value()];
  if (!parked.active) return;  // answered in the same step
  std::vector<Waiting>& waiting = waiting_[producer];
  const bool known = std::any_of(waiting.begin(), waiting.end(), [&](const Waiting& one) {
    return one.broker == where.node && one.correlation == parked.correlation;
  });
  if (known) return;  // another part of the same request
  waiting.push_back({where.node, where.partition, where.at + config.request_timeout,
                     parked.correlation});
  waiting_until_ = std::min(waiting_until_, waiting.back().until);
}

void Invariants::produce_no_longer_waits(const World& world, const Fact& fact) {
  std::vector<Waiting>& waiting = waiting_[world.composition().node(fact.peer).index];
  std::erase_if(waiting, [&](const Waiting& one) { return one.broker == fact.node; });
}

// A broker that is down or frozen answers nobody.
void Invariants::forget_waiting(NodeId broker) {
  for (std::vector<Waiting>& waiting : waiting_) {
    std::erase_if(waiting, [&](const Waiting& one) { return one.broker == broker; });
  }
}

void Invariants::produces_overdue(const World& world, const Where& where) {
  waiting_until_ = kNever;
  const std::vector<ProducerInfo>& producers = world.composition().producers;
  for (std::size_t p = 0; p < waiting_.size(); ++p) {
    std::vector<Waiting>& waiting = waiting_[p];
    for (const Waiting& one : waiting) {
      waiting_until_ = std::min(waiting_until_, one.until < where.at ? kNever : one.until);
      const ParkedProduce& parked =
          world.broker(one.broker).replicas.produces[producers[p].node.value()];
      if (one.until >= where.at) continue;
      // Its connection is gone, and perhaps a later request waits there.
      if (!parked.active || parked.correlation != one.correlation) continue;
      Where at = where;
      at.partition = one.partition;
      at.node = one.broker;
      report("ProduceAnsweredInTime", at, "a parked produce outlived its timeout");
    }
    std::erase_if(waiting, [&](const Waiting& one) { return one.until < where.at; });
  }
}

}  // namespace ackident
