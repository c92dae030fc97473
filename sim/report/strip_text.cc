// The words of the strip chart: what each kind of transition says.
#include <fmt/format.h>

#include "drive/words.h"
#include "report/strip.h"

namespace ackident {

namespace {

std::string error_text(std::int64_t code) {
  return std::string(error_name(static_cast<ErrorCode>(code)));
}

StripText log_text(const Fact& fact) {
  switch (fact.kind) {
    case FactKind::kTruncated:
      return {'%', fmt::format("truncates {} -> {}{}", fact.b, fact.a,
                               fact.a < fact.c ? ", below its hw" : "")};
    case FactKind::kTailLost:
      return {'%', fact.a == fact.b
                       ? std::string("loses nothing: all was flushed")
                       : fmt::format("loses its unflushed tail {} -> {}", fact.b, fact.a)};
    case FactKind::kLogWiped: return {'%', fmt::format("empty disk, had {} records", fact.b)};
    case FactKind::kHighWatermarkLoaded:
      return {'^', fmt::format("loads its log: hw {}, leo {}", fact.a, fact.b)};
    default: return {};
  }
}

StripText role_text(const Scenario& scenario, const Fact& fact) {
  const std::string peer = node_text(scenario, fact.peer);
  switch (fact.kind) {
    case FactKind::kBecameLeader: return {'*', fmt::format("leads in epoch {}", fact.c)};
    case FactKind::kBecameFollower:
      return {'>', fmt::format("follows {} in epoch {}", peer, fact.c)};
    case FactKind::kWentOffline: return {'o', "knows no leader"};
    case FactKind::kIsrProposed: {
      const std::string who = fact.b - fact.a > 1 ? fmt::format("{} leave", fact.b - fact.a)
                                                  : peer + (fact.a < fact.b ? " leaves" : " joins");
      return {'?', fmt::format("asks for an ISR of {} instead of {}: {}", fact.a, fact.b, who)};
    }
    case FactKind::kIsrRejected: return {'x', "ISR change refused: " + error_text(fact.a)};
    default: return {};
  }
}

StripText truth_text(const Scenario& scenario, const Fact& fact) {
  const std::string peer = node_text(scenario, fact.peer);
  switch (fact.kind) {
    case FactKind::kPartitionChanged:
      if (fact.peer != kNoNode) return {};  // the election or the ISR change says it
      return {'o', "no eligible leader: offline"};
    case FactKind::kLeaderElected: {
      if (fact.peer == kNoNode) return {};
      const char* how = fact.c == 1 ? " (preferred)" : "";
      if (fact.b == 1) how = " (UNCLEAN)";
      return {'*', fmt::format("elects {}, epoch {}{}", peer, fact.a, how)};
    }
    case FactKind::kIsrChanged: {
      const bool leaves = fact.a < fact.b;
      return {leaves ? '-' : '+', fmt::format("ISR {} -> {}: {} {}", fact.b, fact.a, peer,
                                              leaves ? "leaves" : "joins")};
    }
    case FactKind::kBrokerRegistered:
      return {'+', fmt::format("registers {}, broker epoch {}", peer, fact.a)};
    case FactKind::kBrokerFenced: return {'x', "fences " + peer};
    case FactKind::kBrokerUnfenced: return {'+', "unfences " + peer};
    case FactKind::kControlledShutdown: return {'v', "moves leaderships away from " + peer};
    case FactKind::kTopicConfigChanged: {
      const auto& names = scenario.setup.names.topics;
      const auto topic = static_cast<std::size_t>(fact.a);
      return {'=', fmt::format("{}: min.insync.replicas={}, unclean.leader.election.enable={}",
                               topic < names.size() ? names[topic] : "topic", fact.b, fact.c != 0)};
    }
    default: return {};
  }
}

StripText client_text(const Fact& fact) {
  switch (fact.kind) {
    case FactKind::kProduceRejected: return {'x', "first refusal with " + error_text(fact.a)};
    case FactKind::kDuplicateDetected:
      return {'=', fmt::format("duplicate of batch {}, first at offset {}", fact.b, fact.a)};
    case FactKind::kFailed:
      return {'x', fmt::format("first records failed with {}", error_text(fact.b))};
    case FactKind::kRetried: return {'r', fmt::format("first retry after {}", error_text(fact.b))};
    case FactKind::kProducerEpochBumped:
      if (fact.a < 0) return {'=', "gives up its producer id"};
      return {'=', fmt::format("producer epoch {}", fact.a)};
    case FactKind::kSendBlocked:
      return {'b', fact.a == 1 ? "send() blocks: buffer.memory is full" : "send() goes on"};
    case FactKind::kPositionReset: {
      const char* why = "no commit";
      if (fact.c == 1) why = "out of range";
      if (fact.c == 2) why = "truncation";
      return {'r', fmt::format("position {} -> {}: {}", fact.b, fact.a, why)};
    }
    default: return {};
  }
}

StripText process_text(const Fact& fact) {
  switch (fact.kind) {
    case FactKind::kStarted: return {'^', fact.b == 1 ? "starts, was shut down cleanly" : "starts"};
    case FactKind::kKilled:
      if (fact.a == 0) return {'!', "killed"};
      return {'!', fact.a == 1 ? "power lost" : "exits"};
    case FactKind::kFrozen: return {'~', "frozen"};
    case FactKind::kResumed: return {'~', "moves again"};
    case FactKind::kShutdownBegan: return {'v', "SIGTERM"};
    default: return {};
  }
}

}  // namespace

std::string fault_words(const Scenario& scenario, std::size_t fault) {
  const auto& faults = scenario.setup.faults;
  std::string text(fault < faults.size() ? fault_action_name(faults[fault].action) : "fault");
  const std::string target = fault_text(scenario, fault).target;
  if (!target.empty()) text += " " + target;
  return text;
}

StripText strip_text(const Scenario& scenario, const Fact& fact) {
  switch (fact.kind) {
    case FactKind::kTruncated:
    case FactKind::kTailLost:
    case FactKind::kLogWiped:
    case FactKind::kHighWatermarkLoaded: return log_text(fact);
    case FactKind::kBecameLeader:
    case FactKind::kBecameFollower:
    case FactKind::kWentOffline:
    case FactKind::kIsrProposed:
    case FactKind::kIsrRejected: return role_text(scenario, fact);
    case FactKind::kPartitionChanged:
    case FactKind::kLeaderElected:
    case FactKind::kIsrChanged:
    case FactKind::kBrokerRegistered:
    case FactKind::kBrokerFenced:
    case FactKind::kBrokerUnfenced:
    case FactKind::kControlledShutdown:
    case FactKind::kTopicConfigChanged: return truth_text(scenario, fact);
    case FactKind::kProduceRejected:
    case FactKind::kDuplicateDetected:
    case FactKind::kFailed:
    case FactKind::kRetried:
    case FactKind::kProducerEpochBumped:
    case FactKind::kSendBlocked:
    case FactKind::kPositionReset: return client_text(fact);
    case FactKind::kStarted:
    case FactKind::kKilled:
    case FactKind::kFrozen:
    case FactKind::kResumed:
    case FactKind::kShutdownBegan: return process_text(fact);
    case FactKind::kFaultFired: {
      const auto index = static_cast<std::size_t>(fact.a);
      std::string text = fault_words(scenario, index);
      const std::string note = fault_text(scenario, index).note;
      if (fact.b != 1) text += " (changes nothing)";
      if (!note.empty()) text += ": " + note;
      return {'@', text};
    }
    case FactKind::kFaultsHealed: return {'@', "faults end, all is healed"};
    default: return {};
  }
}

}  // namespace ackident
