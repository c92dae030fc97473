// A replica's log, as names: which (leader epoch, offset) pairs it holds.
//
// Content is in the ledger; a log is its leader-epoch cache and its ends. For any offset in
// [start, end) the record there is the one appended in epoch_at(offset). So two logs agree at an
// offset exactly when their epochs there are equal.
//
//   start <= high_watermark <= end,  flushed <= end  (R1.1, R1.15)
#pragma once

#include <cstdint>
#include <vector>

#include "kafka/ledger.h"
#include "kafka/types.h"

namespace ackident {

// When a log's end passed an offset, coarsely: enough to say which bytes the kernel has written back
// by itself after a power loss (R1.21). At most kMarks marks, kMarkGap apart.
struct DirtyMark {
  Offset end;
  Instant at;

  bool operator==(const DirtyMark&) const = default;
};

class PartitionLog {
 public:
  [[nodiscard]] Offset start() const { return start_; }
  [[nodiscard]] Offset end() const { return end_; }           // LEO
  [[nodiscard]] Offset high_watermark() const { return high_watermark_; }
  [[nodiscard]] Offset flushed() const { return flushed_; }   // recovery point (R1.15)
  [[nodiscard]] const std::vector<EpochEntry>& epochs() const { return epochs_; }

  // Epoch of the newest entry of the cache; kNoLeaderEpoch if it is empty.
  [[nodiscard]] LeaderEpoch latest_epoch() const;
  // Epoch of the last record (what a fetch carries as lastFetchedEpoch): that of end - 1, or of the
  // cache's last entry at or below end when the log is empty; kNoLeaderEpoch if there is none.
  [[nodiscard]] LeaderEpoch last_record_epoch() const;
  // Epoch of the record at `offset`, which must be in [start, end).
  [[nodiscard]] LeaderEpoch epoch_at(Offset offset) const;
  // End of the run of records from `offset` that share its epoch; at most end().
  [[nodiscard]] Offset run_end(Offset offset) const;
  // Does the log hold the record named (epoch, offset)?
  [[nodiscard]] bool holds(LeaderEpoch epoch, Offset offset) const;
  // R1.10.
  [[nodiscard]] EpochEnd end_offset_for(LeaderEpoch epoch) const;

  // The leader of a new epoch enters it at its end, even before any record (R1.8 a, R1.9).
  void assign_epoch(LeaderEpoch epoch, Offset at);
  // Adds records [end, to) of `epoch` (R1.8 b); notes the time for R1.21.
  void append(LeaderEpoch epoch, Offset to, Instant now);
  // Cuts to `to` if that is below the end; lowers HW, flushed point and epoch cache (R1.4, R1.11).
  // Entries that start at or beyond `to` go even if the end does not move (D07).
  void truncate(Offset to);
  // Forgets everything and restarts at `at` (R1.4, R3.29).
  void truncate_fully(Offset at);
  // Clamps into [start, end] (R1.1).
  void set_high_watermark(Offset offset);
  // Raises the start (never beyond the HW); drops epochs wholly below (R1.6, R1.11).
  void advance_start(Offset to);
  // fsync of everything below `to`.
  void flush(Offset to);

  // What survives a power loss at `now`: never below flushed. `lose` >= 0: exactly that many records
  // of the end, but flushed ones stay; `lose` < 0: R1.21's model, with `bits` uniform bits deciding
  // the write-back age W in [30 s, 35 s) and which of the later records survive. Cut to a batch
  // boundary of the ledger (R1.22).
  [[nodiscard]] Offset survivors(PartitionId partition, const Ledger& ledger, Instant now,
                                 std::int64_t lose, std::uint64_t bits) const;

  bool operator==(const PartitionLog&) const = default;

 private:
  Offset start_;
  Offset end_;
  Offset high_watermark_;
  Offset flushed_;
  std::vector<EpochEntry> epochs_;    // strictly ascending in epoch and start
  std::vector<DirtyMark> marks_;
};

}  // namespace ackident
