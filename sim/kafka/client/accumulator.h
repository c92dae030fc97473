// The record accumulator (C1.4, C1.12-C1.13): one queue of batches per partition of the topic, and
// the memory they hold. A batch is kept while its fate is open and no longer.
//
//   queued --drain--> in flight --error reply, disconnect--> queued (a retry)
//     |                  |  `--final result--> freed
//     `--expiry--> freed `--expiry--> done: the application was told; freed when its request ends
#pragma once

#include <cstdint>
#include <vector>

#include "kafka/context.h"

namespace ackident {

using BatchSlot = std::uint32_t;
inline constexpr BatchSlot kNoBatch = 0xffffffff;

// Bytes of an empty batch on the wire (message format 2).
inline constexpr std::uint32_t kBatchHeaderBytes = 61;

enum class BatchState : std::uint8_t { kFree, kQueued, kInFlight, kDone };

struct ProducerBatch {
  BatchNumber number;
  std::uint32_t partition = 0;  // index within the topic
  std::uint32_t count = 0;      // records
  std::uint32_t bytes = 0;
  std::uint32_t bytes_limit = 0;  // size of its buffer: batch.size, or one larger record
  std::uint32_t record_bytes_max = 0;
  std::uint32_t attempts = 0;                 // failed sends so far
  std::uint64_t first_record = 0;             // ordinal of its first record
  std::int64_t buffer = 0;                    // bytes taken from buffer.memory
  Instant created;                            // when its first record was appended
  Instant appended;                           // when its last one was
  Instant retry_at = kLongAgo;                // end of the retry back-off
  LeaderEpoch leader_epoch = kNoLeaderEpoch;  // known when it was last drained
  ProducerId producer_id = kNoProducerId;
  ProducerEpoch producer_epoch;
  Sequence base_sequence = kNoSequence;
  BatchState state = BatchState::kFree;
  bool closed = false;          // takes no more records
  bool announced = false;       // kRecordsSent was noted
  bool sequence_reset = false;  // renumbered since it was last drained (C2.10)
  BatchSlot next = kNoBatch;    // in its queue, in its request, or in the free list
  BatchSlot older = kNoBatch;   // by creation
  BatchSlot newer = kNoBatch;
  BatchSlot sequence_before = kNoBatch;  // among the partition's sequenced batches (idempotence.h)
  BatchSlot sequence_after = kNoBatch;

  [[nodiscard]] bool full() const { return closed || bytes >= bytes_limit; }
  [[nodiscard]] bool in_retry() const { return attempts > 0; }
  bool operator==(const ProducerBatch&) const = default;
};

struct PartitionQueue {
  BatchSlot head = kNoBatch;
  BatchSlot tail = kNoBatch;
  std::uint32_t size = 0;
  std::uint32_t node = 0;  // index of its leader, or Accumulator::nobody()
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  bool muted = false;    // max.in.flight = 1 and a request is out (C1.34)
  bool touched = false;  // has ever had a batch (C1.10)

  bool operator==(const PartitionQueue&) const = default;
};

// A set of partitions, walked in order round robin.
struct PartitionSet {
  std::vector<std::uint64_t> words;

  void reset(std::uint32_t partitions) { words.assign((partitions + 63) / 64, 0); }
  void insert(std::uint32_t i) { words[i / 64] |= std::uint64_t{1} << (i % 64); }
  void erase(std::uint32_t i) { words[i / 64] &= ~(std::uint64_t{1} << (i % 64)); }
  [[nodiscard]] bool contains(std::uint32_t i) const {
    return (words[i / 64] >> (i % 64) & 1) != 0;
  }
  // The first member >= from, or kNone.
  [[nodiscard]] std::uint32_t next(std::uint32_t from) const;
  // The last member < before, else the last member at all, else kNone.
  [[nodiscard]] std::uint32_t previous(std::uint32_t before) const;

  static constexpr std::uint32_t kNone = 0xffffffff;
  bool operator==(const PartitionSet&) const = default;
};

// What waits for one broker.
struct NodeQueue {
  PartitionSet led;     // partitions it leads
  PartitionSet queued;  // of these, the ones with a queued batch
  std::uint32_t queued_count = 0;
  std::uint32_t drain_index = 0;  // where the next drain starts (C1.14)
  Instant ready_at = kNever;      // no partition is sendable before

  bool operator==(const NodeQueue&) const = default;
};

enum class Appended : std::uint8_t { kNoMemory, kToBatch, kNewBatch };

struct Accumulator {
  std::vector<ProducerBatch> batches;  // slab
  BatchSlot free_head = kNoBatch;
  BatchSlot oldest = kNoBatch;  // of those whose fate is open
  BatchSlot newest = kNoBatch;
  std::uint32_t open = 0;  // how many these are
  std::vector<PartitionQueue> partitions;
  std::vector<NodeQueue> nodes;        // by broker index; the last one: no known leader
  std::vector<std::uint32_t> waiting;  // nodes with queued batches, unordered
  std::uint32_t touched = 0;           // partitions that have ever had a batch
  std::uint32_t queued = 0;            // batches in all queues
  std::int64_t memory_free = 0;
  BatchNumber next_number;  // never restarts

  void reset(std::uint32_t partitions, std::uint32_t brokers, std::int64_t memory);
  [[nodiscard]] std::uint32_t nobody() const {
    return static_cast<std::uint32_t>(nodes.size()) - 1;
  }
  ProducerBatch& operator[](BatchSlot slot) { return batches[slot]; }
  const ProducerBatch& operator[](BatchSlot slot) const { return batches[slot]; }

  // The partition's last batch takes a record of this size. If it does not, it takes no more.
  bool takes(std::uint32_t partition, std::uint32_t record_bytes, Instant now);
  // Adds a record to the partition's last batch or to a new one (C1.13).
  Appended append(std::uint32_t partition, std::uint64_t record, std::uint32_t record_bytes,
                  const ProducerConfig&, Instant now);
  // The last batch is full or absent (C1.8).
  [[nodiscard]] bool last_full(std::uint32_t partition) const;

  // A batch with a number of its own, the newest, neither queued nor in flight.
  BatchSlot make_batch(std::uint32_t partition, Instant now);
  // Its fate is sealed: gives its memory back. The slot stays until release().
  void settle(BatchSlot);
  void release(BatchSlot);

  void push_back(BatchSlot);
  void push_front(BatchSlot);
  // Behind the queued batches with lower sequences (C1.32).
  void insert_by_sequence(BatchSlot);
  BatchSlot pop_front(std::uint32_t partition);
  // Takes a batch out of the middle of its queue.
  void remove(BatchSlot);

  // The partition's leader as the client now knows it.
  void set_leader(std::uint32_t partition, std::uint32_t node, LeaderEpoch epoch);
  // Something may have become sendable earlier than thought.
  void ready_no_later(std::uint32_t node, Instant at) {
    if (at < nodes[node].ready_at) nodes[node].ready_at = at;
  }

  bool operator==(const Accumulator&) const = default;

 private:
  void link_before(std::uint32_t partition, BatchSlot before, BatchSlot slot);
  void queue_grew(std::uint32_t partition);
  void queue_shrank(std::uint32_t partition);
  void enlist(std::uint32_t node, std::uint32_t partition);
  void delist(std::uint32_t node, std::uint32_t partition);
};

}  // namespace ackident
