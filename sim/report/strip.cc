#include "report/strip.h"

#include <fmt/format.h>

#include <algorithm>

#include "drive/words.h"
#include "report/lost_ranges.h"

namespace ackident {

namespace {

constexpr std::string_view kLine =
    "{:>11}  {:<8} {} {} {:<12} {:>5}  {:<14} {:>6}  {:<12} {:<44} {}";

std::string time_text(Instant at) {
  const std::int64_t us = at.ns() / 1'000;
  return fmt::format("{}.{:06}", us / 1'000'000, us % 1'000'000);
}

// "0..42(43)": the offsets held, and the end.
std::string log_text(Offset end) {
  if (end <= Offset(0)) return "(0)";
  return fmt::format("0..{}({})", end.value() - 1, end.value());
}

// What a fault does to a process: its step is the fault's own.
bool is_done_to(FactKind kind) {
  switch (kind) {
    case FactKind::kKilled:
    case FactKind::kFrozen:
    case FactKind::kResumed:
    case FactKind::kShutdownBegan:
    case FactKind::kTailLost:
    case FactKind::kLogWiped: return true;
    default: return false;
  }
}

}  // namespace

StripChart::StripChart(const Scenario& scenario, Output output, void* context)
    : scenario_(scenario), output_(output), context_(context) {
  const Composition& composition = scenario.setup.composition;
  replicas_.resize(std::size_t{composition.partition_count()} * kReplicasMax);
  isrs_ = composition.assignment;
  leaders_.assign(composition.partition_count(), kNoNode);
  for (std::uint32_t i = 0; i < isrs_.size(); ++i) {
    if (!isrs_[i].empty()) leaders_[i] = isrs_[i][0];
  }
  down_.assign(composition.nodes.size(), 0);
  output_(context_, fmt::format(kLine, "time", "node", "e", "r", "partition", "epoch", "log(leo)",
                                "hw", "isr", "what", "cause"));
}

StripChart::Replica* StripChart::replica(NodeId node, PartitionId partition) {
  if (partition == kNoPartition) return nullptr;
  const ReplicaList& replicas = scenario_.setup.composition.assignment[partition.value()];
  for (std::uint32_t i = 0; i < replicas.size(); ++i) {
    if (replicas[i] == node) return &replicas_[partition.value() * kReplicasMax + i];
  }
  return nullptr;
}

void StripChart::learn_process(const Fact& fact) {
  const bool ends = fact.kind == FactKind::kKilled;
  down_[fact.node.value()] = ends ? 1 : 0;
  for (std::uint32_t p = 0; p < isrs_.size(); ++p) {
    Replica* const mine = replica(fact.node, PartitionId(p));
    if (mine != nullptr) mine->role = ends ? '#' : '-';
  }
}

void StripChart::learn_truth(const Fact& fact) {
  ReplicaList& isr = isrs_[fact.partition.value()];
  if (fact.kind != FactKind::kIsrChanged) {
    leaders_[fact.partition.value()] = fact.peer;
    if (fact.kind == FactKind::kLeaderElected && fact.b == 1) isr = ReplicaList{fact.peer};
  } else if (fact.a < fact.b) {
    isr.remove(fact.peer);
  } else if (fact.peer != kNoNode && !isr.contains(fact.peer)) {
    isr.push_back(fact.peer);
  }
}

void StripChart::learn(const Fact& fact) {
  Replica* const mine = replica(fact.node, fact.partition);
  switch (fact.kind) {
    case FactKind::kStarted:
    case FactKind::kKilled: return learn_process(fact);
    case FactKind::kPartitionChanged:
    case FactKind::kLeaderElected:
    case FactKind::kIsrChanged: return learn_truth(fact);
    default: break;
  }
  if (mine == nullptr) return;
  switch (fact.kind) {
    case FactKind::kAppended:
    case FactKind::kReplicated: mine->end = Offset(fact.b); break;
    case FactKind::kTruncated:
    case FactKind::kTailLost: mine->end = Offset(fact.a); break;
    case FactKind::kLogWiped: mine->end = mine->high_watermark = Offset(0); break;
    case FactKind::kHighWatermark:
    case FactKind::kFollowerHighWatermark: mine->high_watermark = Offset(fact.b); break;
    case FactKind::kHighWatermarkLoaded:
      mine->high_watermark = Offset(fact.a);
      mine->end = Offset(fact.b);
      break;
    case FactKind::kBecameLeader:
    case FactKind::kBecameFollower:
    case FactKind::kWentOffline:
      mine->role = 'o';
      if (fact.kind == FactKind::kBecameLeader) mine->role = 'L';
      if (fact.kind == FactKind::kBecameFollower) mine->role = 'f';
      mine->end = Offset(fact.a);
      mine->high_watermark = Offset(fact.b);
      mine->epoch = LeaderEpoch(static_cast<std::int32_t>(fact.c));
      break;
    default: break;
  }
}

StripChart::Stretch& StripChart::stretch(FactKind kind, NodeId node, PartitionId partition,
                                         std::int64_t from) {
  for (Stretch& known : stretches_) {
    if (known.kind == kind && known.node == node && known.partition == partition) return known;
  }
  Stretch fresh;
  fresh.kind = kind;
  fresh.node = node;
  fresh.partition = partition;
  fresh.from = from;
  stretches_.push_back(fresh);
  return stretches_.back();
}

// Records of a producer are m0, m1, ... in order of send().
void StripChart::gather_acked(Instant at, EventId cause, const Fact& fact) {
  const auto batch = std::find_if(sent_.begin(), sent_.end(), [&](const SentBatch& known) {
    return known.producer == fact.node && known.number == fact.a;
  });
  if (batch == sent_.end()) return;
  const std::int64_t first = batch->first_record;
  const std::int64_t last = first + fact.c - 1;
  sent_.erase(batch);
  if (fact.kind == FactKind::kFailed) return;
  Stretch& acked = stretch(FactKind::kAcked, fact.node, fact.partition, first);
  acked.at = at;
  acked.cause = cause;
  acked.from = std::min(acked.from, first);
  acked.to = std::max(acked.to, last);
  acked.records += fact.c;
}

// True if the fact is an everyday one.
bool StripChart::gather(Instant at, EventId cause, const Fact& fact) {
  switch (fact.kind) {
    case FactKind::kRecordsSent: {
      SentBatch batch;
      batch.producer = fact.node;
      batch.number = fact.a;
      batch.first_record = fact.b;
      batch.records = fact.c;
      sent_.push_back(batch);
      return true;
    }
    case FactKind::kAcked: gather_acked(at, cause, fact); return true;
    case FactKind::kFailed: gather_acked(at, cause, fact); return false;
    case FactKind::kHighWatermark:
    case FactKind::kDelivered: {
      Stretch& rising = stretch(fact.kind, fact.node, fact.partition, fact.a);
      rising.at = at;
      rising.cause = cause;
      rising.to = fact.b;
      return true;
    }
    default: return false;
  }
}

std::string StripChart::text_of(const Line& line) const {
  std::string epoch = "-";
  std::string log = "-";
  std::string high_watermark = "-";
  if (line.replica != nullptr) {
    epoch = fmt::format("{}", line.replica->epoch.value());
    log = log_text(line.replica->end);
    high_watermark = fmt::format("{}", line.replica->high_watermark.value());
  }
  const std::string isr =
      line.isr == nullptr ? "-" : nodes_text(scenario_, line.isr->begin(), line.isr->end());
  const std::string node = line.node == kNoNode ? "--" : node_text(scenario_, line.node);
  const std::string partition =
      line.partition == kNoPartition ? "-" : partition_text(scenario_, line.partition);
  return fmt::format(kLine, time_text(line.at), node, line.glyph, line.role, partition, epoch, log,
                     high_watermark, isr, line.what, line.cause);
}

void StripChart::write(const Line& line) {
  release();
  output_(context_, text_of(line));
}

void StripChart::hold(const Line& line, EventId event) {
  if (held_event_ != event) release();
  held_event_ = event;
  held_.push_back(text_of(line));
}

void StripChart::release() {
  for (const std::string& text : held_) output_(context_, text);
  held_.clear();
}

// Faults that ended by themselves up to now.
void StripChart::tell_undone(Instant until) {
  for (std::size_t i = 0; i < undone_at_.size();) {
    const auto [at, fault] = undone_at_[i];
    if (at > until) {
      ++i;
      continue;
    }
    undone_at_.erase(undone_at_.begin() + static_cast<std::ptrdiff_t>(i));
    flush();
    Line line;
    line.at = at;
    line.glyph = '@';
    line.what = fault_words(scenario_, static_cast<std::size_t>(fault)) + " ends";
    line.cause = fmt::format("fault {}", fault + 1);
    write(line);
  }
}

StripChart::Line StripChart::line_of(Instant at, const Fact& fact) {
  Line line;
  line.at = at;
  line.node = fact.node;
  line.partition = fact.partition;
  line.replica = replica(fact.node, fact.partition);
  if (fact.node == kNoNode) return line;
  switch (scenario_.setup.composition.node(fact.node).kind) {
    case NodeKind::kController: line.role = 'C'; break;
    case NodeKind::kBroker: line.role = line.replica != nullptr ? line.replica->role : 'B'; break;
    case NodeKind::kProducer: line.role = 'P'; break;
    case NodeKind::kConsumer: line.role = 'G'; break;
  }
  if (down_[fact.node.value()] != 0) line.role = '#';
  // The ISR is the controller's and the leader's to tell.
  if (fact.partition != kNoPartition && (line.role == 'C' || line.role == 'L')) {
    line.isr = &isrs_[fact.partition.value()];
  }
  return line;
}

// Stretches end in the order in which they last grew.
void StripChart::flush() {
  std::stable_sort(stretches_.begin(), stretches_.end(),
                   [](const Stretch& a, const Stretch& b) { return a.at < b.at; });
  for (const Stretch& done : stretches_) {
    Fact fact;
    fact.node = done.node;
    fact.partition = done.partition;
    Line line = line_of(done.at, fact);
    line.cause = cause_text(EventId(), done.cause);
    switch (done.kind) {
      case FactKind::kAcked:
        line.glyph = 'a';
        line.what = done.from == done.to
                        ? fmt::format("acked m{}", done.from)
                        : fmt::format("acked m{}..m{} ({})", done.from, done.to, done.records);
        break;
      case FactKind::kHighWatermark:
        line.glyph = '.';
        line.what = fmt::format("hw {} -> {}", done.from, done.to);
        break;
      default:
        line.glyph = 'd';
        line.what = fmt::format("delivered {}..{}", done.from, done.to - 1);
        break;
    }
    write(line);
  }
  stretches_.clear();
}

// Errors come in floods: only the first of each code at each node is a transition.
bool StripChart::is_news(const Fact& fact) {
  std::int64_t code = fact.b;
  if (fact.kind == FactKind::kProduceRejected) {
    code = fact.a;
  } else if (fact.kind != FactKind::kFailed && fact.kind != FactKind::kRetried) {
    return true;
  }
  const std::uint64_t key = static_cast<std::uint64_t>(fact.kind) << 48 |
                            std::uint64_t{fact.node.value()} << 16 |
                            static_cast<std::uint16_t>(code);
  const auto at = std::lower_bound(told_.begin(), told_.end(), key);
  if (at != told_.end() && *at == key) return false;
  told_.insert(at, key);
  return true;
}

std::string StripChart::cause_text(EventId event, EventId cause) const {
  for (const EventId one : {event, cause}) {
    const auto fault =
        std::lower_bound(faults_.begin(), faults_.end(), one,
                         [](const auto& known, EventId wanted) { return known.first < wanted; });
    const bool known = one != EventId() && fault != faults_.end() && fault->first == one;
    if (known) return fmt::format("fault {}", fault->second + 1);
  }
  return cause == EventId() ? "scenario" : fmt::format("e{}", cause.value());
}

void StripChart::learn_fault(Instant at, EventId event, const Fact& fact) {
  if (faults_.empty() || faults_.back().first < event) faults_.emplace_back(event, fact.a);
  const auto& faults = scenario_.setup.faults;
  const auto index = static_cast<std::size_t>(fact.a);
  if (index >= faults.size() || faults[index].revert_after == Duration()) return;
  // Undone once, after its last firing.
  std::erase_if(undone_at_, [&](const auto& known) { return known.second == fact.a; });
  undone_at_.emplace_back(at + faults[index].revert_after, fact.a);
}

void StripChart::on_fact(Instant at, EventId event, EventId cause, const Fact& fact) {
  if (!undone_at_.empty()) tell_undone(at);
  if (fact.kind == FactKind::kFaultFired) learn_fault(at, event, fact);
  if (fact.kind == FactKind::kFaultsHealed) undone_at_.clear();
  const bool gathered = gather(at, cause, fact);
  StripText text = gathered ? StripText{} : strip_text(scenario_, fact);
  const bool writes = !text.what.empty() && is_news(fact);
  // What led up to a transition stands above it, with the state before it.
  if (writes) flush();
  learn(fact);
  if (!writes) return;
  Line line = line_of(at, fact);
  line.glyph = text.glyph;
  line.what = std::move(text.what);
  line.cause = cause_text(event, cause);
  if (fact.kind == FactKind::kFaultFired && held_event_ == event) {
    output_(context_, text_of(line));
    release();
  } else if (cause == EventId() || is_done_to(fact.kind)) {
    hold(line, event);
  } else {
    write(line);
  }
}

void StripChart::finish(const RunResult& result) {
  flush();
  release();
  for (const LostRange& range : lost_ranges(result.lost)) {
    Line line;
    line.at = result.end;
    line.glyph = 'x';
    line.partition = range.first.partition;
    const bool gone = range.first.gone < kNever;
    const char* const unit = range.first.offset == kNoOffset ? ""
                             : range.count == 1              ? "offset "
                                                             : "offsets ";
    line.what = fmt::format("LOST {}{}{}, {}", unit, lost_range_records(range),
                            lost_range_whose(scenario_, range),
                            gone ? "gone at " + duration_rounded(range.first.gone - Instant())
                                 : lost_range_end(scenario_, range));
    line.cause = gone ? fmt::format("e{}", range.first.event.value()) : "-";
    write(line);
  }
}

}  // namespace ackident
