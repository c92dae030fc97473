// What the settings of a scenario promise, whatever its faults do to it; and which of these
// promises a run broke. A broken promise is a fault of the model or of an oracle, never a result.
//
//   no acked record is lost    acks=all, no unclean election, no disk that forgets, and truncation
//   by
//                              leader epochs in every fetch (2.8 on; R9.4 tells of those before)
//   each record once, in order idempotence, while the producer keeps its epoch (C2.14, C2.20)
//   nothing is skipped         a group that begins at the earliest record, under the same
//   conditions
//                              as "no acked record is lost", but for acks
//   it converges               healed, every replica catches up and every record has its answer
#pragma once

#include <string>
#include <vector>

#include "oracle/result.h"
#include "scenario/scenario.h"

namespace ackident {

// One sentence each; empty if every promise was kept.
std::vector<std::string> broken_promises(const Scenario& scenario, const RunResult& result);

// Why a run that settles has not come to rest.
const std::string& unrest_text(const RunResult& result);

// Why Kafka itself would not come to rest either, if this run did not; empty if it would.
std::string restless_by_rule(const Scenario& scenario, const RunResult& result);

}  // namespace ackident
