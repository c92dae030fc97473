// "faults": what happens, in the order of the file.
#include "scenario/decode.h"

namespace ackident {

void decode_faults(Decoder& decoder, ObjectReader& root) {
  const JsonNode* node = root.find("faults");
  if (node == nullptr) return;
  if (!node->is_array()) {
    report_kind(*node, decoder.problems, "a list of faults");
    return;
  }
  if (node->children.size() > kFaultsMax) {
    decoder.problems.error(*node,
                           "a scenario has at most " + std::to_string(kFaultsMax) + " faults");
    return;
  }
  ActionState state;
  for (const TopicInfo& topic : decoder.composition().topics) {
    state.topic_configs.push_back(topic.config);
  }
  for (const JsonNode& item : node->children) {
    ObjectReader reader(item, decoder.problems, "a fault");
    if (!reader.valid()) continue;
    Fault fault;
    fault.line = decoder.problems.line_of(item);
    decode_trigger(decoder, reader, fault);
    decode_action(decoder, reader, state, fault);
    reader.finish();
    decoder.scenario.setup.faults.push_back(std::move(fault));
  }
}

}  // namespace ackident
