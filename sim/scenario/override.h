// Overrides of the command line: "PATH=VALUE". PATH is a JSON pointer ("/producers/0/config/acks")
// or the same with dots ("producers.0.config.acks"); dots within Kafka's keys need no care, and an
// element of a list may be named ("producers.p1.rate"); * stands for every element or member there
// is. A key of Kafka alone ("acks") stands for all the places of the first kind that has it:
// topics, producers, the cluster, consumers; replication.factor for all topics. VALUE is JSON, or
// else a string.
#pragma once

#include <string>

#include "scenario/diagnostics.h"
#include "scenario/json_node.h"

namespace ackident {

// Changes the tree; errors point into the override itself.
void apply_override(const std::string& override_text, Diagnostics& problems, JsonNode& root);

}  // namespace ackident
