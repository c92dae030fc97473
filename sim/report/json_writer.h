// Writes JSON as it goes: members in the order they are given, one per line, small things on one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ackident {

class JsonWriter {
 public:
  enum class Layout : std::uint8_t { kLines, kOneLine };

  void begin_object(Layout layout = Layout::kLines) { begin('{', layout); }
  void begin_object(std::string_view key, Layout layout = Layout::kLines);
  void begin_array(Layout layout = Layout::kLines) { begin('[', layout); }
  void begin_array(std::string_view key, Layout layout = Layout::kLines);
  // Ends the innermost object or array.
  void end();

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(std::int64_t number);
  void value(std::uint64_t number);
  void value(std::int32_t number) { value(std::int64_t{number}); }
  void value(std::uint32_t number) { value(std::uint64_t{number}); }
  void value(double number);
  void value(bool truth);
  void null();

  template <class T>
  void member(std::string_view name, const T& item) {
    key(name);
    value(item);
  }
  void member_null(std::string_view name) {
    key(name);
    null();
  }
  void key(std::string_view name);

  // The text, ended by a line feed. The writer is empty afterwards.
  std::string take();

 private:
  struct Level {
    char close = 0;
    bool lines = true;
    bool empty = true;
  };

  void begin(char open, Layout layout);
  void separate();
  void quote(std::string_view text);

  std::string text_;
  std::vector<Level> levels_;
  bool after_key_ = false;
};

}  // namespace ackident
