// SPDX-License-Identifier: Apache-2.0
#include "millrace/schema.hpp"

#include <array>
#include <set>

#include <fmt/format.h>

#include "record/formula.hpp"

namespace millrace {
namespace {

// Beyond these a schema is a mistake, or a hostile log.
constexpr std::size_t kFieldsMax = kRecordBytesMax;
constexpr std::size_t kMetricsMax = 64;
constexpr std::size_t kNameBytesMax = 120;

tl::unexpected<Error> invalid(const Schema& schema, const std::string& what) {
  return failure(Errc::invalid_argument, fmt::format("schema '{}': {}", schema.name, what));
}

bool inside(const Field& field, std::uint32_t record_size) {
  return field.offset < record_size && size_of(field.type) <= record_size - field.offset;
}

bool good_name(std::string_view name) { return !name.empty() && name.size() <= kNameBytesMax; }

}  // namespace

std::string_view to_string(Status status) noexcept {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::error:
      return "error";
    case Status::incomplete:
      return "incomplete";
  }
  return "unknown";
}

std::string_view to_string(Unit unit) noexcept {
  switch (unit) {
    case Unit::none:
      return "";
    case Unit::nanoseconds:
      return "ns";
    case Unit::microseconds:
      return "us";
    case Unit::milliseconds:
      return "ms";
    case Unit::seconds:
      return "s";
    case Unit::seconds_per_token:
      return "s/token";
    case Unit::nanoseconds_per_token:
      return "ns/token";
    case Unit::bytes:
      return "B";
    case Unit::tokens:
      return "tokens";
  }
  return "";
}

std::optional<double> seconds_in(Unit unit) noexcept {
  switch (unit) {
    case Unit::nanoseconds:
    case Unit::nanoseconds_per_token:
      return 1e-9;
    case Unit::microseconds:
      return 1e-6;
    case Unit::milliseconds:
      return 1e-3;
    case Unit::seconds:
    case Unit::seconds_per_token:
      return 1.0;
    case Unit::none:
    case Unit::bytes:
    case Unit::tokens:
      return std::nullopt;
  }
  return std::nullopt;
}

std::size_t size_of(FieldType type) noexcept {
  switch (type) {
    case FieldType::i8:
    case FieldType::u8:
      return 1;
    case FieldType::i16:
    case FieldType::u16:
      return 2;
    case FieldType::i32:
    case FieldType::u32:
    case FieldType::f32:
      return 4;
    case FieldType::i64:
    case FieldType::u64:
    case FieldType::f64:
      return 8;
  }
  return kRecordBytesMax + 1;  // a type that does not exist fits nowhere
}

bool Metric::integral() const noexcept {
  switch (value.operation) {
    case Operation::field:
      return exact_in_i64(value.a.type);
    case Operation::difference:
    case Operation::sum:
      return exact_in_i64(value.a.type) && exact_in_i64(value.b.type);
    case Operation::ratio:
    case Operation::per_count_less_one:
      return false;
  }
  return false;
}

std::optional<std::size_t> Schema::find_metric(std::string_view wanted) const noexcept {
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (metrics[i].name == wanted) return i;
  }
  return std::nullopt;
}

Result<void> Schema::validate() const {
  if (!good_name(name)) return invalid(*this, "its name must have 1 to 120 bytes");
  if (record_size < kRecordBytesMin || record_size > kRecordBytesMax || record_size % 8 != 0) {
    return invalid(
        *this, fmt::format("a record of {} bytes; 16 to 512 bytes, a multiple of 8", record_size));
  }
  if (fields.size() > kFieldsMax) return invalid(*this, "too many fields");
  if (metrics.empty() || metrics.size() > kMetricsMax) {
    return invalid(*this, fmt::format("{} metrics; 1 to {}", metrics.size(), kMetricsMax));
  }

  std::array<bool, kRecordBytesMax> covered{};
  for (const NamedField& f : fields) {
    if (!good_name(f.name)) return invalid(*this, "a field's name must have 1 to 120 bytes");
    if (!inside(f.field, record_size)) {
      return invalid(*this, fmt::format("field '{}' lies outside the record", f.name));
    }
    for (std::size_t i = 0; i < size_of(f.field.type); ++i) covered[f.field.offset + i] = true;
  }

  struct Role {
    const char* name;
    const std::optional<Field>& field;
    FieldType type;
  };
  const Role roles[] = {{"status", status, FieldType::u8},
                        {"label", label, FieldType::u16},
                        {"error_class", error_class, FieldType::u16},
                        {"event", event, FieldType::u8},
                        {"start", start, FieldType::i64},
                        {"intended_start", intended_start, FieldType::i64},
                        {"end", end, FieldType::i64}};
  for (const Role& role : roles) {
    if (!role.field) continue;
    if (!inside(*role.field, record_size) || role.field->type != role.type) {
      return invalid(*this,
                     fmt::format("the {} field must be {} bytes wide, unsigned unless a time, "
                                 "and inside the record",
                                 role.name, size_of(role.type)));
    }
  }

  std::set<std::string_view> names;
  for (const Metric& metric : metrics) {
    if (!good_name(metric.name)) return invalid(*this, "a metric's name must have 1 to 120 bytes");
    if (!names.insert(metric.name).second) {
      return invalid(*this, fmt::format("two metrics are named '{}'", metric.name));
    }
    const Field* used[] = {&metric.value.a, &metric.value.b, &metric.value.c};
    const std::size_t n = operands(metric.value.operation);
    if (n == 0) return invalid(*this, fmt::format("metric '{}': unknown formula", metric.name));
    for (std::size_t i = 0; i < n; ++i) {
      if (!inside(*used[i], record_size)) {
        return invalid(*this, fmt::format("metric '{}' reads outside the record", metric.name));
      }
      for (std::size_t b = 0; b < size_of(used[i]->type); ++b) covered[used[i]->offset + b] = true;
    }
  }
  for (std::uint32_t i = 0; i < record_size; ++i) {
    if (!covered[i]) {
      return invalid(*this, fmt::format("byte {} of the record is no field: remove the padding or "
                                        "list it with field(\"reserved\", ..)",
                                        i));
    }
  }
  return {};
}

}  // namespace millrace
