// SPDX-License-Identifier: Apache-2.0
//
// Unpacker: compressed bytes to plain ones. The formats are told from their first bytes, never from
// a file's name.
//
//   auto unpacker = make_unpacker(first_bytes, input);   // nullptr: not compressed
//   const std::size_t n = unpacker->read(buffer);       // less than asked: the end, or see error()
//
// Errors    Truncated or corrupt data: everything that unpacked before it is given out first.
// Memory    gzip: 64 KiB of input, 40 KiB of zlib. zstd: 128 KiB of input and a window of at most
//           128 MiB (what `zstd --long=27` writes); frames that need more are refused.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "millrace/result.hpp"

#include "ingest/raw_input.hpp"

namespace millrace {

class Unpacker {
 public:
  /// Bytes of an input that make_unpacker() wants to see.
  static constexpr std::size_t kMagicBytes = 4;

  virtual ~Unpacker() = default;
  /// Fills `to` unless the data ends.
  virtual std::size_t read(std::span<char> to) = 0;
  [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }

 protected:
  std::optional<Error> error_;
};

/// `begun`: the bytes that were already read from `input`, which must outlive the unpacker.
std::unique_ptr<Unpacker> make_unpacker(std::string_view begun, RawInput& input);

std::unique_ptr<Unpacker> make_gzip_unpacker(std::string_view begun, RawInput& input);
std::unique_ptr<Unpacker> make_zstd_unpacker(std::string_view begun, RawInput& input);

}  // namespace millrace
