// The matrix of settings: cells, what is kept of runs, and the tables.
#include "report/matrix.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace ackident {

namespace {

// Two settings by two, one scenario; the last cell cannot be.
Matrix small_matrix() {
  Matrix matrix;
  matrix.axes = {{"acks", {"1", "all"}}, {"a|b", {"x", "y,z"}}};
  matrix.scenarios = {"leader-kill"};
  matrix.titles = {"A broker dies"};
  matrix.seeds = "0..1";
  matrix.entries.resize(4);
  for (std::size_t c = 0; c < 3; ++c) {
    RunResult result;
    result.totals.lost = c;
    result.partitions.resize(2);
    result.partitions[1].no_writes_total = milliseconds(1'500);
    matrix.entries[c].add(result);
    result.totals.lost = 5 * c;
    result.bounds_hit = c == 2;
    matrix.entries[c].add(result);
  }
  matrix.entries[3].impossible = "too much";
  return matrix;
}

}  // namespace

TEST_CASE("cells: the last axis varies first") {
  const Matrix matrix = small_matrix();
  REQUIRE(matrix.cells() == 4);
  CHECK(matrix.cell(0) == std::vector<std::string>{"1", "x"});
  CHECK(matrix.cell(1) == std::vector<std::string>{"1", "y,z"});
  CHECK(matrix.cell(2) == std::vector<std::string>{"all", "x"});
}

TEST_CASE("an entry keeps the worst and the sum, whoever adds them up") {
  const MatrixEntry whole = small_matrix().entries[2];
  const MatrixValue& lost = whole.values[static_cast<std::size_t>(MatrixMeasure::kLost)];
  CHECK(lost == MatrixValue{10, 12, 2});
  CHECK(whole.unsettled == 1);
  MatrixEntry merged;
  merged.merge(whole);
  merged.merge(MatrixEntry{});
  CHECK(merged.runs == 2);
  CHECK(merged.values == whole.values);
  // Without acknowledgements there is no latency, without groups no lag.
  CHECK(whole.values[static_cast<std::size_t>(MatrixMeasure::kLatency)].count == 0);
  CHECK(whole.values[static_cast<std::size_t>(MatrixMeasure::kLag)].count == 0);
}

TEST_CASE("the text shows the worst of all seeds, and each impossible cell once") {
  const std::vector<MatrixMeasure> measures = {MatrixMeasure::kLost, MatrixMeasure::kNoWrites,
                                               MatrixMeasure::kLag};
  const std::string text = matrix_text(small_matrix(), measures);
  CHECK(text.find("4 cells, 1 scenario, the worst of seeds 0..1") == 0);
  CHECK(text.find("leader-kill  A broker dies\n") != std::string::npos);
  CHECK(text.find("\nx: cannot be\n-: nothing to measure\n?: not settled, may change\n") !=
        std::string::npos);
  CHECK(text.find("\nSettings that cannot be\nacks=all a|b=y,z: too much\n") != std::string::npos);
  CHECK(text.find("           leader-\n"
                  "acks  a|b     kill\n"
                  "1     x          0\n"
                  "1     y,z        5\n"
                  "all   x        10?\n") != std::string::npos);
  CHECK(text.find("1     x       1.50\n") != std::string::npos);
  CHECK(text.find("1     x          -\n") != std::string::npos);
  CHECK(text.find("99 %") == std::string::npos);
}

TEST_CASE("a measure that is 0 everywhere is one line") {
  Matrix matrix = small_matrix();
  for (MatrixEntry& entry : matrix.entries) entry.unsettled = 0;
  const std::vector<MatrixMeasure> stranded = {MatrixMeasure::kStranded};
  CHECK(matrix_text(matrix, stranded).find("stranded: none in any cell\n") != std::string::npos);
  CHECK(matrix_markdown(matrix, stranded).find("stranded**: none in any cell\n") !=
        std::string::npos);
}

TEST_CASE("markdown and CSV quote what would break them") {
  const std::string markdown = matrix_markdown(small_matrix(), {MatrixMeasure::kLost});
  CHECK(markdown.find("| acks | a\\|b | leader-kill |\n|---|---|---:|\n| 1 | x | 0 |\n") !=
        std::string::npos);
  const std::string csv = matrix_csv(small_matrix());
  CHECK(csv.find("acks,a|b,scenario,impossible,runs,unsettled,lost_worst,lost_mean,") == 0);
  CHECK(csv.find("\r\n1,\"y,z\",leader-kill,,2,0,5,3,0,0,1500000000,1500000000,,,,\r\n") !=
        std::string::npos);
  CHECK(csv.find("\r\nall,\"y,z\",leader-kill,too much,0,0,,,,,,,,,,\r\n") != std::string::npos);
}

TEST_CASE("the matrix as JSON") {
  const nlohmann::json json = nlohmann::json::parse(matrix_json(small_matrix()));
  CHECK(json["cells"].size() == 4);
  CHECK(json["cells"][2]["settings"]["acks"] == "all");
  CHECK(json["cells"][2]["results"][0]["lost"]["worst"] == 10);
  CHECK(json["cells"][2]["results"][0]["lost"]["mean"] == 6);
  CHECK(json["cells"][2]["results"][0]["unsettled"] == 1);
  CHECK(json["cells"][3]["results"][0]["impossible"] == "too much");
}

}  // namespace ackident
