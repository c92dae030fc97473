// The sender thread of the producer (C1.17): what goes out at each pass, and what the answers mean
// for the batches (C1.27-C1.36).
#pragma once

#include "kafka/client/accumulator.h"

namespace ackident {

struct Producer;

// One pass: identity, metadata, drain and send, expiry; then arms the timer for the next one.
void sender_pass(Producer&, Context&);

// A request of batches ended: with an answer for each, sent to a broker that answers none of them,
// or with one error for all.
void on_produce_response(Producer&, BatchSlot first, const ProduceResponse&, Context&);
void on_produce_sent(Producer&, BatchSlot first, NodeId broker, Context&);
void fail_request(Producer&, BatchSlot first, ErrorCode, Context&);

// A record that never entered a batch (C1.2): told to the application under a number of its own.
void fail_record(Producer&, std::uint32_t partition, std::uint64_t record, ErrorCode, Context&);

}  // namespace ackident
