#include "kafka/metadata.h"

#include <algorithm>

#include "base/check.h"

namespace ackident {

namespace {

// What each kind of record does to the image.
struct Apply {
  MetadataImage& image;
  const Composition& composition;

  void operator()(const NoOpRecord&) const {}
  void operator()(const PartitionRecord& record) const {
    SIM_CHECK(record.partition.value() < image.partitions.size());
    image.partitions[record.partition.value()] = record.state;
  }
  void operator()(const BrokerRecord& record) const {
    SIM_CHECK(composition.is_broker(record.broker));
    image.brokers[composition.broker_index(record.broker)] = record.state;
  }
  void operator()(const TopicConfigRecord& record) const {
    SIM_CHECK(record.topic.value() < image.topics.size());
    image.topics[record.topic.value()] = record.config;
  }
};

}  // namespace

void MetadataImage::reset(const Composition& composition) {
  end = MetadataOffset();
  partitions.assign(composition.partition_count(), PartitionRegistration());
  brokers.assign(composition.broker_count, BrokerRegistration());
  topics.clear();
  for (const TopicInfo& topic : composition.topics) topics.push_back(topic.config);
}

void MetadataImage::apply(const MetadataRecord& record, const Composition& composition) {
  std::visit(Apply{*this, composition}, record);
  ++end;
}

std::uint32_t effective_min_isr(const Behaviour& behaviour, const TopicConfig& config,
                                const PartitionRegistration& partition) {
  const auto wanted = static_cast<std::uint32_t>(std::max(config.min_insync_replicas, 0));
  if (!behaviour.min_isr_capped_by_replicas) return wanted;
  return std::min(wanted, partition.replicas.size());
}

}  // namespace ackident
