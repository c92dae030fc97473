// The table of versions. Each switch has the release line in which it turned (its latest patch
// release counts), so a version's behaviour is the comparison of one number with each row.
// Sources: kafka-replication.md section 14 and R9, cases.md "Version boundaries".
#include "kafka/behaviour.h"

#include <iterator>
#include <type_traits>

namespace ackident {

namespace {

// A switch is on from `since` on; one with `until` is on before it.
struct SwitchRow {
  SwitchInfo info;
  int number;
  bool until;
};

constexpr bool kSince = false;
constexpr bool kUntil = true;

using B = Behaviour;

// KRaft: 3.0 to 3.2 offered it as a preview, 3.3 declared it ready; releases from 3.0 on are
// modelled in KRaft mode, older ones in ZooKeeper mode, which 4.0 removed.
const SwitchRow kRows[] = {
    {{"kraft", &B::kraft, "3.0",
      "metadata is a log replicated by controllers, not ZooKeeper nodes (R5, R9)"},
     300,
     kSince},
    {{"fence_fetch_by_leader_epoch", &B::fence_fetch_by_leader_epoch, "2.1",
      "a leader refuses fetches that carry another leader epoch (KIP-320, R3.6)"},
     201,
     kSince},
    {{"maximal_isr", &B::maximal_isr, "2.7",
      "a replica being added to the ISR already holds back the high watermark (KIP-497, R4.2)"},
     207,
     kSince},
    {{"isr_through_controller", &B::isr_through_controller, "2.7",
      "leaders change the ISR by AlterPartition, not by writing to ZooKeeper (KIP-497, R9.2)"},
     207,
     kSince},
    {{"join_isr_needs_epoch_start", &B::join_isr_needs_epoch_start, "2.0",
      "a follower joins the ISR only past the start of the leader's epoch (KAFKA-7128, R4.5)"},
     200,
     kSince},
    {{"end_keeps_in_isr", &B::end_keeps_in_isr, "2.1",
      "a silent follower stays in the ISR while it has all that its leader has (R4.4)"},
     201,
     kSince},
    {{"halts_below_follower", &B::halts_below_follower, "before 2.0",
      "a broker exits rather than cut a log to its leader's shorter one (KAFKA-3410, KAFKA-7414, "
      "C13)"},
     200,
     kUntil},
    {{"reads_ahead", &B::reads_ahead, "before 2.5",
      "a broker takes all requests off a connection at once and serves them later (KAFKA-7639, "
      "C0.9)"},
     205,
     kUntil},
    {{"ineligible_replica_check", &B::ineligible_replica_check, "3.3",
      "AlterPartition refuses members that are fenced or shutting down (KIP-841, R4.6, R4.10)"},
     303,
     kSince},
    {{"fetch_carries_broker_epoch", &B::fetch_carries_broker_epoch, "3.5",
      "fetches and AlterPartition name the broker epoch of a replica (KIP-903, R3.10)"},
     305,
     kSince},
    {{"shrink_bumps_leader_epoch", &B::shrink_bumps_leader_epoch, "before 3.6",
      "a shrink of the ISR raises the leader epoch (R4.11)"},
     306,
     kUntil},
    {{"hw_follows_isr_change", &B::hw_follows_isr_change, "3.1; before 2.7",
      "an ISR that has shrunk lets the high watermark rise at once (KAFKA-13091, R4.12)"},
     301,
     kSince},
    {{"shutdown_demotes_leader", &B::shutdown_demotes_leader, "3.3; 2.1 to 2.8; before 1.1",
      "a leader learns during its controlled shutdown that another one leads (KAFKA-7482, "
      "KAFKA-13858, R5.39)"},
     303,
     kSince},
    {{"rebalances_leaders", &B::rebalances_leaders, "3.2; always with ZooKeeper",
      "auto.leader.rebalance.enable is obeyed (KAFKA-13682, R5.38)"},
     302,
     kSince},
    {{"unclean_change_elects", &B::unclean_change_elects, "2.1 to 2.8",
      "allowing unclean elections of a topic elects a leader at once (KAFKA-6835, R9.6)"},
     201,
     kSince},
    {{"hw_skips_ineligible", &B::hw_skips_ineligible, "3.6",
      "fenced followers outside the ISR do not hold back the high watermark (KAFKA-15021, R3.19)"},
     306,
     kSince},
    {{"hw_needs_min_isr", &B::hw_needs_min_isr, "3.7",
      "the high watermark stands while the ISR is under min.insync.replicas (KAFKA-15583, R3.20)"},
     307,
     kSince},
    {{"min_isr_capped_by_replicas", &B::min_isr_capped_by_replicas, "3.7",
      "min.insync.replicas counts at most the replicas there are (KAFKA-15583, R2.6)"},
     307,
     kSince},
    {{"leader_hints", &B::leader_hints, "3.7",
      "errors about leadership name the new leader (KIP-951, R2.20)"},
     307,
     kSince},
    {{"answers_beyond_hw_at_once", &B::answers_beyond_hw_at_once, "3.8",
      "a consumer that is ahead of the high watermark is answered at once, with nothing "
      "(KAFKA-16452, C4.15)"},
     308,
     kSince},
    {{"hands_on_high_watermark", &B::hands_on_high_watermark, "2.4 to 2.5",
      "a leader answers a follower as soon as the high watermark has risen (KIP-392, KAFKA-9731, "
      "R3.8)"},
     204,
     kSince},
    {{"latest_offset_waits", &B::latest_offset_waits, "2.2",
      "a new leader does not say where its log ends before its high watermark has reached its "
      "epoch (KIP-207, C4.19)"},
     202,
     kSince},
    {{"metadata_carries_epochs", &B::metadata_carries_epochs, "2.2",
      "a client that knows a leader does not go back to an older one (KAFKA-7738, C0.13)"},
     202,
     kSince},
    {{"prefers_open_connections", &B::prefers_open_connections, "2.3",
      "a client asks those for metadata that it is connected with, and only then dials others "
      "(KAFKA-8376, C0.12)"},
     203,
     kSince},
    {{"lost_metadata_backs_off", &B::lost_metadata_backs_off, "2.4",
      "a client waits for retry.backoff.ms after a question for metadata was lost with its "
      "connection (KAFKA-8933, C0.11)"},
     204,
     kSince},
    {{"consumer_knows_epochs", &B::consumer_knows_epochs, "2.3",
      "a consumer fetches with leader epochs and notices truncations (KAFKA-7747, C4.20)"},
     203,
     kSince},
    {{"consumer_resets_apart", &B::consumer_resets_apart, "1.1",
      "a partition whose position cannot be found does not keep a consumer from its others "
      "(KAFKA-6397, C4.19)"},
     101,
     kSince},
    {{"producer_bumps_epoch", &B::producer_bumps_epoch, "2.5",
      "an idempotent producer gets over a gap with a new epoch, not with a new id and failed "
      "batches (KAFKA-8805, C2.10)"},
     205,
     kSince},
    {{"unknown_producer_may_begin", &B::unknown_producer_may_begin, "2.5",
      "a leader that knows nothing of a producer takes any sequence from it (KIP-360, C2.15)"},
     205,
     kSince},
    {{"names_unknown_producers", &B::names_unknown_producers, "1.0",
      "a leader says UNKNOWN_PRODUCER_ID to a producer that it knows nothing of, not "
      "OUT_OF_ORDER_SEQUENCE_NUMBER (KAFKA-5793, C2.15)"},
     100,
     kSince},
    {{"delivery_timeout", &B::delivery_timeout, "2.1",
      "records fail delivery.timeout.ms after send(), not after request.timeout.ms in the queue "
      "(KIP-91, C1.30)"},
     201,
     kSince},
    {{"names_exhausted_buffer", &B::names_exhausted_buffer, "2.6",
      "send() that finds no memory for max.block.ms says BufferExhaustedException, not "
      "TimeoutException (KAFKA-3720, C1.4)"},
     206,
     kSince},
    {{"names_request_timeout", &B::names_request_timeout, "3.5",
      "a producer says REQUEST_TIMED_OUT of a request without an answer, not NETWORK_EXCEPTION "
      "(KAFKA-14317, C1.31)"},
     305,
     kSince},
    {{"splits_batches", &B::splits_batches, "0.11",
      "a batch of several records that is too large is split and sent again (KIP-126, C1.35)"},
     11,
     kSince},
    {{"limits_batches", &B::limits_batches, "0.11",
      "max.message.bytes limits a batch, not each record of it (KIP-98, C1.35)"},
     11,
     kSince},
    {{"exponential_reconnect_backoff", &B::exponential_reconnect_backoff, "0.11",
      "clients wait longer before each further attempt to connect (KIP-144, C0.3)"},
     11,
     kSince},
    {{"connection_setup_timeout", &B::connection_setup_timeout, "2.7",
      "clients give up an attempt to connect before their host does (KIP-601, C0.4)"},
     207,
     kSince},
    {{"exponential_client_backoff", &B::exponential_client_backoff, "3.7",
      "clients back off exponentially between attempts (KIP-580, C0.2)"},
     307,
     kSince},
    {{"doubles_fetch_backoff", &B::doubles_fetch_backoff, "before 3.1",
      "a follower waits replica.fetch.backoff.ms twice after a fetch that got no answer (R3.4)"},
     301,
     kUntil},
    {{"drops_old_fetch_answers", &B::drops_old_fetch_answers, "3.9",
      "a follower drops the answer to a fetch of an older leader epoch (KAFKA-18991, R3.5)"},
     309,
     kSince},
    {{"unclean_config_honoured", &B::unclean_config_honoured, "3.9; always with ZooKeeper",
      "the controller obeys unclean.leader.election.enable (KAFKA-12670, R5.35)"},
     309,
     kSince},
    {{"unfences_behind", &B::unfences_behind, "3.3",
      "a broker may be unfenced when it knows its registration, not only all metadata "
      "(KAFKA-13959, R5.26)"},
     303,
     kSince},
    {{"bounds_heartbeats", &B::bounds_heartbeats, "3.3",
      "a heartbeat without an answer is given up within the session, not after 30 s (KAFKA-14392, "
      "R5.22)"},
     303,
     kSince},
    {{"loads_while_registering", &B::loads_while_registering, "3.5",
      "a broker that starts loads its logs while it registers, and listens only when it is "
      "unfenced (R6.1)"},
     305,
     kSince},
    {{"registration_fences_old", &B::registration_fences_old, "4.0",
      "the registration of a new incarnation fences the old one's replicas (R5.47)"},
     400,
     kSince},
    {{"session_blocks_fenced_too", &B::session_blocks_fenced_too, "4.0",
      "a fenced broker's session also refuses a new incarnation (KAFKA-17793, R5.19)"},
     400,
     kSince},
    {{"periodic_fencing_check", &B::periodic_fencing_check, "4.0",
      "expired sessions are looked for each eighth of the timeout (R5.24)"},
     400,
     kSince},
    {{"constant_lifecycle_backoff", &B::constant_lifecycle_backoff, "4.0",
      "failed registrations and heartbeats are repeated after the interval (KAFKA-19294, R5.22)"},
     400,
     kSince},
    {{"elections_on_fixed_period", &B::elections_on_fixed_period, "4.0",
      "preferred and unclean elections are held on fixed periods (R5.35, R5.38)"},
     400,
     kSince},
    {{"metadata_hw_push", &B::metadata_hw_push, "4.1",
      "the controller tells observers of a commit at once (KIP-1166, R5.14)"},
     401,
     kSince},
    {{"elr_available", &B::elr_available, "4.0",
      "eligible leader replicas could be enabled; they are not modelled (KIP-966, R5.40)"},
     400,
     kSince},
};

template <auto member>
std::size_t get_rule(const Behaviour& behaviour) {
  return static_cast<std::size_t>(behaviour.*member);
}

template <auto member>
void set_rule(Behaviour& behaviour, std::size_t value) {
  using Rule = std::remove_reference_t<decltype(behaviour.*member)>;
  behaviour.*member = static_cast<Rule>(value);
}

const RuleInfo kRules[] = {
    // Kafka 2.7 brokers answer with a diverging epoch (KAFKA-10487), and 2.8 followers are the
    // first to ask for it (KAFKA-10554).
    {"truncation",
     {{"high_watermark", {10}}, {"kip101", {11}}, {"kip279", {200}}, {"on_fetch", {208}}},
     get_rule<&B::truncation>,
     set_rule<&B::truncation>,
     "how a follower decides what to cut (R3.24, R9.4)"},
    // Kafka 2.3.0 and 2.4.0 DefaultPartitioner.java; KIP-794 came with 3.3.
    {"partitioning",
     {{"round_robin", {10}}, {"kip480", {204}}, {"kip794", {303}}},
     get_rule<&B::partitioning>,
     set_rule<&B::partitioning>,
     "where a producer's records without a key go (C1.8)"},
};

// Each member takes a byte: one that has no row, and so no name, does not build.
static_assert(sizeof(Behaviour) == std::size(kRows) + std::size(kRules));

// Switches that turned more than once: with the way it was done the mistake came or went.
void adjust_returning(Behaviour& behaviour, KafkaVersion version) {
  const auto within = [version](int first, int last) {
    return version.number >= first && version.number <= last;
  };
  // With ZooKeeper the leader itself wrote the ISR, and went on when it was written.
  if (version.number < 207) behaviour.hw_follows_isr_change = true;
  // It made follower fetches too many (KAFKA-9731, KAFKA-9952).
  if (version.number > 205) behaviour.hands_on_high_watermark = false;
  // The controller of 1.1 to 2.0 left the broker that shuts down out of those it tells; the KRaft
  // broker of 3.0 to 3.2 stops to listen.
  behaviour.shutdown_demotes_leader = !within(101, 200) && !within(300, 302);
  if (behaviour.kraft) {
    behaviour.unclean_change_elects = false;
  } else {
    behaviour.rebalances_leaders = true;
    behaviour.unclean_config_honoured = true;  // R9.6
  }
}

}  // namespace

Behaviour behaviour_of(KafkaVersion version) {
  Behaviour behaviour;
  for (const SwitchRow& row : kRows) {
    behaviour.*row.info.member = (version.number >= row.number) != row.until;
  }
  for (const RuleInfo& rule : kRules) {
    for (std::size_t i = 0; i < rule.values.size(); ++i) {
      if (rule.values[i].since <= version) rule.set(behaviour, i);
    }
  }
  adjust_returning(behaviour, version);
  return behaviour;
}

const std::vector<VersionName>& known_versions() {
  static const std::vector<VersionName> versions = {
      {"0.10", {10}}, {"0.11", {11}}, {"1.0", {100}}, {"1.1", {101}}, {"2.0", {200}},
      {"2.1", {201}}, {"2.2", {202}}, {"2.3", {203}}, {"2.4", {204}}, {"2.5", {205}},
      {"2.6", {206}}, {"2.7", {207}}, {"2.8", {208}}, {"3.0", {300}}, {"3.1", {301}},
      {"3.2", {302}}, {"3.3", {303}}, {"3.4", {304}}, {"3.5", {305}}, {"3.6", {306}},
      {"3.7", {307}}, {"3.8", {308}}, {"3.9", {309}}, {"4.0", {400}}, {"4.1", {401}},
  };
  return versions;
}

std::string_view version_name(KafkaVersion version) {
  // A version between two lines has the older line's behaviour, so it gets its name too.
  std::string_view name = known_versions().front().name;
  for (const VersionName& known : known_versions()) {
    if (known.version <= version) name = known.name;
  }
  return name;
}

const std::vector<SwitchInfo>& behaviour_switches() {
  static const std::vector<SwitchInfo> switches = [] {
    std::vector<SwitchInfo> infos;
    for (const SwitchRow& row : kRows) infos.push_back(row.info);
    return infos;
  }();
  return switches;
}

const std::vector<RuleInfo>& behaviour_rules() {
  static const std::vector<RuleInfo> rules(std::begin(kRules), std::end(kRules));
  return rules;
}

}  // namespace ackident
