// SPDX-License-Identifier: Apache-2.0
#include "log_exit.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "exit_code.hpp"
#include "log/format.hpp"
#include "output.hpp"

namespace millrace {
namespace {

namespace fs = std::filesystem;

// A good header of a format that this version does not know. Another major version may have another
// checksum: its number stands before.
bool is_of_another_version(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return false;
  log::SegmentHeader header{};
  const bool read = ::pread(fd, &header, sizeof header, 0) == sizeof header;
  ::close(fd);
  if (!read || std::memcmp(header.magic, log::kMagic, sizeof log::kMagic) != 0) return false;
  if (header.endian != log::kEndianTag) return false;
  if (header.major != log::kMajor) return true;
  return header.incompatible != 0 && header.crc == log::header_crc(header);
}

bool holds_another_version(const std::string& dir) {
  std::error_code ignored;
  for (fs::directory_iterator at(dir, ignored), end; !ignored && at != end; at.increment(ignored)) {
    if (at->path().extension() == ".mlr" && is_of_another_version(at->path())) return true;
  }
  return false;
}

bool any_of_another_version(std::span<const std::string> dirs) {
  return std::any_of(dirs.begin(), dirs.end(), holds_another_version);
}

}  // namespace

int log_exit_code(std::span<const std::string> dirs, std::span<const RunReport> runs,
                  std::span<const log::Damage> damages) {
  const LogLosses losses = losses_of(runs, damages);
  if (!damages.empty() && any_of_another_version(dirs)) return kIncompatible;
  if (losses.damages != 0 || losses.missing != 0 || losses.segments_missing != 0) return kDamaged;
  const bool left_out = losses.dropped != 0 || losses.unlogged != 0 || losses.lost != 0;
  return left_out || losses.unclean ? kPartial : kOk;
}

int log_failed(std::span<const std::string> dirs, const Error& error) {
  complain(error.message);
  if (any_of_another_version(dirs)) return kIncompatible;
  return error.code == Errc::invalid_argument ? kUsage : kError;
}

Result<void> check_log_folder(const std::string& path) {
  std::error_code failed;
  const fs::file_status status = fs::status(path, failed);
  if (fs::is_directory(status)) return {};
  if (!fs::exists(status)) {
    return failure(Errc::not_found, fmt::format("cannot open '{}': {}", path, failed.message()));
  }
  if (fs::is_regular_file(status) && looks_like_log(path)) {
    return failure(Errc::invalid_argument,
                   fmt::format("'{}' is one file of a log; name its folder", path));
  }
  return failure(Errc::invalid_argument, fmt::format("'{}' is no folder of a log", path));
}

}  // namespace millrace
