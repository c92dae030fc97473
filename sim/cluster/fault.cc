#include "cluster/fault.h"

namespace ackident {

std::string_view fault_action_name(FaultAction action) {
  switch (action) {
    case FaultAction::kKill: return "kill";
    case FaultAction::kShutdown: return "shutdown";
    case FaultAction::kStart: return "start";
    case FaultAction::kFreeze: return "freeze";
    case FaultAction::kResume: return "resume";
    case FaultAction::kPowerLoss: return "power_loss";
    case FaultAction::kDiskWipe: return "disk_wipe";
    case FaultAction::kCut: return "cut";
    case FaultAction::kHeal: return "heal";
    case FaultAction::kSlowLink: return "slow_link";
    case FaultAction::kSlowBroker: return "slow_broker";
    case FaultAction::kHold: return "hold";
    case FaultAction::kRelease: return "release";
    case FaultAction::kElect: return "elect";
    case FaultAction::kAlterConfig: return "alter_config";
    case FaultAction::kSetRate: return "set_rate";
    case FaultAction::kSetProcessing: return "set_processing";
  }
  return "unknown";
}

bool is_asked_for(const FactTrigger& trigger, Instant at, const Fact& fact) {
  if (fact.kind != trigger.kind || at < trigger.not_before) return false;
  if (trigger.partition != kNoPartition && fact.partition != trigger.partition) return false;
  const std::int64_t reach = fact.kind == FactKind::kTruncated ? fact.a : fact.b;
  return trigger.offset_min == kNoOffset || Offset(reach) >= trigger.offset_min;
}

}  // namespace ackident
