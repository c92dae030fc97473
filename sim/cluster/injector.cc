#include "cluster/injector.h"

#include <algorithm>

namespace ackident {
namespace {

static_assert(static_cast<int>(FactKind::kCount) <= 64);

std::uint64_t bit_of(FactKind kind) { return std::uint64_t{1} << static_cast<int>(kind); }

bool is_link_fault(FaultAction action) {
  switch (action) {
    case FaultAction::kCut:
    case FaultAction::kHeal:
    case FaultAction::kSlowLink:
    case FaultAction::kHold:
    case FaultAction::kRelease: return true;
    default: return false;
  }
}

// What works on messages: whether it changes something turns out later, with the first that it
// meets, and it stands until it is undone.
bool waits_to_bite(const Fault& fault) {
  const FaultAction action = fault.action;
  if (action == FaultAction::kCut || action == FaultAction::kHold) return true;
  return fault.delay > Duration() &&
         (action == FaultAction::kSlowLink || action == FaultAction::kSlowBroker);
}

}  // namespace

Injector::Injector(const ClusterSetup& setup)
    : faults_(setup.faults),
      states_(setup.faults.size()),
      consumers_(static_cast<std::uint32_t>(setup.composition.consumers.size())),
      producers_(static_cast<std::uint32_t>(setup.composition.producers.size())),
      duration_(setup.duration) {
  for (std::uint32_t i = 0; i < faults_.size(); ++i) {
    if (faults_[i].trigger != TriggerKind::kOn) continue;
    waiting_.push_back(i);
    waited_kinds_ |= bit_of(faults_[i].on.kind);
  }
}

// Timers: [0, n) fire, [n, 2n) revert, then start and stop of each consumer, start of each
// producer.
std::uint32_t Injector::timer_count() const {
  return static_cast<std::uint32_t>(2 * faults_.size()) + 2 * consumers_ + producers_;
}

void Injector::begin(World& world) {
  for (FaultState& state : states_) {
    state.fired = state.matches = 0;
    state.changed = state.bit = false;
    state.times.clear();
    state.standing.clear();
  }
  healed_ = false;
  for (std::uint32_t i = 0; i < faults_.size(); ++i) arm_first(world, i);
  const auto base = static_cast<std::uint32_t>(2 * faults_.size());
  const std::vector<ConsumerInfo>& consumers = world.composition().consumers;
  for (std::uint32_t i = 0; i < consumers.size(); ++i) {
    if (consumers[i].start > Instant(0)) world.arm_scenario_timer(base + 2 * i, consumers[i].start);
    if (consumers[i].stop < kNever) world.arm_scenario_timer(base + 2 * i + 1, consumers[i].stop);
  }
  for (std::uint32_t i = 0; i < producers_; ++i) {
    const Instant start = world.composition().producers[i].workload.start;
    if (start > Instant(0)) world.arm_scenario_timer(base + 2 * consumers_ + i, start);
  }
}

void Injector::arm_first(World& world, std::uint32_t fault) {
  const Fault& f = faults_[fault];
  if (f.trigger == TriggerKind::kAt) world.arm_scenario_timer(fault, f.at);
  if (f.trigger == TriggerKind::kRate) arm_next(world, fault);
}

// The next firing by chance (exponential gaps) or by period.
void Injector::arm_next(World& world, std::uint32_t fault) {
  const Fault& f = faults_[fault];
  const FaultState& state = states_[fault];
  if (state.fired >= f.repeat_max) return;
  Duration gap = f.mean_gap;
  if (f.trigger == TriggerKind::kRate) {
    const Distribution gaps{Distribution::Kind::kExponential, Duration(), f.mean_gap};
    gap = sample(gaps, world.chooser().bits({ChoiceKind::kFaultTime, fault, state.fired}));
  }
  const Instant from = state.fired == 0 ? f.at : world.now();
  const Instant at = from + gap;
  if (at < f.until && at < duration_) world.arm_scenario_timer(fault, at);
}

void Injector::fire(World& world, const Step& step) {
  const auto n = static_cast<std::uint32_t>(faults_.size());
  const std::uint32_t timer = step.scenario_timer;
  if (timer >= 2 * n) {
    begin_or_end_client(world, timer - 2 * n);
    return;
  }
  if (healed_) return;
  if (timer >= n) {
    revert(world, timer - n);
  } else {
    act(world, timer);
  }
}

void Injector::begin_or_end_client(World& world, std::uint32_t which) {
  const Composition& composition = world.composition();
  if (which >= 2 * consumers_) {
    world.start_process(composition.producers[which - 2 * consumers_].node);
  } else if (which % 2 == 0) {
    world.start_process(composition.consumers[which / 2].node);
  } else {
    world.shut_down_process(composition.consumers[which / 2].node);
  }
}

void Injector::act(World& world, std::uint32_t fault) {
  const Fault& f = faults_[fault];
  note_bites(world);  // it may end or replace what others began
  FaultState& state = states_[fault];
  FaultEnds ends;
  resolve(world, f.target, fault, ends.targets);
  resolve(world, f.to, fault, ends.others);
  if (is_link_fault(f.action)) {  // an end that is not named is everyone
    const std::vector<Selector> everyone{Selector{.kind = SelectorKind::kEveryone}};
    if (f.target.empty()) resolve(world, everyone, fault, ends.targets);
    if (f.to.empty()) resolve(world, everyone, fault, ends.others);
  }
  const bool bit =
      is_link_fault(f.action) ? apply_to_links(world, f, ends, false) : apply(world, f, ends);
  ++state.fired;
  state.changed = state.changed || bit;
  if (!waits_to_bite(f)) state.bit = state.changed;
  if (state.times.size() < kFaultTimesMax) state.times.push_back(world.now());
  world.note(Fact{FactKind::kFaultFired, kNoNode, kNoNode, kNoPartition, fault, bit ? 1 : 0, 0});
  const bool undone = f.revert_after > Duration() || waits_to_bite(f);
  if (undone &&
      std::find(state.standing.begin(), state.standing.end(), ends) == state.standing.end()) {
    state.standing.push_back(std::move(ends));
  }
  if (f.revert_after > Duration()) {
    world.arm_scenario_timer(static_cast<std::uint32_t>(faults_.size()) + fault,
                             world.now() + f.revert_after);
  }
  if (f.trigger == TriggerKind::kRate || f.repeats) arm_next(world, fault);
}

// A pace that is so already is no change.
bool Injector::set_pace(World& world, NodeId node, const Fault& fault) {
  const std::uint16_t index = world.composition().node(node).index;
  if (fault.action == FaultAction::kSetProcessing) {
    const Duration before = world.consumers()[index].per_record;
    return world.command(node, fault.processing) && fault.processing.per_record != before;
  }
  const Application& application = world.producers()[index].application;
  const bool news =
      application.interval != fault.workload.interval || application.burst != fault.workload.burst;
  return world.command(node, fault.workload) && news;
}

bool Injector::apply(World& world, const Fault& fault, const FaultEnds& ends) {
  bool bit = false;
  for (const NodeId node : ends.targets) {
    switch (fault.action) {
      case FaultAction::kKill: bit |= world.stop_process(node, StopKind::kProcessKill, -1); break;
      case FaultAction::kPowerLoss:
        bit |= world.stop_process(node, StopKind::kPowerLoss, fault.lose_records);
        break;
      case FaultAction::kDiskWipe:  // a rack's controller has no disk to lose
        if (world.composition().node(node).kind != NodeKind::kBroker) break;
        bit |= world.stop_process(node, StopKind::kDiskWipe, -1);
        break;
      case FaultAction::kShutdown: bit |= world.shut_down_process(node); break;
      case FaultAction::kStart: bit |= world.start_process(node); break;
      case FaultAction::kFreeze: bit |= world.freeze_process(node); break;
      case FaultAction::kResume: bit |= world.resume_process(node); break;
      case FaultAction::kSlowBroker: bit |= world.slow_receiver(node, fault.delay); break;
      case FaultAction::kSetRate:
      case FaultAction::kSetProcessing: bit |= set_pace(world, node, fault); break;
      default: SIM_CHECK(false);
    }
  }
  // A command that the controller refuses, or that asks for what is so, changes nothing.
  const NodeId controller = world.composition().controller;
  if (fault.action == FaultAction::kElect) {
    const PartitionRegistration before = world.partition(fault.partition);
    world.command(controller, ElectLeadersCommand{fault.partition, fault.election});
    bit = !(world.partition(fault.partition) == before);
  }
  if (fault.action == FaultAction::kAlterConfig) {
    const TopicConfig before = world.controller().image.topics[fault.topic.value()];
    const TopicConfig after = fault.change.applied_to(before);
    bit = world.command(controller, AlterTopicConfigCommand{fault.topic, after});
    bit = bit && !(after == before);
  }
  return bit;
}

bool Injector::apply_to_links(World& world, const Fault& fault, const FaultEnds& ends, bool undo) {
  bool bit = false;
  const auto one_way = [&](NodeId from, NodeId to) {
    if (from == to) return;
    switch (fault.action) {
      case FaultAction::kCut:
        bit |= undo ? world.heal(from, to) : world.cut(from, to, fault.reset_connections);
        break;
      case FaultAction::kHeal: bit |= world.heal(from, to); break;
      case FaultAction::kSlowLink:
        bit |= world.slow_link(from, to, undo ? Duration() : fault.delay);
        break;
      case FaultAction::kHold:
      case FaultAction::kRelease:
        if (fault.action == FaultAction::kHold && !undo) {
          world.hold(from, to, fault.held_payload);
          bit = true;
        } else {
          bit |= world.release(from, to, fault.held_payload);
        }
        break;
      default: SIM_CHECK(false);
    }
  };
  for (const NodeId from : ends.targets) {
    for (const NodeId to : ends.others) {
      one_way(from, to);
      const bool cuts = fault.action == FaultAction::kCut || fault.action == FaultAction::kHeal;
      if (cuts && fault.both_ways) one_way(to, from);
    }
  }
  return bit;
}

// Undoes what its firings did, to the nodes they did it to.
void Injector::revert(World& world, std::uint32_t fault) {
  note_bites(world);  // of all: another cut of the same link ends with this one
  for (const FaultEnds& ends : states_[fault].standing) undo(world, faults_[fault], ends);
  states_[fault].standing.clear();
}

void Injector::note_bites(World& world) {
  for (std::uint32_t i = 0; i < faults_.size(); ++i) note_bites(world, i);
}

void Injector::note_bites(World& world, std::uint32_t fault) {
  const Fault& f = faults_[fault];
  FaultState& state = states_[fault];
  if (state.bit || !state.changed || !waits_to_bite(f)) return;
  const auto bites = [&](NodeId from, NodeId to) {
    if (f.action == FaultAction::kHold) return world.held_back(from, to, f.held_payload);
    if (f.action == FaultAction::kSlowLink) return world.slowed_link(from, to);
    return world.met_cut(from, to) || (f.both_ways && world.met_cut(to, from));
  };
  for (const FaultEnds& ends : state.standing) {
    for (const NodeId from : ends.targets) {
      if (f.action == FaultAction::kSlowBroker) state.bit |= world.slowed_receiver(from);
      for (const NodeId to : ends.others) state.bit = state.bit || (from != to && bites(from, to));
    }
  }
}

void Injector::undo(World& world, const Fault& fault, const FaultEnds& ends) {
  if (is_link_fault(fault.action)) {
    apply_to_links(world, fault, ends, true);
    return;
  }
  for (const NodeId node : ends.targets) {
    switch (fault.action) {
      case FaultAction::kKill:
      case FaultAction::kPowerLoss:
      case FaultAction::kDiskWipe:
      case FaultAction::kShutdown: world.start_process(node); break;
      case FaultAction::kFreeze: world.resume_process(node); break;
      case FaultAction::kSlowBroker: world.slow_receiver(node, Duration()); break;
      default: break;
    }
  }
}

void Injector::on_facts(World& world, const Step& step) {
  if (waiting_.empty() || healed_) return;
  for (const Fact& fact : step.facts) {
    if ((waited_kinds_ & bit_of(fact.kind)) == 0) continue;
    for (const std::uint32_t index : waiting_) {
      const FactTrigger& trigger = faults_[index].on;
      if (!matches(world, trigger, step.at, fact)) continue;
      if (++states_[index].matches == trigger.nth) {
        world.arm_scenario_timer(index, step.at + trigger.delay);
      }
    }
  }
}

bool Injector::matches(const World& world, const FactTrigger& trigger, Instant at,
                       const Fact& fact) const {
  if (!is_asked_for(trigger, at, fact)) return false;
  if (trigger.node.empty()) return true;
  std::vector<NodeId> nodes;
  resolve(world, trigger.node, 0, nodes);
  const NodeId who = subject_of(fact, world.composition().controller);
  return std::find(nodes.begin(), nodes.end(), who) != nodes.end();
}

void Injector::heal_all(World& world) {
  note_bites(world);
  healed_ = true;
  const auto n = static_cast<std::uint32_t>(world.composition().nodes.size());
  for (std::uint32_t i = 0; i < n; ++i) {
    for (std::uint32_t j = 0; j < n; ++j) {
      world.heal(NodeId(static_cast<std::uint16_t>(i)), NodeId(static_cast<std::uint16_t>(j)));
    }
  }
  for (std::uint32_t i = 0; i < faults_.size(); ++i) {
    if (waits_to_bite(faults_[i]) && !states_[i].standing.empty()) revert(world, i);
  }
  for (std::uint32_t i = 0; i < n; ++i) world.resume_process(NodeId(static_cast<std::uint16_t>(i)));
  start_servers(world);
  // What is left to undo are clients that were to come back later: no firing of a timer will.
  for (std::uint32_t i = 0; i < faults_.size(); ++i) {
    if (!states_[i].standing.empty()) revert(world, i);
  }
  world.note(Fact{FactKind::kFaultsHealed, kNoNode, kNoNode, kNoPartition, 0, 0, 0});
}

void Injector::start_servers(World& world) {
  const std::vector<NodeInfo>& nodes = world.composition().nodes;
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    const NodeKind kind = nodes[i].kind;
    const bool server = kind == NodeKind::kBroker || kind == NodeKind::kController;
    if (server) world.start_process(NodeId(static_cast<std::uint16_t>(i)));
  }
}

}  // namespace ackident
