// JSON with comments (// and /* */), read into a tree of JsonNode. Beyond RFC 8259 it refuses what
// hides mistakes: duplicate keys, invalid UTF-8, nesting beyond kJsonDepthMax, huge files.
#pragma once

#include <cstddef>

#include "scenario/diagnostics.h"
#include "scenario/json_node.h"

namespace ackident {

inline constexpr std::size_t kJsonDepthMax = 64;
inline constexpr std::size_t kJsonBytesMax = std::size_t{16} << 20;

// Reads the text of `source`. False, with the errors in `problems`, if there is no usable tree.
// Duplicate keys are reported and the tree is usable: their decoding may find more.
bool parse_json(std::uint16_t source, Diagnostics& problems, JsonNode& root);

// Where the text stops being UTF-8, or text.size().
std::size_t first_invalid_utf8(std::string_view text);

}  // namespace ackident
