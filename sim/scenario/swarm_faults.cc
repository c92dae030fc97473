// The faults of a drawn scenario.
#include <fmt/format.h>

#include "scenario/swarm_draw.h"

namespace ackident {
namespace {

enum class Action : std::uint8_t {
  kKill,
  kShutdown,
  kFreeze,
  kPowerLoss,
  kDiskWipe,
  kCut,
  kSlowLink,
  kSlowBroker,
  kHold,
  kElect,
  kAlterConfig,
  kSetRate,
  kSetProcessing,
  kHeal,
  kStart,
  kCount
};

// A text with its values drawn from left to right: only braces promise that order.
struct Text {
  template <class... Args>
  Text(fmt::format_string<const Args&...> form, const Args&... args)
      : value(fmt::format(form, args...)) {}
  operator std::string() && { return std::move(value); }

  std::string value;
};

class Faults {
 public:
  explicit Faults(const Swarm& swarm) : swarm_(swarm), draw_(swarm.seed, SwarmPart::kFaults) {}

  std::string list() {
    std::vector<Action> actions;
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(Action::kCount); ++i) {
      if ((swarm_.features.actions >> i & 1) != 0) actions.push_back(static_cast<Action>(i));
    }
    std::string list;
    const std::int64_t count = actions.empty() ? 0 : draw_.of({0, 1, 2, 3, 5, 8, 12});
    for (std::int64_t i = 0; i < count; ++i) {
      const Action action = actions[draw_.below(actions.size())];
      list += Text{"{}\n    {{ {}, {} }}", i == 0 ? "" : ",", trigger(), fault(action)}.value;
    }
    return "[" + list + "\n  ]";
  }

 private:
  std::int64_t moment() { return draw_.between(0, swarm_.duration_ms - 1); }

  std::string trigger() {
    const SwarmFeatures& features = swarm_.features;
    if (features.fact_triggers && draw_.percent(40)) return fact_trigger();
    if (features.storms && draw_.percent(40)) {
      const std::int64_t mean = draw_.of({500, 2000, 5000});
      if (draw_.percent(50)) {
        return Text{"\"at\": \"{}ms\", \"every\": \"{}ms\", \"times\": {}", moment(), mean,
                    draw_.between(2, 6)};
      }
      return Text{"\"chance\": {{ \"mean\": \"{}ms\", \"from\": \"{}ms\", \"times\": {} }}", mean,
                  moment(), draw_.between(2, 6)};
    }
    return fmt::format("\"at\": \"{}ms\"", moment());
  }

  std::string fact_trigger() {
    const char* const fact = draw_.of({"Appended",
                                       "Replicated",
                                       "Truncated",
                                       "HighWatermark",
                                       "FollowerHighWatermark",
                                       "HighWatermarkLoaded",
                                       "BecameLeader",
                                       "BecameFollower",
                                       "IsrProposed",
                                       "IsrChanged",
                                       "IsrRejected",
                                       "LeaderElected",
                                       "PartitionChanged",
                                       "BrokerFenced",
                                       "BrokerUnfenced",
                                       "BrokerRegistered",
                                       "ControlledShutdown",
                                       "ProduceRejected",
                                       "DuplicateDetected",
                                       "Acked",
                                       "Failed",
                                       "Retried",
                                       "Delivered",
                                       "Committed",
                                       "PositionReset",
                                       "ShutdownBegan",
                                       "Killed",
                                       "Started"});
    return Text{
        "\"on\": {{ \"fact\": \"{}\", \"nth\": {}, \"after\": \"{}us\", \"not_before\": "
        "\"{}ms\" }}",
        fact, draw_.of({1, 1, 2, 3, 10}), draw_.of({0, 0, 100, 1000, 100'000, 2'000'000}),
        draw_.between(0, swarm_.duration_ms / 2)};
  }

  std::string broker() { return fmt::format("b{}", draw_.between(1, swarm_.brokers)); }

  std::string brokers() {
    switch (draw_.below(10)) {
      case 0:
      case 1: return fmt::format("leader({})", swarm_.partition(draw_));
      case 2: return fmt::format("follower({})[0]", swarm_.partition(draw_));
      case 3: return fmt::format("follower({})", swarm_.partition(draw_));
      case 4: return fmt::format("isr({})", swarm_.partition(draw_));
      case 5: return fmt::format("replicas({})", swarm_.partition(draw_));
      case 6: return "random-broker";
      case 7:
        if (!swarm_.racks.empty()) return "rack:" + swarm_.racks[draw_.below(swarm_.racks.size())];
        return broker();
      default: return broker();
    }
  }

  std::string client() {
    const std::size_t producers = swarm_.producers.size();
    const std::size_t nth = draw_.below(producers + swarm_.consumers.size());
    return nth < producers ? swarm_.producers[nth] : swarm_.consumers[nth - producers];
  }

  std::string anyone() {
    if (swarm_.features.controller_faults && draw_.percent(20)) return "controller";
    if (swarm_.features.client_faults && draw_.percent(20)) return client();
    return brokers();
  }

  std::string ends() {
    return Text{"\"from\": \"{}\", \"to\": \"{}\"", anyone(),
                draw_.percent(20) ? "everyone" : anyone()};
  }

  std::string lasting(std::uint64_t chance) {
    if (!draw_.percent(chance)) return "";
    return fmt::format(", \"for\": \"{}ms\"",
                       draw_.of({1, 50, 500, 2000, 5000, 12'000, 20'000, 40'000}));
  }

  std::string cut() {
    std::string text = draw_.percent(30) ? fmt::format("\"cut\": \"{}\"", anyone())
                                         : fmt::format("\"cut\": {{ {} }}", ends());
    if (draw_.percent(40)) text += ", \"both_ways\": false";
    if (draw_.percent(40)) text += ", \"reset\": true";
    text += lasting(80);
    return text;
  }

  std::string hold() {
    const char* const message = draw_.of({"ProduceRequest",
                                          "ProduceResponse",
                                          "FetchRequest",
                                          "FetchResponse",
                                          "AlterPartitionRequest",
                                          "AlterPartitionResponse",
                                          "BrokerHeartbeatRequest",
                                          "BrokerHeartbeatResponse",
                                          "MetadataFetchRequest",
                                          "MetadataFetchResponse",
                                          "MetadataRequest",
                                          "MetadataResponse",
                                          "BrokerRegistrationRequest",
                                          "BrokerRegistrationResponse",
                                          "ListOffsetsRequest",
                                          "ListOffsetsResponse",
                                          "OffsetsForLeaderEpochRequest",
                                          "OffsetsForLeaderEpochResponse",
                                          "InitProducerIdRequest",
                                          "InitProducerIdResponse"});
    held_ = Text{"\"message\": \"{}\", {}", message, ends()};
    return Text{"\"hold\": {{ {} }}{}", held_, lasting(85)};
  }

  // Before its time, and whatever it was.
  std::string undo() {
    const std::uint64_t what = draw_.below(3);
    if (what == 1) return "\"resume\": \"everyone\"";
    if (what == 2 && !held_.empty()) return Text{"\"release\": {{ {} }}", held_};
    return "\"heal\": \"all\"";
  }

  std::string alter_config() {
    const Swarm::Topic& topic = swarm_.topics[draw_.below(swarm_.topics.size())];
    std::string config = fmt::format("\"min.insync.replicas\": {}", draw_.between(1, 3));
    if (swarm_.features.unclean && draw_.percent(60)) {
      config = fmt::format("\"unclean.leader.election.enable\": {}",
                           draw_.percent(70) ? "true" : "false");
    }
    return fmt::format("\"alter_config\": {{ \"topic\": \"{}\", \"config\": {{ {} }} }}",
                       topic.name, config);
  }

  std::string elect() {
    const bool unclean = swarm_.features.unclean && draw_.percent(50);
    return fmt::format("\"elect\": {{ \"partition\": \"{}\", \"kind\": \"{}\" }}",
                       swarm_.partition(draw_), unclean ? "unclean" : "preferred");
  }

  std::string set_processing() {
    if (swarm_.consumers.empty()) return elect();
    return Text{"\"set_processing\": {{ \"consumer\": \"{}\", \"processing_time\": \"{}us\" }}",
                swarm_.consumers[draw_.below(swarm_.consumers.size())], draw_.of({0, 100, 1000})};
  }

  std::string process(std::string_view verb, std::uint64_t chance_to_return) {
    return Text{"\"{}\": \"{}\"{}", verb, anyone(), lasting(chance_to_return)};
  }

  std::string slow(std::string_view key, const std::string& whom) {
    return Text{"\"{}\": {{ {}, \"delay\": \"{}ms\" }}{}", key, whom, draw_.of({1, 20, 200, 2000}),
                lasting(80)};
  }

  std::string fault(Action action) {
    switch (action) {
      case Action::kKill: return process("kill", 80);
      case Action::kShutdown: return process("shutdown", 80);
      case Action::kFreeze: return process("freeze", 80);
      case Action::kPowerLoss: {
        const std::int64_t lose = draw_.of({-1, -1, -1, 0, 1, 20, 1000});
        const std::string exactly = lose < 0 ? "" : fmt::format(", \"lose\": {}", lose);
        return Text{"\"power_loss\": \"{}\"{}{}", brokers(), exactly, lasting(80)};
      }
      case Action::kDiskWipe: return Text{"\"disk_wipe\": \"{}\"{}", brokers(), lasting(80)};
      case Action::kCut: return cut();
      case Action::kSlowLink: return slow("slow_link", ends());
      case Action::kSlowBroker:
        return slow("slow_broker", fmt::format("\"target\": \"{}\"", brokers()));
      case Action::kHold: return hold();
      case Action::kElect: return elect();
      case Action::kAlterConfig: return alter_config();
      case Action::kSetRate:
        return Text{"\"set_rate\": {{ \"producer\": \"{}\", \"rate\": \"{}/s\" }}",
                    swarm_.producers[draw_.below(swarm_.producers.size())],
                    draw_.of({1, 20, 200, 500})};
      case Action::kSetProcessing: return set_processing();
      case Action::kHeal: return undo();
      case Action::kStart: return "\"start\": \"brokers\"";
      case Action::kCount: break;
    }
    return elect();
  }

  const Swarm& swarm_;
  Draw draw_;
  std::string held_;  // what the newest hold keeps back
};

}  // namespace

// Power loss and disk wipes are rarer: with them hardly anything is promised.
std::uint32_t draw_actions(Draw& draw) {
  std::uint32_t actions = 0;
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(Action::kCount); ++i) {
    const Action action = static_cast<Action>(i);
    const bool rare = action == Action::kPowerLoss || action == Action::kDiskWipe;
    if (draw.percent(rare ? 12 : 40)) actions |= std::uint32_t{1} << i;
  }
  return actions;
}

std::string draw_faults(const Swarm& swarm) { return Faults(swarm).list(); }

}  // namespace ackident
