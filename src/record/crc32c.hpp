// SPDX-License-Identifier: Apache-2.0
//
// CRC32C (Castagnoli), by ISA-L: Hamming distance 4 up to 256 MiB, every burst up to 32 bits.
// crc32c("123456789") is 0xE3069283. Source: RFC 3720, appendix B.4.
#pragma once

#include <cstddef>
#include <cstdint>

namespace millrace {

/// Goes on from `before`, the checksum of what stands in front; 0: nothing does.
std::uint32_t crc32c(const void* bytes, std::size_t n, std::uint32_t before = 0) noexcept;

}  // namespace millrace
