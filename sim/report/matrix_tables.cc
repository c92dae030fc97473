// The matrix for people: a table for each measure, as text and as Markdown.
#include <fmt/format.h>

#include <algorithm>

#include "drive/words.h"
#include "report/matrix.h"

namespace ackident {

namespace {

struct MeasureName {
  std::string_view name;  // in commands
  std::string_view title;
  std::int64_t divisor;  // to the last digit shown
  int digits;
};
constexpr std::array<MeasureName, kMatrixMeasures> kMeasures = {{
    {"lost", "Acknowledged records lost", 1, 0},
    {"stranded", "Acknowledged records stranded", 1, 0},
    {"no-writes", "Time without writes, s", 10'000'000, 2},
    {"latency-p99", "Produce latency, 99 %, ms", 100'000, 1},
    {"lag", "Peak lag of a group, records not committed", 1, 0},
}};

using Row = std::vector<std::string>;

// Integers only: a value is rounded to the last digit shown. Nothing at all is a plain 0.
std::string value_text(const MeasureName& measure, std::int64_t value) {
  const std::int64_t units = (value + measure.divisor / 2) / measure.divisor;
  if (measure.digits == 0 || value == 0) return fmt::format("{}", units);
  const std::int64_t scale = measure.digits == 1 ? 10 : 100;
  return fmt::format("{}.{:0{}}", units / scale, units % scale, measure.digits);
}

std::string entry_text(const MatrixEntry& entry, std::size_t measure) {
  if (!entry.impossible.empty()) return "x";
  const MatrixValue& value = entry.values[measure];
  if (value.count == 0) return "-";
  return value_text(kMeasures[measure], value.worst) + (entry.unsettled > 0 ? "?" : "");
}

// Why no scenario can have the settings of this cell; empty if one can.
std::string impossible_cell(const Matrix& matrix, std::size_t cell) {
  for (std::size_t s = 0; s < matrix.scenarios.size(); ++s) {
    if (matrix.at(cell, s).impossible.empty()) return {};
  }
  return matrix.at(cell, 0).impossible;
}

std::string heading(const Matrix& matrix) {
  const std::string seeds =
      matrix.seeds.empty() ? "each scenario's own seed" : "the worst of seeds " + matrix.seeds;
  return fmt::format("{}, {}, {}; the same faults in every cell.", counted(matrix.cells(), "cell"),
                     counted(matrix.scenarios.size(), "scenario"), seeds);
}

// What the marks mean that stand in some cell.
std::string legend(const Matrix& matrix) {
  bool cannot = false;
  bool nothing = false;
  bool unsettled = false;
  for (const MatrixEntry& entry : matrix.entries) {
    cannot = cannot || !entry.impossible.empty();
    unsettled = unsettled || entry.unsettled > 0;
    for (const MatrixValue& value : entry.values) {
      nothing = nothing || (entry.impossible.empty() && value.count == 0);
    }
  }
  std::string text;
  if (cannot) text += "x: cannot be\n";
  if (nothing) text += "-: nothing to measure\n";
  if (unsettled) text += "?: not settled, may change\n";
  return text;
}

// "acks=1 min.insync.replicas=2"
std::string settings_text(const Matrix& matrix, std::size_t cell) {
  const Row values = matrix.cell(cell);
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    text += fmt::format("{}{}={}", i == 0 ? "" : " ", matrix.axes[i].key, values[i]);
  }
  return text;
}

// Cells that no scenario can have stand in no table.
std::vector<std::string> impossible_cells(const Matrix& matrix) {
  std::vector<std::string> lines;
  for (std::size_t c = 0; c < matrix.cells(); ++c) {
    const std::string why = impossible_cell(matrix, c);
    if (!why.empty()) lines.push_back(fmt::format("{}: {}", settings_text(matrix, c), why));
  }
  return lines;
}

// The rows of one measure.
std::vector<Row> rows_of(const Matrix& matrix, std::size_t measure) {
  std::vector<Row> rows;
  for (std::size_t c = 0; c < matrix.cells(); ++c) {
    if (!impossible_cell(matrix, c).empty()) continue;
    Row row = matrix.cell(c);
    for (std::size_t s = 0; s < matrix.scenarios.size(); ++s) {
      row.push_back(entry_text(matrix.at(c, s), measure));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

// A measure that is 0 wherever there is one needs no table.
bool is_zero(const Matrix& matrix, std::size_t measure) {
  return std::all_of(matrix.entries.begin(), matrix.entries.end(), [&](const MatrixEntry& entry) {
    return entry.values[measure].worst == 0 && entry.unsettled == 0;
  });
}

// "unclean-election" over as many lines as it has words, so that a column is no wider than needed.
Row words_of(const std::string& name) {
  Row words;
  for (std::size_t from = 0; from < name.size();) {
    const std::size_t end = std::min(name.find('-', from), name.size() - 1);
    words.push_back(name.substr(from, end + 1 - from));
    from = end + 1;
  }
  return words;
}

// The names of columns, standing on the line above the figures.
std::vector<Row> head_of(const Matrix& matrix) {
  std::vector<Row> columns;
  std::size_t height = 0;
  for (const MatrixAxis& axis : matrix.axes) columns.push_back({axis.key});
  for (const std::string& name : matrix.scenarios) columns.push_back(words_of(name));
  for (const Row& column : columns) height = std::max(height, column.size());
  std::vector<Row> rows(height, Row(columns.size()));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::size_t above = height - columns[i].size();
    for (std::size_t w = 0; w < columns[i].size(); ++w) rows[above + w][i] = columns[i][w];
  }
  return rows;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  return right ? fmt::format("{:>{}}", text, width) : fmt::format("{:<{}}", text, width);
}

// Settings stand to the left of their column, figures to the right.
std::string table_text(const Matrix& matrix, std::vector<Row> rows) {
  const std::vector<Row> head = head_of(matrix);
  rows.insert(rows.begin(), head.begin(), head.end());
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool figure = i >= matrix.axes.size();
      line += (i == 0 ? "" : "  ") + padded(row[i], widths[i], figure);
    }
    text += line + "\n";
  }
  return text;
}

std::size_t name_width(const Matrix& matrix) {
  std::size_t width = 0;
  for (const std::string& name : matrix.scenarios) width = std::max(width, name.size());
  return width;
}

std::string markdown_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string markdown_row(const Row& row) {
  std::string text = "|";
  for (const std::string& entry : row) text += " " + markdown_escaped(entry) + " |";
  return text + "\n";
}

}  // namespace

std::string_view measure_name(MatrixMeasure measure) {
  return kMeasures[static_cast<std::size_t>(measure)].name;
}

std::string matrix_text(const Matrix& matrix, const std::vector<MatrixMeasure>& measures) {
  std::string text = heading(matrix) + "\n\n";
  for (std::size_t s = 0; s < matrix.scenarios.size(); ++s) {
    text += fmt::format("{:<{}}  {}\n", matrix.scenarios[s], name_width(matrix), matrix.titles[s]);
  }
  const std::string marks = legend(matrix);
  if (!marks.empty()) text += "\n" + marks;
  const std::vector<std::string> impossible = impossible_cells(matrix);
  if (!impossible.empty()) text += "\nSettings that cannot be\n";
  for (const std::string& line : impossible) text += line + "\n";
  for (const MatrixMeasure measure : measures) {
    const auto m = static_cast<std::size_t>(measure);
    text += fmt::format("\n{}", kMeasures[m].title);
    text +=
        is_zero(matrix, m) ? ": none in any cell\n" : "\n" + table_text(matrix, rows_of(matrix, m));
  }
  return text;
}

std::string matrix_markdown(const Matrix& matrix, const std::vector<MatrixMeasure>& measures) {
  std::string text = heading(matrix) + "\n\n";
  for (std::size_t s = 0; s < matrix.scenarios.size(); ++s) {
    text += fmt::format("- `{}`: {}\n", matrix.scenarios[s], matrix.titles[s]);
  }
  const std::string marks = legend(matrix);
  if (!marks.empty()) text += "\n" + marks;
  const std::vector<std::string> impossible = impossible_cells(matrix);
  if (!impossible.empty()) text += "\nSettings that cannot be:\n\n";
  for (const std::string& cell : impossible) text += fmt::format("- {}\n", cell);
  Row head;
  for (const MatrixAxis& axis : matrix.axes) head.push_back(axis.key);
  std::string line = "|";
  for (std::size_t i = 0; i < head.size(); ++i) line += "---|";
  for (const std::string& name : matrix.scenarios) {
    head.push_back(name);
    line += "---:|";
  }
  for (const MatrixMeasure measure : measures) {
    const auto m = static_cast<std::size_t>(measure);
    text += fmt::format("\n**{}**", kMeasures[m].title);
    if (is_zero(matrix, m)) {
      text += ": none in any cell\n";
      continue;
    }
    text += fmt::format("\n\n{}{}\n", markdown_row(head), line);
    for (const Row& row : rows_of(matrix, m)) text += markdown_row(row);
  }
  return text;
}

}  // namespace ackident
