// G7: the streaming JSON writer of traces against a nlohmann DOM of the same records and its dump.
#include <nlohmann/json.hpp>
#include <string>

#include "kernel/trace.h"
#include "pair.h"

namespace ackident::bench {
namespace {

// The DOM of more records would not fit the caches it is entitled to; ns per record is what counts.
constexpr std::uint64_t kRecords = 100'000;

std::vector<TraceRecord> records() {
  std::vector<TraceRecord> all;
  std::uint64_t random = 88172645463325252;
  std::int64_t at = 0;
  for (std::uint64_t i = 1; i <= kRecords; ++i) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    at += static_cast<std::int64_t>(random % 1'000'000);
    all.push_back({EventId(i), EventId(i - random % std::min<std::uint64_t>(i, 100)), Instant(at),
                   static_cast<std::uint16_t>(random >> 8 & 15),
                   static_cast<std::uint16_t>(random >> 16 & 15),
                   static_cast<std::uint8_t>(random >> 24 & 3),
                   static_cast<std::uint8_t>(random >> 32 & 31),
                   static_cast<std::uint16_t>(random >> 40 & 7), random >> 44});
  }
  return all;
}

std::string dump_dom(const std::vector<TraceRecord>& all) {
  nlohmann::json array = nlohmann::json::array();
  for (const TraceRecord& record : all) {
    array.push_back({{"id", record.id.value()},
                     {"cause", record.cause.value()},
                     {"at", record.at.ns()},
                     {"node", record.node},
                     {"from", record.from},
                     {"kind", record.kind},
                     {"detail", record.detail},
                     {"facts", record.facts},
                     {"subject", record.subject}});
  }
  return array.dump();
}

struct Counter {
  std::uint64_t bytes = 0;
  std::uint64_t block_most = 0;

  ByteSink sink() {
    return {[](void* context, const char* bytes, std::size_t count) {
              auto& self = *static_cast<Counter*>(context);
              benchmark::DoNotOptimize(bytes);
              self.bytes += count;
              self.block_most = std::max<std::uint64_t>(self.block_most, count);
            },
            this};
  }
};

// ratio: how many times as fast as the DOM; gb_s: of the writer.
void json(benchmark::State& state) {
  const std::vector<TraceRecord> all = records();
  Counter counter;
  const auto write = [&] {
    TraceSink sink = TraceJsonWriter(counter.sink());
    for (const TraceRecord& record : all) append(sink, record);
    finish(sink);
  };
  measure_pairs(
      state, static_cast<double>(kRecords), [&] { benchmark::DoNotOptimize(dump_dom(all)); },
      write);
  const double bytes_each = static_cast<double>(counter.bytes) / kPairs / kRecords;
  state.counters["bytes_each"] = bytes_each;
  state.counters["gb_s"] = bytes_each / state.counters["b_ns"];
  if (counter.block_most > BlockWriter::kBlock) state.SkipWithError("memory grows with the trace");
}
BENCHMARK(json)->Iterations(1);

}  // namespace
}  // namespace ackident::bench

BENCHMARK_MAIN();
