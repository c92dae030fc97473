// A failed run once more, for the events that broke what was expected of it. A run repeats exactly,
// so what it is asked to remember costs only those that fail.
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "drive/run.h"

namespace ackident {

class Replay {
 public:
  Replay(const Scenario& scenario, const RunResult& result);

  // Whether the moment of such a failure can be found by running again.
  static bool finds(const Expectation& wanted);
  // What to look for: a value that is above its bound, or a state that is not as it should be.
  void seek(const Expectation& wanted, ExpectationResult& judged);
  // Runs, and sets the moments. One that it does not find stays as it is.
  void run();

 private:
  struct Sought {
    const Expectation* wanted = nullptr;
    ExpectationResult* judged = nullptr;
    bool found = false;
    std::int64_t count = 0;
    std::int64_t epoch = -1;         // the newest leader's
    std::vector<std::int64_t> slow;  // by producer: records acknowledged later than the bound
  };
  // Records of which something came true.
  struct Change {
    Moment moment;
    std::int64_t records = 0;
  };
  // A consumer's position went from here to there.
  struct Move {
    Offset from;
    Offset to;
    Moment moment;
  };

  static void watch(void* context, Instant at, EventId event, EventId cause, const Fact& fact);
  void remember(const Moment& moment, const Fact& fact);
  [[nodiscard]] bool breaks(Sought& sought, const Fact& fact);
  [[nodiscard]] bool is_slow(Sought& sought, const Fact& fact) const;
  static bool moves(Sought& sought, const Fact& fact);

  [[nodiscard]] std::vector<Change> copies(ExpectKind kind) const;
  void copies_of(PartitionId partition, ExpectKind kind, std::vector<Change>& changes) const;
  [[nodiscard]] std::vector<Change> skips() const;
  [[nodiscard]] Moment appended(PartitionId partition, LeaderEpoch epoch, Offset offset) const;
  static void settle(Sought& sought, std::vector<Change> changes);

  const Scenario& scenario_;
  std::uint64_t seed_ = 0;
  std::vector<std::uint64_t> acked_;  // by producer
  Runner runner_;
  std::vector<Sought> sought_;
  bool needs_logs_ = false;
  std::map<std::tuple<PartitionId, LeaderEpoch, Offset>, Moment> appends_;  // by first offset
  std::map<std::pair<NodeId, PartitionId>, std::vector<Move>> moves_;       // of consumers
};

}  // namespace ackident
