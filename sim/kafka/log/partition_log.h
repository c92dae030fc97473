// A replica's log, as names: which (leader epoch, offset) pairs it holds.
//
// Content is in the ledger; a log is its leader-epoch cache and its ends. For any offset in
// [start, end) the record there is the one appended in epoch_at(offset). So two logs agree at an
// offset exactly when their epochs there are equal.
//
// Epochs ascend with offsets, but for one case: a follower that kept a diverging tail (truncation
// before 2.0 allows it) appends an older epoch after it. Its records must keep their names, so the
// entry stays; questions about epochs pass over it, as the cache of those versions did.
//
//   start <= high_watermark <= end,  start <= flushed <= end  (R1.1, R1.15)
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "kafka/ledger.h"
#include "kafka/types.h"

namespace ackident {

// What a log wrote within one stretch of time: everything below `end` was dirtied by the writes
// that began at `at` or earlier. Enough to say which bytes the operating system has written back by
// itself when the power fails (R1.21); it too dates a file's dirty pages by the first of them.
struct DirtyMark {
  Offset end;
  Instant at;

  bool operator==(const DirtyMark&) const = default;
};

class PartitionLog {
 public:
  [[nodiscard]] Offset start() const { return start_; }
  [[nodiscard]] Offset end() const { return end_; }  // LEO
  [[nodiscard]] Offset high_watermark() const { return high_watermark_; }
  [[nodiscard]] Offset flushed() const { return flushed_; }  // recovery point (R1.15)
  [[nodiscard]] const std::vector<EpochEntry>& epochs() const { return epochs_; }

  // Epoch of the newest entry of the cache; kNoLeaderEpoch if it is empty. A fetch carries this as
  // lastFetchedEpoch (R3.24): the epoch may have no record yet, and is compared all the same (D07).
  [[nodiscard]] LeaderEpoch latest_epoch() const { return latest_; }
  // Epoch of the record at end - 1; latest_epoch() if the log holds no record.
  [[nodiscard]] LeaderEpoch last_record_epoch() const;
  // Epoch of the record at `offset`, which must be in [start, end).
  [[nodiscard]] LeaderEpoch epoch_at(Offset offset) const {
    SIM_CHECK(start_ <= offset && offset < end_);
    // Caches are short and almost every question is about their end: backwards.
    std::size_t i = epochs_.size();
    while (i > 0 && epochs_[i - 1].start > offset) --i;
    SIM_CHECK(i > 0);  // every record lies in an epoch of the cache
    return epochs_[i - 1].epoch;
  }
  // End of the run of records from `offset` that share its epoch; at most end().
  [[nodiscard]] Offset run_end(Offset offset) const {
    SIM_CHECK(start_ <= offset && offset < end_);
    Offset end = end_;
    for (std::size_t i = epochs_.size(); i > 0 && epochs_[i - 1].start > offset; --i) {
      end = epochs_[i - 1].start;
    }
    return end;
  }
  // Does the log hold the record named (epoch, offset)?
  [[nodiscard]] bool holds(LeaderEpoch epoch, Offset offset) const {
    return start_ <= offset && offset < end_ && epoch_at(offset) == epoch;
  }
  // R1.10.
  [[nodiscard]] EpochEnd end_offset_for(LeaderEpoch epoch) const;

  // The leader of a new epoch enters it at its end, even before any record (R1.8 a). An entry that
  // starts there already, without a record, goes (R1.9).
  void assign_epoch(LeaderEpoch epoch, Offset at);
  // Adds records [end, to) of `epoch` (R1.8 b); notes the time for R1.21.
  void append(LeaderEpoch epoch, Offset to, Instant now);
  // Cuts to `to` if that is below the end; lowers HW, flushed point and epoch cache (R1.4, R1.11).
  // Entries that start at or beyond `to` go even if the end does not move (D07). Below the start it
  // is truncate_fully(to).
  void truncate(Offset to);
  // Forgets everything and restarts at `at` (R1.4, R3.29).
  void truncate_fully(Offset at);
  // Clamps into [start, end] (R1.1); a mutant alone asks for no bound at the end.
  void set_high_watermark(Offset offset, bool bounded = true) {
    high_watermark_ = std::max(start_, bounded ? std::min(offset, end_) : offset);
  }
  // Raises the start (never beyond the HW); drops epochs wholly below (R1.6, R1.11).
  void advance_start(Offset to);
  // fsync of everything below `to`.
  void flush(Offset to);

  // What survives a power loss at `now`: never below flushed. `lose` >= 0: exactly that many
  // records of the end, but flushed ones stay; `lose` < 0: R1.21's model, with `bits` uniform bits
  // deciding the write-back age W in [30 s, 35 s) and which of the later records survive. Cut to a
  // batch boundary of the ledger (R1.22).
  [[nodiscard]] Offset survivors(PartitionId partition, const Ledger& ledger, Instant now,
                                 std::int64_t lose, std::uint64_t bits) const;

  bool operator==(const PartitionLog&) const = default;

 private:
  static constexpr Duration kMarkGap = milliseconds(2500);
  // The oldest of 16 marks at least 2.5 s apart may go when the next comes: the second is by then
  // older than the 35 s after which everything is on disk.
  static constexpr std::uint32_t kMarks = 16;
  static constexpr Duration kWriteBackAge = seconds(30);
  static constexpr Duration kWriteBackPeriod = seconds(5);

  void enter_epoch(LeaderEpoch epoch);
  void note_dirty(Instant now);
  void drop_epochs_from(Offset to);
  void find_latest();
  // End of what the operating system has written back at `now` if it does so after `age`.
  [[nodiscard]] Offset written_back(Instant now, Duration age) const;

  Offset start_;
  Offset end_;
  Offset high_watermark_;
  Offset flushed_;
  std::vector<EpochEntry> epochs_;       // strictly ascending in start
  LeaderEpoch latest_ = kNoLeaderEpoch;  // greatest of epochs_
  std::vector<DirtyMark> marks_;         // ascending in end and at
};

}  // namespace ackident
