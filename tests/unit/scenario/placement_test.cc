// KRaft's striped placement (R5.51-R5.55, V12).
#include "scenario/placement.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

namespace ackident {
namespace {

using Placement = std::vector<std::vector<std::uint16_t>>;

TEST_CASE("V12: six brokers in three racks, every start at 0") {
  const BrokersByRack racks = {{0, 3}, {1, 4}, {2, 5}};
  const Placement placed = place_replicas(racks, {6, 3, false}, Dice(0), 0);
  CHECK(placed == Placement{{0, 1, 2}, {4, 5, 3}, {2, 0, 1}, {3, 4, 5}, {1, 2, 0}, {5, 3, 4}});
}

TEST_CASE("without racks replicas stripe over the brokers") {
  const Placement placed = place_replicas({{0, 1, 2}}, {3, 3, false}, Dice(0), 0);
  CHECK(placed == Placement{{0, 1, 2}, {1, 2, 0}, {2, 0, 1}});
  CHECK(place_replicas({{0}}, {3, 1, false}, Dice(0), 0) == Placement{{0}, {0}, {0}});
}

TEST_CASE("replicas and racks are distinct and racks lead evenly; also past the shuffle") {
  const BrokersByRack racks = {{0, 1, 2}, {3, 4, 5}, {6, 7, 8}};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Placement placed = place_replicas(racks, {90, 3, true}, Dice(seed), 1);
    std::vector<int> leads(3);
    for (const std::vector<std::uint16_t>& replicas : placed) {
      std::set<int> seen_racks;
      for (const std::uint16_t broker : replicas) seen_racks.insert(broker / 3);
      CHECK(seen_racks.size() == 3);
      ++leads[replicas[0] / 3];
    }
    for (const int count : leads) CHECK(count == 30);
  }
}

TEST_CASE("more replicas than racks, and uneven racks") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (auto replicas : place_replicas({{0, 1, 2, 3}, {4}}, {40, 4, true}, Dice(seed), 0)) {
      std::sort(replicas.begin(), replicas.end());
      CHECK(replicas.size() == 4);
      CHECK(std::adjacent_find(replicas.begin(), replicas.end()) == replicas.end());
    }
  }
}

TEST_CASE("random starts depend on the seed, fixed ones only from the shuffle on") {
  const BrokersByRack racks = {{0, 1, 2, 3, 4, 5}};
  const Placement a = place_replicas(racks, {12, 2, true}, Dice(1), 0);
  CHECK(a == place_replicas(racks, {12, 2, true}, Dice(1), 0));
  bool differs = false;
  for (std::uint64_t seed = 2; seed < 12; ++seed) {
    differs = differs || a != place_replicas(racks, {12, 2, true}, Dice(seed), 0);
  }
  CHECK(differs);
}

}  // namespace
}  // namespace ackident
