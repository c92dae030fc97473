#include "app/files.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace ackident {

namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw FileError("cannot " + what + " " + path + ": " + std::strerror(errno));
}

bool write_all(std::FILE* file, std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
}

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
  const std::string beside = path + ".tmp" + std::to_string(::getpid());
  std::FILE* const file = std::fopen(beside.c_str(), "wb");
  if (file == nullptr) fail("write", path);
  const bool written = write_all(file, text);
  const int reason = errno;
  if (std::fclose(file) != 0 || !written) {
    if (!written) errno = reason;
    const int kept = errno;
    std::remove(beside.c_str());
    errno = kept;
    fail("write", path);
  }
  if (std::rename(beside.c_str(), path.c_str()) != 0) {
    const int kept = errno;
    std::remove(beside.c_str());
    errno = kept;
    fail("write", path);
  }
}

void print(std::string_view text) {
  if (!write_all(stdout, text)) fail("write to", "standard output");
}

}  // namespace ackident
