// A scenario: one file, decoded, checked and resolved. The loader (load.h) makes it; nothing in it
// is a raw string that still has to be understood, except names for people.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/setup.h"

namespace ackident {

// A bound on a measured value; both ends inclusive; absent ends do not bind.
struct Bound {
  std::optional<std::int64_t> min;
  std::optional<std::int64_t> max;
};

// When a state must hold, and how often: at an instant, or in a window.
enum class Holds : std::uint8_t { kThen, kEventually, kAlways, kNever };
struct When {
  Holds holds = Holds::kThen;
  Instant from;                      // the window begins here ...
  std::optional<FactTrigger> after;  // ... or with this fact
  Duration span = kForever;          // and is so long; kForever: to the end of the run
};

enum class ExpectKind : std::uint8_t {
  // totals, in records
  kLost, kStranded, kFailed, kAcked, kSent, kDuplicated, kSkipped, kDeliveredTwice, kReordered,
  // per partition (all partitions, or `partition`), in ns
  kWriteUnavailable, kReadUnavailable, kUnderReplicated, kUnderMinIsr,
  // per group (all groups, or `group`): records, or ns
  kLagPeak, kLagEnd, kLagRecovery,
  // produce latency of acked records, ns; `quantile` in 1/1000
  kProduceLatency,
  // counts of error codes the producers saw
  kError,
  // state of a partition: at an instant (`at`), or at the end
  kLeader, kLeaderEpoch, kIsr, kHighWatermark, kLogEnd,
  // counts of facts (elections, shrinks, truncations ...)
  kFactCount,
  // exact offsets lost, in order
  kLostOffsets,
  // invariants held
  kInvariants,
};

struct Expectation {
  ExpectKind kind{};
  std::string name;               // as written: "lost", "errors.NOT_ENOUGH_REPLICAS"
  std::uint32_t line = 0;         // of its key in the file
  std::string pointer;            // JSON pointer of its value
  Bound bound;
  PartitionId partition = kNoPartition;
  std::int32_t topic = -1;        // index: of its partitions and producers alone; -1: of all
  std::int32_t group = -1;        // index; -1: every group
  std::int32_t quantile = 0;
  ErrorCode error{};
  FactKind fact{};
  Instant at = kNever;            // kNever: at the end of the run
  std::optional<When> window;   // instead of `at`; of kFactCount: which facts count
  std::int32_t share = 1000;      // of many seeds, in 1/1000: on so many it must hold
  NodeId node = kNoNode;          // kLeader (kNoNode: no leader), kLogEnd (whose log)
  std::vector<NodeId> nodes;      // kIsr, as a set
  std::vector<Offset> offsets;    // kLostOffsets
};

// A fault as its author put it.
struct FaultText {
  std::string target;  // "leader(orders/0)", "from b1 to b2, b3"
  std::string note;
};

struct Scenario {
  std::string file;               // as given on the command line
  std::string name;               // file name without ".json"
  std::string title;              // first sentence of doc
  std::string doc;
  std::vector<std::string> cases; // ids of the documented cases it encodes ("A03", "N2")
  KafkaVersion version;
  std::uint64_t seed = 1;
  bool seed_places = false;       // the seed drew where replicas stand: load it anew for another
  ClusterSetup setup;
  std::vector<FaultText> fault_texts;  // by fault
  std::vector<Expectation> expect;
  std::vector<std::string> warnings;  // Kafka keys that exist and are not modelled
};

}  // namespace ackident
