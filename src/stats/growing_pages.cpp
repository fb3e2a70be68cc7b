// SPDX-License-Identifier: Apache-2.0
#include "stats/growing_pages.hpp"

#include <cassert>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <sys/mman.h>

namespace millrace {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

// mmap aligns to 4 KiB only: map a huge page more and give back what lies around.
std::byte* map_aligned(std::size_t bytes) noexcept {
  void* const mapped = mmap(nullptr, bytes + kHugePageBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  auto* const region = static_cast<std::byte*>(mapped);
  const std::size_t beyond = reinterpret_cast<std::uintptr_t>(region) % kHugePageBytes;
  const std::size_t before = beyond == 0 ? 0 : kHugePageBytes - beyond;
  if (before != 0) munmap(region, before);
  munmap(region + before + bytes, kHugePageBytes - before);
  madvise(region + before, bytes, MADV_HUGEPAGE);  // a wish: small pages do as well
  return region + before;
}

}  // namespace

bool GrowingPages::grow(std::size_t bytes) noexcept {
  assert(bytes > bytes_);
  if (bytes < kHugePageBytes) {
    void* const grown = std::realloc(data_, bytes);
    if (grown == nullptr) return false;
    data_ = static_cast<std::byte*>(grown);
    bytes_ = bytes;
    return true;
  }
  bytes = (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  std::byte* const region = map_aligned(bytes);
  if (region == nullptr) return false;
  if (bytes_ < kHugePageBytes) {
    if (bytes_ != 0) std::memcpy(region, data_, bytes_);
    std::free(data_);
  } else if (mremap(data_, bytes_, bytes_, MREMAP_MAYMOVE | MREMAP_FIXED, region) == MAP_FAILED) {
    munmap(region, bytes);
    return false;
  }
  data_ = region;
  bytes_ = bytes;
  return true;
}

void GrowingPages::release() noexcept {
  if (bytes_ < kHugePageBytes) {
    std::free(data_);
  } else {
    munmap(data_, bytes_);
  }
  data_ = nullptr;
  bytes_ = 0;
}

}  // namespace millrace
