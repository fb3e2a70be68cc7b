// SPDX-License-Identifier: Apache-2.0
//
// When a distribution is that of the golden vectors.
#pragma once

#include <string>

#include "seed_vectors.hpp"
#include "stats/distribution.hpp"

namespace millrace {

struct Compared {
  double relative = 1e-9;
  bool noisy = false;  // mode, count and sum are made of rounding
  bool mode = true;
  /// Weights are made of rounding, too: of two values at whose border p lies either may be the percentile.
  /// The actual distribution has its whole cumulative curve.
  bool borders = false;
};

/// Percentiles may be the seed's or those of the same definition without rounding.
void expect_distribution(const Json& expected, const Distribution& actual, const std::string& what,
                         const Compared& compared = {});

}  // namespace millrace
