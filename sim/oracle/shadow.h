// Shadows: what the facts say each replica's log holds, kept apart from the replicas themselves,
// and the prefix that was ever exposed as committed. Oracles judge by shadows, so a handler that
// lies to itself is still seen; a check at the end compares them with the real logs.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "kafka/composition.h"
#include "oracle/result.h"

namespace ackident {

// Epoch runs of a log: names only, as in PartitionLog, but fed by facts.
struct ShadowLog {
  std::vector<EpochEntry> runs;
  Offset end;
  Offset high_watermark;
  LeaderEpoch told_epoch = kNoLeaderEpoch;              // of the newest role its broker took
  PartitionEpoch partition_epoch = PartitionEpoch(-1);  // newest its broker was seen with
  // A high watermark that must be on disk by now, and one that will be an interval after it was
  // noted.
  Offset checkpointed;
  Offset noted;
  Instant noted_at;
  bool torn = false;  // records came elsewhere than at the end: the facts left something out

  [[nodiscard]] bool holds(LeaderEpoch epoch, Offset offset) const;
  // Epoch of the record at `offset` < end; kNoLeaderEpoch beyond.
  [[nodiscard]] LeaderEpoch epoch_at(Offset offset) const;
  // End of the run of records from `offset` < end that share its epoch.
  [[nodiscard]] Offset run_end(Offset offset) const;
  void extend(LeaderEpoch epoch, Offset from, Offset to);
  void cut(Offset to);
  // First offset below `limit` where the two differ; limit if none (both must reach it).
  [[nodiscard]] Offset first_difference(const ShadowLog& other, Offset limit) const;
};

// Who led in which epoch.
struct EpochLeader {
  LeaderEpoch epoch;
  NodeId leader = kNoNode;
};

// Records that a log lost: one run of one epoch.
struct Removal {
  Instant at;
  EventId event;
  NodeId node = kNoNode;
  CopyEnd how{};
  LeaderEpoch epoch;
  Offset from;
  Offset to;
};

struct ShadowPartition {
  ReplicaList replicas;         // order of `logs`
  std::vector<ShadowLog> logs;  // by place in the assignment
  ShadowLog committed;          // what any leader exposed below its high watermark
  std::vector<Removal> removals;
  std::vector<EpochLeader> leaders;  // ascending epochs: who began to lead
  // How many replicas an acks=all write needed when it was committed: from each offset on.
  std::vector<std::pair<Offset, std::uint32_t>> needed;
  bool loss_permitted = false;  // power loss, disk loss, unclean election, old release

  void commits_need(Offset from, std::uint32_t replicas);
  [[nodiscard]] std::uint32_t needed_at(Offset offset) const;
  [[nodiscard]] ShadowLog* log_of(NodeId node) {
    for (std::uint32_t i = 0; i < replicas.size(); ++i) {
      if (replicas[i] == node) return &logs[i];
    }
    return nullptr;
  }
  [[nodiscard]] const ShadowLog* log_of(NodeId node) const {
    return const_cast<ShadowPartition*>(this)->log_of(node);
  }
};

class Shadows {
 public:
  void reset(const Composition& composition);
  // What on_fact() looks at: the loop over all facts spares it the others.
  static constexpr bool follows(FactKind kind) {
    switch (kind) {
      case FactKind::kAppended:
      case FactKind::kReplicated:
      case FactKind::kTruncated:
      case FactKind::kTailLost:
      case FactKind::kLogWiped:
      case FactKind::kHighWatermark:
      case FactKind::kFollowerHighWatermark:
      case FactKind::kHighWatermarkLoaded:
      case FactKind::kLeaderElected: return true;
      default: return false;
    }
  }
  // Follows the facts about logs; everything else is ignored.
  void on_fact(Instant at, EventId event, const Fact& fact);

  [[nodiscard]] const ShadowPartition& at(PartitionId partition) const {
    return partitions_[partition.value()];
  }
  [[nodiscard]] ShadowPartition& at(PartitionId partition) {
    return partitions_[partition.value()];
  }
  [[nodiscard]] std::uint32_t size() const {
    return static_cast<std::uint32_t>(partitions_.size());
  }

 private:
  void remove(Instant at, EventId event, const Fact& fact, CopyEnd how);

  std::vector<ShadowPartition> partitions_;
};

}  // namespace ackident
