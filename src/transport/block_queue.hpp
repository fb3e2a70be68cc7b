// SPDX-License-Identifier: Apache-2.0
//
// BlockQueue: moodycamel::ConcurrentQueue of block pointers, many workers to one aggregator.
//
// A pointer crosses once, when its block is opened; records never do. Explicit producer tokens only:
// the implicit path of the packaged version (1.0.3) has known faults, and only tokens keep the
// queue from allocating. A token that once carried n pointers which were taken again carries n
// without an allocation: that is what prime() is for.
#pragma once

#include <cstddef>

#include <concurrentqueue/concurrentqueue.h>

#include "millrace/block.hpp"

namespace millrace::detail {

class BlockQueue {
 public:
  using Token = moodycamel::ProducerToken;

  [[nodiscard]] Token token() { return Token(queue_); }

  /// Enqueues `n` null pointers, which take() drops. False: there is no memory for so many.
  [[nodiscard]] bool prime(const Token& token, std::size_t n) {
    if (!token.valid()) return false;
    while (n != 0 && queue_.enqueue(token, nullptr)) --n;
    return n == 0;
  }

  /// [worker] enqueue, not try_enqueue: a false from that could not be handled.
  void put(const Token& token, BlockHeader* block) noexcept { queue_.enqueue(token, block); }

  /// [aggregator] Fills `blocks`, nulls included; 0 when the queue is empty.
  std::size_t take(BlockHeader** blocks, std::size_t n) noexcept {
    return queue_.try_dequeue_bulk(blocks, n);
  }

 private:
  moodycamel::ConcurrentQueue<BlockHeader*> queue_{32};
};

}  // namespace millrace::detail
