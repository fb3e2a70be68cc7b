// SPDX-License-Identifier: Apache-2.0
//
// SegmentFile::make(): from nothing to a file with all its blocks, a header and its name.
#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "log/frame_file.hpp"
#include "log/segment_file.hpp"
#include "record/uninterrupted.hpp"

namespace millrace::log {
namespace {

constexpr long kXfs = 0x58465342;  // not in linux/magic.h of every kernel

// Where blocks that are allocated stay, so that a mapped store finds them. All else is written by
// pwrite: btrfs takes a new block for the second store, NFS and FUSE servers go away, and what lies
// under an overlay is not known.
bool keeps_blocks(int fd) noexcept {
  struct statfs about {};
  if (::fstatfs(fd, &about) != 0) return false;
  switch (static_cast<long>(about.f_type)) {
    case EXT4_SUPER_MAGIC:  // and ext2, ext3
    case kXfs:
    case TMPFS_MAGIC:
    case RAMFS_MAGIC:
      return true;
    default:
      return false;
  }
}

// For what makes a file longer: beyond RLIMIT_FSIZE it is refused, and its SIGXFSZ is taken back.
template <typename Call>
auto without_size_signal(const Call& call) noexcept {
  const auto result = uninterrupted(call);
  if (result == -1 && errno == EFBIG) FileSizeSignal::drain();
  return result;
}

// Real blocks where fallocate does not know how. glibc's posix_fallocate would write one byte a block.
bool fill_with_zeros(int fd, std::uint64_t bytes) noexcept {
  constexpr std::size_t kStep = std::size_t{1} << 20;
  const std::unique_ptr<std::byte[]> zeros(new (std::nothrow) std::byte[kStep]());
  if (zeros == nullptr) {
    errno = ENOMEM;
    return false;
  }
  for (std::uint64_t at = 0; at < bytes;) {
    const std::size_t n = std::min<std::uint64_t>(kStep, bytes - at);
    if (const int why = write_all(fd, at, {zeros.get(), n}); why != 0) {
      errno = why;
      return false;
    }
    at += n;
  }
  return true;
}

std::string temporary_name(const SegmentHeader& header) {
  // With the run in it: what a killed maker left is never in the way.
  return fmt::format("{}.{}.tmp", segment_name(header.segment), hex(header.run));
}

}  // namespace

SegmentFile::SegmentFile(const SegmentPlan& plan)
    : dir_fd_(plan.dir_fd),
      dir_(plan.dir),
      name_(segment_name(plan.header.segment)),
      temporary_(temporary_name(plan.header)),
      header_(plan.header),
      mapped_(plan.mapped) {
  seal(header_);
}

Result<std::shared_ptr<SegmentFile>> SegmentFile::make(const SegmentPlan& plan, int* why) {
  const FileSizeSignal shield;
  std::shared_ptr<SegmentFile> segment(new SegmentFile(plan));
  const char* const failed = segment->prepare(plan);
  if (failed == nullptr) return segment;
  const int error = errno;
  if (why != nullptr) *why = error;
  segment->remove();  // gives its blocks back: a failed fallocate keeps them on ext4
  return failure(Errc::io, fmt::format("log: cannot {} '{}' ({} KiB): {}", failed, segment->path(),
                                       plan.header.segment_bytes / 1024, std::strerror(error)));
}

const char* SegmentFile::prepare(const SegmentPlan& plan) noexcept {
  fd_ = uninterrupted([&] {
    return ::openat(dir_fd_, temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    0600);
  });
  if (fd_ < 0) return "make";
  (void)::fchmod(fd_, 0600);  // whatever the umask took
  struct stat about {};
  if (::fstat(fd_, &about) != 0) {
    const int why = errno;
    ::unlinkat(dir_fd_, temporary_.c_str(), 0);  // O_EXCL: it is ours
    errno = why;
    return "look at";
  }
  id_ = {about.st_dev, about.st_ino};
  const bool steady = keeps_blocks(fd_);
  mapped_ = mapped_ && steady;
  if (!allocate()) return "allocate";
  if (mapped_ && !map()) return "map";
  const auto header = std::as_bytes(std::span(&header_, 1));
  if (const int why = write_all(fd_, 0, header); why != 0) {
    errno = why;
    return "write";
  }
  if (steady && ::fstat(fd_, &about) == 0) blocks_ = about.st_blocks;
  if (memory_ != nullptr) {
    prefault();
    if (harm() != Harm::none) {
      errno = ENOSPC;  // MADV_POPULATE_WRITE says EFAULT
      return "allocate";
    }
  }
  if (plan.durable && uninterrupted([&] { return ::fdatasync(fd_); }) != 0) return "sync";
  if (const int why = give_name(dir_fd_, temporary_, name_); why != 0) {
    errno = why;
    return "name";
  }
  temporary_.clear();
  if (plan.durable && uninterrupted([&] { return ::fsync(dir_fd_); }) != 0)
    return "sync the folder of";
  return nullptr;
}

bool SegmentFile::allocate() noexcept {
  const auto bytes = static_cast<off_t>(header_.segment_bytes);
  if (without_size_signal([&] { return ::fallocate(fd_, 0, 0, bytes); }) == 0) return true;
  if (errno != EOPNOTSUPP && errno != ENOSYS) return false;
  if (mapped_) return fill_with_zeros(fd_, header_.segment_bytes);
  return without_size_signal([&] { return ::ftruncate(fd_, bytes); }) == 0;
}

// Without a guard, or where files cannot be mapped, pwrite does.
bool SegmentFile::map() noexcept {
  void* const memory = ::mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (memory == MAP_FAILED) {
    if (errno != ENODEV) return false;
    mapped_ = false;
    return true;
  }
  memory_ = static_cast<std::byte*>(memory);
  if (::madvise(memory_, bytes(), MADV_DONTFORK) != 0) return false;
  // A wish. Where the file system has large folios, ext4 since Linux 6.16, pages are made twice as fast.
  (void)::madvise(memory_, bytes(), MADV_HUGEPAGE);
  auto guard = detail::GuardedRange::add(memory_, bytes());
  if (guard) {
    guard_ = std::move(*guard);
    return true;
  }
  ::munmap(memory_, bytes());
  memory_ = nullptr;
  mapped_ = false;
  return true;
}

}  // namespace millrace::log
