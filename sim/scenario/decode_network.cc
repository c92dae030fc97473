// "cluster.network": latencies by distance, links between racks, bandwidth. Read after every node
// is known, because clients name racks too.
#include <numeric>

#include "scenario/decode.h"

namespace ackident {
namespace {

std::optional<Duration> read_latency_part(Decoder& decoder, const JsonNode* node) {
  if (node == nullptr) return std::nullopt;
  return read_duration(*node, decoder.problems, "a latency", Duration(), kLatencyMax);
}

std::optional<Distribution> decode_uniform(Decoder& decoder, const JsonNode& node) {
  if (!node.is_array() || node.children.size() != 2) {
    decoder.problems.error(node, "uniform is a list of two times: [\"200us\", \"800us\"]");
    return std::nullopt;
  }
  const auto least = read_latency_part(decoder, &node.children[0]);
  const auto most = read_latency_part(decoder, &node.children[1]);
  if (!least || !most) return std::nullopt;
  if (*most < *least) {
    decoder.problems.error(node, "the first time of uniform is the lesser one");
    return std::nullopt;
  }
  return Distribution{Distribution::Kind::kUniform, *least, *most};
}

std::optional<Distribution> decode_exponential(Decoder& decoder, const JsonNode& node) {
  ObjectReader reader(node, decoder.problems, "exponential");
  const auto least = read_latency_part(decoder, reader.require("min"));
  const auto mean = read_latency_part(decoder, reader.require("mean"));
  reader.finish();
  if (!least || !mean) return std::nullopt;
  if (*mean < *least) {
    decoder.problems.error(node, "the mean is at least the minimum");
    return std::nullopt;
  }
  return Distribution{Distribution::Kind::kExponential, *least, *mean - *least};
}

std::optional<Distribution> decode_lognormal(Decoder& decoder, const JsonNode& node) {
  ObjectReader reader(node, decoder.problems, "lognormal");
  const auto median = read_latency_part(decoder, reader.require("median"));
  const auto p99 = read_latency_part(decoder, reader.require("p99"));
  reader.finish();
  if (!median || !p99) return std::nullopt;
  if (*p99 < *median || *median == Duration()) {
    decoder.problems.error(node, "the median is above 0 and p99 is at least the median");
    return std::nullopt;
  }
  return Distribution{Distribution::Kind::kLogNormal, *median, *p99};
}

std::optional<Distribution> read_latency(Decoder& decoder, const JsonNode& node) {
  if (!node.is_object()) {
    const auto value = read_latency_part(decoder, &node);
    if (!value) return std::nullopt;
    return Distribution{Distribution::Kind::kConstant, *value, Duration()};
  }
  ObjectReader reader(node, decoder.problems, "a latency");
  const JsonNode* uniform = reader.find("uniform");
  const JsonNode* exponential = reader.find("exponential");
  const JsonNode* lognormal = reader.find("lognormal");
  reader.finish();
  if (node.children.size() != 1) {
    decoder.problems.error(node, "a latency is a time, or one of uniform, exponential, lognormal");
    return std::nullopt;
  }
  if (uniform != nullptr) return decode_uniform(decoder, *uniform);
  if (exponential != nullptr) return decode_exponential(decoder, *exponential);
  if (lognormal != nullptr) return decode_lognormal(decoder, *lognormal);
  return std::nullopt;
}

std::optional<std::uint16_t> read_rack_name(Decoder& decoder, const JsonNode& node) {
  if (!read_string(node, decoder.problems)) return std::nullopt;
  const auto found = decoder.racks.find(node.text);
  if (found != decoder.racks.end()) return found->second;
  decoder.problems.error(node, "no node stands in a rack \"" + node.text + "\"" +
                                   did_you_mean(node.text, names_of(decoder.racks)));
  return std::nullopt;
}

void decode_link(Decoder& decoder, const JsonNode& node) {
  ObjectReader reader(node, decoder.problems, "a link");
  const JsonNode* between = reader.require("between");
  const JsonNode* latency = reader.require("latency");
  reader.finish();
  std::optional<std::uint16_t> a;
  std::optional<std::uint16_t> b;
  if (between != nullptr && between->is_array() && between->children.size() == 2) {
    a = read_rack_name(decoder, between->children[0]);
    b = read_rack_name(decoder, between->children[1]);
    if (a && b && *a == *b) decoder.problems.error(*between, "a link joins two different racks");
  } else if (between != nullptr) {
    decoder.problems.error(*between, "\"between\" is a list of two racks");
  }
  if (latency == nullptr) return;
  const std::optional<Distribution> distribution = read_latency(decoder, *latency);
  if (a && b && distribution) {
    decoder.scenario.setup.topology.links.push_back({*a, *b, *distribution});
  }
}

// Every rack must be reachable over the links from every other.
void check_connected(Decoder& decoder, const JsonNode& links) {
  const TopologySpec& topology = decoder.scenario.setup.topology;
  std::vector<std::uint16_t> group(topology.racks.size());
  std::iota(group.begin(), group.end(), std::uint16_t{0});
  for (const RackLink& link : topology.links) {
    const std::uint16_t from = group[link.a];
    for (std::uint16_t& member : group) {
      if (member == from) member = group[link.b];
    }
  }
  for (std::size_t i = 0; i < decoder.rackless.size(); ++i) {
    if (!decoder.rackless[i]) continue;
    decoder.problems.error(links, "with \"links\" every node needs a \"rack\": \"" +
                                      decoder.names().nodes[i] + "\" has none");
    return;
  }
  for (std::size_t i = 1; i < group.size(); ++i) {
    if (group[i] == group[0]) continue;
    decoder.problems.error(links, "no links lead from rack \"" + topology.racks[0] +
                                      "\" to rack \"" + topology.racks[i] + "\"");
    return;
  }
}

// "100MB/s", "1GB/s": decimal units, as networks are sold.
std::optional<std::int64_t> parse_bandwidth(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t bytes;
  };
  constexpr std::array<Unit, 7> kUnits = {{{"kbit/s", 125},
                                           {"Mbit/s", 125'000},
                                           {"Gbit/s", 125'000'000},
                                           {"kB/s", 1'000},
                                           {"MB/s", 1'000'000},
                                           {"GB/s", 1'000'000'000},
                                           {"B/s", 1}}};
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    return parse_decimal(text.substr(0, text.size() - unit.name.size()), unit.bytes);
  }
  return std::nullopt;
}

}  // namespace

void decode_network(Decoder& decoder, const JsonNode* network) {
  TopologySpec& topology = decoder.scenario.setup.topology;
  if (network == nullptr) return;
  ObjectReader reader(*network, decoder.problems, "cluster.network");
  if (const JsonNode* node = reader.find("within_rack")) {
    if (const auto latency = read_latency(decoder, *node)) topology.within_rack = *latency;
  }
  if (const JsonNode* node = reader.find("between_racks")) {
    if (const auto latency = read_latency(decoder, *node)) topology.between_racks = *latency;
  }
  if (const JsonNode* links = reader.find("links")) {
    if (links->is_array()) {
      const std::size_t errors_before = decoder.problems.count();
      for (const JsonNode& link : links->children) decode_link(decoder, link);
      if (decoder.problems.count() == errors_before && !links->children.empty()) {
        check_connected(decoder, *links);
      }
    } else {
      report_kind(*links, decoder.problems, "a list of links");
    }
  }
  if (const JsonNode* node = reader.find("bandwidth")) {
    const auto bandwidth = node->is_string() ? parse_bandwidth(node->text) : std::nullopt;
    if (bandwidth && *bandwidth > 0) {
      topology.bandwidth = *bandwidth;
    } else {
      decoder.problems.error(*node, "bandwidth is a string such as \"125MB/s\" or \"1Gbit/s\"");
    }
  }
  reader.finish();
}

}  // namespace ackident
