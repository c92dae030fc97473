#include "drive/replay.h"

#include <algorithm>
#include <set>

#include "drive/histogram.h"
#include "drive/measure.h"

namespace ackident {

namespace {

// What a fact adds to the count that an expectation is about.
std::int64_t amount(const Expectation& wanted, const Fact& fact) {
  switch (wanted.kind) {
    case ExpectKind::kFactCount: return fact.kind == wanted.fact ? 1 : 0;
    case ExpectKind::kFailed: return fact.kind == FactKind::kFailed ? fact.c : 0;
    case ExpectKind::kAcked: return fact.kind == FactKind::kAcked ? fact.c : 0;
    case ExpectKind::kSent: return fact.kind == FactKind::kRecordsSent ? fact.c : 0;
    case ExpectKind::kError: {
      const bool told = fact.kind == FactKind::kRetried || fact.kind == FactKind::kFailed;
      return told && fact.b == static_cast<std::int64_t>(wanted.error) ? 1 : 0;
    }
    default: return 0;
  }
}

bool is_offset(ExpectKind kind) {
  return kind == ExpectKind::kHighWatermark || kind == ExpectKind::kLogEnd;
}

bool is_told_by_logs(ExpectKind kind) {
  return kind == ExpectKind::kDuplicated || kind == ExpectKind::kReordered ||
         kind == ExpectKind::kSkipped;
}

}  // namespace

Replay::Replay(const Scenario& scenario, const RunResult& result)
    : scenario_(scenario), seed_(result.seed), runner_(scenario) {
  for (const ProducerResult& producer : result.producers) {
    acked_.push_back(producer.latency.count);
  }
}

bool Replay::finds(const Expectation& wanted) {
  if (is_offset(wanted.kind)) return true;
  switch (wanted.kind) {
    case ExpectKind::kFactCount:
    case ExpectKind::kFailed:
    case ExpectKind::kAcked:
    case ExpectKind::kSent:
    case ExpectKind::kError:
    case ExpectKind::kProduceLatency:
    case ExpectKind::kDeliveredTwice: return true;
    default: return is_told_by_logs(wanted.kind);
  }
}

void Replay::seek(const Expectation& wanted, ExpectationResult& judged) {
  Sought sought;
  sought.wanted = &wanted;
  sought.judged = &judged;
  sought.slow.assign(acked_.size(), 0);
  sought_.push_back(std::move(sought));
  needs_logs_ = needs_logs_ || is_told_by_logs(wanted.kind);
}

void Replay::run() {
  if (sought_.empty()) return;
  RunHooks hooks;
  hooks.on_fact = watch;
  hooks.context = this;
  runner_.run(seed_, hooks);
  for (Sought& sought : sought_) {
    if (!is_told_by_logs(sought.wanted->kind)) continue;
    settle(sought,
           sought.wanted->kind == ExpectKind::kSkipped ? skips() : copies(sought.wanted->kind));
  }
}

void Replay::watch(void* context, Instant at, EventId event, EventId, const Fact& fact) {
  Replay& self = *static_cast<Replay*>(context);
  self.remember({at, event}, fact);
  for (Sought& sought : self.sought_) {
    // The last move of an offset tells, but the first break of a bound.
    const bool offset = is_offset(sought.wanted->kind);
    if (offset ? at > sought.wanted->at : sought.found) continue;
    if (!(offset ? moves(sought, fact) : self.breaks(sought, fact))) continue;
    sought.found = true;
    sought.judged->parted = {at, event};
  }
}

bool Replay::breaks(Sought& sought, const Fact& fact) {
  if (sought.wanted->topic >= 0) {  // then it is about what producers are told
    if (fact.node == kNoNode) return false;
    const NodeInfo& node = scenario_.setup.composition.node(fact.node);
    if (node.kind != NodeKind::kProducer) return false;
    if (!concerns_producer(scenario_, *sought.wanted, node.index)) return false;
  }
  if (sought.wanted->kind == ExpectKind::kProduceLatency) return is_slow(sought, fact);
  if (sought.wanted->kind == ExpectKind::kDeliveredTwice) {
    if (fact.kind != FactKind::kDelivered) return false;
    sought.count = static_cast<std::int64_t>(runner_.account().delivered_twice());
  } else {
    sought.count += amount(*sought.wanted, fact);
  }
  return sought.count > *sought.wanted->bound.max;
}

// A quantile is too high once more records were late than may be above it.
bool Replay::is_slow(Sought& sought, const Fact& fact) const {
  if (fact.kind != FactKind::kAcked) return false;
  const std::uint16_t producer = runner_.world().composition().node(fact.node).index;
  const BatchGhost* const batch =
      runner_.account().find(producer, BatchNumber(static_cast<std::uint32_t>(fact.a)));
  if (batch == nullptr) return false;
  const Duration latency = batch->told_at() - batch->sent;
  const bool exact = sought.wanted->quantile == 1000;
  if ((exact ? latency : Histogram::rounded(latency)) <= Duration(*sought.wanted->bound.max)) {
    return false;
  }
  sought.slow[producer] += fact.c;
  const auto thousandths = static_cast<std::uint32_t>(sought.wanted->quantile);
  const std::uint64_t above = acked_[producer] - Histogram::rank(acked_[producer], thousandths);
  return sought.slow[producer] > static_cast<std::int64_t>(above);
}

// Whether the fact moved the end of the log, or the high watermark of the newest leader.
bool Replay::moves(Sought& sought, const Fact& fact) {
  if (fact.partition != sought.wanted->partition) return false;
  const bool log = sought.wanted->kind == ExpectKind::kLogEnd && fact.node == sought.wanted->node;
  switch (fact.kind) {
    case FactKind::kAppended:
    case FactKind::kReplicated:
    case FactKind::kTruncated:
    case FactKind::kTailLost:
    case FactKind::kLogWiped: return log;
    case FactKind::kBecameLeader:
    case FactKind::kHighWatermark:
      if (sought.wanted->kind != ExpectKind::kHighWatermark || fact.c < sought.epoch) return false;
      sought.epoch = fact.c;
      return true;
    default: return false;
  }
}

// What only the final logs tell is dated by when records were appended and consumers moved.
void Replay::remember(const Moment& moment, const Fact& fact) {
  if (!needs_logs_) return;
  if (fact.kind == FactKind::kAppended) {
    const LeaderEpoch epoch(static_cast<std::int32_t>(fact.c));
    appends_[{fact.partition, epoch, Offset(fact.a)}] = moment;
  } else if (fact.kind == FactKind::kDelivered || fact.kind == FactKind::kPositionReset) {
    const Offset to(fact.kind == FactKind::kDelivered ? fact.b : fact.a);
    std::vector<Move>& moves = moves_[{fact.node, fact.partition}];
    // A consumer that started again may stand behind where it stood.
    Offset from = moves.empty() ? kNoOffset : moves.back().to;
    if (fact.kind == FactKind::kDelivered) from = std::min(from, Offset(fact.a));
    moves.push_back({from, to, moment});
  }
}

Moment Replay::appended(PartitionId partition, LeaderEpoch epoch, Offset offset) const {
  auto after = appends_.upper_bound({partition, epoch, offset});
  SIM_CHECK(after != appends_.begin());
  return std::prev(after)->second;
}

// Further copies, or records that stand behind a later one, in the final logs.
std::vector<Replay::Change> Replay::copies(ExpectKind kind) const {
  std::vector<Change> changes;
  for (std::uint32_t p = 0; p < scenario_.setup.composition.partition_count(); ++p) {
    copies_of(PartitionId(p), kind, changes);
  }
  return changes;
}

void Replay::copies_of(PartitionId partition, ExpectKind kind, std::vector<Change>& changes) const {
  const World& world = runner_.world();
  const PartitionLog* const log = leader_log(world, partition);
  if (log == nullptr) return;
  std::set<std::pair<NodeId, BatchNumber>> seen;
  std::map<NodeId, std::int64_t> newest;
  for (const Ledger::EpochBatches& epoch : world.ledger().epochs(partition)) {
    for (const LedgerBatch& batch : epoch.batches) {
      if (!log->holds(epoch.epoch, batch.base)) continue;
      const std::uint16_t producer = world.composition().node(batch.client).index;
      const std::int64_t first = runner_.account().find(producer, batch.number)->first_record;
      const bool again = !seen.insert({batch.client, batch.number}).second;
      const auto [last, is_first] = newest.try_emplace(batch.client, first);
      const bool late = !again && !is_first && first < last->second;
      if (!again) last->second = std::max(last->second, first);
      if (!(kind == ExpectKind::kDuplicated ? again : late)) continue;
      changes.push_back({appended(partition, epoch.epoch, batch.base), batch.count});
    }
  }
}

// A record is skipped when it is there, and its reader stands behind it for good.
std::vector<Replay::Change> Replay::skips() const {
  std::vector<Change> changes;
  for (const Skipped& skipped : runner_.account().skipped(runner_.world())) {
    const NodeId node = scenario_.setup.composition.consumers[skipped.consumer].node;
    Moment moment = appended(skipped.partition, skipped.epoch, skipped.from);
    const auto moves = moves_.find({node, skipped.partition});
    SIM_CHECK(moves != moves_.end());
    for (const Move& move : moves->second) {
      const bool passes = move.from <= skipped.from && skipped.from < move.to;
      if (passes && move.moment.event > moment.event) moment = move.moment;
    }
    changes.push_back({moment, skipped.to - skipped.from});
  }
  return changes;
}

void Replay::settle(Sought& sought, std::vector<Change> changes) {
  std::stable_sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) {
    return a.moment.event < b.moment.event;
  });
  for (const Change& change : changes) {
    sought.count += change.records;
    if (sought.count <= *sought.wanted->bound.max) continue;
    sought.judged->parted = change.moment;
    return;
  }
}

}  // namespace ackident
