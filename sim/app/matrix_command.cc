// ackident matrix: scenarios under every combination of some settings. Each combination is applied
// as overrides of the file, so a cell is a scenario like any other; seeds and faults are the same.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/batch.h"
#include "app/commands.h"
#include "app/files.h"
#include "app/jobs.h"
#include "app/terminal.h"
#include "report/matrix.h"
#include "scenario/load.h"

namespace ackident {

namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (;;) {
    const std::size_t comma = text.find(',', from);
    parts.push_back(text.substr(from, comma - from));
    if (comma == std::string::npos) return parts;
    from = comma + 1;
  }
}

std::vector<MatrixAxis> axes_of(const std::vector<std::string>& vary) {
  std::vector<MatrixAxis> axes;
  for (const std::string& text : vary) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      throw FileError("\"" + text + "\" is no axis like acks=1,all");
    }
    const std::string path = text.substr(0, equals);
    for (const MatrixAxis& axis : axes) {
      if (axis.key == path) throw FileError("two axes are called \"" + path + "\"");
    }
    axes.push_back({path, split(text.substr(equals + 1))});
  }
  return axes;
}

bool takes(const std::string& file, const std::string& text, const std::string& override_text) {
  try {
    load_scenario(file, text, {override_text});
    return true;
  } catch (const ScenarioError&) {
    return false;
  }
}

// The classic three; but a file that says which broker has which replica has no factor to vary.
std::vector<MatrixAxis> classic_axes(const std::vector<std::string>& files,
                                     const std::vector<std::string>& texts) {
  std::vector<MatrixAxis> axes = {{"acks", {"0", "1", "all"}},
                                  {"min.insync.replicas", {"1", "2", "3"}}};
  bool factor = false;
  for (std::size_t i = 0; i < files.size(); ++i) {
    factor = factor || takes(files[i], texts[i], "replication.factor=1");
  }
  if (factor) axes.push_back({"replication.factor", {"1", "2", "3"}});
  return axes;
}

// The files, and which of their cells is which scenario of the batch.
struct Plan {
  Matrix matrix;
  std::vector<LoadedScenario> scenarios;
  std::vector<std::size_t> entry_of;  // by scenario: its entry in the matrix
};

void plan_cell(const MatrixOptions& options, const std::string& file, const std::string& text,
               std::size_t cell, MatrixEntry& entry, Plan& plan) {
  std::vector<std::string> overrides = options.batch.overrides;
  const std::vector<std::string> values = plan.matrix.cell(cell);
  for (std::size_t i = 0; i < values.size(); ++i) {
    overrides.push_back(plan.matrix.axes[i].key + "=" + values[i]);
  }
  overrides.push_back("expect={}");  // it is about the settings of the file
  try {
    plan.scenarios.push_back(load(file, text, overrides));
    plan.entry_of.push_back(static_cast<std::size_t>(&entry - plan.matrix.entries.data()));
  } catch (const ScenarioError& error) {
    entry.impossible = error.problems().front().message;
  }
}

// A value that no cell can have is a mistake, not a result.
void refuse_empty_lines(const Matrix& matrix) {
  for (std::size_t a = 0; a < matrix.axes.size(); ++a) {
    for (const std::string& value : matrix.axes[a].values) {
      bool any = false;
      std::string why;
      for (std::size_t c = 0; c < matrix.cells(); ++c) {
        if (matrix.cell(c)[a] != value) continue;
        for (std::size_t f = 0; f < matrix.scenarios.size(); ++f) {
          const MatrixEntry& entry = matrix.entries[c * matrix.scenarios.size() + f];
          any = any || entry.impossible.empty();
          if (why.empty()) why = entry.impossible;
        }
      }
      if (any) continue;
      throw FileError("no cell can have " + matrix.axes[a].key + "=" + value + ": " + why);
    }
  }
}

// Throws ScenarioError if a file is wrong by itself.
Plan make_plan(const MatrixOptions& options) {
  Plan plan;
  plan.matrix.seeds = options.batch.seeds;
  const std::vector<std::string> files = find_scenarios(options.batch.paths);
  std::vector<std::string> texts;
  for (const std::string& file : files) {
    texts.push_back(read_file(file));
    const Scenario scenario = load_scenario(file, texts.back(), options.batch.overrides);
    plan.matrix.scenarios.push_back(scenario.name);
    plan.matrix.titles.push_back(scenario.title);
  }
  plan.matrix.axes = options.vary.empty() ? classic_axes(files, texts) : axes_of(options.vary);
  plan.matrix.entries.resize(plan.matrix.cells() * files.size());
  for (std::size_t f = 0; f < files.size(); ++f) {
    for (std::size_t c = 0; c < plan.matrix.cells(); ++c) {
      plan_cell(options, files[f], texts[f], c, plan.matrix.entries[c * files.size() + f], plan);
    }
  }
  refuse_empty_lines(plan.matrix);
  return plan;
}

std::vector<MatrixMeasure> measures_of(const std::vector<std::string>& names) {
  std::vector<MatrixMeasure> measures;
  for (std::size_t m = 0; m < kMatrixMeasures; ++m) {
    const auto measure = static_cast<MatrixMeasure>(m);
    const bool named = std::find(names.begin(), names.end(), measure_name(measure)) != names.end();
    if (names.empty() || named) measures.push_back(measure);
  }
  return measures;
}

struct RunOfCell {
  MatrixEntry entry;    // of this run alone
  std::string problem;  // not empty: a check of our own failed
};

}  // namespace

int matrix_command(const MatrixOptions& options) {
  Plan plan;
  try {
    plan = make_plan(options);
  } catch (const ScenarioError& error) {
    fmt::print(stderr, "{}", error.what());
    return kUsage;
  }
  const Batch batch(std::move(plan.scenarios), parse_seeds(options.batch.seeds));
  int code = kHeld;
  Progress progress(batch.size());
  const auto make_worker = [&] {
    return [&batch, runner = CaseRunner()](std::size_t number) mutable {
      RunOfCell outcome;
      try {
        outcome.entry.add(runner.run(batch, number));
      } catch (const std::exception& error) {
        outcome.problem = error.what();
      }
      return outcome;
    };
  };
  run_jobs(batch.size(), threads_of(options.batch.jobs), make_worker,
           [&](std::size_t number, const RunOfCell& outcome) {
             if (interrupted) return false;
             progress.step();
             if (outcome.problem.empty()) {
               plan.matrix.entries[plan.entry_of[batch.index(number)]].merge(outcome.entry);
             } else {
               fmt::print(stderr, "ackident: {}: {}\n", batch.scenario(number).file,
                          outcome.problem);
               code = kBroken;
             }
             return true;
           });
  progress.clear();
  if (interrupted) {
    fmt::print(stderr, "ackident: interrupted\n");
    return kInterrupted;
  }
  for (const MatrixEntry& entry : plan.matrix.entries) {
    if (entry.unsettled > 0) code = worse(code, kUndecided);
  }
  if (options.format == "markdown") {
    print(matrix_markdown(plan.matrix, measures_of(options.measures)));
  } else if (options.format == "csv") {
    print(matrix_csv(plan.matrix));
  } else if (options.format == "json") {
    print(matrix_json(plan.matrix));
  } else {
    print(matrix_text(plan.matrix, measures_of(options.measures)));
  }
  return code;
}

}  // namespace ackident
