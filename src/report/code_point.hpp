// SPDX-License-Identifier: Apache-2.0
//
// Characters of a text, as Python has them when it reads bytes of unknown origin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {

struct CodePoint {
  std::uint32_t code;
  std::size_t bytes;
};

/// At the front of `text`, which is not empty. A byte that starts no UTF-8 sequence is a surrogate, U+DC80 to
/// U+DCFF.
inline CodePoint next_code_point(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  const CodePoint invalid{0xDC00u + lead, 1};
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return invalid;
  std::uint32_t code = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return invalid;
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  if (code < kLeast[length] || code > 0x10FFFF || surrogate) return invalid;
  return {code, length};
}

}  // namespace millrace
