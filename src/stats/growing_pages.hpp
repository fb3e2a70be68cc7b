// SPDX-License-Identifier: Apache-2.0
//
// GrowingPages: one piece of memory that becomes larger without being copied.
//
//   GrowingPages pages;
//   if (!pages.grow(64 << 10)) ..                  // no memory; what was there is still there
//   pages.data()                                  // elsewhere, with the same bytes
//
// Method   Below 2 MiB what malloc gives. From there on regions aligned to 2 MiB that ask for huge pages;
//          growing moves page tables, not bytes, and what was touched stays so.
// Memory   Multiples of 2 MiB there. What was never written takes none.
#pragma once

#include <cstddef>
#include <utility>

namespace millrace {

class GrowingPages {
 public:
  GrowingPages() = default;
  ~GrowingPages() { release(); }
  GrowingPages(GrowingPages&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  GrowingPages& operator=(GrowingPages&&) = delete;

  /// To at least that many bytes, more than there are. False: there is no such memory.
  [[nodiscard]] bool grow(std::size_t bytes) noexcept;
  void release() noexcept;

  [[nodiscard]] std::byte* data() const noexcept { return data_; }  // aligned to 16 bytes
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace millrace
