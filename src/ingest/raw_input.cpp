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

#include "record/uninterrupted.hpp"

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
  const int number = uninterrupted([&] {
    if (path == "-") return ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    // O_NONBLOCK: a FIFO without a writer must not hold us here, where no stop is seen.
    return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  });
  if (number < 0) return tl::unexpected(cannot_open(path, errno));
  FileDescriptor descriptor(number);

  struct stat about {};
  if (::fstat(number, &about) != 0) return tl::unexpected(cannot_open(path, errno));
  if (S_ISDIR(about.st_mode)) return tl::unexpected(cannot_open(path, EISDIR));
  const bool regular = S_ISREG(about.st_mode);
  // Advice only: a refusal changes nothing but speed.
  if (regular) ::posix_fadvise(number, 0, 0, POSIX_FADV_SEQUENTIAL);
  return RawInput(path, std::move(descriptor), regular, stop);
}

Result<void> RawInput::check(const std::string& path) {
  struct stat about {};
  const bool found = path != "-" && ::stat(path.c_str(), &about) == 0;
  if (path == "-" || (found && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode))) return {};
  return open(path, nullptr).map([](const RawInput&) {});
}

bool RawInput::stopped() const noexcept {
  // order: relaxed; the flag carries no data.
  return stop_ != nullptr && stop_->load(std::memory_order_relaxed);
}

bool RawInput::wait_for_bytes() {
  if (regular_) return !stopped();
  pollfd waiting{.fd = descriptor_.get(), .events = POLLIN, .revents = 0};
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
    const ssize_t got = ::read(descriptor_.get(), to.data() + filled, asked);
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
