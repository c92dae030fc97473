// The effects of one step. A handler changes its own node and writes here; the world applies the
// effects after the step, in order.
#pragma once

#include "base/append_list.h"
#include "kafka/fact.h"
#include "kafka/payload.h"
#include "kernel/chooser.h"

namespace ackident {

// A timer of a node, numbered densely within the node from 0; each room states its numbering.
using LocalTimer = Id<struct LocalTimerTag, std::uint32_t>;

// Which of the fields mean something depends on the kind; the others are left as they were.
struct Effect {
  enum class Kind : std::uint8_t { kSend, kArm, kDisarm, kClose, kListen, kExit, kDrop };
  Kind kind{};
  Channel channel{};        // kClose
  NodeId to = kNoNode;      // kSend, kClose, kDrop
  std::uint32_t message{};  // kSend: index into Outbox::messages
  LocalTimer timer;         // kArm, kDisarm
  Instant at;               // kArm
};

struct Outbox {
  AppendList<Effect> effects;
  AppendList<Payload> messages;
  AppendList<Fact> facts;

  void clear() {
    effects.clear();
    messages.clear();
    facts.clear();
  }
};

}  // namespace ackident
