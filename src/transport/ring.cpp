// SPDX-License-Identifier: Apache-2.0
#include "transport/ring.hpp"

#include <cerrno>
#include <cstring>
#include <new>

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

namespace millrace::detail {
namespace {

// Behind the blocks: the counters and, lines away from them, the fate word.
constexpr std::size_t kTailBytes = 4096;

void touch(std::byte* memory, std::size_t bytes) noexcept {
#ifdef MADV_POPULATE_WRITE
  if (::madvise(memory, bytes, MADV_POPULATE_WRITE) == 0) return;
#endif
  for (std::size_t at = 0; at < bytes; at += 4096) memory[at] = std::byte{0};
}

}  // namespace

Result<std::unique_ptr<Ring>> Ring::make(std::uint32_t slot, std::uint32_t blocks,
                                         BlockQueue& queue) {
  const std::size_t bytes = std::size_t{blocks} * kBlockBytes + kTailBytes;
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return failure(Errc::out_of_memory, fmt::format("worker: no {} KiB for its ring: {}",
                                                    bytes / 1024, std::strerror(errno)));
  }
  ::madvise(memory, bytes, MADV_HUGEPAGE);  // fewer faults where it is granted; never needed
  if (::madvise(memory, bytes, MADV_DONTFORK) != 0) {
    const int why = errno;
    ::munmap(memory, bytes);
    return failure(Errc::io, fmt::format("worker: MADV_DONTFORK refused: {}", std::strerror(why)));
  }
  touch(static_cast<std::byte*>(memory), bytes);
  return std::unique_ptr<Ring>(
      new Ring(static_cast<std::byte*>(memory), bytes, slot, blocks, queue));
}

Ring::Ring(std::byte* memory, std::size_t bytes, std::uint32_t slot, std::uint32_t blocks,
           BlockQueue& block_queue)
    : token(block_queue.token()),
      queue(block_queue),
      memory_(memory),
      bytes_(bytes),
      slot_(slot),
      blocks_(blocks),
      owner_(::getpid()) {
  for (std::uint32_t i = 0; i < blocks_; ++i) {
    (::new (memory_ + std::size_t{i} * kBlockBytes) BlockHeader)->slot = slot_;
  }
  std::byte* tail = memory_ + std::size_t{blocks_} * kBlockBytes;
  counters_ = ::new (tail) Counters;
  fate_ = ::new (tail + kTailBytes / 2) std::atomic<std::uint64_t>(kUndecided);
}

Ring::~Ring() {
  // In a forked child the range is not this mapping any more, perhaps another one.
  if (::getpid() == owner_) ::munmap(memory_, bytes_);
}

BlockHeader& Ring::block(std::uint32_t index) noexcept {
  return *std::launder(reinterpret_cast<BlockHeader*>(memory_ + std::size_t{index} * kBlockBytes));
}

}  // namespace millrace::detail
