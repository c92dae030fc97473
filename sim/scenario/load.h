// From the text of a scenario file to a Scenario: read, overridden, decoded, checked and resolved.
// No file is touched here; the format is described in scenarios/README.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/diagnostics.h"
#include "scenario/scenario.h"

namespace ackident {

// `overrides` are of the form PATH=VALUE, applied in order before anything is decoded (override.h).
// `seed`, if given, replaces the file's. Throws ScenarioError, which holds every error found.
Scenario load_scenario(const std::string& file_name, std::string_view text,
                       const std::vector<std::string>& overrides = {},
                       std::optional<std::uint64_t> seed = std::nullopt);

// The JSON Schema of scenario files, as in scenarios/scenario.schema.json.
std::string_view scenario_schema();

}  // namespace ackident
