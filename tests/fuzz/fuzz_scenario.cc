// Any bytes as a scenario file: they are refused with a message, or run within bounds and reported.
// A failed SIM_CHECK, a crash, a leak or a hang is a finding.
//
//   build-fuzz/tests/fuzz/fuzz_scenario -max_len=4096 -dict=build-fuzz/tests/fuzz/scenario.dict
//     CORPUS tests/good tests/bad scenarios
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "drive/run.h"
#include "report/cases.h"
#include "report/json.h"
#include "report/summary.h"
#include "scenario/load.h"

namespace {

// What loads in bounds may still be large: only small ones are run here.
bool is_small(const ackident::Scenario& scenario) {
  const ackident::Composition& composition = scenario.setup.composition;
  return composition.partition_count() <= 200 && composition.nodes.size() <= 50;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    ackident::Scenario scenario = ackident::load_scenario("fuzz.json", text);
    scenario.setup.events_max = 20'000;
    if (is_small(scenario)) {
      const ackident::RunResult result = ackident::run(scenario);
      ackident::report_json(scenario, result);
      ackident::report_summary(scenario, result, true);
      ackident::case_text(ackident::case_result(scenario, result));
    }
  } catch (const ackident::ScenarioError&) {
    // Refused: as it should be, for most bytes.
  }
  return 0;
}
