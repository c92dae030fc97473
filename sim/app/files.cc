#include "app/files.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace ackident {

namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw FileError("cannot " + what + " " + path + ": " + std::strerror(errno));
}

bool write_all(std::FILE* file, std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
}

// A device or a pipe: to rename something over it would put a file in its place.
bool is_special(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(path, ignored);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
         !std::filesystem::is_directory(status);
}

void write_special(const std::string& path, std::string_view text) {
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) fail("write", path);
  const bool written = write_all(file, text);
  const int reason = errno;
  std::fclose(file);
  errno = reason;
  if (!written) fail("write", path);
}

// What a symbolic link stands for is replaced, not the link.
std::string behind_links(const std::string& path) {
  std::error_code error;
  const std::filesystem::path target = std::filesystem::canonical(path, error);
  return error ? path : target.string();
}

// A file beside the target; gone again unless it was renamed.
struct Beside {
  explicit Beside(const std::string& target)
      : path(target + ".tmp" + std::to_string(::getpid())), file(std::fopen(path.c_str(), "wb")) {
    if (file == nullptr) fail("write", target);
  }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;
  ~Beside() {
    close();
    std::remove(path.c_str());
  }
  bool close() {
    std::FILE* const open = std::exchange(file, nullptr);
    return open == nullptr || std::fclose(open) == 0;
  }

  std::string path;
  std::FILE* file;
};

}  // namespace

std::string read_file(const std::string& path) {
  const bool standard = path == "-";
  std::error_code ignored;
  if (!standard && std::filesystem::is_directory(path, ignored)) {
    throw FileError("cannot read " + path + ": it is a directory");
  }
  std::FILE* const file = standard ? stdin : std::fopen(path.c_str(), "rb");
  if (file == nullptr) fail("read", path);
  std::string text;
  char block[65536];
  while (const std::size_t count = std::fread(block, 1, sizeof block, file)) {
    text.append(block, count);
  }
  const bool failed = std::ferror(file) != 0;
  if (!standard) std::fclose(file);
  if (failed) fail("read", path);
  return text;
}

void replace_file(const std::string& path, std::string_view text) {
  if (is_special(path)) return write_special(path, text);
  const std::string target = behind_links(path);
  Beside beside(target);
  if (!write_all(beside.file, text) || !beside.close()) fail("write", path);
  if (std::rename(beside.path.c_str(), target.c_str()) != 0) fail("write", path);
}

void check_replaceable(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw FileError("cannot write " + path + ": it is a directory");
  }
  if (!is_special(path)) Beside(behind_links(path));
}

void print(std::string_view text) {
  if (!write_all(stdout, text)) fail("write to", "standard output");
}

}  // namespace ackident
