// SPDX-License-Identifier: Apache-2.0
//
// Arena: the memory of all exact values of an engine, with one cap.
//
// Regions from mmap, handed out front to back; recycled pieces wait in a free list of their size.
// The first region is 64 KiB and each later one a quarter of all before it, up to 2 MiB, so that little is
// held that is not used; those of 2 MiB are aligned to their size and ask for a huge page (10 M
// values: 2,100 page faults for 25,000). Near the cap regions shrink to what is left.
// Nothing is returned to the system before release_all(). Zeroed by the system, not again.
//
// Threads   One at a time.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace millrace {

class Arena {
 public:
  explicit Arena(std::size_t cap_bytes) noexcept : cap_bytes_(cap_bytes) {}
  ~Arena() { release_all(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// 16-byte aligned, and to a cache line from 64 bytes on; nullptr when the cap or the system's
  /// memory is reached. From 1 byte to 1 MiB.
  [[nodiscard]] void* allocate(std::size_t bytes);
  /// `bytes` as it was asked for.
  void recycle(void* piece, std::size_t bytes);
  void release_all() noexcept;

  /// Memory that a user of the arena is about to take elsewhere counts against the cap, too, until
  /// release_all(). False: there is no room for it.
  [[nodiscard]] bool count_outside(std::size_t bytes) noexcept;

  /// Bytes of regions, what the process holds, not what was asked for, and those counted outside.
  /// Never above the cap.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_ + outside_bytes_; }
  [[nodiscard]] std::size_t cap_bytes() const noexcept { return cap_bytes_; }

 private:
  struct Piece {
    Piece* next;
  };
  struct FreeList {
    std::size_t bytes;
    Piece* first;
  };
  Piece*& free_list(std::size_t bytes);
  bool add_region(std::size_t bytes_needed);

  std::size_t cap_bytes_;
  std::size_t bytes_ = 0;
  std::size_t outside_bytes_ = 0;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
  std::vector<std::span<std::byte>> regions_;
  std::vector<FreeList> free_;  // a handful of sizes: a search is shorter than a tree's
};

}  // namespace millrace
