// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "stats/value_kernel.cpp"
#include "stats/value_kernel.hpp"

#include <algorithm>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace millrace::value_kernel::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
using Tag = hn::CappedTag<T, kLanes>;
template <typename T>
constexpr std::size_t kRegisters = kLanes / hn::MaxLanes(Tag<T>());

// Eight lanes, in as few registers as the machine has for them.
template <typename T>
struct Eight {
  using V = hn::Vec<Tag<T>>;
  V part[kRegisters<T>];

  static Eight all(T x) {
    Eight eight;
    for (V& v : eight.part) v = hn::Set(Tag<T>(), x);
    return eight;
  }
  static Eight load(const T* x) {
    Eight eight;
    for (std::size_t i = 0; i < kRegisters<T>; ++i) {
      eight.part[i] = hn::LoadU(Tag<T>(), x + i * hn::MaxLanes(Tag<T>()));
    }
    return eight;
  }
  void store(T* x) const {
    for (std::size_t i = 0; i < kRegisters<T>; ++i) {
      hn::StoreU(part[i], Tag<T>(), x + i * hn::MaxLanes(Tag<T>()));
    }
  }
};

// Calls sums.add(block, register) for eight values after eight; the last ones filled up with `padding`.
template <typename T, class Sums>
HWY_INLINE void over(std::span<const T> values, T padding, Sums& sums) {
  const std::size_t whole = values.size() - values.size() % kLanes;
  const T* x = values.data();
  for (std::size_t i = 0; i < whole; i += kLanes) {
    const auto block = Eight<T>::load(x + i);
    for (std::size_t r = 0; r < kRegisters<T>; ++r) sums.add(block.part[r], r);
  }
  if (whole == values.size()) return;
  T rest[kLanes];
  std::fill(std::copy(x + whole, x + values.size(), rest), rest + kLanes, padding);
  const auto block = Eight<T>::load(rest);
  for (std::size_t r = 0; r < kRegisters<T>; ++r) sums.add(block.part[r], r);
}

double total(const Eight<double>& eight) {
  double x[kLanes];
  eight.store(x);
  return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

struct ExtentSums {
  using V = hn::Vec<Tag<double>>;
  V pivot;
  Eight<double> sum, least, greatest;
  HWY_INLINE void add(V value, std::size_t r) {
    sum.part[r] = hn::Add(sum.part[r], hn::Sub(value, pivot));
    least.part[r] = hn::IfThenElse(hn::Lt(value, least.part[r]), value, least.part[r]);
    greatest.part[r] = hn::IfThenElse(hn::Gt(value, greatest.part[r]), value, greatest.part[r]);
  }
};

Extent extent_of(std::span<const double> values, double pivot) {
  const auto pivots = Eight<double>::all(pivot);
  ExtentSums sums{pivots.part[0], Eight<double>::all(0), pivots, pivots};
  over(values, pivot, sums);
  Lanes least, greatest;
  sums.least.store(least.data());
  sums.greatest.store(greatest.data());
  return {total(sums.sum), *std::min_element(least.begin(), least.end()),
          *std::max_element(greatest.begin(), greatest.end())};
}

struct PowerSums {
  using V = hn::Vec<Tag<double>>;
  V mean;
  Eight<double> two, three, four;
  HWY_INLINE void add(V value, std::size_t r) {
    const V distance = hn::Sub(value, mean);
    const V square = hn::Mul(distance, distance);
    two.part[r] = hn::Add(two.part[r], square);
    three.part[r] = hn::Add(three.part[r], hn::Mul(square, distance));
    four.part[r] = hn::Add(four.part[r], hn::Mul(square, square));
  }
};

Powers powers_of(std::span<const double> values, double mean) {
  const auto zero = Eight<double>::all(0);
  PowerSums sums{Eight<double>::all(mean).part[0], zero, zero, zero};
  over(values, mean, sums);
  return {total(sums.two), total(sums.three), total(sums.four)};
}

struct SplitSums {
  using V = hn::Vec<Tag<std::int64_t>>;
  Eight<std::int64_t> high, low;
  HWY_INLINE void add(V value, std::size_t r) {
    const Tag<std::int64_t> d;
    const Tag<std::uint64_t> du;
    high.part[r] = hn::Add(high.part[r], hn::ShiftRight<32>(value));
    low.part[r] = hn::Add(
        low.part[r], hn::BitCast(d, hn::And(hn::BitCast(du, value), hn::Set(du, 0xFFFF'FFFFu))));
  }
};

SplitSum integer_sum(std::span<const std::int64_t> values) {
  const auto zero = Eight<std::int64_t>::all(0);
  SplitSums sums{zero, zero};
  over(values, std::int64_t{0}, sums);
  std::int64_t high[kLanes], low[kLanes];
  sums.high.store(high);
  sums.low.store(low);
  SplitSum sum{0, 0};
  for (std::size_t i = 0; i < kLanes; ++i) {
    sum.high += high[i];
    sum.low += static_cast<std::uint64_t>(low[i]);
  }
  return sum;
}

struct CompensatedSums {
  using V = hn::Vec<Tag<double>>;
  Eight<double> sum, lost;
  HWY_INLINE void add(V value, std::size_t r) {
    const V before = sum.part[r];
    const V rounded = hn::Add(before, value);
    const V value_part = hn::Sub(rounded, before);
    const V sum_part = hn::Sub(rounded, value_part);
    lost.part[r] =
        hn::Add(lost.part[r], hn::Add(hn::Sub(before, sum_part), hn::Sub(value, value_part)));
    sum.part[r] = rounded;
  }
};

LaneSums compensated_sum(std::span<const double> values) {
  const auto zero = Eight<double>::all(0);
  CompensatedSums sums{zero, zero};
  over(values, 0.0, sums);
  LaneSums lanes;
  sums.sum.store(lanes.rounded.data());
  sums.lost.store(lanes.lost.data());
  return lanes;
}

void buckets_of(std::span<const double> values, int open_bits, std::uint32_t* bucket) {
  const Tag<double> d;
  const Tag<std::int64_t> di;
  const Tag<std::uint64_t> du;
  const hn::Rebind<std::uint32_t, decltype(du)> narrow;
  const auto top = hn::Set(du, 0x8000'0000'0000'0000u);
  const auto to_buckets = [&](auto value) HWY_ATTR {
    const auto bits = hn::BitCast(di, hn::Add(value, hn::Zero(d)));
    const auto sign = hn::BitCast(du, hn::BroadcastSignBit(bits));
    const auto key = hn::Xor(hn::BitCast(du, bits), hn::Or(sign, top));
    return hn::TruncateTo(narrow, hn::ShiftRightSame(key, open_bits));
  };
  const std::size_t step = hn::Lanes(d), whole = values.size() - values.size() % step;
  for (std::size_t i = 0; i < whole; i += step) {
    hn::StoreU(to_buckets(hn::LoadU(d, values.data() + i)), narrow, bucket + i);
  }
  double rest[kLanes] = {};
  std::uint32_t of_rest[kLanes];
  std::copy(values.begin() + static_cast<std::ptrdiff_t>(whole), values.end(), rest);
  hn::StoreU(to_buckets(hn::LoadU(d, rest)), narrow, of_rest);
  std::copy_n(of_rest, values.size() - whole, bucket + whole);
}

}  // namespace millrace::value_kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace millrace::value_kernel {

namespace {

// Of fewer values than there are lanes, one by one: filling up registers would cost more. The same bits.
double total(const Lanes& x) noexcept {
  return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

Extent extent_of_few(std::span<const double> values, double pivot) noexcept {
  Lanes sum{};
  double least = pivot, greatest = pivot;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum[i] = values[i] - pivot;
    least = values[i] < least ? values[i] : least;
    greatest = values[i] > greatest ? values[i] : greatest;
  }
  return {total(sum), least, greatest};
}

Powers powers_of_few(std::span<const double> values, double mean) noexcept {
  Lanes two{}, three{}, four{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double distance = values[i] - mean, square = distance * distance;
    two[i] = square;
    three[i] = square * distance;
    four[i] = square * square;
  }
  return {total(two), total(three), total(four)};
}

}  // namespace

HWY_EXPORT(extent_of);
HWY_EXPORT(powers_of);
HWY_EXPORT(integer_sum);
HWY_EXPORT(compensated_sum);
HWY_EXPORT(buckets_of);

Extent extent(std::span<const double> values, double pivot) noexcept {
  if (values.size() < kLanes) return extent_of_few(values, pivot);
  return HWY_DYNAMIC_DISPATCH(extent_of)(values, pivot);
}

Powers powers(std::span<const double> values, double mean) noexcept {
  if (values.size() < kLanes) return powers_of_few(values, mean);
  return HWY_DYNAMIC_DISPATCH(powers_of)(values, mean);
}

SplitSum sum(std::span<const std::int64_t> values) noexcept {
  return HWY_DYNAMIC_DISPATCH(integer_sum)(values);
}

LaneSums sum(std::span<const double> values) noexcept {
  return HWY_DYNAMIC_DISPATCH(compensated_sum)(values);
}

void buckets(std::span<const double> values, int open_bits, std::uint32_t* bucket) noexcept {
  HWY_DYNAMIC_DISPATCH(buckets_of)(values, open_bits, bucket);
}

}  // namespace millrace::value_kernel
#endif
