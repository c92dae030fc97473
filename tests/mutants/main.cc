// Shows for every mutant of kafka/mutants.h that something notices it, and for every invariant of
// oracle/ that some mutant trips it: a guard whose absence nobody sees is not tested, nor is an
// oracle that was never seen to speak. For each row of table.h the scenario must pass as it is, and
// with the mutant the run must part from it in exactly the way the row says.
//
//   mutants ROOT             runs the table; README.md beside this file must be what --list prints
//   mutants ROOT --list      prints README.md
//   mutants ROOT --matrix    every mutant against every scenario here: who notices what
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "drive/run.h"
#include "scenario/load.h"
#include "table.h"

namespace ackident {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMutants = static_cast<std::size_t>(Mutant::kCount);

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

// Everything that makes a run differ from one that passes.
std::set<std::string> notices(Scenario scenario, std::optional<Mutant> mutant) {
  if (mutant) scenario.setup.composition.mutants.set(static_cast<std::size_t>(*mutant));
  scenario.setup.events_max = std::min<std::uint64_t>(scenario.setup.events_max, 5'000'000);
  std::set<std::string> seen;
  try {
    const RunResult result = run(scenario);
    for (const InvariantViolation& violation : result.violations) {
      if (!violation.permitted) seen.insert(std::string(violation.invariant));
    }
    for (std::size_t i = 0; i < result.expectations.size(); ++i) {
      if (result.expectations[i].verdict == Verdict::kFail) {
        seen.insert("expect " + scenario.expect[i].name);
      }
    }
    if (result.bounds_hit) seen.insert("never quiet");
    if (seen.empty() && result.verdict != Verdict::kPass) {
      seen.insert(fmt::format("verdict {}", verdict_name(result.verdict)));
    }
  } catch (const CheckFailure& failure) {
    seen.insert("check");
    fmt::print(stderr, "  {}\n", failure.what());
  }
  return seen;
}

std::string joined(const std::set<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : "; ") + item;
  return text.empty() ? "nothing" : text;
}

// Name and guard of each mutant, as the header states them.
struct Described {
  std::string name;
  std::string guard;
};

std::vector<Described> describe(const fs::path& root) {
  std::ifstream in(root / "sim/kafka/mutants.h");
  std::vector<Described> all;
  for (std::string line; std::getline(in, line);) {
    const std::size_t comma = line.find(',');
    const std::size_t comment = line.find("// ");
    if (!line.starts_with("  k") || comma == std::string::npos || comment < comma) continue;
    if (comment == std::string::npos) continue;
    all.push_back({line.substr(3, comma - 3), line.substr(comment + 3)});
  }
  SIM_CHECK(all.size() == kMutants);
  return all;
}

// Every invariant that an oracle can report, by the calls in its source. A call that does not spell
// the name gives its text instead, which no row can have.
std::set<std::string> reportable(const fs::path& root) {
  constexpr std::string_view kCall = " report(";
  std::set<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(root / "sim/oracle")) {
    if (entry.path().extension() != ".cc") continue;
    const std::string text = read_text(entry.path());
    for (std::size_t at = text.find(kCall); at != std::string::npos; at = text.find(kCall, at)) {
      at = text.find_first_not_of(" \n", at + kCall.size());
      const std::string name = text.substr(at, text.find(',', at) - at);
      const bool literal = name.size() > 2 && name.front() == '"' && name.back() == '"';
      names.insert(literal ? name.substr(1, name.size() - 2) : name);
    }
  }
  SIM_CHECK(!names.empty());
  return names;
}

class Bench {
 public:
  explicit Bench(const fs::path& root) : root_(root), described_(describe(root)) {}

  Scenario load(std::string_view file) const {
    const fs::path path = root_ / "tests/mutants" / fmt::format("{}.json", file);
    return load_scenario(path.string(), read_text(path));
  }

  const Described& described(Mutant mutant) const {
    return described_[static_cast<std::size_t>(mutant)];
  }

  int list() const {
    fmt::print("{}", page());
    return 0;
  }

  int matrix(std::string_view only) const {
    for (const std::string& file : files()) {
      if (!only.empty() && file != only) continue;
      const Scenario scenario = load(file);
      const std::set<std::string> clean = notices(scenario, std::nullopt);
      fmt::print("{}: unmutated: {}\n", file, joined(clean));
      for (std::size_t i = 0; i < kMutants; ++i) {
        const std::set<std::string> seen = notices(scenario, static_cast<Mutant>(i));
        if (seen != clean) fmt::print("  {:28} {}\n", described_[i].name, joined(seen));
        std::fflush(stdout);
      }
    }
    return 0;
  }

  int test() const {
    int failures = page_is_current() ? 0 : 1;
    std::set<std::string_view> sound;
    for (const Row& row : kTable) {
      if (!sound.insert(row.file).second) continue;
      const std::set<std::string> seen = notices(load(row.file), std::nullopt);
      if (seen.empty()) continue;
      fmt::print("FAIL {}.json must pass as it is, but: {}\n", row.file, joined(seen));
      ++failures;
    }
    for (const Row& row : kTable) failures += judge(row) ? 0 : 1;
    for (std::size_t i = 0; i < kMutants; ++i)
      failures += is_listed(static_cast<Mutant>(i)) ? 0 : 1;
    for (const std::string& name : reportable(root_)) failures += is_tripped(name) ? 0 : 1;
    fmt::print("{} mutants, {} failures\n", kMutants, failures);
    return failures == 0 ? 0 : 1;
  }

 private:
  bool is_listed(Mutant mutant) const {
    const bool listed = std::any_of(std::begin(kTable), std::end(kTable),
                                    [&](const Row& row) { return row.mutant == mutant; });
    if (!listed) fmt::print("FAIL {}: nothing in the table catches it\n", described(mutant).name);
    return listed;
  }

  static bool is_tripped(const std::string& invariant) {
    const bool tripped = std::any_of(std::begin(kTable), std::end(kTable),
                                     [&](const Row& row) { return row.notice == invariant; });
    if (!tripped) fmt::print("FAIL {}: no mutant of the table trips it\n", invariant);
    return tripped;
  }

  bool judge(const Row& row) const {
    const std::set<std::string> seen = notices(load(row.file), row.mutant);
    const bool caught = seen.contains(std::string(row.notice));
    fmt::print("{} {:28} {} by \"{}\" in {}.json\n", caught ? "ok  " : "FAIL",
               described(row.mutant).name, caught ? "caught" : "not caught", row.notice, row.file);
    if (!caught) fmt::print("     seen instead: {}\n", joined(seen));
    return caught;
  }

  std::vector<std::string> files() const {
    std::vector<std::string> all;
    for (const fs::directory_entry& entry : fs::directory_iterator(root_ / "tests/mutants")) {
      if (entry.path().extension() == ".json") all.push_back(entry.path().stem().string());
    }
    std::sort(all.begin(), all.end());
    return all;
  }

  std::string page() const {
    std::string text =
        "# Mutants\n\n"
        "Each row is a guard of the protocol that a test switches off, and what notices that it "
        "is\n"
        "gone. Without the mutant the same scenario passes. Every mutant has a row, and so has "
        "every\n"
        "invariant that `sim/oracle` can report. Written by `mutants ROOT --list`; the test fails "
        "if\n"
        "this page is not current.\n\n"
        "Four are not noticed by an invariant. `NoTruncation`: a follower that ignores where its\n"
        "log differs stands still for ever, and the healed cluster does not come to rest.\n"
        "`PowerLossKeepsAll`: what a host forgets is not Kafka's promise but the fault itself.\n"
        "`FetchUpdatesBeforeRead`: a follower hears of a high watermark one round trip too early;\n"
        "it is a true one, so nothing is broken but the timing. `SocketTakesEverything`: how much\n"
        "acks=0 loses to a silent host is no promise either.\n\n"
        "| mutant | without it | scenario | noticed by |\n|---|---|---|---|\n";
    for (const Row& row : kTable) {
      text += fmt::format("| `{}` | {} | `{}` | {} |\n", described(row.mutant).name,
                          described(row.mutant).guard, row.file, row.notice);
    }
    return text;
  }

  bool page_is_current() const {
    if (read_text(root_ / "tests/mutants/README.md") == page()) return true;
    fmt::print("FAIL README.md is not what --list prints\n");
    return false;
  }

  fs::path root_;
  std::vector<Described> described_;
};

}  // namespace
}  // namespace ackident

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  try {
    const ackident::Bench bench(argv[1]);
    const std::string_view verb = argc > 2 ? argv[2] : "";
    if (verb == "--list") return bench.list();
    if (verb == "--matrix") return bench.matrix(argc > 3 ? argv[3] : "");
    return bench.test();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
