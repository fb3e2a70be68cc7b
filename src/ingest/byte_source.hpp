// SPDX-License-Identifier: Apache-2.0
//
// ByteSource: one input as a stream of unpacked bytes. A path or "-" (stdin); gzip and zstd are
// told from the first bytes and unpacked; pipes and FIFOs are fine.
//
//   auto source = ByteSource::open("run.jsonl.zst", &stop);
//   if (!source) return source.error();
//   if ((*source)->peek(ByteSource::kPeekBytesMax).starts_with('{')) ...
//   while (const std::size_t n = (*source)->read(buffer)) use(buffer, n);
//   if ((*source)->error()) ...                     // it ended early; what came before is good
//
// Documents A Translator makes lines of them while they are read; see translator.hpp.
// Stop      See raw_input.hpp: a stop is seen within 100 ms and ends the input as if at its end.
// Threads   One at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/result.hpp"

#include "ingest/raw_input.hpp"
#include "ingest/translator.hpp"
#include "ingest/unpacker.hpp"

namespace millrace {

class ByteSource {
 public:
  static constexpr std::size_t kPeekBytesMax = 64 << 10;

  static Result<std::unique_ptr<ByteSource>> open(const std::string& path,
                                                  const std::atomic<bool>* stop = nullptr);

  /// Fills `to` unless the input ends. After a short read look at error().
  std::size_t read(std::span<char> to);

  /// The next `bytes` (at most kPeekBytesMax; fewer at the end), which read() will give again. The
  /// view ends with the next call.
  std::string_view peek(std::size_t bytes);

  /// From here on read() and peek() give what `translator` makes of the bytes. Once.
  void translate(std::unique_ptr<Translator> translator);
  [[nodiscard]] bool translated() const noexcept { return translator_ != nullptr; }

  /// Unpacked bytes that were given out, or to the translator.
  [[nodiscard]] std::uint64_t bytes_taken() const noexcept { return bytes_taken_; }
  /// What cut the input short: a read error, truncated or corrupt compressed data, a document that
  /// is none.
  [[nodiscard]] const std::optional<Error>& error() const noexcept;
  /// True when the stop flag is set: the end may then not be the input's own.
  [[nodiscard]] bool stopped() const noexcept { return input_.stopped(); }

 private:
  explicit ByteSource(RawInput input);
  std::size_t fill(std::span<char> to);
  std::size_t read_unpacked(std::span<char> to);
  std::size_t read_translated(std::span<char> to);
  void translate_more();

  RawInput input_;
  std::unique_ptr<Unpacker> unpacker_;  // null: the input is not compressed
  std::vector<char> ahead_;             // read, not yet given out
  std::size_t ahead_begin_ = 0;
  std::uint64_t bytes_taken_ = 0;

  std::unique_ptr<Translator> translator_;
  std::vector<char> untranslated_;  // a piece for the translator
  std::string lines_;               // that it made; not yet given out from lines_begin_ on
  std::size_t lines_begin_ = 0;
  bool all_translated_ = false;
  std::optional<Error> fault_;  // of the translator
};

}  // namespace millrace
