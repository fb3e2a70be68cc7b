// SPDX-License-Identifier: Apache-2.0
//
// Block: 32 KiB that one worker fills and the aggregator reads in place. Installed because push is
// inlined; not part of the stable API. docs/architecture.md has the table of all atomics.
//
// Ownership  The worker writes the header when it opens the block, then the records and `published`.
//            The aggregator writes `state` alone, when it gives the block back.
// Order      Reopening stores published = 0 first, then run, worker, stream, record size, first and
//            place, and state = open last; then the block's pointer goes through the queue. Who reads a ring
//            of a dead process never sees an old count beside a new number.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace millrace::detail {

inline constexpr std::size_t kBlockBytes = 32 * 1024;
inline constexpr std::size_t kCacheLineBytes = 64;
// Two lines: the processor's adjacent-line prefetcher shares pairs.
inline constexpr std::size_t kSharingBytes = 128;

// `published` holds the number of records and two marks, so that one load reads them together.
// kClosed: no further record will come. kLastOfPlace, with it: the last block of its place.
inline constexpr std::uint32_t kClosed = 1u << 31;
inline constexpr std::uint32_t kLastOfPlace = 1u << 30;
inline constexpr std::uint32_t kCountMask = kLastOfPlace - 1;

enum BlockState : std::uint32_t { kFree = 0, kOpen = 1 };

struct alignas(kCacheLineBytes) BlockHeader {
  std::atomic<std::uint32_t> published{0};
  std::atomic<std::uint32_t> state{kFree};
  std::atomic<std::uint64_t> run{0};
  std::atomic<std::uint32_t> worker{0};
  std::atomic<std::uint32_t> stream{0};
  std::atomic<std::uint64_t> first{0};  // worker_seq of record 0
  std::atomic<std::uint64_t> place{0};  // order of foreign files: number of the piece
  std::atomic<std::uint32_t> record_size{0};
  std::uint32_t slot = 0;  // which ring; written once, before the ring is used
  std::uint32_t reserved[4] = {};

  [[nodiscard]] std::byte* records() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
};
static_assert(sizeof(BlockHeader) == kCacheLineBytes);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

inline constexpr std::uint32_t block_capacity(std::uint32_t record_size) noexcept {
  return static_cast<std::uint32_t>((kBlockBytes - sizeof(BlockHeader)) / record_size);
}

}  // namespace millrace::detail
