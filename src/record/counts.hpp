// SPDX-License-Identifier: Apache-2.0
//
// Counts and numbers are of 64 bits and never wrap. What this machine counts cannot: 2^62 is 146 years at a
// nanosecond each. What a file claims is held to that, and sums of claims stay at the top.
#pragma once

#include <cstdint>

namespace millrace {

inline constexpr std::uint64_t kCountMax = std::uint64_t{1} << 62;

inline void add_to(std::uint64_t& sum, std::uint64_t more) noexcept {
  if (__builtin_add_overflow(sum, more, &sum)) sum = ~std::uint64_t{0};
}

}  // namespace millrace
