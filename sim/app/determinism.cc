#include "app/determinism.h"

#include <fmt/format.h>

#include <cstring>

#include "drive/run.h"
#include "drive/words.h"
#include "report/json.h"

namespace ackident {

namespace {

// The trace of one run, as bytes; and the first record of another run that is not the same.
struct Comparison {
  std::string first;
  std::string block;  // bytes of a record that has not ended yet
  std::size_t compared = 0;
  bool differs = false;
  TraceRecord wanted;
  TraceRecord seen;
};

constexpr std::size_t kMark = sizeof TraceBinaryWriter::kMark - 1;

TraceRecord record_at(const std::string& bytes, std::size_t at) {
  TraceRecord record;
  if (at + sizeof record <= bytes.size()) std::memcpy(&record, bytes.data() + at, sizeof record);
  return record;
}

void keep_bytes(void* context, const char* bytes, std::size_t count) {
  static_cast<Comparison*>(context)->first.append(bytes, count);
}

void compare_bytes(void* context, const char* bytes, std::size_t count) {
  Comparison& comparison = *static_cast<Comparison*>(context);
  if (comparison.differs) return;
  comparison.block.append(bytes, count);
  std::size_t at = comparison.compared == 0 ? kMark : 0;
  for (; at + sizeof(TraceRecord) <= comparison.block.size(); at += sizeof(TraceRecord)) {
    comparison.seen = record_at(comparison.block, at);
    comparison.wanted = record_at(comparison.first, comparison.compared + at);
    if (comparison.seen == comparison.wanted) continue;
    comparison.differs = true;
    return;
  }
  comparison.compared += at;
  comparison.block.erase(0, at);
}

std::string record_text(const Scenario& scenario, const TraceRecord& record) {
  if (record == TraceRecord{}) return "no event";
  static constexpr const char* kKinds[] = {"delivery", "timer", "scenario"};
  return fmt::format("{} {} at {} at {} ({} facts)", kKinds[record.kind], record.detail,
                     node_text(scenario, NodeId(record.node)), duration_text(record.at - Instant()),
                     record.facts);
}

// Runs twice more, with a trace.
std::string first_event(const Scenario& scenario) {
  Comparison comparison;
  Runner runner(scenario);
  for (const auto write : {keep_bytes, compare_bytes}) {
    TraceSink sink = TraceBinaryWriter(ByteSink{write, &comparison});
    RunHooks hooks;
    hooks.trace = &sink;
    runner.run(scenario.seed, hooks);
    finish(sink);
  }
  if (!comparison.differs && comparison.compared < comparison.first.size()) {
    comparison.differs = true;
    comparison.wanted = record_at(comparison.first, comparison.compared);
    comparison.seen = TraceRecord{};
  }
  if (!comparison.differs) return "the same events, which give other facts or another result";
  const EventId id = comparison.seen.id == EventId() ? comparison.wanted.id : comparison.seen.id;
  return fmt::format("first in e{}: {}; then {}", id.value(),
                     record_text(scenario, comparison.wanted),
                     record_text(scenario, comparison.seen));
}

}  // namespace

std::string find_difference(const Scenario& scenario, const RunResult& result) {
  Runner runner(scenario);
  runner.run(scenario.seed);
  const RunResult& again = runner.run(scenario.seed);
  if (again.digest == result.digest &&
      report_json(scenario, again) == report_json(scenario, result)) {
    return {};
  }
  return fmt::format("two runs with seed {} differ: digests {:016x} and {:016x}, {}", scenario.seed,
                     result.digest, again.digest, first_event(scenario));
}

}  // namespace ackident
