#include "kafka/client/metadata_cache.h"

#include <algorithm>
#include <utility>

namespace ackident {

namespace {

// A client asks for the metadata of its own topics only; answers about others never reach it.
void find_topics_read(std::vector<std::uint8_t>& topics_read, const Context& ctx) {
  const Composition& composition = ctx.composition();
  topics_read.assign(composition.topics.size(), 0);
  const NodeInfo& node = composition.node(ctx.self());
  if (node.kind == NodeKind::kProducer) {
    topics_read[composition.producers[node.index].workload.topic.value()] = 1;
    return;
  }
  SIM_CHECK(node.kind == NodeKind::kConsumer);
  const ConsumerInfo& info = composition.consumers[node.index];
  for (std::uint32_t i = 0; i < info.assigned_count; ++i) {
    const PartitionId partition = composition.assigned[info.assigned_first + i];
    topics_read[composition.topic_of[partition.value()].value()] = 1;
  }
}

bool any_without_leader(const MetadataCache& cache, const Context& ctx) {
  for (std::size_t i = 0; i < cache.leaders.size(); ++i) {
    if (cache.topics_read[ctx.composition().topic_of[i].value()] == 0) continue;
    if (cache.leaders[i].leader == kNoNode) return true;
  }
  return false;
}

bool is_aged(const MetadataCache& cache, const ClientConfig& config, Instant now) {
  return cache.last_success + config.metadata_max_age <= now;
}

}  // namespace

void MetadataCache::reset(const Composition& composition) {
  std::vector<KnownLeader> leaders_kept = std::move(leaders);
  std::vector<std::uint8_t> topics_kept = std::move(topics_read);
  *this = MetadataCache{};
  leaders_kept.assign(composition.partition_count(), KnownLeader{});
  topics_kept.clear();
  leaders = std::move(leaders_kept);
  topics_read = std::move(topics_kept);
}

void MetadataCache::forget(const Composition& composition) {
  const std::uint32_t draws = jitter_draws;
  reset(composition);
  jitter_draws = draws;
}

bool MetadataCache::update(MetadataOffset to, const Context& ctx) {
  SIM_CHECK(to <= ctx.metadata_log().end());
  if (topics_read.empty()) find_topics_read(topics_read, ctx);
  const bool believed = to < offset && !ctx.behaviour().metadata_carries_epochs;
  bool news = believed && go_back(to, ctx);
  for (; offset < to; ++offset) {
    const auto* record = std::get_if<PartitionRecord>(&ctx.metadata_log().at(offset));
    if (record == nullptr || !reads(record->partition, ctx)) continue;
    KnownLeader& known = leaders[record->partition.value()];
    // C0.13: a hint may have brought a newer epoch than this prefix of the log holds.
    if (record->state.leader_epoch < known.epoch) continue;
    if (record->state.leader_epoch > known.epoch) news = true;
    known = KnownLeader{record->state.leader, record->state.leader_epoch};
  }
  return news;
}

bool MetadataCache::reads(PartitionId partition, const Context& ctx) const {
  return topics_read[ctx.composition().topic_of[partition.value()].value()] != 0;
}

// The leaders as of `to`.
bool MetadataCache::go_back(MetadataOffset to, const Context& ctx) {
  std::vector<KnownLeader> past(leaders.size());
  for (offset = MetadataOffset(); offset < to; ++offset) {
    const auto* record = std::get_if<PartitionRecord>(&ctx.metadata_log().at(offset));
    if (record == nullptr || !reads(record->partition, ctx)) continue;
    past[record->partition.value()] = {record->state.leader, record->state.leader_epoch};
  }
  past.swap(leaders);
  return past != leaders;
}

bool MetadataCache::hint(PartitionId partition, NodeId leader, LeaderEpoch epoch) {
  KnownLeader& known = leaders[partition.value()];
  if (leader == kNoNode || epoch <= known.epoch) return false;
  known = KnownLeader{leader, epoch};
  return true;
}

Instant MetadataCache::next_refresh(const ClientConfig& config, const Context& ctx) const {
  if (in_flight) return kNever;
  const Instant now = ctx.now();
  const bool aged = is_aged(*this, config, now);
  const Instant due = refresh_wanted || aged ? now : last_success + config.metadata_max_age;
  // No pause is longer than the configured ones: the usual wait for age needs no draw.
  if (due - last_refresh >= std::max(config.retry_backoff, config.retry_backoff_max)) return due;
  // C0.11: the larger of two back-offs over the same last refresh is the back-off of the larger
  // count. An age-triggered refresh forgets the equivalent answers (Kafka 1eb76443 Metadata.java
  // timeToAllowUpdate).
  const std::uint32_t after_failures = failures > 0 ? failures - 1 : 0;
  const std::uint32_t after_equivalent = equivalent > 0 && !aged ? equivalent - 1 : 0;
  const Duration pause = backoff(
      config.retry_backoff, config.retry_backoff_max, std::max(after_failures, after_equivalent),
      ctx.behaviour().exponential_client_backoff, kBackoffMetadata, jitter_draws, ctx);
  return std::max(due, last_refresh + pause);
}

void MetadataCache::refresh_began(NodeId node, Correlation number, const ClientConfig& config,
                                  const Context& ctx) {
  SIM_CHECK(!in_flight);
  if (is_aged(*this, config, ctx.now())) equivalent = 0;
  in_flight = true;
  asked = node;
  correlation = number;
}

bool MetadataCache::refresh_answered(MetadataOffset to, const Context& ctx) {
  SIM_CHECK(in_flight);
  const bool news = update(to, ctx);
  in_flight = false;
  last_refresh = ctx.now();
  last_success = ctx.now();
  failures = 0;
  equivalent = news ? 0 : equivalent + 1;
  ++jitter_draws;
  refresh_wanted = any_without_leader(*this, ctx);
  return news;
}

void MetadataCache::refresh_failed(const Context& ctx) {
  in_flight = false;
  last_refresh = ctx.now();
  ++failures;
  equivalent = 0;
  ++jitter_draws;
  refresh_wanted = true;
}

void MetadataCache::disconnected(NodeId node, const ClientConfig& config, const Context& ctx) {
  const bool was_asked = in_flight && asked == node;
  if (ctx.behaviour().lost_metadata_backs_off) {
    if (was_asked || next_refresh(config, ctx) <= ctx.now()) refresh_failed(ctx);
  } else if (was_asked) {
    // C0.11: up to 2.3 it counts as never asked (Kafka 2.3 NetworkClient.java handleDisconnection).
    in_flight = false;
    refresh_wanted = true;
  }
  if (!ctx.mutant(Mutant::kNoMetadataRefresh)) request_refresh();
}

Duration backoff(Duration initial, Duration max, std::uint32_t n, bool exponential,
                 std::uint64_t purpose, std::uint32_t draw, const Context& ctx) {
  if (!exponential) return initial;
  if (max <= initial) return max;
  Duration base = initial;
  for (std::uint32_t i = 0; i < n && base < max && base > Duration(); ++i) base = base * 2;
  // The exponent is capped where initial * 2^e is exactly max (C0.1), so the base never exceeds it.
  base = std::min(base, max);
  // Millionths in [0.8, 1.2): milliseconds times millionths are nanoseconds. The cap comes after
  // the jitter, so half of the plateau's draws are exactly max.
  const std::uint64_t subject = (std::uint64_t{ctx.self().value()} << 32) | purpose;
  const std::uint64_t jitter =
      800'000 + ctx.choose({ChoiceKind::kBackoffJitter, subject, draw}, 400'000);
  const Duration jittered = nanoseconds(base.ms() * static_cast<std::int64_t>(jitter));
  return milliseconds(std::min(jittered, max).ms());
}

void forget(BrokerConnection& connection) {
  connection = BrokerConnection{.jitter_draws = connection.jitter_draws};
}

void request_sent(BrokerConnection& connection, const Context& ctx) {
  if (!connection.connected && connection.in_flight == 0) {
    connection.last_attempt = ctx.now();
    connection.opening = true;
  }
  ++connection.in_flight;
}

bool connection_opened(BrokerConnection& connection) {
  return std::exchange(connection.opening, false);
}

void request_answered(BrokerConnection& connection) {
  SIM_CHECK(connection.in_flight > 0);
  --connection.in_flight;
  connection.connected = true;
  connection.opening = false;
  connection.failures = 0;
}

void request_sent_off(BrokerConnection& connection) {
  SIM_CHECK(connection.sending && connection.in_flight > 0);
  --connection.in_flight;
  connection.sending = false;
}

namespace {

// What Kafka counts as in flight: until a connection is ready, only the question that opens it.
std::uint32_t count_in_flight(const BrokerConnection& connection) {
  if (connection.connected) return connection.in_flight;
  return connection.in_flight > 0 && !connection.opening ? 1 : 0;
}

// C0.12 up to 2.2: whoever has the fewest in flight, connected with or not. One that is ready and
// idle is taken at once, but no connection counts as ready while a refresh is due (Kafka 2.2
// NetworkClient.java leastLoadedNode, isReady).
std::uint32_t find_fewest_in_flight(const std::vector<BrokerConnection>& connections,
                                    std::uint64_t start, bool refresh_due, const Context& ctx) {
  const auto count = static_cast<std::uint32_t>(connections.size());
  std::uint32_t fewest = count;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::uint32_t>((start + i) % count);
    const BrokerConnection& each = connections[at];
    if (each.connected && each.in_flight == 0 && !refresh_due) return at;
    if (!each.usable(ctx.now())) continue;
    if (fewest == count || count_in_flight(each) < count_in_flight(connections[fewest])) {
      fewest = at;
    }
  }
  return fewest;
}

bool is_any_opening(const std::vector<BrokerConnection>& connections) {
  return std::any_of(connections.begin(), connections.end(),
                     [](const BrokerConnection& each) { return each.opening; });
}

}  // namespace

NodeId least_loaded_node(const std::vector<BrokerConnection>& connections, std::uint64_t draw,
                         const Context& ctx, std::uint16_t in_flight_max, bool refresh_due) {
  const auto count = static_cast<std::uint32_t>(connections.size());
  if (count == 0) return kNoNode;
  const std::uint64_t start =
      ctx.choose({ChoiceKind::kLeastLoadedNode, ctx.self().value(), draw}, count);
  if (!ctx.behaviour().prefers_open_connections) {
    const std::uint32_t fewest = find_fewest_in_flight(connections, start, refresh_due, ctx);
    return fewest < count ? ctx.composition().broker_node(fewest) : kNoNode;
  }
  // C0.12: ready and idle; ready with the fewest in flight; connecting; dialled longest ago.
  std::uint32_t ready = count;
  std::uint32_t connecting = count;
  std::uint32_t dialable = count;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::uint32_t>((start + i) % count);
    const BrokerConnection& each = connections[at];
    if (each.connected) {
      if (each.in_flight == 0) return ctx.composition().broker_node(at);
      if (each.in_flight >= in_flight_max || each.sending) continue;
      if (ready == count || each.in_flight < connections[ready].in_flight) ready = at;
    } else if (each.in_flight > 0) {
      if (each.in_flight < in_flight_max) connecting = at;
    } else if (ctx.now() >= each.blocked_until) {
      if (dialable == count || each.last_attempt < connections[dialable].last_attempt) {
        dialable = at;
      }
    }
  }
  for (const std::uint32_t found : {ready, connecting, dialable}) {
    if (found < count) return ctx.composition().broker_node(found);
  }
  return kNoNode;
}

bool may_dial(const std::vector<BrokerConnection>& connections, const Context& ctx) {
  return ctx.behaviour().prefers_open_connections || !is_any_opening(connections);
}

Instant next_dial(const std::vector<BrokerConnection>& connections, const ClientConfig& config,
                  const Context& ctx) {
  Instant earliest = kNever;
  const bool chooses_again = !ctx.behaviour().prefers_open_connections;
  for (const BrokerConnection& each : connections) {
    if (chooses_again && !each.connected && each.in_flight > 0) {
      return ctx.now() + config.reconnect_backoff;
    }
    if (each.connected || each.in_flight > 0) continue;
    earliest = std::min(earliest, each.blocked_until);
  }
  return earliest;
}

void connection_failed(BrokerConnection& connection, const ClientConfig& config,
                       std::uint64_t purpose, const Context& ctx) {
  connection.connected = connection.opening = connection.sending = false;
  connection.in_flight = 0;
  connection.last_attempt = ctx.now();
  connection.blocked_until =
      ctx.now() + backoff(config.reconnect_backoff, config.reconnect_backoff_max,
                          connection.failures, ctx.behaviour().exponential_reconnect_backoff,
                          purpose, connection.jitter_draws, ctx);
  ++connection.failures;
  ++connection.jitter_draws;
}

}  // namespace ackident
