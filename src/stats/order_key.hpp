// SPDX-License-Identifier: Apache-2.0
//
// The order key of a double: an unsigned integer that sorts as the value does. The sign is folded
// (negative values have all bits flipped, others the sign bit), so that its top bits are sign,
// exponent and leading mantissa: the bucket numbers of Histogram and ExactStore. -0.0 is +0.0.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace millrace {

inline constexpr int kMantissaBits = 52;
inline constexpr std::uint32_t kOctaves = 4096;  // values of one sign and exponent are an octave

inline std::uint64_t order_key(double value) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(value + 0.0);
  const auto sign = static_cast<std::uint64_t>(static_cast<std::int64_t>(bits) >> 63);
  return bits ^ (sign | 0x8000'0000'0000'0000u);
}

inline double value_of_key(std::uint64_t key) noexcept {
  const std::uint64_t positive = static_cast<std::uint64_t>(static_cast<std::int64_t>(key) >> 63);
  return std::bit_cast<double>(key ^ (~positive | 0x8000'0000'0000'0000u));
}

inline std::uint32_t octave_of(std::uint64_t key) noexcept {
  return static_cast<std::uint32_t>(key >> kMantissaBits);
}

/// The middle of the values whose keys begin with `bucket`, of an octave and `bits` mantissa bits:
/// within 2^-(bits+1) of each that is normal. Zero's and the infinities' buckets give these.
inline double middle_of_bucket(std::uint64_t bucket, int bits) noexcept {
  const int rest = kMantissaBits - bits;
  const std::uint64_t least = bucket << rest;
  const std::uint32_t octave = octave_of(least);
  if (octave == 0) return -std::numeric_limits<double>::infinity();
  if (octave == kOctaves - 1) return std::numeric_limits<double>::infinity();
  if (least == order_key(0.0)) return 0;
  const std::uint64_t half = std::uint64_t{1} << (rest - 1);
  const bool negative = octave < kOctaves / 2;  // one less, so that -x has the middle of x, negated
  return value_of_key(least + half - (negative ? 1 : 0));
}

}  // namespace millrace
