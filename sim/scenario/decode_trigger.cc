// When a fault fires: "at" a time, "on" a fact, or by "chance".
#include <charconv>

#include "scenario/decode.h"

namespace ackident {
namespace {

std::optional<Duration> read_time(Decoder& decoder, const JsonNode& node, std::string_view what,
                                  Duration least) {
  return read_duration(node, decoder.problems, what, least, kScenarioTimeMax);
}

std::vector<std::string_view> split_arguments(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '(') ++depth;
    if (i < text.size() && text[i] == ')') --depth;
    if (i < text.size() && (text[i] != ',' || depth > 0)) continue;
    std::string_view part = text.substr(begin, i - begin);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) out.push_back(part);
    begin = i + 1;
  }
  return out;
}

// "#3" at the end: the third such fact.
bool take_nth(std::string_view& text, std::uint32_t& nth) {
  const std::size_t hash = text.rfind('#');
  if (hash == std::string_view::npos) return true;
  const std::string_view digits = text.substr(hash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), nth);
  if (error != std::errc() || end != digits.data() + digits.size() || nth == 0) return false;
  text = text.substr(0, hash);
  return true;
}

// "Truncated(b2, orders/0)#1".
void parse_compact(Decoder& decoder, const JsonNode& node, FactTrigger& trigger) {
  std::string_view text = node.text;
  if (!take_nth(text, trigger.nth)) {
    decoder.problems.error(node, "after '#' stands which of these facts is meant, from 1");
    return;
  }
  const std::size_t open = text.find('(');
  const std::string_view name = text.substr(0, open);
  if (const auto kind = find_fact(decoder, node, name)) trigger.kind = *kind;
  if (open == std::string_view::npos) return;
  if (!text.ends_with(')')) {
    decoder.problems.error(node,
                           "a fact is written Name, Name(node), Name(node, topic/n) or "
                           "Name(topic/n), with #n at the end for the nth one");
    return;
  }
  for (const std::string_view part :
       split_arguments(text.substr(open + 1, text.size() - open - 2))) {
    const bool is_partition =
        part.find('/') != std::string_view::npos && part.find('(') == std::string_view::npos;
    if (is_partition) {
      trigger.partition = find_partition(decoder, node, part).value_or(kNoPartition);
    } else if (const auto selector = parse_selector(decoder, node, part)) {
      trigger.node.push_back(*selector);
    }
  }
}

}  // namespace

FactTrigger decode_fact_trigger(Decoder& decoder, const JsonNode& node) {
  FactTrigger trigger;
  if (node.is_string()) {
    parse_compact(decoder, node, trigger);
    return trigger;
  }
  ObjectReader reader(node, decoder.problems, "\"on\"");
  if (const JsonNode* fact = reader.require("fact")) {
    if (read_string(*fact, decoder.problems)) {
      trigger.kind = find_fact(decoder, *fact, fact->text).value_or(FactKind::kAppended);
    }
  }
  if (const JsonNode* item = reader.find("node")) trigger.node = read_selectors(decoder, *item);
  if (const JsonNode* item = reader.find("partition")) {
    trigger.partition = read_partition(decoder, *item).value_or(kNoPartition);
  }
  if (const JsonNode* item = reader.find("nth")) {
    trigger.nth = static_cast<std::uint32_t>(
        read_integer(*item, decoder.problems, "nth", 1, 1'000'000'000).value_or(1));
  }
  if (const JsonNode* item = reader.find("offset")) {
    trigger.offset_min = Offset(
        read_integer(*item, decoder.problems, "offset", 0, kRecordsMax * kClientsMax).value_or(0));
  }
  if (const JsonNode* item = reader.find("after")) {
    trigger.delay = read_time(decoder, *item, "\"after\"", Duration()).value_or(Duration());
  }
  if (const JsonNode* item = reader.find("not_before")) {
    trigger.not_before =
        Instant() + read_time(decoder, *item, "not_before", Duration()).value_or(Duration());
  }
  reader.finish();
  return trigger;
}

namespace {

void decode_chance(Decoder& decoder, const JsonNode& node, Fault& fault) {
  ObjectReader reader(node, decoder.problems, "\"chance\"");
  fault.trigger = TriggerKind::kRate;
  fault.repeats = true;
  if (const JsonNode* mean = reader.require("mean")) {
    fault.mean_gap =
        read_time(decoder, *mean, "the mean gap", milliseconds(1)).value_or(seconds(1));
  }
  if (const JsonNode* from = reader.find("from")) {
    fault.at = Instant() + read_time(decoder, *from, "\"from\"", Duration()).value_or(Duration());
  }
  reader.find("until");
  reader.find("times");
  reader.finish();
}

void decode_repetition(Decoder& decoder, ObjectReader& reader, Fault& fault) {
  const JsonNode* until = reader.find("until");
  const JsonNode* times = reader.find("times");
  fault.until = decoder.end();
  fault.repeat_max = static_cast<std::uint32_t>(kRepeatsMax);
  if (until != nullptr) {
    const auto time = read_time(decoder, *until, "\"until\"", Duration());
    if (time) fault.until = Instant() + *time;
    if (fault.until < fault.at) decoder.problems.error(*until, "\"until\" is before the beginning");
  }
  if (times != nullptr) {
    fault.repeat_max = static_cast<std::uint32_t>(
        read_integer(*times, decoder.problems, "times", 1, kRepeatsMax).value_or(1));
  }
}

}  // namespace

void decode_trigger(Decoder& decoder, ObjectReader& reader, Fault& fault) {
  const JsonNode* at = reader.find("at");
  const JsonNode* on = reader.find("on");
  const JsonNode* chance = reader.find("chance");
  const JsonNode* every = reader.find("every");
  const int given = (at != nullptr ? 1 : 0) + (on != nullptr ? 1 : 0) + (chance != nullptr ? 1 : 0);
  if (given > 1 || (given == 0 && every == nullptr)) {
    decoder.problems.error(reader.node(),
                           "a fault has exactly one of \"at\", \"on\", \"chance\" "
                           "(or \"every\", with or without \"at\")");
    return;
  }
  fault.trigger = TriggerKind::kAt;
  if (at != nullptr) {
    fault.at = Instant() + read_time(decoder, *at, "\"at\"", Duration()).value_or(Duration());
    if (fault.at >= decoder.end()) {
      decoder.problems.error(*at, "the scenario ends at " +
                                      spell_duration(decoder.end() - Instant()) +
                                      " (\"duration\"), before this fault");
    }
  }
  if (on != nullptr) {
    fault.trigger = TriggerKind::kOn;
    fault.on = decode_fact_trigger(decoder, *on);
  }
  if (chance != nullptr) {
    decode_chance(decoder, *chance, fault);
    if (!chance->is_object()) return;
    ObjectReader inner(*chance, decoder.problems, "\"chance\"");
    decode_repetition(decoder, inner, fault);
  }
  if (every != nullptr) {
    if (on != nullptr || chance != nullptr) {
      decoder.problems.error_at_key(*every, "\"every\" goes with \"at\" or alone");
    }
    fault.mean_gap = read_time(decoder, *every, "\"every\"", milliseconds(1)).value_or(seconds(1));
    fault.repeats = true;
    if (at == nullptr) fault.at = Instant() + fault.mean_gap;
    decode_repetition(decoder, reader, fault);
  } else {
    for (const std::string_view key : {"until", "times"}) {
      if (const JsonNode* lone = reader.find(key)) {
        decoder.problems.error_at_key(*lone, "\"" + std::string(key) +
                                                 "\" goes with \"every\"; to undo a fault after a "
                                                 "while give \"for\"");
      }
    }
  }
}

}  // namespace ackident
