// What the injector does to processes, their hosts and the links between them.
#include <algorithm>
#include <utility>

#include "cluster/world.h"

namespace ackident {

bool World::stop_process(NodeId node, StopKind kind, std::int64_t lose_records) {
  if (kind == StopKind::kPowerLoss && composition_.is_broker(node)) {
    set_power_loss(brokers_[composition_.broker_index(node)], lose_records);
  }
  if (!up(node)) return strike_host(node, kind);
  end_process(node, kind);
  return true;
}

// A host whose process is down has a page cache and a disk all the same.
bool World::strike_host(NodeId node, StopKind kind) {
  if (kind == StopKind::kPowerLoss) network_.power_off(node);
  const bool strikes = kind == StopKind::kPowerLoss || kind == StopKind::kDiskWipe;
  if (!strikes || !composition_.is_broker(node)) return false;
  const std::size_t before = outbox_.facts.size();
  context_.begin(node, now_);
  stop(brokers_[composition_.broker_index(node)], kind, context_);
  outbox_.effects.clear();
  outbox_.messages.clear();
  return outbox_.facts.size() > before;
}

void World::end_process(NodeId node, StopKind kind) {
  Process& process = processes_[node.value()];
  context_.begin(node, now_);
  with_node(node, [&](auto& state) { stop(state, kind, context_); });
  outbox_.effects.clear();  // a dying process has no effects
  outbox_.messages.clear();
  process.up = process.frozen = process.terminating = false;
  process.stopping = process.restarts = false;
  process.late.clear();
  for (std::uint32_t i = 0; i < process.timer_count; ++i) {
    queue_.disarm(TimerId(process.timer_first + i));
  }
  network_.process_ended(node, kind != StopKind::kPowerLoss, now_, next_event_);
  const std::int64_t cause = kind == StopKind::kPowerLoss ? 1 : kind == StopKind::kClean ? 2 : 0;
  note(Fact{FactKind::kKilled, node, kNoNode, kNoPartition, cause, 0, 0});
}

bool World::start_process(NodeId node) {
  Process& process = processes_[node.value()];
  if (process.stopping) return std::exchange(process.restarts, true) == false;
  if (process.up) return false;
  // A client that starts late starts for the first time.
  const bool first = process.incarnation.value() == 0 && first_start(node) > Instant(0);
  if (!first) ++process.incarnation;
  std::int64_t clean = 0;
  if (composition_.is_broker(node)) clean = broker(node).lifecycle.clean_marker ? 1 : 0;
  note(
      Fact{FactKind::kStarted, node, kNoNode, kNoPartition, process.incarnation.value(), clean, 0});
  run_start(node, StartInfo{process.incarnation, false});
  return true;
}

bool World::shut_down_process(NodeId node) {
  Process& process = processes_[node.value()];
  if (!process.up) return false;
  // The signal waits with the process.
  if (process.frozen) return !std::exchange(process.terminating, true);
  process.terminating = false;
  note(Fact{FactKind::kShutdownBegan, node, kNoNode, kNoPartition, 0, 0, 0});
  processes_[node.value()].stopping = true;
  context_.begin(node, now_);
  with_node(node, [&](auto& state) { shut_down(state, context_); });
  apply_effects(node);
  return true;
}

bool World::freeze_process(NodeId node) {
  Process& process = processes_[node.value()];
  if (!process.up || process.frozen) return false;
  process.frozen = true;
  network_.freeze(node);
  note(Fact{FactKind::kFrozen, node, kNoNode, kNoPartition, 0, 0, 0});
  return true;
}

// Timers that came due while the process was frozen fire at once, in the order in which they fell
// due, ahead of the bytes that wait in its sockets.
bool World::resume_process(NodeId node) {
  Process& process = processes_[node.value()];
  if (!process.frozen) return false;
  process.frozen = false;
  for (const std::uint32_t local : process.late) {
    queue_.arm(TimerId(process.timer_first + local), now_, next_event_);
  }
  process.late.clear();
  network_.resume(node, now_);
  note(Fact{FactKind::kResumed, node, kNoNode, kNoPartition, 0, 0, 0});
  if (process.terminating) shut_down_process(node);
  return true;
}

bool World::cut(NodeId from, NodeId to, bool reset_connections) {
  if (from == to || network_.is_cut(from, to)) return false;
  network_.cut(from, to, reset_connections, now_, next_event_);
  return true;
}

bool World::heal(NodeId from, NodeId to) {
  if (!network_.is_cut(from, to)) return false;
  network_.heal(from, to, now_, next_event_);
  return true;
}

bool World::command(NodeId node, const Payload& payload) {
  if (!up(node) || frozen(node)) return false;
  dispatch_delivery(node, kNoNode, payload);
  return true;
}

}  // namespace ackident
