// SPDX-License-Identifier: Apache-2.0
#include "record/crc32c.hpp"

#include <isa-l/crc.h>

namespace millrace {

std::uint32_t crc32c(const void* bytes, std::size_t n, std::uint32_t before) noexcept {
  // ISA-L takes and gives the register as it stands, and does not write to the buffer.
  auto* at = const_cast<unsigned char*>(static_cast<const unsigned char*>(bytes));
  constexpr std::size_t kMost = std::size_t{1} << 30;  // its length is an int
  std::uint32_t crc = ~before;
  for (; n > kMost; n -= kMost, at += kMost) crc = crc32_iscsi(at, static_cast<int>(kMost), crc);
  return ~crc32_iscsi(at, static_cast<int>(n), crc);
}

}  // namespace millrace
