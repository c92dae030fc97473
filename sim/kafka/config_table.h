// The table of Kafka's configuration keys: spelling, place, type, default by version, bounds, and
// where the value goes in config.h. Keys that Kafka knows and the model does not are listed apart,
// so that a pasted server.properties yields warnings and a misspelt key yields an error.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/config.h"

namespace ackident {

// Where a key may be given. One key may have several places; its default is one for all of them.
enum class ConfigScope : std::uint8_t {
  kTopic = 1,       // a topic's own config
  kCluster = 2,     // server.properties, the same for the whole cluster: topic defaults included
  kBroker = 4,      // server.properties, may differ by broker
  kController = 8,  // the controller's own properties
  kProducer = 16,
  kConsumer = 32,
};

enum class ConfigType : std::uint8_t {
  kBool,
  kCount,
  kBytes,
  kMillis,
  kSeconds,
  kAcks,
  kOffsetReset
};
std::string_view config_type_name(ConfigType type);

// What a topic is created with that does not say it.
struct TopicShape {
  std::int32_t partitions = 1;          // num.partitions
  std::int32_t replication_factor = 1;  // default.replication.factor
};

// What a key's value is stored into. Absent targets are skipped: broker.session.timeout.ms stands
// in server.properties and is read by the controller.
struct ConfigSlots {
  TopicShape* shape = nullptr;
  TopicConfig* topic = nullptr;
  BrokerConfig* broker = nullptr;
  ControllerConfig* controller = nullptr;
  ProducerConfig* producer = nullptr;
  ConsumerConfig* consumer = nullptr;
};

// A default that held before a release: for versions below `before`.
struct ConfigEra {
  int before = 0;  // KafkaVersion::number; 0: no such era
  std::string_view value;
};

struct ConfigKey {
  std::string_view name;
  std::uint8_t scopes = 0;  // ConfigScope, joined
  ConfigType type{};
  std::string_view standard;  // default of the newest release, as Kafka's documentation has it
  ConfigEra era;              // the default before it changed, if it did
  std::int64_t least = 0;     // bounds, in the key's own unit
  std::int64_t most = 0;
  std::string_view affects;                                   // one sentence with the rule's number
  void (*store)(const ConfigSlots&, std::int64_t) = nullptr;  // times in milliseconds
  int since = 0;                                              // first version that has the key
  int until = std::numeric_limits<int>::max();                // first version that no longer has it

  [[nodiscard]] bool in(ConfigScope scope) const {
    return (scopes & static_cast<std::uint8_t>(scope)) != 0;
  }
};

const std::vector<ConfigKey>& config_keys();
// Null if the model has no such key there.
const ConfigKey* find_config_key(std::string_view name, ConfigScope scope);
std::string_view config_default(const ConfigKey& key, KafkaVersion version);
// The value in the key's unit (acks: -1, 0, 1; booleans: 0, 1), or nothing if it is malformed or
// out of bounds; `why` then says what is expected.
std::optional<std::int64_t> parse_config_value(const ConfigKey& key, std::string_view spelled,
                                               std::string& why);
void store_config(const ConfigKey& key, const ConfigSlots& slots, std::int64_t value);
// Every default of the scope, as of the version.
void store_config_defaults(ConfigScope scope, KafkaVersion version, const ConfigSlots& slots);

// Does Kafka know the key although the model does not?
bool is_unmodelled_config(std::string_view name);
const std::vector<std::string_view>& unmodelled_configs();

// Keys whose effect would change results and is not modelled: asking for it is refused. The listed
// value is harmless (it asks for what the model does anyway); empty: none is.
struct RefusedConfig {
  std::string_view name;
  std::string_view harmless;
  std::string_view reason;
};
const RefusedConfig* find_refused_config(std::string_view name);

}  // namespace ackident
