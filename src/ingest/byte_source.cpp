// SPDX-License-Identifier: Apache-2.0
#include "ingest/byte_source.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace millrace {
namespace {

constexpr std::string_view kGzipMagic("\x1f\x8b", 2);
constexpr std::string_view kZstdMagic("\x28\xb5\x2f\xfd", 4);

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
  return unpacker_ != nullptr ? unpacker_->error() : input_.error();
}

std::size_t ByteSource::read_unpacked(std::span<char> to) {
  return unpacker_ != nullptr ? unpacker_->read(to) : input_.read(to);
}

std::size_t ByteSource::read(std::span<char> to) {
  const std::size_t ready = std::min(to.size(), ahead_.size() - ahead_begin_);
  if (ready > 0) std::memcpy(to.data(), ahead_.data() + ahead_begin_, ready);
  ahead_begin_ += ready;
  return ready + (ready < to.size() ? read_unpacked(to.subspan(ready)) : 0);
}

std::string_view ByteSource::peek(std::size_t bytes) {
  bytes = std::min(bytes, kPeekBytesMax);
  ahead_.erase(ahead_.begin(), ahead_.begin() + static_cast<std::ptrdiff_t>(ahead_begin_));
  ahead_begin_ = 0;
  if (const std::size_t had = ahead_.size(); had < bytes) {
    ahead_.resize(bytes);
    ahead_.resize(had + read_unpacked(std::span(ahead_).subspan(had)));
  }
  return {ahead_.data(), std::min(bytes, ahead_.size())};
}

}  // namespace millrace
