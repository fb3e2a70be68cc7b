// SPDX-License-Identifier: Apache-2.0
#include "record/column.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "record/column_kernel.hpp"
#include "record/formula.hpp"

namespace millrace {
namespace {

using Integers = std::array<std::int64_t, kSliceRecordsMax>;
using Doubles = std::array<double, kSliceRecordsMax>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

template <typename T>
T load(const std::byte* at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

// A signed field's least value is its sentinel; kAbsentTime is that of the widest.
template <typename T>
void load_integers(const std::byte* at, std::uint32_t stride, std::uint32_t n,
                   Integers& out) noexcept {
  for (std::uint32_t i = 0; i < n; ++i, at += stride) {
    const T value = load<T>(at);
    std::int64_t wide = static_cast<std::int64_t>(value);
    if constexpr (std::is_signed_v<T> && sizeof(T) < 8) {
      if (value == std::numeric_limits<T>::min()) wide = kAbsentTime;
    }
    out[i] = wide;
  }
}

template <typename T>
void load_doubles(const std::byte* at, std::uint32_t stride, std::uint32_t n,
                  Doubles& out) noexcept {
  for (std::uint32_t i = 0; i < n; ++i, at += stride) {
    const T value = load<T>(at);
    double wide = static_cast<double>(value);
    if constexpr (std::is_signed_v<T> && std::is_integral_v<T>) {
      if (value == std::numeric_limits<T>::min()) wide = kNaN;
    }
    out[i] = wide;
  }
}

template <typename Out>
void load_field(const Field& field, const std::byte* records, std::uint32_t stride, std::uint32_t n,
                Out& out) noexcept {
  const std::byte* at = records + field.offset;
  const auto as = [&]<typename T>(T) {
    if constexpr (std::is_same_v<Out, Doubles>) {
      load_doubles<T>(at, stride, n, out);
    } else if constexpr (std::is_integral_v<T>) {
      load_integers<T>(at, stride, n, out);
    }
  };
  switch (field.type) {
    case FieldType::i8:
      return as(std::int8_t{});
    case FieldType::u8:
      return as(std::uint8_t{});
    case FieldType::i16:
      return as(std::int16_t{});
    case FieldType::u16:
      return as(std::uint16_t{});
    case FieldType::i32:
      return as(std::int32_t{});
    case FieldType::u32:
      return as(std::uint32_t{});
    case FieldType::i64:
      return as(std::int64_t{});
    case FieldType::u64:
      return as(std::uint64_t{});
    case FieldType::f32:
      return as(float{});
    case FieldType::f64:
      return as(double{});
  }
}

// a - b, into a. Of integers in integers: two times since the epoch in nanoseconds are both beyond
// 2^53, their difference is not.
void subtract_exactly(const Expression& e, const std::byte* records, std::uint32_t stride,
                      std::uint32_t n, Doubles& a, const Doubles& b) noexcept {
  if (!exact_in_i64(e.a.type) || !exact_in_i64(e.b.type)) {
    for (std::uint32_t i = 0; i < n; ++i) a[i] -= b[i];
    return;
  }
  Integers from;
  Integers what;
  load_field(e.a, records, stride, n, from);
  load_field(e.b, records, stride, n, what);
  for (std::uint32_t i = 0; i < n; ++i) {
    std::int64_t difference = 0;
    const bool overflow = __builtin_sub_overflow(from[i], what[i], &difference);
    const bool absent = (from[i] == kAbsentTime) | (what[i] == kAbsentTime);
    a[i] = absent ? kNaN : overflow ? a[i] - b[i] : static_cast<double>(difference);
  }
}

}  // namespace

void Column::evaluate(const Metric& metric, const std::byte* records, std::uint32_t record_size,
                      std::uint32_t n) noexcept {
  std::fill_n(state.begin(), n, kPresent);
  if (metric.integral()) {
    evaluate_integers(metric, records, record_size, n);
  } else {
    evaluate_doubles(metric, records, record_size, n);
  }
}

void Column::evaluate_integers(const Metric& metric, const std::byte* records,
                               std::uint32_t record_size, std::uint32_t n) noexcept {
  load_field(metric.value.a, records, record_size, n, integers);
  const bool duration = metric.domain == Domain::duration;
  if (metric.value.operation == Operation::field) {
    not_present = column_kernel::integers(*this, duration, n);
    return;
  }
  alignas(64) Integers other;
  load_field(metric.value.b, records, record_size, n, other);
  const bool subtract = metric.value.operation == Operation::difference;
  const auto combine = subtract ? column_kernel::difference : column_kernel::sum;
  not_present = combine(*this, other.data(), duration, n);
}

void Column::evaluate_doubles(const Metric& metric, const std::byte* records,
                              std::uint32_t record_size, std::uint32_t n) noexcept {
  const Expression& e = metric.value;
  load_field(e.a, records, record_size, n, values);
  if (e.operation != Operation::field) {
    Doubles b;
    load_field(e.b, records, record_size, n, b);
    switch (e.operation) {
      case Operation::difference:
        for (std::uint32_t i = 0; i < n; ++i) values[i] -= b[i];
        break;
      case Operation::sum:
        for (std::uint32_t i = 0; i < n; ++i) values[i] += b[i];
        break;
      case Operation::ratio:
        for (std::uint32_t i = 0; i < n; ++i) values[i] = b[i] == 0 ? kNaN : values[i] / b[i];
        break;
      case Operation::per_count_less_one: {
        subtract_exactly(e, records, record_size, n, values, b);
        Doubles count;
        load_field(e.c, records, record_size, n, count);
        for (std::uint32_t i = 0; i < n; ++i) {
          values[i] = count[i] > 1 ? values[i] / (count[i] - 1) : kNaN;
        }
        break;
      }
      case Operation::field:
        break;
    }
  }
  constexpr double kMost = std::numeric_limits<double>::max();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  switch (metric.domain) {
    case Domain::any:
      not_present = column_kernel::doubles(*this, -kInfinity, kInfinity, n);
      break;
    case Domain::number:
      not_present = column_kernel::doubles(*this, -kMost, kMost, n);
      break;
    case Domain::duration:
      not_present = column_kernel::doubles(*this, 0, kMost, n);
      break;
  }
}

}  // namespace millrace
