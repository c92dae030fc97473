#include "kernel/trace.h"

#include <doctest/doctest.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

namespace ackident {
namespace {

struct Collected {
  std::string bytes;
  std::size_t block_most = 0;

  ByteSink sink() {
    return {[](void* context, const char* bytes, std::size_t count) {
              auto& self = *static_cast<Collected*>(context);
              self.bytes.append(bytes, count);
              self.block_most = count > self.block_most ? count : self.block_most;
            },
            this};
  }
};

// Numbers of every length up to the largest of each field.
TraceRecord record(std::uint64_t i) {
  const std::uint64_t big = ~std::uint64_t{0} >> i % 64;
  return {EventId(i),
          EventId(big),
          Instant(static_cast<std::int64_t>(i % 2 == 0 ? big : big >> 1)),
          static_cast<std::uint16_t>(big >> 3),
          static_cast<std::uint16_t>(i),
          static_cast<std::uint8_t>(i),
          static_cast<std::uint8_t>(big >> 1),
          static_cast<std::uint16_t>(i * 7),
          big - i};
}

TraceRecord parsed(const nlohmann::json& line) {
  return {EventId(line["id"]), EventId(line["cause"]), Instant(line["at"]),
          line["node"],        line["from"],           line["kind"],
          line["detail"],      line["facts"],          line["subject"]};
}

}  // namespace

TEST_CASE("trace: the digest depends on every word and on their order") {
  const auto digest = [](std::uint64_t a, std::uint64_t b) {
    Digest d;
    d.fold(a, b);
    return d.value();
  };
  CHECK(digest(1, 2) != digest(2, 1));
  CHECK(digest(0, 0) != Digest().value());
  CHECK(digest(0, 1) != digest(0, 0));
  CHECK(digest(1, 2) == 0x59200135ad7e86c6);
}

TEST_CASE("trace: no sink wants no records") {
  TraceSink sink;
  CHECK_FALSE(wants_records(sink));
  append(sink, record(1));
  finish(sink);
  CHECK(wants_records(TraceSink(TraceRing(1))));
}

TEST_CASE("trace: the ring keeps the last records, oldest first") {
  TraceSink sink = TraceRing(10);
  const TraceRing& ring = std::get<TraceRing>(sink);
  for (std::uint64_t i = 0; i < 7; ++i) append(sink, record(i));
  REQUIRE(ring.size() == 7);
  CHECK(ring[0] == record(0));
  CHECK(ring[6] == record(6));
  for (std::uint64_t i = 7; i < 1'003; ++i) append(sink, record(i));
  REQUIRE(ring.size() == 10);
  CHECK(ring.appended() == 1'003);
  for (std::uint64_t i = 0; i < 10; ++i) CHECK(ring[i] == record(993 + i));
}

TEST_CASE("trace: binary records read back as they were, in bounded blocks") {
  Collected out;
  TraceSink sink = TraceBinaryWriter(out.sink());
  for (std::uint64_t i = 0; i < 5'000; ++i) append(sink, record(i));
  finish(sink);
  REQUIRE(out.bytes.size() == 8 + 5'000 * sizeof(TraceRecord));
  CHECK(out.bytes.substr(0, 8) == "acktrc01");
  CHECK(out.block_most <= BlockWriter::kBlock);
  bool same = true;
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    TraceRecord read;
    std::memcpy(&read, out.bytes.data() + 8 + i * sizeof(read), sizeof(read));
    same = same && read == record(i);
  }
  CHECK(same);
}

TEST_CASE("trace: JSON is what another parser reads, in bounded blocks") {
  Collected out;
  TraceSink sink = TraceJsonWriter(out.sink());
  for (std::uint64_t i = 0; i < 5'000; ++i) append(sink, record(i));
  finish(sink);
  CHECK(out.block_most <= BlockWriter::kBlock);
  const nlohmann::json all = nlohmann::json::parse(out.bytes);
  REQUIRE(all.size() == 5'000);
  bool same = true;
  for (std::uint64_t i = 0; i < 5'000; ++i) same = same && parsed(all[i]) == record(i);
  CHECK(same);
}

TEST_CASE("trace: JSON of no record and of one") {
  Collected none;
  TraceSink empty = TraceJsonWriter(none.sink());
  finish(empty);
  CHECK(none.bytes == "[]\n");
  Collected one;
  TraceSink sink = TraceJsonWriter(one.sink());
  append(sink, {EventId(1), EventId(0), Instant(-5), 2, 3, 4, 5, 6, 700});
  finish(sink);
  CHECK(one.bytes ==
        "[\n{\"id\":1,\"cause\":0,\"at\":-5,\"node\":2,\"from\":3,\"kind\":4,\"detail\":5,"
        "\"facts\":6,\"subject\":700}\n]\n");
}

}  // namespace ackident
