#include "cluster/hosts.h"

namespace ackident {

// C0.4 for clients; brokers dial with the same defaults (R3.4).
std::vector<SetupTimeout> setup_timeouts(const Composition& composition) {
  std::vector<SetupTimeout> timeouts(composition.nodes.size(),
                                     {milliseconds(10'000), milliseconds(30'000)});
  const auto set = [&](NodeId node, const ClientConfig& config) {
    timeouts[node.value()] = {config.connection_setup_timeout, config.connection_setup_timeout_max};
  };
  for (const ProducerInfo& producer : composition.producers) set(producer.node, producer.config);
  for (const ConsumerInfo& consumer : composition.consumers) set(consumer.node, consumer.config);
  return timeouts;
}

// The sizes that Kafka asks for. -1 asks for none: then those that Linux begins with, the middle
// values of tcp_wmem and tcp_rmem; that it may enlarge them meanwhile is left out.
std::vector<SocketBuffers> socket_buffers(const Composition& composition) {
  constexpr SocketBuffers kSystem{16'384, 131'072};
  std::vector<SocketBuffers> buffers(composition.nodes.size());
  for (std::uint32_t i = 0; i < composition.broker_count; ++i) {
    const std::int64_t given = composition.brokers[i].socket_receive_buffer;
    buffers[composition.broker_node(i).value()].receive = given < 0 ? kSystem.receive : given;
  }
  for (const ProducerInfo& producer : composition.producers) {
    const std::int64_t given = producer.config.send_buffer;
    buffers[producer.node.value()].send = given < 0 ? kSystem.send : given;
    if (composition.mutant(Mutant::kSocketTakesEverything)) {
      buffers[producer.node.value()].send = kUnlimited;
    }
  }
  return buffers;
}

}  // namespace ackident
