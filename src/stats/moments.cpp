// SPDX-License-Identifier: Apache-2.0
#include "stats/moments.hpp"

#include <algorithm>
#include <cmath>

#include "stats/value_kernel.hpp"

#ifdef __FAST_MATH__
#error "Moments needs IEEE arithmetic: the same bits on every machine, and NaN for what is absent."
#endif

namespace millrace {
namespace {

Moments of_two(double a, double b) noexcept {
  const double half = 0.5 * b - 0.5 * a;  // halved first: the distance itself may be infinite
  const double square = half * half;
  return {.count = 2,
          .mean = a + half,
          .m2 = 2 * square,
          .m3 = 0,
          .m4 = 2 * (square * square),
          .min = std::min(a, b),
          .max = std::max(a, b)};
}

bool unbounded(const Moments& m) noexcept { return std::isinf(m.min) || std::isinf(m.max); }

// For infinities among the values: the distance to the mean means nothing.
void forget_shape(Moments& m, double mean) noexcept {
  m.mean = mean;
  m.m2 = m.m3 = m.m4 = std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Moments Moments::of(std::span<const double> values) noexcept {
  Moments result;
  result.count = values.size();
  if (values.empty()) return result;

  // Distances to the first value, so that a large common offset costs the mean no digits.
  const double pivot = values.front();
  if (values.size() <= 2) {
    result = {.count = values.size(), .mean = pivot, .min = pivot, .max = pivot};
    if (values.size() == 2) result = of_two(pivot, values.back());
  } else {
    const auto [sum, least, greatest] = value_kernel::extent(values, pivot);
    result.mean = pivot + sum / static_cast<double>(values.size());
    result.min = least;
    result.max = greatest;
  }
  if (unbounded(result)) {
    const bool both = std::isinf(result.min) && std::isinf(result.max) && result.min != result.max;
    forget_shape(result, both ? std::numeric_limits<double>::quiet_NaN()
                              : (std::isinf(result.min) ? result.min : result.max));
    return result;
  }
  if (values.size() <= 2 || result.min == result.max) return result;

  const auto [two, three, four] = value_kernel::powers(values, result.mean);
  result.m2 = two;
  result.m3 = three;
  result.m4 = four;
  return result;
}

void Moments::merge(const Moments& later) noexcept {
  if (later.count == 0) return;
  if (count == 0) {
    *this = later;
    return;
  }
  const double na = static_cast<double>(count), nb = static_cast<double>(later.count);
  const double n = na + nb;
  const double delta = later.mean - mean;
  const double step = delta / n;  // delta^k / n^(k-1) is built from it, to stay within range
  const double spread = delta * step;
  const double ma2 = m2, mb2 = later.m2, ma3 = m3, mb3 = later.m3;

  m4 += later.m4 + spread * step * step * na * nb * (na * na - na * nb + nb * nb) +
        6 * step * step * (na * na * mb2 + nb * nb * ma2) + 4 * step * (na * mb3 - nb * ma3);
  m3 = ma3 + mb3 + spread * step * na * nb * (na - nb) + 3 * step * (na * mb2 - nb * ma2);
  m2 = ma2 + mb2 + spread * na * nb;
  const double both = mean + later.mean;
  mean += step * nb;
  count += later.count;
  min = std::min(min, later.min);
  max = std::max(max, later.max);
  if (unbounded(*this)) forget_shape(*this, both);
}

double Moments::variance() const noexcept {
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();
  return m2 / static_cast<double>(count);
}

double Moments::deviation() const noexcept { return std::sqrt(variance()); }

double Moments::skewness() const noexcept {
  if (count == 0 || m2 == 0) return std::numeric_limits<double>::quiet_NaN();
  return std::sqrt(static_cast<double>(count)) * m3 / (m2 * std::sqrt(m2));
}

double Moments::kurtosis() const noexcept {
  if (count == 0 || m2 == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(count) * m4 / (m2 * m2) - 3;
}

}  // namespace millrace
