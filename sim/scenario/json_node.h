// A JSON text as a tree that remembers where each value and key stood, so that every later error
// can point at its place. Numbers keep their spelling: what is read is what was written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ackident {

enum class JsonKind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };
// "a string", "an object" ...
std::string_view json_kind_name(JsonKind kind);

struct JsonNode {
  JsonKind kind = JsonKind::kNull;
  bool boolean = false;
  std::uint16_t source = 0;      // 0: the file; n: the nth override (Diagnostics::add_source)
  std::uint32_t offset = 0;      // byte where the value begins
  std::uint32_t key_offset = 0;  // byte where its key begins, if it has one
  std::string key;
  std::string text;  // a string's value, a number's spelling
  std::vector<JsonNode> children;
  const JsonNode* parent = nullptr;  // set by link_parents, once the tree no longer moves

  [[nodiscard]] const JsonNode* find(std::string_view name) const;
  [[nodiscard]] bool is_string() const { return kind == JsonKind::kString; }
  [[nodiscard]] bool is_object() const { return kind == JsonKind::kObject; }
  [[nodiscard]] bool is_array() const { return kind == JsonKind::kArray; }
};

void link_parents(JsonNode& root);
// RFC 6901: "/topics/orders~1x/partitions"; "" for the root.
std::string json_pointer(const JsonNode& node);
std::string escape_pointer_token(std::string_view token);

}  // namespace ackident
