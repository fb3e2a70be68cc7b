// SPDX-License-Identifier: Apache-2.0
//
// The loops over a Column's values, for each instruction set, of which the machine's best is chosen when the
// program runs. All give the same bits.
//
//   const std::uint32_t not_present = column_kernel::difference(column, other, true, n);
//
// Shape     Results replace what is in the column; `state` is written where a value is not present, and
//           nowhere else. Arrays are aligned to 64 bytes, and read and written up to the next multiple of 8.
// Cost      0.2 to 0.4 ns a value.
#pragma once

#include <cstdint>

namespace millrace {

struct Column;

namespace column_kernel {

/// `column.integers` as they are. Returns how many are not present.
std::uint32_t integers(Column& column, bool duration, std::uint32_t n) noexcept;
/// column.integers - other, + other. What overflows is invalid.
std::uint32_t difference(Column& column, const std::int64_t* other, bool duration,
                         std::uint32_t n) noexcept;
std::uint32_t sum(Column& column, const std::int64_t* other, bool duration,
                  std::uint32_t n) noexcept;
/// `column.values`: NaN is absent, what lies outside of least to greatest is invalid.
std::uint32_t doubles(Column& column, double least, double greatest, std::uint32_t n) noexcept;

}  // namespace column_kernel
}  // namespace millrace
