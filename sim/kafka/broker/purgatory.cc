#include "kafka/broker/purgatory.h"

#include <algorithm>
#include <utility>

#include "kafka/broker/broker.h"
#include "kafka/broker/fetch.h"
#include "kafka/broker/isr_lock.h"
#include "kafka/broker/leader.h"

namespace ackident {
namespace {

void erase_waiter(std::vector<NodeId>& waiters, NodeId node) {
  const auto at = std::find(waiters.begin(), waiters.end(), node);
  if (at != waiters.end()) waiters.erase(at);
}

Leader* leader_of(Broker& broker, PartitionId partition) {
  Replica* replica = broker.replicas.find(partition);
  return replica == nullptr ? nullptr : std::get_if<Leader>(&replica->role);
}

ParkedPart& part_of(ParkedProduce& parked, PartitionId partition) {
  const auto at = std::find_if(parked.parts.begin(), parked.parts.end(), [&](const auto& part) {
    return part.result.partition == partition && !part.decided;
  });
  SIM_CHECK(at != parked.parts.end());
  return *at;
}

void decide(ParkedProduce& parked, ParkedPart& part, ErrorCode error) {
  SIM_CHECK(parked.undecided > 0);
  part.result.error = error;
  part.decided = true;
  --parked.undecided;
}

// The request answers when all its parts are decided (R2.9).
void answer_if_decided(const Broker& broker, NodeId client, ParkedProduce& parked, Context& ctx) {
  if (parked.undecided > 0) return;
  parked.active = false;
  ctx.disarm(broker.timers.parked_produce(client));
  answer_produce(client, parked.correlation, parked.parts, ctx);
}

// R2.8: the high watermark covers it, so every member of the maximal ISR has it; whether those are
// enough is asked again (R4.3). Kafka 1eb76443 Partition.scala checkEnoughReplicasReachOffset.
ErrorCode verdict(const Broker& broker, const Leader& leader, PartitionId partition,
                  const Context& ctx) {
  return maximal_isr_size(leader, ctx) >= min_isr(broker, partition, ctx)
             ? ErrorCode::kNone
             : ErrorCode::kNotEnoughReplicasAfterAppend;
}

// Takes the fetch off every list it is on, before it is answered or forgotten.
void unpark_fetch(Broker& broker, NodeId from, ParkedFetch& parked, Context& ctx) {
  SIM_CHECK(parked.active);
  parked.active = parked.due = false;
  ctx.disarm(broker.timers.parked_fetch(from));
  for (const FetchPart& part : parked.parts) {
    if (Leader* leader = leader_of(broker, part.partition)) {
      erase_waiter(leader->fetch_waiters, from);
    }
  }
}

// Enough to read by now, or something that must be said at once (R3.8, C4.14)?
bool is_ready(const Broker& broker, NodeId from, const ParkedFetch& parked, const Context& ctx) {
  std::int64_t bytes = 0;
  for (const FetchPart& part : parked.parts) {
    const Readable ready = readable(broker, from, parked.request, part, ctx);
    if (ready.at_once) return true;
    bytes += ready.bytes;
    if (bytes >= parked.request.bytes_min) return true;
  }
  return false;
}

// Data became readable in `replica` for followers, or for consumers. A parked fetch could read
// nothing when it asks for one byte, so the new data alone completes it: the common case needs no
// look at its other partitions. Only a consumer that waits beyond the high watermark (C4.15) may
// still find nothing.
void wake_fetches(Broker& broker, Replica& replica, bool replicas, Context& ctx) {
  const std::vector<NodeId>& waiters = std::get<Leader>(replica.role).fetch_waiters;
  const bool any_will_do = replicas || ctx.behaviour().answers_beyond_hw_at_once;
  for (std::size_t i = 0; i < waiters.size();) {
    const NodeId from = waiters[i];
    const ParkedFetch& parked = broker.replicas.fetches[from.value()];
    SIM_CHECK(parked.active);
    const bool ready =
        parked.request.from_replica == replicas &&
        ((any_will_do && parked.request.bytes_min <= 1) || is_ready(broker, from, parked, ctx));
    if (ready) complete_fetch(broker, from, ctx);  // takes it off this list, if it can be read
    if (parked.active) ++i;
  }
}

}  // namespace

void park_produce(Broker& broker, NodeId client, const ProduceRequest& request, Context& ctx) {
  ParkedProduce& parked = broker.replicas.produces[client.value()];
  SIM_CHECK(!parked.active);
  parked.active = true;
  parked.correlation = request.correlation;
  parked.undecided = 0;
  parked.parts.swap(broker.replicas.produce_parts);
  for (const ParkedPart& part : parked.parts) {
    if (part.decided) continue;
    ++parked.undecided;
    leader_of(broker, part.result.partition)->produce_waiters.push_back(client);
  }
  SIM_CHECK(parked.undecided > 0);
  if (!ctx.mutant(Mutant::kPurgatoryNeverTimesOut)) {
    ctx.arm(broker.timers.parked_produce(client), ctx.now() + request.timeout);
  }
}

void decide_reached(Broker& broker, NodeId client, Context& ctx) {
  ParkedProduce& parked = broker.replicas.produces[client.value()];
  if (!parked.active) return;  // the wake-ups of its own append have answered it
  for (ParkedPart& part : parked.parts) {
    const Replica* replica = broker.replicas.find(part.result.partition);
    if (part.decided || replica->log.high_watermark() < part.required) continue;
    Leader& leader = *leader_of(broker, part.result.partition);
    erase_waiter(leader.produce_waiters, client);
    decide(parked, part, verdict(broker, leader, part.result.partition, ctx));
  }
  answer_if_decided(broker, client, parked, ctx);
}

void complete_produces(Broker& broker, Replica& replica, Context& ctx) {
  Leader& leader = std::get<Leader>(replica.role);
  std::vector<NodeId>& waiters = leader.produce_waiters;
  if (waiters.empty()) return;
  const ErrorCode error = verdict(broker, leader, replica.partition, ctx);
  for (std::size_t i = 0; i < waiters.size();) {
    const NodeId client = waiters[i];
    ParkedProduce& parked = broker.replicas.produces[client.value()];
    ParkedPart& part = part_of(parked, replica.partition);
    if (replica.log.high_watermark() < part.required) {
      ++i;
      continue;
    }
    waiters.erase(waiters.begin() + static_cast<std::ptrdiff_t>(i));
    decide(parked, part, error);
    answer_if_decided(broker, client, parked, ctx);
  }
}

void fail_produces(Broker& broker, Replica& replica, Context& ctx) {
  std::vector<NodeId>& waiters = std::get<Leader>(replica.role).produce_waiters;
  const LeaderHint hint = leader_hint(broker, replica.partition, ctx);
  for (const NodeId client : waiters) {
    ParkedProduce& parked = broker.replicas.produces[client.value()];
    ParkedPart& part = part_of(parked, replica.partition);
    part.result.leader_hint = hint.leader;
    part.result.leader_hint_epoch = hint.epoch;
    decide(parked, part, ErrorCode::kNotLeaderOrFollower);
    answer_if_decided(broker, client, parked, ctx);
  }
  waiters.clear();
}

void expire_produce(Broker& broker, NodeId client, Context& ctx) {
  ParkedProduce& parked = broker.replicas.produces[client.value()];
  if (!parked.active) return;
  for (ParkedPart& part : parked.parts) {
    if (part.decided) continue;
    if (Leader* leader = leader_of(broker, part.result.partition)) {
      erase_waiter(leader->produce_waiters, client);
    }
    decide(parked, part, ErrorCode::kRequestTimedOut);
  }
  answer_if_decided(broker, client, parked, ctx);
}

void forget_produce(Broker& broker, NodeId client, Context& ctx) {
  ParkedProduce& parked = broker.replicas.produces[client.value()];
  if (!parked.active) return;
  parked.active = false;
  ctx.disarm(broker.timers.parked_produce(client));
  for (const ParkedPart& part : parked.parts) {
    if (Leader* leader = leader_of(broker, part.result.partition)) {
      erase_waiter(leader->produce_waiters, client);
    }
  }
}

void park_fetch(Broker& broker, NodeId from, const FetchRequest& request, Context& ctx) {
  ParkedFetch& parked = broker.replicas.fetches[from.value()];
  SIM_CHECK(!parked.active);
  parked.active = true;
  parked.request = request;
  const std::span<const FetchPart> parts =
      std::as_const(ctx.pools().fetch_parts).get(request.parts);
  parked.parts.assign(parts.begin(), parts.end());
  for (const FetchPart& part : parts) {
    leader_of(broker, part.partition)->fetch_waiters.push_back(from);
  }
  ctx.arm(broker.timers.parked_fetch(from), ctx.now() + request.wait_max);
  // Its own progress may have raised the high watermark (R3.8).
  if (request.from_replica && ctx.behaviour().hands_on_high_watermark &&
      is_ready(broker, from, parked, ctx)) {
    complete_fetch(broker, from, ctx);
  }
}

void complete_fetch(Broker& broker, NodeId from, Context& ctx) {
  ParkedFetch& parked = broker.replicas.fetches[from.value()];
  if (!parked.active) return;
  if (is_read_locked(broker, parked.parts, ctx)) {
    parked.due = true;
    return;
  }
  unpark_fetch(broker, from, parked, ctx);
  answer_fetch(broker, from, parked.request, parked.parts, ctx);
}

void forget_fetch(Broker& broker, NodeId from, Context& ctx) {
  ParkedFetch& parked = broker.replicas.fetches[from.value()];
  if (parked.active) unpark_fetch(broker, from, parked, ctx);
}

void wake_followers(Broker& broker, Replica& replica, Context& ctx) {
  wake_fetches(broker, replica, true, ctx);
}

void wake_consumers(Broker& broker, Replica& replica, Context& ctx) {
  wake_fetches(broker, replica, false, ctx);
}

}  // namespace ackident
