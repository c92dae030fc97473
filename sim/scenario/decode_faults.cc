// "faults": what happens, in the order of the file.
#include "scenario/decode.h"

namespace ackident {
namespace {

// "leader(orders/0)"; "b1, b2"; "from b1 to b2, b3".
std::string words_of(const JsonNode& node) {
  if (node.kind == JsonKind::kBool) return node.boolean ? "true" : "false";
  std::string text = node.text;
  for (const JsonNode& child : node.children) {
    if (!text.empty()) text += node.is_array() ? ", " : " ";
    if (node.is_object()) text += child.key + " ";
    text += words_of(child);
  }
  return text;
}

FaultText text_of(const JsonNode& item, FaultAction action) {
  const JsonNode* target = item.find(fault_action_name(action));
  const JsonNode* note = item.find("note");
  return {target == nullptr ? "" : words_of(*target), note == nullptr ? "" : note->text};
}

}  // namespace

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
  for (const JsonNode& item : node->children) {
    ObjectReader reader(item, decoder.problems, "a fault");
    if (!reader.valid()) continue;
    Fault fault;
    fault.line = decoder.problems.line_of(item);
    decode_trigger(decoder, reader, fault);
    decode_action(decoder, reader, fault);
    reader.finish();
    decoder.scenario.fault_texts.push_back(text_of(item, fault.action));
    decoder.scenario.setup.faults.push_back(std::move(fault));
  }
}

}  // namespace ackident
