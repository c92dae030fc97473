#include "kafka/client/workload.h"

#include <algorithm>

#include "kafka/client/producer.h"
#include "kafka/client/sender.h"
#include "kernel/distribution.h"

namespace ackident {

namespace {

const Workload& workload_of(const Producer& producer, const Context& ctx) {
  return info_of(producer, ctx).workload;
}

void draw_size(Producer& producer, const Context& ctx) {
  const Workload& workload = workload_of(producer, ctx);
  Application& application = producer.application;
  application.record_bytes = workload.record_bytes;
  if (workload.record_bytes_max <= workload.record_bytes) return;
  application.record_bytes += static_cast<std::uint32_t>(
      ctx.choose({ChoiceKind::kRecordSize, producer.self.value(), application.records},
                 workload.record_bytes_max - workload.record_bytes + 1));
}

std::uint32_t partition_without_key(Producer& producer, std::uint32_t partitions,
                                    const Context& ctx) {
  Partitioner& partitioner = producer.partitioner;
  switch (ctx.behaviour().partitioning) {
    case Partitioning::kRoundRobin: return partitioner.next_in_turn(partitions, ctx);
    case Partitioning::kKip480: return partitioner.sticky_until_full(partitions, ctx);
    case Partitioning::kKip794: break;
  }
  return partitioner.sticky_partition(producer.accumulator, config_of(producer, ctx), ctx);
}

// C1.6-C1.10. `record` keys the choice of its key.
std::uint32_t choose_partition(Producer& producer, std::uint64_t record, const Context& ctx) {
  const Application& application = producer.application;
  const Workload& workload = workload_of(producer, ctx);
  const TopicInfo& topic = ctx.composition().topics[workload.topic.value()];
  if (workload.partition != kNoPartition) return workload.partition.value() - topic.first.value();
  if (workload.keys == 0) {
    // Before KIP-794 a record that waits for memory waits for its partition's.
    const bool bound = application.blocked == Blocked::kOnMemory &&
                       ctx.behaviour().partitioning != Partitioning::kKip794;
    return bound ? application.partition : partition_without_key(producer, topic.partitions, ctx);
  }
  const std::uint64_t key =
      ctx.choose({ChoiceKind::kKey, producer.self.value(), record}, workload.keys);
  const std::vector<std::uint32_t>& by_key = producer.partitioner.by_key;
  return by_key.empty() ? partition_of_key(key, topic.partitions) : by_key[key];
}

// The partitioner may send a record of the workload anywhere.
bool is_free(const Workload& workload) {
  return workload.keys == 0 && workload.partition == kNoPartition;
}

// KIP-480: a record that would open a batch goes to another partition, and opens one there if it
// must (Kafka 2.8.0 KafkaProducer.java doSend, onNewBatch).
void leave_full_batch(Producer& producer, const Context& ctx) {
  Application& application = producer.application;
  const Workload& workload = workload_of(producer, ctx);
  if (ctx.behaviour().partitioning != Partitioning::kKip480 || !is_free(workload)) return;
  if (application.blocked == Blocked::kOnMemory) return;  // it went before it waited
  const std::uint32_t present = application.partition;
  if (producer.accumulator.takes(present, application.record_bytes, ctx.now())) return;
  application.partition = producer.partitioner.switch_sticky(
      ctx.composition().topics[workload.topic.value()].partitions, ctx);
}

// C1.3: Kafka bounds the record in a batch of its own.
bool is_too_large(const Producer& producer, const Context& ctx) {
  const ProducerConfig& config = config_of(producer, ctx);
  const std::int64_t bytes = std::int64_t{producer.application.record_bytes} + kBatchHeaderBytes;
  return bytes > config.max_request_size || bytes > config.buffer_memory;
}

void note_blocked(const Producer& producer, bool blocked, Context& ctx) {
  ctx.note({.kind = FactKind::kSendBlocked, .node = producer.self, .a = blocked ? 1 : 0});
}

void block(Producer& producer, Blocked reason, Context& ctx) {
  Application& application = producer.application;
  if (application.blocked == reason) return;
  application.blocked = reason;
  ctx.arm(producer_timer(ProducerTimer::kBlocked), application.blocked_until);
  if (reason != Blocked::kOnMemory) return;
  note_blocked(producer, true, ctx);
  // C1.4: while somebody waits for memory, every head batch is sendable.
  for (NodeQueue& node : producer.accumulator.nodes) node.ready_at = kLongAgo;
}

void unblock(Producer& producer, Context& ctx) {
  Application& application = producer.application;
  if (application.blocked == Blocked::kOnMemory) note_blocked(producer, false, ctx);
  application.blocked = Blocked::kNot;
}

// A blocked send() counts from its call: the application waits in it.
void note_created(const Producer& producer, std::uint32_t partition, Context& ctx) {
  const Accumulator& accumulator = producer.accumulator;
  const ProducerBatch& batch = accumulator[accumulator.partitions[partition].tail];
  const Instant called = producer.application.blocked_until - config_of(producer, ctx).max_block;
  ctx.note({.kind = FactKind::kBatchCreated,
            .node = producer.self,
            .partition = partition_id(producer, partition, ctx),
            .a = batch.number.value(),
            .b = called.ns()});
}

// The steps of send() for the record in hand (C1.1). False: it blocks. `wake`: the sender must run.
bool send_record(Producer& producer, bool& wake, Context& ctx) {
  Application& application = producer.application;
  if (producer.metadata.last_success == kLongAgo) {
    block(producer, Blocked::kOnMetadata, ctx);
    return false;
  }
  const std::uint64_t record = application.records - 1;
  application.partition = choose_partition(producer, record, ctx);
  if (is_too_large(producer, ctx)) {
    fail_record(producer, application.partition, record, ErrorCode::kRecordTooLarge, ctx);
    unblock(producer, ctx);
    return true;
  }
  leave_full_batch(producer, ctx);
  const std::uint32_t partition = application.partition;
  const ProducerConfig& config = config_of(producer, ctx);
  Accumulator& accumulator = producer.accumulator;
  const Appended appended =
      accumulator.append(partition, record, application.record_bytes, config, ctx.now());
  if (appended == Appended::kNoMemory) {
    wake = wake || application.blocked != Blocked::kOnMemory;
    block(producer, Blocked::kOnMemory, ctx);
    return false;
  }
  unblock(producer, ctx);
  if (appended == Appended::kNewBatch) note_created(producer, partition, ctx);
  wake = wake || appended == Appended::kNewBatch || accumulator.last_full(partition);
  if (ctx.behaviour().partitioning == Partitioning::kKip794 &&
      is_free(workload_of(producer, ctx))) {
    const std::uint32_t header = appended == Appended::kNewBatch ? kBatchHeaderBytes : 0;
    producer.partitioner.appended(std::int64_t{application.record_bytes} + header, accumulator,
                                  config, ctx);
  }
  return true;
}

Duration draw_gap(Producer& producer, const Context& ctx) {
  Application& application = producer.application;
  SIM_CHECK(application.interval > Duration());
  if (!workload_of(producer, ctx).random_arrivals) return application.interval;
  const std::uint64_t bits =
      ctx.choose({ChoiceKind::kArrival, producer.self.value(), application.arrivals_drawn++},
                 ~std::uint64_t{0});
  return sample({Distribution::Kind::kExponential, Duration(), application.interval}, bits);
}

void arm_arrival(Producer& producer, Instant at, Context& ctx) {
  const Workload& workload = workload_of(producer, ctx);
  Application& application = producer.application;
  application.next_arrival = kNever;
  if (producer.closing || application.burst == 0) return;
  if (at >= workload.stop || application.records >= workload.count_max) return;
  application.next_arrival = at;
  ctx.arm(producer_timer(ProducerTimer::kArrival), at);
}

void begin_record(Producer& producer, Context& ctx) {
  Application& application = producer.application;
  draw_size(producer, ctx);
  application.partition = kNoSticky;
  ++application.records;
  application.blocked_until = ctx.now() + config_of(producer, ctx).max_block;
}

// Sends the rest of the burst, the first record of which has begun if `begun`. True: the sender
// must run.
bool send_burst(Producer& producer, bool begun, Context& ctx) {
  Application& application = producer.application;
  bool wake = false;
  while (application.burst_left > 0) {
    if (!begun) begin_record(producer, ctx);
    begun = false;
    if (!send_record(producer, wake, ctx)) break;
    --application.burst_left;
  }
  if (application.burst_left == 0) arm_arrival(producer, ctx.now() + draw_gap(producer, ctx), ctx);
  return wake;
}

// The send() in hand fails.
void give_up_record(Producer& producer, Context& ctx) {
  Application& application = producer.application;
  const ErrorCode error =
      application.blocked == Blocked::kOnMemory && ctx.behaviour().names_exhausted_buffer
          ? ErrorCode::kBufferExhausted
          : ErrorCode::kTimeout;
  fail_record(producer, application.partition, application.records - 1, error, ctx);
  unblock(producer, ctx);
  --application.burst_left;
}

}  // namespace

void start_application(Producer& producer, Context& ctx) {
  Application& application = producer.application;
  application.burst_left = 0;
  application.blocked = Blocked::kNot;
  arm_arrival(producer, std::max(workload_of(producer, ctx).start, ctx.now()), ctx);
}

bool on_arrival(Producer& producer, Context& ctx) {
  Application& application = producer.application;
  application.next_arrival = kNever;
  const std::uint64_t left = workload_of(producer, ctx).count_max - application.records;
  application.burst_left =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(application.burst, left));
  return send_burst(producer, false, ctx);
}

bool resume_application(Producer& producer, Context& ctx) {
  return producer.application.blocked != Blocked::kNot && send_burst(producer, true, ctx);
}

void on_block_timeout(Producer& producer, Context& ctx) {
  Application& application = producer.application;
  if (application.blocked == Blocked::kNot || ctx.now() < application.blocked_until) return;
  give_up_record(producer, ctx);
  send_burst(producer, false, ctx);
}

void on_command(Producer& producer, const WorkloadCommand& command, Context& ctx) {
  Application& application = producer.application;
  application.interval = command.interval;
  application.burst = command.burst;
  // A blocked application takes up the new rate when it is released.
  if (application.blocked != Blocked::kNot) return;
  const Instant next = ctx.now() + draw_gap(producer, ctx);
  const Instant begins = workload_of(producer, ctx).start;
  arm_arrival(producer, std::max(std::min(next, application.next_arrival), begins), ctx);
}

void stop_application(Producer& producer, Context& ctx) {
  Application& application = producer.application;
  if (application.blocked != Blocked::kNot) give_up_record(producer, ctx);
  application.burst_left = 0;
  application.next_arrival = kNever;
  ctx.disarm(producer_timer(ProducerTimer::kArrival));
}

}  // namespace ackident
