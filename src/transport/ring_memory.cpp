// SPDX-License-Identifier: Apache-2.0
#include "transport/ring_memory.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "transport/blocked_signals.hpp"

namespace millrace::detail {
namespace {

// File systems on which a store into a mapping can fail although the file has its space: btrfs copies on
// write, the others leave the machine. Magic numbers: statfs(2).
const char* unsafe_file_system(int fd) noexcept {
  struct statfs about {};
  if (::fstatfs(fd, &about) != 0) return nullptr;
  constexpr std::pair<unsigned long, const char*> kUnsafe[] = {
      {BTRFS_SUPER_MAGIC, "btrfs"}, {NFS_SUPER_MAGIC, "NFS"},  {FUSE_SUPER_MAGIC, "FUSE"},
      {SMB_SUPER_MAGIC, "SMB"},     {0xFF534D42, "CIFS"},      {0xFE534D42, "SMB2"},
      {V9FS_MAGIC, "9p"},           {CEPH_SUPER_MAGIC, "Ceph"}};
  for (const auto& [magic, name] : kUnsafe) {
    if (static_cast<std::uint32_t>(about.f_type) == magic) return name;
  }
  return nullptr;
}

// 0, or the errno.
template <typename Call>
int retried(Call call) noexcept {
  for (;;) {
    if (call() == 0) return 0;
    if (errno != EINTR && errno != EAGAIN) return errno;
  }
}

// Every page there and writable. `fd` -1: anonymous.
int populate(std::byte* memory, std::size_t bytes, int fd) noexcept {
  if (bytes == 0) return 0;
#ifdef MADV_POPULATE_WRITE
  const int why = retried([&] { return ::madvise(memory, bytes, MADV_POPULATE_WRITE); });
  if (why != EINVAL) return why;  // EINVAL: before Linux 5.14
#endif
  constexpr std::array<std::byte, kRingPageBytes> kZeros{};
  for (std::size_t at = 0; at < bytes; at += kZeros.size()) {
    // Of a file first by a call that can say no: a store that finds no room is a signal.
    if (fd >= 0 && ::pwrite(fd, kZeros.data(), kZeros.size(), static_cast<off_t>(at)) !=
                       static_cast<ssize_t>(kZeros.size())) {
      return errno;
    }
    memory[at] = std::byte{0};
  }
  return 0;
}

Error refused(const std::string& what, int why, const char* advice) {
  return {why == ENOMEM ? Errc::out_of_memory : Errc::io,
          fmt::format("worker: {}: {}; {}", what, std::strerror(why), advice)};
}

// A ring's file under construction: removed unless it is kept.
class NewFile {
 public:
  NewFile() = default;
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (fd_ < 0) return;
    ::close(fd_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  Result<void> make(const RingFiles& files, std::uint32_t slot, std::size_t bytes) {
    path_ = files.dir + "/" + ring_file_name(files.identity, slot);
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd_ < 0) {
      const int why = errno;
      return tl::unexpected(refused(fmt::format("cannot make its ring '{}'", path_), why,
                                    "the folder must be there and writable"));
    }
    if (const char* kind = unsafe_file_system(fd_)) {
      return failure(Errc::io,
                     fmt::format("worker: '{}' is on {}, where memory cannot be trusted to a "
                                 "file; set ring_dir to a folder elsewhere, e.g. /dev/shm, or "
                                 "ring_files to false",
                                 files.dir, kind));
    }
    const BlockedSignals no_file_size_signal;
    const int why = retried([&] { return ::fallocate(fd_, 0, 0, static_cast<off_t>(bytes)); });
    if (why != 0) {
      return tl::unexpected(
          refused(fmt::format("no {} KiB for its ring '{}'", bytes / 1024, path_), why,
                  why == EOPNOTSUPP ? "set ring_dir to a folder elsewhere, e.g. /dev/shm"
                                    : "make room, or set ring_dir or a smaller ring_blocks"));
    }
    return {};
  }

  [[nodiscard]] int fd() const noexcept { return fd_; }
  std::string keep() noexcept { return std::exchange(path_, {}); }

 private:
  int fd_ = -1;
  std::string path_;
};

// The first `in_file` bytes are those of the file, the rest is anonymous; nullptr: errno says why.
std::byte* map_bytes(std::size_t bytes, int fd, std::size_t in_file) noexcept {
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return nullptr;
  if (in_file != 0 &&
      ::mmap(at, in_file, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
    const int why = errno;
    ::munmap(at, bytes);
    errno = why;
    return nullptr;
  }
  return static_cast<std::byte*>(at);
}

// 0, or the errno.
int prepare(std::byte* memory, std::size_t bytes, int fd, std::size_t in_file) noexcept {
  if (::madvise(memory, bytes, MADV_DONTFORK) != 0) return errno;
  if (in_file != bytes) ::madvise(memory, bytes, MADV_HUGEPAGE);  // fewer faults, where granted
  if (const int why = populate(memory + in_file, bytes - in_file, -1)) return why;
  return populate(memory, in_file, fd);
}

}  // namespace

Result<RingMemory> RingMemory::map(const RingFiles& files, std::uint32_t slot,
                                   std::uint32_t blocks) {
  const std::size_t bytes = kRingBlocksAt + std::size_t{blocks} * kBlockBytes;
  const std::size_t in_file = files.kind == RingKind::file      ? bytes
                              : files.kind == RingKind::counted ? kRingBlocksAt
                                                                : 0;
  NewFile file;
  if (in_file != 0) {
    if (auto made = file.make(files, slot, in_file); !made) return tl::unexpected(made.error());
  }

  std::byte* memory = map_bytes(bytes, file.fd(), in_file);
  const int why = memory == nullptr ? errno : prepare(memory, bytes, file.fd(), in_file);
  if (why != 0) {
    if (memory != nullptr) ::munmap(memory, bytes);
    return tl::unexpected(refused(fmt::format("no {} KiB for its ring", bytes / 1024), why,
                                  "use fewer workers or a smaller ring_blocks"));
  }
  GuardedRange guard;
  if (in_file != 0) {
    if (files.guarded) {
      auto guarded = GuardedRange::add(memory, in_file);
      if (!guarded) {
        ::munmap(memory, bytes);
        return tl::unexpected(std::move(guarded).error());
      }
      guard = *std::move(guarded);
    }
    const RingFileHeader header =
        make_ring_header(files.identity, slot, files.kind == RingKind::file ? blocks : 0);
    std::memcpy(memory, &header, sizeof header);
  }
  return RingMemory(memory, bytes, file.keep(), std::move(guard));
}

RingMemory::RingMemory(std::byte* memory, std::size_t bytes, std::string path,
                       GuardedRange guard) noexcept
    : memory_(memory),
      bytes_(bytes),
      path_(std::move(path)),
      guard_(std::move(guard)),
      words_(::new (memory + kRingPageBytes) RingWords),
      owner_(::getpid()) {}

RingMemory::RingMemory(RingMemory&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)),
      bytes_(other.bytes_),
      path_(std::move(other.path_)),
      guard_(std::move(other.guard_)),
      words_(other.words_),
      owner_(other.owner_) {}

RingMemory::~RingMemory() {
  // In a forked child the range is not this mapping any more, perhaps another one.
  if (memory_ == nullptr || ::getpid() != owner_) return;
  guard_ = {};
  ::munmap(memory_, bytes_);
}

void RingMemory::remove_file() noexcept {
  if (path_.empty() || ::getpid() != owner_) return;
  ::unlink(path_.c_str());
  path_.clear();
}

}  // namespace millrace::detail
