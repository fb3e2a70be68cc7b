// SPDX-License-Identifier: Apache-2.0
#include "report/record_text.hpp"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace millrace {
namespace {

using Kind = RecordText::Kind;

constexpr std::size_t kDigitsMax = 32;  // the longest: -2.2250738585072014e-308

template <typename T>
T load(const std::byte* at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

template <typename T>
void show_number(T value, std::string& to) {
  char digits[kDigitsMax];
  to.assign(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

template <typename T>
bool show_field(const std::byte* at, std::string& to, Kind& kind) {
  const T value = load<T>(at);
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(value)) return false;
    kind = Kind::number;
    if (std::isinf(value)) {
      kind = show_double(static_cast<double>(value), to);
    } else {
      show_number(value, to);
    }
  } else {
    if (std::is_signed_v<T> && value == std::numeric_limits<T>::min()) return false;
    kind = Kind::number;
    show_number(value, to);
  }
  return true;
}

bool show_field(FieldType type, const std::byte* at, std::string& to, Kind& kind) {
  switch (type) {
    case FieldType::i8:
      return show_field<std::int8_t>(at, to, kind);
    case FieldType::u8:
      return show_field<std::uint8_t>(at, to, kind);
    case FieldType::i16:
      return show_field<std::int16_t>(at, to, kind);
    case FieldType::u16:
      return show_field<std::uint16_t>(at, to, kind);
    case FieldType::i32:
      return show_field<std::int32_t>(at, to, kind);
    case FieldType::u32:
      return show_field<std::uint32_t>(at, to, kind);
    case FieldType::i64:
      return show_field<std::int64_t>(at, to, kind);
    case FieldType::u64:
      return show_field<std::uint64_t>(at, to, kind);
    case FieldType::f32:
      return show_field<float>(at, to, kind);
    case FieldType::f64:
      return show_field<double>(at, to, kind);
  }
  return false;
}

}  // namespace

RecordText::Kind show_double(double value, std::string& to) {
  if (std::isinf(value)) {
    to = value > 0 ? "Infinity" : "-Infinity";
    return Kind::infinite;
  }
  show_number(value, to);
  return Kind::number;
}

RecordText::RecordText(Schema schema) : schema_(std::move(schema)), loaded_(schema_) {
  for (const NamedField& named : schema_.fields) {
    roles_.push_back(named.field == schema_.status        ? Role::status
                     : named.field == schema_.label       ? Role::label
                     : named.field == schema_.error_class ? Role::error_class
                                                          : Role::none);
  }
  columns_.resize(schema_.metrics.size());
}

void RecordText::take(const LoggedSlice& slice) {
  slice_ = &slice;
  loaded_.load(slice.slice);
  for (std::size_t m = 0; m < columns_.size(); ++m) {
    columns_[m].evaluate(schema_.metrics[m], loaded_);
  }
}

bool RecordText::field(std::uint32_t record, std::size_t field, std::string& to, Kind& kind) const {
  const auto named = [&](std::string_view name) {
    kind = Kind::text;
    to = name;
    return !name.empty();
  };
  switch (roles_[field]) {
    case Role::status:
      return named(to_string(status(record)));
    case Role::label:
      return named(label(record));
    case Role::error_class:
      return named(error_class(record));
    case Role::none:
      break;
  }
  const Field& of = schema_.fields[field].field;
  return show_field(of.type, at(record) + of.offset, to, kind);
}

bool RecordText::metric(std::uint32_t record, std::size_t metric, std::string& to,
                        Kind& kind) const {
  if (!present(record, metric)) return false;
  kind = Kind::number;
  if (schema_.metrics[metric].integral()) {
    show_number(columns_[metric].integers[record], to);
  } else {
    kind = show_double(value(record, metric), to);
  }
  return true;
}

Status RecordText::status(std::uint32_t record) const noexcept {
  if (!schema_.status) return Status::ok;
  const auto status = load<std::uint8_t>(at(record) + schema_.status->offset);
  // As in the statistics: one that does not exist is no success.
  return status < kStatusCount ? static_cast<Status>(status) : Status::error;
}

std::string_view RecordText::label(std::uint32_t record) const {
  if (!schema_.label) return "";
  return slice_->label(load<std::uint16_t>(at(record) + schema_.label->offset));
}

std::string_view RecordText::error_class(std::uint32_t record) const {
  if (!schema_.error_class) return "";
  return slice_->error_class(load<std::uint16_t>(at(record) + schema_.error_class->offset));
}

}  // namespace millrace
