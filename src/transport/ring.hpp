// SPDX-License-Identifier: Apache-2.0
//
// Ring: the blocks of one worker slot, and the words that the worker and the closer share.
//
// A slot serves one worker at a time and is used again by later ones. All its memory is mapped and
// touched before the first push, and is not there in a forked child (MADV_DONTFORK).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <sys/types.h>

#include "millrace/block.hpp"
#include "millrace/result.hpp"

#include "transport/block_queue.hpp"

namespace millrace::detail {

class Ring {
 public:
  static constexpr std::uint64_t kUndecided = ~std::uint64_t{0};

  /// Counted by the worker, read by anyone. Not in the worker's handle: readers would steal its line.
  struct alignas(kSharingBytes) Counters {
    std::atomic<std::uint64_t> full{0};
    std::atomic<std::uint64_t> closed{0};
    std::atomic<std::uint64_t> reentrant{0};
  };

  static Result<std::unique_ptr<Ring>> make(std::uint32_t slot, std::uint32_t blocks,
                                            BlockQueue& queue);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  [[nodiscard]] BlockHeader& block(std::uint32_t index) noexcept;
  [[nodiscard]] std::uint32_t blocks() const noexcept { return blocks_; }
  [[nodiscard]] std::uint32_t slot() const noexcept { return slot_; }
  [[nodiscard]] Counters& counters() noexcept { return *counters_; }
  [[nodiscard]] const Counters& counters() const noexcept { return *counters_; }
  /// The last number of the present worker, once the worker or the closer has decided it.
  [[nodiscard]] std::atomic<std::uint64_t>& fate() noexcept { return *fate_; }

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
  Ring(std::byte* memory, std::size_t bytes, std::uint32_t slot, std::uint32_t blocks,
       BlockQueue& queue);

  std::byte* memory_;
  std::size_t bytes_;
  std::uint32_t slot_;
  std::uint32_t blocks_;
  pid_t owner_;
  Counters* counters_;
  std::atomic<std::uint64_t>* fate_;
};

}  // namespace millrace::detail
