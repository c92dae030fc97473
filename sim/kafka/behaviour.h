// The Kafka version as an input: each behaviour that changed between releases is a named switch,
// and one table turns a version into switches. A scenario may override a single switch.
// Source of the boundaries: kafka-replication.md section 14, R9, cases.md section 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ackident {

// A release line, major * 100 + minor: 0.10 -> 10, 0.11 -> 11, 2.8 -> 208, 4.1 -> 401.
struct KafkaVersion {
  int number = 309;

  auto operator<=>(const KafkaVersion&) const = default;
};

// How a follower decides what to cut when it starts to follow (R9.4, R3.24-R3.25).
enum class Truncation : std::uint8_t {
  kHighWatermark,  // <= 0.10: to its own high watermark
  kKip101,         // 0.11 - 1.1: one OffsetsForLeaderEpoch question, leader's end offset
  kKip279,         // 2.0 - 2.7: the epoch comes back too; repeat until the epochs match
  kOnFetch,        // >= 2.8: each fetch carries the last epoch; the leader answers with divergence
};

// Where a producer's records without a key go (C1.8).
enum class Partitioning : std::uint8_t {
  kRoundRobin,  // <= 2.3: each to the next partition that has a leader
  kKip480,      // 2.4 - 3.2: all to one, until one of them needs a new batch
  kKip794,      // >= 3.3: batch.size bytes to one, rather to those with short queues
};

struct Behaviour {
  // Who keeps the metadata. false: ZooKeeper (R9): ephemeral sessions, a controller that pushes.
  bool kraft = true;
  Truncation truncation = Truncation::kOnFetch;
  Partitioning partitioning = Partitioning::kKip794;
  bool fence_fetch_by_leader_epoch = true;       // >= 2.1 (KIP-320, R3.6 step 2)
  bool reads_ahead = false;                      // <  2.5 (KAFKA-7639, C0.9)
  bool maximal_isr = true;                       // >= 2.7 (KIP-497, R4.2)
  bool isr_through_controller = true;            // >= 2.7 AlterPartition; before: direct write
  bool join_isr_needs_epoch_start = true;        // >= 2.0.1 (KAFKA-7128, R4.5)
  bool end_keeps_in_isr = true;                  // >= 2.1 (R4.4)
  bool ineligible_replica_check = true;          // >= 3.3 (KIP-841, R4.6, R4.10 rule 8)
  bool fetch_carries_broker_epoch = true;        // >= 3.5 (KIP-903, R3.10)
  bool shrink_bumps_leader_epoch = false;        // <  3.6 (R4.11)
  bool halts_below_follower = false;             // <= 1.1 (KAFKA-3410, KAFKA-7414, C13)
  bool hw_follows_isr_change = true;             // not 2.7 - 3.0 (KAFKA-13091, R4.12)
  bool shutdown_demotes_leader = true;           // not 1.1 - 2.0, 3.0 - 3.2 (R5.39)
  bool rebalances_leaders = true;                // not 3.0, 3.1 (KAFKA-13682, R5.38)
  bool unclean_change_elects = false;            // 2.1 - 2.8 (KAFKA-6835, R9.6)
  bool hw_skips_ineligible = true;               // >= 3.6 (KAFKA-15021, E07)
  bool hw_needs_min_isr = true;                  // >= 3.7 (KAFKA-15583, R3.20)
  bool min_isr_capped_by_replicas = true;        // >= 3.7 (KAFKA-15583, R2.6)
  bool leader_hints = true;                      // >= 3.7 (KIP-951, R2.20)
  bool answers_beyond_hw_at_once = true;         // >= 3.8 (KAFKA-16452, C4.15)
  bool hands_on_high_watermark = false;          // 2.4 - 2.5 (KIP-392, KAFKA-9731, R3.8)
  bool latest_offset_waits = true;               // >= 2.2 (KIP-207, C4.19)
  bool metadata_carries_epochs = true;           // >= 2.2 (KAFKA-7738, C0.13)
  bool prefers_open_connections = true;          // >= 2.3 (KAFKA-8376, C0.12)
  bool lost_metadata_backs_off = true;           // >= 2.4 (KAFKA-8933, C0.11)
  bool consumer_knows_epochs = true;             // >= 2.3 (KAFKA-7440, KAFKA-7747, C4.20)
  bool consumer_resets_apart = true;             // >= 1.1 (KAFKA-6397, C4.19)
  bool producer_bumps_epoch = true;              // >= 2.5 (KAFKA-8805, C2.10)
  bool unknown_producer_may_begin = true;        // >= 2.5 (KIP-360, C2.15)
  bool names_unknown_producers = true;           // >= 1.0 (KAFKA-5793, C2.15)
  bool delivery_timeout = true;                  // >= 2.1 (KIP-91, C1.30)
  bool names_exhausted_buffer = true;            // >= 2.6 (KAFKA-3720, C1.4)
  bool names_request_timeout = true;             // >= 3.5 (KAFKA-14317, C1.31)
  bool splits_batches = true;                    // >= 0.11 (KIP-126, C1.35)
  bool limits_batches = true;                    // >= 0.11 (KIP-98, C1.35)
  bool exponential_reconnect_backoff = true;     // >= 0.11 (KIP-144, C0.3)
  bool connection_setup_timeout = true;          // >= 2.7 (KIP-601, C0.4)
  bool exponential_client_backoff = true;        // >= 3.7 (KIP-580, C0.2)
  bool doubles_fetch_backoff = false;            // <  3.1 (R3.4)
  bool drops_old_fetch_answers = true;           // >= 3.9 (KAFKA-18991, R3.5)
  bool unclean_config_honoured = true;           // ZooKeeper always; KRaft >= 3.9 (R5.35)
  bool unfences_behind = true;                   // >= 3.3 (KAFKA-13959, R5.26)
  bool bounds_heartbeats = true;                 // >= 3.3 (KAFKA-14392, R5.22)
  bool loads_while_registering = true;           // >= 3.5 (R6.1)
  bool registration_fences_old = false;          // >= 4.0 (R5.47, ELR off)
  bool session_blocks_fenced_too = false;        // >= 4.0 (KAFKA-17793, R5.19)
  bool periodic_fencing_check = false;           // >= 4.0 (R5.24)
  bool constant_lifecycle_backoff = false;       // >= 4.0 (KAFKA-19294, R5.22)
  bool elections_on_fixed_period = false;        // >= 4.0 (R5.35, R5.38)
  bool metadata_hw_push = false;                 // >= 4.1 (KIP-1166, R5.14)
  bool elr_available = false;                    // >= 4.0 (R5.40); not modelled: see README

  // May committed records go, or logs part, without a failure that excuses it? Until truncation
  // compared epochs (KIP-101, KIP-279) and leaders refused followers of another epoch (KIP-320).
  [[nodiscard]] bool followers_may_part() const {
    return truncation < Truncation::kKip279 || !fence_fetch_by_leader_epoch;
  }
};

// The switches of a release. Any version between two rows of the table gets the older row's.
Behaviour behaviour_of(KafkaVersion version);

// Every version line that is modelled, oldest first; names as a user writes them ("0.11", "3.9").
struct VersionName {
  std::string_view name;
  KafkaVersion version;
};
const std::vector<VersionName>& known_versions();
std::string_view version_name(KafkaVersion version);

// Every member of Behaviour by name, for overrides in a scenario and for `ackident config`: those
// that are on or off...
struct SwitchInfo {
  std::string_view name;  // "hw_needs_min_isr"
  bool Behaviour::*member;
  std::string_view since;    // "3.7"
  std::string_view meaning;  // one sentence with the rule's number
};
const std::vector<SwitchInfo>& behaviour_switches();

// ...and those with more than two values, each in the order of its enum.
struct RuleValue {
  std::string_view name;  // "kip101"
  KafkaVersion since;
};
struct RuleInfo {
  std::string_view name;  // "truncation"
  std::vector<RuleValue> values;
  std::size_t (*get)(const Behaviour&);
  void (*set)(Behaviour&, std::size_t value);
  std::string_view meaning;
};
const std::vector<RuleInfo>& behaviour_rules();

}  // namespace ackident
