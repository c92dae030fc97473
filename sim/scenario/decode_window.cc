// When an expectation must hold: "at" an instant or "after" a fact, "within" a time of it, and
// whether it "holds" eventually, always or never. And on which share of many seeds.
#include <algorithm>
#include <charconv>

#include "scenario/decode.h"

namespace ackident {
namespace {

// A fact as a fault's "on" names it. Whose it is must be known beforehand: roles change in a run.
std::optional<FactTrigger> read_after(Decoder& decoder, const JsonNode& node) {
  FactTrigger trigger = decode_fact_trigger(decoder, node);
  const bool named = std::all_of(trigger.node.begin(), trigger.node.end(), [](const Selector& one) {
    return one.kind == SelectorKind::kNode;
  });
  if (!named) decoder.problems.error(node, "an expectation names nodes, not roles");
  return trigger;
}

// "95%" or "99.5%" in tenths of a percent; 0: neither.
std::int32_t parse_share(std::string_view text) {
  const char* const end = text.data() + text.size();
  std::int32_t whole = 0;
  std::int32_t tenths = 0;
  auto read = std::from_chars(text.data(), end, whole);
  if (read.ec != std::errc() || whole < 0 || whole > 100) return 0;
  if (read.ptr != end && *read.ptr == '.') {
    const char* const digit = read.ptr + 1;
    read = std::from_chars(digit, end, tenths);
    if (read.ec != std::errc() || read.ptr != digit + 1) return 0;
  }
  return read.ptr + 1 == end && *read.ptr == '%' ? whole * 10 + tenths : 0;
}

}  // namespace

std::optional<When> decode_window(Decoder& decoder, ObjectReader& reader) {
  const JsonNode* at = reader.find("at");
  const JsonNode* after = reader.find("after");
  const JsonNode* within = reader.find("within");
  const JsonNode* holds = reader.find("holds");
  if (at != nullptr && after != nullptr) {
    decoder.problems.error_at_key(*after, "a window begins \"at\" a time or \"after\" a fact");
  }
  When window;
  if (at != nullptr) {
    const auto from = read_duration(*at, decoder.problems, "\"at\"", Duration(), kScenarioTimeMax);
    if (from) window.from = Instant() + *from;
  }
  if (after != nullptr) window.after = read_after(decoder, *after);
  if (within != nullptr) {
    window.holds = Holds::kEventually;
    const auto span =
        read_duration(*within, decoder.problems, "\"within\"", Duration(), kScenarioTimeMax);
    if (span) window.span = *span;
  }
  if (holds != nullptr) {
    const auto kind =
        read_one_of(*holds, decoder.problems, "how it holds", {"eventually", "always", "never"});
    if (kind) window.holds = static_cast<Holds>(*kind + 1);
  }
  // At an instant of the clock the timeline itself answers.
  if (after == nullptr && window.holds == Holds::kThen) return std::nullopt;
  return window;
}

std::int32_t decode_share(Decoder& decoder, ObjectReader& reader) {
  constexpr std::int32_t kWhole = 1000;
  const JsonNode* node = reader.find("share");
  if (node == nullptr) return kWhole;
  const std::int32_t share = node->is_string() ? parse_share(node->text) : 0;
  if (share >= 1 && share <= kWhole) return share;
  decoder.problems.error(*node, "a share of the seeds is \"0.1%\" to \"100%\"");
  return kWhole;
}

}  // namespace ackident
