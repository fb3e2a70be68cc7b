// SPDX-License-Identifier: Apache-2.0
#include "ingest/byte_source.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace millrace {
namespace {

constexpr std::string_view kGzipMagic("\x1f\x8b", 2);
constexpr std::string_view kZstdMagic("\x28\xb5\x2f\xfd", 4);

// What a translator gets at once: it may make a hundred times as much of it.
constexpr std::size_t kTranslatedBytes = 16 << 10;

// 0x184D2A50 to 0x184D2A5F, little-endian: frames without data that a zstd file may begin with.
bool is_skippable_frame(std::string_view begun) {
  return begun.size() >= 4 && (static_cast<unsigned char>(begun[0]) & 0xf0u) == 0x50u &&
         begun.substr(1, 3) == "\x2a\x4d\x18";
}

}  // namespace

std::unique_ptr<Unpacker> make_unpacker(std::string_view begun, RawInput& input) {
  if (begun.starts_with(kGzipMagic)) return make_gzip_unpacker(begun, input);
  if (begun.starts_with(kZstdMagic) || is_skippable_frame(begun)) {
    return make_zstd_unpacker(begun, input);
  }
  return nullptr;
}

Result<std::unique_ptr<ByteSource>> ByteSource::open(const std::string& path,
                                                     const std::atomic<bool>* stop) {
  auto input = RawInput::open(path, stop);
  if (!input) return tl::unexpected(input.error());
  return std::unique_ptr<ByteSource>(new ByteSource(*std::move(input)));
}

ByteSource::ByteSource(RawInput input) : input_(std::move(input)) {
  std::array<char, Unpacker::kMagicBytes> begun;
  const std::size_t got = input_.read(begun);
  unpacker_ = make_unpacker({begun.data(), got}, input_);
  if (unpacker_ == nullptr) ahead_.assign(begun.data(), begun.data() + got);
}

const std::optional<Error>& ByteSource::error() const noexcept {
  const auto& unread = unpacker_ != nullptr ? unpacker_->error() : input_.error();
  return unread ? unread : fault_;
}

std::size_t ByteSource::read_unpacked(std::span<char> to) {
  return unpacker_ != nullptr ? unpacker_->read(to) : input_.read(to);
}

void ByteSource::translate(std::unique_ptr<Translator> translator) {
  translator_ = std::move(translator);
  const std::string_view ahead =
      std::string_view(ahead_.data(), ahead_.size()).substr(ahead_begin_);
  translator_->take(ahead, lines_);
  bytes_taken_ += ahead.size();
  ahead_.clear();
  ahead_begin_ = 0;
  untranslated_.resize(kTranslatedBytes);
}

std::size_t ByteSource::read_translated(std::span<char> to) {
  std::size_t filled = 0;
  while (filled < to.size()) {
    if (lines_begin_ == lines_.size()) {
      lines_.clear();
      lines_begin_ = 0;
      if (all_translated_) break;
      translate_more();
      continue;
    }
    const std::size_t n = std::min(to.size() - filled, lines_.size() - lines_begin_);
    std::memcpy(to.data() + filled, lines_.data() + lines_begin_, n);
    lines_begin_ += n;
    filled += n;
  }
  return filled;
}

void ByteSource::translate_more() {
  if (!translator_->fault()) {
    const std::size_t got = read_unpacked(untranslated_);
    translator_->take({untranslated_.data(), got}, lines_);
    bytes_taken_ += got;
    if (got == untranslated_.size()) return;
    if (!stopped() && !translator_->fault()) translator_->end(lines_);
  }
  all_translated_ = true;
  if (const auto& fault = translator_->fault()) {
    fault_ = Error{Errc::format, fmt::format("'{}': {}", input_.path(), *fault)};
  }
}

std::size_t ByteSource::fill(std::span<char> to) {
  return translator_ != nullptr ? read_translated(to) : read_unpacked(to);
}

std::size_t ByteSource::read(std::span<char> to) {
  std::size_t got = std::min(to.size(), ahead_.size() - ahead_begin_);
  if (got > 0) std::memcpy(to.data(), ahead_.data() + ahead_begin_, got);
  ahead_begin_ += got;
  if (got < to.size()) got += fill(to.subspan(got));
  if (translator_ == nullptr) bytes_taken_ += got;
  return got;
}

std::string_view ByteSource::peek(std::size_t bytes) {
  bytes = std::min(bytes, kPeekBytesMax);
  ahead_.erase(ahead_.begin(), ahead_.begin() + static_cast<std::ptrdiff_t>(ahead_begin_));
  ahead_begin_ = 0;
  if (const std::size_t had = ahead_.size(); had < bytes) {
    ahead_.resize(bytes);
    ahead_.resize(had + fill(std::span(ahead_).subspan(had)));
  }
  return {ahead_.data(), std::min(bytes, ahead_.size())};
}

}  // namespace millrace
