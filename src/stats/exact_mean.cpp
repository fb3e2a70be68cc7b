// SPDX-License-Identifier: Apache-2.0
#include "stats/exact_mean.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <tuple>

namespace millrace {
namespace {

__extension__ using UInt128 = unsigned __int128;

constexpr int kLimbBits = 32;
constexpr std::uint64_t kLimbMask = 0xFFFFFFFF;
constexpr int kMantissaBits = 52;
constexpr std::uint64_t kInfiniteExponent = 0x7FF;
constexpr std::uint32_t kCarryEvery = 1u << 30;  // limbs grow by less than 2^32 an addition

using Digits = std::array<std::uint64_t, 68>;  // of 32 bits, the least first

// Divides in place; the remainder.
std::uint64_t divide(Digits& digits, std::uint64_t by) noexcept {
  std::uint64_t rest = 0;
  for (std::size_t i = digits.size(); i-- > 0;) {
    const UInt128 part = (UInt128{rest} << kLimbBits) | digits[i];
    digits[i] = static_cast<std::uint64_t>(part / by);
    rest = static_cast<std::uint64_t>(part % by);
  }
  return rest;
}

int bit_length(const Digits& digits) noexcept {
  for (std::size_t i = digits.size(); i-- > 0;) {
    if (digits[i] == 0) continue;
    return static_cast<int>(i) * kLimbBits + static_cast<int>(std::bit_width(digits[i]));
  }
  return 0;
}

// `bits` of them (64 at most) from bit `at` on.
std::uint64_t bits_at(const Digits& digits, int at, int bits) noexcept {
  UInt128 window = 0;
  const auto limb = static_cast<std::size_t>(at / kLimbBits);
  for (std::size_t i = 0; i < 3 && limb + i < digits.size(); ++i) {
    window |= UInt128{digits[limb + i]} << (static_cast<int>(i) * kLimbBits);
  }
  const auto shifted = static_cast<std::uint64_t>(window >> (at % kLimbBits));
  return bits == 64 ? shifted : shifted & ((std::uint64_t{1} << bits) - 1);
}

bool any_below(const Digits& digits, int at) noexcept {
  const auto limb = static_cast<std::size_t>(at / kLimbBits);
  for (std::size_t i = 0; i < limb; ++i) {
    if (digits[i] != 0) return true;
  }
  return bits_at(digits, static_cast<int>(limb) * kLimbBits, at % kLimbBits) != 0;
}

// The quotient and what was left of `by`, in units of 2^-1074, as the nearest double; of two the even one.
ExactMean::Result nearest(const Digits& quotient, std::uint64_t rest, std::uint64_t by) noexcept {
  const int shift = std::max(bit_length(quotient) - (kMantissaBits + 1), 0);
  std::uint64_t mantissa = bits_at(quotient, shift, kMantissaBits + 1);
  bool half, more;  // what is cut off: its first bit, and whether anything follows
  if (shift > 0) {
    half = bits_at(quotient, shift - 1, 1) != 0;
    more = any_below(quotient, shift - 1) || rest != 0;
  } else {
    half = rest >= by - rest;
    more = half ? rest != by - rest : rest != 0;
  }
  mantissa += half && (more || (mantissa & 1) != 0) ? 1 : 0;
  // The mantissa's highest bit adds 1 to the exponent, as does its carry.
  const std::uint64_t exponent = static_cast<std::uint64_t>(shift) << kMantissaBits;
  return {.value = std::bit_cast<double>(exponent + mantissa), .rounded = half || more};
}

}  // namespace

void ExactMean::add(double value) noexcept {
  ++count_;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const std::uint64_t exponent = bits >> kMantissaBits & kInfiniteExponent;
  const bool negative = bits >> 63 != 0;
  if (exponent == kInfiniteExponent) [[unlikely]] {
    ++(negative ? below_ : above_);
    return;
  }
  std::uint64_t mantissa = bits & ((std::uint64_t{1} << kMantissaBits) - 1);
  if (exponent != 0) mantissa |= std::uint64_t{1} << kMantissaBits;
  const std::uint64_t at = exponent == 0 ? 0 : exponent - 1;
  const UInt128 placed = UInt128{mantissa} << (at % kLimbBits);
  const std::int64_t parts[] = {
      static_cast<std::int64_t>(static_cast<std::uint64_t>(placed) & kLimbMask),
      static_cast<std::int64_t>(static_cast<std::uint64_t>(placed >> 32) & kLimbMask),
      static_cast<std::int64_t>(placed >> 64)};
  std::int64_t* limb = limbs_.data() + at / kLimbBits;
  for (const std::int64_t part : parts) *limb++ += negative ? -part : part;
  if (++since_carry_ == kCarryEvery) [[unlikely]] {
    carry(limbs_);
    since_carry_ = 0;
  }
}

void ExactMean::merge(const ExactMean& other) noexcept {
  Limbs theirs = other.limbs_;
  carry(theirs);
  carry(limbs_);
  for (std::size_t i = 0; i < kLimbs; ++i) limbs_[i] += theirs[i];
  since_carry_ = 1;
  count_ += other.count_;
  above_ += other.above_;
  below_ += other.below_;
}

// All limbs but the last, which has the sign, into [0, 2^32).
void ExactMean::carry(Limbs& limbs) noexcept {
  std::int64_t over = 0;
  for (std::size_t i = 0; i + 1 < kLimbs; ++i) {
    const std::int64_t sum = limbs[i] + over;
    limbs[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) & kLimbMask);
    over = sum >> kLimbBits;
  }
  limbs[kLimbs - 1] += over;
}

ExactMean::Result ExactMean::result() const noexcept {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (count_ == 0 || (above_ != 0 && below_ != 0)) {
    return {.value = std::numeric_limits<double>::quiet_NaN()};
  }
  if (above_ != 0) return {.value = kInfinity};
  if (below_ != 0) return {.value = -kInfinity};

  Limbs sum = limbs_;
  carry(sum);
  const bool negative = sum[kLimbs - 1] < 0;
  if (negative) {
    for (std::int64_t& limb : sum) limb = -limb;
    carry(sum);
  }
  Digits digits;
  static_assert(std::tuple_size_v<Digits> == kLimbs);
  for (std::size_t i = 0; i < kLimbs; ++i) digits[i] = static_cast<std::uint64_t>(sum[i]);
  const std::uint64_t rest = divide(digits, count_);
  Result result = nearest(digits, rest, count_);
  if (negative) result.value = -result.value;
  return result;
}

}  // namespace millrace
