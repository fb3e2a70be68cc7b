// SPDX-License-Identifier: Apache-2.0
//
// Distribution: what is said of values that weigh unequally: requests by their tokens, levels of concurrency
// by the time for which they held.
//
//   Distribution d = distribution_of({&successful, &errored}, DistributionRule{});
//   d.mean, d.percentiles[kMedian]
//
// Percentile  The least value at which the weights, added up in order of the values, reach p of their sum:
//             always an observed value. The weights are integers, so that no rank is missed by rounding.
// Mode        The value with the largest weight, equal values taken together; of several the least.
// Variance    Of the population: the weighted mean of (value - mean)^2.
// Empty       Nothing was added, or nothing that weighs: count is 0, and so is every other number.
// Cost        Two visits of the sorted values. Sums are compensated, so that their order does not matter.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "stats/weighted_sorter.hpp"

namespace millrace {

inline constexpr std::array<int, 11> kDistributionPermille = {1,   10,  50,  100, 250, 500,
                                                              750, 900, 950, 990, 999};
inline constexpr std::size_t kMedian = 5;

struct Distribution {
  std::uint64_t count = 0;
  double mean = 0;
  double mode = 0;
  double variance = 0;
  double deviation = 0;
  double min = 0;
  double max = 0;
  double total = 0;  // sum
  std::array<double, kDistributionPermille.size()> percentiles{};
  std::uint64_t distinct = 0;                    // values that differ
  std::vector<std::pair<double, double>> curve;  // value and probability, ascending; as asked
};

struct DistributionRule {
  enum class Count : std::uint8_t {
    items,     // how many were added; total is the sum of their values
    distinct,  // how many values differ; total is their sum
    weights,   // the sum of the weights, rounded; total is mean * count
    given,     // `number`; total is mean * count
  };
  enum class Curve : std::uint8_t { none, density, cumulative };

  Count count = Count::items;
  std::uint64_t number = 0;
  bool equal_values_are_one = true;  // else the mode is that of single items: guidellm 0.2.1
  Curve curve = Curve::none;
  // Of more values evenly spaced ones, the first and the last included.
  std::size_t curve_points = 1'000;
};

/// Of all items of the sorters, which belong to one room.
Distribution distribution_of(std::span<WeightedSorter* const> sorters,
                             const DistributionRule& rule);
inline Distribution distribution_of(std::initializer_list<WeightedSorter*> sorters,
                                    const DistributionRule& rule) {
  return distribution_of(std::span(sorters.begin(), sorters.size()), rule);
}

}  // namespace millrace
