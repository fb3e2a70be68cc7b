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

  [[nodiscard]] bool counts(const DistributionRule& rule) const noexcept {
    return weight != 0 || !rule.equal_values_are_one;
  }
};

// Calls pass.take(equal) for each value. A pass is small: it is in registers while it takes.
template <typename Pass>
void visit_values(std::span<WeightedSorter* const> sorters, Pass& pass) {
  Equal under_way;
  std::uint64_t key = 0;
  visit_sorted(sorters, [&](std::span<const Weighted> items) {
    Pass taking = pass;
    Equal equal = under_way;
    for (const Weighted& item : items) {
      if (equal.items == 0 || item.key != key) {
        if (equal.items != 0) taking.take(equal);
        equal = {.value = item.value()};
        key = item.key;
      }
      equal.weight += item.weight;
      equal.heaviest = std::max(equal.heaviest, item.weight);
      ++equal.items;
    }
    under_way = equal;
    pass = taking;
  });
  if (under_way.items != 0) pass.take(under_way);
}

struct SumsPass {
  const DistributionRule* rule;
  bool of_items = rule->count == DistributionRule::Count::items;
  bool of_distinct = rule->count == DistributionRule::Count::distinct;
  Int128 weights = 0;
  std::uint64_t items = 0, distinct = 0;
  double min = 0, max = 0, mode = 0;
  Int128 mode_weight = -1;
  CompensatedSum weighted = {}, plain = {}, different = {};

  void take(const Equal& equal) noexcept {
    items += equal.items;
    if (of_items) plain.add(equal.value * static_cast<double>(equal.items));
    if (!equal.counts(*rule)) return;
    if (distinct++ == 0) min = equal.value;
    max = equal.value;
    if (of_distinct) different.add(equal.value);
    weights += equal.weight;
    weighted.add(equal.value * as_double(equal.weight));
    const Int128 of_mode = rule->equal_values_are_one ? equal.weight : Int128{equal.heaviest};
    if (of_mode > mode_weight) {
      mode_weight = of_mode;
      mode = equal.value;
    }
  }
};

// Floor of i (n - 1) / (points - 1).
std::uint64_t place_of_point(std::uint64_t i, std::uint64_t n, std::uint64_t points) noexcept {
  if (points < 2) return 0;
  return static_cast<std::uint64_t>(static_cast<Int128>(i) * (n - 1) / (points - 1));
}

// What takes the mean and the sum of the weights to know.
struct RanksPass {
  const DistributionRule* rule;
  Int128 weights;
  Distribution* result;
  double mean = result->mean;
  CompensatedSum squares = {};
  Int128 through = 0;
  std::size_t percentile = 0;
  Int128 next = reaching(0);
  std::uint64_t place = 0, next_point = place_of_next_point();

  void take(const Equal& equal) {
    if (!equal.counts(*rule)) return;
    const double distance = equal.value - mean;
    squares.add(distance * distance * as_double(equal.weight));
    through += equal.weight;
    while (through >= next) {
      result->percentiles[percentile++] = equal.value;
      next = reaching(percentile);
    }
    if (place++ == next_point) add_point(equal);
  }

  // The least sum of weights that reaches a percentile.
  [[nodiscard]] Int128 reaching(std::size_t i) const noexcept {
    constexpr Int128 kNever = Int128{1} << 126;
    if (i == kDistributionPermille.size() || weights == 0) return kNever;
    return (weights * kDistributionPermille[i] + 999) / 1000;
  }
  [[nodiscard]] std::uint64_t place_of_next_point() const noexcept {
    const auto points = std::min<std::uint64_t>(rule->curve_points, result->distinct);
    const bool more = rule->curve != DistributionRule::Curve::none && result->curve.size() < points;
    return more ? place_of_point(result->curve.size(), result->distinct, points)
                : ~std::uint64_t{0};
  }
  void add_point(const Equal& equal) {
    const bool density = rule->curve == DistributionRule::Curve::density;
    result->curve.emplace_back(
        equal.value, as_double(density ? equal.weight : through) / static_cast<double>(weights));
    next_point = place_of_next_point();
  }
};

}  // namespace

Distribution distribution_of(std::span<WeightedSorter* const> sorters,
                             const DistributionRule& rule) {
  SumsPass sums{.rule = &rule};
  visit_values(sorters, sums);
  if (sums.distinct == 0) return {};

  using Count = DistributionRule::Count;
  Distribution result;
  result.distinct = sums.distinct;
  result.min = sums.min;
  result.max = sums.max;
  result.mode = sums.mode;
  result.count = rule.count == Count::items      ? sums.items
                 : rule.count == Count::distinct ? sums.distinct
                 : rule.count == Count::weights  ? static_cast<std::uint64_t>(sums.weights)
                                                 : rule.number;
  const double all_weights = static_cast<double>(sums.weights);
  result.mean = sums.weighted.value() / all_weights;
  result.total = rule.count == Count::items      ? sums.plain.value()
                 : rule.count == Count::distinct ? sums.different.value()
                                                 : result.mean * static_cast<double>(result.count);
  result.percentiles.fill(result.min);

  RanksPass ranks{.rule = &rule, .weights = sums.weights, .result = &result};
  visit_values(sorters, ranks);
  result.variance = ranks.squares.value() / all_weights;
  result.deviation = std::sqrt(result.variance);
  return result;
}

}  // namespace millrace
