// SPDX-License-Identifier: Apache-2.0
#include "log/segment_ledger.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/uninterrupted.hpp"

namespace millrace::log {

SegmentLedger::SegmentLedger(int dir_fd, const WriterOptions& options,
                             const std::atomic<std::uint64_t>& logged)
    : dir_fd_(dir_fd),
      dir_(options.dir),
      policy_(options.sync),
      bytes_max_(options.bytes_max),
      logged_(logged) {}

void SegmentLedger::expect() {
  const std::lock_guard lock(mutex_);
  open_.reserve(open_.size() + 1);
}

void SegmentLedger::add(std::shared_ptr<SegmentFile> segment) {
  const std::lock_guard lock(mutex_);
  open_.push_back(std::move(segment));
}

void SegmentLedger::discard(const SegmentFile* segment) noexcept {
  std::shared_ptr<SegmentFile> gone;
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(open_.begin(), open_.end(),
                               [&](const auto& other) { return other.get() == segment; });
  if (at == open_.end()) return;
  (*at)->remove();
  open_.erase(at);
}

void SegmentLedger::discard_all(bool begun_too) noexcept {
  const std::lock_guard lock(mutex_);
  std::erase_if(open_, [&](const auto& segment) {
    if (segment->begun() && !begun_too) return false;
    segment->remove();
    return true;
  });
}

std::vector<std::shared_ptr<SegmentFile>> SegmentLedger::open_segments() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

void SegmentLedger::settle() {
  for (const auto& segment : open_segments()) {
    if (segment->finished() && segment->unmapped()) settle_one(segment);
  }
}

void SegmentLedger::settle_one(const std::shared_ptr<SegmentFile>& segment) {
  // Two syncs at a time: one may take the error, and the other say that all is well. Without a policy
  // nothing is synced here, and the maker does not wait for who does.
  std::unique_lock one(sync_mutex_, std::defer_lock);
  if (policy_ != LogSync::never) one.lock();
  const bool synced = policy_ != LogSync::never && sync_one(*segment);
  const std::uint64_t records = segment->settle();
  const bool gone = segment->harm() == SegmentFile::Harm::unlinked;
  const std::lock_guard lock(mutex_);
  if (!gone) {
    settled_.push_back({segment->name(), segment->id(), segment->end(), records, synced});
  }
  std::erase(open_, segment);
  const std::uint64_t lost = segment->records() - records;
  if (lost == 0) return;
  // order: relaxed; a count that is only shown.
  lost_.fetch_add(lost, std::memory_order_relaxed);
  fail();
  note(fmt::format("log: '{}' {}: {} records", segment->path(), words(segment->harm()), lost));
}

void SegmentLedger::make_room(std::uint64_t bytes) noexcept {
  if (bytes_max_ == 0) return;
  const std::lock_guard lock(mutex_);
  for (const auto& segment : open_) bytes += segment->bytes();
  for (const Settled& settled : settled_) bytes += settled.bytes;
  while (bytes > bytes_max_ && !settled_.empty()) {
    const Settled& oldest = settled_.front();
    const int why = unlink_if(dir_fd_, oldest.name, oldest.id);
    // One that somebody else removed is gone as well. What cannot be removed is tried again with the
    // next segment, before any later one: the log never has a hole.
    if (why != 0 && why != ENOENT && why != ESTALE) return;
    // order: relaxed; a count that is only shown.
    dropped_.fetch_add(oldest.records, std::memory_order_relaxed);
    bytes -= oldest.bytes;
    settled_.pop_front();
  }
}

Result<void> SegmentLedger::sync() {
  const std::lock_guard one(sync_mutex_);
  // order: acquire; pairs with the writer's release. First of all: segments begun later hold none of
  // these records.
  const std::uint64_t covered = logged_.load(std::memory_order_acquire);
  std::vector<std::shared_ptr<SegmentFile>> open;
  std::vector<Settled> settled;
  {
    const std::lock_guard lock(mutex_);
    open = open_;
    std::copy_if(settled_.begin(), settled_.end(), std::back_inserter(settled),
                 [](const Settled& s) { return !s.synced; });
  }
  if (policy_ == LogSync::never && uninterrupted([&] { return ::fsync(dir_fd_); }) != 0) {
    fail(dir_, std::strerror(errno));
  }
  for (const Settled& each : settled) {
    if (!sync_settled(each)) continue;
    const std::lock_guard lock(mutex_);
    for (Settled& s : settled_) s.synced = s.synced || s.id == each.id;
  }
  for (const auto& segment : open) {
    if (segment->begun()) (void)sync_one(*segment);
  }
  // order: relaxed (both); written under sync_mutex_, shown elsewhere.
  if (failed_.load(std::memory_order_relaxed)) return failure(Errc::io, error());
  durable_.store(covered, std::memory_order_relaxed);
  return {};
}

bool SegmentLedger::sync_one(SegmentFile& segment) {
  if (const int why = segment.sync(); why != 0) return fail(segment.path(), std::strerror(why));
  return segment.harm() == SegmentFile::Harm::none || fail(segment.path(), words(segment.harm()));
}

// Its file is closed: the kernel keeps an error of its pages for who opens it next.
bool SegmentLedger::sync_settled(const Settled& settled) {
  const std::string path = dir_ + "/" + settled.name;
  const int fd = uninterrupted([&] {
    return ::openat(dir_fd_, settled.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  });
  if (fd < 0) return errno == ENOENT || fail(path, std::strerror(errno));  // retention was quicker
  struct stat about {};
  const char* why = nullptr;
  if (::fstat(fd, &about) != 0 || FileId{about.st_dev, about.st_ino} != settled.id) {
    why = "another file has its name";
  } else if (uninterrupted([&] { return ::fdatasync(fd); }) != 0) {
    why = std::strerror(errno);
  }
  ::close(fd);
  return why == nullptr || fail(path, why);
}

bool SegmentLedger::fail(const std::string& path, const char* why) {
  fail();
  const std::lock_guard lock(mutex_);
  note(
      fmt::format("log: cannot sync '{}': {}; what was durable before still is, nothing later is "
                  "vouched for",
                  path, why));
  return false;
}

// durable() stays where it is. Before the words: there may be no memory for them.
void SegmentLedger::fail() noexcept {
  failed_.store(true, std::memory_order_relaxed);  // order: relaxed; see sync()
}

// Under mutex_. The first stays.
void SegmentLedger::note(std::string text) noexcept {
  if (error_.empty()) error_ = std::move(text);
}

std::uint64_t SegmentLedger::durable() const noexcept {
  return durable_.load(std::memory_order_relaxed);  // order: relaxed; only shown
}
std::uint64_t SegmentLedger::dropped() const noexcept {
  return dropped_.load(std::memory_order_relaxed);  // order: relaxed; only shown
}
std::uint64_t SegmentLedger::lost() const noexcept {
  return lost_.load(std::memory_order_relaxed);  // order: relaxed; only shown
}

std::string SegmentLedger::error() const {
  // order: relaxed; the lock orders the text. Without an error no lock is needed.
  if (!failed_.load(std::memory_order_relaxed)) return {};
  const std::lock_guard lock(mutex_);
  return error_;
}

}  // namespace millrace::log
