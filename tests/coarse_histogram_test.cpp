// SPDX-License-Identifier: Apache-2.0
//
// CoarseHistogram: its bounds of memory and error, whatever the values, and that how wide its buckets
// are depends on the values alone.
#include "stats/coarse_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace millrace {
namespace {

using Values = std::vector<double>;
using Ranks = std::vector<std::uint64_t>;

// 1, 2, 4, .. and something between: `octaves` of them.
Values spread_over(int octaves, std::uint32_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> within(1, 2);
  Values values;
  for (int octave = 0; octave < octaves; ++octave) {
    for (int i = 0; i < 20; ++i) values.push_back(std::ldexp(within(random), octave - octaves / 2));
  }
  std::ranges::shuffle(values, random);
  return values;
}

// Any bit pattern but NaN.
Values anything(std::size_t n, std::uint32_t seed) {
  std::mt19937_64 random(seed);
  Values values;
  while (values.size() < n) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isnan(value)) values.push_back(value);
  }
  return values;
}

CoarseHistogram of(std::span<const double> values) {
  CoarseHistogram histogram;
  histogram.add(values);
  return histogram;
}

Ranks all_ranks(std::size_t n) {
  Ranks ranks(n);
  for (std::size_t i = 0; i < n; ++i) ranks[i] = i + 1;
  return ranks;
}

TEST(CoarseHistogram, AddsToABucketByItsNumber) {
  CoarseHistogram histogram;
  histogram.add_bucket(order_key(1.0) >> (kMantissaBits - CoarseHistogram::kBits), 7);
  EXPECT_EQ(histogram.count(), 7u);
  EXPECT_EQ(histogram.order_statistic(7), 1.0 + 1.0 / 64);
}

TEST(CoarseHistogram, KeepsItsFullResolutionForThirtyTwoOctaves) {
  EXPECT_EQ(of(spread_over(32, 1)).relative_error(), CoarseHistogram::kRelativeError);
  EXPECT_EQ(of(spread_over(33, 1)).relative_error(), 2 * CoarseHistogram::kRelativeError);
}

TEST(CoarseHistogram, StaysWithinTheErrorThatItStates) {
  for (const int octaves : {1, 32, 33, 64, 65, 300, 1'000, 2'000}) {
    SCOPED_TRACE(testing::Message() << octaves << " octaves");
    Values values = spread_over(octaves, 2);
    for (std::size_t i = 0; i < values.size(); i += 3) values[i] = -values[i];
    const CoarseHistogram histogram = of(values);
    std::ranges::sort(values);
    const Ranks ranks = all_ranks(values.size());

    const Values found = histogram.order_statistics(ranks);

    ASSERT_EQ(found.size(), values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      ASSERT_LE(std::abs(found[i] - values[i]), histogram.relative_error() * std::abs(values[i]))
          << values[i];
    }
  }
}

TEST(CoarseHistogram, GivesANumberForEveryRankOfAnyValues) {
  const Values values = anything(5'000, 3);
  const CoarseHistogram histogram = of(values);
  EXPECT_EQ(histogram.relative_error(), 1.0);
  const Values found = histogram.order_statistics(all_ranks(values.size()));
  EXPECT_TRUE(std::ranges::is_sorted(found));
  EXPECT_TRUE(std::ranges::none_of(found, [](double value) { return std::isnan(value); }));
}

TEST(CoarseHistogram, GivesZeroAndInfinitiesBackWhereBucketsAreAnOctaveAtMost) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Values values = spread_over(600, 4);
  values.insert(values.end(), {0.0, kInfinity, -kInfinity});
  const CoarseHistogram histogram = of(values);
  EXPECT_EQ(histogram.order_statistic(1), -kInfinity);
  EXPECT_EQ(histogram.order_statistic(2), 0.0);
  EXPECT_EQ(histogram.order_statistic(values.size()), kInfinity);
}

TEST(CoarseHistogram, NeverTakesMoreThanItsBound) {
  EXPECT_EQ(CoarseHistogram().memory_bytes(), 0u);
  for (const std::uint32_t seed : {5u, 6u}) {
    CoarseHistogram histogram;
    for (const double value : anything(20'000, seed)) {
      histogram.add({&value, 1});
      ASSERT_LE(histogram.memory_bytes(), CoarseHistogram::kMemoryBytesMax);
    }
    EXPECT_EQ(histogram.count(), 20'000u);
  }
  EXPECT_GT(of(spread_over(32, 7)).memory_bytes(), CoarseHistogram::kMemoryBytesMax * 9 / 10)
      << "the bound is met";
}

TEST(CoarseHistogram, IsTheSameInAnyOrderAndOfAnyParts) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    Values values = random() % 4 == 0 ? anything(200, seed)
                                      : spread_over(1 + static_cast<int>(random() % 400), seed);
    const CoarseHistogram whole = of(values);
    const Ranks ranks = all_ranks(values.size());

    std::ranges::shuffle(values, random);
    CoarseHistogram merged;
    for (std::size_t begin = 0; begin < values.size();) {
      const std::size_t n = std::min<std::size_t>(1 + random() % 300, values.size() - begin);
      merged.merge(of(std::span(values).subspan(begin, n)));
      begin += n;
    }

    EXPECT_EQ(merged.count(), whole.count());
    EXPECT_EQ(merged.relative_error(), whole.relative_error());
    EXPECT_EQ(merged.memory_bytes(), whole.memory_bytes());
    EXPECT_EQ(merged.ranges_of(ranks), whole.ranges_of(ranks));
  }
}

TEST(CoarseHistogram, CountsWhatARangeHolds) {
  for (const int octaves : {3, 50, 2'000}) {
    const Values values = spread_over(octaves, 8);
    const CoarseHistogram histogram = of(values);
    for (const std::uint64_t rank : {std::uint64_t{1}, values.size() / 2, values.size()}) {
      const KeyRange range = histogram.ranges_of({&rank, 1}).front();
      const auto below = [&](double value) { return order_key(value) < range.least; };
      const auto within = [&](double value) { return range.holds(order_key(value)); };
      EXPECT_EQ(range.before, static_cast<std::uint64_t>(std::ranges::count_if(values, below)));
      EXPECT_EQ(range.count, static_cast<std::uint64_t>(std::ranges::count_if(values, within)));
      EXPECT_LT(range.before, rank);
      EXPECT_LE(rank, range.before + range.count);
    }
  }
}

}  // namespace
}  // namespace millrace
