#include "oracle/result.h"

namespace ackident {

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass: return "PASS";
    case Verdict::kFail: return "FAIL";
    case Verdict::kUnknown: return "UNKNOWN";
    case Verdict::kVacuous: return "VACUOUS";
  }
  return "UNKNOWN";
}

std::string_view copy_end_name(CopyEnd end) {
  switch (end) {
    case CopyEnd::kNotElected: return "not elected";
    case CopyEnd::kTruncated: return "truncated";
    case CopyEnd::kPowerLoss: return "power loss";
    case CopyEnd::kDiskWiped: return "disk wiped";
    case CopyEnd::kNeverAppended: return "never appended";
  }
  return "never appended";
}

}  // namespace ackident
