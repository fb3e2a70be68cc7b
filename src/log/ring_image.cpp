// SPDX-License-Identifier: Apache-2.0
#include "log/ring_image.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "millrace/block.hpp"
#include "millrace/schema.hpp"

#include "record/counts.hpp"
#include "record/uninterrupted.hpp"
#include "transport/ring_file.hpp"

namespace millrace::log {
namespace {

using detail::BlockHeader;
using detail::kBlockBytes;
using detail::kRingBlocksAt;
using detail::kRingPageBytes;
using detail::RingFileHeader;
using detail::RingWords;

std::string words_of(int error_number) { return std::generic_category().message(error_number); }

constexpr std::uint64_t block_at(std::uint32_t index) noexcept {
  return kRingBlocksAt + std::uint64_t{index} * kBlockBytes;
}

// A field of a struct of atomics, from the bytes of the file.
template <typename T>
T field(const std::byte* bytes, std::size_t offset) noexcept {
  T value;
  std::memcpy(&value, bytes + offset, sizeof value);
  return value;
}

bool is_zero(const RingFileHeader& header) noexcept {
  static constexpr RingFileHeader kZero{};
  return std::memcmp(&header, &kZero, sizeof header) == 0;
}

// nullptr: it is this run's, and of this boot.
const char* header_fault(const RingFileHeader& header, const RunIdentity& run,
                         std::uint64_t bytes) {
  if (std::memcmp(header.magic, detail::kRingMagic, sizeof header.magic) != 0)
    return "is no ring of a worker";
  if (header.endian != detail::kRingEndianTag) return "is of a machine with another byte order";
  if (header.version != detail::kRingVersion) return "is of another version of millrace";
  if (header.crc != detail::header_crc(header)) return "its header does not match its checksum";
  const RunIdentity is = detail::identity_of(header);
  if (is.log_id != run.log_id) return "is of another log";
  if (is.run != run.run) return "is of another run";
  const Id128 boot = this_boot();
  if (is.boot_id != run.boot_id || is.boot_id != boot || boot == Id128{})
    return "is of another boot: a power cut may have left pages of different ages";
  if (is != run) return "is of another process";
  if (header.block_bytes != kBlockBytes) return "has blocks of another size";
  if (bytes != block_at(header.blocks)) return "is not as long as its header says";
  return nullptr;
}

// A block of `n` > 0 records; nullptr: it can be what a worker wrote.
const char* block_fault(const RingBlock& block, const std::byte* bytes, std::uint32_t slot,
                        std::uint64_t run) {
  if (field<std::uint64_t>(bytes, offsetof(BlockHeader, run)) != run)
    return "a block is of another run";
  if (field<std::uint32_t>(bytes, offsetof(BlockHeader, slot)) != slot)
    return "a block is of another ring";
  if (field<std::uint32_t>(bytes, offsetof(BlockHeader, state)) > detail::kOpen)
    return "a block has a state that does not exist";
  if (block.worker == 0) return "a block has no worker";
  if (field<std::uint32_t>(bytes, offsetof(BlockHeader, stream)) > 0xFFFF)
    return "a block's stream does not exist";
  if (block.record_size < kRecordBytesMin || block.record_size > kRecordBytesMax ||
      block.record_size % 8 != 0)
    return "a block's records are not of 16 to 512 bytes, a multiple of 8";
  if (block.n > detail::block_capacity(block.record_size))
    return "a block claims more records than it can hold";
  if (block.first > kCountMax) return "a block's numbers leave their range";
  return nullptr;
}

RingBlock block_of(const std::byte* bytes, std::uint32_t index) noexcept {
  return {.index = index,
          .worker = field<std::uint32_t>(bytes, offsetof(BlockHeader, worker)),
          .stream = field<std::uint16_t>(bytes, offsetof(BlockHeader, stream)),
          .open = field<std::uint32_t>(bytes, offsetof(BlockHeader, state)) == detail::kOpen,
          .record_size = field<std::uint32_t>(bytes, offsetof(BlockHeader, record_size)),
          .n = field<std::uint32_t>(bytes, offsetof(BlockHeader, published)) & detail::kCountMask,
          .first = field<std::uint64_t>(bytes, offsetof(BlockHeader, first))};
}

}  // namespace

std::uint64_t RingBlock::offset() const noexcept { return block_at(index) + sizeof(BlockHeader); }

FileDescriptor open_ring(const std::string& path, std::uint32_t owner, std::uint64_t& bytes,
                         bool& readable, std::string& what) {
  readable = true;
  FileDescriptor fd(uninterrupted([&] {
    return ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  }));
  if (fd.get() < 0) {
    readable = errno == ELOOP || errno == ENXIO;  // a link, a socket: no ring, now or later
    what = "cannot be opened: " + words_of(errno);
    return {};
  }
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) {
    readable = false;
    what = "cannot be looked at: " + words_of(errno);
  } else if (!S_ISREG(about.st_mode)) {
    what = "is not a regular file";
  } else if (about.st_uid != ::geteuid() && !(::geteuid() == 0 && about.st_uid == owner)) {
    what = "belongs to another user";
  } else if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    what = "can be written by others";
  } else if (about.st_nlink != 1) {
    what = "has another name as well (a hard link)";
  } else {
    bytes = static_cast<std::uint64_t>(about.st_size);
    return fd;
  }
  return {};
}

bool read_at(int fd, void* to, std::size_t bytes, std::uint64_t offset) noexcept {
  auto* at = static_cast<std::byte*>(to);
  while (bytes != 0) {
    const ssize_t got = ::pread(fd, at, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = ENODATA;  // cut meanwhile
    if (got <= 0) return false;
    at += got;
    bytes -= static_cast<std::size_t>(got);
    offset += static_cast<std::uint64_t>(got);
  }
  return true;
}

void RingImage::refuse(std::uint64_t offset, std::uint64_t bytes, std::string what) {
  sound = false;
  note(damages, {path, offset, bytes, std::move(what)});
}

void RingImage::cannot_read(std::string what) {
  readable = false;
  refuse(0, 0, std::move(what));
}

RingImage RingImage::read(const std::string& path, const RunIdentity& run, std::uint32_t owner) {
  RingImage ring;
  ring.path = path;
  std::uint64_t bytes = 0;
  std::string what;
  const FileDescriptor fd = open_ring(path, owner, bytes, ring.readable, what);
  if (fd.get() < 0) {
    ring.refuse(0, 0, std::move(what));
    return ring;
  }
  RingFileHeader header{};
  if (!read_at(fd.get(), &header, std::min<std::uint64_t>(bytes, sizeof header), 0)) {
    ring.cannot_read("cannot be read: " + words_of(errno));
  } else if (is_zero(header)) {
    // Was being made when the process died: no worker has had it.
  } else if (bytes < kRingBlocksAt) {
    ring.refuse(0, bytes, "is too short for a ring");
  } else if (const char* fault = header_fault(header, run, bytes)) {
    ring.refuse(0, bytes, fault);
  } else {
    ring.read_words(fd.get());
    ring.read_blocks(fd.get(), header.slot, header.blocks, run.run);
  }
  return ring;
}

void RingImage::read_words(int fd) {
  std::byte words[sizeof(RingWords)];
  if (!read_at(fd, words, sizeof words, kRingPageBytes)) {
    return cannot_read("its counters cannot be read: " + words_of(errno));
  }
  account = {.worker = field<std::uint32_t>(words, offsetof(RingWords, worker)),
             .stream = field<std::uint32_t>(words, offsetof(RingWords, stream)),
             .accepted = field<std::uint64_t>(words, offsetof(RingWords, accepted)),
             .rejected_full = field<std::uint64_t>(words, offsetof(RingWords, full)),
             .rejected_closed = field<std::uint64_t>(words, offsetof(RingWords, closed)),
             .rejected_reentrant = field<std::uint64_t>(words, offsetof(RingWords, reentrant))};
  fate = field<std::uint64_t>(words, offsetof(RingWords, fate));
  if (std::max({account.accepted, account.rejected_full, account.rejected_closed,
                account.rejected_reentrant}) < kCountMax) {
    return;
  }
  refuse(kRingPageBytes, sizeof words, "its counters leave their range");
  account = {};
}

void RingImage::read_blocks(int fd, std::uint32_t slot, std::uint32_t count, std::uint64_t run) {
  for (std::uint32_t i = 0; i < count; ++i) {
    std::byte bytes[sizeof(BlockHeader)];
    if (!read_at(fd, bytes, sizeof bytes, block_at(i))) {
      return cannot_read("a block cannot be read: " + words_of(errno));
    }
    RingBlock block = block_of(bytes, i);
    // Never used, or its header was being written anew: the count is zeroed first.
    if (block.n == 0) continue;
    if (const char* fault = block_fault(block, bytes, slot, run)) {
      refuse(block_at(i), kBlockBytes, fault);
      continue;
    }
    // What the closer has decided against is not accepted, though it may still be published.
    if (block.worker == account.worker) {
      const std::uint64_t most = fate > block.first ? fate - block.first : 0;
      block.n = static_cast<std::uint32_t>(std::min<std::uint64_t>(block.n, most));
    }
    if (block.n != 0) blocks.push_back(block);
  }
}

}  // namespace millrace::log
