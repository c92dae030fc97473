// The scenario files of this folder.
#pragma once

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "scenario/load.h"

namespace ackident::bench {

inline Scenario load(const std::string& name, const std::vector<std::string>& overrides = {}) {
  const std::string path = std::string(ACKIDENT_BENCH_DIR) + "/" + name;
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return load_scenario(path, text.str(), overrides);
}

// Half a minute of the canonical run, with a leader's death: what a sweep runs again and again.
inline Scenario load_short(std::vector<std::string> overrides = {}) {
  overrides.insert(overrides.end(), {"duration=30s", "faults.0.at=10s", "faults.0.for=5s",
                                     "faults.1.at=20s", "faults.1.for=5s"});
  return load("canonical.json", overrides);
}

}  // namespace ackident::bench
