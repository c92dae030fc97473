#include "script.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace ackident::golden {

namespace {

constexpr const char* kRule = "----";

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(fmt::format("{}: cannot be read", path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

}  // namespace

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> words;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t to = std::min(text.find(separator, from), text.size());
    if (to > from) words.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return words;
}

Script read_script(const std::string& path) {
  Script script{path, read_lines(path), {}};
  const std::vector<std::string>& lines = script.lines;
  Block block;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty() || lines[i].front() == '#') continue;
    if (lines[i] != kRule) {
      block.verbs.push_back({i + 1, split(lines[i], ' ')});
      continue;
    }
    if (block.verbs.empty()) {
      throw std::runtime_error(fmt::format("{}:{}: no verb stands above the rule", path, i + 1));
    }
    block.rule = i;
    while (++i < lines.size() && !lines[i].empty()) block.expected.push_back(lines[i]);
    block.end = i;
    script.blocks.push_back(std::move(block));
    block = Block();
  }
  if (!block.verbs.empty()) {
    throw std::runtime_error(
        fmt::format("{}:{}: no {} ends this block", path, block.verbs.front().line, kRule));
  }
  return script;
}

void write_script(const Script& script, const std::vector<std::vector<std::string>>& actual) {
  std::ofstream file(script.path);
  std::size_t at = 0;
  for (std::size_t i = 0; i < script.blocks.size(); ++i) {
    for (; at <= script.blocks[i].rule; ++at) file << script.lines[at] << '\n';
    for (const std::string& line : actual[i]) file << line << '\n';
    at = script.blocks[i].end;
  }
  for (; at < script.lines.size(); ++at) file << script.lines[at] << '\n';
}

}  // namespace ackident::golden
