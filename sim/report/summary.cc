#include "report/summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "drive/words.h"

namespace ackident {

namespace {

enum class Colour : std::uint8_t { kPlain, kGood, kBad, kDoubtful, kFaint };

constexpr std::size_t kColumns = 100;
constexpr std::size_t kLabel = 13;

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

// Cuts after `columns` characters; a character of UTF-8 counts once.
std::string clipped(std::string text, std::size_t columns) {
  std::size_t width = 0;
  std::size_t cut = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) continue;
    if (width == columns - 3) cut = i;
    if (++width > columns) {
      text.resize(cut);
      return text + "...";
    }
  }
  return text;
}

class Summary {
 public:
  Summary(const Scenario& scenario, const RunResult& result, bool colour)
      : scenario_(scenario), result_(result), colour_(colour) {}

  std::string write() {
    verdict();
    totals();
    unavailability();
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
  void lag();
  void expectations();
  void lost();
  void violations();
  void why_vacuous();
  void identity();

  void row(std::string_view label, const std::string& text, Colour colour = Colour::kPlain) {
    const bool paint = colour_ && colour != Colour::kPlain;
    text_ += fmt::format("{}{:<{}}{}{}\n", paint ? escape_of(colour) : "", label, kLabel,
                         paint ? "\x1b[0m" : "", clipped(text, kColumns - kLabel));
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
  if (t.unknown > 0) text += fmt::format(", unknown {}", t.unknown);
  text += fmt::format(", duplicated {}", t.duplicated);
  if (t.reordered > 0) text += fmt::format(", reordered {}", t.reordered);
  row("records", text, t.lost > 0 ? Colour::kBad : Colour::kPlain);
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
    texts.push_back(text);
  }
  rows("unavailable", texts, 4);
}

void Summary::lag() {
  std::vector<std::string> texts;
  for (std::size_t g = 0; g < result_.groups.size(); ++g) {
    const GroupResult& group = result_.groups[g];
    const auto& names = scenario_.setup.names.groups;
    const std::string recovery = group.recovery == kForever
                                     ? "not recovered"
                                     : "recovered in " + duration_rounded(group.recovery);
    texts.push_back(fmt::format("{}: peak {} records at {}, {} behind at most, {}",
                                g < names.size() ? names[g] : fmt::format("group {}", g),
                                group.lag_peak, duration_rounded(group.lag_peak_at - Instant()),
                                duration_rounded(group.time_lag_peak), recovery));
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
    const std::string text = fmt::format("{}:{}: {}: expected {}, seen {}", scenario_.file,
                                         wanted.line, wanted.name, seen.expected, seen.seen);
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
    row("held", fmt::format("{} of {} expectation{}", held, result_.expectations.size(),
                            result_.expectations.size() == 1 ? "" : "s"));
  }
}

void Summary::lost() {
  std::vector<std::string> texts;
  for (const LostRecord& record : result_.lost) {
    const std::string where =
        record.offset == kNoOffset
            ? partition_text(scenario_, record.partition)
            : fmt::format("{}@{} (epoch {})", partition_text(scenario_, record.partition),
                          record.offset.value(), record.epoch.value());
    texts.push_back(fmt::format(
        "{} m{} of {}: acked {}, {}, gone {} at {} (e{})", where, record.record,
        node_text(scenario_, record.producer), duration_rounded(record.acked - Instant()),
        copy_end_name(record.how), duration_rounded(record.gone - Instant()),
        node_text(scenario_, record.last_holder), record.event.value()));
    if (texts.size() == 3) break;
  }
  rows("lost", texts, 3, Colour::kBad,
       result_.totals.lost - std::min<std::uint64_t>(result_.totals.lost, texts.size()));
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
    row("permitted", fmt::format("{} violation{} of an invariant, permitted by the settings",
                                 permitted, permitted == 1 ? "" : "s"));
  }
}

void Summary::why_vacuous() {
  if (result_.bounds_hit) {
    row("cut short", "the bound of events or of the settle phase was reached: totals may change",
        Colour::kDoubtful);
  }
  const auto bit = [](const FaultResult& fault) { return fault.bit; };
  if (!result_.faults.empty() && std::none_of(result_.faults.begin(), result_.faults.end(), bit)) {
    row("vacuous", "no fault changed anything", Colour::kDoubtful);
  }
}

void Summary::identity() {
  row("digest",
      fmt::format("{:016x}  (Kafka {}, seed {}, {} events, {} simulated)", result_.digest,
                  version_name(scenario_.version), result_.seed, result_.events,
                  duration_rounded(result_.end - Instant())),
      Colour::kFaint);
}

}  // namespace

std::string report_summary(const Scenario& scenario, const RunResult& result, bool colour) {
  return Summary(scenario, result, colour).write();
}

}  // namespace ackident
