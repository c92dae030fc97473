// The trace: one POD record per event, a rolling digest over all of them, and an optional sink that
// keeps or streams them. The digest is always computed; records are made only if a sink is set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <variant>
#include <vector>

#include "base/time.h"
#include "kernel/event_id.h"

namespace ackident {

// What happened at one event. `kind` is the kind of input (kernel users number them), `detail` its
// subkind (index of the payload, number of the timer, index of the fault), `facts` how many facts
// the step noted.
struct TraceRecord {
  EventId id;
  EventId cause;
  Instant at;
  std::uint16_t node = 0;
  std::uint16_t from = 0;
  std::uint8_t kind = 0;
  std::uint8_t detail = 0;
  std::uint16_t facts = 0;
  std::uint64_t subject = 0;  // partition or correlation, for readers

  bool operator==(const TraceRecord&) const = default;
};
static_assert(sizeof(TraceRecord) == 40);

// Rolling 64-bit digest. Words are folded in order; equal sequences give equal digests on every
// compiler and machine.
class Digest {
 public:
  // Two words at a time: the halves of a 128-bit product, added so that no word can erase the past.
  constexpr void fold(std::uint64_t a, std::uint64_t b) {
    const Wide product = static_cast<Wide>(state_ ^ a) * (b ^ 0x9fb21c651e98df25);
    state_ += static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  [[nodiscard]] constexpr std::uint64_t value() const { return state_; }

 private:
  __extension__ using Wide = unsigned __int128;

  std::uint64_t state_ = 0x243f6a8885a308d3;
};

// Where a streaming sink sends its bytes: a plain function, because these floors do no I/O.
struct ByteSink {
  void (*write)(void* context, const char* bytes, std::size_t count) = nullptr;
  void* context = nullptr;
};

// Collects bytes into blocks for a ByteSink: memory does not grow with the trace, and a block
// leaves room in the first-level cache for the state of what is traced.
class BlockWriter {
 public:
  static constexpr std::size_t kBlock = 8192;

  explicit BlockWriter(ByteSink sink) : block_(kBlock), sink_(sink) {}

  // Room for count more bytes (at most a block); the caller fills it and tells used() how much.
  char* room(std::size_t count) {
    if (kBlock - size_ < count) [[unlikely]]
      flush();
    return block_.data() + size_;
  }
  void used(std::size_t count) { size_ += count; }
  void flush();

 private:
  std::vector<char> block_;
  std::size_t size_ = 0;
  ByteSink sink_;
};

// Keeps the last records of a run, at most `capacity` of them.
class TraceRing {
 public:
  explicit TraceRing(std::size_t capacity);

  void append(const TraceRecord& record) {
    records_[next_] = record;
    next_ = next_ + 1 == records_.size() ? 0 : next_ + 1;
    ++appended_;
  }
  // Records appended so far; those before the last size() of them are gone.
  [[nodiscard]] std::uint64_t appended() const { return appended_; }
  [[nodiscard]] std::size_t size() const {
    return appended_ < records_.size() ? static_cast<std::size_t>(appended_) : records_.size();
  }
  // The i-th of the kept records, oldest first.
  [[nodiscard]] const TraceRecord& operator[](std::size_t i) const;

 private:
  std::vector<TraceRecord> records_;
  std::size_t next_ = 0;
  std::uint64_t appended_ = 0;
};

// The records as they stand in memory (little-endian, 40 bytes each), after an 8-byte mark.
class TraceBinaryWriter {
 public:
  static constexpr char kMark[] = "acktrc01";

  explicit TraceBinaryWriter(ByteSink sink);

  // In place, so that a record which is made for it is written field by field where it belongs: to
  // copy what was just written in pieces waits for the pieces.
  void append(const TraceRecord& record) {
    std::memcpy(out_.room(sizeof(record)), &record, sizeof(record));
    out_.used(sizeof(record));
  }
  void finish() { out_.flush(); }

 private:
  BlockWriter out_;
};

// A JSON array with one record per line.
class TraceJsonWriter {
 public:
  explicit TraceJsonWriter(ByteSink sink) : out_(sink) {}

  void append(const TraceRecord& record);
  void finish();

 private:
  BlockWriter out_;
  bool empty_ = true;
};

// monostate: no trace is kept.
using TraceSink = std::variant<std::monostate, TraceRing, TraceBinaryWriter, TraceJsonWriter>;

inline bool wants_records(const TraceSink& sink) { return sink.index() != 0; }
// To any but a binary writer.
void append_elsewhere(TraceSink& sink, const TraceRecord& record);
inline void append(TraceSink& sink, const TraceRecord& record) {
  if (auto* const binary = std::get_if<TraceBinaryWriter>(&sink)) return binary->append(record);
  append_elsewhere(sink, record);
}
// Ends the trace and hands on the last block.
void finish(TraceSink& sink);

}  // namespace ackident
