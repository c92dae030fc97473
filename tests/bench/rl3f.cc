#include "rl3f.h"

#include <algorithm>
#include <bit>

namespace ackident::bench {

void Rl3f::reset(std::uint64_t seed, bool acks_all) {
  queue_.reset();
  dice_ = Dice(seed);
  draws_ = now_ = 0;
  acks_all_ = acks_all;
  leader_ = target_ = 0;
  epoch_ = target_epoch_ = 1;
  isr_ = alive_ = 7;
  produced_ = acked_to_ = crashes_ = 0;
  result_ = {};
  for (Broker& broker : brokers_) {
    broker.log.clear();
    broker.up = true;
    broker.epoch = 1;
    broker.leader = 0;
    broker.isr = 7;
    broker.proposing = false;
    broker.high_watermark = 0;
    broker.end = {};
    broker.parked = {};
  }
  for (std::uint32_t i = 0; i < kBrokers; ++i) {
    queue_.arm(kBeat + i, 2 * kSecond + i);
    queue_.arm(kSession + i, 9 * kSecond);
    if (i != 0) fetch(i);
    if (i != 0) queue_.arm(kLag + i, 10 * kSecond);
  }
  queue_.arm(kTick, kSecond / 100);
  queue_.arm(kCrash, uniform(30 * kSecond, 90 * kSecond));
}

void Rl3f::count_lost() {
  std::vector<std::uint8_t> kept(produced_, 0);
  const std::uint32_t last = leader_ == kNoLeader ? 0 : leader_;
  for (const Entry& entry : brokers_[last].log) kept[entry.record] = 1;
  for (std::uint32_t record = 0; record < acked_to_; ++record) result_.lost += 1u - kept[record];
}

void Rl3f::on_timer(std::uint32_t timer) {
  if (timer == kTick) {
    send(kProducer, target_, {Kind::kProduce, target_epoch_, produced_++, acked_to_});
    queue_.arm(kTick, now_ + kSecond / 100);
  } else if (timer == kCrash) {
    const bool leader = crashes_++ == 0 && leader_ != kNoLeader;
    crash(leader ? leader_ : static_cast<std::uint32_t>(uniform(0, kBrokers)));
    queue_.arm(kRestart, now_ + uniform(5 * kSecond, 30 * kSecond));
    if (crashes_ == 1) queue_.arm(kCrash, uniform(130 * kSecond, 190 * kSecond));
  } else if (timer == kRestart) {
    brokers_[down_].up = true;
    queue_.arm(kBeat + down_, now_ + 1);
  } else if (timer == kRetry) {
    resend();
  } else if (timer < kBeat) {
    const std::uint32_t leader = brokers_[timer - kPark].leader;
    if (leader < kBrokers && brokers_[leader].parked[timer - kPark]) answer(leader, timer - kPark);
  } else if (timer < kSession) {
    const std::uint32_t self = timer - kBeat;
    send(self, kController, {Kind::kBeat, brokers_[self].epoch});
    queue_.arm(timer, now_ + 2 * kSecond);
  } else if (timer < kLag) {
    alive_ &= ~(1u << (timer - kSession));
    elect();
  } else {
    const std::uint32_t follower = timer - kLag;
    const std::uint32_t leader = leader_ == kNoLeader ? 0 : leader_;
    const Broker& self = brokers_[leader];
    if (!self.up || self.leader != leader || follower == leader) return;
    if (self.proposing) return queue_.arm(timer, now_ + kSecond / 10);
    propose_isr(leader, self.isr & ~(1u << follower));
  }
}

void Rl3f::on_message(std::uint32_t from, std::uint32_t to, const Message& message) {
  switch (message.kind) {
    case Kind::kRefused: return queue_.arm(kRetry, now_ + kSecond / 100);
    case Kind::kProduce: return on_produce(to, message);
    case Kind::kAck: return on_ack(static_cast<std::uint32_t>(message.a));
    case Kind::kFetch: return on_fetch(to, from, message);
    case Kind::kRecords: return on_records(to, message);
    case Kind::kBeat:
      queue_.arm(kSession + from, now_ + 9 * kSecond);
      // A broker that knows no leader is new: the old incarnation is dead, whoever it led.
      if (message.epoch == 0 && leader_ == from) {
        alive_ &= ~(1u << from);
        elect();
      }
      alive_ |= 1u << from;
      if (leader_ == kNoLeader) elect();
      if (message.epoch != epoch_) announce(from);
      return;
    case Kind::kLeader:
      if (to != kProducer) return on_leader(to, message);
      if (message.epoch <= target_epoch_) return;
      target_ = static_cast<std::uint32_t>(message.a);
      target_epoch_ = message.epoch;
      return resend();
    case Kind::kIsr:
      if (to == kController) {
        if (message.epoch != epoch_) return;
        isr_ = static_cast<std::uint32_t>(message.b);
        return send(kController, from, message);
      }
      if (message.epoch != brokers_[to].epoch) return;
      brokers_[to].proposing = false;
      brokers_[to].isr = static_cast<std::uint32_t>(message.b);
      return advance(to);
  }
}

void Rl3f::on_produce(std::uint32_t self, const Message& message) {
  Broker& me = brokers_[self];
  if (me.leader != self || message.epoch != me.epoch) {
    // The producer may hear of a leader before the leader does.
    if (message.epoch > me.epoch) send(self, kProducer, {Kind::kRefused});
    return;
  }
  const auto record = static_cast<std::uint32_t>(message.a);
  const std::uint32_t next = me.log.empty() ? 0 : me.log.back().record + 1;
  // No gaps, except of records that were acknowledged and lost.
  if (record > next && record != message.b) return;
  if (record >= next) me.log.push_back({record, me.epoch});
  const std::uint64_t above = me.log.size() - me.high_watermark;
  const bool committed = above == 0 || record < me.log[me.high_watermark].record;
  if (!acks_all_ || committed) send(self, kProducer, {Kind::kAck, me.epoch, record});
  for (std::uint32_t follower = 0; follower < kBrokers; ++follower) {
    if (!me.parked[follower]) continue;
    queue_.disarm(kPark + follower);
    answer(self, follower);
  }
  advance(self);
}

void Rl3f::answer(std::uint32_t self, std::uint32_t follower) {
  Broker& me = brokers_[self];
  me.parked[follower] = false;
  const std::uint64_t from = me.end[follower];
  send(self, follower, {Kind::kRecords, me.epoch, from, me.log.size() - from, me.high_watermark});
}

void Rl3f::on_fetch(std::uint32_t self, std::uint32_t from, const Message& message) {
  Broker& me = brokers_[self];
  if (me.leader != self || message.epoch != me.epoch) return;
  // How far the follower's log agrees: no entry past the leader's end of the follower's last epoch.
  std::uint64_t agreed = std::min<std::uint64_t>(message.a, me.log.size());
  while (agreed > 0 && me.log[agreed - 1].epoch > message.b) --agreed;
  me.end[from] = agreed;
  if (agreed < message.a || agreed < me.log.size()) {
    answer(self, from);
  } else {
    me.parked[from] = true;
    queue_.arm(kPark + from, now_ + kSecond / 2);
  }
  if (agreed >= me.high_watermark) {
    queue_.arm(kLag + from, now_ + 10 * kSecond);
    if ((me.isr & 1u << from) == 0 && !me.proposing) propose_isr(self, me.isr | 1u << from);
  }
  advance(self);
}

// The high watermark is the least end of the ISR; what it passes is acknowledged.
void Rl3f::advance(std::uint32_t self) {
  Broker& me = brokers_[self];
  std::uint64_t least = me.log.size();
  for (std::uint32_t i = 0; i < kBrokers; ++i) {
    if (i != self && (me.isr & 1u << i) != 0) least = std::min(least, me.end[i]);
  }
  for (; me.high_watermark < least; ++me.high_watermark) {
    if (!acks_all_) continue;
    send(self, kProducer, {Kind::kAck, me.epoch, me.log[me.high_watermark].record});
  }
}

void Rl3f::on_records(std::uint32_t self, const Message& message) {
  Broker& me = brokers_[self];
  if (me.leader == self || me.leader >= kBrokers || message.epoch != me.epoch) return;
  const std::vector<Entry>& from = brokers_[me.leader].log;
  me.log.resize(std::min<std::uint64_t>(me.log.size(), message.a));
  const std::uint64_t end = std::min<std::uint64_t>(message.a + message.b, from.size());
  for (std::uint64_t i = message.a; i < end; ++i) me.log.push_back(from[i]);
  me.high_watermark = std::min<std::uint64_t>(message.c, me.log.size());
  fetch(self);
}

void Rl3f::fetch(std::uint32_t self) {
  const Broker& me = brokers_[self];
  const std::uint64_t last_epoch = me.log.empty() ? 0 : me.log.back().epoch;
  send(self, me.leader, {Kind::kFetch, me.epoch, me.log.size(), last_epoch});
}

void Rl3f::on_leader(std::uint32_t self, const Message& message) {
  Broker& me = brokers_[self];
  if (message.epoch <= me.epoch) return;
  me.epoch = message.epoch;
  me.leader = static_cast<std::uint32_t>(message.a);
  me.isr = static_cast<std::uint32_t>(message.b);
  me.proposing = false;
  me.parked = {};
  me.end = {};
  if (me.leader != self) return fetch(self);
  for (std::uint32_t i = 0; i < kBrokers; ++i) {
    queue_.disarm(kPark + i);
    if (i != self) queue_.arm(kLag + i, now_ + 10 * kSecond);
  }
  advance(self);
}

// The leader counts a joining follower at once and a leaving one until the controller agrees.
void Rl3f::propose_isr(std::uint32_t self, std::uint32_t isr) {
  Broker& me = brokers_[self];
  me.isr |= isr;
  me.proposing = true;
  send(self, kController, {Kind::kIsr, me.epoch, self, isr});
}

void Rl3f::crash(std::uint32_t broker) {
  Broker& me = brokers_[broker];
  down_ = broker;
  me.up = false;
  me.epoch = 0;
  me.leader = kNoLeader;
  me.parked = {};
  queue_.disarm(kBeat + broker);
  queue_.disarm(kPark + broker);
  for (std::uint32_t node = 0; node < kNodes; ++node) {
    queue_.clear(broker * kNodes + node);
    queue_.clear(node * kNodes + broker);
  }
}

void Rl3f::elect() {
  const bool leads = leader_ != kNoLeader && (alive_ & 1u << leader_) != 0;
  if (leads) return;
  const std::uint32_t candidates = isr_ & alive_;
  if (candidates == 0) {
    leader_ = kNoLeader;
    return;
  }
  leader_ = static_cast<std::uint32_t>(std::countr_zero(candidates));
  isr_ = candidates;
  ++epoch_;
  ++result_.elections;
  for (std::uint32_t node = 0; node < kBrokers; ++node) announce(node);
  announce(kProducer);
}

void Rl3f::announce(std::uint32_t to) {
  if (leader_ != kNoLeader) send(kController, to, {Kind::kLeader, epoch_, leader_, isr_});
}

void Rl3f::on_ack(std::uint32_t record) {
  // In order; a repetition or a record overtaken by its resending is not counted twice.
  if (record < acked_to_) return;
  result_.acked += record + 1 - acked_to_;
  acked_to_ = record + 1;
  result_.hash = (result_.hash ^ now_ ^ std::uint64_t{record} << 40) * 0x9fb21c651e98df25;
  result_.hash ^= result_.hash >> 32;
}

void Rl3f::resend() {
  for (std::uint32_t record = acked_to_; record < produced_; ++record) {
    send(kProducer, target_, {Kind::kProduce, target_epoch_, record, acked_to_});
  }
}

}  // namespace ackident::bench
