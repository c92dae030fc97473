#include "drive/expect.h"

#include <fmt/format.h>

#include <algorithm>

#include "drive/measure.h"
#include "drive/words.h"

namespace ackident {

namespace {

enum class Measure : std::uint8_t { kRecords, kTime, kNumber };

Measure measure_of(ExpectKind kind) {
  switch (kind) {
    case ExpectKind::kLost:
    case ExpectKind::kStranded:
    case ExpectKind::kFailed:
    case ExpectKind::kAcked:
    case ExpectKind::kSent:
    case ExpectKind::kDuplicated:
    case ExpectKind::kSkipped:
    case ExpectKind::kDeliveredTwice:
    case ExpectKind::kReordered:
    case ExpectKind::kLagPeak:
    case ExpectKind::kLagEnd: return Measure::kRecords;
    case ExpectKind::kWriteUnavailable:
    case ExpectKind::kReadUnavailable:
    case ExpectKind::kUnderReplicated:
    case ExpectKind::kUnderMinIsr:
    case ExpectKind::kLagRecovery:
    case ExpectKind::kProduceLatency: return Measure::kTime;
    default: return Measure::kNumber;
  }
}

std::string value_text(Measure measure, std::int64_t value) {
  switch (measure) {
    case Measure::kRecords: return fmt::format("{} record{}", value, value == 1 ? "" : "s");
    case Measure::kTime: return duration_text(Duration(value));
    case Measure::kNumber: break;
  }
  return fmt::format("{}", value);
}

std::string bound_text(Measure measure, const Bound& bound) {
  if (bound.min && bound.max && *bound.min == *bound.max) {
    return "exactly " + value_text(measure, *bound.min);
  }
  if (bound.min && bound.max) {
    return fmt::format("from {} to {}", value_text(measure, *bound.min),
                       value_text(measure, *bound.max));
  }
  if (bound.min) return "at least " + value_text(measure, *bound.min);
  if (bound.max) return "at most " + value_text(measure, *bound.max);
  return "any value";
}

bool within(const Bound& bound, std::int64_t value) {
  return (!bound.min || value >= *bound.min) && (!bound.max || value <= *bound.max);
}

class Judge {
 public:
  Judge(const Scenario& scenario, const RunResult& result) : scenario_(scenario), result_(result) {}

  ExpectationResult judge(const Expectation& expectation) const {
    switch (expectation.kind) {
      case ExpectKind::kLeader:
      case ExpectKind::kLeaderEpoch:
      case ExpectKind::kIsr:
      case ExpectKind::kHighWatermark:
      case ExpectKind::kLogEnd: return judge_state(expectation);
      case ExpectKind::kLostOffsets: return judge_lost_offsets(expectation);
      case ExpectKind::kInvariants: return judge_invariants();
      default: return judge_value(expectation);
    }
  }

 private:
  ExpectationResult judge_value(const Expectation& expectation) const;
  ExpectationResult judge_state(const Expectation& expectation) const;
  // What is seen of it at one point.
  std::string state_text(const Expectation& expectation, const PartitionPoint& point) const;
  Offset state_offset(const Expectation& expectation, const PartitionPoint& point) const;
  ExpectationResult judge_lost_offsets(const Expectation& expectation) const;
  ExpectationResult judge_invariants() const;
  Verdict verdict(const Expectation& expectation, bool holds, bool surely_not) const;

  const Scenario& scenario_;
  const RunResult& result_;
};

// Whether the answer means something. Nothing acked: nothing could be lost.
bool is_about_acked_records(ExpectKind kind) {
  switch (kind) {
    case ExpectKind::kLost:
    case ExpectKind::kStranded:
    case ExpectKind::kDuplicated:
    case ExpectKind::kSkipped:
    case ExpectKind::kDeliveredTwice:
    case ExpectKind::kReordered:
    case ExpectKind::kProduceLatency:
    case ExpectKind::kLostOffsets: return true;
    default: return false;
  }
}

// A scenario that expects every write to be refused says itself that nothing is acked.
bool expects_no_acks(const Scenario& scenario) {
  return std::any_of(scenario.expect.begin(), scenario.expect.end(), [](const Expectation& e) {
    return e.kind == ExpectKind::kAcked && e.bound.max && *e.bound.max == 0;
  });
}

// A run that was cut short could still go on: only what can never be undone is a failure.
Verdict Judge::verdict(const Expectation& expectation, bool holds, bool surely_not) const {
  if (result_.bounds_hit && !surely_not) return Verdict::kUnknown;
  if (!holds) return Verdict::kFail;
  if (is_about_acked_records(expectation.kind) && result_.totals.acked == 0 &&
      !expects_no_acks(scenario_)) {
    return Verdict::kVacuous;
  }
  return Verdict::kPass;
}

ExpectationResult Judge::judge_value(const Expectation& expectation) const {
  const Measure unit = measure_of(expectation.kind);
  const Measured measured = measure(scenario_, result_, expectation);
  ExpectationResult out;
  out.expected = bound_text(unit, expectation.bound);
  if (!measured.known) {
    out.seen = "nothing to measure";
    out.verdict = Verdict::kVacuous;
    return out;
  }
  out.seen = value_text(unit, measured.value) + measured.whose;
  // Every measured value but a lag at the end only grows with the run.
  const bool above = expectation.bound.max && measured.value > *expectation.bound.max;
  const bool grows =
      expectation.kind != ExpectKind::kLagEnd && expectation.kind != ExpectKind::kLagRecovery &&
      expectation.kind != ExpectKind::kStranded &&
      expectation.kind != ExpectKind::kProduceLatency && expectation.kind != ExpectKind::kSkipped;
  out.verdict = verdict(expectation, within(expectation.bound, measured.value), above && grows);
  if (expectation.kind == ExpectKind::kLost && !result_.lost.empty()) {
    const auto first =
        std::min_element(result_.lost.begin(), result_.lost.end(),
                         [](const LostRecord& a, const LostRecord& b) { return a.gone < b.gone; });
    out.event = first->event;
    out.at = first->gone;
  }
  return out;
}

std::string offset_text(Offset offset) {
  return offset == kNoOffset ? "none" : fmt::format("{}", offset.value());
}

// The log end of a node, or of the leader; kNoOffset if there is none.
Offset log_end(const Scenario& scenario, const Expectation& expectation,
               const PartitionPoint& point) {
  const NodeId node = expectation.node == kNoNode ? point.leader : expectation.node;
  const ReplicaList& replicas =
      scenario.setup.composition.assignment[expectation.partition.value()];
  for (std::uint32_t i = 0; i < replicas.size() && i < point.log_ends.size(); ++i) {
    if (replicas[i] == node) return point.log_ends[i];
  }
  return kNoOffset;
}

bool same_set(const std::vector<NodeId>& wanted, const ReplicaList& seen) {
  return wanted.size() == seen.size() &&
         std::all_of(wanted.begin(), wanted.end(), [&](NodeId n) { return seen.contains(n); });
}

Offset Judge::state_offset(const Expectation& expectation, const PartitionPoint& point) const {
  if (expectation.kind == ExpectKind::kHighWatermark) return point.high_watermark;
  if (expectation.kind == ExpectKind::kLogEnd) return log_end(scenario_, expectation, point);
  return Offset(point.leader_epoch.value());
}

std::string Judge::state_text(const Expectation& expectation, const PartitionPoint& point) const {
  if (expectation.kind == ExpectKind::kLeader) return node_text(scenario_, point.leader);
  if (expectation.kind == ExpectKind::kIsr) {
    return nodes_text(scenario_, point.isr.begin(), point.isr.end());
  }
  return offset_text(state_offset(expectation, point));
}

ExpectationResult Judge::judge_state(const Expectation& expectation) const {
  ExpectationResult out;
  const bool at_end = expectation.at == kNever;
  const PartitionPoint* point = nullptr;
  for (const PartitionPoint& candidate :
       result_.partitions[expectation.partition.value()].timeline) {
    if (at_end || candidate.at <= expectation.at) point = &candidate;
  }
  SIM_CHECK(point != nullptr);
  out.seen = state_text(expectation, *point);
  // It first was so at the earliest point from which on nothing else was seen.
  const PartitionPoint* const first =
      result_.partitions[expectation.partition.value()].timeline.data();
  const PartitionPoint* since = point;
  while (since != first && state_text(expectation, since[-1]) == out.seen) --since;
  out.event = since->event;
  out.at = since->at;

  bool holds = false;
  if (expectation.kind == ExpectKind::kLeader) {
    out.expected = node_text(scenario_, expectation.node);
    holds = point->leader == expectation.node;
  } else if (expectation.kind == ExpectKind::kIsr) {
    const NodeId* const wanted = expectation.nodes.data();
    out.expected = nodes_text(scenario_, wanted, wanted + expectation.nodes.size());
    holds = same_set(expectation.nodes, point->isr);
  } else {
    const Offset seen = state_offset(expectation, *point);
    out.expected = bound_text(Measure::kNumber, expectation.bound);
    holds = seen != kNoOffset && within(expectation.bound, seen.value());
  }
  if (!at_end && expectation.at > result_.end) {
    out.verdict = Verdict::kUnknown;
    out.seen = "the run ended at " + duration_text(result_.end - Instant());
  } else if (!at_end) {
    out.verdict = holds ? Verdict::kPass : Verdict::kFail;  // the past does not change
  } else {
    out.verdict = verdict(expectation, holds, false);
  }
  return out;
}

std::string offsets_text(const std::vector<Offset>& offsets, std::uint64_t more) {
  if (offsets.empty() && more == 0) return "none";
  constexpr std::size_t kShown = 16;
  std::string text;
  for (std::size_t i = 0; i < offsets.size() && i < kShown; ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : ",", offset_text(offsets[i]));
  }
  if (offsets.size() > kShown) more += offsets.size() - kShown;
  return more == 0 ? text : fmt::format("{} and {} more", text, more);
}

ExpectationResult Judge::judge_lost_offsets(const Expectation& expectation) const {
  ExpectationResult out;
  std::vector<Offset> seen;
  const bool all = expectation.partition == kNoPartition;
  for (const LostRecord& record : result_.lost) {
    if (!all && record.partition != expectation.partition) continue;
    if (seen.empty() || record.gone < out.at) {
      out.event = record.event;
      out.at = record.gone;
    }
    seen.push_back(record.offset);
  }
  const std::uint64_t lost =
      all ? result_.totals.lost : result_.partitions[expectation.partition.value()].lost;
  const std::uint64_t more = lost > seen.size() ? lost - seen.size() : 0;
  out.expected = offsets_text(expectation.offsets, 0);
  out.seen = offsets_text(seen, more);
  out.verdict = verdict(expectation, more == 0 && seen == expectation.offsets,
                        lost > expectation.offsets.size());
  return out;
}

ExpectationResult Judge::judge_invariants() const {
  ExpectationResult out;
  out.expected = "every invariant holds";
  out.seen = out.expected;
  out.verdict = result_.bounds_hit ? Verdict::kUnknown : Verdict::kPass;
  for (const InvariantViolation& violation : result_.violations) {
    if (violation.permitted) continue;
    out.seen = fmt::format("{}: {}", violation.invariant, violation.text);
    out.event = violation.event;
    out.at = violation.at;
    out.verdict = Verdict::kFail;
    break;
  }
  return out;
}

}  // namespace

void judge(const Scenario& scenario, RunResult& result) {
  result.expectations.clear();
  const Judge judge(scenario, result);
  bool failed = false;
  bool unknown = result.bounds_hit;
  bool vacuous = false;
  for (const Expectation& expectation : scenario.expect) {
    result.expectations.push_back(judge.judge(expectation));
    const Verdict verdict = result.expectations.back().verdict;
    failed = failed || verdict == Verdict::kFail;
    unknown = unknown || verdict == Verdict::kUnknown;
    vacuous = vacuous || verdict == Verdict::kVacuous;
  }
  for (const InvariantViolation& violation : result.violations) {
    failed = failed || !violation.permitted;
  }
  const auto bit = [](const FaultResult& fault) { return fault.bit; };
  vacuous = vacuous || (!scenario.setup.faults.empty() &&
                        std::none_of(result.faults.begin(), result.faults.end(), bit));
  result.verdict = failed    ? Verdict::kFail
                   : unknown ? Verdict::kUnknown
                   : vacuous ? Verdict::kVacuous
                             : Verdict::kPass;
}

}  // namespace ackident
