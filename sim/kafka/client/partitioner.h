// Which partition a record goes to (C1.6-C1.10): stated, by key, or what the partitioner of the
// version makes of one without a key.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kafka/client/accumulator.h"

namespace ackident {

// Kafka's hash of keys (C1.7).
std::uint32_t murmur2(std::span<const std::uint8_t> bytes);
// The partition of key "k<number>" among `partitions` (C1.6).
std::uint32_t partition_of_key(std::uint64_t number, std::uint32_t partitions);

inline constexpr std::uint32_t kNoSticky = 0xffffffff;

struct Partitioner {
  std::vector<std::uint32_t> by_key;      // key number -> partition, if there are few enough keys
  std::vector<std::uint32_t> available;   // partitions with a known leader, ascending
  std::vector<std::uint32_t> cumulative;  // scratch of the weighted draw
  std::uint32_t sticky = kNoSticky;
  std::uint32_t turn = 0;  // of round robin; counts once the first is drawn
  bool turn_drawn = false;
  std::int64_t sticky_bytes = 0;  // appended since the last switch (C1.8)
  std::uint64_t switches = 0;     // never restarts: it keys the draws

  void reset(const Workload&, std::uint32_t partitions);

  // ---- Partitioning::kRoundRobin ----
  // The partition of the next record (Kafka 2.3.0 DefaultPartitioner.java).
  std::uint32_t next_in_turn(std::uint32_t partitions, const Context&);

  // ---- Partitioning::kKip480 (Kafka 2.8.0 StickyPartitionCache.java) ----
  // The partition of the next record, if its last batch takes it; else switch_sticky().
  std::uint32_t sticky_until_full(std::uint32_t partitions, const Context&);
  // Another one than now, if there is.
  std::uint32_t switch_sticky(std::uint32_t partitions, const Context&);

  // ---- Partitioning::kKip794 ----
  // The partition of an unkeyed record about to be appended. Makes a switch that was withheld while
  // the last batch had room (C1.8).
  std::uint32_t sticky_partition(const Accumulator&, const ProducerConfig&, const Context&);
  // Bytes were appended to the sticky partition: switches when C1.8 says so.
  void appended(std::int64_t bytes, const Accumulator&, const ProducerConfig&, const Context&);

 private:
  void maybe_switch(const Accumulator&, const ProducerConfig&, const Context&);
  std::uint32_t draw(std::uint64_t bound, const Context&);
  std::uint32_t draw_other(const Context&);
  void draw_next(const Accumulator&, const ProducerConfig&, const Context&);
  [[nodiscard]] bool weigh(const Accumulator&);
};

}  // namespace ackident
