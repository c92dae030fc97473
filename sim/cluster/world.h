// The world: every node, the network between them, and the one loop that moves time.
//
// step() takes the next event, lets the one node it concerns change itself, then applies what that
// step wrote into the outbox. Faults are verbs on the world, called by the injector between steps.
// The world knows no oracle and no report: it hands out the facts of each step.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cluster/setup.h"
#include "kafka/broker/broker.h"
#include "kafka/client/consumer.h"
#include "kafka/client/producer.h"
#include "kafka/context.h"
#include "kafka/controller/controller.h"
#include "kernel/trace.h"
#include "net/network.h"

namespace ackident {

// What kind of input an event was (TraceRecord::kind).
enum class InputKind : std::uint8_t { kDelivery, kTimer, kScenario };

// One step: what happened and what became true. `facts` is valid until the next step.
struct Step {
  EventId id;
  EventId cause;
  Instant at;
  InputKind input{};
  NodeId node = kNoNode;
  std::uint32_t scenario_timer = 0;  // input == kScenario: which one is due
  std::span<const Fact> facts;
};

class World {
 public:
  // `scenario_timers`: how many timers the injector needs.
  World(const ClusterSetup& setup, std::uint32_t scenario_timers);

  // Begins a run: a formed cluster at time 0 (registered, unfenced, leading), clients starting.
  // `formed` hands out the facts of forming it.
  void reset(std::uint64_t seed, Step& formed);

  // Advances to the next event at or before `until`; false if there is none. After an event of kind
  // kScenario the caller acts through the verbs below and then calls finish_scenario_step().
  bool step(Instant until, Step& out);
  void finish_scenario_step(Step& out);
  // Begins a step of the scenario's own at `at` (>= now), outside any timer: the settle phase.
  void begin_external_step(Step& out, Instant at);

  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] std::uint64_t events() const { return next_event_.value(); }
  [[nodiscard]] std::uint64_t digest() const { return digest_.value(); }
  // Keeps a record of every event from the next reset on; null: none.
  void set_trace(TraceSink* sink) { trace_ = sink; }

  // ---- what oracles, selectors and the settle phase read ----
  [[nodiscard]] const Composition& composition() const { return composition_; }
  [[nodiscard]] const Chooser& chooser() const { return chooser_; }
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] const MetadataLog& metadata_log() const { return metadata_log_; }
  [[nodiscard]] const Controller& controller() const { return controller_; }
  [[nodiscard]] const Broker& broker(NodeId node) const {
    return brokers_[composition_.broker_index(node)];
  }
  [[nodiscard]] const std::vector<Producer>& producers() const { return producers_; }
  [[nodiscard]] const std::vector<Consumer>& consumers() const { return consumers_; }
  [[nodiscard]] bool up(NodeId node) const { return processes_[node.value()].up; }
  [[nodiscard]] bool frozen(NodeId node) const { return processes_[node.value()].frozen; }
  [[nodiscard]] std::uint16_t rack_of(NodeId node) const {
    return topology_.spec().rack_of[node.value()];
  }
  [[nodiscard]] bool is_cut(NodeId from, NodeId to) const { return network_.is_cut(from, to); }
  // Visits the batches of requests that no broker has taken yet and a living one may: (who sent
  // the request, the request, the part). Those before a cut or a gate, too.
  template <class Visit>
  void for_each_batch_under_way(Visit&& visit) const {
    queue_.for_each([&](const Parcel<Message>& parcel, Instant) {
      if (parcel.routing.response || !up(parcel.to)) return;
      const auto* const request = std::get_if<ProduceRequest>(&parcel.message);
      if (request == nullptr) return;
      for (const ProducePart& part : pools_.produce_parts.get(request->parts)) {
        visit(parcel.from, *request, part);
      }
    });
  }
  // The partition's state as the controller has decided it.
  [[nodiscard]] const PartitionRegistration& partition(PartitionId id) const {
    return controller_.image.partitions[id.value()];
  }

  // ---- verbs of the injector; each returns whether it changed anything ----
  // Of a process that is down: whether its host lost anything, by power or with the disk.
  bool stop_process(NodeId node, StopKind kind, std::int64_t lose_records);
  bool start_process(NodeId node);      // of one that is still shutting down: when it has ended
  bool shut_down_process(NodeId node);  // SIGTERM
  bool freeze_process(NodeId node);
  bool resume_process(NodeId node);
  bool cut(NodeId from, NodeId to, bool reset_connections);
  bool heal(NodeId from, NodeId to);
  bool slow_link(NodeId from, NodeId to, Duration extra) {
    return network_.slow_link(from, to, extra);
  }
  bool slow_receiver(NodeId node, Duration extra) { return network_.slow_receiver(node, extra); }
  // Whether a cut or a gate has kept anything back, or something was slowed, turns out later: ask
  // while it stands.
  [[nodiscard]] bool slowed_link(NodeId from, NodeId to) const {
    return network_.slowed_link(from, to);
  }
  [[nodiscard]] bool slowed_receiver(NodeId node) const { return network_.slowed_receiver(node); }
  [[nodiscard]] bool met_cut(NodeId from, NodeId to) { return network_.met_cut(from, to); }
  void hold(NodeId from, NodeId to, std::uint8_t payload) { network_.hold(from, to, payload); }
  [[nodiscard]] bool held_back(NodeId from, NodeId to, std::uint8_t payload) {
    return network_.held_back(from, to, payload);
  }
  bool release(NodeId from, NodeId to, std::uint8_t payload) {
    return network_.release(from, to, payload, now_);
  }
  // An operator's command, handled by a running node at once.
  bool command(NodeId node, const Payload& payload);
  void note(const Fact& fact) { outbox_.facts.push_back(fact); }
  void arm_scenario_timer(std::uint32_t index, Instant at);
  void disarm_scenario_timer(std::uint32_t index);

 private:
  using Message = Payload;
  using Net = Network<Message>;

  struct Process {
    bool up = false;
    bool frozen = false;
    bool stopping = false;     // it had its SIGTERM
    bool restarts = false;     // it was started again meanwhile: begins when it has ended
    bool terminating = false;  // a SIGTERM is pending until it moves again
    Incarnation incarnation;
    std::uint32_t timer_first = 0;  // its timers: [timer_first, timer_first + timer_count)
    std::uint32_t timer_count = 0;
    std::vector<std::uint32_t> late;  // timers that came due while frozen
  };

  template <class F>
  void with_node(NodeId node, F&& f) {
    const NodeInfo& info = composition_.node(node);
    switch (info.kind) {
      case NodeKind::kController: return f(controller_);
      case NodeKind::kBroker: return f(brokers_[info.index]);
      case NodeKind::kProducer: return f(producers_[info.index]);
      case NodeKind::kConsumer: return f(consumers_[info.index]);
    }
  }
  // When its process first starts: servers form the cluster.
  [[nodiscard]] Instant first_start(NodeId node) const;
  void run_start(NodeId node, const StartInfo& info);
  void dispatch_delivery(NodeId node, NodeId from, const Payload& payload);
  void dispatch_timer(NodeId node, LocalTimer timer);
  bool deliver_popped();
  bool fire_popped();
  void apply_effects(NodeId node);
  void send(NodeId from, const Effect& effect);
  void end_process(NodeId node, StopKind kind);
  bool strike_host(NodeId node, StopKind kind);
  void complete(Step& out, NodeId node, InputKind input, std::uint8_t detail, NodeId from);
  [[gnu::noinline, gnu::cold]] void keep_trace(const Step& step, std::uint8_t detail, NodeId from);

  Composition composition_;
  Topology topology_;
  bool shuffle_ties_;
  Chooser chooser_;
  Ledger ledger_;
  MetadataLog metadata_log_;
  PayloadPools pools_;
  Outbox outbox_;
  EventQueue<Parcel<Message>> queue_;
  Net network_;
  Context context_;
  Controller controller_;
  std::vector<Broker> brokers_;
  std::vector<Producer> producers_;
  std::vector<Consumer> consumers_;
  std::vector<Process> processes_;   // by NodeId
  std::vector<NodeId> timer_owner_;  // by TimerId; kNoNode: the scenario
  std::uint32_t scenario_first_ = 0;
  EventQueue<Parcel<Message>>::Popped popped_;
  EventId next_event_;
  Instant now_;
  Digest digest_;
  TraceSink* trace_ = nullptr;
};

// The log of a partition on a broker, running or not; null if the broker hosts none.
inline const PartitionLog* log_of(const Broker& broker, PartitionId partition) {
  const Replica* replica = broker.replicas.find(partition);
  return replica == nullptr ? nullptr : &replica->log;
}

}  // namespace ackident
