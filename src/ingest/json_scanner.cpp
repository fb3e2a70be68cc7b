// SPDX-License-Identifier: Apache-2.0
#include "ingest/json_scanner.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace millrace {
namespace {

enum Kind : std::uint8_t { kOther, kEndOfWord, kQuote, kOpen, kClose };

constexpr std::array<Kind, 256> kKinds = [] {
  std::array<Kind, 256> kinds{};
  for (const char c : std::string_view(" \t\r\n,:"))
    kinds[static_cast<unsigned char>(c)] = kEndOfWord;
  kinds['"'] = kQuote;
  kinds['{'] = kinds['['] = kOpen;
  kinds['}'] = kinds[']'] = kClose;
  return kinds;
}();

// What a text does not pass over.
constexpr std::array<bool, 256> kInText = [] {
  std::array<bool, 256> stops{};
  stops['"'] = stops['\\'] = stops['\n'] = true;
  return stops;
}();

// Whether one of eight bytes is such a one: a byte that is zero borrows from the bit above it.
bool any_stop(const char* at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101u;
  std::uint64_t bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  const auto zeros_of = [](std::uint64_t x) { return (x - kOnes) & ~x & (kOnes << 7); };
  return (zeros_of(bytes ^ kOnes * '"') | zeros_of(bytes ^ kOnes * '\\') |
          zeros_of(bytes ^ kOnes * '\n')) != 0;
}

Kind kind_of(char c) { return kKinds[static_cast<unsigned char>(c)]; }

}  // namespace

void JsonScanner::begin() noexcept { *this = JsonScanner(); }

const char* JsonScanner::take(const char* at, const char* end) noexcept {
  while (at < end && !done_) {
    if (in_text_) {
      at = take_text(at, end);
      if (fault_ != nullptr) return at;
      continue;
    }
    if (depth_ != 0) {
      while (at < end && kind_of(*at) < kQuote) ++at;  // most bytes
      if (at == end) break;
    }
    const Kind kind = kind_of(*at);
    if (depth_ == 0 && in_word_) {
      if (kind != kOther) {
        done_ = true;
        break;
      }
    } else if (kind == kQuote) {
      in_text_ = true;
    } else if (kind == kOpen) {
      if (depth_ == kDepthMax) {
        fault_ = "nested more than 128 levels deep";
        return at;
      }
      objects_[depth_++] = *at == '{';
    } else if (kind == kClose) {
      if (!close(*at == '}')) return at;
    } else {
      in_word_ = true;
    }
    ++at;
  }
  return at;
}

// Behind the closing quote, or at the end of the piece.
const char* JsonScanner::take_text(const char* at, const char* end) noexcept {
  if (escaped_ && at < end && *at != '\n') {
    escaped_ = false;
    ++at;
  }
  while (end - at >= 8 && !any_stop(at)) at += 8;  // prompts and answers are long
  for (; at < end; ++at) {
    if (!kInText[static_cast<unsigned char>(*at)]) continue;
    if (*at == '"') {
      in_text_ = false;
      done_ = depth_ == 0;
      return at + 1;
    }
    if (*at == '\n') {
      fault_ = "a line ends within a text";
      return at;
    }
    if (at + 1 == end) {
      escaped_ = true;
    } else if (at[1] != '\n') {
      ++at;
    }
  }
  return at;
}

bool JsonScanner::close(bool object) noexcept {
  if (depth_ == 0) {
    fault_ = "a bracket closes what was not opened";
  } else if (objects_[depth_ - 1] != object) {
    fault_ = object ? "'}' closes an array" : "']' closes an object";
  } else {
    done_ = --depth_ == 0;
    return true;
  }
  return false;
}

}  // namespace millrace
