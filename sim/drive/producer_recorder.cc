#include "drive/producer_recorder.h"

#include <algorithm>

#include "base/check.h"
#include "kafka/composition.h"

namespace ackident {

void ProducerRecorder::reset(const Composition& composition) {
  producers_.resize(composition.producers.size());
  for (State& state : producers_) {
    std::fill(state.ring.begin(), state.ring.end(), OpenBatch{});
    state.first = state.end = 0;
    state.sent = state.acked = state.failed = state.retries = state.blocked = 0;
    state.blocked_total = Duration();
    state.blocked_since = kNever;
    state.errors.clear();
    state.latency.reset();
  }
  index_of_.assign(composition.nodes.size(), -1);
  for (std::size_t i = 0; i < composition.producers.size(); ++i) {
    index_of_[composition.producers[i].node.value()] = static_cast<std::int32_t>(i);
  }
}

ProducerRecorder::OpenBatch* ProducerRecorder::find(State& state, std::int64_t number) {
  if (number < state.first || number >= state.end) return nullptr;
  OpenBatch& batch = state.ring[static_cast<std::size_t>(number) & (state.ring.size() - 1)];
  return batch.open ? &batch : nullptr;
}

ProducerRecorder::OpenBatch& ProducerRecorder::open(State& state, std::int64_t number,
                                                    Instant sent) {
  SIM_CHECK(number >= state.first);
  if (state.first == state.end) state.first = state.end = number;
  const std::int64_t span = std::max(state.end, number + 1) - state.first;
  if (static_cast<std::size_t>(span) > state.ring.size()) {
    std::size_t size = std::max<std::size_t>(state.ring.size(), 8);
    while (size < static_cast<std::size_t>(span)) size *= 2;
    std::vector<OpenBatch> larger(size);
    for (std::int64_t n = state.first; n < state.end; ++n) {
      larger[static_cast<std::size_t>(n) & (size - 1)] =
          state.ring[static_cast<std::size_t>(n) & (state.ring.size() - 1)];
    }
    state.ring = std::move(larger);
  }
  OpenBatch& batch = state.ring[static_cast<std::size_t>(number) & (state.ring.size() - 1)];
  batch.sent = sent;
  batch.records = 0;
  batch.open = true;
  state.end = std::max(state.end, number + 1);
  return batch;
}

// Batches end out of order: the oldest open one holds the ring's front.
void ProducerRecorder::close(State& state, std::int64_t number) {
  const std::size_t mask = state.ring.size() - 1;
  state.ring[static_cast<std::size_t>(number) & mask].open = false;
  while (state.first < state.end &&
         !state.ring[static_cast<std::size_t>(state.first) & mask].open) {
    ++state.first;
  }
}

ErrorCount& ProducerRecorder::error(State& state, std::int64_t code) {
  const auto wanted = static_cast<ErrorCode>(code);
  const auto at =
      std::lower_bound(state.errors.begin(), state.errors.end(), wanted,
                       [](const ErrorCount& count, ErrorCode value) { return count.code < value; });
  if (at != state.errors.end() && at->code == wanted) return *at;
  ErrorCount fresh;
  fresh.code = wanted;
  return *state.errors.insert(at, fresh);
}

void ProducerRecorder::end_blocked(State& state, Instant at) {
  if (state.blocked_since == kNever) return;
  state.blocked_total += at - state.blocked_since;
  state.blocked_since = kNever;
}

void ProducerRecorder::on_fact(Instant at, const Fact& fact, MetricRecorder& metrics) {
  const std::int32_t index = index_of_[fact.node.value()];
  if (index < 0) return;
  State& state = producers_[static_cast<std::size_t>(index)];
  const auto records = static_cast<std::uint64_t>(fact.c);
  OpenBatch* const batch = find(state, fact.a);
  switch (fact.kind) {
    case FactKind::kBatchCreated: open(state, fact.a, Instant(fact.b)); break;
    case FactKind::kRecordsSent:
      state.sent += records;
      (batch != nullptr ? *batch : open(state, fact.a, at)).records = fact.c;
      break;
    case FactKind::kAcked:
      state.acked += records;
      if (batch == nullptr) break;
      state.latency.add(at - batch->sent, records);
      close(state, fact.a);
      break;
    case FactKind::kFailed: {
      state.failed += records;
      ErrorCount& count = error(state, fact.b);
      ++count.batches;
      count.failed_records += records;
      metrics.mark(Metric::kRecordErrorRate, fact.c);
      if (batch != nullptr) {
        close(state, fact.a);
      } else {
        state.sent += records;  // refused by send() itself: never in a closed batch
      }
      break;
    }
    case FactKind::kRetried:
      ++state.retries;
      ++error(state, fact.b).batches;
      metrics.mark(Metric::kRecordRetryRate, batch != nullptr ? batch->records : 0);
      break;
    case FactKind::kSendBlocked:
      if (fact.a == 0) {
        end_blocked(state, at);
      } else {
        ++state.blocked;
        state.blocked_since = at;
      }
      break;
    case FactKind::kKilled: end_blocked(state, at); break;
    default: break;
  }
}

void ProducerRecorder::finish(RunResult& result) const {
  result.producers.resize(producers_.size());
  Totals& sum = result.totals;
  sum.sent = sum.acked = sum.failed = sum.unknown = 0;
  for (std::size_t i = 0; i < producers_.size(); ++i) {
    const State& state = producers_[i];
    ProducerResult& out = result.producers[i];
    out.totals.sent = state.sent;
    out.totals.acked = state.acked;
    out.totals.failed = state.failed;
    out.totals.unknown = state.sent - state.acked - state.failed;
    out.errors = state.errors;
    out.retries = state.retries;
    out.send_blocked = state.blocked;
    out.send_blocked_total = state.blocked_total;
    if (state.blocked_since < result.end) {
      out.send_blocked_total += result.end - state.blocked_since;
    }
    out.latency = {state.latency.quantile(500), state.latency.quantile(900),
                   state.latency.quantile(990), state.latency.quantile(999),
                   state.latency.max(),         state.latency.count()};
    sum.sent += out.totals.sent;
    sum.acked += out.totals.acked;
    sum.failed += out.totals.failed;
    sum.unknown += out.totals.unknown;
  }
}

}  // namespace ackident
