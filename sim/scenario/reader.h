// Reading typed values out of a JsonNode. Every function reports what is wrong at its place and
// returns nothing then; callers go on, so that one pass finds all errors.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/diagnostics.h"
#include "scenario/json_node.h"
#include "scenario/units.h"

namespace ackident {

// The members of one object: each key is asked for by name, and finish() refuses the others.
class ObjectReader {
 public:
  // `what` names the object in messages: "a topic", "cluster.network".
  ObjectReader(const JsonNode& node, Diagnostics& problems, std::string_view what);

  // False (and reported) if the node is no object; then every find() is null.
  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] const JsonNode& node() const { return *node_; }
  const JsonNode* find(std::string_view key);
  // Reports its absence.
  const JsonNode* require(std::string_view key);
  // A key that Kafka or a user may well want and that is not modelled: refused with the reason.
  void refuse(std::string_view key, std::string_view reason);
  // Reports every key that nobody asked for, with the nearest one that exists.
  void finish();

 private:
  const JsonNode* node_;
  Diagnostics* problems_;
  std::string what_;
  bool valid_;
  std::vector<std::string_view> known_;
  std::vector<std::string_view> refused_;
};

// "expected a string, found a number".
void report_kind(const JsonNode& node, Diagnostics& problems, std::string_view expected);

std::optional<std::string> read_string(const JsonNode& node, Diagnostics& problems);
std::optional<bool> read_bool(const JsonNode& node, Diagnostics& problems);
// A whole number in [least, most]. `what` names it: "the number of partitions".
std::optional<std::int64_t> read_integer(const JsonNode& node, Diagnostics& problems,
                                         std::string_view what, std::int64_t least,
                                         std::int64_t most);
std::optional<std::uint64_t> read_seed(const JsonNode& node, Diagnostics& problems);
std::optional<Duration> read_duration(const JsonNode& node, Diagnostics& problems,
                                      std::string_view what, Duration least, Duration most);
// Index of the string among `names`.
std::optional<std::size_t> read_one_of(const JsonNode& node, Diagnostics& problems,
                                       std::string_view what,
                                       std::span<const std::string_view> names);
std::optional<std::size_t> read_one_of(const JsonNode& node, Diagnostics& problems,
                                       std::string_view what,
                                       std::initializer_list<std::string_view> names);
// A value that may be one or a list of them, as nodes.
std::vector<const JsonNode*> one_or_many(const JsonNode& node);

// "90s", "2m", "250ms": the shortest exact spelling.
std::string spell_duration(Duration duration);

}  // namespace ackident
