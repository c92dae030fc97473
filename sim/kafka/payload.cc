#include "kafka/payload.h"

namespace ackident {
namespace {

constexpr std::int64_t kHeaderBytes = 64;      // request header and TCP/IP, roughly
constexpr std::int64_t kPartitionBytes = 40;   // one partition's entry, roughly

template <class T>
std::int64_t list_bytes(PoolSpan<T> parts) {
  return kHeaderBytes + kPartitionBytes * static_cast<std::int64_t>(parts.count);
}

struct BytesOf {
  const PayloadPools& pools;

  std::int64_t operator()(const ProduceRequest& m) const {
    std::int64_t bytes = list_bytes(m.parts);
    for (const ProducePart& part : pools.produce_parts.get(m.parts)) bytes += part.bytes;
    return bytes;
  }
  std::int64_t operator()(const FetchResponse& m) const {
    std::int64_t bytes = list_bytes(m.parts);
    for (const FetchResult& part : pools.fetch_results.get(m.parts)) bytes += part.bytes;
    return bytes;
  }
  std::int64_t operator()(const ProduceResponse& m) const { return list_bytes(m.parts); }
  std::int64_t operator()(const FetchRequest& m) const { return list_bytes(m.parts); }
  std::int64_t operator()(const AlterPartitionRequest& m) const { return list_bytes(m.parts); }
  std::int64_t operator()(const AlterPartitionResponse& m) const { return list_bytes(m.parts); }
  template <class Other>
  std::int64_t operator()(const Other&) const {
    return kHeaderBytes;
  }
};

}  // namespace

constinit const std::array<PayloadInfo, std::variant_size_v<Payload>> payload_infos::kAll = {{
    {"ProduceRequest", true, false, Channel::kClient},
    {"ProduceResponse", false, true, Channel::kClient},
    {"FetchRequest", true, false, Channel::kClient},
    {"FetchResponse", false, true, Channel::kClient},
    {"ListOffsetsRequest", true, false, Channel::kClient},
    {"ListOffsetsResponse", false, true, Channel::kClient},
    {"OffsetsForLeaderEpochRequest", true, false, Channel::kClient},
    {"OffsetsForLeaderEpochResponse", false, true, Channel::kClient},
    {"MetadataRequest", true, false, Channel::kClient},
    {"MetadataResponse", false, true, Channel::kClient},
    {"InitProducerIdRequest", true, false, Channel::kClient},
    {"InitProducerIdResponse", false, true, Channel::kClient},
    {"BrokerRegistrationRequest", true, false, Channel::kLifecycle},
    {"BrokerRegistrationResponse", false, true, Channel::kLifecycle},
    {"BrokerHeartbeatRequest", true, false, Channel::kLifecycle},
    {"BrokerHeartbeatResponse", false, true, Channel::kLifecycle},
    {"AlterPartitionRequest", true, false, Channel::kAlterPartition},
    {"AlterPartitionResponse", false, true, Channel::kAlterPartition},
    {"MetadataFetchRequest", true, false, Channel::kMetadata},
    {"MetadataFetchResponse", false, true, Channel::kMetadata},
    {"ElectLeadersCommand", false, false, Channel::kClient},
    {"AlterTopicConfigCommand", false, false, Channel::kClient},
    {"ReassignCommand", false, false, Channel::kClient},
    {"WorkloadCommand", false, false, Channel::kClient},
    {"ProcessingCommand", false, false, Channel::kClient},
    {"Disconnected", false, false, Channel::kClient},
    {"SendCompleted", false, false, Channel::kClient},
    {"Connected", false, false, Channel::kClient},
}};

void PayloadPools::reset() {
  produce_parts.reset();
  produce_results.reset();
  fetch_parts.reset();
  fetch_results.reset();
  alter_parts.reset();
  alter_results.reset();
}

std::int64_t payload_bytes(const Payload& payload, const PayloadPools& pools) {
  return std::visit(BytesOf{pools}, payload);
}

}  // namespace ackident
