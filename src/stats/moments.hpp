// SPDX-License-Identifier: Apache-2.0
//
// Moments: count, mean, central moments of order 2 to 4, minimum and maximum.
//
// Method     of(): two passes over a slice: the mean, then sums of powers of the distance to it, in
//            eight logical lanes that are added in one fixed order, so that every SIMD width gives
//            the same bits. merge(): Pebay's pairwise formulas.
// Accuracy   docs/accuracy.md. count, min and max are exact; equal values have a variance of 0.
//            Where there are infinities mean is their sum (NaN for both) and m2 to m4 are NaN.
// Empty      count is 0 and every other figure NaN. Merging an empty Moments in, on either side,
//            changes nothing.
// Source     Pebay, "Formulas for robust, one-pass parallel computation of covariances and
//            arbitrary-order statistical moments", SAND2008-6212.
// Threads    Reentrant.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

namespace millrace {

struct Moments {
  std::uint64_t count = 0;
  double mean = 0;  // mean to max mean nothing while count is 0
  double m2 = 0;    // sum of (x - mean)^2
  double m3 = 0;
  double m4 = 0;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();

  /// No NaN among the values.
  static Moments of(std::span<const double> values) noexcept;
  void merge(const Moments& later) noexcept;

  [[nodiscard]] double variance() const noexcept;   // of the population: m2 / n
  [[nodiscard]] double deviation() const noexcept;  // its square root
  [[nodiscard]] double skewness() const noexcept;   // sqrt(n) m3 / m2^1.5; NaN when m2 is 0
  [[nodiscard]] double kurtosis() const noexcept;   // n m4 / m2^2 - 3; NaN when m2 is 0
};

}  // namespace millrace
