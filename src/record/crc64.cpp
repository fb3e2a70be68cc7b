// SPDX-License-Identifier: Apache-2.0
#include "record/crc64.hpp"

#include <isa-l/crc64.h>

namespace millrace {

std::uint64_t crc64(const void* bytes, std::size_t n, std::uint64_t before) noexcept {
  // Unlike crc32_iscsi, this one inverts the register at both ends by itself.
  return crc64_ecma_refl(before, static_cast<const unsigned char*>(bytes), n);
}

}  // namespace millrace
