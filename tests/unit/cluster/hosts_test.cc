#include "cluster/hosts.h"

#include <doctest/doctest.h>

#include "scenario/load.h"

using namespace ackident;

namespace {

// A broker and a producer, each with what is given under its "config".
Composition composition(const std::string& broker, const std::string& producer) {
  return load_scenario("test.json",
                       "{ \"doc\": \"A test.\", \"cluster\": { \"brokers\": 1, \"config\": { " +
                           broker +
                           " } }, \"topics\": { \"t\": {} }, \"producers\": [ { \"topic\": \"t\", "
                           "\"config\": { \"acks\": 0" +
                           producer + " } } ] }")
      .setup.composition;
}

struct Sizes {
  std::int64_t send;
  std::int64_t receive;

  bool operator==(const Sizes&) const = default;
};
Sizes sizes(const Composition& composition) {
  const std::vector<SocketBuffers> buffers = socket_buffers(composition);
  return {buffers[composition.producers[0].node.value()].send,
          buffers[composition.broker_node(0).value()].receive};
}

}  // namespace

TEST_CASE("sockets are as large as Kafka asks for, and -1 leaves them to the system") {
  CHECK(sizes(composition("", "")) == Sizes{131'072, 102'400});
  CHECK(sizes(composition("\"socket.receive.buffer.bytes\": 7", ", \"send.buffer.bytes\": 0")) ==
        Sizes{0, 7});
  CHECK(sizes(composition("\"socket.receive.buffer.bytes\": -1", ", \"send.buffer.bytes\": -1")) ==
        Sizes{16'384, 131'072});
}
