#include "kafka/fact.h"

#include <array>

namespace ackident {
namespace {

// In the order of FactKind.
constexpr std::array<std::string_view, static_cast<std::size_t>(FactKind::kCount)> kNames = {
    "Appended",          "Replicated",       "Truncated",          "HighWatermark",
    "FollowerHighWatermark", "HighWatermarkLoaded", "TailLost",    "LogWiped",
    "BecameLeader",      "BecameFollower",   "WentOffline",        "IsrProposed",
    "IsrRejected",       "PartitionChanged", "LeaderElected",      "IsrChanged",
    "BrokerRegistered",  "BrokerFenced",     "BrokerUnfenced",     "ControlledShutdown",
    "TopicConfigChanged", "ProduceRejected", "ProduceAnswered",    "DuplicateDetected",
    "BatchSent",         "Acked",            "Failed",             "Retried",
    "ProducerEpochBumped", "SendBlocked",    "RecordsSent",        "Delivered",
    "Processed",         "Committed",        "PositionReset",      "Started",
    "Killed",            "Frozen",           "Resumed",            "ShutdownBegan",
    "FaultFired",        "FaultsHealed",      "BatchCreated",
};
static_assert(!kNames.back().empty());

}  // namespace

std::string_view fact_name(FactKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

}  // namespace ackident
