// Mutants: guards of the protocol that a test may switch off, to show that an oracle, a case or an
// invariant notices. Never settable from a scenario. The comment of each names the guard and what
// must catch it; tests/mutants runs them all.
#pragma once

#include <bitset>
#include <cstdint>

namespace ackident {

enum class Mutant : std::uint8_t {
  kAckBeforeHighWatermark,      // acks=all answered at append (R2.5)
  kHwIgnoresMaximalIsr,         // HW over the committed ISR only (R4.2; E04)
  kHwIsLeaderEnd,               // HW := leader LEO at once (R3.19)
  kHwMayFall,                   // a leader's HW is set downwards too (R1.2)
  kNoLeaderEpochFencing,        // fetches with another epoch are served and counted (R3.6.2; D05)
  kIgnoreLastFetchedEpoch,      // a leader serves a follower whose log diverges (R3.24)
  kNoTruncation,                // a follower ignores a diverging answer (R3.25)
  kTruncateToHighWatermark,     // a modern follower truncates to its HW (R3.17; D01)
  kNewLeaderTruncates,          // a new leader cuts its log to its HW (R3.15; T14)
  kSkipMinIsrCheck,             // acks=all accepted under min.insync.replicas (R2.1.4)
  kMinIsrRejectsAcks1,          // min.insync.replicas applied to acks=1 (T3)
  kHwMovesUnderMinIsr,          // R3.20 off on >= 3.7 (T10)
  kElectOutsideIsr,             // clean election picks any live replica (R5.31)
  kElectStranger,               // an unclean leader may be no replica at all (R5.31)
  kUncleanKeepsIsr,             // an unclean leader leaves the ISR as it was (R5.32)
  kElectLongestLog,             // election by log length (T13); needs a peek, so: last in list
  kNoLeaderEpochBump,           // an election keeps the leader epoch (R5.32)
  kEmptyIsr,                    // the last ISR member is removed too (R5.30; T19)
  kSkipIneligibleCheck,         // AlterPartition accepts fenced members (R4.10.8; E05)
  kSkipPartitionEpochCheck,     // AlterPartition accepts stale partition epochs (R4.10.6; V14)
  kExpandAtAnyOffset,           // a follower joins the ISR far behind (R4.5; D04)
  kExpandBelowEpochStart,       // R4.5 without the epoch-start rule (KAFKA-7128; D04)
  kShrinkByOffset,              // lag judged by LEO equality (T8; E01)
  kNeverShrink,                 // lagging followers stay (R4.4)
  kHwCountsEmptyFollower,       // unknown LEO does not block the HW (R3.19)
  kFollowerHwUnbounded,         // follower HW := leader's HW, whatever its own LEO (R1.1, R3.22)
  kFollowerHwIsOwnEnd,          // follower HW := its LEO (R3.22)
  kServeAboveHighWatermark,     // consumers read to LEO (C4.13)
  kSkipSequenceCheck,           // no idempotence on the leader (R2.15)
  kForgetProducerStateOnFailover,  // new leader knows no producers (C2.17)
  kAcceptOutOfOrder,            // gaps in sequences accepted (C2.15)
  kFencedStaysInIsr,            // fencing leaves the ISR alone (R5.27)
  kNeverFence,                  // sessions do not expire (R5.24)
  kUnfenceBeforeCaughtUp,       // unfenced at registration (R5.26)
  kRegisterDuringSession,       // a second incarnation registers at once (R5.19)
  kSigkillLosesPageCache,       // SIGKILL treated as power loss (T23)
  kPowerLossKeepsAll,           // power loss treated as SIGKILL (G01)
  kRestartTruncatesToCheckpoint,  // restart cuts to the checkpointed HW (T15; V11)
  kUncleanByDefault,            // unclean election although off (R5.35)
  kPurgatoryNeverTimesOut,      // parked produces wait for ever (R2.9)
  kParkedProduceSurvivesDemotion,  // parked produces not failed on demotion (R2.14; A06)
  kRetryWithoutBackoffEpoch,    // producer retries get a new sequence (C2.3)
  kReorderOnRetry,              // idempotent requeue at the front, unsorted (C1.32)
  kNoMetadataRefresh,           // client never refreshes on errors (C0.10)
  kDeliveryTimeoutIgnored,      // batches never expire (C1.30)
  kCommitBeforeProcessing,      // consumer commits what it has not processed (C6.10)
  kConsumerSkipsOnFailover,     // consumer resets to the end on a leader change (C4.20)
  kAlterPartitionTwice,         // a second change while one is in flight (R4.1; E03)
  kStaleMetadataAccepted,       // brokers apply older partition epochs (R3.13)
  kActOnReplay,                 // a starting broker acts on each record of the past (R6.1)
  kFetchUpdatesBeforeRead,      // response carries the new HW at once (R3.7)
  kNoCheckpoint,                // HW never checkpointed (R1.16)
  kSocketTakesEverything,       // a silent host's sockets are never full (C1.36)
  kUnnotedTruncation,           // no fact tells of a truncation: a guard of the model's own
  kCount
};

using MutantSet = std::bitset<static_cast<std::size_t>(Mutant::kCount)>;

}  // namespace ackident
