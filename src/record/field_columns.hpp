// SPDX-License-Identifier: Apache-2.0
//
// FieldColumns: the fields of a slice's records that metrics are made of, a column each.
//
//   FieldColumns fields(schema);
//   fields.load(slice);
//   fields.integers(schema.metrics[0].value.a)[i]    // of record i
//
// Absent    kAbsentTime, of integers of every width; NaN.
// Memory    16 KiB a field, 32 KiB one that is needed in both forms. No allocation after the first.
// Cost      0.1 to 0.2 ns a field of a record once the records are in the cache.
// Threads   Reentrant.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "millrace/schema.hpp"

#include "record/slice.hpp"

namespace millrace {

class FieldColumns {
 public:
  /// The operands of its metrics, start and end.
  explicit FieldColumns(const Schema& schema);

  /// Of the schema's records, kSliceRecordsMax at most.
  void load(const Slice& slice) noexcept;
  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

  /// Columns are aligned to 64 bytes. Operands of integral formulas, integers from which another is
  /// subtracted, start and end.
  [[nodiscard]] const std::int64_t* integers(const Field& field) const noexcept;
  /// Operands of all other formulas.
  [[nodiscard]] const double* doubles(const Field& field) const noexcept;

 private:
  template <typename T>
  struct alignas(64) Values {
    std::array<T, kSliceRecordsMax> of_record;
  };
  struct OfField {
    Field field;
    std::unique_ptr<Values<std::int64_t>> integers;
    std::unique_ptr<Values<double>> doubles;
  };
  OfField& of(const Field& field);
  void need_integers(const Field& field);
  void need_doubles(const Field& field);

  std::vector<OfField> fields_;
  std::uint32_t count_ = 0;
};

}  // namespace millrace
