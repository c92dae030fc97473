#include "net/topology.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace ackident {
namespace {

using Kind = Distribution::Kind;

Distribution constant(std::int64_t us) { return {Kind::kConstant, microseconds(us), Duration()}; }
Distribution uniform(std::int64_t least_us, std::int64_t greatest_us) {
  return {Kind::kUniform, microseconds(least_us), microseconds(greatest_us)};
}

// One node per rack.
TopologySpec racks(const std::vector<std::string>& names) {
  TopologySpec spec;
  spec.racks = names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    spec.rack_of.push_back(static_cast<std::uint16_t>(i));
  }
  return spec;
}

Distribution between(const Topology& topology, std::uint16_t a, std::uint16_t b) {
  const Distribution& latency = topology.latency(NodeId(a), NodeId(b)).distribution();
  CHECK(latency == topology.latency(NodeId(b), NodeId(a)).distribution());
  return latency;
}

std::string complaint(const TopologySpec& spec) {
  try {
    const Topology topology(spec);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("without links, distance is the same rack or another") {
  TopologySpec spec = racks({"a", "b"});
  spec.rack_of.push_back(0);
  spec.within_rack = constant(250);
  spec.between_racks = uniform(400, 600);
  const Topology topology(spec);
  CHECK(between(topology, 0, 2) == constant(250));
  CHECK(between(topology, 0, 1) == uniform(400, 600));
}

TEST_CASE("links make the latency of the shortest path") {
  TopologySpec spec = racks({"a", "b", "c", "d"});
  spec.within_rack = constant(10);
  spec.links = {
      {0, 1, constant(100)}, {1, 2, constant(100)}, {0, 2, constant(300)}, {2, 3, constant(50)}};
  const Topology topology(spec);
  CHECK(between(topology, 0, 1) == constant(100));
  CHECK(between(topology, 0, 2) == constant(200));
  CHECK(between(topology, 0, 3) == constant(250));
  CHECK(between(topology, 1, 3) == constant(150));
  CHECK(between(topology, 1, 1) == constant(10));
}

TEST_CASE("of two links between the same racks the shorter counts") {
  TopologySpec spec = racks({"a", "b"});
  spec.links = {{0, 1, constant(300)}, {1, 0, constant(200)}, {0, 1, constant(400)}};
  CHECK(between(Topology(spec), 0, 1) == constant(200));
}

TEST_CASE("paths compare by median: a heavy tail does not make a link long") {
  TopologySpec spec = racks({"a", "b", "c"});
  const Distribution tailed{Kind::kLogNormal, microseconds(100), milliseconds(50)};
  spec.links = {{0, 2, tailed}, {0, 1, constant(60)}, {1, 2, constant(60)}};
  CHECK(between(Topology(spec), 0, 2) == tailed);
}

TEST_CASE("a path has the shape of its widest link and the median of the sum") {
  TopologySpec spec = racks({"a", "b", "c"});
  SUBCASE("uniform and constant") {
    spec.links = {{0, 1, uniform(100, 300)}, {1, 2, constant(1000)}};
    CHECK(between(Topology(spec), 0, 2) == uniform(1100, 1300));
  }
  SUBCASE("two uniforms") {
    spec.links = {{0, 1, uniform(100, 300)}, {1, 2, uniform(0, 1000)}};
    CHECK(between(Topology(spec), 0, 2) == uniform(200, 1200));
  }
  SUBCASE("exponential") {
    spec.links = {{0, 1, {Kind::kExponential, microseconds(100), microseconds(400)}},
                  {1, 2, constant(50)}};
    CHECK(between(Topology(spec), 0, 2) ==
          Distribution{Kind::kExponential, microseconds(150), microseconds(400)});
  }
  SUBCASE("log-normal") {
    spec.links = {{0, 1, {Kind::kLogNormal, microseconds(100), microseconds(900)}},
                  {1, 2, uniform(40, 60)}};
    CHECK(between(Topology(spec), 0, 2) ==
          Distribution{Kind::kLogNormal, microseconds(150), microseconds(950)});
  }
}

TEST_CASE("racks that no links connect are refused by name") {
  TopologySpec spec = racks({"oslo", "rome", "kiev"});
  spec.links = {{0, 1, constant(100)}};
  const std::string text = complaint(spec);
  CHECK(text.find("oslo") != std::string::npos);
  CHECK(text.find("kiev") != std::string::npos);
}

TEST_CASE("a link to nowhere or to itself and a node in no rack are refused") {
  TopologySpec spec = racks({"a", "b"});
  spec.links = {{0, 2, constant(1)}};
  CHECK_FALSE(complaint(spec).empty());
  spec.links = {{1, 1, constant(1)}};
  CHECK_FALSE(complaint(spec).empty());
  spec.links = {{0, 1, constant(1)}};
  CHECK(complaint(spec).empty());
  spec.rack_of.push_back(2);
  CHECK_FALSE(complaint(spec).empty());
}

}  // namespace
}  // namespace ackident
