// The injector: makes a scenario's faults happen at their time, on their fact, or by chance, and
// undoes those that revert. It acts on the world through its verbs only.
//
// A fault "bit" if it changed something: a kill found a running process, a cut or a hold a message
// to keep back, a slow link or broker one to slow. What never bit makes a scenario vacuous.
#pragma once

#include <cstdint>
#include <vector>

#include "cluster/world.h"

namespace ackident {

// Whom a firing resolved to.
struct FaultEnds {
  std::vector<NodeId> targets;
  std::vector<NodeId> others;

  bool operator==(const FaultEnds&) const = default;
};

struct FaultState {
  std::uint32_t fired = 0;
  bool changed = false;  // the world was not the same after a firing
  bool bit = false;
  std::uint32_t matches = 0;   // facts that matched its trigger
  std::vector<Instant> times;  // of the first firings, bounded
  // What its firings did and nobody has undone: reverting undoes exactly that. A fault that fires
  // again may find other targets.
  std::vector<FaultEnds> standing;
};
inline constexpr std::size_t kFaultTimesMax = 16;

class Injector {
 public:
  explicit Injector(const ClusterSetup& setup);

  // Timers it needs: two per fault (fire, revert) and consumer (start, stop), one per producer.
  [[nodiscard]] std::uint32_t timer_count() const;

  void begin(World& world);                       // arms what has a time
  void fire(World& world, const Step& step);      // a scenario timer is due
  void on_facts(World& world, const Step& step);  // triggers; may arm timers
  // Ends the fault phase: no further firing; everything is healed, resumed, released, started.
  void heal_all(World& world);
  // Looks which of the cuts and holds that stand have kept something back: before they end, and at
  // the end of the run.
  void note_bites(World& world);
  // Starts every broker and controller that is down, as a supervisor would.
  static void start_servers(World& world);

  [[nodiscard]] const std::vector<FaultState>& states() const { return states_; }

 private:
  void resolve(const World& world, const std::vector<Selector>& selectors, std::uint32_t fault,
               std::vector<NodeId>& out) const;
  void resolve_one(const World& world, const Selector& selector, std::uint32_t fault,
                   std::vector<NodeId>& out) const;
  [[nodiscard]] bool matches(const World& world, const FactTrigger& trigger, Instant at,
                             const Fact& fact) const;
  void note_bites(World& world, std::uint32_t fault);
  void arm_first(World& world, std::uint32_t fault);
  void arm_next(World& world, std::uint32_t fault);
  void begin_or_end_client(World& world, std::uint32_t which);
  void act(World& world, std::uint32_t fault);
  static bool set_pace(World& world, NodeId node, const Fault& fault);
  static bool apply(World& world, const Fault& fault, const FaultEnds& ends);
  static bool apply_to_links(World& world, const Fault& fault, const FaultEnds& ends, bool undo);
  void revert(World& world, std::uint32_t fault);
  static void undo(World& world, const Fault& fault, const FaultEnds& ends);

  std::vector<Fault> faults_;
  std::vector<FaultState> states_;
  std::vector<std::uint32_t> waiting_;  // faults that wait for a fact
  std::uint64_t waited_kinds_ = 0;      // bit per FactKind some fault waits for
  bool healed_ = false;
  std::uint32_t consumers_ = 0;
  std::uint32_t producers_ = 0;
  Instant duration_;
};

}  // namespace ackident
