// Invariants of what clients are told, and of what they tell.
#include <fmt/core.h>

#include <algorithm>

#include "oracle/invariants.h"

namespace ackident {

// An acks=all acknowledgement says that the records are committed, and that at least
// min.insync.replicas replicas hold them (C1.25): as many as were asked for when the high watermark
// passed them, for then a part of a request is decided, though the others may keep its answer
// (Kafka 1eb76443 DelayedProduce.scala tryComplete); or, of a duplicate, when it came. With
// ZooKeeper a broker that learns of several changes at once may decide between two of them (R5.16),
// so there the least setting that the topic had counts. (mutants: AckBeforeHighWatermark,
// SkipMinIsrCheck)
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
  if (!composition.behaviour.kraft) config.min_insync_replicas = least_min_isr_[topic.value()];
  const std::uint32_t needed =
      std::min(partition.needed_at(last),
               effective_min_isr(composition.behaviour, config,
                                 broker.image.partitions[where.partition.value()]));
  if (holders < needed) {
    report("AckedHasMinIsrCopies", where,
           fmt::format("acknowledged at offset {} with {} of {} copies", last.value(), holders,
                       needed));
  }
}

// min.insync.replicas is a promise to acks=all alone (T3).  (mutant: MinIsrRejectsAcks1)
void Invariants::produce_rejected(const World& world, const Where& where, const Fact& fact) {
  const auto error = static_cast<ErrorCode>(fact.a);
  if (error != ErrorCode::kNotEnoughReplicas && error != ErrorCode::kNotEnoughReplicasAfterAppend) {
    return;
  }
  const Composition& composition = world.composition();
  const ProducerConfig& config = composition.producers[composition.node(fact.peer).index].config;
  if (config.acks == Acks::kAll) return;
  Where strict = where;
  strict.permitted = false;
  report("MinIsrConcernsAcksAll", strict,
         fmt::format("{} although acks is not all", error_name(error)));
}

// A batch that failed and is queued again stands in order of sequence (C1.32), and an error that
// means "not here" makes the producer ask who leads (C0.10). Up to Kafka 2.4 the same sequence may
// be given twice: a batch that expired in flight is not renumbered with the others.
// (mutants: ReorderOnRetry, NoMetadataRefresh)
void Invariants::retried(const World& world, const Where& where, const Fact& fact) {
  const Composition& composition = world.composition();
  const Producer& producer = world.producers()[composition.node(fact.node).index];
  Where strict = where;
  strict.permitted = false;
  const MetadataCache& metadata = producer.metadata;
  if (is_invalid_metadata(static_cast<ErrorCode>(fact.b)) && !metadata.refresh_wanted &&
      !metadata.in_flight) {
    report("ErrorAsksForMetadata", strict,
           fmt::format("{}, and no refresh is wanted", error_name(static_cast<ErrorCode>(fact.b))));
  }
  if (!producer.idempotence.enabled || !producer.idempotence.bumps_epoch) return;
  const TopicInfo& topic =
      composition.topics[composition.topic_of[where.partition.value()].value()];
  const Accumulator& accumulator = producer.accumulator;
  const std::uint32_t queue = where.partition.value() - topic.first.value();
  BatchSlot slot = accumulator.partitions[queue].head;
  Sequence before = kNoSequence;
  for (; slot != kNoBatch && accumulator[slot].base_sequence != kNoSequence;
       slot = accumulator[slot].next) {
    if (accumulator[slot].base_sequence < before) {
      report("RequeuedInOrder", strict,
             fmt::format("sequence {} is queued behind {}", accumulator[slot].base_sequence.value(),
                         before.value()));
      return;
    }
    before = accumulator[slot].base_sequence;
  }
}

// A truncation takes a consumer back, never forward (C4.20): only where the leader has nothing left
// of what was read does auto.offset.reset decide, and then a loss was permitted.
// (mutant: ConsumerSkipsOnFailover)
void Invariants::position_reset(const Where& where, const Fact& fact) {
  constexpr std::int64_t kByTruncation = 2;
  if (fact.c != kByTruncation || fact.a <= fact.b) return;
  report("TruncationTakesBack", where, fmt::format("moved from {} on to {}", fact.b, fact.a));
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
  append_had_min_isr(world, where, LeaderEpoch(static_cast<LeaderEpoch::rep>(fact.c)));
  const ParkedProduce& parked = world.broker(where.node).replicas.produces[fact.peer.value()];
  if (!parked.active) return;  // answered in the same step
  std::vector<Waiting>& waiting = waiting_[producer];
  const bool known = std::any_of(waiting.begin(), waiting.end(), [&](const Waiting& one) {
    return one.broker == where.node && one.correlation == parked.correlation;
  });
  if (known) return;  // another part of the same request
  waiting.push_back(
      {where.node, where.partition, where.at + config.request_timeout, parked.correlation});
  waiting_until_ = std::min(waiting_until_, waiting.back().until);
}

// acks=all is refused while the leader's committed ISR is smaller than min.insync.replicas (R2.1).
// (mutant: SkipMinIsrCheck)
void Invariants::append_had_min_isr(const World& world, const Where& where, LeaderEpoch epoch) {
  const Broker& broker = world.broker(where.node);
  const Replica* replica = broker.replicas.find(where.partition);
  if (replica == nullptr || !std::holds_alternative<Leader>(replica->role)) return;
  // Of a leader that has been elected again within this step the former ISR is not known any more.
  if (leader_epoch(*replica) != epoch) return;
  const TopicId topic = world.composition().topic_of[where.partition.value()];
  const std::uint32_t needed =
      effective_min_isr(world.composition().behaviour, broker.image.topics[topic.value()],
                        broker.image.partitions[where.partition.value()]);
  const std::uint32_t there = committed_isr(std::get<Leader>(replica->role).isr).size();
  if (there >= needed) return;
  Where strict = where;
  strict.permitted = false;
  report("AcksAllNeedsMinIsr", strict,
         fmt::format("appended with an ISR of {}, {} are needed", there, needed));
}

void Invariants::produce_no_longer_waits(const World& world, const Fact& fact) {
  std::vector<Waiting>& waiting = waiting_[world.composition().node(fact.peer).index];
  std::erase_if(waiting, [&](const Waiting& one) { return one.broker == fact.node; });
}

// A broker that is down answers nobody, and what waited is forgotten.
void Invariants::forget_waiting(NodeId broker) {
  for (std::vector<Waiting>& waiting : waiting_) {
    std::erase_if(waiting, [&](const Waiting& one) { return one.broker == broker; });
  }
}

// A broker that stood still answers when it moves again: its timers are due at once. Kafka's
// purgatory drops nothing on its own (Kafka 1eb76443 DelayedOperation.scala); here a request whose
// client has gone is forgotten, since nobody can see its answer, and another may wait in its place.
void Invariants::produces_overdue(const World& world, const Where& where) {
  waiting_until_ = kNever;
  const std::vector<ProducerInfo>& producers = world.composition().producers;
  for (std::size_t p = 0; p < waiting_.size(); ++p) {
    std::erase_if(waiting_[p], [&](const Waiting& one) {
      const Instant until = std::max(one.until, awake_[one.broker.value()]);
      if (until >= where.at) {
        waiting_until_ = std::min(waiting_until_, until);
        return false;
      }
      const ParkedProduce& parked =
          world.broker(one.broker).replicas.produces[producers[p].node.value()];
      if (parked.active && parked.correlation == one.correlation) {
        Where at = where;
        at.partition = one.partition;
        at.node = one.broker;
        report("ProduceAnsweredInTime", at, "a parked produce outlived its timeout");
      }
      return true;
    });
  }
}

}  // namespace ackident
