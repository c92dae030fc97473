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
    {{"halts_below_follower", &B::halts_below_follower, "before 1.1",
      "a broker exits rather than cut a log to its leader's shorter one (KAFKA-3410, C13)"},
     101,
     kUntil},
    {{"reads_ahead", &B::reads_ahead, "before 2.5",
      "a broker takes all requests off a connection at once and serves them later (KAFKA-7639, "
      "C0.9)"},
     205,
     kUntil},
    {{"broker_epochs", &B::broker_epochs, "2.2",
      "a bounced broker is told apart from its earlier life (KIP-380, R9.3)"},
     202,
     kSince},
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
    {{"drops_old_fetch_answers", &B::drops_old_fetch_answers, "3.9",
      "a follower drops the answer to a fetch of an older leader epoch (KAFKA-18991, R3.5)"},
     309,
     kSince},
    {{"unclean_config_honoured", &B::unclean_config_honoured, "3.9; always with ZooKeeper",
      "the controller obeys unclean.leader.election.enable (KAFKA-12670, R5.35)"},
     309,
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
    {{"preferred_election_fixed_period", &B::preferred_election_fixed_period, "4.0",
      "leaders are moved back to preferred replicas on a fixed period (R5.38)"},
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
    {"truncation",
     {{"high_watermark", {10}}, {"kip101", {11}}, {"kip279", {200}}, {"on_fetch", {207}}},
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
  if (!behaviour.kraft) behaviour.unclean_config_honoured = true;  // R9.6
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
