// SPDX-License-Identifier: Apache-2.0
//
// The loops over columns of a slice, for each instruction set, of which the machine's best is chosen when the
// program runs. All give the same bits.
//
//   not_present = column_kernel::difference(ends, starts, true, n, results);
//
// Shape     Columns are aligned to 64 bytes, and read and written up to the next multiple of 8.
// Cost      0.1 to 0.2 ns a value.
#pragma once

#include <cstdint>

namespace millrace {

enum Presence : std::uint8_t { kPresent = 0, kAbsent = 1, kInvalid = 2 };

namespace column_kernel {

struct Results {
  double* values;
  std::int64_t* integers;
  Presence* state;  // written where a value is not present, and nowhere else
};

/// These return how many are not present. `integers` of the results are not written.
std::uint32_t integers(const std::int64_t* a, bool duration, std::uint32_t n,
                       const Results& results) noexcept;
/// a - b, a + b. What overflows is invalid.
std::uint32_t difference(const std::int64_t* a, const std::int64_t* b, bool duration,
                         std::uint32_t n, const Results& results) noexcept;
std::uint32_t sum(const std::int64_t* a, const std::int64_t* b, bool duration, std::uint32_t n,
                  const Results& results) noexcept;
/// NaN is absent, what lies outside of least to greatest is invalid. May be in place.
std::uint32_t doubles(const double* a, double least, double greatest, std::uint32_t n,
                      const Results& results) noexcept;

struct Extent {
  std::int64_t least, greatest;  // the latter kAbsentTime: all are absent
};
Extent extent_of_times(const std::int64_t* ns, std::uint32_t n) noexcept;

}  // namespace column_kernel
}  // namespace millrace
