#include "kafka/log/partition_log.h"

#include <algorithm>

#include "base/check.h"
#include "base/dice.h"

namespace ackident {

LeaderEpoch PartitionLog::last_record_epoch() const {
  return end_ > start_ ? epoch_at(end_ - 1) : latest_epoch();
}

// R1.10. An epoch below one that came before it (see the header) is no entry of Kafka's cache: it
// is never the first above `epoch`. Kafka 1eb76443 LeaderEpochFileCache.java endOffsetFor.
EpochEnd PartitionLog::end_offset_for(LeaderEpoch epoch) const {
  if (epoch == kNoLeaderEpoch || epoch > latest_) return {};
  if (epoch == latest_) return {epoch, end_};
  LeaderEpoch floor = kNoLeaderEpoch;
  for (const EpochEntry& entry : epochs_) {
    if (entry.epoch > epoch) return {floor == kNoLeaderEpoch ? epoch : floor, entry.start};
    floor = std::max(floor, entry.epoch);
  }
  SIM_CHECK(false && "the latest epoch is above every other that was asked for");
  return {};
}

void PartitionLog::assign_epoch(LeaderEpoch epoch, Offset at) {
  SIM_CHECK(epoch > kNoLeaderEpoch);
  SIM_CHECK(at == end_);
  enter_epoch(epoch);
}

void PartitionLog::append(LeaderEpoch epoch, Offset to, Instant now) {
  SIM_CHECK(to > end_);
  enter_epoch(epoch);
  end_ = to;
  note_dirty(now);
}

void PartitionLog::enter_epoch(LeaderEpoch epoch) {
  if (!epochs_.empty() && epochs_.back().epoch == epoch) return;
  drop_epochs_from(end_);
  if (epochs_.empty() || epochs_.back().epoch != epoch) epochs_.push_back({epoch, end_});
  latest_ = std::max(latest_, epoch);
}

void PartitionLog::truncate(Offset to) {
  if (to < start_) return truncate_fully(to);
  // A follower whose last epoch is empty is sent back to its own end: unless the entry goes, it
  // asks with the same epoch for ever (D07, KAFKA-10706).
  drop_epochs_from(to);
  if (to >= end_) return;
  end_ = to;
  high_watermark_ = std::min(high_watermark_, to);
  flushed_ = std::min(flushed_, to);
  while (marks_.size() > 1 && marks_[marks_.size() - 2].end >= to) marks_.pop_back();
  if (!marks_.empty()) marks_.back().end = std::min(marks_.back().end, to);
}

void PartitionLog::truncate_fully(Offset at) {
  start_ = end_ = high_watermark_ = flushed_ = at;
  epochs_.clear();
  latest_ = kNoLeaderEpoch;
  marks_.clear();
}

void PartitionLog::drop_epochs_from(Offset to) {
  if (epochs_.empty() || epochs_.back().start < to) return;
  while (!epochs_.empty() && epochs_.back().start >= to) epochs_.pop_back();
  find_latest();
}

void PartitionLog::find_latest() {
  latest_ = kNoLeaderEpoch;
  for (const EpochEntry& entry : epochs_) latest_ = std::max(latest_, entry.epoch);
}

void PartitionLog::advance_start(Offset to) {
  to = std::min(to, high_watermark_);
  if (to <= start_) return;
  start_ = to;
  flushed_ = std::max(flushed_, to);
  std::size_t wholly_below = 0;
  while (wholly_below + 1 < epochs_.size() && epochs_[wholly_below + 1].start <= to) ++wholly_below;
  epochs_.erase(epochs_.begin(), epochs_.begin() + static_cast<std::ptrdiff_t>(wholly_below));
  if (!epochs_.empty()) epochs_.front().start = std::max(epochs_.front().start, to);
  find_latest();
}

void PartitionLog::flush(Offset to) {
  SIM_CHECK(to <= end_);
  flushed_ = std::max(flushed_, to);
}

void PartitionLog::note_dirty(Instant now) {
  if (!marks_.empty() && now - marks_.back().at < kMarkGap) {
    marks_.back().end = end_;
    return;
  }
  if (marks_.size() == kMarks) marks_.erase(marks_.begin());
  marks_.push_back({end_, now});
}

Offset PartitionLog::written_back(Instant now, Duration age) const {
  Offset end = flushed_;
  for (const DirtyMark& mark : marks_) {
    if (now - mark.at >= age) end = std::max(end, mark.end);
  }
  return end;
}

// R1.21 takes W from the high half of the bits and the surviving part of the youngest records from
// the low half. R1.22 then drops the batch that the cut goes through.
Offset PartitionLog::survivors(PartitionId partition, const Ledger& ledger, Instant now,
                               std::int64_t lose, std::uint64_t bits) const {
  Offset end = end_;
  if (lose >= 0) {
    end = std::max(flushed_, end_ - std::min(lose, end_ - start_));
  } else {
    const auto period = static_cast<std::uint64_t>(kWriteBackPeriod.ns());
    const auto late = static_cast<std::int64_t>(Dice::high(bits, period));
    end = written_back(now, kWriteBackAge + nanoseconds(late));
    const auto young = static_cast<std::uint64_t>(end_ - end);
    end += static_cast<std::int64_t>(Dice::high(bits << 32, young + 1));
  }
  if (end == end_) return end;
  const LedgerBatch* torn = ledger.find(partition, epoch_at(end), end);
  SIM_CHECK(torn != nullptr);
  return std::max(flushed_, torn->base);
}

}  // namespace ackident
