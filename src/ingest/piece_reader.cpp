// SPDX-License-Identifier: Apache-2.0
#include "ingest/piece_reader.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "ingest/line_format.hpp"

namespace millrace {
namespace {

constexpr std::size_t kStepBytes = 256 << 10;
// Behind a piece's bytes: a newline that an input lacks, and the parser's padding.
constexpr std::size_t kSlackBytes = 1 + LineParser::kPadding;

const char* find_newline(const char* begin, const char* end) {
  return static_cast<const char*>(std::memchr(begin, '\n', static_cast<std::size_t>(end - begin)));
}

/// How long the byte order mark at `begun` is; an error for those of other encodings.
Result<std::size_t> byte_order_mark(std::string_view begun, const std::string& path) {
  using namespace std::string_view_literals;
  if (begun.starts_with("\xef\xbb\xbf"sv)) return 3;
  // "{" and a zero byte, in either order, is UTF-16 without a mark.
  for (const auto mark : {"\xff\xfe"sv, "\xfe\xff"sv, "{\0"sv, "\0{"sv}) {
    if (begun.starts_with(mark)) {
      return failure(Errc::format,
                     fmt::format("'{}' is UTF-16, not UTF-8; convert it first: iconv -f UTF-16 "
                                 "-t UTF-8",
                                 path));
    }
  }
  return 0;
}

}  // namespace

void Piece::reserve(std::size_t bytes) {
  if (bytes <= capacity_) return;
  bytes = std::max(bytes, capacity_ + capacity_ / 2);
  auto* grown = static_cast<char*>(std::realloc(buffer_.get(), bytes));
  if (grown == nullptr) throw std::bad_alloc();
  static_cast<void>(buffer_.release());  // realloc has freed it
  buffer_.reset(grown);
  capacity_ = bytes;
}

Result<std::unique_ptr<PieceReader>> PieceReader::open(std::vector<std::string> inputs,
                                                       PieceReaderOptions options) {
  if (options.piece_bytes == 0) {
    return failure(Errc::invalid_argument, "piece_bytes is 0; it must be at least 1");
  }
  for (const std::string& input : inputs) {
    if (auto there = RawInput::check(input); !there) return tl::unexpected(there.error());
  }
  return std::unique_ptr<PieceReader>(new PieceReader(std::move(inputs), options));
}

PieceReader::PieceReader(std::vector<std::string> inputs, PieceReaderOptions options)
    : inputs_(std::move(inputs)),
      options_(options),
      step_bytes_(std::min(kStepBytes, options.piece_bytes)),
      too_long_reason_(
          fmt::format("longer than the line cap of {} bytes", options.line_bytes_max)) {}

std::vector<InputError> PieceReader::input_errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

std::uint64_t PieceReader::bytes_read() const noexcept {
  return bytes_read_.load(std::memory_order_relaxed);  // order: relaxed; a progress figure
}

bool PieceReader::stopped() const noexcept {
  // order: relaxed; the flag carries no data.
  return options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed);
}

std::string_view PieceReader::peek() {
  const std::lock_guard lock(mutex_);
  while (source_ != nullptr || open_next_input()) {
    const std::string_view begun = source_->peek(ByteSource::kPeekBytesMax);
    if (!begun.empty()) return begun;
    close_input();
  }
  return {};
}

bool PieceReader::next(Piece& piece) {
  const std::lock_guard lock(mutex_);
  begin(piece);
  fill(piece);
  if (piece.size_ == 0) return false;

  const std::size_t within = std::min(piece.size_, options_.piece_bytes);
  const auto* last = static_cast<const char*>(memrchr(piece.buffer_.get(), '\n', within));
  if (last != nullptr) {
    split(piece, static_cast<std::size_t>(last + 1 - piece.buffer_.get()));
  } else if (!extend_to_newline(piece) && !skip_long_line(piece)) {
    return false;
  }
  std::memset(piece.buffer_.get() + piece.size_, 0, LineParser::kPadding);
  piece.number_ = pieces_++;
  return true;
}

bool PieceReader::open_next_input() {
  while (inputs_opened_ < inputs_.size() && !stopped()) {
    const std::string& path = inputs_[inputs_opened_++];
    auto source = ByteSource::open(path, options_.stop);
    const auto mark = source ? byte_order_mark((*source)->peek(3), path)
                             : Result<std::size_t>(tl::unexpected(source.error()));
    if (!mark) {
      errors_.push_back({inputs_opened_ - 1, mark.error()});
      continue;
    }
    source_ = *std::move(source);
    source_bytes_ = 0;
    line_ = 1;
    byte_offset_ = *mark;
    char skipped[3];
    read(skipped, *mark);
    if (options_.translate) {
      auto translator = options_.translate(source_->peek(ByteSource::kPeekBytesMax), *mark);
      if (translator != nullptr) {
        source_->translate(std::move(translator));
        byte_offset_ = 0;
      }
    }
    return true;
  }
  return false;
}

void PieceReader::close_input() {
  if (source_->error()) errors_.push_back({inputs_opened_ - 1, *source_->error()});
  source_.reset();
}

// The piece starts with what was read behind the last one.
void PieceReader::begin(Piece& piece) {
  const std::size_t usual = options_.piece_bytes + step_bytes_ + kSlackBytes;
  if (piece.capacity_ > 2 * usual) {  // a long line passed
    piece.buffer_.reset();
    piece.capacity_ = 0;
  }
  piece.reserve(usual);
  piece.spans_.clear();
  piece.size_ = rest_.size();
  if (!rest_.empty()) std::memcpy(piece.buffer_.get(), rest_.data(), rest_.size());
  rest_.clear();
  parts_.clear();
  if (source_ != nullptr) add_part(0);
}

void PieceReader::add_part(std::size_t begin) {
  parts_.push_back({inputs_opened_ - 1, line_, byte_offset_, begin, false, source_->translated()});
}

void PieceReader::fill(Piece& piece) {
  while (piece.size_ < options_.piece_bytes) {
    if (source_ == nullptr) {
      if (!open_next_input()) return;
      add_part(piece.size_);
    }
    const std::size_t asked = options_.piece_bytes - piece.size_;
    const std::size_t got = read(piece.buffer_.get() + piece.size_, asked);
    piece.size_ += got;
    if (got < asked) end_input(piece);
  }
}

std::size_t PieceReader::read(char* to, std::size_t bytes) {
  const std::size_t got = source_->read({to, bytes});
  const std::uint64_t taken = source_->bytes_taken();
  // order: relaxed; a progress figure
  bytes_read_.fetch_add(taken - source_bytes_, std::memory_order_relaxed);
  source_bytes_ = taken;
  return got;
}

// All bytes of source_ are in the piece; its last line gets the newline it may lack.
void PieceReader::end_input(Piece& piece) {
  Part& part = parts_.back();
  char* const begin = piece.buffer_.get() + part.begin;
  char* const end = piece.buffer_.get() + piece.size_;
  if (begin < end && end[-1] != '\n') {
    if (source_->stopped()) {
      // Not torn, but not read to its end: not ours to judge.
      const auto* last =
          static_cast<const char*>(memrchr(begin, '\n', static_cast<std::size_t>(end - begin)));
      piece.size_ =
          last == nullptr ? part.begin : static_cast<std::size_t>(last + 1 - piece.buffer_.get());
    } else {
      *end = '\n';
      ++piece.size_;
      part.torn = true;
    }
  }
  close_input();
}

// The first line is longer than a piece. False when it is longer than the line cap, too, and its
// end not yet seen, or when a stop left nothing of it.
bool PieceReader::extend_to_newline(Piece& piece) {
  std::size_t searched = std::min(piece.size_, options_.piece_bytes);
  while (piece.size_ > 0) {
    const char* const begin = piece.buffer_.get();
    if (const char* newline = find_newline(begin + searched, begin + piece.size_)) {
      split(piece, static_cast<std::size_t>(newline + 1 - begin));
      return true;
    }
    searched = piece.size_;
    if (piece.size_ > options_.line_bytes_max) return false;
    piece.reserve(piece.size_ + step_bytes_ + kSlackBytes);
    const std::size_t got = read(piece.buffer_.get() + piece.size_, step_bytes_);
    piece.size_ += got;
    // Whole lines behind the first one wait for the next piece; the input then ends again.
    if (got < step_bytes_ &&
        !find_newline(piece.buffer_.get() + searched, piece.buffer_.get() + piece.size_)) {
      end_input(piece);
    }
  }
  return false;
}

// Reads on to the end of a line that is over the cap, over and over into the same memory.
bool PieceReader::skip_long_line(Piece& piece) {
  if (piece.size_ == 0) return false;
  Span skipped{.input = inputs_opened_ - 1,
               .first_line = line_,
               .byte_offset = byte_offset_,
               .too_long = true,
               .translated = source_->translated()};
  byte_offset_ += piece.size_;
  piece.size_ = 0;
  for (bool ended = false; !ended;) {
    char* const begin = piece.buffer_.get();
    const std::size_t got = read(begin, step_bytes_);
    ended = got < step_bytes_;
    if (const char* newline = find_newline(begin, begin + got)) {
      byte_offset_ += static_cast<std::uint64_t>(newline + 1 - begin);
      rest_.assign(newline + 1, static_cast<const char*>(begin + got));
      ended = true;
    } else {
      byte_offset_ += got;
      if (ended) {
        skipped.torn = true;
        const bool cut_by_stop = source_->stopped();
        close_input();
        if (cut_by_stop) return false;
      }
    }
  }
  ++line_;
  piece.spans_.push_back(skipped);
  return true;
}

void PieceReader::split(Piece& piece, std::size_t cut) {
  rest_.assign(piece.buffer_.get() + cut, piece.buffer_.get() + piece.size_);
  piece.size_ = cut;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    add_spans(piece, parts_[i], i + 1 < parts_.size() ? parts_[i + 1].begin : cut);
  }
}

// One span, unless lines over the cap divide it. Leaves line_ and byte_offset_ behind the part.
void PieceReader::add_spans(Piece& piece, const Part& part, std::size_t end_at) {
  const char* const base = piece.buffer_.get();
  const char* const end = base + end_at;
  const auto place = [base](const char* p) { return static_cast<std::size_t>(p - base); };
  Span span{.input = part.input,
            .first_line = part.first_line,
            .byte_offset = part.byte_offset,
            .begin = part.begin,
            .translated = part.translated};
  line_ = part.first_line;
  const auto offset_of = [&](const char* p) {
    return part.byte_offset + static_cast<std::uint64_t>(p - (base + part.begin));
  };
  const char* line = base + part.begin;
  while (line < end) {
    const char* const next = find_newline(line, end) + 1;
    ++line_;
    if (static_cast<std::size_t>(next - line) - 1 > options_.line_bytes_max) {
      span.end = place(line);
      if (span.begin < span.end) piece.spans_.push_back(span);
      piece.spans_.push_back({.input = part.input,
                              .first_line = line_ - 1,
                              .byte_offset = offset_of(line),
                              .begin = place(line),
                              .end = place(line),
                              .torn = part.torn && next == end,
                              .too_long = true,
                              .translated = part.translated});
      span.first_line = line_;
      span.byte_offset = offset_of(next);
      span.begin = place(next);
    }
    line = next;
  }
  span.end = end_at;
  span.torn = part.torn;
  if (span.begin < span.end) piece.spans_.push_back(span);
  byte_offset_ = offset_of(end);
}

}  // namespace millrace
