// SPDX-License-Identifier: Apache-2.0
//
// How a percentile is made of order statistics, for each Rule. p is exact to six decimals: it is
// rounded once to millionths of a percent, and ranks are computed in integers, so that p99.9 of
// 1,000 values is the 999th, whatever 99.9 is in binary.
//
//   const Ranks ranks = ranks_of(99, n, Rule::linear);
//   double value = combine(ranks, x(ranks.low), x(ranks.high), x(1), x(n));
//
// linear has numpy's bits, exclusive those of Python's statistics module. p0 and p100: the least
// and the greatest value, but exclusive extrapolates there too, to 2 x(1) - x(2) and 2 x(n) -
// x(n-1).
#pragma once

#include <cstdint>

#include "millrace/percentile.hpp"

namespace millrace {

struct Ranks {
  Rule rule = Rule::nearest_rank;
  std::uint64_t low = 1;   // 1-based
  std::uint64_t high = 1;  // low or low + 1
  // The meaning of the weights is the rule's own; see combine().
  double weight_low = 1;
  double weight_high = 0;
  double divisor = 1;
};

/// n > 0; p in [0, 100] (clamped into it).
Ranks ranks_of(double p, std::uint64_t n, Rule rule) noexcept;

/// `least` and `greatest` matter to exclusive_clamped alone.
double combine(const Ranks& ranks, double low, double high, double least, double greatest) noexcept;

/// The smallest n for which an upper bound of the p-th percentile with 95 % confidence is an
/// observed value: 1 - (p/100)^n >= 0.95 (for p < 50 the lower bound of 100-p). p99: 299;
/// p0 and p100: no sample suffices, the greatest integer.
/// Source: Wilks, "Determination of sample sizes for setting tolerance limits" (1941).
std::uint64_t least_sample_for(double p) noexcept;

}  // namespace millrace
