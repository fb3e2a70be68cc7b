// SPDX-License-Identifier: Apache-2.0
//
// Schema: what the bytes of a record mean. A stream is made of one schema; the aggregator, the log
// and replay see only bytes and schema, never the user's type.
//
//   struct DiskRead {
//     std::int64_t start_ns = millrace::kAbsentTime;
//     std::int64_t end_ns = millrace::kAbsentTime;
//     std::uint32_t bytes = 0;
//     std::uint16_t device = 0;                       // an interned label
//     millrace::Status status = millrace::Status::ok;
//     std::uint8_t unused = 0;                        // no padding: every byte is a field
//   };
//   template <> struct millrace::RecordTraits<DiskRead> {
//     static Result<Schema> schema() {
//       return SchemaBuilder<DiskRead>("disk_read")
//           .status(&DiskRead::status).label(&DiskRead::device)
//           .start(&DiskRead::start_ns).end(&DiskRead::end_ns)
//           .metric("latency", Unit::nanoseconds, difference(&DiskRead::end_ns, &DiskRead::start_ns))
//           .metric("bytes", Unit::bytes, field(&DiskRead::bytes))
//           .build();
//     }
//   };
//
// Shapes   A record is a trivially copyable struct of 16 to 512 bytes, a multiple of 8, without
//          padding: stack contents must not reach a log. build() says which byte is not a field.
// Absent   A value is absent when it is a NaN or its field's sentinel: the least value of a signed
//          integer (kAbsentTime, kAbsentCount). Unsigned fields are always present.
// Domain   duration: finite and not negative; number: finite; any: every number but NaN. Values
//          outside their domain are counted as invalid and enter no statistic.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/export.hpp"
#include "millrace/result.hpp"

namespace millrace {

inline constexpr std::int64_t kAbsentTime = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int32_t kAbsentCount = std::numeric_limits<std::int32_t>::min();

enum class Status : std::uint8_t { ok = 0, error = 1, incomplete = 2 };
inline constexpr std::size_t kStatusCount = 3;
MILLRACE_API std::string_view to_string(Status status) noexcept;

/// What a record tells of. A result counts; the others are kept, and enter no statistic of results.
enum class Event : std::uint8_t {
  result = 0,
  scheduled = 1,
  started = 2,
  withdrawn = 3,  // given up before it was sent
};

enum class Unit : std::uint8_t {
  none,
  nanoseconds,
  microseconds,
  milliseconds,
  seconds,
  seconds_per_token,
  nanoseconds_per_token,
  bytes,
  tokens,
};
MILLRACE_API std::string_view to_string(Unit unit) noexcept;
/// Seconds in one `unit`, for units of time; nullopt otherwise.
MILLRACE_API std::optional<double> seconds_in(Unit unit) noexcept;

enum class FieldType : std::uint8_t { i8, u8, i16, u16, i32, u32, i64, u64, f32, f64 };
MILLRACE_API std::size_t size_of(FieldType type) noexcept;

struct Field {
  std::uint32_t offset = 0;  // bytes from the start of the record
  FieldType type = FieldType::f64;
  bool operator==(const Field&) const = default;
};

/// The closed set of formulas: a log carries them, so replay needs no code of the user's.
enum class Operation : std::uint8_t {
  field,               // a
  difference,          // a - b
  sum,                 // a + b
  ratio,               // a / b; absent when b is 0
  per_count_less_one,  // (a - b) / (c - 1); absent unless c > 1: time per further token
};

struct Expression {
  Operation operation = Operation::field;
  Field a, b, c;
  bool operator==(const Expression&) const = default;
};

enum class Domain : std::uint8_t { number, duration, any };

struct Metric {
  std::string name;
  Unit unit = Unit::none;
  Expression value;
  Domain domain = Domain::number;
  bool rated = false;  // reports show the sum per second and per minute, too (tokens, bytes)
  bool operator==(const Metric&) const = default;

  /// True when every value is an i64: its sum is then exact, in 128 bits. (u64 counts as a double.)
  [[nodiscard]] MILLRACE_API bool integral() const noexcept;
};

struct NamedField {
  std::string name;
  Field field;
  bool operator==(const NamedField&) const = default;
};

struct Schema {
  std::string name;
  std::uint32_t record_size = 0;
  std::optional<Field> status;       // u8: a Status; absent: every record is ok
  std::optional<Field> label;        // u16: an interned label
  std::optional<Field> error_class;  // u16: an interned error class
  std::optional<Field> event;        // u8: an Event; absent: every record is a result
  std::optional<Field> start;        // i64 ns
  std::optional<Field> intended_start;
  std::optional<Field> end;
  std::vector<NamedField> fields;  // every byte of the record belongs to one
  std::vector<Metric> metrics;
  bool operator==(const Schema&) const = default;

  /// Sizes, offsets, names and coverage. Engine::stream() calls it; a log reader must.
  [[nodiscard]] MILLRACE_API Result<void> validate() const;
  [[nodiscard]] MILLRACE_API std::optional<std::size_t> find_metric(
      std::string_view wanted) const noexcept;
};

/// Specialised for each record type; has `static Result<Schema> schema()`.
template <typename T>
struct RecordTraits;

inline constexpr std::size_t kRecordBytesMin = 16;
inline constexpr std::size_t kRecordBytesMax = 512;

/// What can cross the queue: copied byte by byte, of a size the blocks and the log can hold.
template <typename T>
concept Record = std::is_trivially_copyable_v<T> && sizeof(T) >= kRecordBytesMin &&
                 sizeof(T) <= kRecordBytesMax && sizeof(T) % 8 == 0 && requires {
  { RecordTraits<T>::schema() } -> std::same_as<Result<Schema>>;
};

namespace detail {

template <typename M>
constexpr FieldType field_type_of() {
  if constexpr (std::is_enum_v<M>)
    return field_type_of<std::underlying_type_t<M>>();
  else if constexpr (std::is_same_v<M, float>)
    return FieldType::f32;
  else if constexpr (std::is_same_v<M, double>)
    return FieldType::f64;
  else {
    static_assert(std::is_integral_v<M> && sizeof(M) <= 8, "a field is a number or an enum");
    constexpr bool is_signed = std::is_signed_v<M>;
    if constexpr (sizeof(M) == 1)
      return is_signed ? FieldType::i8 : FieldType::u8;
    else if constexpr (sizeof(M) == 2)
      return is_signed ? FieldType::i16 : FieldType::u16;
    else if constexpr (sizeof(M) == 4)
      return is_signed ? FieldType::i32 : FieldType::u32;
    else
      return is_signed ? FieldType::i64 : FieldType::u64;
  }
}

template <typename T, typename M>
Field field_of(M T::*member) {
  static const T probe{};
  const auto* base = reinterpret_cast<const std::byte*>(&probe);
  const auto* place = reinterpret_cast<const std::byte*>(&(probe.*member));
  return {static_cast<std::uint32_t>(place - base), field_type_of<M>()};
}

}  // namespace detail

template <typename T, typename A>
Expression field(A T::*a) {
  return {Operation::field, detail::field_of(a), {}, {}};
}
template <typename T, typename A, typename B>
Expression difference(A T::*a, B T::*b) {
  return {Operation::difference, detail::field_of(a), detail::field_of(b), {}};
}
template <typename T, typename A, typename B>
Expression sum(A T::*a, B T::*b) {
  return {Operation::sum, detail::field_of(a), detail::field_of(b), {}};
}
template <typename T, typename A, typename B>
Expression ratio(A T::*a, B T::*b) {
  return {Operation::ratio, detail::field_of(a), detail::field_of(b), {}};
}
template <typename T, typename A, typename B, typename C>
Expression per_count_less_one(A T::*a, B T::*b, C T::*count) {
  return {Operation::per_count_less_one, detail::field_of(a), detail::field_of(b),
          detail::field_of(count)};
}

/// Builds a Schema from pointers to members. Fields named nowhere else are listed with field().
template <typename T>
class SchemaBuilder {
 public:
  explicit SchemaBuilder(std::string name) {
    schema_.name = std::move(name);
    schema_.record_size = sizeof(T);
  }
  template <typename M>
  SchemaBuilder& field(std::string name, M T::*member) {
    schema_.fields.push_back({std::move(name), detail::field_of(member)});
    return *this;
  }
  template <typename M>
  SchemaBuilder& status(M T::*member) {
    return role(schema_.status, "status", member);
  }
  template <typename M>
  SchemaBuilder& label(M T::*member) {
    return role(schema_.label, "label", member);
  }
  template <typename M>
  SchemaBuilder& error_class(M T::*member) {
    return role(schema_.error_class, "error_class", member);
  }
  template <typename M>
  SchemaBuilder& event(M T::*member) {
    return role(schema_.event, "event", member);
  }
  template <typename M>
  SchemaBuilder& start(M T::*member) {
    return role(schema_.start, "start_ns", member);
  }
  template <typename M>
  SchemaBuilder& intended_start(M T::*member) {
    return role(schema_.intended_start, "intended_start_ns", member);
  }
  template <typename M>
  SchemaBuilder& end(M T::*member) {
    return role(schema_.end, "end_ns", member);
  }

  /// Units of time make the domain `duration` unless another is given.
  SchemaBuilder& metric(std::string name, Unit unit, Expression value,
                        std::optional<Domain> domain = std::nullopt) {
    const Domain by_unit = seconds_in(unit) ? Domain::duration : Domain::number;
    const bool rated = unit == Unit::tokens || unit == Unit::bytes;
    schema_.metrics.push_back({std::move(name), unit, value, domain.value_or(by_unit), rated});
    return *this;
  }
  [[nodiscard]] Result<Schema> build() const {
    if (auto valid = schema_.validate(); !valid) return tl::unexpected(valid.error());
    return schema_;
  }

 private:
  template <typename M>
  SchemaBuilder& role(std::optional<Field>& role, const char* name, M T::*member) {
    role = detail::field_of(member);
    return field(name, member);
  }
  Schema schema_;
};

}  // namespace millrace
