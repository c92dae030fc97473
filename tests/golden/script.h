// Golden scripts, in the form of etcd's and CockroachDB's datadriven tests.
//
//   # Lines that start with # say what happens and why it matters.
//   run 500ms            a block: one or more verbs,
//   log                  each with its arguments,
//   ----                 a rule,
//   b1 leader epoch 0    and what they print, up to the first blank line.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ackident::golden {

struct Verb {
  std::size_t line = 0;            // from 1
  std::vector<std::string> words;  // its name first
};

struct Block {
  std::vector<Verb> verbs;
  std::size_t rule = 0;               // the line of ----, from 0
  std::size_t end = 0;                // the line after the expected output, from 0
  std::vector<std::string> expected;  // lines
};

struct Script {
  std::string path;
  std::vector<std::string> lines;
  std::vector<Block> blocks;
};

// Throws std::runtime_error, which says file and line.
Script read_script(const std::string& path);
// The file with `actual` (by block) in place of what was expected.
void write_script(const Script& script, const std::vector<std::vector<std::string>>& actual);

// What stands between single blanks.
std::vector<std::string> split(const std::string& text, char separator);

}  // namespace ackident::golden
