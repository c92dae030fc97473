// Reading and writing whole files. Errors are a sentence for people.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace ackident {

class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// "-" is standard input.
std::string read_file(const std::string& path);
// Writes beside the target and renames, so that a reader sees the old text or the whole new one.
// A device or a pipe is written to as it stands.
void replace_file(const std::string& path, std::string_view text);
// Throws what replace_file() would, before the work that the text comes from. Leaves nothing
// behind.
void check_replaceable(const std::string& path);
// To standard output, at once.
void print(std::string_view text);

}  // namespace ackident
