// SPDX-License-Identifier: Apache-2.0
#include "ingest/raw_input.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace millrace {
namespace {

constexpr int kStopCheckMs = 100;
// Between two looks at the stop flag, also where a file system is slow.
constexpr std::size_t kReadBytesMax = 1 << 20;

std::string words_of(int error_number) { return std::generic_category().message(error_number); }

Error cannot_open(const std::string& path, int error_number) {
  const Errc code = error_number == ENOENT ? Errc::not_found : Errc::io;
  return {code, fmt::format("cannot open '{}': {}", path, words_of(error_number))};
}

}  // namespace

Result<RawInput> RawInput::open(const std::string& path, const std::atomic<bool>* stop) {
  int descriptor = STDIN_FILENO;
  if (path != "-") {
    // O_NONBLOCK: a FIFO without a writer must not hold us here, where no stop is seen.
    do {
      descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) return tl::unexpected(cannot_open(path, errno));
  }

  struct stat about {};
  if (::fstat(descriptor, &about) != 0) return tl::unexpected(cannot_open(path, errno));
  RawInput input(path, descriptor, S_ISREG(about.st_mode), stop);
  if (S_ISDIR(about.st_mode)) return tl::unexpected(cannot_open(path, EISDIR));
  // Advice only: a refusal changes nothing but speed.
  if (input.regular_) ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  return input;
}

Result<void> RawInput::check(const std::string& path) {
  struct stat about {};
  const bool found = path != "-" && ::stat(path.c_str(), &about) == 0;
  if (path == "-" || (found && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode))) return {};
  return open(path, nullptr).map([](const RawInput&) {});
}

RawInput::~RawInput() {
  if (descriptor_ >= 0 && path_ != "-") ::close(descriptor_);
}

bool RawInput::stopped() const noexcept {
  // order: relaxed; the flag carries no data.
  return stop_ != nullptr && stop_->load(std::memory_order_relaxed);
}

bool RawInput::wait_for_bytes() {
  if (regular_) return !stopped();
  pollfd waiting{.fd = descriptor_, .events = POLLIN, .revents = 0};
  while (!stopped()) {
    const int ready = ::poll(&waiting, 1, kStopCheckMs);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true;  // read() tells what is wrong
  }
  return false;
}

std::size_t RawInput::read(std::span<char> to) {
  std::size_t filled = 0;
  while (filled < to.size() && !error_ && wait_for_bytes()) {
    const std::size_t asked = std::min(to.size() - filled, kReadBytesMax);
    const ssize_t got = ::read(descriptor_, to.data() + filled, asked);
    if (got == 0) break;
    if (got > 0) {
      filled += static_cast<std::size_t>(got);
      position_ += static_cast<std::uint64_t>(got);
    } else if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) {
      error_ = Error{Errc::io, fmt::format("cannot read '{}' at byte {}: {}", path_, position_,
                                           words_of(errno))};
    }
  }
  return filled;
}

}  // namespace millrace
