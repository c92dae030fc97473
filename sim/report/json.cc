#include "report/json.h"

#include <fmt/format.h>

#include "drive/words.h"
#include "report/json_writer.h"

namespace ackident {

namespace {

using Layout = JsonWriter::Layout;

class Report {
 public:
  Report(const Scenario& scenario, const RunResult& result)
      : scenario_(scenario), result_(result) {}

  std::string write() {
    json_.begin_object();
    identity();
    run();
    totals();
    expectations();
    lost();
    violations();
    faults();
    partitions();
    producers();
    groups();
    metrics();
    fact_counts();
    json_.end();
    return json_.take();
  }

 private:
  void identity();
  void run();
  void totals();
  void outcome(const Totals& totals, Layout layout);
  void expectations();
  void lost();
  void violations();
  void faults();
  void partitions();
  void partition(PartitionId id);
  void point(const PartitionPoint& point);
  void producers();
  void groups();
  void group(std::size_t index);
  void metrics();
  void fact_counts();

  // "x_ns": the number; null if it never came.
  void instant(std::string_view name, Instant at) {
    at == kNever ? json_.member_null(name) : json_.member(name, at.ns());
  }
  // "x_ns": the number, and "x": the same for people.
  void length(const std::string& name, Duration duration) {
    json_.member(name + "_ns", duration.ns());
    json_.member(name, duration_text(duration));
  }
  // Event 0 is the formed cluster: nothing goes wrong in it.
  void event(std::string_view name, EventId id) {
    id == EventId() ? json_.member_null(name) : json_.member(name, id.value());
  }
  void node(std::string_view name, NodeId id) {
    id == kNoNode ? json_.member_null(name) : json_.member(name, node_text(scenario_, id));
  }
  void offset(std::string_view name, Offset value) {
    value == kNoOffset ? json_.member_null(name) : json_.member(name, value.value());
  }
  void partition_name(PartitionId id) {
    id == kNoPartition ? json_.member_null("partition")
                       : json_.member("partition", partition_text(scenario_, id));
  }
  void nodes(std::string_view name, const ReplicaList& list) {
    json_.begin_array(name, Layout::kOneLine);
    for (const NodeId id : list) json_.value(node_text(scenario_, id));
    json_.end();
  }
  void windows(std::string_view name, const std::vector<Window>& list) {
    json_.begin_array(name);
    for (const Window& window : list) {
      json_.begin_object(Layout::kOneLine);
      json_.member("from_ns", window.from.ns());
      json_.member("to_ns", window.to.ns());
      json_.end();
    }
    json_.end();
  }

  const Scenario& scenario_;
  const RunResult& result_;
  JsonWriter json_;
};

void Report::identity() {
  json_.member("format", "ackident.report/1");
  json_.begin_object("identity");
  json_.member("scenario", scenario_.name);
  json_.member("kafka", version_name(scenario_.version));
  json_.member("seed", result_.seed);
  json_.member("digest", fmt::format("{:016x}", result_.digest));
  json_.end();
  json_.begin_object("scenario");
  json_.member("title", scenario_.title);
  json_.member("doc", scenario_.doc);
  json_.begin_array("cases", Layout::kOneLine);
  for (const std::string& name : scenario_.cases) json_.value(name);
  json_.end();
  json_.begin_array("warnings");
  for (const std::string& warning : scenario_.warnings) json_.value(warning);
  json_.end();
  json_.end();
}

void Report::run() {
  json_.member("verdict", verdict_name(result_.verdict));
  json_.begin_object("run");
  json_.member("events", result_.events);
  json_.member("faults_until_ns", scenario_.setup.duration.ns());
  instant("settled_ns", result_.settled);
  json_.member("end_ns", result_.end.ns());
  json_.member("end", duration_text(result_.end - Instant()));
  json_.member("bounds_hit", result_.bounds_hit);
  json_.member("cut_short", result_.cut_short);
  json_.member("unsettled", result_.unsettled);
  json_.end();
}

void Report::outcome(const Totals& totals, Layout layout) {
  json_.begin_object("totals", layout);
  json_.member("sent", totals.sent);
  json_.member("acked", totals.acked);
  json_.member("lost", totals.lost);
  json_.member("stranded", totals.stranded);
  json_.member("under_way", totals.under_way);
  json_.member("failed", totals.failed);
  json_.member("failed_but_present", totals.failed_but_present);
  json_.member("unknown", totals.unknown);
  json_.member("duplicated", totals.duplicated);
  json_.member("reordered", totals.reordered);
  json_.end();
}

void Report::totals() { outcome(result_.totals, Layout::kLines); }

void Report::expectations() {
  json_.begin_array("expectations");
  for (std::size_t i = 0; i < result_.expectations.size(); ++i) {
    const ExpectationResult& seen = result_.expectations[i];
    const Expectation& wanted = scenario_.expect[i];
    json_.begin_object();
    json_.member("name", wanted.name);
    json_.member("verdict", verdict_name(seen.verdict));
    json_.member("expected", seen.expected);
    json_.member("seen", seen.seen);
    json_.member("pointer", wanted.pointer);
    json_.member("line", wanted.line);
    instant("at_ns", seen.parted.at);
    event("event", seen.parted.event);
    json_.end();
  }
  json_.end();
}

void Report::lost() {
  json_.begin_array("lost");
  for (const LostRecord& record : result_.lost) {
    json_.begin_object(Layout::kOneLine);
    node("producer", record.producer);
    json_.member("record", record.record);
    partition_name(record.partition);
    offset("offset", record.offset);
    json_.member("leader_epoch", record.epoch.value());
    json_.member("sent_ns", record.sent.ns());
    json_.member("acked_ns", record.acked.ns());
    json_.member("how", copy_end_name(record.how));
    node("last_holder", record.last_holder);
    instant("gone_ns", record.gone);
    event("event", record.event);
    json_.end();
  }
  json_.end();
  const std::uint64_t listed = result_.lost.size();
  json_.member("lost_omitted", result_.totals.lost > listed ? result_.totals.lost - listed : 0);
}

void Report::violations() {
  json_.begin_array("violations");
  for (const InvariantViolation& violation : result_.violations) {
    json_.begin_object();
    json_.member("invariant", violation.invariant);
    json_.member("permitted", violation.permitted);
    json_.member("text", violation.text);
    json_.member("at_ns", violation.at.ns());
    json_.member("event", violation.event.value());
    partition_name(violation.partition);
    node("node", violation.node);
    json_.end();
  }
  json_.end();
}

void Report::faults() {
  json_.begin_array("faults");
  for (std::size_t i = 0; i < result_.faults.size(); ++i) {
    const FaultResult& fault = result_.faults[i];
    json_.begin_object(Layout::kOneLine);
    json_.member("action", fault_action_name(scenario_.setup.faults[i].action));
    const FaultText text = fault_text(scenario_, i);
    json_.member("target", text.target);
    json_.member("note", text.note);
    json_.member("line", scenario_.setup.faults[i].line);
    json_.member("fired", fault.fired);
    json_.member("bit", fault.bit);
    json_.begin_array("times_ns");
    for (const Instant at : fault.times) json_.value(at.ns());
    json_.end();
    json_.end();
  }
  json_.end();
}

void Report::point(const PartitionPoint& point) {
  json_.begin_object(Layout::kOneLine);
  json_.member("at_ns", point.at.ns());
  json_.member("event", point.event.value());
  node("leader", point.leader);
  json_.member("leader_epoch", point.leader_epoch.value());
  nodes("isr", point.isr);
  offset("high_watermark", point.high_watermark);
  json_.begin_array("log_ends");
  for (const Offset end : point.log_ends) json_.value(end.value());
  json_.end();
  json_.end();
}

void Report::partition(PartitionId id) {
  const PartitionResult& partition = result_.partitions[id.value()];
  json_.begin_object();
  partition_name(id);
  nodes("replicas", scenario_.setup.composition.assignment[id.value()]);
  json_.member("lost", partition.lost);
  json_.member("stranded", partition.stranded);
  length("no_writes_total", partition.no_writes_total);
  length("no_reads_total", partition.no_reads_total);
  length("under_replicated", partition.under_replicated);
  length("under_min_isr", partition.under_min_isr);
  length("offline", partition.offline);
  windows("no_writes", partition.no_writes);
  windows("no_reads", partition.no_reads);
  json_.begin_array("timeline");
  for (const PartitionPoint& item : partition.timeline) point(item);
  json_.end();
  json_.member("timeline_truncated", partition.timeline_truncated);
  json_.end();
}

void Report::partitions() {
  json_.begin_array("partitions");
  for (std::uint32_t i = 0; i < result_.partitions.size(); ++i) partition(PartitionId(i));
  json_.end();
}

void Report::producers() {
  json_.begin_array("producers");
  for (std::size_t i = 0; i < result_.producers.size(); ++i) {
    const ProducerResult& producer = result_.producers[i];
    json_.begin_object();
    node("producer", scenario_.setup.composition.producers[i].node);
    outcome(producer.totals, Layout::kOneLine);
    json_.member("retries", producer.retries);
    json_.member("send_blocked", producer.send_blocked);
    json_.member("send_blocked_ns", producer.send_blocked_total.ns());
    json_.begin_array("errors");
    for (const ErrorCount& error : producer.errors) {
      json_.begin_object(Layout::kOneLine);
      json_.member("error", error_name(error.code));
      json_.member("batches", error.batches);
      json_.member("failed_records", error.failed_records);
      json_.end();
    }
    json_.end();
    const Quantiles& latency = producer.latency;
    json_.begin_object("latency", Layout::kOneLine);
    json_.member("count", latency.count);
    json_.member("p50_ns", latency.p50.ns());
    json_.member("p90_ns", latency.p90.ns());
    json_.member("p99_ns", latency.p99.ns());
    json_.member("p999_ns", latency.p999.ns());
    json_.member("max_ns", latency.max.ns());
    json_.end();
    json_.end();
  }
  json_.end();
}

void Report::group(std::size_t index) {
  const GroupResult& group = result_.groups[index];
  const auto& names = scenario_.setup.names.groups;
  json_.begin_object();
  json_.member("group", index < names.size() ? names[index] : fmt::format("group {}", index));
  json_.member("delivered", group.delivered);
  json_.member("delivered_twice", group.delivered_twice);
  json_.member("skipped", group.skipped);
  json_.member("lag_peak", group.lag_peak);
  json_.member("lag_peak_at_ns", group.lag_peak_at.ns());
  length("time_lag_peak", group.time_lag_peak);
  if (group.recovery == kForever) {
    json_.member_null("recovery_ns");
    json_.member("recovery", "not within the run");
  } else {
    length("recovery", group.recovery);
  }
  if (group.recovered_at < kNever) {
    json_.member("recovered_at_ns", group.recovered_at.ns());
  } else {
    json_.member_null("recovered_at_ns");
  }
  json_.begin_array("partitions");
  for (const GroupPartitionResult& part : group.partitions) {
    json_.begin_object(Layout::kOneLine);
    partition_name(part.partition);
    offset("committed", part.committed);
    offset("position", part.position);
    json_.member("lag_peak", part.lag_peak);
    json_.member("lag_peak_at_ns", part.lag_peak_at.ns());
    json_.member("lag_end", part.lag_end);
    json_.end();
  }
  json_.end();
  json_.begin_array("series");
  for (const LagPoint& point : group.series) {
    json_.begin_object(Layout::kOneLine);
    json_.member("at_ns", point.at.ns());
    json_.member("lag", point.records);
    json_.member("records_lag", point.position_records);
    json_.member("time_lag_ns", point.time.ns());
    json_.end();
  }
  json_.end();
  json_.end();
}

void Report::groups() {
  json_.begin_array("groups");
  for (std::size_t i = 0; i < result_.groups.size(); ++i) group(i);
  json_.end();
}

void Report::metrics() {
  json_.begin_object("metrics");
  for (const MetricRow& row : result_.metrics) {
    json_.begin_object(row.name, Layout::kOneLine);
    json_.member("unit", row.unit);
    json_.member("before", row.before);
    json_.member("during", row.during);
    json_.member("after", row.after);
    json_.end();
  }
  json_.end();
}

void Report::fact_counts() {
  json_.begin_object("fact_counts");
  for (std::size_t i = 0; i < result_.fact_counts.size(); ++i) {
    if (result_.fact_counts[i] == 0) continue;
    json_.member(fact_name(static_cast<FactKind>(i)), result_.fact_counts[i]);
  }
  json_.end();
}

}  // namespace

std::string report_json(const Scenario& scenario, const RunResult& result) {
  return Report(scenario, result).write();
}

}  // namespace ackident
