#include "kafka/client/consumer_positions.h"

#include <algorithm>
#include <utility>

namespace ackident {

namespace {

void note_reset(const Consumer& consumer, const AssignedState& slot, Offset old, ResetReason reason,
                Context& ctx) {
  ctx.note(Fact{.kind = FactKind::kPositionReset,
                .node = consumer.self,
                .partition = slot.partition,
                .a = slot.position.value(),
                .b = old.value(),
                .c = static_cast<std::int64_t>(reason)});
}

bool awaits_answer_or_question(const AssignedState& slot) {
  return slot.state == PositionState::kAwaitReset || slot.state == PositionState::kAwaitValidation;
}

// A reset asks whoever leads now; a validation whoever the position is checked against.
NodeId whom_to_ask(const Consumer& consumer, const AssignedState& slot) {
  if (slot.state == PositionState::kAwaitValidation) return slot.leader.leader;
  return consumer.metadata.leader(slot.partition).leader;
}

void await_reset_to(Consumer& consumer, AssignedState& slot, OffsetSpec where, ResetReason reason) {
  consumer.unsettled = true;
  slot.state = PositionState::kAwaitReset;
  slot.reset_to = where;
  slot.reason = reason;
  slot.asking = false;
  slot.retry_at = kLongAgo;
}

Payload question_of(const Consumer& consumer, const AssignedState& slot, Correlation correlation,
                    const Context& ctx) {
  const bool fenced = ctx.behaviour().consumer_knows_epochs;
  if (slot.state == PositionState::kAwaitValidation) {
    return OffsetsForLeaderEpochRequest{.correlation = correlation,
                                        .partition = slot.partition,
                                        .current_epoch = slot.leader.epoch,
                                        .epoch = slot.position_epoch};
  }
  const LeaderEpoch epoch = consumer.metadata.leader(slot.partition).epoch;
  return ListOffsetsRequest{.correlation = correlation,
                            .partition = slot.partition,
                            .spec = slot.reset_to,
                            .current_epoch = fenced ? epoch : kNoLeaderEpoch};
}

// The slot that waits for this answer, or null.
AssignedState* asked_about(Consumer& consumer, PartitionId partition, Correlation correlation) {
  const std::uint32_t at = consumer.slot_of[partition.value()];
  if (at == kNoSlot) return nullptr;
  AssignedState& slot = consumer.assigned[at];
  return slot.asking && slot.question == correlation ? &slot : nullptr;
}

// From the list of its former leader to that of the new one.
void set_leader(Consumer& consumer, AssignedState& slot, KnownLeader leader, const Context& ctx) {
  const NodeId former = std::exchange(slot.leader, leader).leader;
  if (former == leader.leader) return;
  const std::uint32_t at = consumer.slot_of[slot.partition.value()];
  if (former != kNoNode) std::erase(link_to(consumer, former, ctx).led, at);
  BrokerLink& link = link_to(consumer, leader.leader, ctx);
  const auto by_turn = [&](std::uint32_t a, std::uint32_t b) {
    return consumer.assigned[a].turn < consumer.assigned[b].turn;
  };
  link.led.insert(std::lower_bound(link.led.begin(), link.led.end(), at, by_turn), at);
  if (!link.fetching) can_be_sent_fetch(consumer, leader.leader, ctx);
}

void ask_again_later(Consumer& consumer, AssignedState& slot, const Context& ctx) {
  slot.retry_at = ctx.now() + config_of(consumer, ctx).retry_backoff;
  want_metadata(consumer, ctx);
}

}  // namespace

void begin_position(Consumer& consumer, AssignedState& slot, Context& ctx) {
  const CommittedOffset committed = slot.committed;
  slot = AssignedState{
      .partition = slot.partition, .turn = ++consumer.turn_last, .committed = committed};
  if (committed.offset == kNoOffset) {
    request_reset(consumer, slot, ResetReason::kNoCommit, ctx);
    return;
  }
  // The commit's epoch makes the first leader seen validate the position (C4.22).
  slot.state = PositionState::kFetching;
  slot.position = committed.offset;
  slot.position_epoch = committed.epoch;
}

void request_reset(Consumer& consumer, AssignedState& slot, ResetReason reason, Context& ctx) {
  const OffsetReset policy = config_of(consumer, ctx).offset_reset;
  if (policy == OffsetReset::kNone) {
    slot.state = PositionState::kFailed;
    slot.asking = false;
    note_reset(consumer, slot, slot.position, ResetReason::kRefused, ctx);
    return;
  }
  const bool latest = policy == OffsetReset::kLatest;
  await_reset_to(consumer, slot, latest ? OffsetSpec::kLatest : OffsetSpec::kEarliest, reason);
}

void follow_leaders(Consumer& consumer, Context& ctx) {
  if (!consumer.leaders_changed) return;
  consumer.leaders_changed = false;
  for (AssignedState& slot : consumer.assigned) {
    const KnownLeader leader = consumer.metadata.leader(slot.partition);
    // While nobody leads, the position stays with the leader it had.
    if (leader.leader == kNoNode || leader == slot.leader) continue;
    const bool failover = slot.leader.leader != kNoNode;
    set_leader(consumer, slot, leader, ctx);
    if (slot.state == PositionState::kFailed || slot.state == PositionState::kAwaitReset) continue;
    if (failover && ctx.mutant(Mutant::kConsumerSkipsOnFailover)) {
      await_reset_to(consumer, slot, OffsetSpec::kLatest, ResetReason::kTruncation);
      continue;
    }
    // C4.20, C4.21: without an epoch, or before 2.3, a truncation goes unnoticed.
    const bool checked =
        ctx.behaviour().consumer_knows_epochs && slot.position_epoch != kNoLeaderEpoch;
    slot.state = checked ? PositionState::kAwaitValidation : PositionState::kFetching;
    consumer.unsettled = true;
    slot.asking = false;  // an answer of the leader before is of no use
    slot.retry_at = kLongAgo;
  }
}

void ask_questions(Consumer& consumer, Context& ctx) {
  if (!consumer.unsettled) return;
  consumer.unsettled = false;
  for (std::uint32_t i = 0; i < consumer.assigned.size(); ++i) {
    AssignedState& slot = consumer.assigned[i];
    if (!awaits_answer_or_question(slot)) continue;
    consumer.unsettled = true;
    if (slot.asking || ctx.now() < slot.retry_at) continue;
    const NodeId broker = whom_to_ask(consumer, slot);
    if (broker == kNoNode) {
      want_metadata(consumer, ctx);
      continue;
    }
    if (!is_usable(consumer, broker, ctx)) continue;
    slot.asking = true;
    slot.question = next_correlation(consumer);
    send_request(consumer, broker, {PendingRequest::Kind::kQuestion, slot.question, i, ctx.now()},
                 question_of(consumer, slot, slot.question, ctx), ctx);
  }
}

Instant next_question_wake(const Consumer& consumer, const Context& ctx) {
  Instant wake = kNever;
  if (!consumer.unsettled) return wake;
  for (const AssignedState& slot : consumer.assigned) {
    if (!awaits_answer_or_question(slot) || slot.asking) continue;
    const NodeId broker = whom_to_ask(consumer, slot);
    if (broker == kNoNode) continue;  // the metadata's arrival wakes
    const bool usable = is_usable(consumer, broker, ctx);
    wake = std::min(
        wake, usable ? slot.retry_at : std::max(slot.retry_at, usable_at(consumer, broker, ctx)));
  }
  return wake;
}

void on_list_offsets(Consumer& consumer, NodeId from, const ListOffsetsResponse& response,
                     Context& ctx) {
  if (!take_pending(consumer, from, response.correlation, ctx)) return;
  AssignedState* slot = asked_about(consumer, response.partition, response.correlation);
  if (slot == nullptr) return;
  slot->asking = false;
  SIM_CHECK(slot->state == PositionState::kAwaitReset);
  // OFFSET_NOT_AVAILABLE among others: until the leader's HW has reached its epoch's start (R8.8).
  if (response.error != ErrorCode::kNone) {
    ask_again_later(consumer, *slot, ctx);
    return;
  }
  const Offset old = slot->position;
  slot->position = response.offset;
  slot->position_epoch = kNoLeaderEpoch;
  slot->state = PositionState::kFetching;
  note_reset(consumer, *slot, old, slot->reason, ctx);
}

// C4.20 (Kafka 1eb76443 SubscriptionState.java maybeCompleteValidation).
void on_epoch_end(Consumer& consumer, NodeId from, const OffsetsForLeaderEpochResponse& response,
                  Context& ctx) {
  if (!take_pending(consumer, from, response.correlation, ctx)) return;
  AssignedState* slot = asked_about(consumer, response.partition, response.correlation);
  if (slot == nullptr) return;
  slot->asking = false;
  SIM_CHECK(slot->state == PositionState::kAwaitValidation);
  if (response.error != ErrorCode::kNone) {
    ask_again_later(consumer, *slot, ctx);
    return;
  }
  if (response.end.epoch == kNoLeaderEpoch || response.end.end == kNoOffset) {
    request_reset(consumer, *slot, ResetReason::kTruncation, ctx);
    return;
  }
  if (response.end.end >= slot->position) {
    slot->state = PositionState::kFetching;
    return;
  }
  if (config_of(consumer, ctx).offset_reset == OffsetReset::kNone) {  // LogTruncationException
    request_reset(consumer, *slot, ResetReason::kTruncation, ctx);
    return;
  }
  const Offset old = slot->position;
  slot->position = response.end.end;
  slot->position_epoch = response.end.epoch;
  slot->state = PositionState::kFetching;
  note_reset(consumer, *slot, old, ResetReason::kTruncation, ctx);
}

}  // namespace ackident
