// SPDX-License-Identifier: Apache-2.0
//
// Lane: the aggregator's side of a ring: the blocks that its worker has opened, oldest first.
//
// Invariant  A later block is not touched before the earlier one is finished: full, or closed and
//            seen to its end. So records of a worker are taken in the order in which it pushed them,
//            and recovery by sequence number is possible at all.
// Threads    The aggregator alone.
#pragma once

#include <cstdint>
#include <vector>

#include "millrace/block.hpp"

#include "record/slice.hpp"

namespace millrace::detail {

class Lane {
 public:
  static constexpr std::uint32_t kSmallSlice = 256;  // records; a shorter slice may wait for more

  explicit Lane(std::uint32_t blocks) : opened_(blocks) {}

  void open(BlockHeader& block) noexcept;

  [[nodiscard]] std::uint32_t open_blocks() const noexcept { return size_; }

  /// What can be taken from the oldest block. Gives back blocks that turn out to be finished.
  struct Front {
    BlockHeader* block = nullptr;
    std::uint32_t available = 0;
    bool whole = false;  // no further record will come into this block
    bool last_of_place = false;
    /// Only its first `records`: the rest stays for the next one.
    void cut(std::uint32_t records) noexcept {
      available = records;
      whole = last_of_place = false;
    }
  };
  [[nodiscard]] Front front() noexcept;

  [[nodiscard]] Slice slice(const Front& front) const noexcept;
  /// After the slice is accumulated: the block goes back if it is finished.
  void done(const Front& front) noexcept;

  /// Whether a small slice has waited for `patience_ns`; the first call notes when it began to wait.
  [[nodiscard]] bool waited(std::int64_t now_ns, std::int64_t patience_ns) noexcept;

  /// Records of this worker published, and taken, as far as the opened blocks show.
  [[nodiscard]] std::uint64_t published(std::uint32_t worker) const noexcept;
  [[nodiscard]] std::uint64_t taken(std::uint32_t worker) const noexcept;
  [[nodiscard]] std::uint64_t waiting() const noexcept;

  /// Closing: nothing beyond this number of this worker is taken.
  void limit(std::uint32_t worker, std::uint64_t last) noexcept;

 private:
  [[nodiscard]] BlockHeader& oldest() const noexcept { return *opened_[head_]; }
  [[nodiscard]] std::uint32_t usable(const BlockHeader& block,
                                     std::uint32_t published) const noexcept;
  void give_back() noexcept;

  std::vector<BlockHeader*> opened_;  // a ring of size_ pointers from head_
  std::uint32_t head_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t seen_ = 0;  // records taken of the oldest block
  std::uint32_t taken_worker_ = 0;
  std::uint64_t taken_ = 0;  // of taken_worker_
  std::uint32_t limit_worker_ = 0;
  std::uint64_t limit_ = ~std::uint64_t{0};
  std::int64_t waiting_since_ns_ = 0;  // 0: not waiting
};

}  // namespace millrace::detail
