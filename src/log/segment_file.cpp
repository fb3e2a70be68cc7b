// SPDX-License-Identifier: Apache-2.0
#include "log/segment_file.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/frame_file.hpp"
#include "log/segment_count.hpp"
#include "record/uninterrupted.hpp"

namespace millrace::log {
namespace {

constexpr std::size_t kPrefaultStep = std::size_t{1} << 20;
// At 1 GB/s the writer takes 16 ms for it, and the pages that are never used are few.
constexpr std::size_t kPrefaultAhead = std::size_t{16} << 20;
// A multiple of any page size.
constexpr std::size_t kStepMask = kStripeBytes - 1;

}  // namespace

const char* words(SegmentFile::Harm harm) noexcept {
  switch (harm) {
    case SegmentFile::Harm::none:
      break;
    case SegmentFile::Harm::cut:
      return "was cut by someone; what was behind the cut counts as unlogged";
    case SegmentFile::Harm::unlinked:
      return "was removed or replaced by someone; what it held counts as unlogged";
    case SegmentFile::Harm::moved:
      return "was moved by someone; what it holds is where it is";
  }
  return "";
}

SegmentFile::~SegmentFile() {
  unmap();
  if (fd_ >= 0) ::close(fd_);
}

bool SegmentFile::put(std::uint64_t offset, const FrameHeader& header,
                      std::span<const std::byte> payload) noexcept {
  const std::uint64_t end = offset + bytes_of(header.commit);
  written_.store(end, std::memory_order_relaxed);  // order: relaxed; a hint for prefault()
  if (memory_ == nullptr) {
    error_ = write_frame(fd_, offset, header, payload);
    return error_ == 0;
  }
  constexpr std::size_t kWord = sizeof header.commit;
  std::byte* const at = memory_ + offset;
  if (!payload.empty()) std::memcpy(at + sizeof header, payload.data(), payload.size());
  std::memcpy(at + kWord, reinterpret_cast<const std::byte*>(&header) + kWord,
              sizeof header - kWord);
  // order: release; pairs with readers of the file, in this or another process: who sees the word
  // sees the frame. After a kill the page holds the word only if it holds what was stored before.
  std::atomic_ref(*reinterpret_cast<std::uint64_t*>(at))
      .store(header.commit, std::memory_order_release);
  if (!guard_.hit()) return true;
  harm_.store(Harm::cut, std::memory_order_relaxed);  // order: relaxed; as in prefault()
  return false;
}

void SegmentFile::finish(std::uint64_t end, std::uint64_t records) noexcept {
  end_ = end;
  records_ = records;
  // order: release; pairs with finished(): the writer has stored its last byte.
  finished_.store(true, std::memory_order_release);
}

void SegmentFile::begin() noexcept {
  // order: release; pairs with begun(). Before the first record of this segment is counted as logged:
  // who reads the count and then the segments finds all that hold these records.
  begun_.store(true, std::memory_order_release);
}

bool SegmentFile::prefault() noexcept {
#ifdef MADV_POPULATE_WRITE
  if (memory_ == nullptr || finished()) return false;
  // order: relaxed; a hint.
  const std::uint64_t written = written_.load(std::memory_order_relaxed);
  prefaulted_ = std::max<std::size_t>(prefaulted_, written & ~kStepMask);
  const std::size_t wanted = std::min<std::size_t>(bytes(), written + kPrefaultAhead) & ~kStepMask;
  if (prefaulted_ >= wanted) return false;
  const std::size_t step = std::min(kPrefaultStep, wanted - prefaulted_);
  const auto populate = [&] { return ::madvise(memory_ + prefaulted_, step, MADV_POPULATE_WRITE); };
  if (uninterrupted(populate) == 0) {
    prefaulted_ += step;
    return prefaulted_ < wanted;
  }
  // EFAULT: an access there would be a SIGBUS. What else it says (an older kernel, no memory) only
  // means that the writer's own accesses make the pages.
  // order: relaxed; a flag alone. Read by the writer, which then leaves the segment.
  if (errno == EFAULT) harm_.store(Harm::cut, std::memory_order_relaxed);
  prefaulted_ = bytes();
#endif
  return false;
}

void SegmentFile::check() noexcept {
  struct stat ours {};
  struct stat named {};
  Harm found = Harm::none;
  if (::fstat(fd_, &ours) != 0) {
    if (errno == ESTALE) found = Harm::unlinked;
  } else if (ours.st_nlink == 0) {
    found = Harm::unlinked;
  } else if (::fstatat(dir_fd_, name_.c_str(), &named, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) found = Harm::moved;
  } else if (FileId{named.st_dev, named.st_ino} != id_) {
    found = Harm::moved;
  } else if (static_cast<std::uint64_t>(ours.st_size) != bytes() || ours.st_blocks < blocks_) {
    found = Harm::cut;  // fewer blocks: and made long again since, or written on
  } else {
    // All of it: the size is as it was, and blocks are not counted everywhere.
    std::uint8_t magic[sizeof kMagic] = {};
    if (::pread(fd_, magic, sizeof magic, 0) == sizeof magic &&
        std::memcmp(magic, kMagic, sizeof magic) != 0) {
      found = Harm::cut;
    }
  }
  // order: relaxed; as in prefault().
  if (found != Harm::none) harm_.store(found, std::memory_order_relaxed);
}

void SegmentFile::unmap() noexcept {
  if (memory_ != nullptr) {
    // A mapping that was hit stays known as such.
    if (guard_.hit()) harm_.store(Harm::cut, std::memory_order_relaxed);  // order: as in prefault()
    guard_ = {};
    ::munmap(memory_, bytes());
    memory_ = nullptr;
  }
  // order: release; pairs with unmapped(): settle() may cut the file.
  unmapped_.store(true, std::memory_order_release);
}

int SegmentFile::sync() noexcept {
  // order: relaxed (all four); sync() runs under the ledger's lock, poisoned() is a flag alone.
  if (const int before = sync_error_.load(std::memory_order_relaxed); before != 0) return before;
  if (uninterrupted([&] { return ::fdatasync(fd_); }) == 0) return 0;
  // A second fdatasync may say 0 although the pages are gone: the first word counts.
  const int why = errno;
  sync_error_.store(why, std::memory_order_relaxed);  // order: see above
  return why;
}

std::uint64_t SegmentFile::settle() noexcept {
  if (harm() != Harm::none) {
    struct stat about {};
    if (::fstat(fd_, &about) != 0 || about.st_nlink == 0) return 0;
    const std::uint64_t kept = std::min(count_records(fd_, header_), records_);
    if (static_cast<std::uint64_t>(about.st_size) <= end_) return kept;
    (void)uninterrupted([&] { return ::ftruncate(fd_, static_cast<off_t>(end_)); });
    return kept;
  }
  // Failing this the file keeps zeros behind its end, which readers expect of a killed writer.
  (void)uninterrupted([&] { return ::ftruncate(fd_, static_cast<off_t>(end_)); });
  return records_;
}

void SegmentFile::remove() noexcept {
  unmap();
  if (fd_ >= 0) (void)unlink_if(dir_fd_, temporary_.empty() ? name_ : temporary_, id_);
}

SegmentFile::Harm SegmentFile::harm() const noexcept {
  return harm_.load(std::memory_order_relaxed);  // order: relaxed; as in prefault()
}

bool SegmentFile::poisoned() const noexcept {
  return sync_error_.load(std::memory_order_relaxed) != 0;  // order: relaxed; see sync()
}

bool SegmentFile::begun() const noexcept {
  return begun_.load(std::memory_order_acquire);  // order: acquire; pairs with begin()
}

bool SegmentFile::finished() const noexcept {
  return finished_.load(std::memory_order_acquire);  // order: acquire; pairs with finish()
}

bool SegmentFile::unmapped() const noexcept {
  return unmapped_.load(std::memory_order_acquire);  // order: acquire; pairs with unmap()
}

}  // namespace millrace::log
