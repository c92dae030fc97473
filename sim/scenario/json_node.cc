#include "scenario/json_node.h"

namespace ackident {

std::string_view json_kind_name(JsonKind kind) {
  switch (kind) {
    case JsonKind::kNull: return "null";
    case JsonKind::kBool: return "true or false";
    case JsonKind::kNumber: return "a number";
    case JsonKind::kString: return "a string";
    case JsonKind::kArray: return "a list";
    case JsonKind::kObject: return "an object";
  }
  return "";
}

const JsonNode* JsonNode::find(std::string_view name) const {
  for (const JsonNode& child : children) {
    if (child.key == name) return &child;
  }
  return nullptr;
}

void link_parents(JsonNode& root) {
  for (JsonNode& child : root.children) {
    child.parent = &root;
    link_parents(child);
  }
}

std::string escape_pointer_token(std::string_view token) {
  std::string out;
  for (const char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string json_pointer(const JsonNode& node) {
  if (node.parent == nullptr) return "";
  const JsonNode& parent = *node.parent;
  const std::string token = parent.is_array() ? std::to_string(&node - parent.children.data())
                                              : escape_pointer_token(node.key);
  return json_pointer(parent) + "/" + token;
}

}  // namespace ackident
