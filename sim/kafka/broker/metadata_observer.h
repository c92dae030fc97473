// A broker's observer of the metadata log: one long poll after another to the controller (R5.12).
// What is known to be committed is applied once the logs are loaded (R6.1).
#pragma once

#include "kafka/context.h"

namespace ackident {

struct Broker;

// Asks for what is committed beyond what is known. Nothing may be in flight.
void observer_fetch(Broker&, Context&);
// Takes an answer; false if it is not the one that is waited for.
bool observer_take_answer(Broker&, const MetadataFetchResponse&, Context&);
// The connection broke, or the controller is silent: asks again after a while.
void observer_disconnected(Broker&, Context&);
void observer_timed_out(Broker&, Context&);
// Replays what is known and not yet applied.
void observer_apply(Broker&, Context&);

}  // namespace ackident
