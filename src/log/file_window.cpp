// SPDX-License-Identifier: Apache-2.0
#include "log/file_window.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include <unistd.h>

#include "record/uninterrupted.hpp"

namespace millrace::log {
namespace {

constexpr std::size_t kSectorBytes = 4096;  // what is given up for one that cannot be read

ssize_t read_at(int fd, std::byte* to, std::size_t bytes, std::uint64_t offset) noexcept {
  return uninterrupted([&] { return ::pread(fd, to, bytes, static_cast<off_t>(offset)); });
}

}  // namespace

FileWindow::FileWindow(int fd, std::size_t bytes)
    : fd_(fd), size_(bytes), bytes_(std::make_unique_for_overwrite<std::byte[]>(bytes)) {}

std::span<const std::byte> FileWindow::at(std::uint64_t offset) {
  const std::uint64_t begin = offset / size_ * size_;
  if (begin != begin_ || filled_ == 0) fill(begin);
  const auto from = std::min(static_cast<std::size_t>(offset - begin), filled_);
  return {bytes_.get() + from, filled_ - from};
}

void FileWindow::fill(std::uint64_t begin) {
  begin_ = begin;
  filled_ = 0;
  if (begin > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()) - size_) return;
  while (filled_ < size_) {
    const ssize_t got = read_at(fd_, bytes_.get() + filled_, size_ - filled_, begin + filled_);
    const std::size_t more =
        got >= 0 ? static_cast<std::size_t>(got) : fill_around_fault(filled_, errno);
    if (more == 0) return;
    filled_ += more;
  }
}

std::size_t FileWindow::fill_around_fault(std::size_t at, int error_number) {
  const std::size_t bytes = std::min(size_ - at, kSectorBytes - at % kSectorBytes);
  const ssize_t got = read_at(fd_, bytes_.get() + at, bytes, begin_ + at);
  if (got >= 0) return static_cast<std::size_t>(got);
  const off_t end = ::lseek(fd_, 0, SEEK_END);  // a file that only gives errors must end, too
  if (end < 0 || begin_ + at >= static_cast<std::uint64_t>(end)) return 0;
  std::memset(bytes_.get() + at, 0, bytes);
  if (!fault_) fault_ = Fault{begin_ + at, 0, error_number};
  fault_->bytes = begin_ + at + bytes - fault_->offset;
  return bytes;
}

std::uint64_t FileWindow::skip_hole(std::uint64_t offset) const noexcept {
  const off_t data = ::lseek(fd_, static_cast<off_t>(offset), SEEK_DATA);
  if (data >= 0) return std::max(offset, static_cast<std::uint64_t>(data));
  if (errno != ENXIO) return offset;
  const off_t end = ::lseek(fd_, 0, SEEK_END);  // only a hole up to the end
  return end < 0 ? offset : std::max(offset, static_cast<std::uint64_t>(end));
}

std::optional<FileWindow::Fault> FileWindow::fault() noexcept {
  return std::exchange(fault_, std::nullopt);
}

}  // namespace millrace::log
