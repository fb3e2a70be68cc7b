// SPDX-License-Identifier: Apache-2.0
#include "record/field_columns.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "record/formula.hpp"

namespace millrace {
namespace {

// A signed field's least value is its sentinel; kAbsentTime is that of the widest.
template <typename T, typename To>
void load(const std::byte* at, std::uint32_t stride, std::uint32_t n, To* to) noexcept {
  constexpr To kAbsent = std::is_same_v<To, double> ? std::numeric_limits<To>::quiet_NaN()
                                                    : std::numeric_limits<To>::min();
  for (std::uint32_t i = 0; i < n; ++i, at += stride) {
    T value;
    std::memcpy(&value, at, sizeof value);
    to[i] = static_cast<To>(value);
    if constexpr (std::is_signed_v<T> && std::is_integral_v<T> && !std::is_same_v<T, To>) {
      if (value == std::numeric_limits<T>::min()) to[i] = kAbsent;
    }
  }
}

template <typename To>
void load(FieldType type, const std::byte* at, std::uint32_t stride, std::uint32_t n,
          To* to) noexcept {
  switch (type) {
    case FieldType::i8:
      return load<std::int8_t>(at, stride, n, to);
    case FieldType::u8:
      return load<std::uint8_t>(at, stride, n, to);
    case FieldType::i16:
      return load<std::int16_t>(at, stride, n, to);
    case FieldType::u16:
      return load<std::uint16_t>(at, stride, n, to);
    case FieldType::i32:
      return load<std::int32_t>(at, stride, n, to);
    case FieldType::u32:
      return load<std::uint32_t>(at, stride, n, to);
    case FieldType::i64:
      return load<std::int64_t>(at, stride, n, to);
    case FieldType::u64:
      if constexpr (std::is_same_v<To, double>) load<std::uint64_t>(at, stride, n, to);
      return;
    case FieldType::f32:
      if constexpr (std::is_same_v<To, double>) load<float>(at, stride, n, to);
      return;
    case FieldType::f64:
      if constexpr (std::is_same_v<To, double>) load<double>(at, stride, n, to);
      return;
  }
}

}  // namespace

FieldColumns::FieldColumns(const Schema& schema) {
  for (const Metric& metric : schema.metrics) {
    const Expression& e = metric.value;
    const Field* const operand[] = {&e.a, &e.b, &e.c};
    for (std::size_t i = 0; i < operands(e.operation); ++i) {
      metric.integral() ? need_integers(*operand[i]) : need_doubles(*operand[i]);
    }
    if (subtracts_integers(e)) {
      need_integers(e.a);
      need_integers(e.b);
    }
  }
  if (schema.start) need_integers(*schema.start);
  if (schema.end) need_integers(*schema.end);
}

FieldColumns::OfField& FieldColumns::of(const Field& field) {
  const auto found = std::ranges::find(fields_, field, &OfField::field);
  return found != fields_.end() ? *found : fields_.emplace_back(OfField{field, {}, {}});
}

void FieldColumns::need_integers(const Field& field) {
  auto& integers = of(field).integers;
  if (!integers) integers = std::make_unique<Values<std::int64_t>>();
}

void FieldColumns::need_doubles(const Field& field) {
  auto& doubles = of(field).doubles;
  if (!doubles) doubles = std::make_unique<Values<double>>();
}

void FieldColumns::load(const Slice& slice) noexcept {
  count_ = slice.count;
  if (count_ == 0) return;  // and `records` may be nullptr
  for (const OfField& of : fields_) {
    const std::byte* const at = slice.records + of.field.offset;
    if (of.integers) {
      millrace::load(of.field.type, at, slice.record_size, count_, of.integers->of_record.data());
    }
    if (of.doubles) {
      millrace::load(of.field.type, at, slice.record_size, count_, of.doubles->of_record.data());
    }
  }
}

const std::int64_t* FieldColumns::integers(const Field& field) const noexcept {
  return std::ranges::find(fields_, field, &OfField::field)->integers->of_record.data();
}

const double* FieldColumns::doubles(const Field& field) const noexcept {
  return std::ranges::find(fields_, field, &OfField::field)->doubles->of_record.data();
}

}  // namespace millrace
