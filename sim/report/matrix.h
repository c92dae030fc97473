// The same failures under several settings: what each setting loses, and what it costs otherwise.
// A cell is one choice of values for the axes; in each cell every scenario is run with the same
// seeds and the same faults, so that cells differ by their settings alone.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "oracle/result.h"

namespace ackident {

struct MatrixAxis {
  std::string key;  // "acks"
  std::vector<std::string> values;
};

enum class MatrixMeasure : std::uint8_t { kLost, kStranded, kNoWrites, kLatency, kLag, kCount };
inline constexpr std::size_t kMatrixMeasures = static_cast<std::size_t>(MatrixMeasure::kCount);

// Over the seeds.
struct MatrixValue {
  std::int64_t worst = 0;
  std::int64_t sum = 0;
  std::uint64_t count = 0;

  void add(std::int64_t value);
  void merge(const MatrixValue& other);
  bool operator==(const MatrixValue&) const = default;
};

// One scenario in one cell.
struct MatrixEntry {
  std::string impossible;  // why these settings cannot be; empty: it was run
  std::uint64_t runs = 0;
  std::uint64_t unsettled = 0;  // of these, whose totals are not final
  std::array<MatrixValue, kMatrixMeasures> values{};

  void add(const RunResult& result);
  void merge(const MatrixEntry& other);
};

struct Matrix {
  std::vector<MatrixAxis> axes;
  std::vector<std::string> scenarios;  // names
  std::vector<std::string> titles;
  std::string seeds;                 // "0..99"; empty: each scenario's own
  std::vector<MatrixEntry> entries;  // by cell, then by scenario

  [[nodiscard]] std::size_t cells() const;
  // Values of the axes in a cell; the last axis varies first.
  [[nodiscard]] std::vector<std::string> cell(std::size_t number) const;
  [[nodiscard]] const MatrixEntry& at(std::size_t cell, std::size_t scenario) const {
    return entries[cell * scenarios.size() + scenario];
  }
};

// "lost", "stranded", "no-writes", "latency-p99", "lag".
std::string_view measure_name(MatrixMeasure measure);

// One table for each of the measures.
std::string matrix_text(const Matrix& matrix, const std::vector<MatrixMeasure>& measures);
std::string matrix_markdown(const Matrix& matrix, const std::vector<MatrixMeasure>& measures);
// All measures.
std::string matrix_csv(const Matrix& matrix);  // one row for each scenario in each cell
std::string matrix_json(const Matrix& matrix);

}  // namespace ackident
