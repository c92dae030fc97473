#include "kafka/log/producer_state.h"

#include <algorithm>

#include "base/check.h"

namespace ackident {

Sequence next_sequence(Sequence last) {
  SIM_CHECK(last.value() >= 0);
  return Sequence(static_cast<std::int32_t>((std::int64_t{last.value()} + 1) & 0x7fffffff));
}

namespace {

bool id_below(const ProducerEntry& entry, ProducerId id) { return entry.producer_id < id; }

// C2.15 for a producer that the log knows and a batch that is not one of the last five (Kafka
// 1eb76443 ProducerAppendInfo.java checkProducerEpoch, checkSequence).
ErrorCode judge(const ProducerEntry& entry, ProducerEpoch epoch, Sequence first) {
  if (epoch < entry.epoch) return ErrorCode::kInvalidProducerEpoch;
  const Sequence expected =
      epoch > entry.epoch ? Sequence(0) : next_sequence(entry.batches.back().last);
  return first == expected ? ErrorCode::kNone : ErrorCode::kOutOfOrderSequenceNumber;
}

}  // namespace

const ProducerEntry* ProducerStateTable::find(ProducerId id) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), id, id_below);
  return at != entries_.end() && at->producer_id == id ? &*at : nullptr;
}

// A producer without state may begin anywhere (C2.15). So a fresh producer whose first batch is
// refused and whose second is taken cannot place the first any more (C2.21).
ProducerStateTable::Check ProducerStateTable::check(ProducerId id, ProducerEpoch epoch,
                                                    Sequence first, Sequence last) const {
  if (id == kNoProducerId) return {};
  const ProducerEntry* entry = find(id);
  if (entry == nullptr) return {};
  if (epoch == entry->epoch) {
    for (const BatchMetadata& batch : entry->batches) {
      if (batch.first == first && batch.last == last) return {ErrorCode::kNone, true, batch};
    }
  }
  return {judge(*entry, epoch, first), false, {}};
}

void ProducerStateTable::record(ProducerId id, ProducerEpoch epoch, const BatchMetadata& batch) {
  if (id == kNoProducerId) return;
  auto at = std::lower_bound(entries_.begin(), entries_.end(), id, id_below);
  if (at == entries_.end() || at->producer_id != id) {
    at = entries_.insert(at, ProducerEntry{id, epoch, {}});
  }
  if (at->epoch != epoch) {
    at->epoch = epoch;
    at->batches.clear();
  }
  if (at->batches.size() == kBatchesRetained) at->batches.erase_at(0);
  at->batches.push_back(batch);
}

// R2.16, C2.17: what the log holds, no more: a batch that was truncated is not a duplicate when it
// comes again. (Nothing expires by age: C2.19's day is longer than a run.)
void ProducerStateTable::rebuild(PartitionId partition, const PartitionLog& log,
                                 const Ledger& ledger) {
  entries_.clear();
  for (Offset at = log.start(); at < log.end();) {
    const Offset run_end = log.run_end(at);
    const std::span<const LedgerBatch> batches = ledger.epoch(partition, log.epoch_at(at));
    auto batch = std::partition_point(batches.begin(), batches.end(),
                                      [at](const LedgerBatch& b) { return b.end() <= at; });
    for (; batch != batches.end() && batch->base < run_end; ++batch) {
      record(batch->producer_id, batch->producer_epoch,
             {batch->base_sequence, batch->last_sequence(), batch->base, batch->end()});
    }
    at = run_end;
  }
}

}  // namespace ackident
