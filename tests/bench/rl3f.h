// RL3F: RL3 with faults, written by hand and for speed, the yardstick of the full model. Per
// message 300 us + Exp(200 us); a controller with 9 s sessions; the leader crashes at U[30, 90] s
// and some broker at U[130, 190] s, each back after U[5, 30] s; election from the ISR, truncation
// of what the new leader lacks, ISR shrink after 10 s of lag and expansion when caught up; the
// producer resends to the new leader. 100 records/s for 300 s, acks=1 or all.
#pragma once

#include "base/dice.h"
#include "kernel/distribution.h"
#include "rl3f_queue.h"

namespace ackident::bench {

struct Rl3fResult {
  std::uint64_t events = 0;
  std::uint64_t acked = 0;
  std::uint64_t lost = 0;  // acknowledged records that the last leader's log lacks
  std::uint64_t elections = 0;
  std::uint64_t hash = 0;  // over every acknowledgement's (time, record)

  bool operator==(const Rl3fResult&) const = default;
};

class Rl3f {
 public:
  Rl3fResult run(std::uint64_t seed, bool acks_all, std::uint64_t horizon_ns = 300 * kSecond) {
    reset(seed, acks_all);
    Queue::Event event;
    while (queue_.pop(horizon_ns, event)) {
      now_ = event.at;
      ++result_.events;
      if (event.is_timer) {
        on_timer(event.source);
      } else {
        on_message(event.source / kNodes, event.source % kNodes, event.message);
      }
    }
    count_lost();
    return result_;
  }

 private:
  static constexpr std::uint64_t kSecond = 1'000'000'000;
  static constexpr std::uint32_t kBrokers = 3;
  static constexpr std::uint32_t kController = 3;
  static constexpr std::uint32_t kProducer = 4;
  static constexpr std::uint32_t kNodes = 5;
  static constexpr std::uint32_t kNoLeader = 99;
  enum Timer : std::uint32_t {
    kTick,
    kCrash,
    kRestart,
    kPark,
    kBeat = 6,
    kSession = 9,
    kLag = 12,
    kRetry = 15
  };
  enum class Kind : std::uint8_t {
    kProduce,
    kAck,
    kFetch,
    kRecords,
    kBeat,
    kLeader,
    kIsr,
    kRefused
  };

  struct Message {
    Kind kind{};
    std::uint32_t epoch = 0;
    std::uint64_t a = 0;  // record, offset, or leader
    std::uint64_t b = 0;  // first unacknowledged record, count, epoch of the last entry, or ISR
    std::uint64_t c = 0;  // high watermark
  };
  using Queue = SortedHeads<Message, kNodes * kNodes, kRetry + 1>;

  struct Entry {
    std::uint32_t record;
    std::uint32_t epoch;
  };
  struct Broker {
    bool up = true;
    std::uint32_t epoch = 0;  // 0: has not heard of a leader since it started
    std::uint32_t leader = kNoLeader;
    std::uint32_t isr = 0;
    bool proposing = false;  // the controller has not answered yet
    std::uint64_t high_watermark = 0;
    std::vector<Entry> log;
    std::array<std::uint64_t, kBrokers> end{};  // as leader: how far each follower is
    std::array<bool, kBrokers> parked{};
  };

  void reset(std::uint64_t seed, bool acks_all);
  void count_lost();

  [[nodiscard]] std::uint64_t uniform(std::uint64_t low, std::uint64_t high) {
    return low + dice_.below(0, 0, ++draws_, high - low);
  }
  void send(std::uint32_t from, std::uint32_t to, const Message& message) {
    if ((from < kBrokers && !brokers_[from].up) || (to < kBrokers && !brokers_[to].up)) return;
    const Duration latency = sample(kLatency, dice_.bits(1, from * kNodes + to, ++draws_));
    queue_.push(from * kNodes + to, now_ + static_cast<std::uint64_t>(latency.ns()), message);
  }

  // Brokers.
  void on_timer(std::uint32_t timer);
  void on_message(std::uint32_t from, std::uint32_t to, const Message& message);
  void on_produce(std::uint32_t self, const Message& message);
  void on_fetch(std::uint32_t self, std::uint32_t from, const Message& message);
  void on_records(std::uint32_t self, const Message& message);
  void on_leader(std::uint32_t self, const Message& message);
  void answer(std::uint32_t self, std::uint32_t follower);
  void advance(std::uint32_t self);
  void fetch(std::uint32_t self);
  void propose_isr(std::uint32_t self, std::uint32_t isr);
  void crash(std::uint32_t broker);
  // Controller and producer.
  void elect();
  void announce(std::uint32_t to);
  void on_ack(std::uint32_t record);
  void resend();

  static constexpr Distribution kLatency{Distribution::Kind::kExponential, microseconds(300),
                                         microseconds(200)};

  Queue queue_;
  Dice dice_{0};
  std::uint64_t draws_ = 0;
  std::uint64_t now_ = 0;
  bool acks_all_ = true;
  std::array<Broker, kBrokers> brokers_;
  std::uint32_t leader_ = 0;  // the controller's view
  std::uint32_t epoch_ = 1;
  std::uint32_t isr_ = 7;
  std::uint32_t alive_ = 7;
  std::uint32_t target_ = 0;  // the producer's view
  std::uint32_t target_epoch_ = 1;
  std::uint32_t produced_ = 0;
  std::uint32_t acked_to_ = 0;  // every record before it is acknowledged
  std::uint32_t crashes_ = 0;
  std::uint32_t down_ = 0;
  Rl3fResult result_;
};

}  // namespace ackident::bench
