#include "kafka/broker/replica_manager.h"

#include <algorithm>
#include <limits>

#include "kafka/broker/broker.h"
#include "kafka/broker/follower.h"

namespace ackident {
namespace {

std::uint64_t subject_of(NodeId node, std::uint32_t what) {
  return (std::uint64_t{node.value()} << 32) | what;
}

// R1.21: the flushed prefix stays for sure; of the rest, what the kernel had written back. What is
// left was read from the disk, and the next failure cannot take it.
void lose_power(Broker& broker, Replica& replica, Context& ctx) {
  const ChoiceKey key{ChoiceKind::kTornTail, subject_of(broker.self, replica.partition.value()),
                      broker.lifecycle.incarnation.value()};
  const std::uint64_t bits = ctx.choose(key, std::numeric_limits<std::uint64_t>::max());
  const Offset before = replica.log.end();
  const Offset surviving = replica.log.survivors(replica.partition, ctx.ledger(), ctx.now(),
                                                 broker.replicas.power_loss_records, bits);
  replica.log.flush(surviving);
  if (surviving >= before) return;
  replica.log.truncate(surviving);
  ctx.note({.kind = FactKind::kTailLost,
            .node = broker.self,
            .partition = replica.partition,
            .a = surviving.value(),
            .b = before.value()});
}

void wipe(const Broker& broker, Replica& replica, Context& ctx) {
  const Offset before = replica.log.end();
  replica.log = PartitionLog();
  replica.high_watermark_checkpoint = Offset();
  ctx.note({.kind = FactKind::kLogWiped,
            .node = broker.self,
            .partition = replica.partition,
            .b = before.value()});
}

// R1.5: what is left on disk.
void stop_log(Broker& broker, Replica& replica, StopKind kind, Context& ctx) {
  switch (kind) {
    case StopKind::kProcessKill:  // the page cache is the kernel's (T23)
      if (ctx.mutant(Mutant::kSigkillLosesPageCache)) lose_power(broker, replica, ctx);
      return;
    case StopKind::kPowerLoss:
      if (!ctx.mutant(Mutant::kPowerLossKeepsAll)) lose_power(broker, replica, ctx);
      return;
    case StopKind::kClean:  // R1.19
      replica.high_watermark_checkpoint = replica.log.high_watermark();
      replica.log.flush(replica.log.end());
      return;
    case StopKind::kDiskWipe: wipe(broker, replica, ctx); return;
  }
}

// Everything that lives in memory only.
void forget(Broker& broker, Context& ctx) {
  forget_locked_out(broker, ctx);
  ReplicaManager& replicas = broker.replicas;
  for (Replica& replica : replicas.replicas) {
    replica.role = Offline{};
    replica.producers.clear();
    replica.partition_epoch = PartitionEpoch(-1);
    replica.alter_queued = false;
  }
  for (Fetcher& fetcher : replicas.fetchers) fetcher = Fetcher{};
  for (ParkedProduce& parked : replicas.produces) parked.active = false;
  for (ParkedFetch& parked : replicas.fetches) parked.active = parked.due = false;
  replicas.fetchers_due.clear();
  replicas.alter.entries.clear();
  replicas.alter.in_flight = 0;
  replicas.alter.backing_off = false;
  replicas.alter.expiring.reset();
  replicas.published = false;
  replicas.power_loss_records = -1;
}

}  // namespace

void reset(ReplicaManager& replicas, const Composition& composition) {
  replicas = ReplicaManager();
  replicas.index_of.assign(composition.partition_count(), -1);
  replicas.fetchers.resize(composition.broker_count);
  replicas.produces.resize(composition.nodes.size());
  replicas.fetches.resize(composition.nodes.size());
}

Replica& host(ReplicaManager& replicas, PartitionId partition) {
  std::int32_t& index = replicas.index_of[partition.value()];
  if (index < 0) {
    index = static_cast<std::int32_t>(replicas.replicas.size());
    replicas.replicas.emplace_back();
    replicas.replicas.back().partition = partition;
  }
  return replicas.replicas[static_cast<std::size_t>(index)];
}

// Recovery points are checkpointed too (R1.16), but they only say where a recovery scan begins, and
// the scan's length is an input (BrokerConfig::recovery_time): what is flushed is known to the log.
void checkpoint_high_watermarks(Broker& broker, Context& ctx) {
  if (ctx.mutant(Mutant::kNoCheckpoint)) return;
  for (Replica& replica : broker.replicas.replicas) {
    replica.high_watermark_checkpoint = replica.log.high_watermark();
  }
}

// R6.4: nothing is cut; what is above the high watermark is compared with the leader's log later.
void load_replicas(Broker& broker, Context& ctx) {
  for (Replica& replica : broker.replicas.replicas) {
    const PartitionLog& log = replica.log;
    if (ctx.mutant(Mutant::kRestartTruncatesToCheckpoint)) {
      truncate_log(replica, log.high_watermark(), ctx);
    }
    ctx.note({.kind = FactKind::kHighWatermarkLoaded,
              .node = broker.self,
              .partition = replica.partition,
              .a = log.high_watermark().value(),
              .b = log.end().value()});
  }
}

void stop_replicas(Broker& broker, StopKind kind, Context& ctx) {
  for (Replica& replica : broker.replicas.replicas) {
    stop_log(broker, replica, kind, ctx);
    // The next start finds no other high watermark than the checkpointed one (R1.25).
    replica.log.set_high_watermark(std::min(replica.high_watermark_checkpoint, replica.log.end()));
  }
  forget(broker, ctx);
}

ProducerId next_producer_id(Broker& broker, Context& ctx) {
  const std::int64_t id =
      std::int64_t{broker.replicas.producer_ids++} * ctx.composition().broker_count +
      ctx.composition().broker_index(ctx.self());
  SIM_CHECK(id <= std::numeric_limits<ProducerId::rep>::max());
  return ProducerId(static_cast<ProducerId::rep>(id));
}

void truncate_log(Replica& replica, Offset to, Context& ctx) {
  const Offset end = replica.log.end();
  const Offset high_watermark = replica.log.high_watermark();
  replica.log.truncate(to);  // also when the end does not move: empty epochs go (D07)
  if (replica.log.end() == end || ctx.mutant(Mutant::kUnnotedTruncation)) return;
  ctx.note({.kind = FactKind::kTruncated,
            .node = ctx.self(),
            .partition = replica.partition,
            .a = replica.log.end().value(),
            .b = end.value(),
            .c = high_watermark.value()});
}

}  // namespace ackident
