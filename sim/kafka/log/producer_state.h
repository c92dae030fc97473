// What a log knows of the producers that wrote to it: the last five batches of each (R2.15,
// C2.13-C2.19). A function of the log's content, so a follower has it too; it is rebuilt from the
// ledger when a replica becomes leader, truncates or starts.
#pragma once

#include <cstdint>
#include <vector>

#include "base/inline_vec.h"
#include "kafka/ledger.h"
#include "kafka/log/partition_log.h"
#include "kafka/types.h"

namespace ackident {

struct BatchMetadata {
  Sequence first;
  Sequence last;
  Offset base;
  Offset end;

  bool operator==(const BatchMetadata&) const = default;
};
inline constexpr std::uint32_t kBatchesRetained = 5;

struct ProducerEntry {
  ProducerId producer_id = kNoProducerId;
  ProducerEpoch epoch;
  InlineVec<BatchMetadata, kBatchesRetained> batches;  // oldest first

  bool operator==(const ProducerEntry&) const = default;
};

// The sequence after `last`: wraps from 2^31 - 1 to 0 (C2.3).
Sequence next_sequence(Sequence last);

class ProducerStateTable {
 public:
  // The verdict on a batch before it is appended.
  struct Check {
    ErrorCode error = ErrorCode::kNone;
    bool duplicate = false;  // error is kNone; `original` is where it stands already (C2.14)
    BatchMetadata original;
  };
  [[nodiscard]] Check check(ProducerId, ProducerEpoch, Sequence first, Sequence last) const;

  [[nodiscard]] bool knows(ProducerId id) const { return find(id) != nullptr; }

  void record(ProducerId, ProducerEpoch, const BatchMetadata&);

  // Replays the batches that `log` holds, in offset order.
  void rebuild(PartitionId partition, const PartitionLog& log, const Ledger& ledger);
  void clear() { entries_.clear(); }
  [[nodiscard]] const std::vector<ProducerEntry>& entries() const { return entries_; }

  bool operator==(const ProducerStateTable&) const = default;

 private:
  [[nodiscard]] const ProducerEntry* find(ProducerId id) const;
  std::vector<ProducerEntry> entries_;  // ascending producer id
};

}  // namespace ackident
