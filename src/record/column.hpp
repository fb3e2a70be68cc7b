// SPDX-License-Identifier: Apache-2.0
//
// Column: the values of one metric of a slice, in the order of the records.
//
//   Column column;
//   column.evaluate(metric, slice.records, slice.record_size, slice.count);
//   column.values[i]                      // meaningful where column.state[i] is present
//
// Cost      about 1 ns a value; no allocation after the first use.
// Accuracy  Integer formulas are computed in 64-bit integers; an overflow is invalid. Converting to
//           double rounds beyond 2^53 (104 days of nanoseconds); `integers` keeps the exact value.
// Threads   Reentrant.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "millrace/schema.hpp"

#include "record/slice.hpp"

namespace millrace {

enum Presence : std::uint8_t { kPresent = 0, kAbsent = 1, kInvalid = 2 };

struct Column {
  alignas(64) std::array<double, kSliceRecordsMax> values;
  alignas(64) std::array<std::int64_t, kSliceRecordsMax> integers;  // of integral metrics only
  std::array<Presence, kSliceRecordsMax> state;
  std::uint32_t not_present = 0;

  /// n <= kSliceRecordsMax; the records hold n * record_size bytes.
  void evaluate(const Metric& metric, const std::byte* records, std::uint32_t record_size,
                std::uint32_t n) noexcept;

 private:
  void evaluate_integers(const Metric& metric, const std::byte* records, std::uint32_t record_size,
                         std::uint32_t n) noexcept;
  void evaluate_doubles(const Metric& metric, const std::byte* records, std::uint32_t record_size,
                        std::uint32_t n) noexcept;
};

}  // namespace millrace
