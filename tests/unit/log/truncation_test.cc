#include "kafka/log/truncation.h"

#include <doctest/doctest.h>

#include <array>

#include "base/dice.h"
#include "log_maker.h"

namespace ackident {
namespace {

using Kind = Divergence::Kind;

Divergence diverging(std::int32_t e, std::int64_t end) {
  return {Kind::kDiverging, {epoch(e), offset(end)}};
}

// The fetch of a follower whose log this is.
Divergence judge(const PartitionLog& leader, const PartitionLog& follower) {
  return check_divergence(leader, follower.latest_epoch(), follower.end());
}

// Copies what the leader has beyond the follower's end, at most `records`.
void copy(const PartitionLog& leader, PartitionLog& follower, std::int64_t records) {
  const Offset limit = std::min(leader.end(), follower.end() + records);
  while (follower.end() < limit) {
    const Offset at = follower.end();
    follower.append(leader.epoch_at(at), std::min(limit, leader.run_end(at)), Instant());
  }
}

bool is_prefix(const PartitionLog& a, const PartitionLog& b) {
  if (a.end() > b.end()) return false;
  for (Offset at = a.start(); at < a.end(); ++at) {
    if (a.epoch_at(at) != b.epoch_at(at)) return false;
  }
  return true;
}

struct Vector {
  const char* name;
  std::vector<std::int32_t> follower;
  std::vector<std::int32_t> leader;
  std::int32_t leader_epoch;
  Divergence expected;
  std::int64_t truncate_to;
};

TEST_CASE("the seven shapes of divergence") {
  const Vector vectors[] = {
      {"D-A behind, same epoch", {1, 1}, {1, 1, 1, 1}, 2, {}, 2},
      {"D-B behind, newer epoch on leader", {1, 1}, {1, 1, 2, 2}, 3, {}, 2},
      {"D-C ahead, same epoch", {1, 1, 1, 1}, {1, 1}, 2, diverging(1, 2), 2},
      {"D-D ahead, higher epoch", {1, 1, 2, 2}, {1, 1}, 3, diverging(1, 2), 2},
      {"D-E fork, each its own epoch", {1, 1, 2, 2}, {1, 1, 3, 3}, 4, diverging(1, 2), 2},
      {"D-F fork, leader has another record of 1", {1, 2, 2}, {1, 1}, 3, diverging(1, 2), 1},
      {"D-G no common epoch", {2}, {1, 3}, 4, diverging(1, 1), 0},
  };
  for (const Vector& v : vectors) {
    CAPTURE(v.name);
    const PartitionLog leader = log_of(v.leader, v.leader_epoch);
    PartitionLog follower = log_of(v.follower);
    const Divergence found = judge(leader, follower);
    CHECK(found == v.expected);
    if (found.kind == Kind::kDiverging) {
      CHECK(truncate_on_fetch(follower, found.diverging) == offset(v.truncate_to));
      follower.truncate(truncate_on_fetch(follower, found.diverging));
    }
    CHECK(judge(leader, follower).kind == Kind::kNone);
    CHECK(is_prefix(follower, leader));
  }
}

TEST_CASE("V3: a leader with epochs 1, 3 and 5") {
  const PartitionLog leader = log_of_runs({{1, 0}, {3, 20}, {5, 30}}, 40);
  const auto to = [](const std::vector<Run>& runs, std::int64_t end, const Divergence& d) {
    return truncate_on_fetch(log_of_runs(runs, end), d.diverging);
  };
  CHECK(check_divergence(leader, epoch(1), offset(25)) == diverging(1, 20));
  CHECK(to({{1, 0}}, 25, diverging(1, 20)) == offset(20));
  CHECK(check_divergence(leader, epoch(2), offset(22)) == diverging(1, 20));
  CHECK(to({{1, 0}, {2, 15}}, 22, diverging(1, 20)) == offset(15));
  CHECK(check_divergence(leader, epoch(4), offset(35)) == diverging(3, 30));
  CHECK(to({{1, 0}, {3, 20}, {4, 28}}, 35, diverging(3, 30)) == offset(28));
  CHECK(check_divergence(leader, epoch(3), offset(30)).kind == Kind::kNone);
  CHECK(check_divergence(leader, epoch(5), offset(45)) == diverging(5, 40));
  CHECK(to({{1, 0}, {3, 20}, {5, 30}}, 45, diverging(5, 40)) == offset(40));
  CHECK(check_divergence(leader, epoch(6), offset(35)).kind == Kind::kOutOfRange);
  CHECK(check_divergence(leader, kNoLeaderEpoch, offset(99)).kind == Kind::kNone);
}

TEST_CASE("V3: epochs that only one side has take one round each (R3.27)") {
  const PartitionLog leader = log_of_runs({{1, 0}, {3, 20}, {5, 30}}, 40);
  PartitionLog follower = log_of_runs({{1, 0}, {4, 28}}, 35);
  Divergence found = judge(leader, follower);
  CHECK(found == diverging(3, 30));
  follower.truncate(truncate_on_fetch(follower, found.diverging));
  CHECK(follower.end() == offset(28));
  found = judge(leader, follower);
  CHECK(found == diverging(1, 20));
  follower.truncate(truncate_on_fetch(follower, found.diverging));
  CHECK(follower.end() == offset(20));
  CHECK(judge(leader, follower).kind == Kind::kNone);
}

TEST_CASE(
    "D07: elections without writes leave the follower an empty epoch, and one round clears it") {
  const PartitionLog leader = log_of({1, 1}, 3);
  PartitionLog follower = log_of({1, 1}, 2);
  const Divergence found = judge(leader, follower);
  CHECK(found == diverging(1, 2));
  const Offset to = truncate_on_fetch(follower, found.diverging);
  CHECK(to == follower.end());
  follower.truncate(to);
  CHECK(judge(leader, follower).kind == Kind::kNone);
}

TEST_CASE("whatever the elections and however little is copied, fetching makes a prefix") {
  const Dice dice(42);
  std::uint64_t draws = 0;
  const auto below = [&](std::uint64_t bound) {
    return static_cast<std::size_t>(dice.below(0, 0, draws++, bound));
  };
  std::uint64_t truncations = 0;
  for (int history = 0; history < 300; ++history) {
    std::array<PartitionLog, 3> logs;
    for (std::int32_t e = 1; e <= 8; ++e) {
      PartitionLog& leader = logs[below(3)];
      leader.assign_epoch(epoch(e), leader.end());
      const std::size_t records = below(4);
      if (records > 0) leader.append(epoch(e), leader.end() + static_cast<int>(records), Instant());
      for (PartitionLog& follower : logs) {
        if (&follower == &leader || below(2) == 0) continue;
        std::size_t rounds = 0;
        for (Divergence d = judge(leader, follower); d.kind == Kind::kDiverging;
             d = judge(leader, follower)) {
          follower.truncate(truncate_on_fetch(follower, d.diverging));
          REQUIRE(++rounds <= 8);
        }
        truncations += rounds;
        REQUIRE(judge(leader, follower).kind == Kind::kNone);
        REQUIRE(is_prefix(follower, leader));
        copy(leader, follower, static_cast<int>(below(4)));
      }
    }
  }
  CHECK(truncations > 300);
}

TEST_CASE("to the high watermark: an acknowledged record goes before it can come again") {
  PartitionLog follower = log_of({1, 1, 1});
  follower.set_high_watermark(
      offset(2));  // it has record 2, but not yet the news that it committed
  CHECK(truncate_to_high_watermark(follower) == offset(2));
  // The same restart under any later rule keeps the record: the leader's epoch 1 ends at 3.
  const EpochEnd answer = log_of({1, 1, 1}).end_offset_for(follower.latest_epoch());
  CHECK(truncate_kip101(follower, answer) == offset(3));
  CHECK(truncate_kip279(follower, answer) == Kip279Step{offset(3), true});
  CHECK(truncate_on_fetch(follower, answer) == offset(3));
}

TEST_CASE("KIP-101: two elections in a row leave different records at equal offsets") {
  const PartitionLog leader = log_of_runs({{1, 0}, {2, 10}, {4, 20}}, 22);
  PartitionLog follower = log_of_runs({{1, 0}, {3, 10}}, 15);
  const EpochEnd answer = leader.end_offset_for(follower.latest_epoch());
  CHECK(answer == EpochEnd{epoch(2), offset(20)});

  PartitionLog old = follower;
  old.truncate(truncate_kip101(old, answer));
  CHECK(old.end() == offset(15));
  copy(leader, old, 100);
  CHECK(old.end() == leader.end());
  CHECK_FALSE(is_prefix(old, leader));

  Kip279Step step = truncate_kip279(follower, answer);
  CHECK(step == Kip279Step{offset(10), false});
  follower.truncate(step.to);
  step = truncate_kip279(follower, leader.end_offset_for(follower.latest_epoch()));
  CHECK(step == Kip279Step{offset(10), true});
  copy(leader, follower, 100);
  CHECK(is_prefix(follower, leader));
}

TEST_CASE("an undefined answer leaves the high watermark to the rules before 2.8") {
  PartitionLog follower = log_of({1, 1, 1, 1});
  follower.set_high_watermark(offset(3));
  CHECK(truncate_kip101(follower, EpochEnd{}) == offset(3));
  CHECK(truncate_kip279(follower, EpochEnd{}) == Kip279Step{offset(3), true});
}

}  // namespace
}  // namespace ackident
