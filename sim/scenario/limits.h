// Bounds of a scenario. Beyond them a file is refused, so that sums of its values cannot overflow
// and a run ends in reasonable time. Stated in scenarios/README.md.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace ackident {

inline constexpr std::int64_t kBrokersMax = 200;
inline constexpr std::int64_t kBrokerIdMax = 2'147'483'647;
inline constexpr std::int64_t kPartitionsMax = 20'000;  // of all topics
inline constexpr std::int64_t kTopicsMax = 5'000;
inline constexpr std::int64_t kClientsMax = 2'000;  // producers and consumers
// Each client knows every partition: up to about 200 bytes for each pair.
inline constexpr std::int64_t kClientPartitionsMax = 10'000'000;
inline constexpr std::int64_t kRacksMax = 200;
inline constexpr std::int64_t kRecordsMax = 100'000'000;  // "count" of a producer
// Of all producers. A record that is a batch of its own takes 80 bytes until the run ends: the
// default fits into the memory of any machine, and "records_max" raises it up to the greatest.
inline constexpr std::int64_t kBytesPerBatch = 80;
inline constexpr std::int64_t kRecordsInAllDefault = 50'000'000;
inline constexpr std::int64_t kRecordsInAllMax = 200'000'000;
inline constexpr std::int64_t kRatePerSecondMax = 1'000'000;
inline constexpr std::int64_t kBurstMax = 100'000;
inline constexpr std::int64_t kRecordBytesMax = 100 * 1024 * 1024;
inline constexpr std::int64_t kKeysMax = 1'000'000'000;
inline constexpr std::int64_t kFaultsMax = 10'000;
inline constexpr std::int64_t kRepeatsMax = 100'000;  // firings of one fault
inline constexpr std::int64_t kExpectationsMax = 10'000;
inline constexpr std::int64_t kEventsMax = 100'000'000'000;
inline constexpr Duration kScenarioTimeMax = seconds(30 * 86'400);
inline constexpr Duration kLatencyMax = seconds(3'600);

}  // namespace ackident
