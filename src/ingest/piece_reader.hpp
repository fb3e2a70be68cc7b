// SPDX-License-Identifier: Apache-2.0
//
// PieceReader: several inputs, one after the other, cut into pieces of whole lines for parser
// threads.
//
//   auto reader = PieceReader::open({"a.jsonl", "b.jsonl.gz", "-"}, {.stop = &stop});
//   if (!reader) return reader.error();
//   Piece piece;                                     // one per thread; its memory is used again
//   while ((*reader)->next(piece)) {
//     piece.for_each_line([&](const Line& line) {
//       if (line.too_long) return bad(line, (*reader)->too_long_reason());
//       if (line.text.empty()) return blank();
//       parser->parse(line.text, ...);               // LineParser::kPadding bytes follow the text
//     });
//   }
//   for (const InputError& e : (*reader)->input_errors()) ...
//
// Cuts      A piece is as many whole lines as fit in piece_bytes, and at least one. So pieces
//           depend only on the bytes of the inputs, one after the other, without byte order marks
//           and with a newline wherever an input lacks its last; not on how they were read, packed
//           or spread over files, nor on threads. Sums that start anew with each piece rely on it.
// Lines     End in \n or \r\n. One longer than line_bytes_max is skipped in constant memory and
//           shown in its place, without its text.
// Errors    open() refuses inputs that are not there. What goes wrong later (a read error, a file
//           cut off in its compressed data, UTF-16) ends that input and is kept; the others are
//           read.
// Documents An input for which options.translate gives a Translator is read through it: its lines
//           are what that makes of it, and their byte offsets are of those lines.
// Stop      Ends the last piece after the last whole line that was read.
// Threads   next() any, one at a time inside; peek() before the first next(); bytes_read() and
//           input_errors() any, at any time.
// Memory    A piece: piece_bytes or its one line, if that is longer, and 256 KiB.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/result.hpp"

#include "ingest/byte_source.hpp"
#include "ingest/translator.hpp"

namespace millrace {

struct Line {
  std::string_view text{};        // without line end and blanks before it; empty: a blank line
  std::size_t input = 0;          // index into the inputs
  std::uint64_t number = 0;       // from 1, in its input
  std::uint64_t byte_offset = 0;  // of its start, in the unpacked input
  bool torn = false;              // the input ended before its newline
  bool too_long = false;          // skipped; no text
  bool translated = false;        // of a document: number and byte_offset are of what it gave
};

/// Lines of one input, in a row.
struct Span {
  std::size_t input = 0;
  std::uint64_t first_line = 0;    // from 1
  std::uint64_t byte_offset = 0;   // of the first byte, in the unpacked input
  std::size_t begin = 0, end = 0;  // in Piece::bytes(); ends after a newline
  bool torn = false;      // the input ended before the last line's newline, which was added
  bool too_long = false;  // one line that was skipped: begin == end
  bool translated = false;
};

class Piece {
 public:
  /// From 0, in the order of the inputs.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  /// At least LineParser::kPadding readable bytes follow. Not every byte need be in a span.
  [[nodiscard]] std::string_view bytes() const noexcept { return {buffer_.get(), size_}; }
  [[nodiscard]] const std::vector<Span>& spans() const noexcept { return spans_; }

  /// Calls use(const Line&) for every line, blank and skipped ones too, in order.
  template <typename Use>
  void for_each_line(Use&& use) const {
    for (const Span& span : spans_) for_each_line_of(span, use);
  }

 private:
  friend class PieceReader;
  struct Free {
    void operator()(char* p) const noexcept { std::free(p); }
  };
  template <typename Use>
  void for_each_line_of(const Span& span, Use& use) const;
  void reserve(std::size_t bytes);

  std::unique_ptr<char[], Free> buffer_;  // malloc'd: long lines grow it without a copy
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  std::uint64_t number_ = 0;
  std::vector<Span> spans_;
};

struct PieceReaderOptions {
  std::size_t piece_bytes = 512 << 10;    // stays in a core's own cache
  std::size_t line_bytes_max = 16 << 20;  // without the newline
  const std::atomic<bool>* stop = nullptr;
  /// Asked of each input when it is opened: its first bytes, up to 64 KiB, behind a byte order mark
  /// of `byte_offset` bytes. nullptr: it is lines already.
  std::function<std::unique_ptr<Translator>(std::string_view first_bytes,
                                            std::uint64_t byte_offset)>
      translate = {};
};

struct InputError {
  std::size_t input = 0;
  Error error;  // the message names the file
};

class PieceReader {
 public:
  /// `inputs`: paths, "-" is stdin.
  static Result<std::unique_ptr<PieceReader>> open(std::vector<std::string> inputs,
                                                   PieceReaderOptions options = {});

  /// The first bytes, up to 64 KiB, of the first input that has any, to tell its format.
  std::string_view peek();

  /// Fills `piece`; false at the end of the last input.
  bool next(Piece& piece);

  [[nodiscard]] const std::vector<std::string>& inputs() const noexcept { return inputs_; }
  [[nodiscard]] std::vector<InputError> input_errors() const;
  /// Unpacked.
  [[nodiscard]] std::uint64_t bytes_read() const noexcept;
  /// "longer than the line cap of N bytes"
  [[nodiscard]] const std::string& too_long_reason() const noexcept { return too_long_reason_; }

 private:
  // What one input gives to the piece in the making.
  struct Part {
    std::size_t input;
    std::uint64_t first_line, byte_offset;
    std::size_t begin;  // in the piece's buffer
    bool torn, translated;
  };

  PieceReader(std::vector<std::string> inputs, PieceReaderOptions options);
  bool open_next_input();
  void close_input();
  [[nodiscard]] bool stopped() const noexcept;

  void begin(Piece& piece);
  void add_part(std::size_t begin);
  void fill(Piece& piece);
  std::size_t read(char* to, std::size_t bytes);
  void end_input(Piece& piece);
  bool extend_to_newline(Piece& piece);
  bool skip_long_line(Piece& piece);
  void split(Piece& piece, std::size_t cut);
  void add_spans(Piece& piece, const Part& part, std::size_t end);

  const std::vector<std::string> inputs_;
  const PieceReaderOptions options_;
  const std::size_t step_bytes_;  // of reading behind piece_bytes
  const std::string too_long_reason_;

  mutable std::mutex mutex_;            // guards all below but bytes_read_
  std::unique_ptr<ByteSource> source_;  // null: between inputs
  std::size_t inputs_opened_ = 0;       // source_ is the last of them
  std::uint64_t source_bytes_ = 0;      // of source_, that are in bytes_read_
  std::uint64_t line_ = 1;              // of source_: number and place of the first line
  std::uint64_t byte_offset_ = 0;       // that is in no piece yet
  std::vector<char> rest_;              // of source_: read, but in no piece yet
  std::vector<Part> parts_;
  std::uint64_t pieces_ = 0;
  std::vector<InputError> errors_;
  std::atomic<std::uint64_t> bytes_read_{0};
};

template <typename Use>
void Piece::for_each_line_of(const Span& span, Use& use) const {
  Line line{.input = span.input, .number = span.first_line, .byte_offset = span.byte_offset};
  line.translated = span.translated;
  if (span.too_long) {
    line.torn = span.torn;
    line.too_long = true;
    return static_cast<void>(use(static_cast<const Line&>(line)));
  }
  const char* const end = buffer_.get() + span.end;
  for (const char* begin = buffer_.get() + span.begin; begin < end;) {
    const auto* newline =
        static_cast<const char*>(std::memchr(begin, '\n', static_cast<std::size_t>(end - begin)));
    const char* last = newline;
    while (last > begin && (last[-1] == '\r' || last[-1] == ' ' || last[-1] == '\t')) --last;
    line.text = {begin, static_cast<std::size_t>(last - begin)};
    line.torn = span.torn && newline + 1 == end;
    use(static_cast<const Line&>(line));
    ++line.number;
    line.byte_offset += static_cast<std::uint64_t>(newline + 1 - begin);
    begin = newline + 1;
  }
}

}  // namespace millrace
