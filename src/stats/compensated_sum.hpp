// SPDX-License-Identifier: Apache-2.0
//
// CompensatedSum: of doubles, with a second double that keeps what rounding would lose (Neumaier 1974), so
// that 10^9 values still sum to within a few units of the last place.
#pragma once

#include <cmath>

namespace millrace {

class CompensatedSum {
 public:
  constexpr CompensatedSum() = default;
  /// Of a sum that was rounded, and what that lost.
  constexpr CompensatedSum(double rounded, double lost) : sum_(rounded), compensation_(lost) {}

  void add(double value) noexcept {
    const double rounded = sum_ + value;
    compensation_ += lost(sum_, value, rounded);
    sum_ = rounded;
  }
  void merge(const CompensatedSum& later) noexcept {
    const double rounded = sum_ + later.sum_;
    compensation_ += lost(sum_, later.sum_, rounded) + later.compensation_;
    sum_ = rounded;
  }
  [[nodiscard]] double value() const noexcept {
    // After an infinity what was lost is infinity less infinity.
    return std::isfinite(compensation_) ? sum_ + compensation_ : sum_;
  }

 private:
  // What sum + value loses to rounding, without a branch (Knuth, TAOCP 2, 4.2.2, theorem B): the same
  // number as Neumaier's, which asks which of the two is larger.
  static double lost(double sum, double value, double rounded) noexcept {
    const double value_part = rounded - sum;
    const double sum_part = rounded - value_part;
    return (sum - sum_part) + (value - value_part);
  }

  double sum_ = 0;
  double compensation_ = 0;
};

}  // namespace millrace
