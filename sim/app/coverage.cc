#include "app/coverage.h"

#include <fmt/format.h>

#include "drive/words.h"

namespace ackident {
namespace {

constexpr std::string_view kElections[] = {"clean", "preferred", "unclean"};
constexpr std::string_view kResets[] = {"no commit", "out of range", "truncation", "refused"};
constexpr std::string_view kEnds[] = {"SIGKILL", "power loss", "exit"};

// What the model can answer or raise, by who hears of it.
constexpr ErrorCode kOfBatches[] = {ErrorCode::kUnknownTopicOrPartition,
                                    ErrorCode::kNotLeaderOrFollower,
                                    ErrorCode::kRequestTimedOut,
                                    ErrorCode::kMessageTooLarge,
                                    ErrorCode::kNetworkException,
                                    ErrorCode::kNotEnoughReplicas,
                                    ErrorCode::kNotEnoughReplicasAfterAppend,
                                    ErrorCode::kOutOfOrderSequenceNumber,
                                    ErrorCode::kInvalidProducerEpoch,
                                    ErrorCode::kTimeout,
                                    ErrorCode::kRecordTooLarge,
                                    ErrorCode::kBufferExhausted};
constexpr ErrorCode kOfProposals[] = {ErrorCode::kFencedLeaderEpoch,
                                      ErrorCode::kInvalidUpdateVersion, ErrorCode::kInvalidRequest,
                                      ErrorCode::kIneligibleReplica};

std::string name_of(std::string_view group, std::string_view mark) {
  return fmt::format("{} {}", group, mark);
}

// Every mark there is, but for the kinds of facts.
std::vector<std::string> all_marks() {
  std::vector<std::string> all;
  for (const ErrorCode code : kOfBatches) all.push_back(name_of("batch", error_name(code)));
  for (const ErrorCode code : kOfProposals) all.push_back(name_of("proposal", error_name(code)));
  for (const std::string_view kind : kElections) all.push_back(name_of("election", kind));
  for (const std::string_view reason : kResets) all.push_back(name_of("reset", reason));
  for (const std::string_view end : kEnds) all.push_back(name_of("end", end));
  all.push_back(name_of("truncation", "below the high watermark"));
  all.push_back(name_of("high watermark", "falls"));
  all.push_back(name_of("start", "unclean"));
  for (int i = 0; i <= static_cast<int>(FaultAction::kSetProcessing); ++i) {
    all.push_back(name_of("fault", fault_action_name(static_cast<FaultAction>(i))));
  }
  return all;
}

template <std::size_t kSize>
std::string_view at(const std::string_view (&names)[kSize], std::int64_t index) {
  return names[static_cast<std::size_t>(index)];
}

}  // namespace

void Coverage::reach(std::string_view group, std::string_view mark) {
  ++marks_[name_of(group, mark)];
}

void Coverage::on_fact(void* context, Instant, EventId, EventId, const Fact& fact) {
  Coverage& self = *static_cast<Coverage*>(context);
  switch (fact.kind) {
    case FactKind::kProduceRejected:
    case FactKind::kProduceAnswered: ++self.errors_[static_cast<ErrorCode>(fact.a)]; break;
    case FactKind::kFailed:
    case FactKind::kRetried: ++self.errors_[static_cast<ErrorCode>(fact.b)]; break;
    case FactKind::kIsrRejected:
      self.reach("proposal", error_name(static_cast<ErrorCode>(fact.a)));
      break;
    case FactKind::kLeaderElected: self.reach("election", at(kElections, fact.c)); break;
    case FactKind::kPositionReset: self.reach("reset", at(kResets, fact.c)); break;
    case FactKind::kKilled: self.reach("end", at(kEnds, fact.a)); break;
    case FactKind::kTruncated:
      if (fact.a < fact.c) self.reach("truncation", "below the high watermark");
      break;
    case FactKind::kFollowerHighWatermark:
      if (fact.b < fact.a) self.reach("high watermark", "falls");
      break;
    case FactKind::kStarted:
      if (fact.b == 0) self.reach("start", "unclean");
      break;
    default: break;
  }
}

void Coverage::add_run(const Scenario& scenario, const RunResult& result) {
  for (std::size_t i = 0; i < result.fact_counts.size(); ++i) facts_[i] += result.fact_counts[i];
  for (std::size_t i = 0; i < result.faults.size(); ++i) {
    if (!result.faults[i].bit) continue;
    ++faults_bit_;
    reach("fault", fault_action_name(scenario.setup.faults[i].action));
  }
  events_ += result.events;
  acked_ += result.totals.acked;
  lost_ += result.totals.lost;
  settled_ += result.settled < kNever ? 1 : 0;
}

void Coverage::add(const Coverage& other) {
  for (std::size_t i = 0; i < facts_.size(); ++i) facts_[i] += other.facts_[i];
  for (const auto& [code, count] : other.errors_) errors_[code] += count;
  for (const auto& [mark, count] : other.marks_) marks_[mark] += count;
  events_ += other.events_;
  faults_bit_ += other.faults_bit_;
  acked_ += other.acked_;
  lost_ += other.lost_;
  settled_ += other.settled_;
}

std::string Coverage::counts_text() const {
  return fmt::format("{} settled; {}, {} that bit, {} acked, {} lost", settled_,
                     counted(events_, "event"), counted(faults_bit_, "fault"),
                     counted(acked_, "record"), lost_);
}

std::string Coverage::marks_text() const {
  std::map<std::string, std::uint64_t> reached = marks_;
  for (const auto& [code, count] : errors_) reached[name_of("batch", error_name(code))] += count;
  std::string text = "errors seen:";
  bool any = false;
  for (const auto& [code, count] : errors_) {
    if (code == ErrorCode::kNone) continue;
    text += fmt::format(" {} {}", error_name(code), count);
    any = true;
  }
  if (!any) text += " none";
  std::string facts;
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    if (facts_[i] == 0) facts += fmt::format(" {}", fact_name(static_cast<FactKind>(i)));
  }
  std::string never;
  std::size_t known = 0;
  std::size_t missed = 0;
  for (const std::string& mark : all_marks()) {
    ++known;
    if (reached.contains(mark)) continue;
    never += fmt::format("{}{}", missed++ == 0 ? " " : ", ", mark);
  }
  return fmt::format("{}\nfacts never seen:{}\nmarks never reached, of {}:{}\n", text,
                     facts.empty() ? " none" : facts, known, never.empty() ? " none" : never);
}

}  // namespace ackident
