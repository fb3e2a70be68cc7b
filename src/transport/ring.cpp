// SPDX-License-Identifier: Apache-2.0
#include "transport/ring.hpp"

#include <new>
#include <utility>

#include <fmt/format.h>

namespace millrace::detail {

Result<std::unique_ptr<Ring>> Ring::make(const RingFiles& files, std::uint32_t slot,
                                         std::uint32_t blocks, BlockQueue& queue) {
  auto memory = RingMemory::map(files, slot, blocks);
  if (!memory) return tl::unexpected(std::move(memory).error());
  return std::unique_ptr<Ring>(
      new Ring(std::move(*memory), files.kind == RingKind::counted, slot, blocks, queue));
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
