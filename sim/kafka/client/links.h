// The producer's connections: requests in flight, their time-out, metadata and the producer id.
//
// A connection is READY once its first request is answered (C0.3). The client opens it with a
// question whose answer it does not use, as Kafka's asks for the API versions: so batches wait,
// unsent and unharmed, while a broker cannot be reached (C1.15).
#pragma once

#include "kafka/client/accumulator.h"
#include "kafka/client/metadata_cache.h"
#include "kernel/ring.h"

namespace ackident {

struct Producer;

struct InFlightRequest {
  enum class Kind : std::uint8_t { kHello, kMetadata, kInitProducerId, kProduce };
  Kind kind{};
  Correlation correlation;
  Instant sent;
  BatchSlot first = kNoBatch;  // kProduce: its batches, chained by ProducerBatch::next
};

struct ProducerLink {
  Ring<InFlightRequest> requests;  // unanswered, or not all sent; oldest first
  bool timeout_armed = false;
  bool timeout_late = false;  // its timer fired late and has been armed once more
};

// May a produce request go to this broker now (C1.15)? Dials it if it is down and may be dialled.
bool can_send(Producer&, std::uint32_t broker, Context&);
Correlation next_correlation(Producer&);
// Hands a request to the network.
void send_request(Producer&, std::uint32_t broker, const InFlightRequest&, const Payload&,
                  Context&);

// Sends what is due of metadata requests (C0.10-C0.12).
void maintain_metadata(Producer&, Context&);
// Metadata is known to be stale (C0.10 c).
void request_metadata(Producer&, Context&);
// Re-reads when the next refresh is due, after anything that may have changed it.
void schedule_metadata(Producer&, Context&);
// Asks for a producer id if there is none (C2.2).
void maintain_identity(Producer&, Context&);
// The client has learnt leaders: brings the queues in line.
void apply_leaders(Producer&, Context&);

// The connection is open: the question is under way, and its time runs from now.
void on_connected(Producer&, std::uint32_t broker, Context&);
// An answer came. The request it belongs to, or nothing: it was given up before.
bool take_answered(Producer&, std::uint32_t broker, Correlation, InFlightRequest& request);
// The newest request is sent, and no answer will come. Nothing, if it was given up before.
bool take_sent(Producer&, std::uint32_t broker, InFlightRequest& request);
void on_metadata_response(Producer&, const InFlightRequest&, const MetadataResponse&, Context&);
void on_producer_id_response(Producer&, const InitProducerIdResponse&, Context&);
void on_disconnected(Producer&, std::uint32_t broker, ErrorCode, Context&);
void on_request_timeout(Producer&, std::uint32_t broker, Context&);

}  // namespace ackident
