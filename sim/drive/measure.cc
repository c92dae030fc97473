#include "drive/measure.h"

#include <fmt/format.h>

#include "drive/words.h"

namespace ackident {

Measure measure_of(ExpectKind kind) {
  switch (kind) {
    case ExpectKind::kLost:
    case ExpectKind::kStranded:
    case ExpectKind::kFailed:
    case ExpectKind::kAcked:
    case ExpectKind::kSent:
    case ExpectKind::kDuplicated:
    case ExpectKind::kSkipped:
    case ExpectKind::kDeliveredTwice:
    case ExpectKind::kReordered:
    case ExpectKind::kLagPeak:
    case ExpectKind::kLagEnd: return Measure::kRecords;
    case ExpectKind::kWriteUnavailable:
    case ExpectKind::kReadUnavailable:
    case ExpectKind::kUnderReplicated:
    case ExpectKind::kUnderMinIsr:
    case ExpectKind::kLagRecovery:
    case ExpectKind::kProduceLatency: return Measure::kTime;
    default: return Measure::kNumber;
  }
}

std::string value_text(Measure measure, std::int64_t value) {
  switch (measure) {
    case Measure::kRecords: return counted(static_cast<std::uint64_t>(value), "record");
    case Measure::kTime: return duration_text(Duration(value));
    case Measure::kNumber: break;
  }
  return fmt::format("{}", value);
}

std::string bound_text(Measure measure, const Bound& bound) {
  if (bound.min && bound.max && *bound.min == *bound.max) {
    return "exactly " + value_text(measure, *bound.min);
  }
  if (bound.min && bound.max) {
    return fmt::format("from {} to {}", value_text(measure, *bound.min),
                       value_text(measure, *bound.max));
  }
  if (bound.min) return "at least " + value_text(measure, *bound.min);
  if (bound.max) return "at most " + value_text(measure, *bound.max);
  return "any value";
}

bool within(const Bound& bound, std::int64_t value) {
  return (!bound.min || value >= *bound.min) && (!bound.max || value <= *bound.max);
}

bool concerns(const Scenario& scenario, const Expectation& expectation, PartitionId partition) {
  if (expectation.partition != kNoPartition) return expectation.partition == partition;
  return expectation.topic < 0 ||
         scenario.setup.composition.topic_of[partition.value()].value() == expectation.topic;
}

bool concerns_producer(const Scenario& scenario, const Expectation& expectation,
                       std::size_t producer) {
  return expectation.topic < 0 ||
         scenario.setup.composition.producers[producer].workload.topic.value() == expectation.topic;
}

Totals totals_of(const Scenario& scenario, const RunResult& result,
                 const Expectation& expectation) {
  if (expectation.topic < 0) return result.totals;
  Totals sum;
  for (std::size_t i = 0; i < result.producers.size(); ++i) {
    if (!concerns_producer(scenario, expectation, i)) continue;
    const Totals& totals = result.producers[i].totals;
    sum.sent += totals.sent;
    sum.acked += totals.acked;
    sum.failed += totals.failed;
    sum.lost += totals.lost;
    sum.stranded += totals.stranded;
  }
  return sum;
}

namespace {

class Meter {
 public:
  Meter(const Scenario& scenario, const RunResult& result) : scenario_(scenario), result_(result) {}

  [[nodiscard]] Measured measure(const Expectation& expectation) const;

 private:
  [[nodiscard]] Measured over_partitions(const Expectation& expectation,
                                         Duration PartitionResult::*time) const;
  [[nodiscard]] Measured over_groups(const Expectation& expectation) const;
  [[nodiscard]] Measured latency(const Expectation& expectation) const;
  [[nodiscard]] std::int64_t count(const Expectation& expectation) const;

  const Scenario& scenario_;
  const RunResult& result_;
};

Measured Meter::over_partitions(const Expectation& expectation,
                                Duration PartitionResult::*time) const {
  Measured measured;
  for (std::uint32_t i = 0; i < result_.partitions.size(); ++i) {
    const PartitionId partition = PartitionId(i);
    if (!concerns(scenario_, expectation, partition)) continue;
    measured.offer((result_.partitions[i].*time).ns(),
                   " at " + partition_text(scenario_, partition));
  }
  return measured;
}

Measured Meter::over_groups(const Expectation& expectation) const {
  Measured measured;
  for (std::size_t g = 0; g < result_.groups.size(); ++g) {
    if (expectation.group >= 0 && static_cast<std::size_t>(expectation.group) != g) continue;
    const GroupResult& group = result_.groups[g];
    const auto& names = scenario_.setup.names.groups;
    const std::string whose = g < names.size() ? " in group " + names[g] : std::string();
    if (expectation.kind == ExpectKind::kLagPeak) {
      measured.offer(group.lag_peak, whose);
    } else if (expectation.kind == ExpectKind::kLagRecovery) {
      measured.offer(group.recovery.ns(), whose);
    } else {
      std::int64_t lag = 0;
      for (const GroupPartitionResult& part : group.partitions) lag += part.lag_end;
      measured.offer(lag, whose);
    }
  }
  return measured;
}

Measured Meter::latency(const Expectation& expectation) const {
  Measured measured;
  for (std::size_t i = 0; i < result_.producers.size(); ++i) {
    const Quantiles& latency = result_.producers[i].latency;
    if (latency.count == 0 || !concerns_producer(scenario_, expectation, i)) continue;
    const NodeId node = scenario_.setup.composition.producers[i].node;
    const std::string whose = " at " + node_text(scenario_, node);
    switch (expectation.quantile) {
      case 500: measured.offer(latency.p50.ns(), whose); break;
      case 900: measured.offer(latency.p90.ns(), whose); break;
      case 990: measured.offer(latency.p99.ns(), whose); break;
      case 999: measured.offer(latency.p999.ns(), whose); break;
      case 1000: measured.offer(latency.max.ns(), whose); break;
      default: break;
    }
  }
  return measured;
}

std::int64_t Meter::count(const Expectation& expectation) const {
  const Totals totals = totals_of(scenario_, result_, expectation);
  std::uint64_t sum = 0;
  switch (expectation.kind) {
    case ExpectKind::kLost: sum = totals.lost; break;
    case ExpectKind::kStranded: sum = totals.stranded; break;
    case ExpectKind::kFailed: sum = totals.failed; break;
    case ExpectKind::kAcked: sum = totals.acked; break;
    case ExpectKind::kSent: sum = totals.sent; break;
    case ExpectKind::kDuplicated: sum = totals.duplicated; break;
    case ExpectKind::kReordered: sum = totals.reordered; break;
    case ExpectKind::kSkipped:
      for (const GroupResult& group : result_.groups) sum += group.skipped;
      break;
    case ExpectKind::kDeliveredTwice:
      for (const GroupResult& group : result_.groups) sum += group.delivered_twice;
      break;
    case ExpectKind::kError:
      for (const ProducerResult& producer : result_.producers) {
        for (const ErrorCount& error : producer.errors) {
          if (error.code == expectation.error) sum += error.batches;
        }
      }
      break;
    case ExpectKind::kFactCount: {
      const auto kind = static_cast<std::size_t>(expectation.fact);
      if (kind < result_.fact_counts.size()) sum = result_.fact_counts[kind];
      break;
    }
    default: break;
  }
  return static_cast<std::int64_t>(sum);
}

Measured Meter::measure(const Expectation& expectation) const {
  const auto per_partition = [&](Duration PartitionResult::*time) {
    return over_partitions(expectation, time);
  };
  switch (expectation.kind) {
    case ExpectKind::kWriteUnavailable: return per_partition(&PartitionResult::no_writes_total);
    case ExpectKind::kReadUnavailable: return per_partition(&PartitionResult::no_reads_total);
    case ExpectKind::kUnderReplicated: return per_partition(&PartitionResult::under_replicated);
    case ExpectKind::kUnderMinIsr: return per_partition(&PartitionResult::under_min_isr);
    case ExpectKind::kLagPeak:
    case ExpectKind::kLagEnd:
    case ExpectKind::kLagRecovery: return over_groups(expectation);
    case ExpectKind::kProduceLatency: return latency(expectation);
    default: {
      Measured measured;
      measured.offer(count(expectation), "");
      return measured;
    }
  }
}

}  // namespace

Measured measure(const Scenario& scenario, const RunResult& result,
                 const Expectation& expectation) {
  return Meter(scenario, result).measure(expectation);
}

}  // namespace ackident
