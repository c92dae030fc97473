#include "drive/contract.h"

#include <fmt/format.h>

#include <algorithm>

namespace ackident {
namespace {

bool may_forget(const TopicConfig& config) { return config.flush_messages != 1; }

// May what was committed once be gone later? (Section 13 of the reference; KIP-966 tells why one
// broker without its tail is enough.)
bool may_lose_committed(const Scenario& scenario) {
  const Composition& composition = scenario.setup.composition;
  if (composition.behaviour.followers_may_part()) return true;
  bool unclean = false;
  bool forgets = false;
  bool power_fails = false;
  TopicConfig flushed;
  flushed.flush_messages = 1;
  for (const TopicInfo& topic : composition.topics) {
    unclean = unclean || topic.config.unclean_leader_election;
    forgets = forgets || may_forget(topic.config);
  }
  for (const Fault& fault : scenario.setup.faults) {
    switch (fault.action) {
      case FaultAction::kDiskWipe: return true;
      case FaultAction::kPowerLoss: power_fails = true; break;
      case FaultAction::kElect:
        unclean = unclean || fault.election == ElectionKind::kUnclean;
        break;
      case FaultAction::kAlterConfig:
        unclean = unclean || fault.change.unclean_leader_election.value_or(false);
        forgets = forgets || may_forget(fault.change.applied_to(flushed));
        break;
      default: break;
    }
  }
  return unclean || (forgets && power_fails);
}

class ContractJudge {
 public:
  ContractJudge(const Scenario& scenario, const RunResult& result)
      : scenario_(scenario), result_(result) {}

  std::vector<std::string> broken() {
    for (const InvariantViolation& violation : result_.violations) {
      if (violation.permitted) continue;
      broken_.push_back(fmt::format("{} at {} (event {}): {}", violation.invariant,
                                    partition(violation.partition), violation.event.value(),
                                    violation.text));
    }
    records_add_up();
    if (scenario_.setup.settle) converged();
    if (!may_lose_committed(scenario_)) nothing_lost();
    idempotent();
    return std::move(broken_);
  }

 private:
  std::string partition(PartitionId id) const {
    return id == kNoPartition ? "no partition" : scenario_.setup.names.partitions[id.value()];
  }

  template <class... Args>
  void expect(bool holds, fmt::format_string<Args...> form, Args&&... args) {
    if (!holds) broken_.push_back(fmt::format(form, std::forward<Args>(args)...));
  }

  bool may_select_producer(const Selector& selector) const {
    if (selector.kind == SelectorKind::kNode) {
      const NodeInfo& node = scenario_.setup.composition.node(selector.node);
      return node.kind == NodeKind::kProducer;
    }
    return selector.kind == SelectorKind::kClients || selector.kind == SelectorKind::kEveryone;
  }

  bool producers_may_die() const {
    for (const Fault& fault : scenario_.setup.faults) {
      if (fault.action != FaultAction::kKill && fault.action != FaultAction::kShutdown &&
          fault.action != FaultAction::kPowerLoss) {
        continue;
      }
      for (const Selector& selector : fault.target) {
        if (may_select_producer(selector)) return true;
      }
    }
    return false;
  }

  void records_add_up() {
    const Totals& totals = result_.totals;
    expect(totals.sent == totals.acked + totals.failed + totals.unknown,
           "{} records sent, but {} acked + {} failed + {} unknown", totals.sent, totals.acked,
           totals.failed, totals.unknown);
    expect(totals.lost + totals.stranded + totals.under_way <= totals.acked,
           "{} lost, {} stranded and {} under way of {} acked", totals.lost, totals.stranded,
           totals.under_way, totals.acked);
  }

  void converged() {
    if (!restless_by_rule(scenario_, result_).empty()) return;
    expect(!result_.bounds_hit && result_.settled < kNever,
           "healed, the cluster did not come to rest by {} ms: {}",
           (result_.end - Instant()).ns() / 1'000'000,
           unrest_text(result_));
    if (result_.bounds_hit || result_.settled >= kNever) return;
    // An application that dies is not told.
    expect(producers_may_die() || result_.totals.unknown == 0, "{} records without an answer",
           result_.totals.unknown);
    expect(result_.totals.under_way == 0, "{} records under way when all was quiet",
           result_.totals.under_way);
    expect(result_.totals.stranded == 0, "{} records stranded after healing",
           result_.totals.stranded);
  }

  void nothing_lost() {
    const Composition& composition = scenario_.setup.composition;
    const bool all = std::all_of(composition.producers.begin(), composition.producers.end(),
                                 [](const ProducerInfo& p) { return p.config.acks == Acks::kAll; });
    expect(!all || moves_sequences() || result_.totals.lost == 0, "{} acked records lost",
           result_.totals.lost);
    std::vector<bool> earliest(result_.groups.size(), true);
    for (const ConsumerInfo& consumer : composition.consumers) {
      if (consumer.config.offset_reset != OffsetReset::kEarliest) earliest[consumer.group] = false;
    }
    for (std::size_t i = 0; i < result_.groups.size(); ++i) {
      expect(!earliest[i] || result_.groups[i].skipped == 0, "group {} skipped {} records",
             scenario_.setup.names.groups[i], result_.groups[i].skipped);
    }
  }

  // Before 2.5 a batch that fails hands its sequence numbers on to those behind it. Had an attempt
  // of it been appended after all, they pass for its duplicates: acknowledged, and never appended
  // (2.4 Sender.java failBatch, TransactionManager.java adjustSequencesDueToFailedBatch).
  bool moves_sequences() const {
    const Composition& composition = scenario_.setup.composition;
    return !composition.behaviour.producer_bumps_epoch &&
           std::ranges::any_of(composition.producers,
                               [](const ProducerInfo& p) { return p.config.idempotence; });
  }

  void idempotent() {
    const Composition& composition = scenario_.setup.composition;
    const bool all = std::all_of(composition.producers.begin(), composition.producers.end(),
                                 [](const ProducerInfo& p) { return p.config.idempotence; });
    const auto bumps =
        result_.fact_counts[static_cast<std::size_t>(FactKind::kProducerEpochBumped)];
    if (!all || bumps > 0) return;
    expect(result_.totals.duplicated == 0, "{} records duplicated", result_.totals.duplicated);
    expect(result_.totals.reordered == 0, "{} records out of order", result_.totals.reordered);
  }

  const Scenario& scenario_;
  const RunResult& result_;
  std::vector<std::string> broken_;
};

// Before 2.1 `retries` alone bounds how long a producer goes on, and splitting a batch whose
// records are not too large one by one does not even count as a retry.
bool may_go_on_for_ever(const Composition& composition, const RunResult& result) {
  if (result.cluster_unsettled) return false;
  return !composition.behaviour.delivery_timeout && result.totals.unknown > 0;
}

}  // namespace

const std::string& unrest_text(const RunResult& result) {
  return result.unsettled.empty() ? result.cut_short : result.unsettled;
}

std::string restless_by_rule(const Scenario& scenario, const RunResult& result) {
  if (result.settled < kNever) return {};
  const Composition& composition = scenario.setup.composition;
  if (may_go_on_for_ever(composition, result)) {
    return "no age makes a batch fail that is in flight or is tried again: KIP-91, before 2.1";
  }
  // Up to 1.1 a broker exits rather than cut its log to its leader's shorter one, whenever it is
  // started again. Nothing else makes it exit at that age of Kafka, but a shutdown that was under
  // way when everything was healed: once for each broker.
  if (!composition.behaviour.halts_below_follower) return {};
  if (result.restarts <= composition.broker_count) return {};
  return "a broker exits each time it finds its leader's log shorter than its own: KAFKA-3410, "
         "before 2.0";
}

std::vector<std::string> broken_promises(const Scenario& scenario, const RunResult& result) {
  return ContractJudge(scenario, result).broken();
}

}  // namespace ackident
