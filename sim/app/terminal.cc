#include "app/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace ackident {

bool wants_colour(std::FILE* target, bool no_color) {
  const char* const environment = std::getenv("NO_COLOR");
  const char* const term = std::getenv("TERM");
  if (no_color || (environment != nullptr && *environment != '\0')) return false;
  if (term == nullptr || std::strcmp(term, "dumb") == 0) return false;
  return ::isatty(::fileno(target)) != 0;
}

std::size_t columns_of(std::FILE* target) {
  constexpr int kColumnsMin = 40;
  const char* const wanted = std::getenv("COLUMNS");
  const int number = wanted != nullptr ? std::atoi(wanted) : 0;
  if (number >= kColumnsMin) return static_cast<std::size_t>(number);
  winsize size{};
  if (::isatty(::fileno(target)) == 0 || ::ioctl(::fileno(target), TIOCGWINSZ, &size) != 0) {
    return 0;
  }
  return size.ws_col >= kColumnsMin ? size.ws_col : 80;
}

Progress::Progress(std::size_t count) : count_(count), shown_(::isatty(STDERR_FILENO) != 0) {}

void Progress::step() {
  ++done_;
  if (shown_) fmt::print(stderr, "\r{} of {} ", done_, count_);
}

void Progress::clear() const {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace ackident
