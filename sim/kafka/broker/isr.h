// The ISR on its leader: maximal ISR, shrink, expand, and the AlterPartition exchange (R4.1-R4.14).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kafka/broker/replica.h"
#include "kafka/context.h"
#include "kafka/payload.h"

namespace ackident {

struct Broker;

// AlterPartition entries on their way: the first `in_flight` are in the request under way, the rest
// wait for its response (R4.8). An entry keeps the content it had when it was proposed.
struct AlterEntry {
  AlterPartitionPart part;
  std::uint32_t ticket = 0;
};
struct AlterQueue {
  std::vector<AlterEntry> entries;
  std::uint32_t in_flight = 0;
  std::uint32_t tickets = 0;
  Correlation correlation;
  bool backing_off = false;          // the timer stands for a resend, not for a silent controller
  bool held = false;                 // within a step that proposes or settles several partitions
  std::vector<AlterEntry> settling;  // scratch: entries of the response being handled
  // Up to 2.6: the replica at which the isr-expiration task waits for ZooKeeper.
  std::optional<std::size_t> expiring;
};

// The ISR the controller confirmed.
[[nodiscard]] inline const ReplicaList& committed_isr(const IsrState& state) {
  return std::visit([](const auto& s) -> const ReplicaList& { return s.isr; }, state);
}
// R4.2: committed, plus the one that is joining.
[[nodiscard]] inline bool in_maximal_isr(const Leader& leader, NodeId node, const Context& ctx) {
  if (committed_isr(leader.isr).contains(node)) return true;
  if (!ctx.behaviour().maximal_isr || ctx.mutant(Mutant::kHwIgnoresMaximalIsr)) return false;
  const auto* expand = std::get_if<PendingExpand>(&leader.isr);
  return expand != nullptr && expand->joining == node;
}
[[nodiscard]] std::uint32_t maximal_isr_size(const Leader&, const Context&);

// R3.12.
[[nodiscard]] bool is_caught_up(const RemoteReplica&, Offset leader_end, Instant now,
                                Duration lag_max);
// R4.6.
[[nodiscard]] bool is_isr_eligible(const Broker&, const RemoteReplica&, const Context&);

// R4.5: on a fetch of `remote`, which is not in the ISR.
void maybe_expand_isr(Broker&, Replica&, const RemoteReplica&, Context&);
// R4.4: the isr-expiration task, over every led partition.
void shrink_isrs(Broker&, Context&);

// Sends what is queued unless a request is in flight or backing off.
void send_alter_partition(Broker&, Context&);
void on_alter_partition(Broker&, const AlterPartitionResponse&, Context&);
void alter_partition_disconnected(Broker&, Context&);
// kAlterPartition fired: resend, or give up waiting for a silent controller (R4.9).
void alter_partition_due(Broker&, Context&);

}  // namespace ackident
