#include "drive/words.h"

#include <fmt/format.h>

namespace ackident {

namespace {

struct Unit {
  std::int64_t ns;
  int digits;
  const char* name;
};
constexpr Unit kUnits[] = {{1'000'000'000, 9, "s"}, {1'000'000, 6, "ms"}, {1'000, 3, "us"}};

}  // namespace

std::string duration_text(Duration duration) {
  if (duration >= kForever) return "forever";
  const char* const sign = duration < Duration() ? "-" : "";
  const std::int64_t ns = duration < Duration() ? -duration.ns() : duration.ns();
  for (const Unit& unit : kUnits) {
    if (ns < unit.ns) continue;
    if (ns % unit.ns == 0) return fmt::format("{}{} {}", sign, ns / unit.ns, unit.name);
    std::string fraction = fmt::format("{:0{}}", ns % unit.ns, unit.digits);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    return fmt::format("{}{}.{} {}", sign, ns / unit.ns, fraction, unit.name);
  }
  return ns == 0 ? "0 s" : fmt::format("{}{} ns", sign, ns);
}

std::string duration_rounded(Duration duration) {
  if (duration >= kForever || duration < microseconds(1)) return duration_text(duration);
  if (duration < seconds(1)) return duration_text(microseconds((duration.ns() + 500) / 1'000));
  return duration_text(milliseconds((duration.ns() + 500'000) / 1'000'000));
}

std::string since_text(const Moment& moment) {
  if (moment.at >= kNever) return {};
  const std::string at = duration_rounded(moment.at - Instant());
  if (moment.missing) return fmt::format("; not by {}", at);
  if (moment.event == EventId()) return fmt::format("; first at {}", at);
  return fmt::format("; first at {} (e{})", at, moment.event.value());
}

FaultText fault_text(const Scenario& scenario, std::size_t fault) {
  return fault < scenario.fault_texts.size() ? scenario.fault_texts[fault] : FaultText{};
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string_view why_idle(const FaultResult& fault) {
  return fault.fired == 0 ? "never fired" : "changed nothing";
}

std::string node_text(const Scenario& scenario, NodeId node) {
  if (node == kNoNode) return "none";
  const auto& names = scenario.setup.names.nodes;
  return node.value() < names.size() ? names[node.value()] : fmt::format("node {}", node.value());
}

std::string partition_text(const Scenario& scenario, PartitionId partition) {
  if (partition == kNoPartition) return "none";
  const auto& names = scenario.setup.names.partitions;
  return partition.value() < names.size() ? names[partition.value()]
                                          : fmt::format("partition {}", partition.value());
}

std::string nodes_text(const Scenario& scenario, const NodeId* first, const NodeId* last) {
  std::string text = "[";
  for (const NodeId* node = first; node != last; ++node) {
    if (node != first) text += ',';
    text += node_text(scenario, *node);
  }
  return text + ']';
}

}  // namespace ackident
