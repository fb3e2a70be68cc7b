// SPDX-License-Identifier: Apache-2.0
//
// RecordText: the fields and metrics of logged records as text, for the formats of export.
//
//   RecordText text(stream.schema);
//   text.take(slice);
//   for (std::uint32_t i = 0; i < slice.slice.count; ++i)
//     for (std::size_t f = 0; f < text.fields().size(); ++f)
//       if (text.field(i, f, out)) ...;               // appended; false: absent
//
// Numbers   Integers in full, doubles in the shortest form that reads back the same bits.
// Absent    A NaN, a signed field's least value, label and error class of number 0; of metrics what
//           enters no statistic.
// Threads   One each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/schema.hpp"

#include "record/column.hpp"
#include "replay/log_reading.hpp"

namespace millrace {

class RecordText {
 public:
  enum class Kind : std::uint8_t { number, infinite, text };

  explicit RecordText(Schema schema);

  /// The slice is read until the next call.
  void take(const LoggedSlice& slice);

  [[nodiscard]] const Schema& schema() const noexcept { return schema_; }
  [[nodiscard]] const std::vector<NamedField>& fields() const noexcept { return schema_.fields; }
  [[nodiscard]] const std::vector<Metric>& metrics() const noexcept { return schema_.metrics; }

  /// False: absent. Else `to` is the value: a number as JSON writes it, "Infinity" or "-Infinity",
  /// or a text: the name of a status, label or error class.
  bool field(std::uint32_t record, std::size_t field, std::string& to, Kind& kind) const;
  bool metric(std::uint32_t record, std::size_t metric, std::string& to, Kind& kind) const;

  /// Of a metric that is present.
  [[nodiscard]] bool present(std::uint32_t record, std::size_t metric) const noexcept {
    return columns_[metric].state[record] == kPresent;
  }
  [[nodiscard]] double value(std::uint32_t record, std::size_t metric) const noexcept {
    return columns_[metric].values[record];
  }
  [[nodiscard]] Status status(std::uint32_t record) const noexcept;
  /// "" when the schema has no such field, or the record no name.
  [[nodiscard]] std::string_view label(std::uint32_t record) const;
  [[nodiscard]] std::string_view error_class(std::uint32_t record) const;
  [[nodiscard]] const std::byte* at(std::uint32_t record) const noexcept {
    return slice_->slice.records + std::size_t{record} * schema_.record_size;
  }

 private:
  enum class Role : std::uint8_t { none, status, label, error_class };

  Schema schema_;
  std::vector<Role> roles_;  // by field
  FieldColumns loaded_;
  std::vector<Column> columns_;
  const LoggedSlice* slice_ = nullptr;
};

/// Replaces `to` by the shortest text that reads back the same.
RecordText::Kind show_double(double value, std::string& to);

}  // namespace millrace
