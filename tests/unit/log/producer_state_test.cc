#include "kafka/log/producer_state.h"

#include <doctest/doctest.h>

#include "log_maker.h"

namespace ackident {
namespace {

const ProducerId kP = ProducerId(7);
const ProducerEpoch kE0 = ProducerEpoch(0);
const ProducerEpoch kE1 = ProducerEpoch(1);

Sequence seq(std::int32_t value) { return Sequence(value); }

// A batch of sequences [first, last] at `base`.
BatchMetadata batch(std::int32_t first, std::int32_t last, std::int64_t base) {
  return {seq(first), seq(last), offset(base), offset(base + (last - first + 1))};
}

// One record per batch, sequences and offsets 0..n-1.
ProducerStateTable after(std::int32_t n) {
  ProducerStateTable table;
  for (std::int32_t i = 0; i < n; ++i) table.record(kP, kE0, batch(i, i, i));
  return table;
}

TEST_CASE("sequences wrap from 2^31 - 1 to 0") {
  CHECK(next_sequence(seq(0)) == seq(1));
  CHECK(next_sequence(seq(0x7fffffff)) == seq(0));
  LedgerBatch wrapped;
  wrapped.base_sequence = seq(0x7ffffffe);
  wrapped.count = 4;
  CHECK(wrapped.last_sequence() == seq(1));
  wrapped.base_sequence = kNoSequence;
  CHECK(wrapped.last_sequence() == kNoSequence);
}

TEST_CASE("a producer without state may begin anywhere (C2.15)") {
  const ProducerStateTable table = after(3);
  const auto check = table.check(ProducerId(8), kE0, seq(41), seq(45));
  CHECK(check.error == ErrorCode::kNone);
  CHECK_FALSE(check.duplicate);
}

TEST_CASE("a batch without producer id is neither checked nor kept") {
  ProducerStateTable table;
  table.record(kNoProducerId, ProducerEpoch(-1), {kNoSequence, kNoSequence, offset(0), offset(1)});
  CHECK(table.entries().empty());
  CHECK(table.check(kNoProducerId, kE0, seq(5), seq(5)).error == ErrorCode::kNone);
}

TEST_CASE("the next sequence is taken, any other is out of order") {
  const ProducerStateTable table = after(3);
  CHECK(table.check(kP, kE0, seq(3), seq(9)).error == ErrorCode::kNone);
  CHECK_FALSE(table.check(kP, kE0, seq(3), seq(9)).duplicate);
  CHECK(table.check(kP, kE0, seq(4), seq(9)).error == ErrorCode::kOutOfOrderSequenceNumber);
  CHECK(table.check(kP, kE0, seq(2), seq(3)).error == ErrorCode::kOutOfOrderSequenceNumber);
}

TEST_CASE("after 2^31 - 1 comes 0") {
  ProducerStateTable table;
  table.record(kP, kE0, {seq(0x7ffffff0), seq(0x7fffffff), offset(0), offset(16)});
  CHECK(table.check(kP, kE0, seq(0), seq(0)).error == ErrorCode::kNone);
  CHECK(table.check(kP, kE0, seq(1), seq(1)).error == ErrorCode::kOutOfOrderSequenceNumber);
}

TEST_CASE("each of the last five batches is a duplicate, with its first offset (C2.14)") {
  const ProducerStateTable table = after(9);
  for (std::int32_t i = 4; i < 9; ++i) {
    const auto check = table.check(kP, kE0, seq(i), seq(i));
    CHECK(check.error == ErrorCode::kNone);
    CHECK(check.duplicate);
    CHECK(check.original == batch(i, i, i));
  }
}

TEST_CASE("the sixth youngest is out of order (C2.16)") {
  const ProducerStateTable table = after(9);
  const auto check = table.check(kP, kE0, seq(3), seq(3));
  CHECK(check.error == ErrorCode::kOutOfOrderSequenceNumber);
  CHECK_FALSE(check.duplicate);
}

TEST_CASE("a newer producer epoch begins at 0 and ends the older one") {
  ProducerStateTable table = after(3);
  CHECK(table.check(kP, kE1, seq(3), seq(3)).error == ErrorCode::kOutOfOrderSequenceNumber);
  const auto fresh = table.check(kP, kE1, seq(0), seq(0));
  CHECK(fresh.error == ErrorCode::kNone);
  CHECK_FALSE(fresh.duplicate);  // equal sequences of the older epoch are another batch
  table.record(kP, kE1, batch(0, 0, 3));
  CHECK(table.check(kP, kE0, seq(3), seq(3)).error == ErrorCode::kInvalidProducerEpoch);
  CHECK(table.check(kP, kE0, seq(2), seq(2)).error == ErrorCode::kInvalidProducerEpoch);
  CHECK(table.check(kP, kE1, seq(1), seq(1)).error == ErrorCode::kNone);
}

TEST_CASE("producers are kept apart and in order of their ids") {
  ProducerStateTable table;
  table.record(ProducerId(9), kE0, batch(0, 4, 0));
  table.record(ProducerId(2), kE0, batch(0, 0, 5));
  CHECK(table.entries().front().producer_id == ProducerId(2));
  CHECK(table.check(ProducerId(9), kE0, seq(5), seq(5)).error == ErrorCode::kNone);
  CHECK(table.check(ProducerId(2), kE0, seq(1), seq(1)).error == ErrorCode::kNone);
}

struct Written {
  Ledger ledger;
  PartitionLog log;

  Written() { ledger.reset(1); }
  void append(std::int32_t leader_epoch, std::int32_t first, std::uint32_t count) {
    LedgerBatch entry;
    entry.base = log.end();
    entry.count = count;
    entry.producer_id = kP;
    entry.base_sequence = seq(first);
    ledger.append(PartitionId(0), epoch(leader_epoch), entry);
    log.append(epoch(leader_epoch), log.end() + count, Instant());
  }
};

TEST_CASE("state rebuilt from a log is what the log holds, and no more (C2.17)") {
  Written on;
  on.append(1, 0, 2);
  on.append(1, 2, 3);
  on.append(4, 5, 1);
  ProducerStateTable table = after(1);
  table.rebuild(PartitionId(0), on.log, on.ledger);
  ProducerStateTable expected;
  expected.record(kP, kE0, batch(0, 1, 0));
  expected.record(kP, kE0, batch(2, 4, 2));
  expected.record(kP, kE0, batch(5, 5, 5));
  CHECK(table == expected);

  // A truncated batch is no duplicate when it comes again: it is the next one.
  on.log.truncate(offset(2));
  table.rebuild(PartitionId(0), on.log, on.ledger);
  const auto check = table.check(kP, kE0, seq(2), seq(4));
  CHECK(check.error == ErrorCode::kNone);
  CHECK_FALSE(check.duplicate);
  CHECK(table.check(kP, kE0, seq(0), seq(1)).duplicate);
}

TEST_CASE("batches of the ledger that this log does not hold are not replayed") {
  Written on;
  on.append(1, 0, 1);
  on.append(1, 1, 1);
  PartitionLog other;
  other.append(epoch(1), offset(1), Instant());
  other.append(epoch(2), offset(3), Instant());
  LedgerBatch entry;
  entry.base = offset(1);
  entry.count = 2;
  entry.producer_id = ProducerId(3);
  entry.base_sequence = seq(0);
  on.ledger.append(PartitionId(0), epoch(2), entry);
  ProducerStateTable table;
  table.rebuild(PartitionId(0), other, on.ledger);
  CHECK(table.entries().size() == 2);
  CHECK(table.check(kP, kE0, seq(1), seq(1)).duplicate == false);
  CHECK(table.check(ProducerId(3), kE0, seq(0), seq(1)).duplicate);
}

}  // namespace
}  // namespace ackident
