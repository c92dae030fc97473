// The outcome of one run: plain data that reports, expectations and tests read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/fact.h"
#include "kernel/event_id.h"

namespace ackident {

enum class Verdict : std::uint8_t { kPass, kFail, kUnknown, kVacuous };
std::string_view verdict_name(Verdict verdict);  // "PASS" ...

// How the last copy of a lost record went, or why a stranded one cannot be read.
enum class CopyEnd : std::uint8_t {
  kNotElected,  // still on replicas that do not lead, and have to cut it off
  kTruncated,   // cut by a follower that follows a leader without it
  kPowerLoss,   // unflushed tail
  kDiskWiped,
  kNeverAppended,  // acks=0: acknowledged by the socket, on no log ever
};
std::string_view copy_end_name(CopyEnd end);

struct LostRecord {
  NodeId producer = kNoNode;
  std::uint64_t record = 0;  // ordinal within the producer, from 0
  PartitionId partition = kNoPartition;
  Offset offset = kNoOffset;  // where it was first appended; kNoOffset: nowhere
  LeaderEpoch epoch = kNoLeaderEpoch;
  Instant sent;
  Instant acked;
  CopyEnd how{};
  NodeId last_holder = kNoNode;  // who had the last copy, or still has one (kNotElected)
  Instant gone = kNever;         // when the last copy went; kNever: it did not, or never was
  EventId event;                 // the event in which it went
};

struct Totals {            // in records
  std::uint64_t sent = 0;  // handed to send()
  std::uint64_t acked = 0;
  std::uint64_t lost = 0;       // acked, and on no log that can still become the leader's
  std::uint64_t stranded = 0;   // acked, partition offline, a copy on a down or ineligible replica
  std::uint64_t under_way = 0;  // acked (acks=0), and on its way to a living broker at the end
  std::uint64_t failed = 0;     // the application was told an error
  std::uint64_t failed_but_present = 0;  // of these: in the log nevertheless (T11)
  std::uint64_t unknown = 0;             // no answer by the end
  std::uint64_t duplicated = 0;          // further copies of records in the final logs
  std::uint64_t reordered = 0;  // records of one producer and partition that stand before an
                                // earlier one in the final log
};

// One line of a partition's timeline: the controller's truth and the leader's log after a change.
struct PartitionPoint {
  Instant at;
  EventId event;
  NodeId leader = kNoNode;
  LeaderEpoch leader_epoch;
  ReplicaList isr;
  Offset high_watermark;                     // leader's; kNoOffset while there is none
  InlineVec<Offset, kReplicasMax> log_ends;  // by place in the assignment
};
struct Window {
  Instant from;
  Instant to;
};
struct PartitionResult {
  std::vector<PartitionPoint> timeline;  // bounded; see truncated
  bool timeline_truncated = false;
  std::vector<Window> no_writes;  // acks=all (or the producers' own acks) not accepted
  std::vector<Window> no_reads;
  std::vector<Window> too_few_replicas;  // in the ISR, of all there are ...
  std::vector<Window> too_few_in_sync;   // ... and of min.insync.replicas
  Duration no_writes_total;
  Duration no_reads_total;
  Duration under_replicated;
  Duration under_min_isr;
  Duration offline;
  std::uint64_t lost = 0;
  std::uint64_t stranded = 0;
};

struct ErrorCount {
  ErrorCode code{};
  std::uint64_t batches = 0;         // times a batch got it (retried or final)
  std::uint64_t failed_records = 0;  // records whose final result it was
};
struct Quantiles {  // produce latency, send() to acknowledgement
  Duration p50, p90, p99, p999, max;
  std::uint64_t count = 0;
};
struct ProducerResult {
  Totals totals;
  std::vector<ErrorCount> errors;  // by code
  std::uint64_t retries = 0;
  std::uint64_t send_blocked = 0;  // times that send() found no memory (C1.4)
  Duration send_blocked_total;     // nothing was sent in that time
  Quantiles latency;
};

struct LagPoint {
  Instant at;
  std::int64_t records = 0;           // HW - committed, summed over the group's partitions (C7.2)
  std::int64_t position_records = 0;  // HW - position (C7.3)
  Duration time;                      // age of the oldest visible record not yet processed
};
struct GroupPartitionResult {
  PartitionId partition;
  Offset committed = kNoOffset;
  Offset position = kNoOffset;
  std::int64_t lag_peak = 0;  // exact, committed lag
  Instant lag_peak_at;
  std::int64_t lag_end = 0;
};
struct GroupResult {
  std::vector<LagPoint> series;  // down-sampled: at most kLagPointsMax, evenly spaced
  std::vector<GroupPartitionResult> partitions;
  std::int64_t lag_peak = 0;  // exact, of the group's sum
  Instant lag_peak_at;
  Duration time_lag_peak;
  Duration recovery;  // from the last fault that bit before until lag is back for good to what it
                      // was before the first one; 0: never above; kForever: not within the run
  Instant recovers_from;          // the last fault, where there was something to recover from
  Instant recovered_at = kNever;  // when it was back; kNever: never above, or not within the run
  std::uint64_t delivered = 0;
  std::uint64_t delivered_twice = 0;
  std::uint64_t skipped = 0;  // in the final log, below the final position, never delivered
};
inline constexpr std::size_t kLagPointsMax = 240;
inline constexpr std::size_t kLostListedMax = 1000;

// Kafka's metrics in the three phases of a run: before the first fault, until the last one is
// healed or the faults end, after.
struct MetricRow {
  std::string_view name;                     // as JMX shows it
  std::string_view unit;                     // "count", "records", "events/s", "ms"
  double before = 0, during = 0, after = 0;  // report only: never fed back into a run
};

inline constexpr std::size_t kViolationsMax = 100;  // kept of those permitted, and of the others

struct InvariantViolation {
  std::string_view invariant;  // "I3 NoAckedRecordLost"
  EventId event;
  Instant at;
  PartitionId partition = kNoPartition;
  NodeId node = kNoNode;
  bool permitted = false;  // the contract of the settings permits it (power loss, unclean)
  std::string text;
};

struct FaultResult {
  std::uint32_t fired = 0;     // times
  bool bit = false;            // it changed something
  std::vector<Instant> times;  // first ones; bounded to 16
};

// What was seen of an expectation with a window.
struct WatchResult {
  bool began = false;  // its beginning came
  Instant from;
  Instant until = kNever;
  Instant held = kNever;  // first; kNever: not in the window
  EventId held_event;
  PartitionPoint held_state;
  Instant parted = kNever;  // first did not hold
  EventId parted_event;
  PartitionPoint parted_state;
  std::uint64_t facts = 0;  // of kFactCount
  EventId last_fact;        // or the one by which they became too many
  Instant last_fact_at = kNever;
};

// When something came true.
struct Moment {
  Instant at = kNever;   // kNever: not known
  EventId event;         // that made it so; EventId(): none did
  bool missing = false;  // by then something had not come that should have
};

struct ExpectationResult {
  Verdict verdict{};
  std::string expected;  // "at most 0"
  std::string seen;      // "37"
  Moment parted;         // when they first did
};

struct RunResult {
  std::uint64_t digest = 0;
  std::uint64_t seed = 0;
  std::uint64_t events = 0;
  Instant end;                 // of simulated time
  Instant settled = kNever;    // when the cluster was quiet again
  bool bounds_hit = false;     // events_max or settle_max reached: totals are not final
  std::string cut_short;       // which of them, in words
  std::string unsettled;       // what was still in motion at the end of the settle phase
  bool cluster_unsettled = false;  // that was a server, a leadership or an ISR: no client's doing
  std::uint32_t restarts = 0;  // times in that phase that servers had exited and were started again
  Verdict verdict = Verdict::kPass;
  Totals totals;
  std::vector<LostRecord> lost;  // bounded to kLostListedMax, in order of (partition, offset)
  std::vector<PartitionResult> partitions;  // by PartitionId
  std::vector<ProducerResult> producers;    // by producer index
  std::vector<GroupResult> groups;          // by group index
  std::vector<MetricRow> metrics;
  std::vector<InvariantViolation> violations;   // bounded to 100
  std::vector<FaultResult> faults;              // by fault index
  std::vector<ExpectationResult> expectations;  // by expectation index
  std::vector<std::uint64_t> fact_counts;       // by FactKind
  std::vector<WatchResult> watches;             // by expectation index; empty: no windows
};

}  // namespace ackident
