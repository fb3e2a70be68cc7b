// SPDX-License-Identifier: Apache-2.0
//
// Told by a look at names and first bytes: nothing is locked, and nothing is read beyond the magic.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "log/format.hpp"
#include "replay/log_replay.hpp"

namespace millrace {
namespace {

namespace fs = std::filesystem;

bool has_magic(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return false;
  std::uint8_t magic[sizeof log::kMagic] = {};
  const bool read = ::pread(fd, magic, sizeof magic, 0) == sizeof magic;
  ::close(fd);
  return read && std::memcmp(magic, log::kMagic, sizeof magic) == 0;
}

}  // namespace

bool looks_like_log(const std::string& path) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::is_regular_file(status)) return has_magic(path);
  if (!fs::is_directory(status)) return false;
  if (fs::is_regular_file(fs::path(path) / "LOCK", ignored)) return true;
  for (fs::directory_iterator at(path, ignored), end; !ignored && at != end;
       at.increment(ignored)) {
    if (at->path().extension() == ".mlr") return true;
  }
  return false;
}

}  // namespace millrace
