// SPDX-License-Identifier: Apache-2.0
#include "transport/lane.hpp"

#include <algorithm>

namespace millrace::detail {
namespace {

// order (all of these): relaxed; written before the block's pointer went through the queue,
// whose hand-over makes them visible.
std::uint64_t first_of(const BlockHeader& block) noexcept {
  return block.first.load(std::memory_order_relaxed);  // order: relaxed; see above
}
std::uint32_t worker_of(const BlockHeader& block) noexcept {
  return block.worker.load(std::memory_order_relaxed);  // order: relaxed; see above
}
std::uint32_t record_size_of(const BlockHeader& block) noexcept {
  return block.record_size.load(std::memory_order_relaxed);  // order: relaxed; see above
}
std::uint32_t stream_of(const BlockHeader& block) noexcept {
  return block.stream.load(std::memory_order_relaxed);  // order: relaxed; see above
}

}  // namespace

void Lane::open(BlockHeader& block) noexcept {
  // One too many: of a ring whose file was truncated, and with it the number of its slot.
  if (size_ == opened_.size()) return;
  std::uint32_t at = head_ + size_;
  if (at >= opened_.size()) at -= static_cast<std::uint32_t>(opened_.size());
  opened_[at] = &block;
  ++size_;
}

std::uint32_t Lane::usable(const BlockHeader& block, std::uint32_t published) const noexcept {
  const std::uint32_t count = published & kCountMask;
  if (worker_of(block) != limit_worker_) return count;
  const std::uint64_t first = first_of(block);
  return first >= limit_
             ? 0
             : static_cast<std::uint32_t>(std::min<std::uint64_t>(count, limit_ - first));
}

Lane::Front Lane::front() noexcept {
  while (size_ != 0) {
    BlockHeader& block = oldest();
    // order: acquire; pairs with the release in Port::publish(): the records below the count are
    // written. Count and marks are one load: read apart, records between the two would be lost.
    const std::uint32_t published = block.published.load(std::memory_order_acquire);
    const std::uint32_t count = usable(block, published);
    const std::uint32_t record_size = record_size_of(block);
    if (record_size == 0) return {};  // the ring's file was truncated: see RingSet::cut()
    const std::uint32_t capacity = block_capacity(record_size);
    const bool whole = (published & kClosed) != 0 || count == capacity;
    if (count > seen_ || !whole || (published & kLastOfPlace) != 0) {
      return {&block, count - std::min(count, seen_), whole, (published & kLastOfPlace) != 0};
    }
    give_back();
  }
  return {};
}

Slice Lane::slice(const Front& front) const noexcept {
  const std::uint32_t record_size = record_size_of(*front.block);
  return {.records = front.block->records() + std::size_t{seen_} * record_size,
          .count = front.available,
          .record_size = record_size,
          .stream = stream_of(*front.block),
          .worker = worker_of(*front.block),
          .worker_seq = first_of(*front.block) + seen_};
}

void Lane::done(const Front& front) noexcept {
  seen_ += front.available;
  taken_worker_ = worker_of(*front.block);
  taken_ = first_of(*front.block) + seen_;
  waiting_since_ns_ = 0;
  if (front.whole) give_back();
}

void Lane::give_back() noexcept {
  // order: release; our reads of the records come before the worker's next writes. Pairs with the
  // acquire in Port::open_block().
  oldest().state.store(kFree, std::memory_order_release);
  head_ = head_ + 1 == opened_.size() ? 0 : head_ + 1;
  --size_;
  seen_ = 0;
}

bool Lane::waited(std::int64_t now_ns, std::int64_t patience_ns) noexcept {
  if (waiting_since_ns_ == 0) waiting_since_ns_ = now_ns;
  return now_ns - waiting_since_ns_ >= patience_ns;
}

std::uint64_t Lane::published(std::uint32_t worker) const noexcept {
  if (size_ != 0) {
    std::uint32_t at = head_ + size_ - 1;
    if (at >= opened_.size()) at -= static_cast<std::uint32_t>(opened_.size());
    BlockHeader& newest = *opened_[at];
    if (worker_of(newest) == worker) {
      // order: seq_cst (a plain load on x86); pairs with Port::publish(). While closing it must not
      // be read before the gate's store; with membarrier acquire would do.
      return first_of(newest) + usable(newest, newest.published.load(std::memory_order_seq_cst));
    }
  }
  return taken(worker);
}

std::uint64_t Lane::taken(std::uint32_t worker) const noexcept {
  return worker == taken_worker_ ? taken_ : 0;
}

std::uint64_t Lane::waiting() const noexcept {
  std::uint64_t records = 0;
  for (std::uint32_t i = 0; i < size_; ++i) {
    std::uint32_t at = head_ + i;
    if (at >= opened_.size()) at -= static_cast<std::uint32_t>(opened_.size());
    BlockHeader& block = *opened_[at];
    // order: acquire; pairs with Port::publish(). Only counted here.
    records += usable(block, block.published.load(std::memory_order_acquire));
  }
  return records - std::min<std::uint64_t>(records, seen_);
}

void Lane::limit(std::uint32_t worker, std::uint64_t last) noexcept {
  limit_worker_ = worker;
  limit_ = last;
}

}  // namespace millrace::detail
