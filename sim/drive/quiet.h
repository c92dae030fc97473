// When a healed cluster has come to rest.
#pragma once

#include "cluster/world.h"

namespace ackident {

// Every broker is in service, every partition has a leader and a full ISR, every replica holds the
// leader's whole log, all of it is committed, and no producer has anything left to be told.
bool durable_quiet(const World& world);

// The same, and every consumer that runs has committed everything.
bool quiet(const World& world);

// Every broker and the controller is running.
bool servers_up(const World& world);

}  // namespace ackident
