// SPDX-License-Identifier: Apache-2.0
//
// RawInput: the bytes of a file, a pipe or stdin, as they are stored.
//
//   auto input = RawInput::open("run.jsonl.gz", &stop);
//   if (!input) return input.error();          // cannot open 'run.jsonl.gz': Permission denied
//   const std::size_t n = input->read(buffer);   // less than asked: the end, or see error()
//
// Stop      The flag is looked at at least every 100 ms, also while a pipe is silent or a FIFO has
//           no writer yet. A stop ends the input as if at its end.
// Threads   One at a time; the flag may be set from anywhere, signal handlers included.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "millrace/result.hpp"

#include "record/file_descriptor.hpp"

namespace millrace {

class RawInput {
 public:
  /// `path` may be "-": stdin, which stays open. Directories are refused.
  static Result<RawInput> open(const std::string& path, const std::atomic<bool>* stop);

  /// Whether open() would succeed now. A FIFO is not touched: its writer would see a reader go.
  static Result<void> check(const std::string& path);

  /// Fills `to` unless the input ends.
  std::size_t read(std::span<char> to);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  [[nodiscard]] bool stopped() const noexcept;
  /// What ended the input, when it was not its end.
  [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }

 private:
  RawInput(const std::string& path, FileDescriptor descriptor, bool regular,
           const std::atomic<bool>* stop)
      : path_(path), descriptor_(std::move(descriptor)), regular_(regular), stop_(stop) {}
  bool wait_for_bytes();

  std::string path_;
  FileDescriptor descriptor_;
  bool regular_;
  const std::atomic<bool>* stop_;
  std::uint64_t position_ = 0;
  std::optional<Error> error_;
};

}  // namespace millrace
