#include "scenario/diagnostics.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "scenario/json_source.h"

namespace ackident {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Restricted Damerau-Levenshtein distance, without regard to case.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U; }

// Long lines (a whole scenario on one line) are shown as a window around the column.
constexpr std::size_t kShownMax = 160;

}  // namespace

std::string format_problem(const Problem& problem) {
  std::string out = problem.file;
  if (problem.line > 0) {
    out += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
  }
  out += ": error: " + problem.message + "\n";
  if (!problem.pointer.empty()) out += "  at " + problem.pointer + "\n";
  if (problem.line == 0 || problem.source_line.empty()) return out;
  if (problem.column > kShownMax) return out;
  out += "  | " + problem.source_line.substr(0, 2 * kShownMax) + "\n  | ";
  std::uint32_t column = 1;
  for (const char c : problem.source_line) {
    if (column >= problem.column) break;
    if (continues_character(c)) continue;
    out += c == '\t' ? '\t' : ' ';
    ++column;
  }
  return out + "^\n";
}

ScenarioError::ScenarioError(std::vector<Problem> problems, std::size_t dropped)
    : std::runtime_error([&] {
        std::string text;
        for (const Problem& problem : problems) text += format_problem(problem);
        if (dropped > 0) text += "and " + std::to_string(dropped) + " more errors\n";
        return text;
      }()),
      problems_(std::move(problems)),
      dropped_(dropped) {}

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
  std::string_view nearest;
  // A third of the letters may be wrong; beyond that a suggestion confuses.
  std::size_t distance_min = name.size() / 3 + 1;
  if (name.size() > 100) return nearest;
  for (const std::string_view candidate : candidates) {
    const std::size_t gap =
        std::max(candidate.size(), name.size()) - std::min(candidate.size(), name.size());
    if (gap >= distance_min) continue;
    const std::size_t distance = edit_distance(name, candidate);
    if (distance >= distance_min) continue;
    distance_min = distance;
    nearest = candidate;
  }
  if (!nearest.empty() || name.size() < 3) return nearest;
  // "linger" for "linger.ms".
  for (const std::string_view candidate : candidates) {
    if (candidate.starts_with(name)) return candidate;
  }
  return nearest;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
  const std::string_view nearest = nearest_name(name, candidates);
  if (nearest.empty()) return "";
  return "; did you mean \"" + std::string(nearest) + "\"?";
}

std::string list_names(std::span<const std::string_view> names, std::size_t shown_max) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < shown_max; ++i) {
    if (i > 0) out += ", ";
    out += names[i];
  }
  if (names.size() > shown_max) {
    out += " and " + std::to_string(names.size() - shown_max) + " more";
  }
  return out;
}

Diagnostics::Diagnostics(std::string file, std::string_view text) {
  add_source(std::move(file), std::string(text));
}

std::uint16_t Diagnostics::add_source(std::string name, std::string text) {
  Source source{std::move(name), std::move(text), {0}};
  for (std::size_t i = 0; i < source.text.size(); ++i) {
    if (source.text[i] == '\n') source.line_starts.push_back(static_cast<std::uint32_t>(i + 1));
  }
  sources_.push_back(std::move(source));
  SIM_CHECK(sources_.size() < 0xffff);
  return static_cast<std::uint16_t>(sources_.size() - 1);
}

std::uint32_t Diagnostics::line_at(const Source& source, std::size_t offset) const {
  const auto after = std::upper_bound(source.line_starts.begin(), source.line_starts.end(), offset);
  return static_cast<std::uint32_t>(after - source.line_starts.begin());
}

std::uint32_t Diagnostics::line_of(const JsonNode& node) const {
  return line_at(sources_[node.source], node.offset);
}

std::uint32_t Diagnostics::line_of_key(const JsonNode& node) const {
  return line_at(sources_[node.source], node.key_offset);
}

Problem Diagnostics::problem_at(const Source& source, std::size_t offset) const {
  offset = std::min(offset, source.text.size());
  Problem problem;
  problem.file = source.name;
  problem.line = line_at(source, offset);
  const std::size_t start = source.line_starts[problem.line - 1];
  problem.column = 1;
  for (std::size_t i = start; i < offset; ++i) {
    if (!continues_character(source.text[i])) ++problem.column;
  }
  std::size_t end = source.text.find('\n', start);
  if (end == std::string::npos) end = source.text.size();
  if (end > start && source.text[end - 1] == '\r') --end;
  problem.source_line = source.text.substr(start, end - start);
  // What is shown must itself be UTF-8.
  if (first_invalid_utf8(problem.source_line) < problem.source_line.size()) {
    for (char& c : problem.source_line) c = static_cast<unsigned char>(c) < 0x80 ? c : '?';
  }
  return problem;
}

void Diagnostics::error(const JsonNode& node, std::string message) {
  error_at(node.source, node.offset, json_pointer(node), std::move(message));
}

void Diagnostics::error_at_key(const JsonNode& node, std::string message) {
  error_at(node.source, node.key_offset, json_pointer(node), std::move(message));
}

void Diagnostics::error_at(std::uint16_t source, std::size_t offset, std::string pointer,
                           std::string message) {
  if (problems_.size() >= kProblemsMax) {
    ++dropped_;
    return;
  }
  Problem problem = problem_at(sources_[source], offset);
  problem.pointer = std::move(pointer);
  problem.message = std::move(message);
  problems_.push_back({source, offset, std::move(problem)});
}

void Diagnostics::warning(const JsonNode& node, const std::string& message) {
  const Problem place =
      problem_at(sources_[node.source], node.key.empty() ? node.offset : node.key_offset);
  warnings_.push_back(place.file + ":" + std::to_string(place.line) + ":" +
                      std::to_string(place.column) + ": warning: " + message);
}

void Diagnostics::throw_if_any() {
  if (problems_.empty()) return;
  std::stable_sort(problems_.begin(), problems_.end(), [](const Found& a, const Found& b) {
    return a.source != b.source ? a.source < b.source : a.offset < b.offset;
  });
  std::vector<Problem> problems;
  for (Found& found : problems_) problems.push_back(std::move(found.problem));
  throw ScenarioError(std::move(problems), dropped_);
}

}  // namespace ackident
