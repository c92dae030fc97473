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
// A mutant has as many rows as there are oracles that only it shows to work.
struct Row {
  Mutant mutant;
  std::string_view file;
  std::string_view notice;
};

inline constexpr Row kTable[] = {
    {Mutant::kAckBeforeHighWatermark, "traffic", "AckedIsCommitted"},
    {Mutant::kHwIgnoresMaximalIsr, "accepted_but_unheard", "I2 IsrHoldsCommitted"},
    {Mutant::kHwIsLeaderEnd, "traffic", "I2 IsrHoldsCommitted"},
    {Mutant::kHwIsLeaderEnd, "accepted_but_unheard", "AckedHasMinIsrCopies"},
    {Mutant::kHwMayFall, "two_changes", "I5 MonotonicHighWatermark"},
    {Mutant::kNoLeaderEpochFencing, "old_follower", "FollowerKnowsEpoch"},
    {Mutant::kIgnoreLastFetchedEpoch, "acks1_leader_dies", "I1 LogMatching"},
    {Mutant::kIgnoreLastFetchedEpoch, "acks1_leader_dies", "Convergence"},
    {Mutant::kNoTruncation, "acks1_leader_dies", "never quiet"},
    {Mutant::kTruncateToHighWatermark, "role_change_before_high_watermark",
     "I3 LeaderCompleteness"},
    {Mutant::kNewLeaderTruncates, "role_change_before_high_watermark", "I3 LeaderCompleteness"},
    {Mutant::kSkipMinIsrCheck, "min_isr", "AcksAllNeedsMinIsr"},
    {Mutant::kMinIsrRejectsAcks1, "min_isr_acks1", "MinIsrConcernsAcksAll"},
    {Mutant::kHwMovesUnderMinIsr, "min_isr_acks1", "HighWatermarkNeedsMinIsr"},
    {Mutant::kElectOutsideIsr, "last_one_standing", "I4 CleanLeaderFromIsr"},
    {Mutant::kElectStranger, "unclean", "I6 IsrSubsetOfReplicas"},
    {Mutant::kUncleanKeepsIsr, "unclean", "I6 LeaderInIsr"},
    {Mutant::kElectLongestLog, "leader_dies", "FirstInListLeads"},
    {Mutant::kNoLeaderEpochBump, "last_one_standing", "I4 ElectionBumpsEpoch"},
    {Mutant::kNoLeaderEpochBump, "all_killed", "I4 SingleLeaderPerEpoch"},
    {Mutant::kEmptyIsr, "last_one_standing", "I6 IsrNotEmpty"},
    {Mutant::kSkipIneligibleCheck, "fenced_while_joining", "I7 JoinerNotFenced"},
    {Mutant::kSkipPartitionEpochCheck, "stale_proposal", "I2 JoinerHoldsCommitted"},
    {Mutant::kSkipPartitionEpochCheck, "former_leader_writes", "I4 EpochsNeverDecrease"},
    {Mutant::kExpandAtAnyOffset, "follower_cut", "I2 JoinerHoldsCommitted"},
    {Mutant::kExpandBelowEpochStart, "behind_the_epoch_start", "I2 JoinerHoldsCommitted"},
    {Mutant::kShrinkByOffset, "traffic", "LeaverHasLagged"},
    {Mutant::kNeverShrink, "follower_cut", "LaggardLeavesIsr"},
    {Mutant::kHwCountsEmptyFollower, "old_follower", "I2 IsrHoldsCommitted"},
    {Mutant::kFollowerHwUnbounded, "leader_dies", "HighWatermarkWithinLog"},
    {Mutant::kFollowerHwIsOwnEnd, "traffic", "FollowerHighWatermarkWasLed"},
    {Mutant::kServeAboveHighWatermark, "traffic", "ConsistentRead"},
    {Mutant::kSkipSequenceCheck, "answer_lost", "NoDuplicateWithIdempotence"},
    {Mutant::kForgetProducerStateOnFailover, "answer_lost_then_failover",
     "NoDuplicateWithIdempotence"},
    {Mutant::kAcceptOutOfOrder, "flapping_isr", "SequencesInOrder"},
    {Mutant::kFencedStaysInIsr, "min_isr", "I7 FencedNotInIsr"},
    {Mutant::kNeverFence, "leader_dies", "SilentBrokerIsFenced"},
    {Mutant::kUnfenceBeforeCaughtUp, "leader_dies", "UnfencedHasCaughtUp"},
    {Mutant::kRegisterDuringSession, "fast_restart", "SessionKeepsOthersOut"},
    {Mutant::kSigkillLosesPageCache, "fast_restart", "ProcessEndKeepsLog"},
    {Mutant::kPowerLossKeepsAll, "power_loss", "expect lost"},
    {Mutant::kRestartTruncatesToCheckpoint, "all_killed", "RestartKeepsLog"},
    {Mutant::kUncleanByDefault, "last_one_standing", "UncleanElectionAllowed"},
    {Mutant::kPurgatoryNeverTimesOut, "unreachable_client", "ProduceAnsweredInTime"},
    {Mutant::kParkedProduceSurvivesDemotion, "parked_at_former_leader", "DemotionAnswersParked"},
    {Mutant::kRetryWithoutBackoffEpoch, "answer_lost", "NoDuplicateWithIdempotence"},
    {Mutant::kReorderOnRetry, "answer_lost", "RequeuedInOrder"},
    {Mutant::kNoMetadataRefresh, "clients_find_the_leader", "ErrorAsksForMetadata"},
    {Mutant::kDeliveryTimeoutIgnored, "partition_offline_long", "OldBatchIsFinal"},
    {Mutant::kCommitBeforeProcessing, "traffic", "CommittedIsProcessed"},
    {Mutant::kConsumerSkipsOnFailover, "leader_dies", "TruncationTakesBack"},
    {Mutant::kAlterPartitionTwice, "min_isr", "OneIsrChangeInFlight"},
    {Mutant::kStaleMetadataAccepted, "slow_metadata", "PartitionEpochNeverDecreases"},
    {Mutant::kActOnReplay, "role_change_before_high_watermark", "I4 RoleEpochNeverDecreases"},
    {Mutant::kFetchUpdatesBeforeRead, "two_records", "expect facts.FollowerHighWatermark"},
    {Mutant::kNoCheckpoint, "leader_dies", "CheckpointIsRecent"},
    {Mutant::kSocketTakesEverything, "frozen_broker", "expect lost"},
    {Mutant::kUnnotedTruncation, "acks1_leader_dies", "FactsMatchLogs"},
};

}  // namespace ackident
