#include "oracle/account.h"

#include <algorithm>

namespace ackident {
namespace {

std::uint16_t producer_index(const Composition& composition, NodeId node) {
  return composition.node(node).index;
}

constexpr std::uint64_t kCopiesMax = 255;
constexpr std::uint64_t kToldAfterMask = (std::uint64_t{1} << 52) - 1;

}  // namespace

const PartitionLog* leader_log(const World& world, PartitionId partition) {
  const PartitionRegistration& truth = world.partition(partition);
  if (truth.leader == kNoNode) return nullptr;
  if (world.up(truth.leader)) return log_of(world.broker(truth.leader), partition);
  // Dead, and not fenced yet: the election will choose the first live member of the ISR (R5.31).
  for (const NodeId node : truth.replicas) {
    if (truth.isr.contains(node) && world.up(node)) return log_of(world.broker(node), partition);
  }
  return nullptr;
}

void Account::reset(const Composition& composition) {
  batches_.resize(composition.producers.size());
  for (std::vector<BatchGhost>& batches : batches_) batches.clear();
  delivered_.resize(composition.consumers.size());
  for (std::size_t i = 0; i < delivered_.size(); ++i) {
    delivered_[i].clear();
    const ConsumerInfo& consumer = composition.consumers[i];
    for (std::uint32_t p = 0; p < consumer.assigned_count; ++p) {
      delivered_[i].emplace_back(composition.assigned[consumer.assigned_first + p], Delivered{});
    }
  }
  twice_ = 0;
}

BatchGhost& Account::ghost(std::uint32_t producer, BatchNumber number) {
  std::vector<BatchGhost>& batches = batches_[producer];
  if (number.value() >= batches.size()) batches.resize(number.value() + 1);
  return batches[number.value()];
}

const BatchGhost* Account::find(std::uint32_t producer, BatchNumber number) const {
  const std::vector<BatchGhost>& batches = batches_[producer];
  return number.value() < batches.size() ? &batches[number.value()] : nullptr;
}

void Account::on_fact(Instant at, const Fact& fact, const Composition& composition) {
  switch (fact.kind) {
    case FactKind::kBatchCreated:
      ghost(producer_index(composition, fact.node), BatchNumber(static_cast<std::uint32_t>(fact.a)))
          .sent = Instant(fact.b);
      break;
    case FactKind::kRecordsSent: {
      BatchGhost& batch = ghost(producer_index(composition, fact.node),
                                BatchNumber(static_cast<std::uint32_t>(fact.a)));
      batch.partition = fact.partition;
      batch.first_record = fact.b;
      batch.count = static_cast<std::uint32_t>(fact.c);
      batch.sent = std::min(batch.sent, at);  // refused by send() itself: in no batch before
      break;
    }
    case FactKind::kAcked:
    case FactKind::kFailed: {
      BatchGhost& batch = ghost(producer_index(composition, fact.node),
                                BatchNumber(static_cast<std::uint32_t>(fact.a)));
      const Told told = fact.kind == FactKind::kAcked ? Told::kAcked : Told::kFailed;
      const std::int64_t after = (at - batch.sent).ns();
      SIM_CHECK(after >= 0 && after < std::int64_t{1} << 52);
      batch.told_as = static_cast<std::uint64_t>(told) & 3;
      batch.told_after_ns = static_cast<std::uint64_t>(after) & kToldAfterMask;
      batch.partition = fact.partition;
      batch.count = static_cast<std::uint32_t>(fact.c);
      break;
    }
    case FactKind::kDelivered:
    case FactKind::kPositionReset: on_delivered(fact, composition); break;
    default: break;
  }
}

Account::Delivered& Account::delivered(std::uint32_t consumer, PartitionId partition) {
  for (auto& [assigned, state] : delivered_[consumer]) {
    if (assigned == partition) return state;
  }
  delivered_[consumer].emplace_back(partition, Delivered{});
  return delivered_[consumer].back().second;
}

void Account::on_delivered(const Fact& fact, const Composition& composition) {
  Delivered& state = delivered(composition.node(fact.node).index, fact.partition);
  const Offset from(fact.a);
  if (fact.kind == FactKind::kPositionReset) {
    if (state.first == kNoOffset) state.first = from;
    state.position = from;
    return;
  }
  const Offset to(fact.b);
  if (state.first == kNoOffset) state.first = from;
  state.position = to;
  state.records += static_cast<std::uint64_t>(to - from);
  const LeaderEpoch epoch(static_cast<std::int32_t>(fact.c));
  std::vector<Range>& ranges = state.ranges;
  const bool same_epoch = !ranges.empty() && ranges.back().epoch == epoch;
  if (same_epoch && ranges.back().to == from) {  // the usual case: it goes on where it was
    ranges.back().to = to;
    return;
  }
  if (ranges.empty() || ranges.back().epoch < epoch || (same_epoch && ranges.back().to < from)) {
    ranges.push_back({epoch, from, to});
    return;
  }
  // Something comes again, or fills a hole: merge.
  Range merged{epoch, from, to};
  std::vector<Range> kept;
  for (const Range& range : ranges) {
    if (range.epoch != epoch) {
      kept.push_back(range);
      continue;
    }
    const std::int64_t overlap = std::min(range.to, to) - std::max(range.from, from);
    if (overlap > 0) {
      state.twice += static_cast<std::uint64_t>(overlap);
      twice_ += static_cast<std::uint64_t>(overlap);
    }
    if (range.to < merged.from || range.from > merged.to) {
      kept.push_back(range);
    } else {
      merged = {epoch, std::min(range.from, merged.from), std::max(range.to, merged.to)};
    }
  }
  kept.push_back(merged);
  std::sort(kept.begin(), kept.end(), [](const Range& a, const Range& b) {
    return a.epoch != b.epoch ? a.epoch < b.epoch : a.from < b.from;
  });
  ranges = std::move(kept);
}

void Account::settle_accounts(const World& world, const Shadows& shadows, RunResult& result) {
  count_copies(world);
  mark_under_way(world);
  tell_fates(world, result);
  list_lost(world, shadows, result);
  account_consumers(world, result);
}

// Finds every copy of every batch: one pass over what was ever appended, asking each log by name.
void Account::count_copies(const World& world) {
  const Composition& composition = world.composition();
  for (std::vector<BatchGhost>& batches : batches_) {
    for (BatchGhost& batch : batches) {
      batch.copies = batch.is_elsewhere = batch.is_under_way = 0;
    }
  }
  reordered_.assign(batches_.size(), 0);
  for (std::uint32_t p = 0; p < composition.partition_count(); ++p) {
    const PartitionId partition(p);
    const PartitionLog* leads = leader_log(world, partition);
    if (leads != nullptr) count_leader_log(world, partition, *leads);
    for (const Ledger::EpochBatches& epoch : world.ledger().epochs(partition)) {
      for (const LedgerBatch& batch : epoch.batches) {
        bool elsewhere = false;
        for (const NodeId node : world.partition(partition).replicas) {
          const PartitionLog* log = log_of(world.broker(node), partition);
          elsewhere =
              elsewhere || (log != nullptr && log != leads && log->holds(epoch.epoch, batch.base));
        }
        if (!elsewhere) continue;
        ghost(producer_index(composition, batch.client), batch.number).is_elsewhere = 1;
      }
    }
  }
}

// A run that does not settle, or is cut short, may end between the acknowledgement of an acks=0
// batch by its producer's own socket and its arrival (C1.21).
void Account::mark_under_way(const World& world) {
  world.for_each_batch_under_way(
      [&](NodeId client, const ProduceRequest& request, const ProducePart& part) {
        if (request.acks != Acks::kNone) return;
        ghost(producer_index(world.composition(), client), part.number).is_under_way = 1;
      });
}

// Copies and order in the log that leads. A first copy that stands behind a later record of its
// producer is reordered (C1.33).
void Account::count_leader_log(const World& world, PartitionId partition, const PartitionLog& log) {
  newest_.assign(batches_.size(), -1);
  for (const Ledger::EpochBatches& epoch : world.ledger().epochs(partition)) {
    for (const LedgerBatch& batch : epoch.batches) {
      if (!log.holds(epoch.epoch, batch.base)) continue;
      const std::uint16_t producer = producer_index(world.composition(), batch.client);
      BatchGhost& sent = ghost(producer, batch.number);
      if (sent.copies == 0) {
        if (sent.first_record < newest_[producer]) reordered_[producer] += sent.count;
        newest_[producer] = std::max(newest_[producer], sent.first_record);
      }
      if (sent.copies < kCopiesMax) ++sent.copies;
    }
  }
}

void Account::tell_fates(const World& world, RunResult& result) {
  result.producers.resize(batches_.size());
  result.partitions.resize(world.composition().partition_count());
  for (PartitionResult& partition : result.partitions) partition.lost = partition.stranded = 0;
  result.totals = Totals{};
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    Totals& totals = result.producers[i].totals;
    totals = Totals{};
    totals.reordered = reordered_[i];
    for (const BatchGhost& batch : batches_[i]) {
      totals.sent += batch.count;
      if (batch.copies > 1) totals.duplicated += std::uint64_t{batch.count} * (batch.copies - 1u);
      switch (batch.told()) {
        case Told::kNothing: totals.unknown += batch.count; break;
        case Told::kFailed:
          totals.failed += batch.count;
          if (batch.copies > 0) totals.failed_but_present += batch.count;
          break;
        case Told::kAcked: {
          totals.acked += batch.count;
          if (batch.copies > 0) break;
          if (batch.is_under_way != 0) {
            totals.under_way += batch.count;
            break;
          }
          const bool offline = leader_log(world, batch.partition) == nullptr;
          const bool stranded = offline && batch.is_elsewhere != 0;
          (stranded ? totals.stranded : totals.lost) += batch.count;
          PartitionResult& partition = result.partitions[batch.partition.value()];
          (stranded ? partition.stranded : partition.lost) += batch.count;
          break;
        }
      }
    }
    result.totals.sent += totals.sent;
    result.totals.acked += totals.acked;
    result.totals.lost += totals.lost;
    result.totals.stranded += totals.stranded;
    result.totals.under_way += totals.under_way;
    result.totals.failed += totals.failed;
    result.totals.failed_but_present += totals.failed_but_present;
    result.totals.unknown += totals.unknown;
    result.totals.duplicated += totals.duplicated;
    result.totals.reordered += totals.reordered;
  }
}

namespace {

// Where a batch was appended first, in the order of epochs.
struct FirstAppend {
  LeaderEpoch epoch = kNoLeaderEpoch;
  const LedgerBatch* batch = nullptr;
};

// The removal that took the last copy of (epoch, offset): the latest one that covers it.
const Removal* last_removal(const ShadowPartition& partition, LeaderEpoch epoch, Offset offset) {
  const Removal* last = nullptr;
  for (const Removal& removal : partition.removals) {
    if (removal.epoch != epoch || offset < removal.from || offset >= removal.to) continue;
    if (last == nullptr || removal.event >= last->event) last = &removal;
  }
  return last;
}

// A replica that has (epoch, offset) in its log, up or down.
NodeId holder(const World& world, const LostRecord& record) {
  for (const NodeId node : world.partition(record.partition).replicas) {
    const PartitionLog* log = log_of(world.broker(node), record.partition);
    if (log != nullptr && log->holds(record.epoch, record.offset)) return node;
  }
  return kNoNode;
}

// How the last copy of an appended record went.
void tell_end(const World& world, const ShadowPartition& partition, LostRecord& record) {
  record.how = CopyEnd::kNotElected;
  record.last_holder = holder(world, record);
  if (record.last_holder != kNoNode) return;
  const Removal* removal = last_removal(partition, record.epoch, record.offset);
  if (removal == nullptr) return;
  record.how = removal->how;
  record.last_holder = removal->node;
  record.gone = removal->at;
  record.event = removal->event;
}

}  // namespace

void Account::list_lost(const World& world, const Shadows& shadows, RunResult& result) {
  result.lost.clear();
  for (std::size_t p = 0; p < batches_.size(); ++p) {
    std::vector<FirstAppend> first(batches_[p].size());
    if (result.producers[p].totals.lost == 0) continue;
    const NodeId node = world.composition().producers[p].node;
    for (std::uint32_t i = 0; i < world.ledger().partition_count(); ++i) {
      for (const Ledger::EpochBatches& epoch : world.ledger().epochs(PartitionId(i))) {
        for (const LedgerBatch& batch : epoch.batches) {
          if (batch.client != node) continue;
          FirstAppend& entry = first[batch.number.value()];
          if (entry.batch == nullptr) entry = {epoch.epoch, &batch};
        }
      }
    }
    for (std::size_t b = 0; b < batches_[p].size(); ++b) {
      const BatchGhost& batch = batches_[p][b];
      if (batch.told() != Told::kAcked || batch.copies > 0 || batch.is_under_way != 0) continue;
      if (leader_log(world, batch.partition) == nullptr && batch.is_elsewhere != 0) continue;
      for (std::uint32_t r = 0; r < batch.count && result.lost.size() < kLostListedMax; ++r) {
        LostRecord lost;
        lost.producer = node;
        lost.record = static_cast<std::uint64_t>(batch.first_record) + r;
        lost.partition = batch.partition;
        lost.sent = batch.sent;
        lost.acked = batch.told_at();
        lost.how = CopyEnd::kNeverAppended;
        if (first[b].batch != nullptr) {
          lost.epoch = first[b].epoch;
          lost.offset = first[b].batch->base + r;
          tell_end(world, shadows.at(batch.partition), lost);
        }
        result.lost.push_back(lost);
      }
    }
  }
  std::stable_sort(result.lost.begin(), result.lost.end(),
                   [](const LostRecord& a, const LostRecord& b) {
                     if (a.partition != b.partition) return a.partition < b.partition;
                     return a.offset < b.offset;
                   });
}

// Ranges of one epoch stand in ascending order: what lies between them was not handed over.
void Account::skip(const Delivered& state, const PartitionLog& log, Skipped skipped,
                   std::vector<Skipped>& out) {
  if (state.first == kNoOffset) return;
  const Offset end = std::min(state.position, log.end());
  for (Offset at = std::max(state.first, log.start()); at < end;) {
    const Offset run_end = std::min(log.run_end(at), end);
    skipped.epoch = log.epoch_at(at);
    for (const Range& range : state.ranges) {
      if (range.epoch != skipped.epoch || range.to <= at) continue;
      skipped.from = at;
      skipped.to = std::min(range.from, run_end);
      if (skipped.from < skipped.to) out.push_back(skipped);
      at = std::min(range.to, run_end);
    }
    skipped.from = at;
    skipped.to = run_end;
    if (skipped.from < skipped.to) out.push_back(skipped);
    at = run_end;
  }
}

std::vector<Skipped> Account::skipped(const World& world) const {
  std::vector<Skipped> out;
  for (std::uint32_t i = 0; i < delivered_.size(); ++i) {
    for (const auto& [partition, state] : delivered_[i]) {
      const PartitionLog* const log = leader_log(world, partition);
      if (log != nullptr) skip(state, *log, {i, partition, {}, {}, {}}, out);
    }
  }
  return out;
}

void Account::account_consumers(const World& world, RunResult& result) {
  const Composition& composition = world.composition();
  for (std::size_t i = 0; i < delivered_.size(); ++i) {
    const std::size_t group = composition.consumers[i].group;
    if (group >= result.groups.size()) result.groups.resize(group + 1);
  }
  for (GroupResult& group : result.groups) {
    group.delivered = group.delivered_twice = group.skipped = 0;
  }
  for (std::size_t i = 0; i < delivered_.size(); ++i) {
    GroupResult& group = result.groups[composition.consumers[i].group];
    for (const auto& [partition, state] : delivered_[i]) {
      group.delivered += state.records;
      group.delivered_twice += state.twice;
    }
  }
  for (const Skipped& skipped : skipped(world)) {
    result.groups[composition.consumers[skipped.consumer].group].skipped +=
        static_cast<std::uint64_t>(skipped.to - skipped.from);
  }
}

}  // namespace ackident
