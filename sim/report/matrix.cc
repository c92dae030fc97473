#include "report/matrix.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "report/json_writer.h"

namespace ackident {

namespace {

// In JSON and CSV.
constexpr std::array<std::string_view, kMatrixMeasures> kKeys = {"lost", "stranded", "no_writes_ns",
                                                                 "latency_p99_ns", "lag_peak"};

using Row = std::vector<std::string>;

std::int64_t mean(const MatrixValue& value) {
  const auto count = static_cast<std::int64_t>(value.count);
  return count == 0 ? 0 : (value.sum + count / 2) / count;
}

// RFC 4180.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string csv_row(const Row& row) {
  std::string text;
  for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : ",") + csv_field(row[i]);
  return text + "\r\n";
}

void write_entry(const MatrixEntry& entry, const std::string& scenario, JsonWriter& json) {
  json.begin_object(JsonWriter::Layout::kOneLine);
  json.member("scenario", scenario);
  if (!entry.impossible.empty()) {
    json.member("impossible", entry.impossible);
  } else {
    json.member("runs", entry.runs);
    json.member("unsettled", entry.unsettled);
    for (std::size_t m = 0; m < kMatrixMeasures; ++m) {
      const MatrixValue& value = entry.values[m];
      json.begin_object(kKeys[m], JsonWriter::Layout::kOneLine);
      if (value.count > 0) {
        json.member("worst", value.worst);
        json.member("mean", mean(value));
      }
      json.end();
    }
  }
  json.end();
}

}  // namespace

void MatrixValue::add(std::int64_t value) { merge({value, value, 1}); }

void MatrixValue::merge(const MatrixValue& other) {
  if (other.count == 0) return;
  worst = count == 0 ? other.worst : std::max(worst, other.worst);
  sum += other.sum;
  count += other.count;
}

void MatrixEntry::add(const RunResult& result) {
  const auto value = [&](MatrixMeasure measure) -> MatrixValue& {
    return values[static_cast<std::size_t>(measure)];
  };
  ++runs;
  if (result.bounds_hit) ++unsettled;
  value(MatrixMeasure::kLost).add(static_cast<std::int64_t>(result.totals.lost));
  value(MatrixMeasure::kStranded).add(static_cast<std::int64_t>(result.totals.stranded));
  Duration no_writes;
  for (const PartitionResult& partition : result.partitions) {
    no_writes = std::max(no_writes, partition.no_writes_total);
  }
  value(MatrixMeasure::kNoWrites).add(no_writes.ns());
  std::uint64_t acked = 0;
  Duration p99;
  for (const ProducerResult& producer : result.producers) {
    acked += producer.latency.count;
    p99 = std::max(p99, producer.latency.p99);
  }
  if (acked > 0) value(MatrixMeasure::kLatency).add(p99.ns());
  std::int64_t lag = 0;
  for (const GroupResult& group : result.groups) lag = std::max(lag, group.lag_peak);
  if (!result.groups.empty()) value(MatrixMeasure::kLag).add(lag);
}

void MatrixEntry::merge(const MatrixEntry& other) {
  runs += other.runs;
  unsettled += other.unsettled;
  for (std::size_t m = 0; m < kMatrixMeasures; ++m) values[m].merge(other.values[m]);
}

std::size_t Matrix::cells() const {
  std::size_t count = 1;
  for (const MatrixAxis& axis : axes) count *= axis.values.size();
  return count;
}

std::vector<std::string> Matrix::cell(std::size_t number) const {
  SIM_CHECK(number < cells());
  std::vector<std::string> values(axes.size());
  for (std::size_t i = axes.size(); i-- > 0;) {
    values[i] = axes[i].values[number % axes[i].values.size()];
    number /= axes[i].values.size();
  }
  return values;
}

std::string matrix_csv(const Matrix& matrix) {
  Row head;
  for (const MatrixAxis& axis : matrix.axes) head.push_back(axis.key);
  head.insert(head.end(), {"scenario", "impossible", "runs", "unsettled"});
  for (const std::string_view key : kKeys) {
    head.push_back(fmt::format("{}_worst", key));
    head.push_back(fmt::format("{}_mean", key));
  }
  std::string text = csv_row(head);
  for (std::size_t c = 0; c < matrix.cells(); ++c) {
    for (std::size_t s = 0; s < matrix.scenarios.size(); ++s) {
      const MatrixEntry& entry = matrix.at(c, s);
      Row row = matrix.cell(c);
      row.insert(row.end(), {matrix.scenarios[s], entry.impossible, fmt::format("{}", entry.runs),
                             fmt::format("{}", entry.unsettled)});
      for (const MatrixValue& value : entry.values) {
        row.push_back(value.count == 0 ? "" : fmt::format("{}", value.worst));
        row.push_back(value.count == 0 ? "" : fmt::format("{}", mean(value)));
      }
      text += csv_row(row);
    }
  }
  return text;
}

std::string matrix_json(const Matrix& matrix) {
  JsonWriter json;
  json.begin_object();
  if (!matrix.seeds.empty()) json.member("seeds", matrix.seeds);
  json.begin_array("scenarios");
  for (std::size_t s = 0; s < matrix.scenarios.size(); ++s) {
    json.begin_object(JsonWriter::Layout::kOneLine);
    json.member("scenario", matrix.scenarios[s]);
    json.member("title", matrix.titles[s]);
    json.end();
  }
  json.end();
  json.begin_array("cells");
  for (std::size_t c = 0; c < matrix.cells(); ++c) {
    json.begin_object();
    json.begin_object("settings", JsonWriter::Layout::kOneLine);
    const std::vector<std::string> values = matrix.cell(c);
    for (std::size_t i = 0; i < values.size(); ++i) json.member(matrix.axes[i].key, values[i]);
    json.end();
    json.begin_array("results");
    for (std::size_t s = 0; s < matrix.scenarios.size(); ++s) {
      write_entry(matrix.at(c, s), matrix.scenarios[s], json);
    }
    json.end();
    json.end();
  }
  json.end();
  json.end();
  return json.take();
}

}  // namespace ackident
