// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "record/column_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "record/column.hpp"
#include "record/column_kernel.hpp"

HWY_BEFORE_NAMESPACE();
namespace millrace::column_kernel::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Longs = hn::CappedTag<std::int64_t, 8>;
using Doubles = hn::CappedTag<double, 8>;

// Into `state`, from value `i` on. Returns how many of the masks' first `n` values are not present.
template <class D>
std::uint32_t note(D d, hn::Mask<D> absent, hn::Mask<D> invalid, std::uint32_t n,
                   Presence* state) noexcept {
  hn::Mask<D> bad = hn::Or(absent, invalid);
  if (HWY_LIKELY(hn::AllFalse(d, bad))) return 0;
  if (n < hn::Lanes(d)) bad = hn::And(bad, hn::FirstN(d, n));
  std::uint8_t bad_bits[8] = {}, absent_bits[8] = {};
  hn::StoreMaskBits(d, bad, bad_bits);
  hn::StoreMaskBits(d, absent, absent_bits);
  std::uint32_t count = 0;
  for (std::uint32_t bits = bad_bits[0]; bits != 0; bits &= bits - 1, ++count) {
    const auto i = static_cast<std::uint32_t>(hwy::Num0BitsBelowLS1Bit_Nonzero32(bits));
    state[i] = (absent_bits[0] >> i & 1) != 0 ? kAbsent : kInvalid;
  }
  return count;
}

// Signs of all results tell an overflow: both operands' differ from it (sum), or a's from b's and it.
enum class Combine { none, subtract, add };

template <Combine kCombine>
std::uint32_t combine(Column& column, const std::int64_t* other, bool duration,
                      std::uint32_t n) noexcept {
  const Longs d;
  const Doubles doubles;
  const auto sentinel = hn::Set(d, kAbsentTime);
  const auto zero = hn::Zero(d);
  const auto nothing = hn::MaskFromVec(zero);
  std::uint32_t not_present = 0;
  for (std::uint32_t i = 0; i < n; i += static_cast<std::uint32_t>(hn::Lanes(d))) {
    const auto a = hn::Load(d, column.integers.data() + i);
    auto result = a;
    auto absent = hn::Eq(a, sentinel);
    auto invalid = nothing;
    if constexpr (kCombine != Combine::none) {
      const auto b = hn::Load(d, other + i);
      absent = hn::Or(absent, hn::Eq(b, sentinel));
      if constexpr (kCombine == Combine::subtract) {
        result = hn::Sub(a, b);
        invalid = hn::Lt(hn::And(hn::Xor(a, b), hn::Xor(a, result)), zero);
      } else {
        result = hn::Add(a, b);
        invalid = hn::Lt(hn::And(hn::Xor(a, result), hn::Xor(b, result)), zero);
      }
      hn::Store(result, d, column.integers.data() + i);
    }
    if (duration) invalid = hn::Or(invalid, hn::Lt(result, zero));
    hn::Store(hn::ConvertTo(doubles, result), doubles, column.values.data() + i);
    not_present += note(d, absent, invalid, n - i, column.state.data() + i);
  }
  return not_present;
}

std::uint32_t of_integers(Column& column, bool duration, std::uint32_t n) {
  return combine<Combine::none>(column, nullptr, duration, n);
}

std::uint32_t of_difference(Column& column, const std::int64_t* other, bool duration,
                            std::uint32_t n) {
  return combine<Combine::subtract>(column, other, duration, n);
}

std::uint32_t of_sum(Column& column, const std::int64_t* other, bool duration, std::uint32_t n) {
  return combine<Combine::add>(column, other, duration, n);
}

std::uint32_t of_doubles(Column& column, double least, double greatest, std::uint32_t n) {
  const Doubles d;
  const auto zero = hn::Zero(d);
  const auto low = hn::Set(d, least), high = hn::Set(d, greatest);
  std::uint32_t not_present = 0;
  for (std::uint32_t i = 0; i < n; i += static_cast<std::uint32_t>(hn::Lanes(d))) {
    const auto value = hn::Add(hn::Load(d, column.values.data() + i), zero);  // -0.0 becomes +0.0
    hn::Store(value, d, column.values.data() + i);
    const auto absent = hn::IsNaN(value);
    const auto outside = hn::Or(hn::Lt(value, low), hn::Gt(value, high));
    not_present += note(d, absent, outside, n - i, column.state.data() + i);
  }
  return not_present;
}

}  // namespace millrace::column_kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace millrace::column_kernel {

HWY_EXPORT(of_integers);
HWY_EXPORT(of_difference);
HWY_EXPORT(of_sum);
HWY_EXPORT(of_doubles);

std::uint32_t integers(Column& column, bool duration, std::uint32_t n) noexcept {
  return HWY_DYNAMIC_DISPATCH(of_integers)(column, duration, n);
}

std::uint32_t difference(Column& column, const std::int64_t* other, bool duration,
                         std::uint32_t n) noexcept {
  return HWY_DYNAMIC_DISPATCH(of_difference)(column, other, duration, n);
}

std::uint32_t sum(Column& column, const std::int64_t* other, bool duration,
                  std::uint32_t n) noexcept {
  return HWY_DYNAMIC_DISPATCH(of_sum)(column, other, duration, n);
}

std::uint32_t doubles(Column& column, double least, double greatest, std::uint32_t n) noexcept {
  return HWY_DYNAMIC_DISPATCH(of_doubles)(column, least, greatest, n);
}

}  // namespace millrace::column_kernel
#endif
