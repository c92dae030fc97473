#include "kafka/client/partitioner.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ackident {

namespace {

// Tables of more keys would cost more memory than they save time.
constexpr std::uint64_t kKeysTabled = 65'536;

}  // namespace

std::uint32_t murmur2(std::span<const std::uint8_t> bytes) {
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  const auto length = static_cast<std::uint32_t>(bytes.size());
  std::uint32_t hash = 0x9747b28c ^ length;
  std::uint32_t i = 0;
  for (; i + 4 <= length; i += 4) {
    std::uint32_t word = std::uint32_t{bytes[i]} | std::uint32_t{bytes[i + 1]} << 8 |
                         std::uint32_t{bytes[i + 2]} << 16 | std::uint32_t{bytes[i + 3]} << 24;
    word *= kMultiplier;
    word ^= word >> 24;
    word *= kMultiplier;
    hash = (hash * kMultiplier) ^ word;
  }
  const std::uint32_t tail = length - i;
  if (tail > 0) {
    for (std::uint32_t byte = tail; byte-- > 0;) hash ^= std::uint32_t{bytes[i + byte]} << 8 * byte;
    hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  return hash ^ hash >> 15;
}

std::uint32_t partition_of_key(std::uint64_t number, std::uint32_t partitions) {
  std::array<std::uint8_t, 21> text{};
  std::size_t first = text.size();
  do {
    text[--first] = static_cast<std::uint8_t>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  text[--first] = 'k';
  return (murmur2(std::span(text).subspan(first)) & 0x7fffffff) % partitions;
}

void Partitioner::reset(const Workload& workload, std::uint32_t partitions) {
  const std::uint64_t tabled = workload.keys <= kKeysTabled ? workload.keys : 0;
  if (by_key.size() != tabled) {
    by_key.resize(tabled);
    for (std::uint64_t key = 0; key < tabled; ++key) {
      by_key[key] = partition_of_key(key, partitions);
    }
  }
  available.clear();
  sticky = kNoSticky;
  sticky_bytes = 0;
  turn_drawn = false;
}

std::uint32_t Partitioner::draw(std::uint64_t bound, const Context& ctx) {
  return static_cast<std::uint32_t>(
      ctx.choose({ChoiceKind::kStickyPartition, ctx.self().value(), switches++}, bound));
}

std::uint32_t Partitioner::next_in_turn(std::uint32_t partitions, const Context& ctx) {
  // It counts in 31 bits, from anywhere.
  constexpr std::uint32_t kTurns = std::uint32_t{1} << 31;
  if (!std::exchange(turn_drawn, true)) turn = draw(kTurns, ctx);
  const std::uint32_t now = std::exchange(turn, (turn + 1) % kTurns);
  return available.empty() ? now % partitions : available[now % available.size()];
}

std::uint32_t Partitioner::sticky_until_full(std::uint32_t partitions, const Context& ctx) {
  return sticky == kNoSticky ? switch_sticky(partitions, ctx) : sticky;
}

std::uint32_t Partitioner::switch_sticky(std::uint32_t partitions, const Context& ctx) {
  sticky = available.empty() ? draw(partitions, ctx) : draw_other(ctx);
  return sticky;
}

// Uniform over the partitions with a leader but the present one.
std::uint32_t Partitioner::draw_other(const Context& ctx) {
  if (available.size() == 1) return available.front();
  const auto present = std::lower_bound(available.begin(), available.end(), sticky);
  const bool among = present != available.end() && *present == sticky;
  std::uint32_t drawn = draw(available.size() - (among ? 1 : 0), ctx);
  if (among && drawn >= static_cast<std::uint32_t>(present - available.begin())) ++drawn;
  return available[drawn];
}

std::uint32_t Partitioner::sticky_partition(const Accumulator& accumulator,
                                            const ProducerConfig& config, const Context& ctx) {
  if (sticky == kNoSticky) draw_next(accumulator, config, ctx);
  maybe_switch(accumulator, config, ctx);
  return sticky;
}

void Partitioner::appended(std::int64_t bytes, const Accumulator& accumulator,
                           const ProducerConfig& config, const Context& ctx) {
  sticky_bytes += bytes;
  maybe_switch(accumulator, config, ctx);
}

void Partitioner::maybe_switch(const Accumulator& accumulator, const ProducerConfig& config,
                               const Context& ctx) {
  // C1.8: a switch waits for the batch to fill, but not beyond twice its size (Kafka 1eb76443
  // BuiltInPartitioner.java updatePartitionInfo).
  const std::int64_t share = std::max<std::int64_t>(1, config.batch_size);
  if (sticky_bytes < share) return;
  if (sticky_bytes >= 2 * share || accumulator.last_full(sticky)) {
    draw_next(accumulator, config, ctx);
  }
}

void Partitioner::draw_next(const Accumulator& accumulator, const ProducerConfig& config,
                            const Context& ctx) {
  sticky_bytes = 0;
  if (config.adaptive_partitioning && weigh(accumulator)) {
    const std::uint32_t drawn = draw(cumulative.back(), ctx);
    const auto at = std::upper_bound(cumulative.begin(), cumulative.end(), drawn);
    sticky = available[static_cast<std::size_t>(at - cumulative.begin())];
    return;
  }
  // C1.9: any partition with a leader, or any at all if none has one.
  sticky = available.empty() ? draw(accumulator.partitions.size(), ctx)
                             : available[draw(available.size(), ctx)];
}

// C1.10: a partition's weight falls with its queue. The client refreshes these statistics at every
// sender pass; only a switch reads them, so they are made there. False: none, draw uniformly.
bool Partitioner::weigh(const Accumulator& accumulator) {
  const std::size_t partitions = accumulator.partitions.size();
  if (partitions < 2 || available.empty() || accumulator.touched < partitions) return false;
  if (accumulator.queued == 0 && available.size() == partitions) return false;
  std::uint32_t longest = 0;
  std::uint32_t shortest = 0xffffffff;
  for (const std::uint32_t partition : available) {
    longest = std::max(longest, accumulator.partitions[partition].size);
    shortest = std::min(shortest, accumulator.partitions[partition].size);
  }
  if (longest == shortest && available.size() == partitions) return false;
  cumulative.clear();
  std::uint32_t sum = 0;
  for (const std::uint32_t partition : available) {
    sum += longest + 1 - accumulator.partitions[partition].size;
    cumulative.push_back(sum);
  }
  return true;
}

}  // namespace ackident
