// SPDX-License-Identifier: Apache-2.0
#include "transport/ring.hpp"

#include <new>
#include <utility>

#include <fmt/format.h>

namespace millrace::detail {
namespace {

constexpr std::size_t kPrimedBeyond = 32;  // pointers: a block of the queue's own

}  // namespace

Result<std::unique_ptr<Ring>> Ring::make(const RingFiles& files, std::uint32_t slot,
                                         std::uint32_t blocks, BlockQueue& queue) {
  auto memory = RingMemory::map(files, slot, blocks);
  if (!memory) return tl::unexpected(std::move(memory).error());
  std::unique_ptr<Ring> ring(new (std::nothrow) Ring(
      std::move(*memory), files.kind == RingKind::counted, slot, blocks, queue));
  if (ring != nullptr && queue.prime(ring->token, blocks + kPrimedBeyond)) return ring;
  ring == nullptr ? memory->remove_file() : ring->remove_file();
  return failure(Errc::out_of_memory, "worker: no memory for its ring");
}

Ring::Ring(RingMemory memory, bool counted, std::uint32_t slot, std::uint32_t blocks,
           BlockQueue& block_queue)
    : token(block_queue.token()),
      queue(block_queue),
      memory_(std::move(memory)),
      counted_(counted),
      slot_(slot),
      blocks_(blocks) {
  for (std::uint32_t i = 0; i < blocks_; ++i) {
    (::new (memory_.blocks() + std::size_t{i} * kBlockBytes) BlockHeader)->slot = slot_;
  }
}

BlockHeader& Ring::block(std::uint32_t index) noexcept {
  return *std::launder(
      reinterpret_cast<BlockHeader*>(memory_.blocks() + std::size_t{index} * kBlockBytes));
}

}  // namespace millrace::detail
