#include "report/lost_ranges.h"

#include <fmt/format.h>

#include "drive/words.h"

namespace ackident {

namespace {

bool continues(const LostRange& range, const LostRecord& next) {
  const LostRecord& last = range.last;
  if (next.partition != last.partition || next.event != last.event || next.how != last.how ||
      next.last_holder != last.last_holder || next.epoch != last.epoch) {
    return false;
  }
  if (next.offset == kNoOffset || last.offset == kNoOffset) {
    return next.offset == last.offset && next.producer == last.producer &&
           next.record == last.record + 1;
  }
  return next.offset == last.offset + 1;
}

std::string span_text(std::string_view mark, std::int64_t first, std::int64_t last,
                      std::uint64_t count) {
  if (count == 1) return fmt::format("{}{}", mark, first);
  return fmt::format("{0}{1}..{0}{2} ({3})", mark, first, last, count);
}

}  // namespace

std::vector<LostRange> lost_ranges(const std::vector<LostRecord>& lost) {
  std::vector<LostRange> ranges;
  for (const LostRecord& record : lost) {
    if (ranges.empty() || !continues(ranges.back(), record)) {
      ranges.emplace_back();
      ranges.back().first = record;
    }
    LostRange& range = ranges.back();
    range.last = record;
    range.one_producer = range.one_producer && record.producer == range.first.producer;
    ++range.count;
  }
  return ranges;
}

std::string lost_range_records(const LostRange& range) {
  if (range.first.offset != kNoOffset) {
    return span_text("", range.first.offset.value(), range.last.offset.value(), range.count);
  }
  return span_text("m", static_cast<std::int64_t>(range.first.record),
                   static_cast<std::int64_t>(range.last.record), range.count);
}

std::string lost_range_end(const Scenario& scenario, const LostRange& range) {
  const LostRecord& first = range.first;
  std::string text(copy_end_name(first.how));
  if (first.last_holder == kNoNode) return text;
  text += " (" + node_text(scenario, first.last_holder);
  if (first.gone < kNever) {
    text += fmt::format(", {}, e{}", duration_rounded(first.gone - Instant()), first.event.value());
  }
  return text + ")";
}

std::string lost_range_whose(const Scenario& scenario, const LostRange& range) {
  if (!range.one_producer) return " of several producers";
  return " of " + node_text(scenario, range.first.producer);
}

}  // namespace ackident
