// The keys of Kafka's documentation (0.10 to 4.1) that the model does not read.
#include <algorithm>

#include "kafka/config_table.h"

namespace ackident {
namespace {

// clang-format off
std::vector<std::string_view> server_names() {
  return {
      // servers: identity, listeners, threads
      "advertised.host.name", "advertised.listeners", "advertised.port", "broker.id",
      "broker.id.generation.enable", "broker.rack", "node.id", "process.roles", "listeners",
      "listener.security.protocol.map", "inter.broker.listener.name",
      "security.inter.broker.protocol",
      "control.plane.listener.name", "controller.listener.names",
      "controller.quorum.bootstrap.servers",
      "early.start.listeners", "host.name", "port", "inter.broker.protocol.version",
      "background.threads", "num.io.threads", "num.network.threads", "num.replica.fetchers",
      "num.replica.alter.log.dirs.threads", "num.recovery.threads.per.data.dir",
      "queued.max.requests",
      "queued.max.request.bytes", "socket.listen.backlog.size",
      "socket.request.max.bytes", "socket.send.buffer.bytes", "connections.max.idle.ms",
      "connections.max.reauth.ms", "connection.failed.authentication.delay.ms", "max.connections",
      "max.connections.per.ip", "max.connections.per.ip.overrides", "max.connection.creation.rate",
      "zookeeper.connect", "zookeeper.connection.timeout.ms", "zookeeper.max.in.flight.requests",
      "zookeeper.metadata.migration.enable", "zookeeper.set.acl", "zookeeper.sync.time.ms",
      "zookeeper.clientCnxnSocket", "reserved.broker.max.id", "delete.topic.enable",
      "auto.create.topics.enable",
      "create.topic.policy.class.name", "alter.config.policy.class.name", "authorizer.class.name",
      "early.start.listeners", "kafka.metrics.polling.interval.secs", "kafka.metrics.reporters",
      "metric.reporters", "metrics.num.samples", "metrics.recording.level",
      "metrics.sample.window.ms",
      "auto.include.jmx.reporter", "telemetry.max.bytes", "client.quota.callback.class",
      "config.providers", "unstable.api.versions.enable", "unstable.feature.versions.enable",
      "compression.type", "compression.gzip.level", "compression.lz4.level",
      "compression.zstd.level",
      // servers: controller and metadata
      "broker.session.timeout.ms", "broker.heartbeat.interval.ms",
      "controller.quorum.election.timeout.ms",
      "controller.quorum.election.backoff.max.ms", "controller.quorum.fetch.timeout.ms",
      "controller.quorum.request.timeout.ms", "controller.quorum.retry.backoff.ms",
      "controller.quorum.auto.join.enable", "controller.socket.timeout.ms",
      "controller.performance.always.log.threshold.ms", "controller.performance.sample.period.ms",
      "controlled.shutdown.max.retries", "controlled.shutdown.retry.backoff.ms",
      "initial.broker.registration.timeout.ms", "leader.imbalance.per.broker.percentage",
      "metadata.log.dir", "metadata.log.max.record.bytes.between.snapshots",
      "metadata.log.max.snapshot.interval.ms", "metadata.log.segment.bytes",
      "metadata.log.segment.min.bytes", "metadata.log.segment.ms", "metadata.max.idle.interval.ms",
      "metadata.max.retention.bytes", "metadata.max.retention.ms", "server.max.startup.time.ms",
      "replica.fetch.response.max.bytes", "replica.socket.receive.buffer.bytes",
      "replica.lag.max.messages", "fetch.purgatory.purge.interval.requests",
      "producer.purgatory.purge.interval.requests",
      "delete.records.purgatory.purge.interval.requests",
      "fetch.max.bytes", "fetch.from.follower.max.bytes", "request.timeout.ms",
      "max.request.partition.size.limit", "max.incremental.fetch.session.cache.slots",
      "leader.replication.throttled.rate", "follower.replication.throttled.rate",
      "leader.replication.throttled.replicas", "follower.replication.throttled.replicas",
      "replica.alter.log.dirs.io.max.bytes.per.second",
      "alter.log.dirs.replication.quota.window.num",
      "alter.log.dirs.replication.quota.window.size.seconds", "replication.quota.window.num",
      "replication.quota.window.size.seconds", "controller.quota.window.num",
      "controller.quota.window.size.seconds", "quota.window.num", "quota.window.size.seconds",
      "quota.producer.default", "quota.consumer.default",
  };
}

std::vector<std::string_view> log_and_group_names() {
  return {
      // servers: logs
      "log.dir", "log.dirs", "log.dir.failure.timeout.ms", "log.flush.interval.ms",
      "log.flush.scheduler.interval.ms", "log.flush.start.offset.checkpoint.interval.ms",
      "log.initial.task.delay.ms", "log.segment.bytes", "log.segment.delete.delay.ms",
      "log.roll.ms",
      "log.roll.hours", "log.roll.jitter.ms", "log.roll.jitter.hours", "log.preallocate",
      "log.retention.bytes", "log.retention.check.interval.ms", "log.retention.hours",
      "log.retention.minutes", "log.retention.ms", "log.local.retention.bytes",
      "log.local.retention.ms", "log.cleaner.backoff.ms", "log.cleaner.dedupe.buffer.size",
      "log.cleaner.delete.retention.ms", "log.cleaner.enable", "log.cleaner.io.buffer.load.factor",
      "log.cleaner.io.buffer.size", "log.cleaner.io.max.bytes.per.second",
      "log.cleaner.max.compaction.lag.ms", "log.cleaner.min.cleanable.ratio",
      "log.cleaner.min.compaction.lag.ms", "log.cleaner.threads", "log.cleanup.policy",
      "log.index.interval.bytes", "log.index.size.max.bytes", "log.message.downconversion.enable",
      "log.message.format.version", "log.message.timestamp.after.max.ms",
      "log.message.timestamp.before.max.ms", "log.message.timestamp.difference.max.ms",
      "log.message.timestamp.type", "cordoned.log.dirs",
      // servers: groups, offsets, transactions
      "group.initial.rebalance.delay.ms", "group.max.session.timeout.ms", "group.max.size",
      "group.min.session.timeout.ms", "group.coordinator.append.linger.ms",
      "group.coordinator.new.enable", "group.coordinator.rebalance.protocols",
      "group.coordinator.threads", "group.consumer.assignors",
      "group.consumer.heartbeat.interval.ms",
      "group.consumer.max.heartbeat.interval.ms", "group.consumer.max.session.timeout.ms",
      "group.consumer.max.size", "group.consumer.migration.policy",
      "group.consumer.min.heartbeat.interval.ms", "group.consumer.min.session.timeout.ms",
      "group.consumer.session.timeout.ms", "offset.metadata.max.bytes",
      "offsets.commit.required.acks",
      "offsets.commit.timeout.ms", "offsets.load.buffer.size",
      "offsets.retention.check.interval.ms",
      "offsets.retention.minutes", "offsets.topic.compression.codec",
      "offsets.topic.num.partitions",
      "offsets.topic.replication.factor", "offsets.topic.segment.bytes",
      "producer.id.expiration.ms",
      "producer.id.expiration.check.interval.ms", "transactional.id.expiration.ms",
      "transaction.max.timeout.ms", "transaction.abort.timed.out.transaction.cleanup.interval.ms",
      "transaction.remove.expired.transaction.cleanup.interval.ms",
      "transaction.partition.verification.enable", "transaction.state.log.load.buffer.size",
      "transaction.state.log.min.isr", "transaction.state.log.num.partitions",
      "transaction.state.log.replication.factor", "transaction.state.log.segment.bytes",
      "add.partitions.to.txn.retry.backoff.ms", "add.partitions.to.txn.retry.backoff.max.ms",
  };
}

std::vector<std::string_view> topic_and_client_names() {
  return {
      // topics
      "cleanup.policy", "delete.retention.ms", "file.delete.delay.ms", "flush.ms",
      "index.interval.bytes", "local.retention.bytes", "local.retention.ms",
      "max.compaction.lag.ms",
      "message.downconversion.enable", "message.format.version", "message.timestamp.after.max.ms",
      "message.timestamp.before.max.ms", "message.timestamp.difference.max.ms",
      "message.timestamp.type", "min.cleanable.dirty.ratio", "min.compaction.lag.ms", "preallocate",
      "remote.log.copy.disable", "remote.log.delete.on.disable", "remote.storage.enable",
      "retention.bytes", "retention.ms", "segment.bytes", "segment.index.bytes",
      "segment.jitter.ms",
      "segment.ms",
      // clients
      "bootstrap.servers", "client.dns.lookup", "client.id", "client.rack", "enable.metrics.push",
      "interceptor.classes", "key.deserializer", "key.serializer", "value.deserializer",
      "value.serializer", "metadata.max.idle.ms", "metadata.recovery.strategy",
      "metadata.recovery.rebootstrap.trigger.ms", "partitioner.availability.timeout.ms",
      "partitioner.class", "partitioner.ignore.keys", "receive.buffer.bytes",
      "security.protocol", "security.providers", "transaction.timeout.ms",
      "allow.auto.create.topics",
      "check.crcs", "default.api.timeout.ms", "exclude.internal.topics", "group.id",
      "group.instance.id", "group.remote.assignor", "heartbeat.interval.ms", "session.timeout.ms",
      "max.poll.interval.ms", "partition.assignment.strategy", "block.on.buffer.full",
      "metadata.fetch.timeout.ms", "timeout.ms",
  };
}
// clang-format on

std::vector<std::string_view> make_list() {
  std::vector<std::string_view> names = server_names();
  for (const auto& more : {log_and_group_names(), topic_and_client_names()}) {
    names.insert(names.end(), more.begin(), more.end());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// Whole families: security, plug-ins, tiered storage, other vendors' keys.
constexpr std::array<std::string_view, 12> kPrefixes = {
    "ssl.",  "sasl.",       "listener.name.", "metrics.",   "remote.log.",  "rsm.config.",
    "rlmm.", "delegation.", "confluent.",     "zookeeper.", "group.share.", "group.streams."};

constexpr std::array<RefusedConfig, 8> kRefused = {{
    {"transactional.id", "", "transactions are not modelled yet"},
    {"isolation.level", "read_uncommitted", "transactions are not modelled yet"},
    {"group.protocol", "classic",
     "rebalances are not modelled yet: partitions are assigned once, at the start"},
    {"replica.selector.class", "", "fetching from followers is not modelled yet"},
    {"controller.quorum.voters", "1@localhost:9093",
     "a controller quorum is not modelled yet: there is one controller"},
    {"eligible.leader.replicas.version", "0", "eligible leader replicas are not modelled yet"},
    {"remote.log.storage.system.enable", "false", "tiered storage is not modelled yet"},
    {"unclean.recovery.strategy", "", "unclean recovery (KIP-966 part 2) is not modelled yet"},
}};

}  // namespace

const std::vector<std::string_view>& unmodelled_configs() {
  static const std::vector<std::string_view> names = make_list();
  return names;
}

bool is_unmodelled_config(std::string_view name) {
  const std::vector<std::string_view>& names = unmodelled_configs();
  if (std::binary_search(names.begin(), names.end(), name)) return true;
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

const RefusedConfig* find_refused_config(std::string_view name) {
  const auto found = std::find_if(kRefused.begin(), kRefused.end(),
                                  [&](const RefusedConfig& key) { return key.name == name; });
  return found == kRefused.end() ? nullptr : &*found;
}

}  // namespace ackident
