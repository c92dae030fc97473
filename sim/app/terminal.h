// What depends on who reads: a person at a terminal, or a program.
#pragma once

#include <cstddef>
#include <cstdio>

namespace ackident {

// On a terminal, unless NO_COLOR (https://no-color.org) or TERM=dumb say otherwise.
bool wants_colour(std::FILE* target, bool no_color = false);
// Rows break at the width of a terminal; for a program that reads them each stays whole. COLUMNS,
// if it is exported, decides for both. 0: do not break.
std::size_t columns_of(std::FILE* target);

// "12 of 40", on a terminal's standard error, while something takes its time.
class Progress {
 public:
  explicit Progress(std::size_t count);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void step();
  void clear() const;  // before other lines are printed

 private:
  std::size_t done_ = 0;
  std::size_t count_;
  bool shown_;
};

}  // namespace ackident
