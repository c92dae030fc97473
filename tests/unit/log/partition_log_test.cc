#include "kafka/log/partition_log.h"

#include <doctest/doctest.h>

#include "base/check.h"
#include "log_maker.h"

namespace ackident {
namespace {

const PartitionId kPartition = PartitionId(0);

Instant at_seconds(std::int64_t s) { return Instant() + seconds(s); }

// Appends a batch to both the ledger and the log.
void append_batch(Ledger& ledger, PartitionLog& log, std::int32_t e, std::uint32_t count,
                  Instant now) {
  LedgerBatch batch;
  batch.base = log.end();
  batch.count = count;
  ledger.append(kPartition, epoch(e), batch);
  log.append(epoch(e), log.end() + count, now);
}

TEST_CASE("an empty log knows nothing") {
  const PartitionLog log;
  CHECK(log.latest_epoch() == kNoLeaderEpoch);
  CHECK(log.last_record_epoch() == kNoLeaderEpoch);
  CHECK(log.end_offset_for(epoch(0)) == EpochEnd{});
  CHECK_FALSE(log.holds(epoch(0), offset(0)));
}

TEST_CASE("end_offset_for answers by the five steps of R1.10") {
  const PartitionLog log = log_of_runs({{2, 0}, {4, 10}, {7, 25}}, 30);
  CHECK(log.end_offset_for(kNoLeaderEpoch) == EpochEnd{});
  CHECK(log.end_offset_for(epoch(7)) == EpochEnd{epoch(7), offset(30)});
  CHECK(log.end_offset_for(epoch(8)) == EpochEnd{});
  CHECK(log.end_offset_for(epoch(1)) == EpochEnd{epoch(1), offset(0)});
  CHECK(log.end_offset_for(epoch(2)) == EpochEnd{epoch(2), offset(10)});
  CHECK(log.end_offset_for(epoch(3)) == EpochEnd{epoch(2), offset(10)});
  CHECK(log.end_offset_for(epoch(4)) == EpochEnd{epoch(4), offset(25)});
  CHECK(log.end_offset_for(epoch(6)) == EpochEnd{epoch(4), offset(25)});
}

TEST_CASE("D11: a sole replica that bounces twice holds epochs 0, 2 and 4") {
  const PartitionLog log = log_of({0, 2, 4});
  CHECK(log.end_offset_for(epoch(0)) == EpochEnd{epoch(0), offset(1)});
  CHECK(log.end_offset_for(epoch(2)) == EpochEnd{epoch(2), offset(2)});
  CHECK(log.end_offset_for(epoch(4)) == EpochEnd{epoch(4), log.end()});
  CHECK(log.end_offset_for(epoch(1)) == EpochEnd{epoch(0), offset(1)});
  CHECK(log.end_offset_for(epoch(5)) == EpochEnd{});
}

TEST_CASE("records are found by their names") {
  const PartitionLog log = log_of({1, 1, 3, 3, 3, 4});
  CHECK(log.epoch_at(offset(1)) == epoch(1));
  CHECK(log.epoch_at(offset(2)) == epoch(3));
  CHECK(log.run_end(offset(0)) == offset(2));
  CHECK(log.run_end(offset(3)) == offset(5));
  CHECK(log.run_end(offset(5)) == offset(6));
  CHECK(log.holds(epoch(3), offset(4)));
  CHECK_FALSE(log.holds(epoch(4), offset(4)));
  CHECK_FALSE(log.holds(epoch(4), offset(6)));
  CHECK(log.last_record_epoch() == epoch(4));
  CHECK_THROWS_AS((void)log.epoch_at(offset(6)), CheckFailure);
}

TEST_CASE("a leader enters its epoch before any record, and the next leader's replaces it (R1.9)") {
  PartitionLog log = log_of({1, 1}, 2);
  CHECK(log.latest_epoch() == epoch(2));
  CHECK(log.last_record_epoch() == epoch(1));
  CHECK(log.end_offset_for(epoch(1)) == EpochEnd{epoch(1), offset(2)});
  CHECK(log.end_offset_for(epoch(2)) == EpochEnd{epoch(2), offset(2)});
  log.assign_epoch(epoch(3), log.end());
  CHECK(log.epochs() == std::vector<EpochEntry>{{epoch(1), offset(0)}, {epoch(3), offset(2)}});
  log.append(epoch(4), offset(3), Instant());
  CHECK(log.epochs() == std::vector<EpochEntry>{{epoch(1), offset(0)}, {epoch(4), offset(2)}});
}

TEST_CASE("the same epoch again changes nothing") {
  PartitionLog log = log_of({1, 1});
  const PartitionLog before = log;
  log.assign_epoch(epoch(1), log.end());
  CHECK(log == before);
}

TEST_CASE("truncation lowers the high watermark, the flushed point and the cache (R1.4, R1.11)") {
  PartitionLog log = log_of({1, 1, 2, 2, 3});
  log.set_high_watermark(offset(5));
  log.flush(offset(4));
  log.truncate(offset(2));
  CHECK(log.end() == offset(2));
  CHECK(log.high_watermark() == offset(2));
  CHECK(log.flushed() == offset(2));
  CHECK(log.latest_epoch() == epoch(1));
  CHECK(log.epochs() == std::vector<EpochEntry>{{epoch(1), offset(0)}});
}

TEST_CASE("truncation beyond the end changes nothing") {
  PartitionLog log = log_of({1, 1, 2});
  const PartitionLog before = log;
  log.truncate(offset(7));
  CHECK(log == before);
}

TEST_CASE("D07: truncation to the own end clears an epoch without records") {
  PartitionLog log = log_of({1, 1}, 2);
  log.truncate(offset(2));
  CHECK(log.end() == offset(2));
  CHECK(log.latest_epoch() == epoch(1));
}

TEST_CASE("full truncation restarts the log, as does truncation below its start") {
  PartitionLog log = log_of({1, 1, 2, 2});
  log.set_high_watermark(offset(4));
  log.advance_start(offset(3));
  SUBCASE("full") { log.truncate_fully(offset(9)); }
  SUBCASE("below the start") { log.truncate(offset(1)); }
  CHECK(log.start() == log.end());
  CHECK(log.high_watermark() == log.end());
  CHECK(log.flushed() == log.end());
  CHECK(log.epochs().empty());
  CHECK(log.latest_epoch() == kNoLeaderEpoch);
}

TEST_CASE("the high watermark stays within start and end (R1.1)") {
  PartitionLog log = log_of({1, 1, 1, 1});
  log.set_high_watermark(offset(9));
  CHECK(log.high_watermark() == offset(4));
  log.advance_start(offset(2));
  log.set_high_watermark(offset(1));
  CHECK(log.high_watermark() == offset(2));
}

TEST_CASE("the start moves up to the high watermark and takes the epochs below it along") {
  PartitionLog log = log_of({1, 1, 2, 2, 5, 5});
  log.set_high_watermark(offset(5));
  log.advance_start(offset(3));
  CHECK(log.epochs() == std::vector<EpochEntry>{{epoch(2), offset(3)}, {epoch(5), offset(4)}});
  CHECK(log.end_offset_for(epoch(1)) == EpochEnd{epoch(1), offset(3)});
  log.advance_start(offset(6));
  CHECK(log.start() == offset(5));
  CHECK(log.epochs() == std::vector<EpochEntry>{{epoch(5), offset(5)}});
  log.advance_start(offset(1));
  CHECK(log.start() == offset(5));
}

TEST_CASE("a follower that kept a diverging tail keeps the names of what it appends") {
  PartitionLog log = log_of({1, 3, 3});
  log.append(epoch(2), offset(4), Instant());
  CHECK(log.epoch_at(offset(1)) == epoch(3));
  CHECK(log.epoch_at(offset(3)) == epoch(2));
  CHECK(log.latest_epoch() == epoch(3));
  CHECK(log.end_offset_for(epoch(2)) == EpochEnd{epoch(1), offset(1)});
  log.truncate(offset(3));
  CHECK(log == log_of({1, 3, 3}));
}

TEST_CASE("power loss: exactly so many records go, by whole batches, flushed ones stay") {
  Ledger ledger;
  ledger.reset(1);
  PartitionLog log;
  for (int i = 0; i < 5; ++i) append_batch(ledger, log, 1, 10, Instant());
  CHECK(log.survivors(kPartition, ledger, Instant(), 0, 0) == offset(50));
  CHECK(log.survivors(kPartition, ledger, Instant(), 10, 0) == offset(40));
  CHECK(log.survivors(kPartition, ledger, Instant(), 11, 0) == offset(30));
  CHECK(log.survivors(kPartition, ledger, Instant(), 1, 0) == offset(40));
  CHECK(log.survivors(kPartition, ledger, Instant(), 1000, 0) == offset(0));
  log.flush(offset(30));
  CHECK(log.survivors(kPartition, ledger, Instant(), 1000, 0) == offset(30));
  CHECK(log.flushed() == offset(30));
}

TEST_CASE("power loss by R1.21: what is older than the write-back age is on disk") {
  constexpr std::uint64_t kYoungest = 0;                 // W = 30 s, nothing young survives
  constexpr std::uint64_t kOldest = 0xffffffff00000000;  // W just below 35 s, nothing young
  Ledger ledger;
  ledger.reset(1);
  PartitionLog log;
  append_batch(ledger, log, 1, 10, at_seconds(0));
  append_batch(ledger, log, 1, 10, at_seconds(10));
  const auto left = [&](std::int64_t now_s, std::uint64_t bits) {
    return log.survivors(kPartition, ledger, at_seconds(now_s), -1, bits).value();
  };
  CHECK(left(29, kYoungest) == 0);
  CHECK(left(30, kYoungest) == 10);
  CHECK(left(34, kOldest) == 0);
  CHECK(left(35, kOldest) == 10);
  CHECK(left(40, kYoungest) == 20);
  CHECK(left(44, kOldest) == 10);
  CHECK(left(45, kOldest) == 20);
}

TEST_CASE("power loss by R1.21: any whole number of young batches may survive") {
  Ledger ledger;
  ledger.reset(1);
  PartitionLog log;
  for (int i = 0; i < 4; ++i) append_batch(ledger, log, 1, 2, at_seconds(1));
  std::vector<int> seen(9, 0);
  for (std::uint64_t part = 0; part < 256; ++part) {
    const Offset end = log.survivors(kPartition, ledger, at_seconds(2), -1, part << 24);
    ++seen[static_cast<std::size_t>(end.value())];
  }
  CHECK(seen[0] > 0);
  CHECK(seen[2] > 0);
  CHECK(seen[4] > 0);
  CHECK(seen[6] > 0);
  CHECK(seen[8] > 0);
  CHECK(seen[0] + seen[2] + seen[4] + seen[6] + seen[8] == 256);
}

TEST_CASE("however long a log has been written, its age at any offset stays known") {
  Ledger ledger;
  ledger.reset(1);
  PartitionLog log;
  for (int s = 0; s < 600; ++s) append_batch(ledger, log, 1, 1, at_seconds(s));
  // At 600 s the write of second s is 600 - s old; it may count as older by a mark's gap, 2.5 s.
  const Offset end = log.survivors(kPartition, ledger, at_seconds(600), -1, 0);
  CHECK(end >= offset(571));
  CHECK(end <= offset(574));
  log.truncate(offset(572));
  CHECK(log.survivors(kPartition, ledger, at_seconds(600), -1, 0) >= offset(571));
  CHECK(log.survivors(kPartition, ledger, at_seconds(700), -1, 0) == offset(572));
}

}  // namespace
}  // namespace ackident
