// Fetching: requests by broker (C4.3), answers into buffers (C4.5, C4.9), buffers into poll().
#pragma once

#include "kafka/client/consumer_network.h"

namespace ackident {

// One request to every broker that leads a fetchable partition and has none unanswered.
void send_fetches(Consumer&, Context&);
// When a fetch that waits for a reconnect back-off may be sent.
Instant next_fetch_wake(const Consumer&, const Context&);
void on_fetch(Consumer&, NodeId from, const FetchResponse&, Context&);
// Moves at most max.poll.records from the buffers to `returned` and advances the positions (C4.5,
// C4.7). False: there are none.
bool collect(Consumer&, const Context&);

}  // namespace ackident
