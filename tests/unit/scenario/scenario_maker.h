// Small scenarios for tests: a whole file around the part under test.
#pragma once

#include <string>

#include "scenario/load.h"

namespace ackident {

// Three brokers in racks a, b, c; topic "orders" with two partitions; producer p1; group billing.
// `more` is put before the closing brace: ", \"faults\": [...]".
inline std::string scenario_text(const std::string& more = "", const std::string& kafka = "3.9") {
  return "{ \"doc\": \"A test. More.\", \"kafka\": \"" + kafka +
         "\",\n"
         "\"cluster\": { \"brokers\": 3, \"racks\": [\"a\", \"b\", \"c\"] },\n"
         "\"topics\": { \"orders\": { \"partitions\": 2, \"replication_factor\": 3 } },\n"
         "\"producers\": [ { \"topic\": \"orders\" } ],\n"
         "\"consumers\": [ { \"group\": \"billing\", \"topic\": \"orders\" } ]" +
         more + " }";
}

inline Scenario load_text(const std::string& text, const std::vector<std::string>& set = {}) {
  return load_scenario("dir/test.json", text, set);
}

// What is wrong with a text; empty if nothing is.
inline std::vector<Problem> problems_of(const std::string& text,
                                        const std::vector<std::string>& set = {}) {
  try {
    load_text(text, set);
  } catch (const ScenarioError& error) {
    return error.problems();
  }
  return {};
}

// The message of the first error; empty if the text is good.
inline std::string first_problem(const std::string& text,
                                 const std::vector<std::string>& set = {}) {
  const std::vector<Problem> problems = problems_of(text, set);
  return problems.empty() ? "" : problems.front().message;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace ackident
