// What the consumer's network client does: requests and their answers by broker, disconnects,
// request timeouts (C0.5) and metadata refreshes (C0.10-C0.12).
#pragma once

#include "kafka/client/consumer.h"

namespace ackident {

inline const ConsumerConfig& config_of(const Consumer& consumer, const Context& ctx) {
  return ctx.composition().consumers[consumer.index].config;
}
inline BrokerLink& link_to(Consumer& consumer, NodeId broker, const Context& ctx) {
  SIM_CHECK(ctx.composition().is_broker(broker));
  return consumer.links[ctx.composition().broker_index(broker)];
}
// Not waiting for the end of a reconnect back-off (C0.3).
inline bool is_usable(const Consumer& consumer, NodeId broker, const Context& ctx) {
  return consumer.connections[ctx.composition().broker_index(broker)].usable(ctx.now());
}
// When it may be dialled again, if it is not usable.
inline Instant usable_at(const Consumer& consumer, NodeId broker, const Context& ctx) {
  return consumer.connections[ctx.composition().broker_index(broker)].blocked_until;
}

// The broker has no unanswered fetch (C4.3).
void can_be_sent_fetch(Consumer&, NodeId broker, const Context&);

// An error told that the metadata is stale (C0.10 c).
void want_metadata(Consumer&, const Context&);

Correlation next_correlation(Consumer&);
// Sends a request that carries this correlation, and minds its answer.
void send_request(Consumer&, NodeId broker, const PendingRequest&, const Payload&, Context&);
// Strikes off the request that this answer belongs to; false: given up long ago, ignore it.
bool take_pending(Consumer&, NodeId broker, Correlation, Context&);

void on_metadata(Consumer&, NodeId from, const MetadataResponse&, Context&);
// The connection broke: every request on it has failed (C0.6, C4.10).
// The connection is open: what was sent before is under way, and its time runs from now.
void on_connected(Consumer&, NodeId broker, Context&);
void on_disconnected(Consumer&, NodeId broker, Context&);
// Gives up connections whose oldest request is overdue, and arms timers for the others (C0.5).
void check_request_timeouts(Consumer&, Context&);
// The timer of one connection is due. A process that was frozen meanwhile reads its sockets before
// it compares clocks, so a late timer gives the bytes that wait there their turn.
void on_request_timeout(Consumer&, std::uint32_t broker_index, Context&);

// Asks for metadata if that is due and somebody can be asked.
void maybe_refresh_metadata(Consumer&, Context&);
// When maybe_refresh_metadata has something to do without any answer arriving before.
Instant next_metadata_wake(const Consumer&, const Context&);

}  // namespace ackident
