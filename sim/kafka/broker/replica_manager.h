// The data plane of one broker: its replicas, the fetchers that follow other leaders, the requests
// that wait, and the queue of ISR changes on their way to the controller.
//
// replica.h holds one replica's state; become.h changes roles; produce.h, fetch.h and isr.h are the
// leader's side, follower.h the other one; purgatory.h is for both ends of a wait.
#pragma once

#include <cstdint>
#include <vector>

#include "kafka/broker/fetcher.h"
#include "kafka/broker/isr.h"
#include "kafka/broker/isr_lock.h"
#include "kafka/broker/purgatory.h"
#include "kafka/broker/replica.h"
#include "kafka/context.h"

namespace ackident {

struct ReplicaManager {
  std::vector<std::int32_t> index_of;       // by PartitionId; -1: not hosted here
  std::vector<Replica> replicas;            // in order of creation
  std::vector<Fetcher> fetchers;            // by broker index of the leader
  std::vector<std::uint16_t> fetchers_due;  // to be run at the end of this step
  std::vector<std::uint32_t> rotation;      // scratch of a fetcher's rotation (R3.3): who moves ...
  std::vector<std::uint32_t> rotated;       // ... in the order of the list
  std::vector<ParkedProduce> produces;      // by NodeId of the client
  std::vector<ParkedFetch> fetches;         // by NodeId of the fetching node
  std::vector<ParkedPart> produce_parts;    // scratch: parts of the produce being served
  std::vector<PartitionId> accepted;        // scratch: partitions whose part is in the log
  std::vector<PartitionId> changed;         // scratch: partitions that metadata changed
  std::vector<FetchResult> fetch_results;   // scratch: what the fetch being served has read
  AlterQueue alter;
  std::vector<LockedOut> locked_out;     // in the order of arrival
  bool published = false;                // the first image was applied (R6.1 step 4)
  Correlation correlation;               // of this broker's last replication request
  std::int32_t producer_ids = 0;         // given out by this broker, over all its lives
  std::int64_t power_loss_records = -1;  // stated loss of the next power loss; negative: drawn

  [[nodiscard]] Replica* find(PartitionId partition) {
    if (partition.value() >= index_of.size()) return nullptr;
    const std::int32_t index = index_of[partition.value()];
    return index < 0 ? nullptr : &replicas[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] const Replica* find(PartitionId partition) const {
    return const_cast<ReplicaManager*>(this)->find(partition);
  }
};

void reset(ReplicaManager&, const Composition&);
// The replica of the partition, created empty if this broker has none.
Replica& host(ReplicaManager&, PartitionId);

// Says what a start finds in each log (R1.25).
void load_replicas(Broker&, Context&);
// HW checkpoint (R1.16): every hosted replica's high watermark goes to disk.
void checkpoint_high_watermarks(Broker&, Context&);
// What the end of the process leaves of each log (R1.5), then forgets roles, fetchers and requests.
void stop_replicas(Broker&, StopKind, Context&);

// A protocol id: unique over brokers and requests, as from the controller's blocks, which no broker
// gets twice.
ProducerId next_producer_id(Broker&, Context&);

}  // namespace ackident
