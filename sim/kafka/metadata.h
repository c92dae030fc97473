// Cluster metadata: the controller's log of records, and the image one gets by replaying a prefix.
//
// The controller decides by appending records; brokers and clients know a prefix of the log, each
// its own. A message that tells metadata therefore carries only an offset: the receiver replays the
// records between the offset it had and that one. Records are immutable once appended. With one
// voter the log never loses a record; a quorum will name records (epoch, offset) as the ledger
// does.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "kafka/composition.h"
#include "kafka/types.h"

namespace ackident {

// Where a partition stands (PartitionRecord / PartitionChangeRecord after application).
struct PartitionRegistration {
  ReplicaList replicas;     // assignment, preferred leader first
  ReplicaList isr;          // committed ISR, in assignment order of joining
  NodeId leader = kNoNode;  // kNoNode: offline
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;
  bool recovering = false;  // elected uncleanly, not yet confirmed (R5.32)

  bool operator==(const PartitionRegistration&) const = default;
};

// What the cluster knows of a broker.
struct BrokerRegistration {
  BrokerEpoch epoch = kNoBrokerEpoch;  // kNoBrokerEpoch: never registered
  Incarnation incarnation;
  bool fenced = true;
  bool in_controlled_shutdown = false;

  bool operator==(const BrokerRegistration&) const = default;
};

struct PartitionRecord {
  PartitionId partition;
  PartitionRegistration state;  // the whole new state: replay is assignment
};
struct BrokerRecord {
  NodeId broker;
  BrokerRegistration state;
};
struct TopicConfigRecord {
  TopicId topic;
  TopicConfig config;
};
struct NoOpRecord {};
using MetadataRecord = std::variant<NoOpRecord, PartitionRecord, BrokerRecord, TopicConfigRecord>;

// The image after some prefix of the log.
struct MetadataImage {
  MetadataOffset end;                             // records below are applied
  std::vector<PartitionRegistration> partitions;  // by PartitionId
  std::vector<BrokerRegistration> brokers;        // by broker index
  std::vector<TopicConfig> topics;                // by TopicId

  // Before the first record: nothing led, nobody registered, topic configs as composed.
  void reset(const Composition& composition);
  void apply(const MetadataRecord& record, const Composition& composition);
};

class MetadataLog {
 public:
  void reset() { records_.clear(); }
  // Appends; returns the record's offset.
  MetadataOffset append(const MetadataRecord& record) {
    records_.push_back(record);
    return MetadataOffset(static_cast<std::int64_t>(records_.size()) - 1);
  }
  [[nodiscard]] MetadataOffset end() const {
    return MetadataOffset(static_cast<std::int64_t>(records_.size()));
  }
  [[nodiscard]] const MetadataRecord& at(MetadataOffset offset) const {
    return records_[static_cast<std::size_t>(offset.value())];
  }

 private:
  std::vector<MetadataRecord> records_;
};

// effectiveMinIsr (R2.6, C1.20): capped by the number of replicas from 3.7 on.
std::uint32_t effective_min_isr(const Behaviour& behaviour, const TopicConfig& config,
                                const PartitionRegistration& partition);

}  // namespace ackident
