#include "scenario/reader.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace ackident {
namespace {

// A whole number; "1e3" and "1.0" are refused: what is counted is written as it is counted.
template <class Integer>
std::optional<Integer> whole_number(std::string_view text) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

ObjectReader::ObjectReader(const JsonNode& node, Diagnostics& problems, std::string_view what)
    : node_(&node), problems_(&problems), what_(what), valid_(node.is_object()) {
  if (!valid_) report_kind(node, problems, "an object");
}

const JsonNode* ObjectReader::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
  return valid_ ? node_->find(key) : nullptr;
}

const JsonNode* ObjectReader::require(std::string_view key) {
  const JsonNode* found = find(key);
  if (found == nullptr && valid_) {
    problems_->error(*node_, what_ + " needs \"" + std::string(key) + "\"");
  }
  return found;
}

void ObjectReader::refuse(std::string_view key, std::string_view reason) {
  refused_.push_back(key);
  const JsonNode* found = valid_ ? node_->find(key) : nullptr;
  if (found != nullptr) problems_->error_at_key(*found, std::string(reason));
}

void ObjectReader::finish() {
  if (!valid_) return;
  for (const JsonNode& child : node_->children) {
    const auto has = [&](const std::vector<std::string_view>& keys) {
      return std::find(keys.begin(), keys.end(), child.key) != keys.end();
    };
    if (has(known_) || has(refused_)) continue;
    std::string message = "unknown key \"" + child.key + "\" in " + what_;
    const std::string hint = did_you_mean(child.key, known_);
    message += hint.empty() ? "; it has: " + list_names(known_) : hint;
    problems_->error_at_key(child, std::move(message));
  }
}

void report_kind(const JsonNode& node, Diagnostics& problems, std::string_view expected) {
  problems.error(node, "expected " + std::string(expected) + ", found " +
                           std::string(json_kind_name(node.kind)));
}

std::optional<std::string> read_string(const JsonNode& node, Diagnostics& problems) {
  if (node.is_string()) return node.text;
  report_kind(node, problems, "a string");
  return std::nullopt;
}

std::optional<bool> read_bool(const JsonNode& node, Diagnostics& problems) {
  if (node.kind == JsonKind::kBool) return node.boolean;
  report_kind(node, problems, "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> read_integer(const JsonNode& node, Diagnostics& problems,
                                         std::string_view what, std::int64_t least,
                                         std::int64_t most) {
  const std::string range = " from " + std::to_string(least) + " to " + std::to_string(most);
  if (node.kind != JsonKind::kNumber) {
    report_kind(node, problems, "a whole number" + range);
    return std::nullopt;
  }
  const std::optional<std::int64_t> value = whole_number<std::int64_t>(node.text);
  if (value && *value >= least && *value <= most) return value;
  problems.error(node, std::string(what) + " is a whole number" + range + ", not " + node.text);
  return std::nullopt;
}

std::optional<std::uint64_t> read_seed(const JsonNode& node, Diagnostics& problems) {
  if (node.kind == JsonKind::kNumber) {
    if (const auto value = whole_number<std::uint64_t>(node.text)) return value;
  }
  problems.error(node, "seed is a whole number from 0 to 18446744073709551615");
  return std::nullopt;
}

std::optional<Duration> read_duration(const JsonNode& node, Diagnostics& problems,
                                      std::string_view what, Duration least, Duration most) {
  if (!node.is_string()) {
    std::string example = node.kind == JsonKind::kNumber ? node.text + "s" : "2.5s";
    report_kind(node, problems, "a time with its unit, such as \"" + example + "\"");
    return std::nullopt;
  }
  const std::optional<Duration> value = parse_duration(node.text);
  if (!value) {
    problems.error(node, "\"" + node.text +
                             "\" is no time: write a number and one of ns, us, ms, " +
                             "s, m, h, d, such as \"2.5s\"");
    return std::nullopt;
  }
  if (*value >= least && *value <= most) return value;
  problems.error(node, std::string(what) + " is from " + spell_duration(least) + " to " +
                           spell_duration(most) + ", not " + node.text);
  return std::nullopt;
}

std::optional<std::size_t> read_one_of(const JsonNode& node, Diagnostics& problems,
                                       std::string_view what,
                                       std::span<const std::string_view> all) {
  if (!node.is_string()) {
    report_kind(node, problems, "one of " + list_names(all));
    return std::nullopt;
  }
  const auto found = std::find(all.begin(), all.end(), node.text);
  if (found != all.end()) return static_cast<std::size_t>(found - all.begin());
  problems.error(node, std::string(what) + " is one of " + list_names(all) + ", not \"" +
                           node.text + "\"" + did_you_mean(node.text, all));
  return std::nullopt;
}

std::optional<std::size_t> read_one_of(const JsonNode& node, Diagnostics& problems,
                                       std::string_view what,
                                       std::initializer_list<std::string_view> names) {
  return read_one_of(node, problems, what, std::span(names.begin(), names.size()));
}

std::vector<const JsonNode*> one_or_many(const JsonNode& node) {
  if (!node.is_array()) return {&node};
  std::vector<const JsonNode*> out;
  for (const JsonNode& child : node.children) out.push_back(&child);
  return out;
}

std::string spell_duration(Duration duration) {
  struct Unit {
    std::int64_t ns;
    std::string_view name;
  };
  constexpr std::array<Unit, 7> kUnits = {{{86'400'000'000'000, "d"},
                                           {3'600'000'000'000, "h"},
                                           {60'000'000'000, "m"},
                                           {1'000'000'000, "s"},
                                           {1'000'000, "ms"},
                                           {1'000, "us"},
                                           {1, "ns"}}};
  if (duration == Duration()) return "0s";
  for (const Unit& unit : kUnits) {
    if (duration.ns() % unit.ns == 0) {
      return std::to_string(duration.ns() / unit.ns) + std::string(unit.name);
    }
  }
  return "";
}

}  // namespace ackident
