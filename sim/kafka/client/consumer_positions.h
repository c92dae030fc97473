// Where a partition's position comes from: committed offset, reset policy (C4.19), and validation
// against a new leader's epochs (C4.20).
#pragma once

#include "kafka/client/consumer_network.h"

namespace ackident {

// The process begins: from the committed offset, else the reset policy.
void begin_position(Consumer&, AssignedState&, Context&);
// Applies auto.offset.reset, or fails the partition when that is none.
void request_reset(Consumer&, AssignedState&, ResetReason, Context&);
// Takes over leaders that the metadata shows and the positions have not been checked against.
void follow_leaders(Consumer&, Context&);
// Sends the questions that positions wait for.
void ask_questions(Consumer&, Context&);
// When ask_questions has something to do without any answer arriving before.
Instant next_question_wake(const Consumer&, const Context&);

void on_list_offsets(Consumer&, NodeId from, const ListOffsetsResponse&, Context&);
void on_epoch_end(Consumer&, NodeId from, const OffsetsForLeaderEpochResponse&, Context&);

}  // namespace ackident
