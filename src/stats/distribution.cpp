// SPDX-License-Identifier: Apache-2.0
#include "stats/distribution.hpp"

#include <algorithm>
#include <cmath>

#include "stats/compensated_sum.hpp"
#include "stats/sum.hpp"

namespace millrace {
namespace {

// All items of one value.
struct Equal {
  double value = 0;
  Int128 weight = 0;
  std::uint64_t items = 0;
  std::uint64_t heaviest = 0;  // of its items
};

template <typename Visit>
void visit_values(std::span<WeightedSorter* const> sorters, const Visit& visit) {
  Equal equal;
  std::uint64_t key = 0;
  visit_sorted(sorters, [&](std::span<const Weighted> items) {
    for (const Weighted& item : items) {
      if (equal.items == 0 || item.key != key) {
        if (equal.items != 0) visit(equal);
        equal = {.value = item.value()};
        key = item.key;
      }
      equal.weight += item.weight;
      equal.heaviest = std::max(equal.heaviest, item.weight);
      ++equal.items;
    }
  });
  if (equal.items != 0) visit(equal);
}

// Floor of i (n - 1) / (points - 1).
std::uint64_t place_of_point(std::uint64_t i, std::uint64_t n, std::uint64_t points) noexcept {
  if (points < 2) return 0;
  return static_cast<std::uint64_t>(static_cast<Int128>(i) * (n - 1) / (points - 1));
}

}  // namespace

Distribution distribution_of(std::span<WeightedSorter* const> sorters,
                             const DistributionRule& rule) {
  Distribution result;
  Int128 weights = 0;
  std::uint64_t items = 0;
  Int128 mode_weight = -1;
  CompensatedSum weighted;
  CompensatedSum plain;
  CompensatedSum different;
  const auto counts = [&](const Equal& equal) {
    return equal.weight != 0 || !rule.equal_values_are_one;
  };
  visit_values(sorters, [&](const Equal& equal) {
    items += equal.items;
    plain.add(equal.value * static_cast<double>(equal.items));
    if (!counts(equal)) return;
    if (result.distinct++ == 0) result.min = equal.value;
    different.add(equal.value);
    result.max = equal.value;
    weights += equal.weight;
    weighted.add(equal.value * static_cast<double>(equal.weight));
    const Int128 of_mode = rule.equal_values_are_one ? equal.weight : Int128{equal.heaviest};
    if (of_mode > mode_weight) {
      mode_weight = of_mode;
      result.mode = equal.value;
    }
  });

  const double all_weights = static_cast<double>(weights);
  using Count = DistributionRule::Count;
  result.count = rule.count == Count::items      ? items
                 : rule.count == Count::distinct ? result.distinct
                 : rule.count == Count::weights  ? static_cast<std::uint64_t>(weights)
                                                 : rule.number;
  if (result.distinct == 0) return {};

  result.mean = weighted.value() / all_weights;
  result.total = rule.count == Count::items      ? plain.value()
                 : rule.count == Count::distinct ? different.value()
                                                 : result.mean * static_cast<double>(result.count);
  result.percentiles.fill(result.min);
  const bool curve = rule.curve != DistributionRule::Curve::none;
  const std::uint64_t points = std::min<std::uint64_t>(rule.curve_points, result.distinct);
  CompensatedSum squares;
  Int128 through = 0;
  std::size_t percentile = 0;
  std::uint64_t place = 0;
  visit_values(sorters, [&](const Equal& equal) {
    if (!counts(equal)) return;
    const double distance = equal.value - result.mean;
    squares.add(distance * distance * static_cast<double>(equal.weight));
    through += equal.weight;
    while (percentile < kDistributionPermille.size() && weights != 0 &&
           through * 1000 >= weights * kDistributionPermille[percentile]) {
      result.percentiles[percentile++] = equal.value;
    }
    if (curve && result.curve.size() < points &&
        place == place_of_point(result.curve.size(), result.distinct, points)) {
      const bool density = rule.curve == DistributionRule::Curve::density;
      result.curve.emplace_back(equal.value,
                                static_cast<double>(density ? equal.weight : through) / all_weights);
    }
    ++place;
  });
  result.variance = squares.value() / all_weights;
  result.deviation = std::sqrt(result.variance);
  return result;
}

}  // namespace millrace
