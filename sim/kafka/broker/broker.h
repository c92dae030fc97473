// A broker: its metadata image, its life (lifecycle.h), its replicas (replica_manager.h).
#pragma once

#include "kafka/broker/lifecycle.h"
#include "kafka/broker/replica_manager.h"
#include "kafka/broker/timers.h"
#include "kafka/metadata.h"

namespace ackident {

struct Broker {
  NodeId self = kNoNode;
  BrokerTimers timers;
  MetadataImage image;  // what this broker has applied
  Lifecycle lifecycle;
  ReplicaManager replicas;

  [[nodiscard]] bool running() const { return lifecycle.state != Lifecycle::State::kStopped; }
};

inline const BrokerConfig& config_of(const Broker& broker, const Context& ctx) {
  return ctx.composition().brokers[ctx.composition().broker_index(broker.self)];
}

// Does this broker's metadata know the partition at all?
[[nodiscard]] inline bool is_known_partition(const Broker& broker, PartitionId partition) {
  return partition.value() < broker.image.partitions.size() &&
         !broker.image.partitions[partition.value()].replicas.empty();
}

// A broker that has never run, for node `self`.
void reset(Broker&, const Composition&, NodeId self);

// ---- driven by the world (see context.h) ----
void start(Broker&, const StartInfo&, Context&);
void deliver(Broker&, NodeId from, const Payload&, Context&);
void fire(Broker&, LocalTimer, Context&);
void stop(Broker&, StopKind, Context&);
void shut_down(Broker&, Context&);
std::uint32_t timer_count(const Broker&, const Composition&, NodeId self);

// ---- called by lifecycle.cc ----
// Replays the metadata log from image.end up to `to` and acts on what changed (R5.16). Calls
// lifecycle_metadata_applied at the end.
void apply_metadata(Broker&, MetadataOffset to, Context&);
// First publish after start (R6.1 step 4): loads logs, starts the timers of the data plane;
// fetchers start as partitions are applied.
void load_logs(Broker&, Context&);
// A power loss with a stated loss: the world says how many records each log loses when it stops
// next (negative: draw per R1.21).
void set_power_loss(Broker&, std::int64_t lose_records);

}  // namespace ackident
