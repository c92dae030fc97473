#include "kafka/broker/metadata_observer.h"

#include <algorithm>

#include "base/check.h"
#include "kafka/broker/broker.h"

namespace ackident {

namespace {

// The observer is Kafka's Raft client: controller.quorum.request.timeout.ms (R5.2), and a reconnect
// back-off of 50 ms that doubles up to 500 ms. Kafka's jitter on it is left out.
constexpr Duration kRequestTimeout = milliseconds(2'000);
constexpr Duration kBackoff = milliseconds(50);
constexpr Duration kBackoffMax = milliseconds(500);
constexpr std::uint32_t kDoublingsMax = 4;

void ask_again_later(Lifecycle& life, Context& ctx) {
  life.metadata_in_flight = false;
  const std::uint32_t doublings = std::min(life.metadata_failures++, kDoublingsMax);
  const Duration wait = std::min(kBackoff * (std::int64_t{1} << doublings), kBackoffMax);
  ctx.arm(BrokerTimers::fixed(BrokerTimer::kMetadataFetch), ctx.now() + wait);
}

}  // namespace

void observer_fetch(Broker& broker, Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  SIM_CHECK(!life.metadata_in_flight);
  life.metadata_in_flight = true;
  MetadataFetchRequest request;
  request.correlation = ++life.metadata_correlation;
  request.offset = life.observed;
  ctx.send(ctx.composition().controller, request);
  ctx.arm(BrokerTimers::fixed(BrokerTimer::kMetadataTimeout), ctx.now() + kRequestTimeout);
}

bool observer_take_answer(Broker& broker, const MetadataFetchResponse& response, Context& ctx) {
  Lifecycle& life = broker.lifecycle;
  if (!life.metadata_in_flight || response.correlation != life.metadata_correlation) return false;
  life.metadata_in_flight = false;
  life.metadata_failures = 0;
  ctx.disarm(BrokerTimers::fixed(BrokerTimer::kMetadataTimeout));
  life.observed = std::max(life.observed, response.high_watermark);
  return true;
}

void observer_disconnected(Broker& broker, Context& ctx) {
  if (!broker.lifecycle.metadata_in_flight) return;
  ctx.disarm(BrokerTimers::fixed(BrokerTimer::kMetadataTimeout));
  ask_again_later(broker.lifecycle, ctx);
}

void observer_timed_out(Broker& broker, Context& ctx) {
  ctx.close(ctx.composition().controller, Channel::kMetadata);
  ask_again_later(broker.lifecycle, ctx);
}

void observer_apply(Broker& broker, Context& ctx) {
  // KAFKA-13858: the first step of a controlled shutdown was to stop listening.
  if (broker.lifecycle.state == Lifecycle::State::kShuttingDown && ctx.behaviour().kraft &&
      !ctx.behaviour().shutdown_demotes_leader) {
    return;
  }
  if (broker.lifecycle.observed > broker.image.end) {
    apply_metadata(broker, broker.lifecycle.observed, ctx);
  }
}

}  // namespace ackident
