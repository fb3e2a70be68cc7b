// SPDX-License-Identifier: Apache-2.0
//
// Sum: of integers exactly, in 128 bits; of doubles compensated, in eight lanes, whose sums are merged in
// order: the same bits on every machine.
#pragma once

#include <cstdint>
#include <span>

#include "stats/compensated_sum.hpp"

namespace millrace {

__extension__ using Int128 = __int128;

class Sum {
 public:
  void add(std::span<const std::int64_t> values) noexcept;
  void add(std::span<const double> values) noexcept;  // no NaN
  void merge(const Sum& later) noexcept;
  [[nodiscard]] double value()
      const noexcept;  // the exact integer sum rounded once, plus the doubles'
  [[nodiscard]] Int128 integer() const noexcept { return integer_; }

 private:
  Int128 integer_ = 0;  // 2^63 values of 2^63 fit
  CompensatedSum doubles_;
};

}  // namespace millrace
