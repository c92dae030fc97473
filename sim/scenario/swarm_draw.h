// What the parts of a drawn scenario share: dice, features, and the names drawn so far.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/chooser.h"

namespace ackident {

// Parts of a drawn scenario: subjects of its dice. Append, never reorder.
enum class SwarmPart : std::uint8_t {
  kFeatures,
  kCluster,
  kNetwork,
  kTopics,
  kProducers,
  kConsumers,
  kFaults,
  kCount
};

// One part's dice.
class Draw {
 public:
  Draw(std::uint64_t seed, SwarmPart part) : chooser_(seed), part_(part) {}

  std::uint64_t below(std::uint64_t bound) {
    return chooser_.pick({ChoiceKind::kSwarm, static_cast<std::uint64_t>(part_), ordinal_++},
                         bound);
  }
  // From `least` to `greatest`, both included.
  std::int64_t between(std::int64_t least, std::int64_t greatest) {
    return least +
           static_cast<std::int64_t>(below(static_cast<std::uint64_t>(greatest - least) + 1));
  }
  bool percent(std::uint64_t chance) { return below(100) < chance; }
  template <class T>
  T of(std::initializer_list<T> values) {
    return values.begin()[below(values.size())];
  }

 private:
  Chooser chooser_;
  SwarmPart part_;
  std::uint64_t ordinal_ = 0;
};

// Which features exist at all.
struct SwarmFeatures {
  bool racks = false;
  bool spread_latency = false;
  bool bandwidth = false;
  bool shuffled_ties = false;
  bool several_topics = false;
  bool consumers = false;
  bool weak_acks = false;       // acks=0 and acks=1
  bool unclean = false;         // elections from outside the ISR
  bool quick_timeouts = false;  // clients that give up soon
  bool small_buffers = false;   // buffer.memory, batch.size, fetch sizes
  bool quick_cluster = false;   // short sessions and lag times
  bool flushed = false;         // fsync within the append
  bool slow_start = false;
  bool controller_faults = false;
  bool client_faults = false;
  bool fact_triggers = false;
  bool storms = false;        // faults that repeat
  std::uint32_t actions = 0;  // bit per fault action
};

struct Swarm {
  std::uint64_t seed = 0;
  SwarmFeatures features;
  std::int64_t duration_ms = 0;
  std::int64_t brokers = 0;
  std::vector<std::string> racks;
  struct Topic {
    std::string name;
    std::int64_t partitions = 0;
    std::int64_t replicas = 0;
  };
  std::vector<Topic> topics;
  std::vector<std::string> producers;
  std::vector<std::string> consumers;

  std::string partition(Draw& draw) const {
    const Topic& topic = topics[draw.below(topics.size())];
    return topic.name + "/" + std::to_string(draw.between(0, topic.partitions - 1));
  }
};

// The list under "faults" (swarm_faults.cc).
std::string draw_faults(const Swarm& swarm);
std::uint32_t draw_actions(Draw& draw);

}  // namespace ackident
