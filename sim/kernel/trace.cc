#include "kernel/trace.h"

#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include "base/check.h"

namespace ackident {
namespace {

static_assert(std::endian::native == std::endian::little, "binary traces are little-endian");
static_assert(std::is_trivially_copyable_v<TraceRecord>);

// "00" to "99": two digits are written with one copy.
constexpr auto kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

std::uint32_t digits(std::uint64_t value) {
  std::uint32_t count = 1;
  for (; value >= 10'000; value /= 10'000) count += 4;
  return count + (value >= 10) + (value >= 100) + (value >= 1'000);
}

char* put(char* to, std::uint64_t value) {
  char* const end = to + digits(value);
  char* at = end;
  for (; value >= 100; value /= 100) {
    at -= 2;
    std::memcpy(at, kPairs.data() + 2 * (value % 100), 2);
  }
  if (value >= 10) {
    std::memcpy(at - 2, kPairs.data() + 2 * value, 2);
  } else {
    at[-1] = static_cast<char>('0' + value);
  }
  return end;
}

char* put(char* to, std::int64_t value) {
  if (value >= 0) return put(to, static_cast<std::uint64_t>(value));
  *to = '-';
  return put(to + 1, ~static_cast<std::uint64_t>(value) + 1);
}

template <std::size_t N>
char* put(char* to, const char (&text)[N]) {
  std::memcpy(to, text, N - 1);
  return to + N - 1;
}

// Longer than any record: 9 names of at most 11 characters with their marks, 9 numbers of at most
// 20 digits.
constexpr std::size_t kJsonRecordMost = 320;

char* put(char* to, const TraceRecord& record) {
  to = put(to, "{\"id\":");
  to = put(to, record.id.value());
  to = put(to, ",\"cause\":");
  to = put(to, record.cause.value());
  to = put(to, ",\"at\":");
  to = put(to, record.at.ns());
  to = put(to, ",\"node\":");
  to = put(to, std::uint64_t{record.node});
  to = put(to, ",\"from\":");
  to = put(to, std::uint64_t{record.from});
  to = put(to, ",\"kind\":");
  to = put(to, std::uint64_t{record.kind});
  to = put(to, ",\"detail\":");
  to = put(to, std::uint64_t{record.detail});
  to = put(to, ",\"facts\":");
  to = put(to, std::uint64_t{record.facts});
  to = put(to, ",\"subject\":");
  to = put(to, record.subject);
  return put(to, "}");
}

}  // namespace

void BlockWriter::flush() {
  if (size_ != 0) sink_.write(sink_.context, block_.data(), size_);
  size_ = 0;
}

TraceRing::TraceRing(std::size_t capacity) : records_(capacity) { SIM_CHECK(capacity > 0); }

const TraceRecord& TraceRing::operator[](std::size_t i) const {
  SIM_CHECK(i < size());
  return records_[(next_ + records_.size() - size() + i) % records_.size()];
}

TraceBinaryWriter::TraceBinaryWriter(ByteSink sink) : out_(sink) {
  constexpr std::size_t kMarkSize = sizeof(kMark) - 1;
  std::memcpy(out_.room(kMarkSize), kMark, kMarkSize);
  out_.used(kMarkSize);
}

void TraceJsonWriter::append(const TraceRecord& record) {
  char* const from = out_.room(kJsonRecordMost);
  char* to = empty_ ? put(from, "[\n") : put(from, ",\n");
  to = put(to, record);
  empty_ = false;
  out_.used(static_cast<std::size_t>(to - from));
}

void TraceJsonWriter::finish() {
  char* const from = out_.room(kJsonRecordMost);
  char* const to = empty_ ? put(from, "[]\n") : put(from, "\n]\n");
  out_.used(static_cast<std::size_t>(to - from));
  out_.flush();
}

void append_elsewhere(TraceSink& sink, const TraceRecord& record) {
  if (auto* ring = std::get_if<TraceRing>(&sink)) {
    ring->append(record);
  } else if (auto* json = std::get_if<TraceJsonWriter>(&sink)) {
    json->append(record);
  }
}

void finish(TraceSink& sink) {
  if (auto* binary = std::get_if<TraceBinaryWriter>(&sink)) binary->finish();
  if (auto* json = std::get_if<TraceJsonWriter>(&sink)) json->finish();
}

}  // namespace ackident
