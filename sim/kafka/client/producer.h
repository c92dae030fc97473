// A producer process: the application (workload.h), the record accumulator (accumulator.h,
// partitioner.h, drain.h), the sender thread (sender.h, idempotence.h) and its connections
// (links.h). Rules C0, C1 and C2.1-C2.12.
//
//   stopped --start--> running --shut_down (close())--> closing --all batches final--> exit
//   running, closing --stop (kill)--> stopped: batches without a final result stay unknown
#pragma once

#include <vector>

#include "kafka/client/accumulator.h"
#include "kafka/client/idempotence.h"
#include "kafka/client/links.h"
#include "kafka/client/partitioner.h"
#include "kafka/client/workload.h"

namespace ackident {

// The timers of a producer: fixed ones, then the request time-out of each broker.
enum class ProducerTimer : std::uint32_t {
  kArrival,   // the application's next send()
  kBlocked,   // max.block.ms of a blocked send()
  kSender,    // a batch lingered or backed off long enough, a broker may be dialled again
  kExpiry,    // delivery.timeout.ms of the oldest batch
  kMetadata,  // the next metadata refresh
  kFixed,
};
inline constexpr LocalTimer producer_timer(ProducerTimer timer) {
  return LocalTimer(static_cast<std::uint32_t>(timer));
}
inline constexpr LocalTimer timeout_timer_of(std::uint32_t broker) {
  return LocalTimer(static_cast<std::uint32_t>(ProducerTimer::kFixed) + broker);
}

struct Producer {
  NodeId self = kNoNode;
  std::uint16_t index = 0;  // among the producers
  bool running = false;
  bool closing = false;           // close() was called: flush, then exit (C1.18)
  Instant sender_at = kNever;     // for when kSender is armed
  Instant expiry_at = kNever;     // for when kExpiry is armed
  Instant metadata_due = kNever;  // the next refresh (C0.11); kNever while one is under way
  Instant metadata_at = kNever;   // for when kMetadata is armed
  Correlation correlation;        // of the next request; never restarts
  std::uint64_t node_draws = 0;   // never restart: key the draws
  std::uint32_t backoff_draws = 0;
  MetadataCache metadata;
  std::vector<BrokerConnection> connections;  // by broker index
  std::vector<ProducerLink> links;            // by broker index
  Accumulator accumulator;
  Partitioner partitioner;
  Idempotence idempotence;
  Application application;
  std::vector<BatchSlot> drained;  // of the pass in hand
};

// A producer that has never run, for node `self`.
void reset(Producer&, const Composition&, NodeId self);

// ---- driven by the world (see context.h) ----
void start(Producer&, const StartInfo&, Context&);
void deliver(Producer&, NodeId from, const Payload&, Context&);
void fire(Producer&, LocalTimer, Context&);
void stop(Producer&, StopKind, Context&);
void shut_down(Producer&, Context&);
std::uint32_t timer_count(const Producer&, const Composition&, NodeId self);

// ---- for the producer's own files ----
inline const ProducerInfo& info_of(const Producer& producer, const Context& ctx) {
  return ctx.composition().producers[producer.index];
}
inline const ProducerConfig& config_of(const Producer& producer, const Context& ctx) {
  return info_of(producer, ctx).config;
}
// The id of a partition of its topic.
inline PartitionId partition_id(const Producer& producer, std::uint32_t partition,
                                const Context& ctx) {
  const TopicInfo& topic = ctx.composition().topics[info_of(producer, ctx).workload.topic.value()];
  return PartitionId(topic.first.value() + partition);
}
// Arms a timer unless it will fire early enough already; `armed_at` remembers for when.
inline void arm_no_later(ProducerTimer timer, Instant& armed_at, Instant at, Context& ctx) {
  if (at >= armed_at) return;
  armed_at = at;
  ctx.arm(producer_timer(timer), at);
}

}  // namespace ackident
