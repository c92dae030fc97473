// The shared content that the controller's room also carries: ledger, metadata image, versions.
#include <doctest/doctest.h>

#include <string>

#include "fixture.h"
#include "kafka/behaviour.h"

using namespace ackident;
using namespace ackident::controller_test;

namespace {

constexpr PartitionId kP0 = PartitionId(0);

LedgerBatch batch(std::int64_t base, std::uint32_t count, std::uint32_t bytes = 100) {
  LedgerBatch result;
  result.base = Offset(base);
  result.count = count;
  result.bytes = bytes;
  return result;
}

Ledger two_epochs() {
  Ledger ledger;
  ledger.reset(2);
  ledger.append(kP0, LeaderEpoch(1), batch(0, 3));
  ledger.append(kP0, LeaderEpoch(1), batch(3, 2));
  ledger.append(kP0, LeaderEpoch(4), batch(5, 1));
  // A leader that was deposed without knowing appends on.
  ledger.append(kP0, LeaderEpoch(1), batch(5, 4));
  ledger.append(kP0, LeaderEpoch(4), batch(6, 2));
  return ledger;
}

}  // namespace

TEST_CASE("The ledger finds a batch by partition, epoch and offset") {
  const Ledger ledger = two_epochs();
  CHECK(ledger.epochs(kP0).size() == 2);
  CHECK(ledger.epoch(kP0, LeaderEpoch(1)).size() == 3);
  CHECK(ledger.epoch(kP0, LeaderEpoch(2)).empty());
  CHECK(ledger.epoch(PartitionId(1), LeaderEpoch(1)).empty());
  CHECK(ledger.find(kP0, LeaderEpoch(1), Offset(4))->base == Offset(3));
  CHECK(ledger.find(kP0, LeaderEpoch(1), Offset(5))->count == 4);
  CHECK(ledger.find(kP0, LeaderEpoch(4), Offset(5))->count == 1);
  CHECK(ledger.find(kP0, LeaderEpoch(4), Offset(7))->base == Offset(6));
  CHECK(ledger.find(kP0, LeaderEpoch(4), Offset(4)) == nullptr);
  CHECK(ledger.find(kP0, LeaderEpoch(4), Offset(8)) == nullptr);
}

TEST_CASE("Epochs that arrive out of order are kept in order") {
  Ledger ledger;
  ledger.reset(1);
  for (const int epoch : {5, 2, 9, 3}) ledger.append(kP0, LeaderEpoch(epoch), batch(epoch, 1));
  std::vector<int> order;
  for (const Ledger::EpochBatches& entry : ledger.epochs(kP0)) order.push_back(entry.epoch.value());
  CHECK(order == std::vector<int>{2, 3, 5, 9});
  CHECK(ledger.find(kP0, LeaderEpoch(3), Offset(3)) != nullptr);
}

TEST_CASE("A read ends at its limit, its bytes, or after one batch (R3.3)") {
  const Ledger ledger = two_epochs();
  const auto read = [&](std::int64_t from, std::int64_t limit, std::int64_t bytes_max) {
    std::int64_t bytes = 0;
    const Offset end =
        ledger.read_end(kP0, LeaderEpoch(1), Offset(from), Offset(limit), bytes_max, bytes);
    return std::pair(end.value(), bytes);
  };
  CHECK(read(0, 9, 1'000) == std::pair<std::int64_t, std::int64_t>(9, 300));
  CHECK(read(0, 9, 200) == std::pair<std::int64_t, std::int64_t>(5, 200));
  CHECK(read(0, 9, 199) == std::pair<std::int64_t, std::int64_t>(3, 100));
  CHECK(read(3, 9, 1) == std::pair<std::int64_t, std::int64_t>(5, 100));
  CHECK(read(0, 5, 1'000) == std::pair<std::int64_t, std::int64_t>(5, 200));
  CHECK(read(5, 5, 1'000) == std::pair<std::int64_t, std::int64_t>(5, 0));
  CHECK(read(9, 20, 1'000) == std::pair<std::int64_t, std::int64_t>(9, 0));
}

TEST_CASE("A reset ledger is empty and keeps its memory") {
  Ledger ledger = two_epochs();
  const LedgerBatch* old = ledger.epoch(kP0, LeaderEpoch(4)).data();
  ledger.reset(2);
  CHECK(ledger.epochs(kP0).empty());
  ledger.append(PartitionId(1), LeaderEpoch(0), batch(0, 1));
  CHECK(ledger.epoch(PartitionId(1), LeaderEpoch(0)).data() == old);
}

TEST_CASE("An image is the replay of a prefix of the log") {
  ControllerDriver driver(compose(309, 3, {{1, 2, 3}}));
  driver.advance(at_ms(30'000));
  driver.deliver_at(at_ms(30'001), kNoNode, AlterTopicConfigCommand());
  MetadataImage image;
  image.reset(driver.composition);
  CHECK(image.brokers[0].epoch == kNoBrokerEpoch);
  while (image.end < driver.log.end()) image.apply(driver.log.at(image.end), driver.composition);
  CHECK(image.partitions == driver.controller.image.partitions);
  CHECK(image.brokers == driver.controller.image.brokers);
  CHECK(image.topics == driver.controller.image.topics);
}

TEST_CASE("min.insync.replicas is capped by the replicas from 3.7 on (R2.6)") {
  TopicConfig config;
  config.min_insync_replicas = 3;
  PartitionRegistration partition;
  partition.replicas = {NodeId(1), NodeId(2)};
  CHECK(effective_min_isr(behaviour_of({306}), config, partition) == 3);
  CHECK(effective_min_isr(behaviour_of({307}), config, partition) == 2);
}

TEST_CASE("The default behaviour is that of 3.9") {
  const Behaviour modern = behaviour_of({309});
  const Behaviour written;
  for (const RuleInfo& rule : behaviour_rules()) {
    CAPTURE(rule.name);
    CHECK(rule.get(modern) == rule.get(written));
  }
  for (const SwitchInfo& info : behaviour_switches()) {
    CAPTURE(info.name);
    CHECK(modern.*info.member == written.*info.member);
  }
}

TEST_CASE("Each switch turns in the release that its row names") {
  const auto first_with = [](bool Behaviour::*member, bool value) {
    for (const VersionName& known : known_versions()) {
      if (behaviour_of(known.version).*member == value) return known.name;
    }
    return std::string_view("never");
  };
  for (const SwitchInfo& info : behaviour_switches()) {
    CAPTURE(info.name);
    if (info.since.starts_with("before ")) {
      CHECK(first_with(info.member, false) == info.since.substr(7));
    } else if (info.since.find_first_of("; ") == std::string_view::npos) {
      CHECK(first_with(info.member, true) == info.since);
    }
  }
  CHECK(behaviour_of({208}).unclean_config_honoured);
  CHECK_FALSE(behaviour_of({300}).unclean_config_honoured);
  CHECK_FALSE(behaviour_of({308}).unclean_config_honoured);
  CHECK(behaviour_of({10}).truncation == Truncation::kHighWatermark);
  CHECK(behaviour_of({11}).truncation == Truncation::kKip101);
  CHECK(behaviour_of({101}).truncation == Truncation::kKip101);
  CHECK(behaviour_of({200}).truncation == Truncation::kKip279);
  CHECK(behaviour_of({207}).truncation == Truncation::kKip279);
  CHECK(behaviour_of({208}).truncation == Truncation::kOnFetch);
}

TEST_CASE("What returns later says so: in which releases these switches are off") {
  const auto off_in = [](bool Behaviour::*member) {
    std::string names;
    for (const VersionName& known : known_versions()) {
      if (!(behaviour_of(known.version).*member)) names += std::string(known.name) + " ";
    }
    return names;
  };
  CHECK(off_in(&Behaviour::hw_follows_isr_change) == "2.7 2.8 3.0 ");
  CHECK(off_in(&Behaviour::shutdown_demotes_leader) == "1.1 2.0 3.0 3.1 3.2 ");
  CHECK(off_in(&Behaviour::rebalances_leaders) == "3.0 3.1 ");
  CHECK(off_in(&Behaviour::hands_on_high_watermark) ==
        "0.10 0.11 1.0 1.1 2.0 2.1 2.2 2.3 2.6 2.7 2.8 3.0 3.1 3.2 3.3 3.4 3.5 3.6 3.7 3.8 3.9 4.0 "
        "4.1 ");
  CHECK(off_in(&Behaviour::unclean_change_elects) ==
        "0.10 0.11 1.0 1.1 2.0 3.0 3.1 3.2 3.3 3.4 3.5 3.6 3.7 3.8 3.9 4.0 4.1 ");
}

TEST_CASE("Versions are named as users write them") {
  CHECK(version_name({10}) == "0.10");
  CHECK(version_name({401}) == "4.1");
  CHECK(version_name({250}) == "2.8");  // between two lines: the older
}
