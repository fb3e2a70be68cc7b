// SPDX-License-Identifier: Apache-2.0
//
// Ring: the blocks of one worker slot, and the words that the worker and the closer share.
//
// A slot serves one worker at a time and is used again by later ones. Its memory (RingMemory) is mapped
// and touched before the first push, and is not there in a forked child.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "millrace/block.hpp"
#include "millrace/result.hpp"

#include "transport/block_queue.hpp"
#include "transport/ring_memory.hpp"

namespace millrace::detail {

class Ring {
 public:
  static constexpr std::uint64_t kUndecided = ~std::uint64_t{0};

  /// With the memory that its pointers need in the queue: null pointers are in it now.
  static Result<std::unique_ptr<Ring>> make(const RingFiles& files, std::uint32_t slot,
                                            std::uint32_t blocks, BlockQueue& queue);
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  [[nodiscard]] BlockHeader& block(std::uint32_t index) noexcept;
  [[nodiscard]] std::uint32_t blocks() const noexcept { return blocks_; }
  [[nodiscard]] std::uint32_t slot() const noexcept { return slot_; }
  /// What the worker, the closer and, after a kill, recovery share.
  [[nodiscard]] RingWords& words() const noexcept { return memory_.words(); }
  /// The worker keeps RingWords::accepted: a kill would lose the blocks.
  [[nodiscard]] bool counted() const noexcept { return counted_; }
  /// Somebody has truncated its file: what it held is lost.
  [[nodiscard]] bool cut() const noexcept { return memory_.cut(); }
  void remove_file() noexcept { memory_.remove_file(); }

  // What follows is written under the RingSet's lock, or by the one worker that has the slot.
  std::uint32_t worker = 0;
  std::uint32_t stream = 0;
  std::uint32_t record_size = 0;  // of the present worker; a block's own is in its header
  std::uint64_t run = 0;
  bool in_use = false;
  std::uint32_t next_block = 0;  // [worker] goes on where the slot's last worker stopped
  BlockQueue::Token token;
  BlockQueue& queue;

 private:
  Ring(RingMemory memory, bool counted, std::uint32_t slot, std::uint32_t blocks,
       BlockQueue& queue);

  RingMemory memory_;
  bool counted_;
  std::uint32_t slot_;
  std::uint32_t blocks_;
};

}  // namespace millrace::detail
