#include "kafka/client/consumer.h"

#include <algorithm>

#include "kafka/client/consumer_fetch.h"
#include "kafka/client/consumer_positions.h"

namespace ackident {

namespace {

constexpr LocalTimer timer_id(ConsumerTimer timer) {
  return LocalTimer(static_cast<std::uint32_t>(timer));
}

Fact fact_of(const Consumer& consumer, FactKind kind, const ReturnedRecords& each) {
  return Fact{.kind = kind,
              .node = consumer.self,
              .partition = consumer.assigned[each.slot].partition,
              .a = each.records.from.value(),
              .b = each.records.to.value()};
}

// C6.1: the positions of all partitions that have a valid one; awaiting a reset or a validation
// there is none.
void commit_positions(Consumer& consumer, Context& ctx) {
  for (AssignedState& slot : consumer.assigned) {
    if (slot.state != PositionState::kFetching) continue;
    const CommittedOffset previous = slot.committed;
    slot.committed = {slot.position, slot.position_epoch};
    if (slot.committed.offset == previous.offset) continue;
    ctx.note(Fact{.kind = FactKind::kCommitted,
                  .node = consumer.self,
                  .partition = slot.partition,
                  .a = slot.committed.offset.value(),
                  .b = previous.offset.value()});
  }
}

// C6.5: at the start of poll(), hence everything that earlier polls returned.
void maybe_auto_commit(Consumer& consumer, Context& ctx) {
  if (ctx.now() < consumer.commit_due) return;
  commit_positions(consumer, ctx);
  consumer.commit_due = ctx.now() + config_of(consumer, ctx).auto_commit_interval;
}

void finish_processing(Consumer& consumer, Context& ctx) {
  for (const ReturnedRecords& each : consumer.returned) {
    ctx.note(fact_of(consumer, FactKind::kProcessed, each));
  }
  consumer.returned.clear();
  consumer.phase = ConsumerPhase::kPolling;
}

// poll() returns: the application gets the records and works on them.
void return_records(Consumer& consumer, Context& ctx) {
  std::int64_t count = 0;
  for (const ReturnedRecords& each : consumer.returned) {
    Fact fact = fact_of(consumer, FactKind::kDelivered, each);
    fact.c = each.records.epoch.value();
    ctx.note(fact);
    count += each.records.to - each.records.from;
  }
  if (ctx.mutant(Mutant::kCommitBeforeProcessing)) commit_positions(consumer, ctx);
  if (consumer.per_record == Duration()) {
    finish_processing(consumer, ctx);
    return;
  }
  consumer.phase = ConsumerPhase::kProcessing;
  ctx.arm(timer_id(ConsumerTimer::kProcessed), ctx.now() + consumer.per_record * count);
}

void close(Consumer& consumer, Context& ctx) {
  if (config_of(consumer, ctx).auto_commit) commit_positions(consumer, ctx);  // C6.7
  consumer.phase = ConsumerPhase::kClosed;
  ctx.exit_process();
}

void arm_wake(Consumer& consumer, Context& ctx) {
  // With an interval of zero each poll() has just committed all there is.
  const Instant commit = consumer.commit_due > ctx.now() ? consumer.commit_due : kNever;
  Instant wake = std::min(commit, next_metadata_wake(consumer, ctx));
  wake = std::min(wake, next_question_wake(consumer, ctx));
  wake = std::min(wake, next_fetch_wake(consumer, ctx));
  if (wake == consumer.wake_at) return;
  consumer.wake_at = wake;
  if (wake == kNever) {
    ctx.disarm(timer_id(ConsumerTimer::kWake));
  } else {
    ctx.arm(timer_id(ConsumerTimer::kWake), wake);
  }
}

// Before Kafka 1.1 poll() does not go on before every partition has a position (Kafka 1.0
// KafkaConsumer.java pollOnce).
bool is_held_up(const Consumer& consumer, const Context& ctx) {
  if (ctx.behaviour().consumer_resets_apart || !consumer.unsettled) return false;
  return std::any_of(
      consumer.assigned.begin(), consumer.assigned.end(),
      [](const AssignedState& slot) { return slot.state == PositionState::kAwaitReset; });
}

// The application's loop over poll(), until it has to wait: inside poll() for the network, or
// outside for its own work.
void run(Consumer& consumer, Context& ctx) {
  while (consumer.phase == ConsumerPhase::kPolling) {
    check_request_timeouts(consumer, ctx);
    if (!is_held_up(consumer, ctx)) maybe_auto_commit(consumer, ctx);
    follow_leaders(consumer, ctx);
    ask_questions(consumer, ctx);
    const bool held_up = is_held_up(consumer, ctx);
    const bool any = !held_up && collect(consumer, ctx);
    if (!held_up) send_fetches(consumer, ctx);  // before records are returned (C4.5)
    maybe_refresh_metadata(consumer, ctx);
    if (!any) {
      arm_wake(consumer, ctx);
      return;
    }
    return_records(consumer, ctx);
    // The next poll() would find what this one has just left: nothing read, nothing due.
    if (consumer.phase == ConsumerPhase::kPolling && consumer.buffered.empty() &&
        ctx.now() < consumer.commit_due) {
      arm_wake(consumer, ctx);
      return;
    }
  }
}

// What the process kept in memory is gone; committed offsets and the count of draws stay.
void forget_process(Consumer& consumer, const Composition& composition) {
  consumer.closing = false;
  consumer.leaders_changed = false;
  consumer.unsettled = true;
  consumer.timeout_fired = false;
  consumer.metadata.forget(composition);
  for (BrokerConnection& connection : consumer.connections) forget(connection);
  for (BrokerLink& link : consumer.links) {
    link.pending.clear();
    link.led.clear();
    link.fetching = false;
    link.timeout_armed = false;
    link.timeout_late = false;
  }
  consumer.idle.clear();
  consumer.buffered.clear();
  consumer.returned.clear();
  consumer.commit_due = kNever;
  consumer.wake_at = kNever;
}

}  // namespace

void reset(Consumer& consumer, const Composition& composition, NodeId self) {
  SIM_CHECK(composition.node(self).kind == NodeKind::kConsumer);
  consumer = Consumer{};
  consumer.self = self;
  consumer.index = composition.node(self).index;
  const ConsumerInfo& info = composition.consumers[consumer.index];
  consumer.per_record = info.per_record;
  consumer.metadata.reset(composition);
  consumer.connections.resize(composition.broker_count);
  consumer.links.resize(composition.broker_count);
  consumer.assigned.resize(info.assigned_count);
  consumer.slot_of.assign(composition.partition_count(), kNoSlot);
  for (std::uint32_t i = 0; i < info.assigned_count; ++i) {
    const PartitionId partition = composition.assigned[info.assigned_first + i];
    consumer.assigned[i].partition = partition;
    consumer.slot_of[partition.value()] = i;
  }
  consumer.buffered.reserve(info.assigned_count);
  consumer.returned.reserve(info.assigned_count);
  forget_process(consumer, composition);
}

std::uint32_t timer_count(const Consumer&, const Composition& composition, NodeId) {
  return static_cast<std::uint32_t>(ConsumerTimer::kRequestTimeout) + composition.broker_count;
}

void start(Consumer& consumer, const StartInfo&, Context& ctx) {
  SIM_CHECK(consumer.phase == ConsumerPhase::kStopped);
  const ConsumerConfig& config = config_of(consumer, ctx);
  consumer.phase = ConsumerPhase::kPolling;
  if (config.auto_commit) consumer.commit_due = ctx.now() + config.auto_commit_interval;
  for (AssignedState& slot : consumer.assigned) begin_position(consumer, slot, ctx);
  run(consumer, ctx);
}

void deliver(Consumer& consumer, NodeId from, const Payload& payload, Context& ctx) {
  if (const auto* command = std::get_if<ProcessingCommand>(&payload)) {
    consumer.per_record = command->per_record;
    return;
  }
  if (consumer.phase == ConsumerPhase::kStopped) return;
  if (const auto* fetch = std::get_if<FetchResponse>(&payload)) {
    on_fetch(consumer, from, *fetch, ctx);
  } else if (const auto* metadata = std::get_if<MetadataResponse>(&payload)) {
    on_metadata(consumer, from, *metadata, ctx);
  } else if (const auto* offsets = std::get_if<ListOffsetsResponse>(&payload)) {
    on_list_offsets(consumer, from, *offsets, ctx);
  } else if (const auto* end = std::get_if<OffsetsForLeaderEpochResponse>(&payload)) {
    on_epoch_end(consumer, from, *end, ctx);
  } else if (std::holds_alternative<Connected>(payload)) {
    return on_connected(consumer, from, ctx);
  } else {
    SIM_CHECK(std::holds_alternative<Disconnected>(payload));
    on_disconnected(consumer, from, ctx);
  }
  run(consumer, ctx);
}

void fire(Consumer& consumer, LocalTimer timer, Context& ctx) {
  if (timer == timer_id(ConsumerTimer::kWake)) {
    consumer.wake_at = kNever;
  } else if (timer == timer_id(ConsumerTimer::kProcessed)) {
    SIM_CHECK(consumer.phase == ConsumerPhase::kProcessing);
    finish_processing(consumer, ctx);
    if (consumer.closing) close(consumer, ctx);
  } else {
    constexpr auto kFirst = static_cast<std::uint32_t>(ConsumerTimer::kRequestTimeout);
    on_request_timeout(consumer, timer.value() - kFirst, ctx);
  }
  run(consumer, ctx);
}

void stop(Consumer& consumer, StopKind, Context& ctx) {
  consumer.phase = ConsumerPhase::kStopped;
  forget_process(consumer, ctx.composition());
}

void shut_down(Consumer& consumer, Context& ctx) {
  if (consumer.phase == ConsumerPhase::kProcessing) {
    consumer.closing = true;  // the application finishes what it has, then calls close()
  } else if (consumer.phase == ConsumerPhase::kPolling) {
    close(consumer, ctx);
  }
}

}  // namespace ackident
