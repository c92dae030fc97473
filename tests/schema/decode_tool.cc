// Decodes scenario files and says OK or what is wrong, without a run: the other half of
// tests/schema/check_schema.py, which holds the JSON Schema and the decoder together.
// Usage: decode_tool FILE [PATH=VALUE]...
#include <cstdio>
#include <fstream>
#include <iterator>

#include "scenario/load.h"

int main(int argc, char** argv) {
  if (argc < 2) return 64;
  std::ifstream file(argv[1], std::ios::binary);
  if (!file) return 66;
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::string name = argv[1];
  name.erase(0, name.find_last_of('/') + 1);
  try {
    const ackident::Scenario scenario =
        ackident::load_scenario(name, text, std::vector<std::string>(argv + 2, argv + argc));
    for (const std::string& warning : scenario.warnings) std::printf("%s\n", warning.c_str());
    std::printf("OK\n");
    return 0;
  } catch (const ackident::ScenarioError& error) {
    std::printf("%s", error.what());
    return 2;
  }
}
