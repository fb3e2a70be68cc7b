// SPDX-License-Identifier: Apache-2.0
//
// CRC-64 of ECMA-182, reflected (as xz has it), by ISA-L. crc64("123456789") is 0x995DC9BBDF1939FA.
// Source: ECMA-182, annex B; the catalogue of parametrised CRC algorithms calls it CRC-64/XZ.
#pragma once

#include <cstddef>
#include <cstdint>

namespace millrace {

/// Goes on from `before`, the checksum of what stands in front; 0: nothing does.
std::uint64_t crc64(const void* bytes, std::size_t n, std::uint64_t before = 0) noexcept;

}  // namespace millrace
