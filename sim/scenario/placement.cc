#include "scenario/placement.h"

#include <numeric>
#include <utility>

#include "base/check.h"
#include "kernel/chooser.h"

namespace ackident {
namespace {

constexpr std::uint16_t kNobody = 0xffff;

// The brokers of one rack, handed out one after the other, each at most once per epoch (R5.52.4).
struct BrokerList {
  std::vector<std::uint16_t> brokers;
  std::size_t start = 0;
  std::size_t taken = 0;
  std::uint32_t epoch = 0;

  std::uint16_t next(std::uint32_t epoch_now) {
    if (epoch != epoch_now) {
      epoch = epoch_now;
      taken = 0;
      start = (start + 1) % brokers.size();
    }
    if (taken >= brokers.size()) return kNobody;
    return brokers[(start + taken++) % brokers.size()];
  }
};

class Placer {
 public:
  Placer(const BrokersByRack& racks, bool random_start, Dice dice, std::uint64_t subject)
      : dice_(dice), subject_(subject) {
    for (const std::vector<std::uint16_t>& brokers : racks) {
      SIM_CHECK(!brokers.empty());
      BrokerList list;
      list.brokers = brokers;
      if (random_start) list.start = draw(brokers.size());
      broker_count_ += brokers.size();
      lists_.push_back(std::move(list));
    }
    if (random_start) offset_ = draw(racks.size());
  }

  std::vector<std::uint16_t> place(std::uint32_t replication_factor) {
    SIM_CHECK(replication_factor >= 1 && replication_factor <= broker_count_);
    if (epoch_ == broker_count_ && broker_count_ > 1) shuffle();
    if (offset_ == lists_.size()) offset_ = 0;
    std::vector<std::uint16_t> replicas;
    std::size_t rack = offset_;
    replicas.push_back(first_of(rack));
    const std::size_t first_rack = rack;
    bool skipped = false;
    // R5.52.3: once around past the first replica's rack, then every rack again.
    for (rack = offset_; replicas.size() < replication_factor; rack = (rack + 1) % lists_.size()) {
      if (rack == first_rack && !skipped) {
        skipped = true;
        continue;
      }
      const std::uint16_t broker = lists_[rack].next(epoch_);
      if (broker != kNobody) replicas.push_back(broker);
    }
    ++epoch_;
    ++offset_;
    return replicas;
  }

 private:
  std::uint64_t draw(std::uint64_t bound) {
    return dice_.below(static_cast<std::uint32_t>(ChoiceKind::kSwarm), subject_, draws_++, bound);
  }

  // R5.52.2: the next broker of the first rack from `rack` on that has one.
  std::uint16_t first_of(std::size_t& rack) {
    for (;;) {
      const std::uint16_t broker = lists_[rack].next(epoch_);
      if (broker != kNobody) return broker;
      rack = (rack + 1) % lists_.size();
    }
  }

  template <class T>
  void shuffle_items(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[draw(i)]);
  }

  // R5.52.1: after every broker has led once, a new order of racks and brokers.
  void shuffle() {
    shuffle_items(lists_);
    for (BrokerList& list : lists_) {
      shuffle_items(list.brokers);
      list.taken = 0;
      list.epoch = 0;
    }
    epoch_ = 0;
  }

  Dice dice_;
  std::uint64_t subject_;
  std::uint64_t draws_ = 0;
  std::vector<BrokerList> lists_;
  std::size_t broker_count_ = 0;
  std::size_t offset_ = 0;
  std::uint32_t epoch_ = 0;
};

}  // namespace

std::vector<std::vector<std::uint16_t>> place_replicas(const BrokersByRack& racks,
                                                       const PlacementRequest& request, Dice dice,
                                                       std::uint64_t subject) {
  Placer placer(racks, request.random_start, dice, subject);
  std::vector<std::vector<std::uint16_t>> out;
  out.reserve(request.partitions);
  for (std::uint32_t i = 0; i < request.partitions; ++i) {
    out.push_back(placer.place(request.replication_factor));
  }
  return out;
}

}  // namespace ackident
