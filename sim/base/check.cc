#include "base/check.h"

#include <string>

namespace ackident {

void check_failed(const char* condition, const char* file, int line) {
  const CheckContext& at = check_context();
  throw CheckFailure(std::string(file) + ":" + std::to_string(line) + ": check failed: " +
                     condition + " (seed " + std::to_string(at.seed) + ", event " +
                     std::to_string(at.event) + ")");
}

}  // namespace ackident
