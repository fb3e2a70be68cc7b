// SPDX-License-Identifier: Apache-2.0
//
// Column: the values of one metric of a slice, in the order of the records.
//
//   FieldColumns fields(schema);
//   fields.load(slice);
//   Column column;
//   column.evaluate(metric, fields);
//   column.values[i]                      // meaningful where column.state[i] is present
//
// Cost      0.3 ns a value of an integral metric; docs/benchmarks.md. No allocation.
// Accuracy  Integer formulas are computed in 64-bit integers; an overflow is invalid. Converting to
//           double rounds beyond 2^53 (104 days of nanoseconds); `integers` keeps the exact value.
// Threads   Reentrant.
#pragma once

#include <array>
#include <cstdint>

#include "millrace/schema.hpp"

#include "record/column_kernel.hpp"
#include "record/field_columns.hpp"
#include "record/slice.hpp"

namespace millrace {

struct Column {
  alignas(64) std::array<double, kSliceRecordsMax> values;
  std::array<Presence, kSliceRecordsMax> state;
  /// Of integral metrics only; good as long as the FieldColumns and this are, and not loaded again.
  const std::int64_t* integers = nullptr;
  std::uint32_t not_present = 0;

  /// Of the schema that the fields were made for.
  void evaluate(const Metric& metric, const FieldColumns& fields) noexcept;

 private:
  void evaluate_integers(const Metric& metric, const FieldColumns& fields) noexcept;
  void evaluate_doubles(const Metric& metric, const FieldColumns& fields) noexcept;

  alignas(64) std::array<std::int64_t, kSliceRecordsMax> results_;
};

}  // namespace millrace
