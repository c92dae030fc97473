// G7: the streaming JSON writer of traces against a nlohmann DOM of the same records and its dump;
// the binary writer against the JSON writer; and reading either trace back.
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

#include "kernel/trace.h"
#include "pair.h"

namespace ackident::bench {
namespace {

constexpr std::uint64_t kRecords = 1'000'000;
// The DOM of more records would not fit the caches it is entitled to; ns per record is what counts.
constexpr std::uint64_t kDomRecords = 100'000;

std::vector<TraceRecord> records(std::uint64_t count) {
  std::vector<TraceRecord> all;
  std::uint64_t random = 88172645463325252;
  std::int64_t at = 0;
  for (std::uint64_t i = 1; i <= count; ++i) {
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

template <class Writer>
void write(const std::vector<TraceRecord>& all, ByteSink to) {
  TraceSink sink = Writer(to);
  for (const TraceRecord& record : all) append(sink, record);
  finish(sink);
}

// ratio: how many times as fast as the DOM; gb_s: of the writer.
void json(benchmark::State& state) {
  const std::vector<TraceRecord> all = records(kDomRecords);
  Counter counter;
  measure_pairs(
      state, static_cast<double>(kDomRecords), [&] { benchmark::DoNotOptimize(dump_dom(all)); },
      [&] { write<TraceJsonWriter>(all, counter.sink()); });
  const double bytes_each = static_cast<double>(counter.bytes) / kPairs / kDomRecords;
  state.counters["bytes_each"] = bytes_each;
  state.counters["gb_s"] = bytes_each / state.counters["b_ns"];
  if (counter.block_most > BlockWriter::kBlock) state.SkipWithError("memory grows with the trace");
}
BENCHMARK(json)->Iterations(1);

// ratio: how many times as fast as the JSON writer.
void binary(benchmark::State& state) {
  const std::vector<TraceRecord> all = records(kRecords);
  Counter counter;
  measure_pairs(
      state, static_cast<double>(kRecords), [&] { write<TraceJsonWriter>(all, counter.sink()); },
      [&] { write<TraceBinaryWriter>(all, counter.sink()); });
  if (counter.block_most > BlockWriter::kBlock) state.SkipWithError("memory grows with the trace");
}
BENCHMARK(binary)->Iterations(1);

ByteSink into(std::string& text) {
  return {[](void* context, const char* bytes, std::size_t count) {
            static_cast<std::string*>(context)->append(bytes, count);
          },
          &text};
}

// ratio: how many times as fast as nlohmann reads JSON a program reads the binary trace.
void read(benchmark::State& state) {
  const std::vector<TraceRecord> all = records(kDomRecords);
  std::string text;
  std::string bytes;
  write<TraceJsonWriter>(all, into(text));
  write<TraceBinaryWriter>(all, into(bytes));
  std::uint64_t from_json = 0;
  std::uint64_t from_binary = 0;
  measure_pairs(
      state, static_cast<double>(kDomRecords),
      [&] {
        for (const auto& record : nlohmann::json::parse(text)) {
          from_json += record["id"].get<std::uint64_t>();
        }
      },
      [&] {
        for (std::size_t at = sizeof TraceBinaryWriter::kMark - 1; at < bytes.size();
             at += sizeof(TraceRecord)) {
          TraceRecord record;
          std::memcpy(&record, bytes.data() + at, sizeof record);
          from_binary += record.id.value();
        }
      });
  if (from_json != from_binary) state.SkipWithError("the traces differ");
}
BENCHMARK(read)->Iterations(1);

}  // namespace
}  // namespace ackident::bench

BENCHMARK_MAIN();
