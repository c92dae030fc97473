#include "report/json_writer.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "base/check.h"

namespace ackident {

void JsonWriter::begin_object(std::string_view name, Layout layout) {
  key(name);
  begin('{', layout);
}

void JsonWriter::begin_array(std::string_view name, Layout layout) {
  key(name);
  begin('[', layout);
}

// What is inside something on one line is on that line too.
void JsonWriter::begin(char open, Layout layout) {
  separate();
  const bool lines = layout == Layout::kLines && (levels_.empty() || levels_.back().lines);
  text_ += open;
  levels_.push_back(Level{open == '{' ? '}' : ']', lines, true});
}

void JsonWriter::end() {
  SIM_CHECK(!levels_.empty());
  const Level level = levels_.back();
  levels_.pop_back();
  if (level.lines && !level.empty) text_.append(1, '\n').append(2 * levels_.size(), ' ');
  text_ += level.close;
}

// What stands between the last thing and the next one.
void JsonWriter::separate() {
  if (std::exchange(after_key_, false) || levels_.empty()) return;
  Level& level = levels_.back();
  if (!level.empty) text_ += ',';
  if (level.lines) {
    text_.append(1, '\n').append(2 * levels_.size(), ' ');
  } else if (!level.empty) {
    text_ += ' ';
  }
  level.empty = false;
}

void JsonWriter::key(std::string_view name) {
  separate();
  quote(name);
  text_ += ": ";
  after_key_ = true;
}

void JsonWriter::quote(std::string_view text) {
  text_ += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      text_.append(1, '\\').append(1, c);
    } else if (c == '\n') {
      text_ += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(text_), "\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      text_ += c;
    }
  }
  text_ += '"';
}

void JsonWriter::value(std::string_view text) {
  separate();
  quote(text);
}

void JsonWriter::value(std::int64_t number) {
  separate();
  const fmt::format_int digits(number);
  text_.append(digits.data(), digits.size());
}

void JsonWriter::value(std::uint64_t number) {
  separate();
  const fmt::format_int digits(number);
  text_.append(digits.data(), digits.size());
}

// The shortest text that reads back as the same number.
void JsonWriter::value(double number) {
  separate();
  fmt::format_to(std::back_inserter(text_), "{}", number);
}

void JsonWriter::value(bool truth) {
  separate();
  text_ += truth ? "true" : "false";
}

void JsonWriter::null() {
  separate();
  text_ += "null";
}

std::string JsonWriter::take() {
  SIM_CHECK(levels_.empty());
  text_ += '\n';
  return std::exchange(text_, std::string());
}

}  // namespace ackident
