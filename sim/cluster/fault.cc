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

}  // namespace ackident
