// Plays golden scripts and compares what they print with what they expect.
//
//   golden [--rewrite] FILE-OR-FOLDER...      exit 1 if anything differs
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>

#include "script.h"
#include "stage.h"

namespace ackident::golden {
namespace {

using Lines = std::vector<std::string>;

std::vector<std::string> find_scripts(const std::vector<std::string>& arguments) {
  namespace fs = std::filesystem;
  std::vector<std::string> paths;
  for (const std::string& argument : arguments) {
    if (!fs::is_directory(argument)) {
      paths.push_back(argument);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(argument)) {
      if (entry.path().extension() == ".txt") paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<Lines> play(const Script& script) {
  Stage stage;
  std::vector<Lines> actual;
  for (const Block& block : script.blocks) {
    Lines out;
    for (const Verb& verb : block.verbs) {
      try {
        stage.play(verb, out);
      } catch (const std::exception& error) {
        throw std::runtime_error(fmt::format("{}:{}: {}", script.path, verb.line, error.what()));
      }
    }
    if (out.empty()) out.emplace_back("ok");
    actual.push_back(out);
  }
  return actual;
}

bool compare(const Script& script, const std::vector<Lines>& actual) {
  bool same = true;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const Block& block = script.blocks[i];
    if (block.expected == actual[i]) continue;
    same = false;
    const auto [expected, got] = std::mismatch(block.expected.begin(), block.expected.end(),
                                               actual[i].begin(), actual[i].end());
    const auto line = block.rule + 2 + static_cast<std::size_t>(expected - block.expected.begin());
    fmt::print("{}:{}: differs from here\n", script.path, line);
    for (auto at = expected; at != block.expected.end(); ++at) fmt::print("  expected  {}\n", *at);
    for (auto at = got; at != actual[i].end(); ++at) fmt::print("  actual    {}\n", *at);
  }
  return same;
}

int run(std::vector<std::string> arguments) {
  const bool rewrite = std::erase(arguments, "--rewrite") > 0;
  const std::vector<std::string> paths = find_scripts(arguments);
  std::size_t failed = 0;
  for (const std::string& path : paths) {
    try {
      const Script script = read_script(path);
      if (script.blocks.empty()) throw std::runtime_error(path + ": no block");
      const std::vector<Lines> actual = play(script);
      if (rewrite) {
        write_script(script, actual);
      } else if (!compare(script, actual)) {
        ++failed;
      }
    } catch (const std::exception& error) {
      fmt::print("{}\n", error.what());
      ++failed;
    }
  }
  fmt::print("{} golden scripts, {} failed\n", paths.size(), failed);
  return failed > 0 || paths.empty() ? 1 : 0;
}

}  // namespace
}  // namespace ackident::golden

int main(int count, char** words) { return ackident::golden::run({words + 1, words + count}); }
