#include "drive/expect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "drive/measure.h"
#include "drive/state.h"
#include "drive/words.h"

namespace ackident {

namespace {

class Judge {
 public:
  Judge(const Scenario& scenario, const RunResult& result) : scenario_(scenario), result_(result) {}

  ExpectationResult judge(const Expectation& expectation) const {
    ExpectationResult out = judge_by_kind(expectation);
    if (out.verdict == Verdict::kUnknown) out.seen = open_text(out.seen);
    return out;
  }

 private:
  ExpectationResult judge_by_kind(const Expectation& expectation) const {
    if (expectation.window) return judge_window(expectation);
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
  // What is seen may be just what is expected: why that decides nothing.
  std::string open_text(const std::string& seen) const {
    const std::string end = result_.bounds_hit ? "was cut short" : "ended";
    if (seen.empty())
      return fmt::format("nothing: the run {} at {}", end, duration_text(result_.end - Instant()));
    return fmt::format("{} when the run {}", seen, end);
  }
  ExpectationResult judge_value(const Expectation& expectation) const;
  ExpectationResult judge_state(const Expectation& expectation) const;
  ExpectationResult judge_window(const Expectation& expectation) const;
  void judge_count(const Expectation& expectation, const WatchResult& seen,
                   ExpectationResult& out) const;
  void judge_states(const Expectation& expectation, const WatchResult& seen,
                    ExpectationResult& out) const;
  ExpectationResult judge_lost_offsets(const Expectation& expectation) const;
  ExpectationResult judge_invariants() const;
  Verdict verdict(const Expectation& expectation, bool holds, bool surely_not) const;
  bool is_exposed(const Expectation& expectation) const;
  bool is_read(const Expectation& expectation) const;

  const Scenario& scenario_;
  const RunResult& result_;
};

// A scenario that expects every write to be refused says itself that nothing is acked.
bool expects_no_acks(const Scenario& scenario) {
  return std::any_of(scenario.expect.begin(), scenario.expect.end(), [](const Expectation& e) {
    return e.kind == ExpectKind::kAcked && e.bound.max && *e.bound.max == 0;
  });
}

// Has a group that is asked about begun to read? One that has not may lag all the same: if it is to
// begin at offset 0.
bool Judge::is_read(const Expectation& expectation) const {
  const auto has_begun = [](const GroupPartitionResult& part) {
    return part.position != kNoOffset || part.lag_peak != 0;
  };
  for (std::size_t g = 0; g < result_.groups.size(); ++g) {
    const bool asked = expectation.group < 0 || static_cast<std::size_t>(expectation.group) == g;
    if (asked && std::ranges::any_of(result_.groups[g].partitions, has_begun)) return true;
  }
  return false;
}

// Whether the answer means something: what was never acked cannot be lost, what was never sent not
// be refused or late, and without a reader nothing is read twice and nobody lags.
bool Judge::is_exposed(const Expectation& expectation) const {
  const Totals totals = totals_of(scenario_, result_, expectation);
  switch (expectation.kind) {
    case ExpectKind::kSkipped:
    case ExpectKind::kDeliveredTwice:
      if (!is_read(expectation)) return false;
      [[fallthrough]];
    case ExpectKind::kLost:
    case ExpectKind::kStranded:
    case ExpectKind::kDuplicated:
    case ExpectKind::kReordered:
    case ExpectKind::kProduceLatency:
    case ExpectKind::kLostOffsets: return totals.acked > 0 || expects_no_acks(scenario_);
    case ExpectKind::kLagPeak:
    case ExpectKind::kLagEnd:
    case ExpectKind::kLagRecovery:
      if (!is_read(expectation)) return false;
      [[fallthrough]];
    case ExpectKind::kFailed:
    case ExpectKind::kError: return totals.sent > 0;
    default: return true;
  }
}

// A run that was cut short could still go on: only what can never be undone is a failure.
Verdict Judge::verdict(const Expectation& expectation, bool holds, bool surely_not) const {
  if (result_.bounds_hit && !surely_not) return Verdict::kUnknown;
  if (!holds) return Verdict::kFail;
  return is_exposed(expectation) ? Verdict::kPass : Verdict::kVacuous;
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
  if (expectation.kind != ExpectKind::kLost) return out;
  for (const LostRecord& record : result_.lost) {
    if (!concerns(scenario_, expectation, record.partition)) continue;
    if (record.gone < out.parted.at) out.parted = {record.gone, record.event};
  }
  return out;
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
  out.seen = state_seen(scenario_, expectation, *point);
  // It first was so at the earliest point from which on nothing else was seen.
  const PartitionPoint* const first =
      result_.partitions[expectation.partition.value()].timeline.data();
  const PartitionPoint* since = point;
  while (since != first && state_seen(scenario_, expectation, since[-1]) == out.seen) --since;
  out.parted = {since->at, since->event};

  const bool holds = state_holds(scenario_, expectation, *point);
  out.expected = state_wanted(scenario_, expectation);
  if (!at_end && expectation.at > result_.end) {
    out.verdict = Verdict::kUnknown;
    out.seen.clear();
  } else if (!at_end) {
    out.verdict = holds ? Verdict::kPass : Verdict::kFail;  // the past does not change
  } else {
    out.verdict = verdict(expectation, holds, false);
  }
  return out;
}

// Whether the window is over. A run that is over has shown all that can come in a window without an
// end; one that was cut short has not.
bool is_over(const RunResult& result, const WatchResult& seen) {
  return seen.until <= result.end || (seen.until == kNever && !result.bounds_hit);
}

ExpectationResult Judge::judge_window(const Expectation& expectation) const {
  const auto index = static_cast<std::size_t>(&expectation - scenario_.expect.data());
  const WatchResult& seen = result_.watches[index];
  ExpectationResult out;
  if (expectation.kind == ExpectKind::kFactCount) {
    out.expected = bound_text(Measure::kNumber, expectation.bound);
  } else {
    constexpr std::array<std::string_view, 4> kHow = {"", "at some time ", "always ", "never "};
    out.expected = std::string(kHow[static_cast<std::size_t>(expectation.window->holds)]) +
                   state_wanted(scenario_, expectation);
  }
  if (!seen.began) {
    out.seen = fmt::format("no such {}", fact_name(expectation.window->after->kind));
    out.verdict = result_.bounds_hit ? Verdict::kUnknown : Verdict::kVacuous;
  } else if (seen.from > result_.end) {
    out.verdict = Verdict::kUnknown;
  } else if (expectation.kind == ExpectKind::kFactCount) {
    judge_count(expectation, seen, out);
  } else {
    judge_states(expectation, seen, out);
  }
  return out;
}

void Judge::judge_count(const Expectation& expectation, const WatchResult& seen,
                        ExpectationResult& out) const {
  const auto count = static_cast<std::int64_t>(seen.facts);
  out.seen = fmt::format("{}", count);
  const bool below = expectation.bound.min && count < *expectation.bound.min;
  if (below && is_over(result_, seen)) {
    out.parted = {std::min(seen.until, result_.end), EventId(), true};
  } else {
    out.parted = {count == 0 ? seen.from : seen.last_fact_at, seen.last_fact};
  }
  const bool above = expectation.bound.max && count > *expectation.bound.max;
  out.verdict = above || is_over(result_, seen)
                    ? (within(expectation.bound, count) ? Verdict::kPass : Verdict::kFail)
                    : Verdict::kUnknown;
}

void Judge::judge_states(const Expectation& expectation, const WatchResult& seen,
                         ExpectationResult& out) const {
  const Holds holds = expectation.window->holds;
  const bool held = seen.held != kNever;
  const bool parted = seen.parted != kNever;
  const bool wants_one = holds == Holds::kEventually || holds == Holds::kThen;
  const bool good = wants_one ? held : holds == Holds::kAlways ? !parted : !held;
  // One state that holds, or one that does not, may settle it before the window is over.
  const bool settled = wants_one ? held : !good;
  out.verdict = !settled && !is_over(result_, seen) ? Verdict::kUnknown
                : good                              ? Verdict::kPass
                                                    : Verdict::kFail;
  // What decided, or the last state that was of no help.
  const bool show_held = wants_one ? held : holds == Holds::kNever && held;
  if (!show_held && !parted) {
    out.seen = holds == Holds::kNever ? "never" : "always so";
    return;
  }
  out.seen = state_seen(scenario_, expectation, show_held ? seen.held_state : seen.parted_state);
  if (holds == Holds::kEventually && !show_held) {
    out.parted = {std::min(seen.until, result_.end), EventId(), true};
  } else if (show_held) {
    out.parted = {seen.held, seen.held_event};
  } else {
    out.parted = {seen.parted, seen.parted_event};
  }
}

std::string offset_text(Offset offset) {
  return offset == kNoOffset ? "none" : fmt::format("{}", offset.value());
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
    const bool wanted = std::find(expectation.offsets.begin(), expectation.offsets.end(),
                                  record.offset) != expectation.offsets.end();
    if (!wanted && record.gone < out.parted.at) out.parted = {record.gone, record.event};
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
  out.seen = "none broken";
  out.verdict = result_.bounds_hit ? Verdict::kUnknown : Verdict::kPass;
  for (const InvariantViolation& violation : result_.violations) {
    if (violation.permitted) continue;
    out.seen = fmt::format("{}: {}", violation.invariant, violation.text);
    out.parted = {violation.at, violation.event};
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
  bool vacuous = !every_fault_bit(result);
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
  result.verdict = failed    ? Verdict::kFail
                   : unknown ? Verdict::kUnknown
                   : vacuous ? Verdict::kVacuous
                             : Verdict::kPass;
}

bool every_fault_bit(const RunResult& result) {
  return std::all_of(result.faults.begin(), result.faults.end(),
                     [](const FaultResult& fault) { return fault.bit; });
}

}  // namespace ackident
