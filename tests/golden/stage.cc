#include "stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "scenario/load.h"
#include "scenario/units.h"

namespace ackident::golden {

namespace {

constexpr PartitionId kOrders = PartitionId(0);
// A cluster that is asked for something that never happens must end all the same.
constexpr Duration kPatience = seconds(3600);

std::uint64_t bit_of(FactKind kind) { return std::uint64_t{1} << static_cast<int>(kind); }

constexpr FactKind kShownFirst[] = {
    FactKind::kAppended,
    FactKind::kReplicated,
    FactKind::kTruncated,
    FactKind::kHighWatermark,
    FactKind::kTailLost,
    FactKind::kBecameLeader,
    FactKind::kBecameFollower,
    FactKind::kWentOffline,
    FactKind::kLeaderElected,
    FactKind::kIsrChanged,
    FactKind::kBrokerRegistered,
    FactKind::kBrokerFenced,
    FactKind::kBrokerUnfenced,
    FactKind::kProduceRejected,
    FactKind::kDuplicateDetected,
    FactKind::kRetried,
    FactKind::kAcked,
    FactKind::kFailed,
    FactKind::kDelivered,
};

FactKind parse_fact(const std::string& name) {
  for (int i = 0; i < static_cast<int>(FactKind::kCount); ++i) {
    if (fact_name(static_cast<FactKind>(i)) == name) return static_cast<FactKind>(i);
  }
  throw std::runtime_error(fmt::format("there is no fact {}", name));
}

Duration parse_time(const std::string& text) {
  const auto time = parse_duration(text);
  if (!time) throw std::runtime_error(fmt::format("{} is no time", text));
  return *time;
}

std::uint8_t parse_payload(const std::string& name) {
  for (std::size_t i = 0; i < std::variant_size_v<Payload>; ++i) {
    if (payload_name(i) == name) return static_cast<std::uint8_t>(i);
  }
  throw std::runtime_error(fmt::format("there is no message {}", name));
}

nlohmann::ordered_json parse_value(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  const auto number = parse_decimal(text, 1);
  if (number) return *number;
  return text;
}

const std::string& word(const Verb& verb, std::size_t i) {
  if (i >= verb.words.size()) throw std::runtime_error("a word is missing");
  return verb.words[i];
}

// "rf=3" as key and value.
std::pair<std::string, std::string> setting(const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == std::string::npos) throw std::runtime_error(fmt::format("{} needs a =", text));
  return {text.substr(0, at), text.substr(at + 1)};
}

// The keys of a client that are not Kafka's.
bool is_own_key(const std::string& key) {
  constexpr const char* kOwn[] = {"every", "rate",  "burst",           "count",
                                  "start", "group", "processing_time", "record_size"};
  return std::find(std::begin(kOwn), std::end(kOwn), key) != std::end(kOwn);
}

std::string time_text(Instant at) {
  const std::int64_t us = at.ns() / 1'000;
  return fmt::format("{:>4}.{:06}", us / 1'000'000, us % 1'000'000);
}

}  // namespace

Stage::Stage() {
  for (const FactKind kind : kShownFirst) shown_ |= bit_of(kind);
}

void Stage::play(const Verb& verb, std::vector<std::string>& out) {
  const std::string& name = verb.words.front();
  if (name == "cluster") return describe_cluster(verb);
  if (name == "producer") return describe_producer(verb);
  if (name == "consumer") return describe_consumer(verb);
  if (name == "show") return show(verb);
  if (text_.is_null()) throw std::runtime_error("the cluster must be described first");
  if (world_ == nullptr) begin(out);
  if (name == "run") return advance(parse_time(word(verb, 1)), out);
  if (name == "until") return advance_until(verb, out);
  if (name == "log") return print_logs(out);
  act(verb, out);
}

void Stage::describe_cluster(const Verb& verb) {
  using Json = nlohmann::ordered_json;
  text_ = {{"doc", "A golden script."}, {"kafka", "3.9"}, {"duration", "24h"}, {"settle", false}};
  Json cluster{{"brokers", 3}};
  Json config = Json::object();
  int replication = 3;
  for (std::size_t i = 1; i < verb.words.size(); ++i) {
    const auto [key, value] = setting(verb.words[i]);
    if (key == "kafka") {
      text_[key] = value;
    } else if (key == "brokers") {
      cluster[key] = parse_value(value);
    } else if (key == "rf") {
      replication = std::stoi(value);
    } else if (key == "latency") {
      cluster["network"] = {{"within_rack", value}};
    } else if (key == "startup_time") {
      cluster[key] = value;
    } else {
      config[key == "min_isr" ? "min.insync.replicas" : key] = parse_value(value);
    }
  }
  cluster["config"] = config;
  Json replicas = Json::array();
  for (int id = 1; id <= replication; ++id) replicas.push_back(id);
  text_["cluster"] = cluster;
  text_["topics"]["orders"]["replicas"] = Json::array({replicas});
}

void Stage::describe_producer(const Verb& verb) {
  nlohmann::ordered_json producer{{"name", "p"}, {"topic", "orders"}};
  for (std::size_t i = 1; i < verb.words.size(); ++i) {
    const auto [key, value] = setting(verb.words[i]);
    (is_own_key(key) ? producer[key] : producer["config"][key]) = parse_value(value);
  }
  text_["producers"].push_back(producer);
}

void Stage::describe_consumer(const Verb& verb) {
  nlohmann::ordered_json consumer{{"name", "c"}, {"group", "g"}, {"topic", "orders"}};
  for (std::size_t i = 1; i < verb.words.size(); ++i) {
    const auto [key, value] = setting(verb.words[i]);
    (is_own_key(key) ? consumer[key] : consumer["config"][key]) = parse_value(value);
  }
  text_["consumers"].push_back(consumer);
}

void Stage::begin(std::vector<std::string>& out) {
  scenario_ = load_scenario("script", text_.dump(2));
  injector_ = std::make_unique<Injector>(scenario_.setup);
  world_ = std::make_unique<World>(scenario_.setup, injector_->timer_count());
  Step formed;
  world_->reset(scenario_.seed, formed);
  injector_->begin(*world_);
  print(formed, out);
}

bool Stage::step(Instant until, Step& out) {
  if (!world_->step(until, out)) return false;
  if (out.input == InputKind::kScenario) {
    injector_->fire(*world_, out);
    world_->finish_scenario_step(out);
  }
  return true;
}

void Stage::show(const Verb& verb) {
  shown_ = 0;
  for (const std::string& fact : split(word(verb, 1), ',')) shown_ |= bit_of(parse_fact(fact));
}

void Stage::advance(Duration by, std::vector<std::string>& out) {
  now_ = now_ + by;
  Step step;
  while (this->step(now_, step)) print(step, out);
}

// until FACT [node] [nth]: the step that notes it is the last one.
void Stage::advance_until(const Verb& verb, std::vector<std::string>& out) {
  const FactKind kind = parse_fact(word(verb, 1));
  NodeId who = kNoNode;
  int nth = 1;
  for (std::size_t i = 2; i < verb.words.size(); ++i) {
    const std::string& text = verb.words[i];
    if (text.front() == '#') {
      nth = std::stoi(text.substr(1));
    } else {
      who = node(text);
    }
  }
  const NodeId controller = world_->composition().controller;
  Step step;
  while (this->step(now_ + kPatience, step)) {
    print(step, out);
    for (const Fact& fact : step.facts) {
      const NodeId about = fact.node == controller ? fact.peer : fact.node;
      if (fact.kind == kind && (who == kNoNode || who == about)) --nth;
    }
    if (nth <= 0) {
      now_ = step.at;
      return;
    }
  }
  throw std::runtime_error(fmt::format("{} has not happened in an hour", fact_name(kind)));
}

void Stage::act(const Verb& verb, std::vector<std::string>& out) {
  Step step;
  world_->begin_external_step(step, now_);
  apply(verb);
  world_->finish_scenario_step(step);
  print(step, out);
}

void Stage::apply(const Verb& verb) {
  const std::string& name = verb.words.front();
  World& world = *world_;
  bool bit = true;
  if (name == "elect") {
    const bool unclean = word(verb, 1) == "unclean";
    const ElectionKind kind = unclean ? ElectionKind::kUnclean : ElectionKind::kPreferred;
    bit = world.command(world.composition().controller, ElectLeadersCommand{kOrders, kind});
  } else if (name == "hold" || name == "release") {
    const NodeId from = node(word(verb, 2));
    const NodeId to = node(word(verb, 3));
    const std::uint8_t payload = parse_payload(word(verb, 1));
    if (name == "hold") {
      world.hold(from, to, payload);
    } else {
      world.release(from, to, payload);
    }
  } else if (name == "cut" || name == "heal") {
    const NodeId a = node(word(verb, 1));
    const NodeId b = node(word(verb, 2));
    const bool there = name == "cut" ? world.cut(a, b, false) : world.heal(a, b);
    const bool back = name == "cut" ? world.cut(b, a, false) : world.heal(b, a);
    bit = there || back;
  } else {
    const NodeId who = node(word(verb, 1));
    if (name == "kill") {
      bit = world.stop_process(who, StopKind::kProcessKill, -1);
    } else if (name == "power_loss") {
      const auto [key, lose] = setting(word(verb, 2));
      if (key != "lose") throw std::runtime_error("power_loss needs lose=N");
      bit = world.stop_process(who, StopKind::kPowerLoss, std::stoi(lose));
    } else if (name == "start") {
      bit = world.start_process(who);
    } else if (name == "freeze") {
      bit = world.freeze_process(who);
    } else if (name == "resume") {
      bit = world.resume_process(who);
    } else {
      throw std::runtime_error(fmt::format("there is no verb {}", name));
    }
  }
  if (!bit) throw std::runtime_error(fmt::format("{} changes nothing", name));
}

void Stage::print(const Step& step, std::vector<std::string>& out) const {
  for (const Fact& fact : step.facts) {
    if ((shown_ & bit_of(fact.kind)) == 0) continue;
    out.push_back(fmt::format("{} {:<10} {:<21} {}", time_text(step.at), name(fact.node),
                              fact_name(fact.kind), describe(fact)));
    while (out.back().back() == ' ') out.back().pop_back();
  }
}

void Stage::print_logs(std::vector<std::string>& out) const {
  for (const NodeId id : world_->partition(kOrders).replicas) {
    const Replica* replica = world_->broker(id).replicas.find(kOrders);
    if (replica == nullptr) continue;
    std::string role = "down";
    if (world_->up(id)) {
      constexpr const char* kRoles[] = {"offline", "follower", "leader"};
      role =
          fmt::format("{} epoch {}", kRoles[replica->role.index()], leader_epoch(*replica).value());
    }
    const PartitionLog& log = replica->log;
    std::string epochs;
    for (const EpochEntry& entry : log.epochs()) {
      epochs += fmt::format(" {}@{}", entry.epoch.value(), entry.start.value());
    }
    out.push_back(fmt::format("{}  {:<16} epochs{}  leo {} hw {}", name(id), role, epochs,
                              log.end().value(), log.high_watermark().value()));
  }
}

// L, F1, F2 ... by the controller's truth, C the controller, broker ids, names.
NodeId Stage::node(const std::string& role) const {
  const PartitionRegistration& partition = world_->partition(kOrders);
  if (role == "C") return world_->composition().controller;
  if (role == "L") {
    if (partition.leader == kNoNode) throw std::runtime_error("there is no leader");
    return partition.leader;
  }
  if (role.size() == 2 && role[0] == 'F') {
    int nth = role[1] - '0';
    for (const NodeId replica : partition.replicas) {
      if (replica != partition.leader && --nth == 0) return replica;
    }
  }
  const std::vector<std::string>& names = scenario_.setup.names.nodes;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == role || names[i] == "b" + role) return NodeId(static_cast<std::uint16_t>(i));
  }
  throw std::runtime_error(fmt::format("there is no node {}", role));
}

std::string Stage::name(NodeId node) const {
  return node == kNoNode ? "none" : scenario_.setup.names.nodes[node.value()];
}

std::string Stage::describe(const Fact& f) const {
  const std::string peer = name(f.peer);
  const auto error = [](std::int64_t code) { return error_name(static_cast<ErrorCode>(code)); };
  switch (f.kind) {
    case FactKind::kAppended: return fmt::format("[{},{}) epoch {} from {}", f.a, f.b, f.c, peer);
    case FactKind::kReplicated:
    case FactKind::kDelivered: return fmt::format("[{},{}) epoch {}", f.a, f.b, f.c);
    case FactKind::kTruncated: return fmt::format("{} -> {}, hw was {}", f.b, f.a, f.c);
    case FactKind::kTailLost: return fmt::format("{} -> {}", f.b, f.a);
    case FactKind::kHighWatermark:
    case FactKind::kFollowerHighWatermark: return fmt::format("{} -> {}", f.a, f.b);
    case FactKind::kHighWatermarkLoaded: return fmt::format("{} of {}", f.a, f.b);
    case FactKind::kBecameLeader:
    case FactKind::kWentOffline: return fmt::format("epoch {} leo {} hw {}", f.c, f.a, f.b);
    case FactKind::kBecameFollower:
      return fmt::format("of {} epoch {} leo {} hw {}", peer, f.c, f.a, f.b);
    case FactKind::kIsrProposed: return fmt::format("{} -> {} for {}", f.b, f.a, peer);
    case FactKind::kIsrRejected: return std::string(error(f.a));
    case FactKind::kLeaderElected: {
      constexpr const char* kKinds[] = {"clean", "preferred", "unclean"};
      return fmt::format("{} epoch {} {}", peer, f.a, kKinds[f.c]);
    }
    case FactKind::kIsrChanged:
      return fmt::format("{} {}: {} -> {}", peer, f.a > f.b ? "joins" : "leaves", f.b, f.a);
    case FactKind::kBrokerRegistered: return fmt::format("{} life {}", peer, f.b);
    case FactKind::kBrokerFenced:
    case FactKind::kBrokerUnfenced: return peer;
    case FactKind::kProduceRejected: return fmt::format("#{} of {}: {}", f.b, peer, error(f.a));
    case FactKind::kProduceAnswered:
      return fmt::format("#{} to {} at {}: {}", f.b, peer, f.c, error(f.a));
    case FactKind::kDuplicateDetected: return fmt::format("#{} of {} is at {}", f.b, peer, f.a);
    case FactKind::kBatchSent: return fmt::format("#{} to {} attempt {}", f.a, peer, f.b);
    case FactKind::kAcked: return fmt::format("#{} at {}", f.a, f.b);
    case FactKind::kFailed: return fmt::format("#{} {}", f.a, error(f.b));
    case FactKind::kRetried: return fmt::format("#{} attempt {} after {}", f.a, f.c, error(f.b));
    default: return fmt::format("{} {} {}", f.a, f.b, f.c);
  }
}

}  // namespace ackident::golden
