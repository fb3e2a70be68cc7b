// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "record/column_kernel.cpp"
#include "record/column_kernel.hpp"

#include <algorithm>
#include <limits>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "millrace/schema.hpp"

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
std::uint32_t combine(const std::int64_t* left, const std::int64_t* right, bool duration,
                      std::uint32_t n, const Results& results) {
  const Longs d;
  const Doubles doubles;
  const auto sentinel = hn::Set(d, kAbsentTime);
  const auto zero = hn::Zero(d);
  std::uint32_t not_present = 0;
  for (std::uint32_t i = 0; i < n; i += static_cast<std::uint32_t>(hn::Lanes(d))) {
    const auto a = hn::Load(d, left + i);
    auto result = a;
    auto absent = hn::Eq(a, sentinel);
    auto invalid = hn::MaskFromVec(zero);
    if constexpr (kCombine != Combine::none) {
      const auto b = hn::Load(d, right + i);
      absent = hn::Or(absent, hn::Eq(b, sentinel));
      if constexpr (kCombine == Combine::subtract) {
        result = hn::Sub(a, b);
        invalid = hn::Lt(hn::And(hn::Xor(a, b), hn::Xor(a, result)), zero);
      } else {
        result = hn::Add(a, b);
        invalid = hn::Lt(hn::And(hn::Xor(a, result), hn::Xor(b, result)), zero);
      }
      hn::Store(result, d, results.integers + i);
    }
    if (duration) invalid = hn::Or(invalid, hn::Lt(result, zero));
    hn::Store(hn::ConvertTo(doubles, result), doubles, results.values + i);
    not_present += note(d, absent, invalid, n - i, results.state + i);
  }
  return not_present;
}

std::uint32_t of_integers(const std::int64_t* a, bool duration, std::uint32_t n,
                          const Results& results) {
  return combine<Combine::none>(a, nullptr, duration, n, results);
}

std::uint32_t of_difference(const std::int64_t* a, const std::int64_t* b, bool duration,
                            std::uint32_t n, const Results& results) {
  return combine<Combine::subtract>(a, b, duration, n, results);
}

std::uint32_t of_sum(const std::int64_t* a, const std::int64_t* b, bool duration, std::uint32_t n,
                     const Results& results) {
  return combine<Combine::add>(a, b, duration, n, results);
}

std::uint32_t of_doubles(const double* a, double least, double greatest, std::uint32_t n,
                         const Results& results) {
  const Doubles d;
  const auto zero = hn::Zero(d);
  const auto low = hn::Set(d, least), high = hn::Set(d, greatest);
  std::uint32_t not_present = 0;
  for (std::uint32_t i = 0; i < n; i += static_cast<std::uint32_t>(hn::Lanes(d))) {
    const auto value = hn::Add(hn::Load(d, a + i), zero);  // -0.0 becomes +0.0
    hn::Store(value, d, results.values + i);
    const auto outside = hn::Or(hn::Lt(value, low), hn::Gt(value, high));
    not_present += note(d, hn::IsNaN(value), outside, n - i, results.state + i);
  }
  return not_present;
}

Extent extent(const std::int64_t* ns, std::uint32_t n) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const Longs d;
  const auto sentinel = hn::Set(d, kAbsentTime), most = hn::Set(d, kMost);
  auto least = most, greatest = sentinel;
  const auto take = [&](auto time) HWY_ATTR {
    least = hn::Min(least, hn::IfThenElse(hn::Eq(time, sentinel), most, time));
    greatest = hn::Max(greatest, time);
  };
  const std::uint32_t step = static_cast<std::uint32_t>(hn::Lanes(d)), whole = n - n % step;
  for (std::uint32_t i = 0; i < whole; i += step) take(hn::Load(d, ns + i));
  HWY_ALIGN std::int64_t lanes[8];
  if (whole != n) {
    std::fill(std::copy(ns + whole, ns + n, lanes), lanes + 8, kAbsentTime);
    take(hn::Load(d, lanes));
  }
  hn::Store(least, d, lanes);
  const std::int64_t first = *std::min_element(lanes, lanes + step);
  hn::Store(greatest, d, lanes);
  return {first, *std::max_element(lanes, lanes + step)};
}

}  // namespace millrace::column_kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace millrace::column_kernel {

HWY_EXPORT(of_integers);
HWY_EXPORT(of_difference);
HWY_EXPORT(of_sum);
HWY_EXPORT(of_doubles);
HWY_EXPORT(extent);

std::uint32_t integers(const std::int64_t* a, bool duration, std::uint32_t n,
                       const Results& results) noexcept {
  return HWY_DYNAMIC_DISPATCH(of_integers)(a, duration, n, results);
}

std::uint32_t difference(const std::int64_t* a, const std::int64_t* b, bool duration,
                         std::uint32_t n, const Results& results) noexcept {
  return HWY_DYNAMIC_DISPATCH(of_difference)(a, b, duration, n, results);
}

std::uint32_t sum(const std::int64_t* a, const std::int64_t* b, bool duration, std::uint32_t n,
                  const Results& results) noexcept {
  return HWY_DYNAMIC_DISPATCH(of_sum)(a, b, duration, n, results);
}

std::uint32_t doubles(const double* a, double least, double greatest, std::uint32_t n,
                      const Results& results) noexcept {
  return HWY_DYNAMIC_DISPATCH(of_doubles)(a, least, greatest, n, results);
}

Extent extent_of_times(const std::int64_t* ns, std::uint32_t n) noexcept {
  return HWY_DYNAMIC_DISPATCH(extent)(ns, n);
}

}  // namespace millrace::column_kernel
#endif
