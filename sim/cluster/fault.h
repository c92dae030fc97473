// Faults and operator's commands of a scenario: what happens, to whom, and when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kafka/config.h"
#include "kafka/fact.h"
#include "kafka/payload.h"

namespace ackident {

enum class FaultAction : std::uint8_t {
  kKill,      // SIGKILL of the targets
  kShutdown,  // SIGTERM: controlled shutdown, then exit
  kStart,     // start (again) what is not running
  kFreeze,    // SIGSTOP, long GC pause
  kResume,
  kPowerLoss,      // host off: unflushed tails at risk
  kDiskWipe,       // SIGKILL and an empty disk
  kCut,            // from targets -> to targets; both directions if `both_ways`
  kHeal,           // undoes cuts between the two sets (all, if both are empty)
  kSlowLink,       // adds `delay` to each message from -> to
  kSlowBroker,     // adds `delay` to each message the targets receive
  kHold,           // holds messages of one class from -> to, and what is behind them
  kRelease,        // lets them go
  kElect,          // preferred or unclean election of `partition`
  kAlterConfig,    // topic config at run time
  kSetRate,        // a producer's rate
  kSetProcessing,  // a consumer's time per record
};
std::string_view fault_action_name(FaultAction action);

// Who: resolved at the moment of firing. Several terms join (union).
enum class SelectorKind : std::uint8_t {
  kNode,        // one node by name or broker id
  kRack,        // every broker (and controller) of a rack
  kLeader,      // leader(tp): by the controller's truth
  kIsr,         // isr(tp): every member
  kFollower,    // follower(tp): assigned replicas but the leader; with `nth`, one of them (0-based)
  kReplicas,    // replicas(tp)
  kController,  // the active controller
  kBrokers,     // every broker
  kClients,     // every producer and consumer
  kEveryone,
  kRandomBroker,  // one running broker, drawn
};
struct Selector {
  SelectorKind kind{};
  NodeId node = kNoNode;
  std::uint16_t rack = 0;
  PartitionId partition = kNoPartition;
  std::int32_t nth = -1;
};

// When a fault waits for a fact. Absent parts match anything.
struct FactTrigger {
  FactKind kind{};
  std::vector<Selector> node;  // whose fact; empty: anybody's
  PartitionId partition = kNoPartition;
  // Counts matches; fires at the nth (1-based).
  std::uint32_t nth = 1;
  // Only facts whose reach (b for Appended, HighWatermark, Replicated: the end offset;
  // a for Truncated: the new end; for Acked: the base offset) is at least this.
  Offset offset_min = kNoOffset;
  Instant not_before;  // facts before this do not count
  Duration delay;      // fires this long after the fact
};
// All but whose fact it is, and which of them.
bool is_asked_for(const FactTrigger& trigger, Instant at, const Fact& fact);
// Facts of the controller speak of the peer: "BrokerFenced b2" is a fact about b2.
inline NodeId subject_of(const Fact& fact, NodeId controller) {
  return fact.node == controller ? fact.peer : fact.node;
}

enum class TriggerKind : std::uint8_t { kAt, kOn, kRate };

// kAlterConfig: the keys that were given, and no others (as IncrementalAlterConfigs).
struct TopicConfigChange {
  std::optional<std::int32_t> min_insync_replicas;
  std::optional<bool> unclean_leader_election;
  std::optional<std::int64_t> max_message_bytes;
  std::optional<std::int64_t> flush_messages;

  [[nodiscard]] TopicConfig applied_to(TopicConfig config) const {
    if (min_insync_replicas) config.min_insync_replicas = *min_insync_replicas;
    if (unclean_leader_election) config.unclean_leader_election = *unclean_leader_election;
    if (max_message_bytes) config.max_message_bytes = *max_message_bytes;
    if (flush_messages) config.flush_messages = *flush_messages;
    return config;
  }
};

struct Fault {
  std::uint32_t line = 0;  // in the scenario file, for messages
  FaultAction action{};
  TriggerKind trigger{};
  Instant at;      // kAt
  FactTrigger on;  // kOn
  // kRate: gaps are exponential with this mean, from `at` until `until`, at most `repeat_max`
  // times.
  Duration mean_gap;
  Instant until = kNever;
  std::uint32_t repeat_max = 1;  // kAt with an `every`: gap is mean_gap, exact
  bool repeats = false;
  Duration revert_after;             // > 0: undo by itself (restart, resume, heal, release ...)
  std::vector<Selector> target;      // or `from`
  std::vector<Selector> to;          // kCut, kHeal, kSlowLink, kHold, kRelease
  bool both_ways = true;             // kCut, kHeal
  bool reset_connections = false;    // kCut: peers learn at once
  Duration delay;                    // kSlowLink, kSlowBroker; 0 undoes
  std::uint8_t held_payload = 0xff;  // kHold, kRelease: index of the Payload alternative
  // kPowerLoss: records lost from each log's end (drawn if negative: R1.21's model).
  std::int64_t lose_records = -1;
  PartitionId partition = kNoPartition;  // kElect
  ElectionKind election{};
  TopicId topic;  // kAlterConfig
  TopicConfigChange change;
  WorkloadCommand workload;      // kSetRate
  ProcessingCommand processing;  // kSetProcessing
};

}  // namespace ackident
