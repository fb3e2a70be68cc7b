// SPDX-License-Identifier: Apache-2.0
#include "stats/distribution.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace millrace {
namespace {

using Pairs = std::vector<std::pair<double, std::uint64_t>>;

Distribution of(const Pairs& pairs, const DistributionRule& rule = {}) {
  SortRoom room;
  WeightedSorter sorter(room);
  for (const auto& [value, weight] : pairs) sorter.add(Weighted::of(value, weight));
  return distribution_of({&sorter}, rule);
}

TEST(Distribution, OfNothingIsZero) {
  const Distribution none = of({});
  EXPECT_EQ(none.count, 0u);
  EXPECT_EQ(none.mean, 0);
  EXPECT_EQ(none.max, 0);
  EXPECT_EQ(none.percentiles[kMedian], 0);
  EXPECT_EQ(of({{3, 0}, {4, 0}}).count, 0u) << "what does not weigh is nothing";
}

TEST(Distribution, PercentilesAreExactWhereRoundedSumsMissTheRank) {
  Pairs ten, hundred;
  for (int i = 1; i <= 100; ++i) {
    if (i <= 10) ten.emplace_back(i, 1);
    hundred.emplace_back(i, 1);
  }
  EXPECT_EQ(of(ten).percentiles[7], 9) << "p90; the seed gives 10";
  EXPECT_EQ(of(hundred).percentiles[3], 10) << "p10; the seed gives 11";
}

TEST(Distribution, TheModeIsOfEqualValuesTakenTogetherUnlessTheRuleSaysItems) {
  const Pairs pairs = {{5, 1}, {2, 2}, {5, 1}, {5, 1}, {1, 1}};
  EXPECT_EQ(of(pairs).mode, 5);
  EXPECT_EQ(of(pairs, {.equal_values_are_one = false}).mode, 2);
  EXPECT_EQ(of({{7, 1}, {3, 1}, {9, 1}}).mode, 3) << "of several the least";
}

TEST(Distribution, CountsAndTotalsAreAsTheRuleSays) {
  using Count = DistributionRule::Count;
  const Pairs pairs = {{2, 3}, {2, 1}, {10, 4}};
  const Distribution items = of(pairs, {.count = Count::items});
  EXPECT_EQ(items.count, 3u);
  EXPECT_EQ(items.total, 14);
  const Distribution distinct = of(pairs, {.count = Count::distinct});
  EXPECT_EQ(distinct.count, 2u);
  EXPECT_EQ(distinct.total, 12);
  const Distribution weights = of(pairs, {.count = Count::weights});
  EXPECT_EQ(weights.count, 8u);
  EXPECT_EQ(weights.total, 48);
  EXPECT_EQ(of(pairs, {.count = Count::given, .number = 5}).total, 30);
}

TEST(Distribution, AgreesWithAnObviousOracle) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 2'000; ++round) {
    Pairs pairs;
    std::map<double, std::uint64_t> merged;
    const std::size_t n = 1 + random() % 60;
    const std::uint64_t different = 1 + random() % 40;
    std::uint64_t weights = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double value = (static_cast<double>(random() % different) - 7) / 3;
      const std::uint64_t weight = random() % 4 == 0 ? 0 : 1 + random() % 1000;
      pairs.emplace_back(value, weight);
      if (weight != 0) merged[value] += weight;
      weights += weight;
    }
    const Distribution d = of(pairs);
    ASSERT_EQ(d.distinct, merged.size());
    if (merged.empty()) continue;
    long double sum = 0, squares = 0;
    for (const auto& [value, weight] : merged) sum += static_cast<long double>(value) * weight;
    const long double mean = sum / weights;
    for (const auto& [value, weight] : merged) squares += (value - mean) * (value - mean) * weight;
    EXPECT_NEAR(d.mean, static_cast<double>(mean), 1e-13);
    EXPECT_NEAR(d.variance, static_cast<double>(squares / weights), 1e-12);
    EXPECT_EQ(d.min, merged.begin()->first);
    EXPECT_EQ(d.max, merged.rbegin()->first);
    const auto heavier = [](const auto& a, const auto& b) { return a.second < b.second; };
    EXPECT_EQ(d.mode, std::max_element(merged.begin(), merged.end(), heavier)->first);
    for (std::size_t p = 0; p < d.percentiles.size(); ++p) {
      std::uint64_t through = 0;
      double expected = std::numeric_limits<double>::quiet_NaN();
      for (const auto& [value, weight] : merged) {
        through += weight;
        if (through * 1000 >= weights * static_cast<std::uint64_t>(kDistributionPermille[p])) {
          expected = value;
          break;
        }
      }
      EXPECT_EQ(d.percentiles[p], expected) << kDistributionPermille[p];
    }
  }
}

TEST(Distribution, DoesNotDependOnOrderPartsOrRoom) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> value(0, 2);
  Pairs pairs;
  for (int i = 0; i < 50'000; ++i) pairs.emplace_back(value(random), random() % 100);
  for (int i = 0; i < 10'000; ++i) pairs.push_back(pairs[random() % pairs.size()]);
  const DistributionRule rule{.curve = DistributionRule::Curve::cumulative};
  const Distribution whole = of(pairs, rule);
  std::shuffle(pairs.begin(), pairs.end(), random);
  SortRoom room;
  WeightedSorter parts[] = {WeightedSorter(room), WeightedSorter(room), WeightedSorter(room)};
  for (const auto& [v, weight] : pairs) parts[random() % 3].add(Weighted::of(v, weight));
  const Distribution merged = distribution_of({&parts[0], &parts[1], &parts[2]}, rule);
  EXPECT_EQ(merged.mean, whole.mean);
  EXPECT_EQ(merged.variance, whole.variance);
  EXPECT_EQ(merged.total, whole.total);
  EXPECT_EQ(merged.mode, whole.mode);
  EXPECT_EQ(merged.percentiles, whole.percentiles);
  EXPECT_EQ(merged.curve, whole.curve);
}

TEST(Distribution, CurvesHaveAllPointsOrEvenlySpacedOnes) {
  Pairs pairs;
  for (int i = 0; i < 10; ++i) pairs.emplace_back(i, 1 + i % 2);
  using Curve = DistributionRule::Curve;
  const auto all = of(pairs, {.curve = Curve::cumulative, .curve_points = 100}).curve;
  ASSERT_EQ(all.size(), 10u);
  EXPECT_EQ(all.back(), std::pair(9.0, 1.0));
  EXPECT_EQ(all.front(), std::pair(0.0, 1.0 / 15));
  const auto four = of(pairs, {.curve = Curve::density, .curve_points = 4}).curve;
  const std::vector<std::pair<double, double>> expected = {
      {0, 1.0 / 15}, {3, 2.0 / 15}, {6, 1.0 / 15}, {9, 2.0 / 15}};
  EXPECT_EQ(four, expected);
  EXPECT_EQ(of(pairs, {.curve = Curve::density, .curve_points = 1}).curve.size(), 1u);
}

}  // namespace
}  // namespace millrace
