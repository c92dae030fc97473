// The cluster that a golden script plays on: a World made from a scenario text, and the verbs that
// move it. tests/golden/README.md lists the verbs.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cluster/injector.h"
#include "cluster/world.h"
#include "scenario/scenario.h"
#include "script.h"

namespace ackident::golden {

class Stage {
 public:
  Stage();

  // Does what the verb says and appends what it prints. Throws std::runtime_error.
  void play(const Verb& verb, std::vector<std::string>& out);

 private:
  // What the first verbs ask for; the world begins with the first that is not one of them.
  void describe_cluster(const Verb& verb);
  void describe_producer(const Verb& verb);
  void describe_consumer(const Verb& verb);
  void begin(std::vector<std::string>& out);

  void show(const Verb& verb);
  bool step(Instant until, Step& out);
  void advance(Duration by, std::vector<std::string>& out);
  void advance_until(const Verb& verb, std::vector<std::string>& out);
  void act(const Verb& verb, std::vector<std::string>& out);
  void apply(const Verb& verb);
  void print_logs(std::vector<std::string>& out) const;
  void print(const Step& step, std::vector<std::string>& out) const;

  [[nodiscard]] NodeId node(const std::string& role) const;
  [[nodiscard]] std::string name(NodeId node) const;
  [[nodiscard]] std::string describe(const Fact& fact) const;

  nlohmann::ordered_json text_;
  Scenario scenario_;
  std::unique_ptr<Injector> injector_;  // starts clients at their time
  std::unique_ptr<World> world_;
  Instant now_;              // the script's own: nothing need happen at it
  std::uint64_t shown_ = 0;  // by FactKind
};

}  // namespace ackident::golden
