#include "kafka/ledger.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ackident {

namespace {

using Epochs = std::vector<Ledger::EpochBatches>;

// Index of the first entry whose epoch is not below `epoch`. Almost every question is about the
// newest epoch, so that one is looked at first.
std::size_t epoch_index(const Epochs& epochs, LeaderEpoch epoch) {
  if (epochs.empty() || epochs.back().epoch < epoch) return epochs.size();
  if (epochs.back().epoch == epoch) return epochs.size() - 1;
  const auto at = std::lower_bound(
      epochs.begin(), epochs.end(), epoch,
      [](const Ledger::EpochBatches& entry, LeaderEpoch wanted) { return entry.epoch < wanted; });
  return static_cast<std::size_t>(at - epochs.begin());
}

// Index of the batch that contains `offset`, or batches.size(). Readers follow the writer, so the
// newest batch is looked at first.
std::size_t batch_index(std::span<const LedgerBatch> batches, Offset offset) {
  if (batches.empty() || offset >= batches.back().end()) return batches.size();
  if (offset >= batches.back().base) return batches.size() - 1;
  const auto after =
      std::upper_bound(batches.begin(), batches.end(), offset,
                       [](Offset wanted, const LedgerBatch& batch) { return wanted < batch.base; });
  if (after == batches.begin()) return batches.size();
  const auto at = static_cast<std::size_t>(after - batches.begin()) - 1;
  return offset < batches[at].end() ? at : batches.size();
}

}  // namespace

void Ledger::reset(std::uint32_t partitions) {
  for (Epochs& epochs : partitions_) {
    for (EpochBatches& entry : epochs) {
      entry.batches.clear();
      spare_.push_back(std::move(entry.batches));
    }
    epochs.clear();
  }
  partitions_.resize(partitions);
}

void Ledger::append(PartitionId partition, LeaderEpoch epoch, const LedgerBatch& batch) {
  SIM_CHECK(partition.value() < partitions_.size());
  SIM_CHECK(batch.count > 0);
  Epochs& epochs = partitions_[partition.value()];
  // An old leader that does not know of its successor still appends to an older epoch.
  const std::size_t at = epoch_index(epochs, epoch);
  if (at == epochs.size() || epochs[at].epoch != epoch) {
    EpochBatches entry;
    entry.epoch = epoch;
    if (!spare_.empty()) {
      entry.batches = std::move(spare_.back());
      spare_.pop_back();
    }
    epochs.insert(epochs.begin() + static_cast<std::ptrdiff_t>(at), std::move(entry));
  }
  std::vector<LedgerBatch>& batches = epochs[at].batches;
  SIM_CHECK(batches.empty() || batches.back().end() <= batch.base);
  batches.push_back(batch);
}

std::span<const LedgerBatch> Ledger::epoch(PartitionId partition, LeaderEpoch epoch) const {
  SIM_CHECK(partition.value() < partitions_.size());
  const Epochs& epochs = partitions_[partition.value()];
  const std::size_t at = epoch_index(epochs, epoch);
  if (at == epochs.size() || epochs[at].epoch != epoch) return {};
  return epochs[at].batches;
}

const LedgerBatch* Ledger::find(PartitionId partition, LeaderEpoch epoch, Offset offset) const {
  const std::span<const LedgerBatch> batches = this->epoch(partition, epoch);
  const std::size_t at = batch_index(batches, offset);
  return at < batches.size() ? &batches[at] : nullptr;
}

Offset Ledger::read_end(PartitionId partition, LeaderEpoch epoch, Offset from, Offset limit,
                        std::int64_t bytes_max, std::int64_t& bytes) const {
  if (from >= limit) return from;
  const std::span<const LedgerBatch> batches = this->epoch(partition, epoch);
  Offset end = from;
  std::int64_t bytes_read = 0;
  // One step for each batch that is delivered.
  for (std::size_t i = batch_index(batches, from); i < batches.size() && end < limit; ++i) {
    const LedgerBatch& batch = batches[i];
    if (batch.base > end) break;  // the epoch has a gap: nobody's log reads across it
    if (end > from && bytes_read + batch.bytes > bytes_max) break;  // R3.3: one batch at least
    bytes_read += batch.bytes;
    end = batch.end();
  }
  bytes += bytes_read;
  return std::min(end, limit);
}

std::span<const Ledger::EpochBatches> Ledger::epochs(PartitionId partition) const {
  SIM_CHECK(partition.value() < partitions_.size());
  return partitions_[partition.value()];
}

}  // namespace ackident
