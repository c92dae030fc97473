#include "report/summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "drive/words.h"
#include "report/lost_ranges.h"

namespace ackident {

namespace {

enum class Colour : std::uint8_t { kPlain, kGood, kBad, kDoubtful, kFaint };

constexpr std::size_t kLabel = 13;
constexpr std::size_t kLostShownMax = 3;

Colour colour_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass: return Colour::kGood;
    case Verdict::kFail: return Colour::kBad;
    case Verdict::kUnknown:
    case Verdict::kVacuous: break;
  }
  return Colour::kDoubtful;
}

std::string_view escape_of(Colour colour) {
  switch (colour) {
    case Colour::kPlain: return "";
    case Colour::kGood: return "\x1b[1;32m";
    case Colour::kBad: return "\x1b[1;31m";
    case Colour::kDoubtful: return "\x1b[1;33m";
    case Colour::kFaint: return "\x1b[2m";
  }
  return "";
}

class Summary {
 public:
  Summary(const Scenario& scenario, const RunResult& result, bool colour, std::size_t columns)
      : scenario_(scenario), result_(result), colour_(colour), columns_(columns) {}

  std::string write() {
    verdict();
    totals();
    unavailability();
    latency();
    lag();
    expectations();
    lost();
    violations();
    why_vacuous();
    identity();
    return std::move(text_);
  }

 private:
  void verdict();
  void totals();
  void unavailability();
  void latency();
  void lag();
  void expectations();
  void lost();
  void violations();
  void why_vacuous();
  void identity();

  void row(std::string_view label, const std::string& text, Colour colour = Colour::kPlain) {
    const bool paint = colour_ && colour != Colour::kPlain;
    const std::size_t room = columns_ > kLabel ? columns_ - kLabel : text.size();
    for (const std::string_view line : wrapped(text, room)) {
      text_ += fmt::format("{}{:<{}}{}{}\n", paint ? escape_of(colour) : "", label, kLabel,
                           paint ? "\x1b[0m" : "", line);
      label = {};
    }
  }
  // The first rows of a list under one label; the last one may say how many are not shown.
  void rows(std::string_view label, const std::vector<std::string>& texts, std::size_t shown_max,
            Colour colour = Colour::kPlain, std::uint64_t more = 0) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::string_view shown_label = i == 0 ? label : std::string_view();
      const std::uint64_t left = texts.size() - i + more;
      if (i + 1 == shown_max && left > 1) {
        return row(shown_label, fmt::format("and {} more", left), colour);
      }
      row(shown_label, texts[i], colour);
    }
    if (more > 0 && texts.size() < shown_max) row("", fmt::format("and {} more", more), colour);
  }

  const Scenario& scenario_;
  const RunResult& result_;
  bool colour_;
  std::size_t columns_;
  std::string text_;
};

void Summary::verdict() {
  row(verdict_name(result_.verdict), fmt::format("{}: {}", scenario_.name, scenario_.title),
      colour_of(result_.verdict));
}

void Summary::totals() {
  const Totals& t = result_.totals;
  std::string text = fmt::format("sent {}, acked {}, LOST {}, stranded {}, failed {}", t.sent,
                                 t.acked, t.lost, t.stranded, t.failed);
  if (t.failed_but_present > 0) {
    text += fmt::format(" (in the log nevertheless: {})", t.failed_but_present);
  }
  if (t.under_way > 0) text += fmt::format(", under way {}", t.under_way);
  if (t.unknown > 0) text += fmt::format(", unknown {}", t.unknown);
  text += fmt::format(", duplicated {}", t.duplicated);
  if (t.reordered > 0) text += fmt::format(", reordered {}", t.reordered);
  row("records", text, t.lost > 0 ? Colour::kBad : Colour::kPlain);
}

// What producers of the partition's topic felt. They may feel more than its leader's absence: an
// isolated one that is there for nobody, requests that nobody answers, a partition next to it.
Duration longest_wait(const Scenario& scenario, const RunResult& result, PartitionId partition) {
  const Composition& composition = scenario.setup.composition;
  Duration longest;
  for (std::size_t i = 0; i < result.producers.size(); ++i) {
    const Workload& workload = composition.producers[i].workload;
    const bool writes = workload.partition == kNoPartition
                            ? workload.topic == composition.topic_of[partition.value()]
                            : workload.partition == partition;
    if (writes) longest = std::max(longest, result.producers[i].latency.max);
  }
  return longest;
}

// Worst first.
void Summary::unavailability() {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < result_.partitions.size(); ++i) {
    const PartitionResult& partition = result_.partitions[i];
    if (partition.no_writes_total > Duration() || partition.no_reads_total > Duration()) {
      order.push_back(i);
    }
  }
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const PartitionResult& first = result_.partitions[a];
    const PartitionResult& second = result_.partitions[b];
    return first.no_writes_total != second.no_writes_total
               ? first.no_writes_total > second.no_writes_total
               : first.no_reads_total > second.no_reads_total;
  });
  std::vector<std::string> texts;
  for (const std::uint32_t i : order) {
    const PartitionResult& partition = result_.partitions[i];
    std::string text =
        fmt::format("{}: no writes for {}", partition_text(scenario_, PartitionId(i)),
                    duration_rounded(partition.no_writes_total));
    if (!partition.no_writes.empty()) {
      text += fmt::format(" (first at {}, {} in all)",
                          duration_rounded(partition.no_writes[0].from - Instant()),
                          partition.no_writes.size());
    }
    text += fmt::format(", no reads for {}", duration_rounded(partition.no_reads_total));
    const Duration felt = longest_wait(scenario_, result_, PartitionId(i));
    if (felt >= partition.no_writes_total + seconds(1)) {
      text += fmt::format("; yet a record waited {} for its answer", duration_rounded(felt));
    }
    texts.push_back(text);
  }
  rows("unavailable", texts, 4);
}

// The slowest producers first.
void Summary::latency() {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < result_.producers.size(); ++i) {
    if (result_.producers[i].latency.count > 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return result_.producers[a].latency.max > result_.producers[b].latency.max;
  });
  std::vector<std::string> texts;
  for (const std::uint32_t i : order) {
    const Quantiles& latency = result_.producers[i].latency;
    const NodeId node = scenario_.setup.composition.producers[i].node;
    std::string text = fmt::format(
        "{}: p50 {}, p99 {}, p99.9 {}, max {}", node_text(scenario_, node),
        duration_rounded(latency.p50), duration_rounded(latency.p99),
        duration_rounded(latency.p999), duration_rounded(latency.max));
    const Duration blocked = result_.producers[i].send_blocked_total;
    if (blocked >= seconds(1)) {
      text += fmt::format("; in send() that found no memory, and so not sending, for {}",
                          duration_rounded(blocked));
    }
    texts.push_back(text);
  }
  rows("latency", texts, 3);
}

void Summary::lag() {
  std::vector<std::string> texts;
  for (std::size_t g = 0; g < result_.groups.size(); ++g) {
    const GroupResult& group = result_.groups[g];
    const auto& names = scenario_.setup.names.groups;
    std::string text = fmt::format("{}: peak {} records not committed at {}, {} behind at most",
                                   g < names.size() ? names[g] : fmt::format("group {}", g),
                                   group.lag_peak, duration_rounded(group.lag_peak_at - Instant()),
                                   duration_rounded(group.time_lag_peak));
    if (group.recovery == kForever) {
      text += "; not back where it was before";
    } else if (group.recovered_at < kNever) {
      text += fmt::format("; the reader had caught up at {}, {} after the last fault",
                          duration_rounded(group.recovered_at - Instant()),
                          duration_rounded(group.recovery));
    }
    texts.push_back(text);
  }
  rows("lag", texts, 4);
}

void Summary::expectations() {
  std::vector<std::string> failed;
  std::vector<std::string> open;
  for (std::size_t i = 0; i < result_.expectations.size(); ++i) {
    const ExpectationResult& seen = result_.expectations[i];
    if (seen.verdict == Verdict::kPass) continue;
    const Expectation& wanted = scenario_.expect[i];
    const std::string place =
        wanted.line == 0 ? scenario_.file : fmt::format("{}:{}", scenario_.file, wanted.line);
    const std::string text = fmt::format("{}: {}: expected {}, seen {}{}", place, wanted.name,
                                         seen.expected, seen.seen, since_text(seen.parted));
    if (seen.verdict == Verdict::kFail) {
      failed.push_back(text);
    } else {
      open.push_back(fmt::format("{} {}", verdict_name(seen.verdict), text));
    }
  }
  rows("failed", failed, 5, Colour::kBad);
  rows("undecided", open, 3, Colour::kDoubtful);
  const std::size_t held = result_.expectations.size() - failed.size() - open.size();
  if (held > 0) {
    row("held",
        fmt::format("{} of {}", held, counted(result_.expectations.size(), "expectation")));
  }
}

void Summary::lost() {
  std::vector<std::string> texts;
  std::uint64_t told = 0;
  for (const LostRange& range : lost_ranges(result_.lost)) {
    const LostRecord& first = range.first;
    const std::string acked = duration_rounded(first.acked - Instant());
    const std::string last = duration_rounded(range.last.acked - Instant());
    const char mark = first.offset == kNoOffset ? ' ' : '@';
    std::string text =
        fmt::format("{}{}{}{}: {}, acked {}", partition_text(scenario_, first.partition), mark,
                    lost_range_records(range), lost_range_whose(scenario_, range),
                    lost_range_end(scenario_, range), acked);
    if (last != acked) text += " to " + last;
    texts.push_back(text);
    told += range.count;
    if (texts.size() == kLostShownMax) break;
  }
  rows("lost", texts, texts.size() + 1, Colour::kBad);
  if (told < result_.totals.lost) {
    row("", fmt::format("and {} more records", result_.totals.lost - told), Colour::kBad);
  }
}

void Summary::violations() {
  std::vector<std::string> broken;
  std::uint64_t permitted = 0;
  for (const InvariantViolation& violation : result_.violations) {
    if (violation.permitted) {
      ++permitted;
      continue;
    }
    broken.push_back(fmt::format("{} at {} (e{}): {}", violation.invariant,
                                 duration_rounded(violation.at - Instant()),
                                 violation.event.value(), violation.text));
  }
  rows("violated", broken, 3, Colour::kBad);
  if (permitted > 0) {
    row("permitted", fmt::format("{}{} of an invariant, permitted by the settings",
                                 permitted < kViolationsMax ? "" : "at least ",
                                 counted(permitted, "violation")));
  }
}

void Summary::why_vacuous() {
  if (result_.bounds_hit) {
    row("cut short", result_.cut_short + ": totals may change", Colour::kDoubtful);
  }
  std::string idle;
  for (std::size_t i = 0; i < result_.faults.size(); ++i) {
    if (result_.faults[i].bit) continue;
    const Fault& fault = scenario_.setup.faults[i];
    idle += fmt::format("{}{}:{}: {} {}", idle.empty() ? "" : ", ", scenario_.file, fault.line,
                        fault_action_name(fault.action), why_idle(result_.faults[i]));
  }
  if (!idle.empty()) row("vacuous", idle, Colour::kDoubtful);
}

void Summary::identity() {
  row("digest",
      fmt::format("{:016x}  (Kafka {}, seed {}, {} events, {} simulated)", result_.digest,
                  version_name(scenario_.version), result_.seed, result_.events,
                  duration_rounded(result_.end - Instant())),
      Colour::kFaint);
}

}  // namespace

std::vector<std::string_view> wrapped(std::string_view text, std::size_t columns) {
  std::vector<std::string_view> lines;
  if (columns == kUnbroken) columns = text.size();
  std::size_t width = 0;
  std::size_t start = 0;
  std::size_t space = 0;  // the latest one
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) continue;
    if (text[i] == ' ') space = i;
    if (++width <= columns) continue;
    const std::size_t end = space > start ? space : i;  // a word longer than a line is broken
    lines.push_back(text.substr(start, end - start));
    start = space > start ? space + 1 : i;
    i = start - 1;
    width = 0;
  }
  lines.push_back(text.substr(start));
  return lines;
}

std::string report_summary(const Scenario& scenario, const RunResult& result, bool colour,
                           std::size_t columns) {
  return Summary(scenario, result, colour, columns).write();
}

}  // namespace ackident
