#include "scenario/json_source.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ackident {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_number_part(char c) {
  return (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E';
}

// Past blanks and comments from `at`.
std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (is_blank(text[at])) {
      ++at;
    } else if (text.substr(at, 2) == "//") {
      at = std::min(text.find('\n', at), text.size());
    } else if (text.substr(at, 2) == "/*") {
      const std::size_t close = text.find("*/", at + 2);
      at = close == std::string_view::npos ? text.size() : close + 2;
    } else {
      break;
    }
  }
  return at;
}

std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

// The library's parser reports events, not places. This walks the text beside it: between two
// events stand only blanks, comments, commas and colons, so the place of the next token is known,
// and its end follows from its form.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {
    if (text_.starts_with(kByteOrderMark)) next_ = kByteOrderMark.size();
  }

  // Byte where the token of the current event begins; moves behind it.
  std::uint32_t take_token() {
    std::size_t at = skip_blanks(text_, next_);
    while (at < text_.size() && (text_[at] == ',' || text_[at] == ':')) {
      at = skip_blanks(text_, at + 1);
    }
    next_ = token_end(at);
    return static_cast<std::uint32_t>(at);
  }
  [[nodiscard]] std::string_view since(std::uint32_t begin) const {
    return text_.substr(begin, next_ - begin);
  }

 private:
  [[nodiscard]] std::size_t token_end(std::size_t at) const {
    if (at >= text_.size()) return at;
    if (text_[at] == '"') return string_end(text_, at);
    if (text_[at] == 't' || text_[at] == 'n') return at + 4;
    if (text_[at] == 'f') return at + 5;
    if (!is_number_part(text_[at])) return at + 1;  // bracket or brace
    while (at < text_.size() && is_number_part(text_[at])) ++at;
    return at;
  }

  std::string_view text_;
  std::size_t next_ = 0;
};

// Builds the tree from the parser's events. Names of the members are the library's.
class TreeBuilder : public nlohmann::json_sax<Json> {
 public:
  TreeBuilder(std::uint16_t source, Diagnostics& problems, JsonNode& root)
      : source_(source), problems_(problems), root_(root), walker_(problems.text(source)) {}

  bool null() override { return add(JsonKind::kNull); }
  bool boolean(bool value) override {
    last_boolean_ = value;
    return add(JsonKind::kBool);
  }
  bool number_integer(number_integer_t) override { return add(JsonKind::kNumber); }
  bool number_unsigned(number_unsigned_t) override { return add(JsonKind::kNumber); }
  bool number_float(number_float_t, const string_t&) override { return add(JsonKind::kNumber); }
  bool string(string_t& value) override {
    last_string_ = std::move(value);
    return add(JsonKind::kString);
  }
  bool binary(binary_t&) override { return false; }
  bool key(string_t& value) override {
    key_ = std::move(value);
    key_offset_ = walker_.take_token();
    return true;
  }
  bool start_object(std::size_t) override { return open(JsonKind::kObject); }
  bool start_array(std::size_t) override { return open(JsonKind::kArray); }
  bool end_object() override {
    report_duplicates(open_.back());
    return close();
  }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t byte, const std::string&, const Json::exception& e) override;

 private:
  JsonNode make(JsonKind kind) {
    JsonNode node;
    node.kind = kind;
    node.source = source_;
    node.offset = walker_.take_token();
    node.key_offset = key_.empty() ? node.offset : key_offset_;
    node.key = std::move(key_);
    key_.clear();
    return node;
  }
  bool add(JsonKind kind) {
    JsonNode node = make(kind);
    if (kind == JsonKind::kBool) node.boolean = last_boolean_;
    if (kind == JsonKind::kNumber) node.text = walker_.since(node.offset);
    if (kind == JsonKind::kString) node.text = std::move(last_string_);
    place(std::move(node));
    return true;
  }
  bool open(JsonKind kind) {
    open_.push_back(make(kind));
    if (open_.size() <= kJsonDepthMax) return true;
    problems_.error_at(source_, open_.back().offset, pointer(),
                       "nested deeper than " + std::to_string(kJsonDepthMax) + " levels");
    return false;
  }
  bool close() {
    walker_.take_token();
    JsonNode node = std::move(open_.back());
    open_.pop_back();
    place(std::move(node));
    return true;
  }
  void place(JsonNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else {
      open_.back().children.push_back(std::move(node));
    }
  }
  void report_duplicates(const JsonNode& object);
  // Pointer of the innermost open value.
  [[nodiscard]] std::string pointer() const {
    std::string out;
    for (std::size_t i = 1; i < open_.size(); ++i) {
      out += open_[i - 1].is_array() ? "/" + std::to_string(open_[i - 1].children.size())
                                     : "/" + escape_pointer_token(open_[i].key);
    }
    return out;
  }

  std::uint16_t source_;
  Diagnostics& problems_;
  JsonNode& root_;
  Walker walker_;
  std::vector<JsonNode> open_;
  std::string key_;
  std::uint32_t key_offset_ = 0;
  bool last_boolean_ = false;
  std::string last_string_;
};

void TreeBuilder::report_duplicates(const JsonNode& object) {
  std::vector<std::uint32_t> order(object.children.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  const std::vector<JsonNode>& members = object.children;
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return members[a].key != members[b].key ? members[a].key < members[b].key : a < b;
  });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const JsonNode& later = members[order[i]];
    if (later.key != members[order[i - 1]].key) continue;
    problems_.error_at(source_, later.key_offset, pointer() + "/" + escape_pointer_token(later.key),
                       "duplicate key \"" + later.key + "\"");
  }
}

// "[json.exception.parse_error.101] parse error at line 3, column 14: syntax error while parsing
// object key - unexpected ','; ..." to "syntax error while parsing object key - unexpected ','";
// and "[json.exception.out_of_range.406] number overflow ..." to "number overflow ...".
std::string plain_message(const std::string& message) {
  const std::size_t bracket = message.find("] ");
  if (message.find("column ") == std::string::npos && bracket != std::string::npos) {
    return message.substr(bracket + 2);
  }
  const std::size_t place = message.find("column ");
  std::size_t begin = place == std::string::npos ? 0 : message.find(": ", place);
  begin = begin == std::string::npos || begin == 0 ? 0 : begin + 2;
  std::string out = message.substr(begin);
  const std::size_t last_read = out.find("; last read: ");
  if (last_read == std::string::npos) return out;
  const std::size_t expected = out.find("; expected", last_read);
  out.erase(last_read, expected == std::string::npos ? std::string::npos : expected - last_read);
  return out;
}

// Where the token that ends at `last` begins.
std::size_t token_begin(std::string_view text, std::size_t last) {
  std::size_t at = std::min(last, text.empty() ? 0 : text.size() - 1);
  if (text.empty()) return 0;
  if (text[at] == '"' && at > 0) {
    do {
      --at;
    } while (at > 0 && (text[at] != '"' || text[at - 1] == '\\'));
    return at;
  }
  const auto part = [](char c) { return is_number_part(c) || (c >= 'a' && c <= 'z'); };
  while (at > 0 && part(text[at]) && part(text[at - 1])) --at;
  return at;
}

bool TreeBuilder::parse_error(std::size_t byte, const std::string&, const Json::exception& e) {
  const std::string_view text = problems_.text(source_);
  std::string message = plain_message(e.what());
  std::size_t at = byte > 0 ? byte - 1 : 0;
  // Where a list goes on, a comma is as good as its end.
  for (const std::string_view bracket : {"'}'", "']'"}) {
    const std::string expected = "; expected " + std::string(bracket);
    if (!message.ends_with(expected)) continue;
    message.replace(message.size() - bracket.size(), bracket.size(),
                    "',' or " + std::string(bracket));
  }
  const bool at_end = message.find("unexpected end of input") != std::string::npos;
  if (at_end) {
    at = text.size();
    while (at > 0 && is_blank(text[at - 1])) --at;
  } else if (message.find("unexpected") != std::string::npos) {
    at = token_begin(text, at);
  }
  if (!at_end && at < text.size() && (text[at] == '}' || text[at] == ']')) {
    std::size_t before = at;
    while (before > 0 && is_blank(text[before - 1])) --before;
    if (before > 0 && text[before - 1] == ',') message += " (a comma may not end a list)";
  }
  problems_.error_at(source_, at, open_.empty() ? "" : pointer(), std::move(message));
  return false;
}

// Length of the well-formed character at `at`, or 0 (Unicode, table 3-7).
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const auto tail = [&](std::size_t i) { return byte(i) >= 0x80 && byte(i) <= 0xbf; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool second =
        tail(1) && !(first == 0xe0 && byte(1) < 0xa0) && !(first == 0xed && byte(1) > 0x9f);
    return second && tail(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool second =
        tail(1) && !(first == 0xf0 && byte(1) < 0x90) && !(first == 0xf4 && byte(1) > 0x8f);
    return second && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::size_t first_invalid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0) return at;
    at += length;
  }
  return at;
}

bool parse_json(std::uint16_t source, Diagnostics& problems, JsonNode& root) {
  const std::string_view text = problems.text(source);
  if (text.size() > kJsonBytesMax) {
    problems.error_at(source, 0, "",
                      "the file has " + std::to_string(text.size()) + " bytes; the most is " +
                          std::to_string(kJsonBytesMax));
    return false;
  }
  const std::size_t invalid = first_invalid_utf8(text);
  if (invalid < text.size()) {
    problems.error_at(source, invalid, "", "invalid UTF-8");
    return false;
  }
  if (skip_blanks(text, text.starts_with(kByteOrderMark) ? 3 : 0) == text.size()) {
    problems.error_at(source, 0, "", "the file is empty; a scenario is one JSON object");
    return false;
  }
  TreeBuilder builder(source, problems, root);
  return Json::sax_parse(text.begin(), text.end(), &builder, Json::input_format_t::json, true,
                         true);
}

}  // namespace ackident
