#include "drive/recorder.h"

#include <algorithm>

#include "scenario/scenario.h"

namespace ackident {

namespace {

// Kafka marks failedProduceRequestRate for what the broker could not do, not for a client that
// asked the wrong broker or sent what cannot be stored (ReplicaManager.appendToLocalLog).
bool counts_as_failed(ErrorCode error) {
  switch (error) {
    case ErrorCode::kNotLeaderOrFollower:
    case ErrorCode::kUnknownTopicOrPartition:
    case ErrorCode::kMessageTooLarge:
    case ErrorCode::kCorruptMessage:
    case ErrorCode::kKafkaStorageError: return false;
    default: return true;
  }
}

}  // namespace

void Recorder::reset(const Scenario& scenario) {
  scenario_ = &scenario;
  metrics_.reset();
  partitions_.reset(scenario, metrics_);
  producers_.reset(scenario.setup.composition);
  groups_.reset(scenario);
  watches_.reset(scenario);
  fact_counts_.fill(0);
  event_ = EventId();
  stopped_.assign(scenario.setup.composition.nodes.size(), 0);
  links_disturbed_ = false;
}

// What lies between the last fact and one at `at`: questions about an instant, the faults' end.
void Recorder::pass_instant(Instant at) {
  partitions_.answer_questions(at, event_);
  if (metrics_.pass(at)) groups_.restate(metrics_);
}

void Recorder::on_fact(Instant at, EventId event, const Fact& fact) {
  if (watches_.empty()) return follow(at, event, fact);
  watches_.before(at, event, partitions_);
  follow(at, event, fact);
  watches_.on_fact(at, event, fact);
}

void Recorder::follow(Instant at, EventId event, const Fact& fact) {
  if (at > partitions_.next_question() || metrics_.due(at)) pass_instant(at);
  ++fact_counts_[static_cast<std::size_t>(fact.kind)];
  event_ = event;
  switch (fact.kind) {
    case FactKind::kAppended:
      metrics_.mark(Metric::kMessagesInPerSec, fact.b - fact.a);
      if (partitions_.leads(fact.node, fact.partition)) {
        groups_.appended(at, fact.partition, Offset(fact.a));
      }
      break;
    case FactKind::kHighWatermark:
    case FactKind::kBecameLeader:
      if (partitions_.leads(fact.node, fact.partition)) {
        groups_.high_watermark(at, fact.partition, Offset(fact.b), metrics_);
      }
      break;
    case FactKind::kProduceRejected:
      if (counts_as_failed(static_cast<ErrorCode>(fact.a))) {
        metrics_.mark(Metric::kFailedProduceRequestsPerSec);
      }
      return;
    case FactKind::kBatchCreated:
    case FactKind::kRecordsSent:
    case FactKind::kAcked:
    case FactKind::kFailed:
    case FactKind::kRetried:
    case FactKind::kSendBlocked: producers_.on_fact(at, fact, metrics_); return;
    case FactKind::kDelivered:
    case FactKind::kProcessed:
    case FactKind::kCommitted:
    case FactKind::kPositionReset: groups_.on_fact(at, fact, metrics_); return;
    case FactKind::kStarted:
    case FactKind::kKilled:
    case FactKind::kFrozen:
    case FactKind::kResumed: on_process(at, fact); break;
    case FactKind::kFaultFired: on_fault(at, fact); return;
    case FactKind::kFaultsHealed: on_healed(at); return;
    case FactKind::kBatchSent:
    case FactKind::kProduceAnswered:
    case FactKind::kFollowerHighWatermark: return;  // frequent, and only counted
    default: break;
  }
  partitions_.on_fact(at, event, fact, metrics_);
}

// A process that starts again, or moves again, ends a fault.
void Recorder::on_process(Instant at, const Fact& fact) {
  if (fact.kind == FactKind::kStarted) groups_.on_fact(at, fact, metrics_);
  if (fact.kind == FactKind::kKilled) producers_.on_fact(at, fact, metrics_);
  std::uint8_t& stopped = stopped_[fact.node.value()];
  const bool stops = fact.kind == FactKind::kKilled || fact.kind == FactKind::kFrozen;
  if (!stops && stopped != 0 && metrics_.first_fault() != kNever) metrics_.disturbed(at, at);
  stopped = stops ? 1 : 0;
}

void Recorder::on_fault(Instant at, const Fact& fact) {
  if (fact.b != 1) return;
  const Fault& fault = scenario_->setup.faults[static_cast<std::size_t>(fact.a)];
  const bool reverts = fault.revert_after > Duration();
  const bool undoes = fault.delay == Duration();  // of kSlowLink and kSlowBroker
  bool harms = true;
  switch (fault.action) {
    case FaultAction::kCut:
    case FaultAction::kHold: links_disturbed_ = links_disturbed_ || !reverts; break;
    case FaultAction::kSlowLink:
    case FaultAction::kSlowBroker:
      links_disturbed_ = undoes ? false : links_disturbed_ || !reverts;
      harms = !undoes;
      break;
    case FaultAction::kHeal:
    case FaultAction::kRelease:
      links_disturbed_ = false;
      harms = false;
      break;
    case FaultAction::kStart:
    case FaultAction::kResume: harms = false; break;
    default: break;
  }
  const bool first = metrics_.first_fault() == kNever;
  if (harms) groups_.fault(at);
  metrics_.disturbed(at, reverts ? at + fault.revert_after : at);
  if (first) groups_.restate(metrics_);
}

// The settle phase undoes what is left; if nothing was, the faults had ended before.
void Recorder::on_healed(Instant at) {
  const bool stopped = std::find(stopped_.begin(), stopped_.end(), 1) != stopped_.end();
  if (metrics_.first_fault() != kNever && (links_disturbed_ || stopped)) {
    metrics_.disturbed(at, at);
  }
  links_disturbed_ = false;
}

void Recorder::finish(Instant end, RunResult& result) {
  pass_instant(end);
  result.end = end;
  watches_.finish(end, partitions_, result);
  partitions_.finish(end, event_, result);
  producers_.finish(result);
  metrics_.finish(end, result.metrics);
  groups_.finish(end, result);
  result.fact_counts.assign(fact_counts_.begin(), fact_counts_.end());
}

}  // namespace ackident
