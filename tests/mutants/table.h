// Who notices which mutant. main.cc runs it; README.md is printed from it.
#pragma once

#include <string_view>

#include "kafka/mutants.h"

namespace ackident {

// In the scenario `file` (without ".json") the mutant shows as `notice`:
//   "I2 IsrHoldsCommitted"   that invariant is violated, and no setting permits it
//   "expect failed"          that expectation of the scenario fails
//   "never quiet"            the healed cluster does not come to rest
//   "check"                  one of the model's own checks fails
struct Row {
  Mutant mutant;
  std::string_view file;
  std::string_view notice;
};

inline constexpr Row kTable[] = {
    {Mutant::kAckBeforeHighWatermark, "traffic", "AckedIsCommitted"},
    {Mutant::kHwIsLeaderEnd, "traffic", "I2 IsrHoldsCommitted"},
    {Mutant::kNoLeaderEpochFencing, "old_follower", "FollowerKnowsEpoch"},
    {Mutant::kNoTruncation, "acks1_leader_dies", "never quiet"},
    {Mutant::kTruncateToHighWatermark, "role_change_before_high_watermark",
     "I3 LeaderCompleteness"},
    {Mutant::kNewLeaderTruncates, "role_change_before_high_watermark", "I3 LeaderCompleteness"},
    {Mutant::kSkipMinIsrCheck, "min_isr", "expect errors.NOT_ENOUGH_REPLICAS"},
    {Mutant::kMinIsrRejectsAcks1, "min_isr_acks1", "expect errors.NOT_ENOUGH_REPLICAS"},
    {Mutant::kHwMovesUnderMinIsr, "min_isr_acks1", "expect partitions.orders/0.high_watermark@30s"},
    {Mutant::kElectOutsideIsr, "last_one_standing", "I4 CleanLeaderFromIsr"},
    {Mutant::kElectLongestLog, "leader_dies", "FirstInListLeads"},
    {Mutant::kNoLeaderEpochBump, "last_one_standing", "I4 ElectionBumpsEpoch"},
    {Mutant::kEmptyIsr, "last_one_standing", "I6 IsrNotEmpty"},
    {Mutant::kSkipIneligibleCheck, "fenced_while_joining", "I7 JoinerNotFenced"},
    {Mutant::kSkipPartitionEpochCheck, "stale_proposal", "I2 JoinerHoldsCommitted"},
    {Mutant::kExpandAtAnyOffset, "follower_cut", "I2 JoinerHoldsCommitted"},
    {Mutant::kExpandBelowEpochStart, "behind_the_epoch_start", "I2 JoinerHoldsCommitted"},
    {Mutant::kShrinkByOffset, "traffic", "expect facts.IsrChanged"},
    {Mutant::kNeverShrink, "follower_cut", "expect latency.max"},
    {Mutant::kHwCountsEmptyFollower, "old_follower", "I2 IsrHoldsCommitted"},
    {Mutant::kFollowerHwIsOwnEnd, "traffic", "FollowerHighWatermarkWasLed"},
    {Mutant::kServeAboveHighWatermark, "traffic", "ConsistentRead"},
    {Mutant::kSkipSequenceCheck, "answer_lost", "NoDuplicateWithIdempotence"},
    {Mutant::kForgetProducerStateOnFailover, "answer_lost_then_failover",
     "NoDuplicateWithIdempotence"},
    {Mutant::kFencedStaysInIsr, "min_isr", "I7 FencedNotInIsr"},
    {Mutant::kNeverFence, "leader_dies", "expect unavailable.writes"},
    {Mutant::kUnfenceBeforeCaughtUp, "leader_dies", "UnfencedHasCaughtUp"},
    {Mutant::kRegisterDuringSession, "fast_restart", "expect unavailable.writes"},
    {Mutant::kSigkillLosesPageCache, "fast_restart", "ProcessEndKeepsLog"},
    {Mutant::kPowerLossKeepsAll, "power_loss", "expect lost"},
    {Mutant::kRestartTruncatesToCheckpoint, "all_killed", "expect lost"},
    {Mutant::kUncleanByDefault, "last_one_standing", "UncleanElectionAllowed"},
    {Mutant::kPurgatoryNeverTimesOut, "unreachable_client", "ProduceAnsweredInTime"},
    {Mutant::kParkedProduceSurvivesDemotion, "parked_at_former_leader", "DemotionAnswersParked"},
    {Mutant::kRetryWithoutBackoffEpoch, "answer_lost", "NoDuplicateWithIdempotence"},
    {Mutant::kReorderOnRetry, "answer_lost", "expect failed"},
    {Mutant::kNoMetadataRefresh, "clients_find_the_leader", "expect failed"},
    {Mutant::kDeliveryTimeoutIgnored, "partition_offline_long", "expect failed"},
    {Mutant::kCommitBeforeProcessing, "traffic", "CommittedIsProcessed"},
    {Mutant::kConsumerSkipsOnFailover, "leader_dies", "expect skipped"},
    {Mutant::kAlterPartitionTwice, "min_isr", "OneIsrChangeInFlight"},
    {Mutant::kStaleMetadataAccepted, "slow_metadata", "expect facts.IsrProposed"},
    {Mutant::kFetchUpdatesBeforeRead, "two_records", "expect facts.FollowerHighWatermark"},
    {Mutant::kNoCheckpoint, "leader_dies", "CheckpointIsRecent"},
};

// Not noticed by any scenario here yet: each is a hole in the tests, printed on every run.
inline constexpr Mutant kOpen[] = {Mutant::kHwIgnoresMaximalIsr, Mutant::kAcceptOutOfOrder};

}  // namespace ackident
