// SPDX-License-Identifier: Apache-2.0
//
// FolderLock: see log_folder.hpp.
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <map>
#include <mutex>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/log_folder.hpp"
#include "record/file_descriptor.hpp"
#include "record/uninterrupted.hpp"

namespace millrace::log {
namespace {

constexpr std::uint64_t kNoFile = ~std::uint64_t{0};  // ticket of a lock without file
constexpr int kOpenFlags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
constexpr int kReopenMax = 10;  // LOCK was exchanged under our feet; more is no accident

/// What this process holds, by ticket: a descriptor's number would not do, since a child that has closed
/// it may have another file under it.
struct Held {
  std::mutex mutex;
  std::map<std::uint64_t, int> descriptors;
  std::uint64_t next = 1;
};

// Never destroyed: engines may close while static objects go.
Held& held() {
  static auto* const all = new Held;
  return *all;
}

// flock belongs to the open file, which a child shares: it would hold the lock beyond our end.
void close_in_child() {
  for (const auto& [ticket, fd] : held().descriptors) ::close(fd);
  held().descriptors.clear();
  held().mutex.unlock();
}

std::uint64_t keep(FileDescriptor fd) {
  Held& all = held();
  static const int registered =
      ::pthread_atfork([] { held().mutex.lock(); }, [] { held().mutex.unlock(); }, close_in_child);
  (void)registered;
  const std::lock_guard lock(all.mutex);
  all.descriptors.emplace(all.next, fd.get());
  (void)fd.release();
  return all.next++;
}

void release(std::uint64_t ticket) {
  if (ticket == 0 || ticket == kNoFile) return;
  Held& all = held();
  const std::lock_guard lock(all.mutex);
  const auto at = all.descriptors.find(ticket);
  if (at == all.descriptors.end()) return;  // a forked child
  ::close(at->second);
  all.descriptors.erase(at);
}

std::string lock_path(const std::string& dir) { return dir + "/LOCK"; }

tl::unexpected<Error> cannot(const char* verb, const std::string& path, int error_number) {
  return failure(
      error_number == ENOENT ? Errc::not_found : Errc::io,
      fmt::format("cannot {} '{}': {}", verb, path, std::generic_category().message(error_number)));
}

struct stat stat_of(int fd) {
  struct stat about {};
  if (::fstat(fd, &about) != 0) about.st_mode = 0;
  return about;
}

// -1 with errno, -2: there is none and a reader needs none. A reader makes no LOCK: it writes nothing, and
// a folder without one is a copy, which no writer has begun with.
int open_lock(const std::string& dir, const std::string& path, FolderLock::Kind kind) {
  const bool shared = kind == FolderLock::Kind::shared;
  const int fd = ::open(path.c_str(), (shared ? O_RDONLY : O_RDWR) | kOpenFlags);
  if (fd >= 0 || errno != ENOENT) return fd;
  if (!shared) return ::open(path.c_str(), O_RDWR | O_CREAT | kOpenFlags, 0600);
  return ::access(dir.c_str(), R_OK | X_OK) == 0 ? -2 : -1;
}

void write_holder(int fd) noexcept {
  std::array<char, 32> text{};
  char* const end = std::to_chars(text.data(), text.data() + 20, ::getpid()).ptr;
  *end = '\n';
  const auto bytes = static_cast<std::size_t>(end + 1 - text.data());
  // For people only: a full disk must not keep a run from starting.
  if (::pwrite(fd, text.data(), bytes, 0) == static_cast<ssize_t>(bytes)) {
    (void)!::ftruncate(fd, static_cast<off_t>(bytes));
  }
}

enum class Try { got, busy, again, failed };

// `again`: the file that is locked is no longer the one that others find.
Try lock(int fd, const std::string& path, FolderLock::Kind kind) {
  const int how = (kind == FolderLock::Kind::shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  if (uninterrupted([&] { return ::flock(fd, how); }) != 0) {
    return errno == EWOULDBLOCK ? Try::busy : Try::failed;
  }
  const struct stat ours = stat_of(fd);
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) return Try::again;
  return ours.st_ino == there.st_ino && ours.st_dev == there.st_dev ? Try::got : Try::again;
}

}  // namespace

Result<std::optional<FolderLock>> FolderLock::acquire(const std::string& dir, Kind kind) {
  const std::string path = lock_path(dir);
  for (int i = 0; i < kReopenMax; ++i) {
    FileDescriptor fd(open_lock(dir, path, kind));
    if (fd.get() == -2) return std::optional<FolderLock>(FolderLock(kNoFile));
    if (fd.get() < 0) return cannot("open", path, errno);
    if (!S_ISREG(stat_of(fd.get()).st_mode)) {
      return failure(Errc::io, fmt::format("'{}' is not a regular file; remove it", path));
    }
    const Try outcome = lock(fd.get(), path, kind);
    const int why = errno;
    if (outcome == Try::got) {
      if (kind == Kind::exclusive) write_holder(fd.get());
      return std::optional<FolderLock>(FolderLock(keep(std::move(fd))));
    }
    if (outcome == Try::busy) return std::optional<FolderLock>();
    if (outcome == Try::failed) return cannot("lock", path, why);
  }
  return failure(Errc::io, fmt::format("'{}' is exchanged again and again", path));
}

std::uint32_t FolderLock::holder(const std::string& dir) {
  const int fd = ::open(lock_path(dir).c_str(), O_RDONLY | kOpenFlags);
  if (fd < 0) return 0;
  std::array<char, 32> text{};
  const ssize_t got = S_ISREG(stat_of(fd).st_mode) ? ::pread(fd, text.data(), text.size(), 0) : 0;
  ::close(fd);
  std::uint32_t pid = 0;
  const char* const end = text.data() + std::max<ssize_t>(got, 0);
  const auto parsed = std::from_chars(text.data(), end, pid);
  return parsed.ec == std::errc{} && parsed.ptr != end && *parsed.ptr == '\n' ? pid : 0;
}

FolderLock::FolderLock(FolderLock&& other) noexcept : ticket_(std::exchange(other.ticket_, 0)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  if (this != &other) {
    release(ticket_);
    ticket_ = std::exchange(other.ticket_, 0);
  }
  return *this;
}

FolderLock::~FolderLock() { release(ticket_); }

}  // namespace millrace::log
