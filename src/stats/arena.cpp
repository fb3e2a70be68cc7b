// SPDX-License-Identifier: Apache-2.0
#include "stats/arena.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <new>

#include <sys/mman.h>

namespace millrace {
namespace {

constexpr std::size_t kLineBytes = 64;
constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kFirstRegionBytes = std::size_t{64} << 10;
constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

std::size_t rounded(std::size_t bytes) noexcept {
  const std::size_t unit = bytes > kLineBytes / 2 ? kLineBytes : 16;
  return (bytes + unit - 1) / unit * unit;
}

std::uintptr_t aligned(const std::byte* place, std::size_t unit) noexcept {
  return (reinterpret_cast<std::uintptr_t>(place) + unit - 1) / unit * unit;
}

std::byte* map(std::size_t bytes) noexcept {
  void* region = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return region == MAP_FAILED ? nullptr : static_cast<std::byte*>(region);
}

// mmap aligns to 4 KiB only: map twice as much and give back what lies around.
std::byte* map_huge_page() noexcept {
  std::byte* twice = map(2 * kHugePageBytes);
  if (twice == nullptr) return nullptr;
  const std::size_t before =
      aligned(twice, kHugePageBytes) - reinterpret_cast<std::uintptr_t>(twice);
  std::byte* region = twice + before;
  if (before != 0) munmap(twice, before);
  if (before != kHugePageBytes) munmap(region + kHugePageBytes, kHugePageBytes - before);
  madvise(region, kHugePageBytes, MADV_HUGEPAGE);  // a wish: small pages do as well
  return region;
}

}  // namespace

void* Arena::allocate(std::size_t bytes) {
  bytes = rounded(bytes);
  if (Piece*& first = free_list(bytes)) {
    Piece* piece = first;
    first = piece->next;
    return piece;
  }
  const std::size_t unit = std::min(bytes, kLineBytes) == kLineBytes ? kLineBytes : 16;
  std::byte* piece = nullptr;
  if (next_ != nullptr) {
    piece = next_ + (aligned(next_, unit) - reinterpret_cast<std::uintptr_t>(next_));
  }
  if (piece == nullptr || piece > end_ || static_cast<std::size_t>(end_ - piece) < bytes) {
    if (!add_region(bytes)) return nullptr;
    piece = next_;
  }
  next_ = piece + bytes;
  return piece;
}

void Arena::recycle(void* piece, std::size_t bytes) {
  Piece*& first = free_list(rounded(bytes));
  first = new (piece) Piece{first};
}

Arena::Piece*& Arena::free_list(std::size_t bytes) {
  for (FreeList& list : free_) {
    if (list.bytes == bytes) return list.first;
  }
  return free_.emplace_back(FreeList{bytes, nullptr}).first;
}

bool Arena::add_region(std::size_t bytes_needed) {
  assert(bytes_needed <= kHugePageBytes / 2);
  std::size_t bytes =
      std::clamp(bytes_ / 4 / kPageBytes * kPageBytes, kFirstRegionBytes, kHugePageBytes);
  bytes = std::max(bytes, (bytes_needed + kPageBytes - 1) / kPageBytes * kPageBytes);
  bytes = std::min(bytes, (cap_bytes_ - this->bytes()) / kPageBytes * kPageBytes);
  if (bytes < bytes_needed) return false;

  auto& entry = regions_.emplace_back();  // may throw, so before the region exists
  std::byte* region = bytes == kHugePageBytes ? map_huge_page() : map(bytes);
  if (region == nullptr) {
    regions_.pop_back();
    return false;
  }
  entry = {region, bytes};
  bytes_ += bytes;
  next_ = region;
  end_ = region + bytes;
  return true;
}

bool Arena::count_outside(std::size_t bytes) noexcept {
  if (bytes > cap_bytes_ - this->bytes()) return false;
  outside_bytes_ += bytes;
  return true;
}

void Arena::release_all() noexcept {
  for (const std::span<std::byte> region : regions_) munmap(region.data(), region.size());
  regions_.clear();
  free_.clear();
  next_ = end_ = nullptr;
  bytes_ = outside_bytes_ = 0;
}

}  // namespace millrace
