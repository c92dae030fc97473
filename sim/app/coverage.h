// What a swarm's runs reached: counts, and marks. A mark is something that a run may or may not
// show, such as a kind of fact, an error code somewhere, or an action that bit; one that was never
// reached is a hole in what the swarm draws.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "drive/run.h"
#include "scenario/scenario.h"

namespace ackident {

class Coverage {
 public:
  // For RunHooks: `context` is a Coverage.
  static void on_fact(void* context, Instant, EventId, EventId, const Fact& fact);
  void add_run(const Scenario& scenario, const RunResult& result);
  void add(const Coverage& other);

  // "12 settled; 345 events ..." and the lines of errors and marks.
  [[nodiscard]] std::string counts_text() const;
  [[nodiscard]] std::string marks_text() const;

 private:
  void reach(std::string_view group, std::string_view mark);

  std::array<std::uint64_t, static_cast<std::size_t>(FactKind::kCount)> facts_{};
  std::map<ErrorCode, std::uint64_t> errors_;   // that producers and leaders got
  std::map<std::string, std::uint64_t> marks_;  // "election unclean"
  std::uint64_t events_ = 0;
  std::uint64_t faults_bit_ = 0;
  std::uint64_t acked_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t settled_ = 0;
};

}  // namespace ackident
