#include "drive/metric_recorder.h"

#include <algorithm>

namespace ackident {

namespace {

enum class Form : std::uint8_t { kGauge, kMeter, kMaximum };

struct MetricInfo {
  std::string_view name;  // as JMX shows it
  std::string_view unit;
  Form form{};
};

constexpr std::array<MetricInfo, static_cast<std::size_t>(Metric::kCount)> kMetrics = {{
    {"UnderReplicatedPartitions", "count", Form::kGauge},
    {"UnderMinIsrPartitionCount", "count", Form::kGauge},
    {"AtMinIsrPartitionCount", "count", Form::kGauge},
    {"OfflinePartitionsCount", "count", Form::kGauge},
    {"ActiveBrokerCount", "count", Form::kGauge},
    {"FencedBrokerCount", "count", Form::kGauge},
    {"IsrShrinksPerSec", "events/s", Form::kMeter},
    {"IsrExpandsPerSec", "events/s", Form::kMeter},
    {"LeaderElectionRateAndTimeMs", "events/s", Form::kMeter},
    {"UncleanLeaderElectionsPerSec", "events/s", Form::kMeter},
    {"MessagesInPerSec", "records/s", Form::kMeter},
    {"FailedProduceRequestsPerSec", "events/s", Form::kMeter},
    {"record-error-rate", "records/s", Form::kMeter},
    {"record-retry-rate", "records/s", Form::kMeter},
    {"records-lag-max", "records", Form::kMaximum},
}};

constexpr std::int64_t kSecond = 1'000'000'000;

double reported(const MetricInfo& info, std::int64_t sum, Duration length) {
  if (info.form == Form::kMaximum) return static_cast<double>(sum);
  if (length <= Duration()) return 0;
  const double scale = info.form == Form::kMeter ? static_cast<double>(kSecond) : 1.0;
  return static_cast<double>(sum) * scale / static_cast<double>(length.ns());
}

}  // namespace

void MetricRecorder::reset() {
  cells_ = {};
  now_ = kBefore;
  first_fault_ = kNever;
  last_fault_ = kNever;
  rolls_at_ = kNever;
}

void MetricRecorder::integrate_gauges(Instant at) {
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    if (kMetrics[i].form == Form::kGauge) integrate(cells_[i], at);
  }
}

void MetricRecorder::disturbed(Instant at, Instant until) {
  if (first_fault_ == kNever) {
    integrate_gauges(at);
    first_fault_ = at;
    last_fault_ = at;
    now_ = kAfter;
  }
  last_fault_ = std::max({last_fault_, at, until});
  rolls_at_ = last_fault_;
}

// What was counted as `after` so far turns out to have been before the end of the faults.
void MetricRecorder::roll() {
  integrate_gauges(rolls_at_);
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    std::int64_t& during = cells_[i].sums[kDuring];
    std::int64_t& after = cells_[i].sums[kAfter];
    during = kMetrics[i].form == Form::kMaximum ? std::max(during, after) : during + after;
    after = 0;
  }
  rolls_at_ = kNever;
}

void MetricRecorder::finish(Instant end, std::vector<MetricRow>& rows) {
  pass(end);
  integrate_gauges(end);
  if (rolls_at_ != kNever) {  // the run ended before the last fault was undone
    last_fault_ = rolls_at_ = end;
    roll();
  }
  const Instant from = std::min(first_fault_, end);
  const Instant to = std::min(last_fault_, end);
  rows.clear();
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const MetricInfo& info = kMetrics[i];
    const auto& sums = cells_[i].sums;
    MetricRow row;
    row.name = info.name;
    row.unit = info.unit;
    row.before = reported(info, sums[kBefore], from - Instant());
    row.during = reported(info, sums[kDuring], to - from);
    row.after = reported(info, sums[kAfter], end - to);
    rows.push_back(row);
  }
}

}  // namespace ackident
