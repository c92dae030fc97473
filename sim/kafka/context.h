// What a handler may do: read the instant of its event, the composition and immutable content, ask
// for a choice, and write effects. It has no other access to the world.
//
// Time is an input of the step, like the message: Kafka's rules compare clocks (R3.10, C1.30), so a
// handler may read now(); to be called later it arms a timer.
#pragma once

#include "kafka/composition.h"
#include "kafka/ledger.h"
#include "kafka/metadata.h"
#include "kafka/outbox.h"

namespace ackident {

class Context {
 public:
  Context(const Composition& composition, const Chooser& chooser, Ledger& ledger,
          MetadataLog& metadata_log, PayloadPools& pools, Outbox& outbox)
      : composition_(composition),
        chooser_(chooser),
        ledger_(ledger),
        metadata_log_(metadata_log),
        pools_(pools),
        outbox_(outbox) {}

  // Set by the world before each step.
  void begin(NodeId self, Instant now) {
    self_ = self;
    now_ = now;
  }

  [[nodiscard]] NodeId self() const { return self_; }
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] const Composition& composition() const { return composition_; }
  [[nodiscard]] const Behaviour& behaviour() const { return composition_.behaviour; }
  [[nodiscard]] bool mutant(Mutant m) const { return composition_.mutant(m); }

  // Immutable content, by name.
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] const MetadataLog& metadata_log() const { return metadata_log_; }
  // A leader writes content; the controller decides by appending a record.
  void append_batch(PartitionId partition, LeaderEpoch epoch, const LedgerBatch& batch) {
    ledger_.append(partition, epoch, batch);
  }
  MetadataOffset append_record(const MetadataRecord& record) {
    return metadata_log_.append(record);
  }

  PayloadPools& pools() { return pools_; }

  // A choice in [0, bound).
  [[nodiscard]] std::uint64_t choose(const ChoiceKey& key, std::uint64_t bound) const {
    return chooser_.pick(key, bound);
  }

  // Hands a message to the network. A request travels on this node's own connection to `to`
  // (opened if need be), a response on the connection `to` had opened.
  template <class Message>
  void send(NodeId to, const Message& message) {
    Effect& made = effect(Effect::Kind::kSend, to);
    made.message = static_cast<std::uint32_t>(outbox_.messages.size());
    outbox_.messages.append() = message;
  }
  // Closes this node's own connection to `to`: answers on it will not arrive; requests already sent
  // may still be executed (C0.9). No Disconnected comes back for it.
  void close(NodeId to, Channel channel) { effect(Effect::Kind::kClose, to).channel = channel; }
  // Closes the connection that `client` had opened to this node: a broker's only way to tell an
  // acks=0 producer of an error (R2.3). The client gets Disconnected; this node gets none.
  void drop_connection(NodeId client) {
    effect(Effect::Kind::kDrop, client).channel = Channel::kClient;
  }
  // Arms (or re-arms) one of this node's timers.
  void arm(LocalTimer timer, Instant at) {
    Effect& armed = effect(Effect::Kind::kArm, kNoNode);
    armed.timer = timer;
    armed.at = at;
  }
  void disarm(LocalTimer timer) { effect(Effect::Kind::kDisarm, kNoNode).timer = timer; }
  // The broker's listeners open (R6.1 step 7): before, connections to it are refused.
  void listen() { effect(Effect::Kind::kListen, kNoNode); }
  // The process ends by itself (end of a clean shutdown).
  void exit_process() { effect(Effect::Kind::kExit, kNoNode); }
  void note(const Fact& fact) { outbox_.facts.push_back(fact); }

 private:
  Effect& effect(Effect::Kind kind, NodeId to) {
    Effect& made = outbox_.effects.append();
    made.kind = kind;
    made.to = to;
    return made;
  }

  const Composition& composition_;
  const Chooser& chooser_;
  Ledger& ledger_;
  MetadataLog& metadata_log_;
  PayloadPools& pools_;
  Outbox& outbox_;
  NodeId self_ = kNoNode;
  Instant now_;
};

// Every kind of node is driven through the same four functions, overloaded on the node's type:
//   void start(Node&, const StartInfo&, Context&);            the process begins (or begins again)
//   void deliver(Node&, NodeId from, const Payload&, Context&);  a message, command or Disconnected
//   void fire(Node&, LocalTimer, Context&);                   an armed timer is due
//   std::uint32_t timer_count(const Node&, const Composition&, NodeId);  timers it may arm
// and for brokers and clients
//   void stop(Node&, StopKind, Context&);     the process ends: what survives stays in the node
//   void shut_down(Node&, Context&);          SIGTERM
struct StartInfo {
  Incarnation incarnation;  // 0: the first start of the run
  bool bootstrap = false;   // the run begins with a formed cluster: registered, unfenced, leading
};
enum class StopKind : std::uint8_t {
  kProcessKill,  // SIGKILL: the page cache stays (R1.5, T23)
  kPowerLoss,    // the unflushed tail is at risk (R1.21)
  kClean,        // after a clean shutdown
  kDiskWipe,     // killed, and its disk replaced by an empty one (R1.29)
};

}  // namespace ackident
