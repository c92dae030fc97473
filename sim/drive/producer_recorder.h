// What the producers were told: outcomes, error codes, retries, and the latency of each acked
// record from the first sending of its batch to its acknowledgement.
#pragma once

#include <vector>

#include "drive/histogram.h"
#include "drive/metric_recorder.h"
#include "oracle/result.h"

namespace ackident {

struct Composition;

class ProducerRecorder {
 public:
  void reset(const Composition& composition);
  // kBatchCreated, kRecordsSent, kAcked, kFailed, kRetried, kSendBlocked, kKilled;
  // others are ignored.
  void on_fact(Instant at, const Fact& fact, MetricRecorder& metrics);
  // Fills producers but for what only the final logs can tell, and the sums of it in the totals.
  void finish(RunResult& result) const;

 private:
  // A batch the application has not been told about: 24 bytes.
  struct OpenBatch {
    Instant sent;
    std::int64_t records = 0;
    bool open = false;
  };
  struct State {
    std::vector<OpenBatch> ring;  // by batch number modulo its size, a power of two
    std::int64_t first = 0;       // oldest open batch
    std::int64_t end = 0;         // batches below were seen
    std::uint64_t sent = 0;
    std::uint64_t acked = 0;
    std::uint64_t failed = 0;
    std::uint64_t retries = 0;
    std::uint64_t blocked = 0;
    Duration blocked_total;
    Instant blocked_since = kNever;
    std::vector<ErrorCount> errors;
    Histogram latency;
  };

  static OpenBatch* find(State& state, std::int64_t number);
  static OpenBatch& open(State& state, std::int64_t number, Instant sent);
  static void close(State& state, std::int64_t number);
  static void end_blocked(State& state, Instant at);
  static ErrorCount& error(State& state, std::int64_t code);

  std::vector<State> producers_;
  std::vector<std::int32_t> index_of_;  // by NodeId; -1: no producer
};

}  // namespace ackident
