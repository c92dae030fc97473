// The report of a run as JSON: a function of the scenario and its result alone, byte for byte. Its
// schema is reports/report.schema.json, its fields are explained in reports/README.md.
#pragma once

#include <string>

#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

struct Scenario;

std::string report_json(const Scenario& scenario, const RunResult& result);

// The text of reports/report.schema.json.
extern const std::string_view kReportSchema;

}  // namespace ackident
