#include "drive/watch.h"

#include <algorithm>

#include "drive/state.h"

namespace ackident {

void Watches::reset(const Scenario& scenario) {
  scenario_ = &scenario;
  watched_.clear();
  at_ = Instant();
  event_ = EventId();
  for (std::uint32_t i = 0; i < scenario.expect.size(); ++i) {
    const std::optional<When>& window = scenario.expect[i].window;
    if (!window) continue;
    watched_.push_back({i, 0, {}});
    if (!window->after) open(watched_.back(), window->from);
  }
}

void Watches::open(Watch& watch, Instant from) const {
  const Expectation& expected = expectation(watch);
  const bool counts = expected.kind == ExpectKind::kFactCount;
  const bool instant = !counts && expected.window->holds == Holds::kThen;
  watch.seen.began = true;
  watch.seen.from = from;
  watch.seen.until = instant                             ? from
                     : expected.window->span == kForever ? kNever
                                                         : from + expected.window->span;
}

void Watches::before(Instant at, EventId event, const PartitionRecorder& partitions) {
  if (event == event_) return;
  for (Watch& watch : watched_) look(watch, at, partitions);
  at_ = at;
  event_ = event;
}

// The state stands from at_ until the next step. Of several steps of one instant each counts, but
// for a window of one instant, where the last one does.
void Watches::look(Watch& watch, Instant until, const PartitionRecorder& partitions) const {
  const Expectation& expected = expectation(watch);
  WatchResult& seen = watch.seen;
  if (!seen.began || expected.kind == ExpectKind::kFactCount) return;
  const Instant from = std::max(at_, seen.from);
  if (from > std::min(until, seen.until) || (from == until && at_ < until)) return;
  const PartitionPoint state = partitions.state(expected.partition);
  const bool holds = state_holds(*scenario_, expected, state);
  if (seen.until == seen.from) seen.held = seen.parted = kNever;
  if (holds && seen.held == kNever) {
    seen.held = from;
    seen.held_event = event_;
    seen.held_state = state;
  }
  if (!holds && (seen.parted == kNever || expected.window->holds == Holds::kEventually)) {
    seen.parted = from;
    seen.parted_event = event_;
    seen.parted_state = state;
  }
}

void Watches::on_fact(Instant at, EventId event, const Fact& fact) {
  const NodeId controller = scenario_->setup.composition.controller;
  for (Watch& watch : watched_) {
    const Expectation& expected = expectation(watch);
    WatchResult& seen = watch.seen;
    if (expected.kind == ExpectKind::kFactCount && fact.kind == expected.fact && seen.began &&
        at >= seen.from && at <= seen.until) {
      const bool broken =
          expected.bound.max && static_cast<std::int64_t>(seen.facts) > *expected.bound.max;
      ++seen.facts;
      if (!broken) {
        seen.last_fact = event;
        seen.last_fact_at = at;
      }
    }
    const std::optional<FactTrigger>& after = expected.window->after;
    if (seen.began || !after || !is_asked_for(*after, at, fact)) continue;
    const NodeId who = subject_of(fact, controller);
    const bool named =
        after->node.empty() || std::any_of(after->node.begin(), after->node.end(),
                                           [&](const Selector& one) { return one.node == who; });
    if (named && ++watch.matches == after->nth) open(watch, at + after->delay);
  }
}

void Watches::finish(Instant end, const PartitionRecorder& partitions, RunResult& result) {
  result.watches.clear();
  if (watched_.empty()) return;
  result.watches.resize(scenario_->expect.size());
  for (Watch& watch : watched_) {
    look(watch, end + nanoseconds(1), partitions);  // the last state stands at the end as well
    result.watches[watch.expectation] = watch.seen;
  }
}

}  // namespace ackident
