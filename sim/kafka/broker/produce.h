// The produce path of a leader (R2.1-R2.14).
#pragma once

#include "kafka/context.h"
#include "kafka/payload.h"

namespace ackident {

struct Broker;

void on_produce(Broker&, NodeId client, const ProduceRequest&, Context&);
// A request whose connection is gone: appended, and not answered.
void produce_for_nobody(Broker&, NodeId client, const ProduceRequest&, Context&);

}  // namespace ackident
