#include "cluster/hosts.h"

#include "kafka/payload.h"

namespace ackident {

// C0.4 for clients; before KIP-601 they left it to the host when to give up. Brokers dial the
// controller with the same defaults. A follower leaves it to the host, too: while it waits for its
// leader it does not look at the clock, until replica.socket.timeout.ms has passed (3.9
// NetworkClientUtils.java awaitReady, BrokerBlockingSender.scala sendRequest).
std::vector<ConnectionSetup> connection_setups(const Composition& composition) {
  const ConnectionSetup to_controller{milliseconds(10'000), milliseconds(30'000)};
  const ConnectionSetup by_host{kForever, kForever};
  std::vector<ConnectionSetup> setups(composition.nodes.size() * kChannels, to_controller);
  const auto of = [&](NodeId node, Channel channel) -> ConnectionSetup& {
    return setups[node.value() * kChannels + static_cast<std::uint32_t>(channel)];
  };
  const auto set = [&](NodeId node, const ClientConfig& config) {
    ConnectionSetup& setup = of(node, Channel::kClient);
    setup = by_host;
    if (composition.behaviour.connection_setup_timeout) {
      setup = {config.connection_setup_timeout, config.connection_setup_timeout_max};
    }
    setup.told = true;
  };
  for (std::uint32_t i = 0; i < composition.broker_count; ++i) {
    of(composition.broker_node(i), Channel::kReplication) = by_host;
  }
  for (const ProducerInfo& producer : composition.producers) set(producer.node, producer.config);
  for (const ConsumerInfo& consumer : composition.consumers) set(consumer.node, consumer.config);
  return setups;
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
