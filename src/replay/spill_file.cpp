// SPDX-License-Identifier: Apache-2.0
#include "replay/spill_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "log/frame_file.hpp"

namespace millrace {

SpillFile::~SpillFile() {
  if (fd_ >= 0) ::close(fd_);
}

std::string SpillFile::open() {
  if (dir_.empty()) {
    const char* const tmp = std::getenv("TMPDIR");
    dir_ = tmp != nullptr && *tmp != '\0' ? tmp : "/tmp";
  }
  fd_ = ::open(dir_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd_ < 0) {  // a file system that knows no file without a name
    std::string name = dir_ + "/millrace-XXXXXX";
    fd_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (fd_ >= 0) ::unlink(name.c_str());
  }
  return fd_ >= 0 ? "" : fmt::format("cannot make a file in '{}': {}", dir_, std::strerror(errno));
}

std::string SpillFile::append(std::span<const std::byte> bytes) {
  if (fd_ < 0) {
    if (std::string why = open(); !why.empty()) return why;
  }
  if (const int why = log::write_all(fd_, end_, bytes); why != 0) {
    return fmt::format("cannot write to a file in '{}': {}", dir_, std::strerror(why));
  }
  end_ += bytes.size();
  return "";
}

std::string SpillFile::read(std::uint64_t offset, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pread(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      return fmt::format("cannot read a file in '{}' back: {}", dir_,
                         n == 0 ? "it was cut" : std::strerror(errno));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return "";
}

}  // namespace millrace
