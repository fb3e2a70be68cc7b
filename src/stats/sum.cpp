// SPDX-License-Identifier: Apache-2.0
#include "stats/sum.hpp"

#include <cmath>

namespace millrace {
namespace {

// What sum + value loses to rounding, without a branch (Knuth, TAOCP 2, 4.2.2, theorem B): the same
// number as Neumaier's, which asks which of the two is larger.
double lost(double sum, double value, double rounded) noexcept {
  const double value_part = rounded - sum;
  const double sum_part = rounded - value_part;
  return (sum - sum_part) + (value - value_part);
}

}  // namespace

void Sum::add(std::span<const std::int64_t> values) noexcept {
  Int128 sum = integer_;
  for (const std::int64_t value : values) sum += value;
  integer_ = sum;
}

void Sum::add(std::span<const double> values) noexcept {
  double sum = sum_, compensation = compensation_;
  for (const double value : values) {
    const double rounded = sum + value;
    compensation += lost(sum, value, rounded);
    sum = rounded;
  }
  sum_ = sum;
  compensation_ = compensation;
}

void Sum::merge(const Sum& later) noexcept {
  integer_ += later.integer_;
  const double rounded = sum_ + later.sum_;
  compensation_ += lost(sum_, later.sum_, rounded) + later.compensation_;
  sum_ = rounded;
}

double Sum::value() const noexcept {
  // After an infinity what was lost is infinity less infinity.
  const double doubles = std::isfinite(compensation_) ? sum_ + compensation_ : sum_;
  return static_cast<double>(integer_) + doubles;
}

}  // namespace millrace
