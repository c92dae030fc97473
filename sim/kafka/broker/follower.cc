#include "kafka/broker/follower.h"

#include <algorithm>
#include <utility>

#include "kafka/broker/broker.h"
#include "kafka/broker/leader.h"
#include "kafka/log/truncation.h"

namespace ackident {
namespace {

// The follower of a partition, if this broker follows `leader` for it now.
Follower* following(Replica* replica, NodeId leader) {
  if (replica == nullptr) return nullptr;
  Follower* follower = std::get_if<Follower>(&replica->role);
  return follower != nullptr && follower->leader == leader ? follower : nullptr;
}

void set_follower_high_watermark(const Broker& broker, Replica& replica, Offset told,
                                 Context& ctx) {
  // R3.3: overwritten by every response, downwards too.
  const Offset before = replica.log.high_watermark();
  const bool own_end = ctx.mutant(Mutant::kFollowerHwIsOwnEnd);
  replica.log.set_high_watermark(own_end ? replica.log.end() : told,
                                 !ctx.mutant(Mutant::kFollowerHwUnbounded));
  const Offset after = replica.log.high_watermark();
  if (after == before) return;
  ctx.note({.kind = FactKind::kFollowerHighWatermark,
            .node = broker.self,
            .partition = replica.partition,
            .a = before.value(),
            .b = after.value()});
}

// R3.22, also when the response brings no records.
void take_records(const Broker& broker, Replica& replica, const FetchResult& result, Context& ctx) {
  if (result.to > result.from) {
    replica.log.append(result.epoch, result.to, ctx.now());
    flush_if_due(broker, replica, ctx);
    ctx.note({.kind = FactKind::kReplicated,
              .node = broker.self,
              .partition = replica.partition,
              .a = result.from.value(),
              .b = result.to.value(),
              .c = result.epoch.value()});
  }
  set_follower_high_watermark(broker, replica, result.high_watermark, ctx);
  if (result.log_start > replica.log.start()) replica.log.advance_start(result.log_start);
}

// R3.30, R3.29: what an error means for its partition.
void take_error(Broker& broker, Follower& follower, ErrorCode error, Context& ctx) {
  switch (error) {
    case ErrorCode::kOffsetOutOfRange: follower.state = Follower::State::kAskLatest; return;
    case ErrorCode::kFencedLeaderEpoch:
      // Fenced with the newest epoch we know, it waits for metadata; with an older one, for a
      // while.
      if (follower.requested_epoch != follower.epoch) return pause(broker, follower, ctx);
      follower.state = Follower::State::kFailed;
      return;
    default: pause(broker, follower, ctx); return;
  }
}

// Does it belong to the request this replica made, and fit what it would ask now (R3.5)?
bool is_expected(const Replica& replica, const Follower& follower, const FetchResult& result) {
  return follower.requested && follower.state == Follower::State::kFetching &&
         follower.requested_offset == result.from && replica.log.end() == result.from;
}

void take_result(Broker& broker, NodeId leader, const FetchResult& result, Context& ctx) {
  Replica* replica = broker.replicas.find(result.partition);
  Follower* follower = following(replica, leader);
  if (follower == nullptr || !is_expected(*replica, *follower, result)) return;
  follower->requested = false;
  if (result.error != ErrorCode::kNone) {
    take_error(broker, *follower, result.error, ctx);
  } else if (result.diverging.epoch == kNoLeaderEpoch) {
    take_records(broker, *replica, result, ctx);
  } else if (ctx.mutant(Mutant::kNoTruncation)) {
    pause(broker, *follower, ctx);
  } else {
    // R3.25: nothing else is taken from a diverging response, and the next fetch goes out at once.
    truncate_log(*replica, truncate_on_fetch(replica->log, result.diverging), ctx);
  }
}

// R3.3: a partition that received data goes to the end of the next request.
void rotate(Broker& broker, Fetcher& fetcher, std::span<const FetchResult> results) {
  std::vector<std::uint32_t>& moved = broker.replicas.rotation;
  moved.clear();
  for (const FetchResult& result : results) {
    if (result.bytes == 0) continue;
    moved.push_back(static_cast<std::uint32_t>(broker.replicas.index_of[result.partition.value()]));
  }
  if (moved.empty() || moved.size() == fetcher.replicas.size()) return;
  // By hand, because std::stable_partition allocates: those that stay, in order, then the others.
  std::vector<std::uint32_t>& last = broker.replicas.rotated;
  last.clear();
  std::size_t kept = 0;
  for (const std::uint32_t index : fetcher.replicas) {
    if (std::find(moved.begin(), moved.end(), index) == moved.end()) {
      fetcher.replicas[kept++] = index;
    } else {
      last.push_back(index);
    }
  }
  std::copy(last.begin(), last.end(), fetcher.replicas.begin() + static_cast<std::ptrdiff_t>(kept));
}

// The answer to a question came: true if it is the one this replica waits for.
bool take_answer(Broker& broker, NodeId leader, Follower* follower, Correlation correlation,
                 Context& ctx) {
  Fetcher& fetcher = fetcher_of(broker, leader, ctx);
  if (fetcher.queries_in_flight == 0) return false;
  fetcher.answered = true;
  if (--fetcher.queries_in_flight == 0) {
    ctx.disarm(broker.timers.fetcher_timeout(ctx.composition().broker_index(leader)));
    mark_due(broker, leader, ctx);
  }
  if (follower == nullptr || !follower->requested || follower->query != correlation) return false;
  follower->requested = false;
  return true;
}

// R3.29: the leader ends at `latest`.
void take_latest(Replica& replica, Follower& follower, Offset latest, Context& ctx) {
  const bool ahead = latest < replica.log.end();
  follower.state = ahead ? Follower::State::kFetching : Follower::State::kAskEarliest;
  if (ahead) truncate_log(replica, latest, ctx);
}

// Up to 1.0 a broker gave up on such a leader, unless the topic allows unclean elections.
bool refuses_to_truncate(const Broker& broker, const Replica& replica, Offset latest,
                         const Context& ctx) {
  const TopicId topic = ctx.composition().topic_of[replica.partition.value()];
  return ctx.behaviour().halts_below_follower && latest < replica.log.end() &&
         !broker.image.topics[topic.value()].unclean_leader_election;
}

void take_earliest(const Broker& broker, Replica& replica, Follower& follower, Offset earliest,
                   Context& ctx) {
  follower.state = Follower::State::kFetching;
  if (earliest <= replica.log.end()) return;
  const Offset end = replica.log.end();
  const Offset high_watermark = replica.log.high_watermark();
  replica.log.truncate_fully(earliest);
  ctx.note({.kind = FactKind::kTruncated,
            .node = broker.self,
            .partition = replica.partition,
            .a = earliest.value(),
            .b = end.value(),
            .c = high_watermark.value()});
}

}  // namespace

void on_fetch_response(Broker& broker, NodeId leader, const FetchResponse& response, Context& ctx) {
  Fetcher& fetcher = fetcher_of(broker, leader, ctx);
  if (!fetcher.fetch_in_flight || fetcher.correlation != response.correlation) return;
  fetcher.fetch_in_flight = false;
  fetcher.answered = true;
  const std::uint16_t leader_index = ctx.composition().broker_index(leader);
  ctx.disarm(broker.timers.fetcher_timeout(leader_index));
  const std::span<const FetchResult> results =
      std::as_const(ctx.pools().fetch_results).get(response.parts);
  for (const FetchResult& result : results) take_result(broker, leader, result, ctx);
  rotate(broker, fetcher, results);
  run_fetcher(broker, leader_index, ctx);
}

void on_list_offsets_response(Broker& broker, NodeId leader, const ListOffsetsResponse& response,
                              Context& ctx) {
  Replica* replica = broker.replicas.find(response.partition);
  Follower* follower = following(replica, leader);
  if (take_answer(broker, leader, follower, response.correlation, ctx)) {
    if (response.error != ErrorCode::kNone) {
      pause(broker, *follower, ctx);
    } else if (follower->state == Follower::State::kAskLatest) {
      if (refuses_to_truncate(broker, *replica, response.offset, ctx)) {
        return lifecycle_shut_down(broker, ctx);
      }
      take_latest(*replica, *follower, response.offset, ctx);
    } else {
      take_earliest(broker, *replica, *follower, response.offset, ctx);
    }
  }
  run_due_fetchers(broker, ctx);
}

void on_epoch_response(Broker& broker, NodeId leader, const OffsetsForLeaderEpochResponse& response,
                       Context& ctx) {
  Replica* replica = broker.replicas.find(response.partition);
  Follower* follower = following(replica, leader);
  if (take_answer(broker, leader, follower, response.correlation, ctx)) {
    if (response.error != ErrorCode::kNone) {
      pause(broker, *follower, ctx);
    } else if (ctx.mutant(Mutant::kNoTruncation)) {
      follower->state = Follower::State::kFetching;
    } else if (ctx.behaviour().truncation == Truncation::kKip101) {
      truncate_log(*replica, truncate_kip101(replica->log, response.end), ctx);
      follower->state = Follower::State::kFetching;
    } else {
      const Kip279Step step = truncate_kip279(replica->log, response.end);
      truncate_log(*replica, step.to, ctx);
      if (step.done) follower->state = Follower::State::kFetching;
    }
  }
  run_due_fetchers(broker, ctx);
}

}  // namespace ackident
