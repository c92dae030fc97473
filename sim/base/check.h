// SIM_CHECK: an always-on check of our own invariants. A failed check is a bug of ackident, never a
// property of the simulated cluster (a lost record is a result, not a failed check). The message
// names the condition, its place, and the seed and event to reproduce it; main() turns it into exit
// code 70.
#pragma once

#include <cstdint>
#include <stdexcept>

namespace ackident {

// Thrown by SIM_CHECK. what() holds file, line, condition, seed and event.
class CheckFailure : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

// Where the running thread's simulation stands; set by the driver, read only by a failing check.
struct CheckContext {
  std::uint64_t seed = 0;
  std::uint64_t event = 0;
};
inline constinit thread_local CheckContext check_context_of_thread;
inline CheckContext& check_context() { return check_context_of_thread; }

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace ackident

#define SIM_CHECK(condition)                                          \
  do {                                                                \
    if (!(condition)) [[unlikely]]                                    \
      ::ackident::check_failed(#condition, __FILE__, __LINE__);       \
  } while (false)
