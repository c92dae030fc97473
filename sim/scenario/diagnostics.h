// What is wrong with a scenario, said as a compiler says it: file:line:column, what was expected,
// the JSON pointer, the source line with a caret, and the nearest valid name. Errors are collected,
// so that one run shows them all (the first kProblemsMax of them).
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/json_node.h"

namespace ackident {

inline constexpr std::size_t kProblemsMax = 20;

struct Problem {
  std::string file;
  std::uint32_t line = 0;    // from 1; 0: the file as a whole
  std::uint32_t column = 0;  // from 1, in characters
  std::string pointer;
  std::string message;
  std::string source_line;
};
// "file:line:column: error: message", then the pointer, the source line and a caret.
std::string format_problem(const Problem& problem);

class ScenarioError : public std::runtime_error {
 public:
  ScenarioError(std::vector<Problem> problems, std::size_t dropped);

  [[nodiscard]] const std::vector<Problem>& problems() const { return problems_; }
  // Errors beyond kProblemsMax.
  [[nodiscard]] std::size_t dropped() const { return dropped_; }

 private:
  std::vector<Problem> problems_;
  std::size_t dropped_;
};

// The candidate nearest to `name` by edits (adjacent swaps count one), if it is near enough to be
// meant; else empty. Case does not count.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);
// "; did you mean \"x\"?" or nothing.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);
// "a, b, c": cut after `shown_max` names.
std::string list_names(std::span<const std::string_view> names, std::size_t shown_max = 30);

// Names and texts of what is being read, and the errors found in them.
class Diagnostics {
 public:
  Diagnostics(std::string file, std::string_view text);

  // An override of the command line, as a source of its own. Returns its number.
  std::uint16_t add_source(std::string name, std::string text);
  [[nodiscard]] std::string_view text(std::uint16_t source) const { return sources_[source].text; }
  [[nodiscard]] std::uint32_t line_of(const JsonNode& node) const;
  [[nodiscard]] std::uint32_t line_of_key(const JsonNode& node) const;

  void error(const JsonNode& node, std::string message);
  void error_at_key(const JsonNode& node, std::string message);
  void error_at(std::uint16_t source, std::size_t offset, std::string pointer, std::string message);
  void warning(const JsonNode& node, const std::string& message);

  [[nodiscard]] bool ok() const { return problems_.empty(); }
  [[nodiscard]] std::size_t count() const { return problems_.size() + dropped_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
  // Throws ScenarioError if anything was wrong, in order of place.
  void throw_if_any();

 private:
  struct Source {
    std::string name;
    std::string text;
    std::vector<std::uint32_t> line_starts;
  };
  struct Found {
    std::uint16_t source = 0;
    std::size_t offset = 0;
    Problem problem;
  };

  [[nodiscard]] std::uint32_t line_at(const Source& source, std::size_t offset) const;
  [[nodiscard]] Problem problem_at(const Source& source, std::size_t offset) const;

  std::vector<Source> sources_;
  std::vector<Found> problems_;
  std::size_t dropped_ = 0;
  std::vector<std::string> warnings_;
};

}  // namespace ackident
