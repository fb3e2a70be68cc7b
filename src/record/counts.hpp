// SPDX-License-Identifier: Apache-2.0
//
// Counts and numbers are of 64 bits and never wrap. What this machine counts cannot: 2^62 is 146 years at a
// nanosecond each. What a file claims is held to that, and sums of claims stay at the top.
#pragma once

#include <cstdint>
#include <limits>

namespace millrace {

inline constexpr std::uint64_t kCountMax = std::uint64_t{1} << 62;

inline void add_to(std::uint64_t& sum, std::uint64_t more) noexcept {
  if (__builtin_add_overflow(sum, more, &sum)) sum = ~std::uint64_t{0};
}

/// Of a time; stays at the ends of what 64 bits hold, and never becomes the absent time.
inline std::int64_t later_by(std::int64_t ns, std::int64_t more) noexcept {
  constexpr auto kLast = std::numeric_limits<std::int64_t>::max();
  std::int64_t sum = 0;
  if (__builtin_add_overflow(ns, more, &sum)) return more > 0 ? kLast : -kLast;
  return sum < -kLast ? -kLast : sum;
}

/// Between two readings of a clock; 0 when a file claims such that there is no such number.
inline std::int64_t nanoseconds_between(std::int64_t from, std::int64_t until) noexcept {
  std::int64_t took = 0;
  return until > from && !__builtin_sub_overflow(until, from, &took) ? took : 0;
}

}  // namespace millrace
