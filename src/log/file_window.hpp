// SPDX-License-Identifier: Apache-2.0
//
// FileWindow: a file's bytes through a private copy of 256 KiB at a time. What is checked is what is
// used: somebody who writes into the file meanwhile cannot change it in between.
//
// Bounds    Windows begin at multiples of their size, which is one of stripes: a frame, which stays
//           in its stripe, is always whole in one of them, if the file has it.
// Errors    Bytes that cannot be read (a bad sector) read as zeros; fault() tells where and why.
// Cut       A file that shrinks is shorter from then on: no signal, no stale bytes.
// Threads   One.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace millrace::log {

class FileWindow {
 public:
  static constexpr std::size_t kBytes = std::size_t{256} << 10;

  /// Does not own `fd`. `bytes`: of a window.
  explicit FileWindow(int fd, std::size_t bytes = kBytes);

  /// What the file has from `offset`, up to the end of the window: at least the rest of the stripe,
  /// unless the file ends in it. Valid until the next call.
  std::span<const std::byte> at(std::uint64_t offset);
  /// The next at() reads anew: the file may have more by now.
  void forget() noexcept { filled_ = 0; }
  /// The first byte at or behind `offset` that is not in a hole of the file: there are only zeros up to
  /// it. Where the file system does not tell: `offset`.
  [[nodiscard]] std::uint64_t skip_hole(std::uint64_t offset) const noexcept;

  struct Fault {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    int error_number = 0;
  };
  /// What could not be read since this was asked last.
  std::optional<Fault> fault() noexcept;

 private:
  void fill(std::uint64_t begin);
  std::size_t fill_around_fault(std::size_t at, int error_number);

  int fd_;
  std::size_t size_;
  std::unique_ptr<std::byte[]> bytes_;
  std::uint64_t begin_ = 0;
  std::size_t filled_ = 0;
  std::optional<Fault> fault_;
};

}  // namespace millrace::log
