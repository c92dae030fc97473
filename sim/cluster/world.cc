#include "cluster/world.h"

#include <algorithm>
#include <utility>

#include "cluster/hosts.h"

namespace ackident {
namespace {

Payload make_disconnected(std::uint8_t channel, LinkEnd reason, bool initiator) {
  return Disconnected{static_cast<Channel>(channel), static_cast<DisconnectReason>(reason),
                      initiator};
}

Payload make_sent() { return SendCompleted{}; }
Payload make_opened() { return Connected{}; }

void drop_payload(void* pools, const Payload& payload) {
  static_cast<PayloadPools*>(pools)->release(payload);
}

// The run ends at `duration`: no workload beyond it.
Composition bounded(Composition composition, Instant duration) {
  for (ProducerInfo& producer : composition.producers) {
    producer.workload.stop = std::min(producer.workload.stop, duration);
  }
  return composition;
}

}  // namespace

World::World(const ClusterSetup& setup, std::uint32_t scenario_timers)
    : composition_(bounded(setup.composition, setup.duration)),
      topology_(setup.topology),
      shuffle_ties_(setup.shuffle_ties),
      chooser_(0),
      network_(topology_, queue_, chooser_, kChannels, connection_setups(composition_),
               socket_buffers(composition_),
               {&make_disconnected, &make_sent, &make_opened, &drop_payload, &pools_},
               composition_.behaviour.reads_ahead),
      context_(composition_, chooser_, ledger_, metadata_log_, pools_, outbox_),
      brokers_(composition_.broker_count),
      producers_(composition_.producers.size()),
      consumers_(composition_.consumers.size()),
      processes_(composition_.nodes.size()) {
  for (std::uint32_t i = 0; i < processes_.size(); ++i) {
    const NodeId node(static_cast<std::uint16_t>(i));
    Process& process = processes_[i];
    with_node(node,
              [&](auto& state) { process.timer_count = timer_count(state, composition_, node); });
    process.timer_first = queue_.add_timers(process.timer_count).value();
    timer_owner_.insert(timer_owner_.end(), process.timer_count, node);
  }
  scenario_first_ = queue_.add_timers(scenario_timers).value();
  timer_owner_.insert(timer_owner_.end(), scenario_timers, kNoNode);
}

Instant World::first_start(NodeId node) const {
  const NodeInfo& info = composition_.node(node);
  if (info.kind == NodeKind::kProducer) return composition_.producers[info.index].workload.start;
  if (info.kind == NodeKind::kConsumer) return composition_.consumers[info.index].start;
  return Instant(0);
}

void World::reset(std::uint64_t seed, Step& formed) {
  chooser_ = Chooser(seed);
  check_context() = {seed, 0};
  ledger_.reset(composition_.partition_count());
  metadata_log_.reset();
  pools_.reset();
  outbox_.clear();
  queue_.reset();
  queue_.add_timers(static_cast<std::uint32_t>(timer_owner_.size()));
  network_.reset();
  if (shuffle_ties_) {
    queue_.shuffle_ties(
        [](void* chooser, std::uint64_t sequence) {
          return static_cast<const Chooser*>(chooser)->bits({ChoiceKind::kTie, 0, sequence});
        },
        &chooser_);
  }
  next_event_ = EventId(0);
  now_ = Instant(0);
  digest_ = Digest();
  digest_.fold(seed, 0);
  for (std::uint32_t i = 0; i < processes_.size(); ++i) {
    Process& process = processes_[i];
    process.up = process.frozen = process.terminating = false;
    process.stopping = process.restarts = false;
    process.incarnation = Incarnation(0);
    process.late.clear();
    const NodeId node(static_cast<std::uint16_t>(i));
    with_node(node, [&](auto& state) { ackident::reset(state, composition_, node); });
  }
  // The cluster is formed before the run. All brokers listen before the first follower dials, which
  // would else be refused and pause (R3.4). The injector starts clients with a later start.
  const auto each_that_runs = [&](auto&& act) {
    for (std::uint16_t i = 0; i < processes_.size(); ++i) {
      if (first_start(NodeId(i)) <= Instant(0)) act(NodeId(i));
    }
  };
  each_that_runs([&](NodeId node) {
    network_.process_started(node, now_, next_event_);
    if (composition_.node(node).kind == NodeKind::kBroker) network_.listen(node);
  });
  each_that_runs([&](NodeId node) { run_start(node, {Incarnation(0), true}); });
  popped_ = {};
  complete(formed, kNoNode, InputKind::kScenario, 0, kNoNode);
}

void World::run_start(NodeId node, const StartInfo& info) {
  Process& process = processes_[node.value()];
  process.up = true;
  if (!info.bootstrap) network_.process_started(node, now_, next_event_);
  if (composition_.node(node).kind == NodeKind::kController) network_.listen(node);
  context_.begin(node, now_);
  with_node(node, [&](auto& state) { start(state, info, context_); });
  apply_effects(node);
}

bool World::step(Instant until, Step& out) {
  outbox_.clear();
  while (queue_.pop(until, popped_)) {
    now_ = popped_.at;
    ++next_event_;
    check_context().event = next_event_.value();
    out.scenario_timer = 0;
    if (popped_.is_timer) {
      const NodeId owner = timer_owner_[popped_.timer.value()];
      if (owner == kNoNode) {
        out.scenario_timer = popped_.timer.value() - scenario_first_;
        out.input = InputKind::kScenario;  // finish_scenario_step completes it
        out.at = now_;
        return true;
      }
      if (!fire_popped()) continue;
      const std::uint32_t local = popped_.timer.value() - processes_[owner.value()].timer_first;
      complete(out, owner, InputKind::kTimer, static_cast<std::uint8_t>(local), kNoNode);
      return true;
    }
    if (!deliver_popped()) continue;
    const Parcel<Message>& parcel = popped_.message;
    complete(out, parcel.to, InputKind::kDelivery, parcel.routing.kind, parcel.from);
    return true;
  }
  return false;
}

bool World::deliver_popped() {
  const Parcel<Message>& parcel = popped_.message;
  if (!network_.arrive(popped_, now_)) {
    outbox_.clear();
    return false;
  }
  dispatch_delivery(parcel.to, parcel.from, parcel.message);
  pools_.release(parcel.message);
  return true;
}

bool World::fire_popped() {
  const NodeId node = timer_owner_[popped_.timer.value()];
  Process& process = processes_[node.value()];
  if (!process.up) return false;
  const std::uint32_t local = popped_.timer.value() - process.timer_first;
  if (process.frozen) {
    process.late.push_back(local);
    return false;
  }
  dispatch_timer(node, LocalTimer(local));
  return true;
}

void World::dispatch_delivery(NodeId node, NodeId from, const Payload& payload) {
  context_.begin(node, now_);
  with_node(node, [&](auto& state) { deliver(state, from, payload, context_); });
  apply_effects(node);
}

void World::dispatch_timer(NodeId node, LocalTimer timer) {
  context_.begin(node, now_);
  with_node(node, [&](auto& state) { fire(state, timer, context_); });
  apply_effects(node);
}

// Effects are applied in the order in which the handler wrote them. Applying one never calls a
// handler, except that a process which exits is stopped at the end.
void World::apply_effects(NodeId node) {
  const Process& process = processes_[node.value()];
  bool exits = false;
  for (const Effect& effect : outbox_.effects) {
    const TimerId timer(process.timer_first + effect.timer.value());
    switch (effect.kind) {
      case Effect::Kind::kSend: send(node, effect); break;
      case Effect::Kind::kArm: queue_.arm(timer, std::max(effect.at, now_), next_event_); break;
      case Effect::Kind::kDisarm: queue_.disarm(timer); break;
      case Effect::Kind::kClose:
        network_.close(node, effect.to, static_cast<std::uint8_t>(effect.channel), now_,
                       next_event_);
        break;
      case Effect::Kind::kDrop:
        network_.drop_connection(effect.to, node, static_cast<std::uint8_t>(Channel::kClient), now_,
                                 next_event_);
        break;
      case Effect::Kind::kListen: network_.listen(node); break;
      case Effect::Kind::kExit: exits = true; break;
    }
  }
  outbox_.effects.clear();
  outbox_.messages.clear();
  if (!exits) return;
  const bool restarts = process.restarts;
  end_process(node, StopKind::kClean);
  if (restarts) start_process(node);
}

void World::send(NodeId from, const Effect& effect) {
  const Payload& payload = outbox_.messages[effect.message];
  const PayloadInfo& info = payload_info(payload.index());
  Channel channel = info.channel;
  if (channel == Channel::kClient && composition_.is_broker(from) &&
      composition_.is_broker(effect.to)) {
    channel = Channel::kReplication;
  }
  const auto* produce = std::get_if<ProduceRequest>(&payload);
  const bool is_unanswered = produce != nullptr && produce->acks == Acks::kNone;
  Routing routing;
  routing.channel = static_cast<std::uint8_t>(channel);
  routing.kind = static_cast<std::uint8_t>(payload.index());
  routing.response = info.response;
  routing.expects_response = info.request && !is_unanswered;
  if (topology_.spec().bandwidth > 0 || is_unanswered) {
    routing.bytes = static_cast<std::uint32_t>(payload_bytes(payload, pools_));
  }
  network_.send(from, effect.to, routing, payload, now_, next_event_);
}

// Folds the step into the digest and hands it out.
void World::complete(Step& out, NodeId node, InputKind input, std::uint8_t detail, NodeId from) {
  out.id = next_event_;
  out.cause = popped_.cause;
  out.at = now_;
  out.input = input;
  out.node = node;
  out.facts = {outbox_.facts.begin(), outbox_.facts.end()};
  digest_.fold(static_cast<std::uint64_t>(now_.ns()),
               node.value() | (std::uint64_t{from.value()} << 16) |
                   (std::uint64_t{static_cast<std::uint8_t>(input)} << 32) |
                   (std::uint64_t{detail} << 40));
  for (const Fact& fact : outbox_.facts) {
    digest_.fold(static_cast<std::uint64_t>(fact.kind) | (std::uint64_t{fact.node.value()} << 8) |
                     (std::uint64_t{fact.peer.value()} << 24),
                 static_cast<std::uint64_t>(fact.a));
    digest_.fold(static_cast<std::uint64_t>(fact.b) ^ (std::uint64_t{fact.partition.value()} << 32),
                 static_cast<std::uint64_t>(fact.c));
  }
  if (trace_ != nullptr) [[unlikely]]
    keep_trace(out, detail, from);
}

void World::keep_trace(const Step& step, std::uint8_t detail, NodeId from) {
  append(*trace_, TraceRecord{step.id, step.cause, step.at, step.node.value(), from.value(),
                              static_cast<std::uint8_t>(step.input), detail,
                              static_cast<std::uint16_t>(step.facts.size()),
                              step.facts.empty() ? 0 : step.facts[0].partition.value()});
}

void World::begin_external_step(Step& out, Instant at) {
  outbox_.clear();
  now_ = std::max(now_, at);
  ++next_event_;
  popped_ = {};
  out = Step{};
  out.input = InputKind::kScenario;
}

void World::finish_scenario_step(Step& out) {
  complete(out, kNoNode, InputKind::kScenario, static_cast<std::uint8_t>(out.scenario_timer),
           kNoNode);
}

void World::arm_scenario_timer(std::uint32_t index, Instant at) {
  queue_.arm(TimerId(scenario_first_ + index), std::max(at, now_), next_event_);
}

void World::disarm_scenario_timer(std::uint32_t index) {
  queue_.disarm(TimerId(scenario_first_ + index));
}

}  // namespace ackident
