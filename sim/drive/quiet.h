// Whether the healed cluster is at rest: nothing moves any more but heartbeats and long polls.
#pragma once

#include <cstdint>
#include <string>

#include "cluster/world.h"
#include "scenario/scenario.h"

namespace ackident {

// Does every server run?
bool servers_up(const World& world);

enum class Unrest : std::uint8_t {
  kNone,
  kServerDown,
  kNotInService,    // a broker waits to be registered or unfenced
  kNoLeader,        // of a partition
  kIsrSmall,        // a replica is outside the ISR
  kUncommitted,     // the leader's log goes beyond the high watermark
  kFollowerBehind,  // a replica's log ends elsewhere than its leader's
  kBatchOpen,       // a producer's batch has no final result
  kSendBlocked,     // its send() waits
  kUnderWay,        // its records are on their way to a broker, and nobody waits for an answer
  kConsumerBehind,  // records are not handed over, or not committed
};

// The first thing found that is not at rest, and where.
struct Moving {
  Unrest what = Unrest::kNone;
  NodeId node = kNoNode;
  PartitionId partition = kNoPartition;

  [[nodiscard]] bool nothing() const { return what == Unrest::kNone; }
  // Is it a server, a leadership or an ISR, which no client moves?
  [[nodiscard]] bool of_cluster() const { return !nothing() && what <= Unrest::kIsrSmall; }
};

// Of the servers, the logs and the producers: what decides which records there are.
Moving durable_unrest(const World& world);

// And of the consumers.
Moving unrest(const World& world);

// "b2 is not running"; empty for nothing.
std::string moving_text(const Scenario& scenario, const Moving& moving);

}  // namespace ackident
