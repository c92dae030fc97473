// RL3, a replication of one partition reduced to its bones: a leader, two followers and a producer
// with acks=all. One way takes 500 us. A produce is appended and parked fetches are answered at
// once; a fetch that finds no data parks for at most 500 ms; fetch(offset) tells the leader how far
// the follower is, the high watermark is the least of the three log ends, and what it passes is
// acknowledged. Logs are kept record by record in all three replicas.
//
// The model is a template over its queue, so that the hand-written limit, the project's EventQueue
// (rl3_queues.h) and other simulators' kernels (peer_*.cc) run the same protocol code.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace ackident::bench {

enum Rl3Lane : std::uint32_t {
  kToLeader,
  kToProducer,
  kToFollower0,
  kToFollower1,
  kFetch0,
  kFetch1
};
enum Rl3Timer : std::uint32_t { kPark0, kPark1, kTick };
inline constexpr std::uint32_t kRl3Lanes = 6;
inline constexpr std::uint32_t kRl3Timers = 3;

struct Rl3Message {
  std::uint64_t first = 0;  // produce: the record; fetch: the offset; responses: first offset
  std::uint64_t count = 0;  // fetch response: number of records
};

struct Rl3Event {
  std::uint64_t at = 0;
  bool is_timer = false;
  std::uint32_t source = 0;
  Rl3Message message;
};

struct Rl3Workload {
  const char* name;
  std::uint64_t horizon_ns;
  std::uint32_t in_flight;  // 0: open loop, a record every 10 ms
  std::uint64_t events;     // expected: useful events,
  std::uint64_t acked;      // acknowledged records,
  std::uint64_t hash;       // and the hash of when each was
};

inline constexpr Rl3Workload kSparse{"sparse", 300'000'000'000, 0,
                                     209'996,  29'999,          0x8223f04b883f011};
inline constexpr Rl3Workload kDense5{"dense5", 60'000'000'000, 5,
                                     479'998,  119'997,        0x230f942554bb9bec};
inline constexpr Rl3Workload kDense500{"dense500", 2'000'000'000, 500,
                                       807'503,    399'502,       0xd2a03748f054eaf7};

struct Rl3Result {
  std::uint64_t events = 0;
  std::uint64_t acked = 0;
  std::uint64_t lost = 0;  // acknowledged records that a replica lacks at the end
  std::uint64_t hash = 0;  // over every acknowledgement's (time, offset)

  bool operator==(const Rl3Result&) const = default;
};

template <class Queue>
class Rl3 {
 public:
  // Called with (is_timer, source, time) for every event.
  struct NoTrace {
    void operator()(bool, std::uint32_t, std::uint64_t) const {}
  };

  template <class Trace = NoTrace>
  Rl3Result run(const Rl3Workload& workload, Trace&& trace = {}) {
    begin(workload);
    go_on(workload.horizon_ns, trace);
    return end();
  }

  // The same in parts, for kernels that can only be begun once.
  void begin(const Rl3Workload& workload) {
    queue_.reset();
    leader_.clear();
    for (std::vector<std::uint64_t>& log : logs_) log.clear();
    follower_end_ = {};
    parked_ = {};
    now_ = high_watermark_ = produced_ = 0;
    result_ = {};
    closed_loop_ = workload.in_flight > 0;
    send(kFetch0, {});
    send(kFetch1, {});
    for (std::uint32_t i = 0; i < workload.in_flight; ++i) produce();
    if (!closed_loop_) queue_.arm(kTick, kInterval);
  }
  template <class Trace = NoTrace>
  void go_on(std::uint64_t until, Trace&& trace = {}) {
    queue_.run(until, [&](const Rl3Event& event) {
      now_ = event.at;
      ++result_.events;
      trace(event.is_timer, event.source, event.at);
      if (event.is_timer) {
        on_timer(event.source);
      } else {
        on_message(event.source, event.message);
      }
    });
  }
  Rl3Result end() {
    for (std::uint64_t offset = 0; offset < high_watermark_; ++offset) {
      for (const std::vector<std::uint64_t>& log : logs_) {
        result_.lost += offset >= log.size() || log[offset] != leader_[offset] ? 1 : 0;
      }
    }
    return result_;
  }

 private:
  static constexpr std::uint64_t kLatency = 500'000;
  static constexpr std::uint64_t kInterval = 10'000'000;
  static constexpr std::uint64_t kPark = 500'000'000;

  void send(std::uint32_t lane, Rl3Message message) { queue_.push(lane, now_ + kLatency, message); }
  void produce() { send(kToLeader, {produced_++, 1}); }

  void on_timer(std::uint32_t timer) {
    if (timer == kTick) {
      produce();
      queue_.arm(kTick, now_ + kInterval);
    } else {
      answer(timer);
    }
  }
  void on_message(std::uint32_t lane, const Rl3Message& message) {
    switch (lane) {
      case kToLeader: return on_produce(message.first);
      case kToProducer: return on_ack(message.first);
      case kToFollower0:
      case kToFollower1: return on_records(lane - kToFollower0, message);
      default: return on_fetch(lane - kFetch0, message.first);
    }
  }
  void on_produce(std::uint64_t record) {
    leader_.push_back(record);
    for (std::uint32_t follower = 0; follower < 2; ++follower) {
      if (!parked_[follower]) continue;
      queue_.disarm(kPark0 + follower);
      answer(follower);
    }
  }
  // Sends the follower whatever it lacks.
  void answer(std::uint32_t follower) {
    parked_[follower] = false;
    const std::uint64_t from = follower_end_[follower];
    send(kToFollower0 + follower, {from, leader_.size() - from});
  }
  void on_fetch(std::uint32_t follower, std::uint64_t offset) {
    follower_end_[follower] = offset;
    const std::uint64_t high_watermark = std::min(follower_end_[0], follower_end_[1]);
    for (; high_watermark_ < high_watermark; ++high_watermark_) {
      send(kToProducer, {high_watermark_, 1});
    }
    if (offset < leader_.size()) return answer(follower);
    parked_[follower] = true;
    queue_.arm(kPark0 + follower, now_ + kPark);
  }
  void on_records(std::uint32_t follower, const Rl3Message& message) {
    std::vector<std::uint64_t>& log = logs_[follower];
    const std::uint64_t* const from = leader_.data() + message.first;
    log.insert(log.end(), from, from + message.count);
    send(kFetch0 + follower, {log.size(), 0});
  }
  void on_ack(std::uint64_t offset) {
    ++result_.acked;
    result_.hash = (result_.hash ^ now_ ^ offset << 40) * 0x9fb21c651e98df25;
    result_.hash ^= result_.hash >> 32;
    if (closed_loop_) produce();
  }

  Queue queue_;
  std::vector<std::uint64_t> leader_;
  std::array<std::vector<std::uint64_t>, 2> logs_;
  std::array<std::uint64_t, 2> follower_end_{};
  std::array<bool, 2> parked_{};
  std::uint64_t now_ = 0;
  std::uint64_t high_watermark_ = 0;
  std::uint64_t produced_ = 0;
  bool closed_loop_ = false;
  Rl3Result result_;
};

}  // namespace ackident::bench
