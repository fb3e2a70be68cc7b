// SPDX-License-Identifier: Apache-2.0
#include "log/frame_file.hpp"

#include <cerrno>
#include <csignal>

#include <pthread.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "record/crc32c.hpp"
#include "record/uninterrupted.hpp"

namespace millrace::log {
namespace {

sigset_t only_file_size() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGXFSZ);
  return set;
}

// 0 bytes written without an error are no progress: told as a full disk, not tried for ever.
int why_not(ssize_t written) noexcept {
  if (written == 0) return ENOSPC;
  if (errno == EFBIG) FileSizeSignal::drain();
  return errno;
}

int write_rest(int fd, std::uint64_t offset, std::span<const std::byte> bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n <= 0) {
      if (n < 0 && errno == EINTR) continue;
      return why_not(n);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return 0;
}

// Both parts, one behind the other, by one call when nothing comes between.
int write_pair(int fd, std::uint64_t offset, std::span<const std::byte> a,
               std::span<const std::byte> b) noexcept {
  const iovec parts[] = {{const_cast<std::byte*>(a.data()), a.size()},
                         {const_cast<std::byte*>(b.data()), b.size()}};
  const ssize_t n =
      uninterrupted([&] { return ::pwritev(fd, parts, 2, static_cast<off_t>(offset)); });
  if (n <= 0) return why_not(n);
  const auto written = static_cast<std::size_t>(n);
  if (written < a.size()) {
    if (const int why = write_rest(fd, offset + written, a.subspan(written)); why != 0) return why;
    return write_rest(fd, offset + a.size(), b);
  }
  return write_rest(fd, offset + written, b.subspan(written - a.size()));
}

}  // namespace

void seal(FrameHeader& header, FrameType type, std::uint32_t frame,
          std::span<const std::byte> payload, const FramePlace& place) noexcept {
  header.commit = commit_word(type, frame);
  header.payload_crc = crc32c(payload.data(), payload.size());
  header.header_crc = header_crc(header, frame_seed(place.log_id, place.segment, place.offset));
}

int write_all(int fd, std::uint64_t offset, std::span<const std::byte> bytes) noexcept {
  const FileSizeSignal shield;
  return write_rest(fd, offset, bytes);
}

int write_frame(int fd, std::uint64_t offset, const FrameHeader& header,
                std::span<const std::byte> payload) noexcept {
  const FileSizeSignal shield;
  const auto bytes = std::as_bytes(std::span(&header, 1));
  constexpr std::size_t kWord = sizeof header.commit;
  const int why = write_pair(fd, offset + kWord, bytes.subspan(kWord), payload);
  return why != 0 ? why : write_rest(fd, offset, bytes.first(kWord));
}

FileSizeSignal::FileSizeSignal() noexcept {
  const sigset_t set = only_file_size();
  sigset_t before;
  sigemptyset(&before);
  ::pthread_sigmask(SIG_BLOCK, &set, &before);
  was_blocked_ = sigismember(&before, SIGXFSZ) == 1;
}

FileSizeSignal::~FileSizeSignal() {
  if (was_blocked_) return;
  const sigset_t set = only_file_size();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void FileSizeSignal::drain() noexcept {
  const int before = errno;
  const sigset_t set = only_file_size();
  const timespec now{0, 0};
  ::sigtimedwait(&set, nullptr, &now);
  errno = before;
}

}  // namespace millrace::log
