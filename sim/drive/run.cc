#include "drive/run.h"

#include <fmt/format.h>

#include <array>

#include "drive/expect.h"
#include "drive/quiet.h"
#include "drive/words.h"

namespace ackident {

namespace {

// Who follows which kind of fact: there are more facts than events, and each concerns few.
enum Follower : std::uint8_t { kShadows = 1, kAccount = 2, kInvariants = 4 };
constexpr auto kFollowers = [] {
  std::array<std::uint8_t, static_cast<std::size_t>(FactKind::kCount)> who{};
  for (std::size_t i = 0; i < who.size(); ++i) {
    const auto kind = static_cast<FactKind>(i);
    who[i] = static_cast<std::uint8_t>((Shadows::follows(kind) ? kShadows : 0) |
                                       (Account::follows(kind) ? kAccount : 0) |
                                       (Invariants::follows(kind) ? kInvariants : 0));
  }
  return who;
}();

}  // namespace

Runner::Runner(const Scenario& scenario)
    : scenario_(scenario),
      injector_(scenario.setup),
      world_(scenario.setup, injector_.timer_count()) {}

const RunResult& Runner::run(std::uint64_t seed, const RunHooks& hooks) {
  result_ = RunResult{};
  result_.seed = seed;
  shadows_.reset(world_.composition());
  account_.reset(world_.composition());
  invariants_.reset(world_.composition());
  recorder_.reset(scenario_);
  world_.set_trace(hooks.trace);
  Step formed;
  world_.reset(seed, formed);
  injector_.begin(world_);  // before the facts of the formation, on which a fault may wait
  watch(formed, hooks);
  still_at_ = Instant();
  still_since_ = EventId(0);
  const Instant duration = scenario_.setup.duration;
  if (advance(duration, hooks) && scenario_.setup.settle) settle(hooks);
  finish();
  return result_;
}

void Runner::watch(const Step& step, const RunHooks& hooks) {
  for (const Fact& fact : step.facts) {
    const std::uint8_t who = kFollowers[static_cast<std::size_t>(fact.kind)];
    if ((who & kShadows) != 0) shadows_.on_fact(step.at, step.id, fact);
    if ((who & kAccount) != 0) account_.on_fact(step.at, fact, world_.composition());
    if ((who & kInvariants) != 0) {
      invariants_.on_fact(world_, shadows_, account_, step.at, step.id, fact);
    }
    recorder_.on_fact(step.at, step.id, fact);
    if (hooks.on_fact != nullptr) hooks.on_fact(hooks.context, step.at, step.id, step.cause, fact);
  }
  injector_.on_facts(world_, step);
}

bool Runner::advance(Instant until, const RunHooks& hooks) {
  Step step;
  while (world_.step(until, step)) {
    if (step.input == InputKind::kScenario) {
      injector_.fire(world_, step);
      world_.finish_scenario_step(step);
    }
    if (!step.facts.empty()) watch(step, hooks);
    if (step.at >= invariants_.look_at()) invariants_.look_around(world_, step.at, step.id);
    if ((step.id.value() & 0xfff) == 0) {
      if (!in_bounds(step)) return false;
      if (hooks.interrupted != nullptr && hooks.interrupted->load()) {
        return cut_short("the run was interrupted");
      }
    }
  }
  return true;
}

// Looked at every 4096 events. Time can stand still: a network without latency and brokers that ask
// again at once would have events of one instant until the bound on all events, which is minutes.
bool Runner::in_bounds(const Step& step) {
  constexpr std::uint64_t kEventsOfInstantMax = 4'000'000;
  if (step.at != still_at_) {
    still_at_ = step.at;
    still_since_ = step.id;
  }
  if (step.id.value() >= scenario_.setup.events_max)
    return cut_short(fmt::format("the bound of {} events was reached", scenario_.setup.events_max));
  if (step.id.value() - still_since_.value() >= kEventsOfInstantMax)
    return cut_short(fmt::format("time stood still for {} events", kEventsOfInstantMax));
  return true;
}

bool Runner::cut_short(std::string why) {
  result_.bounds_hit = true;
  result_.cut_short = std::move(why);
  return false;
}

// Heals everything and runs on until nothing moves but heartbeats, in slices of one second; at most
// settle_max. A broker that still exits in that time, because it had been told to or because it
// could not register (R6.2), is started again at the next slice.
void Runner::settle(const RunHooks& hooks) {
  const Instant duration = scenario_.setup.duration;
  Step healed;
  world_.begin_external_step(healed, duration);
  injector_.heal_all(world_);
  world_.finish_scenario_step(healed);
  watch(healed, hooks);
  const Instant last = duration + scenario_.setup.settle_max;
  for (Instant at = duration + seconds(1); at <= last; at = at + seconds(1)) {
    if (!advance(at, hooks)) return;
    if (unrest(world_).nothing()) {
      result_.settled = world_.now();
      return;
    }
    if (at + seconds(1) <= last) restart_servers(at, hooks);
  }
  const Moving moving = durable_unrest(world_);
  result_.unsettled = moving_text(scenario_, unrest(world_));
  result_.cluster_unsettled = moving.of_cluster();
  if (moving.nothing()) return;
  cut_short(fmt::format("the cluster had not come to rest {} after it was healed ({})",
                        duration_text(scenario_.setup.settle_max), result_.unsettled));
}

void Runner::restart_servers(Instant at, const RunHooks& hooks) {
  if (servers_up(world_)) return;
  ++result_.restarts;
  Step step;
  world_.begin_external_step(step, at);
  Injector::start_servers(world_);
  world_.finish_scenario_step(step);
  watch(step, hooks);
}

void Runner::finish() {
  result_.digest = world_.digest();
  result_.events = world_.events();
  result_.end = world_.now();
  recorder_.finish(world_.now(), result_);
  account_.settle_accounts(world_, shadows_, result_);
  invariants_.finish(world_, shadows_, account_, result_.settled < kNever);
  result_.violations = invariants_.violations();
  result_.faults.clear();
  injector_.note_bites(world_);
  for (const FaultState& state : injector_.states()) {
    result_.faults.push_back({state.fired, state.bit, state.times});
  }
  judge(scenario_, result_);
}

RunResult run(const Scenario& scenario, const RunHooks& hooks) {
  return Runner(scenario).run(scenario.seed, hooks);
}

}  // namespace ackident
