// SPDX-License-Identifier: Apache-2.0
//
// Order keys and Histogram. What it shares with the other estimators is in
// estimator_contract_test.cpp.
#include "stats/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace millrace {
namespace {

using Limits = std::numeric_limits<double>;

std::vector<double> edges() {
  return {-Limits::infinity(),
          -Limits::max(),
          -1.5,
          -1.0,
          -Limits::min(),
          -Limits::denorm_min(),
          0.0,
          Limits::denorm_min(),
          Limits::min(),
          0.1,
          1.0,
          std::nextafter(1.0, 2.0),
          1e300,
          Limits::max(),
          Limits::infinity()};
}

double only(double value) {
  Histogram histogram;
  histogram.add({&value, 1});
  return histogram.order_statistic(1);
}

// Any bit pattern but NaN.
double random_double(std::mt19937_64& random) {
  for (;;) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isnan(value)) return value;
  }
}

TEST(OrderKey, SortsAsTheValuesDo) {
  const auto values = edges();
  for (std::size_t i = 1; i < values.size(); ++i) {
    EXPECT_LT(order_key(values[i - 1]), order_key(values[i])) << values[i];
  }
}

TEST(OrderKey, GivesTheValueBack) {
  for (const double value : edges()) EXPECT_EQ(value_of_key(order_key(value)), value);
}

TEST(OrderKey, OfNegativeZeroIsThatOfZero) { EXPECT_EQ(order_key(-0.0), order_key(0.0)); }

TEST(Histogram, FindsEveryNormalDoubleWithinItsBound) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const double value = random_double(random);
    if (!std::isnormal(value)) continue;
    ASSERT_LE(std::abs(only(value) - value), Histogram::kRelativeError * std::abs(value)) << value;
  }
  for (const double value : {Limits::min(), Limits::max(), -Limits::min(), -Limits::max()}) {
    EXPECT_LE(std::abs(only(value) - value), Histogram::kRelativeError * std::abs(value));
  }
}

TEST(Histogram, GivesZeroAndInfinitiesBack) {
  EXPECT_EQ(only(0.0), 0.0);
  EXPECT_EQ(only(-0.0), 0.0);
  EXPECT_FALSE(std::signbit(only(-0.0)));
  EXPECT_EQ(only(Limits::infinity()), Limits::infinity());
  EXPECT_EQ(only(-Limits::infinity()), -Limits::infinity());
}

TEST(Histogram, IsSymmetric) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 1'000; ++i) {
    const double value = random_double(random);
    if (!std::isnormal(value)) continue;
    ASSERT_EQ(only(-value), -only(value));
  }
}

TEST(Histogram, CountsInTheOrderOfValues) {
  Histogram histogram;
  auto values = edges();
  std::ranges::shuffle(values, std::mt19937(3));
  histogram.add(values);
  std::ranges::sort(values);

  ASSERT_EQ(histogram.count(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::abs(values[i]) < Limits::min()) continue;  // no bound below
    EXPECT_EQ(histogram.order_statistic(i + 1), only(values[i])) << values[i];
  }
}

TEST(Histogram, AnswersSeveralRanksAsOneByOne) {
  std::mt19937_64 random(4);
  std::lognormal_distribution<double> lognormal(0, 2);
  std::vector<double> values(10'000);
  for (double& value : values) value = lognormal(random);
  Histogram histogram;
  histogram.add(values);
  const std::vector<std::uint64_t> ranks{1, 1, 2, 5'000, 5'001, 9'999, 10'000};

  const auto together = histogram.order_statistics(ranks);

  ASSERT_EQ(together.size(), ranks.size());
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    EXPECT_EQ(together[i], histogram.order_statistic(ranks[i]));
  }
}

TEST(Histogram, TakesMemoryForOctavesThatWereTouched) {
  Histogram histogram;
  EXPECT_EQ(histogram.memory_bytes(), 0u);
  histogram.add(std::vector{1.0, 1.25, 1.9});
  EXPECT_EQ(histogram.memory_bytes(), 36u * 1024);
  histogram.add(std::vector{2.0});
  EXPECT_EQ(histogram.memory_bytes(), 40u * 1024);
}

TEST(Histogram, CountsBeyondWhatAPageHolds) {
  // Doubled 34 times: 2^34 ones and twice as many threes; then one more of each, by value.
  Histogram histogram;
  histogram.add(std::vector{1.0, 3.0, 3.0});
  for (int i = 0; i < 34; ++i) {
    Histogram same;
    same.merge(histogram);
    histogram.merge(same);
  }
  histogram.add(std::vector{1.0, 3.0});
  const std::uint64_t ones = (std::uint64_t{1} << 34) + 1, all = 3 * (ones - 1) + 2;
  EXPECT_EQ(histogram.count(), all);
  EXPECT_NEAR(histogram.order_statistic(ones), 1, 1e-3);
  EXPECT_NEAR(histogram.order_statistic(ones + 1), 3, 3e-3);
  EXPECT_EQ(histogram.counts_below(std::vector{2.0, 4.0}), (std::vector<std::uint64_t>{ones, all}));
  CoarseHistogram wider;
  histogram.count_into(wider);
  EXPECT_EQ(wider.count(), all);
  EXPECT_NEAR(wider.order_statistic(ones), 1, 2e-2);
  EXPECT_NEAR(wider.order_statistic(ones + 1), 3, 6e-2);
}

TEST(Histogram, GoesOnWhereAPagesCountWraps) {
  // 2^32 - 2 of one value: 2, 6, 14, .. = 2 (2^k - 1).
  Histogram two, histogram;
  two.add(std::vector{1.0, 1.0});
  histogram.merge(two);
  for (int i = 0; i < 30; ++i) {
    Histogram same;
    same.merge(histogram);
    histogram.merge(same);
    histogram.merge(two);
  }
  const std::uint64_t before = (std::uint64_t{1} << 32) - 2;
  ASSERT_EQ(histogram.count(), before);
  for (std::uint64_t n = 1; n < 5; ++n) {
    histogram.add(std::vector{1.0});
    EXPECT_EQ(histogram.counts_below(std::vector{2.0}).front(), before + n);
  }
}

TEST(Histogram, CountsWhatLiesBelowABucket) {
  Histogram histogram;
  EXPECT_EQ(histogram.counts_below(std::vector{0.0, 1.0}), (std::vector<std::uint64_t>{0, 0}));
  histogram.add(std::vector{-4.0, 0.0, 1.0, 1.0 + 0x1p-20, 3.0, 3.0, Limits::infinity()});

  const std::vector limits{-Limits::infinity(), -4.0, 0.0, 1.0, 1.0 + 0x1p-20, 2.0, 3.0, 3.5, 4.0};

  EXPECT_EQ(histogram.counts_below(limits),
            (std::vector<std::uint64_t>{0, 0, 1, 2, 2, 4, 4, 6, 6}));
  EXPECT_TRUE(histogram.counts_below({}).empty());
  EXPECT_EQ(Histogram::begin_of_bucket(1.0 + 0x1p-20), 1.0);
  EXPECT_EQ(Histogram::begin_of_bucket(0.0), 0.0);
  for (int whole = 0; whole <= 2048; ++whole) EXPECT_EQ(Histogram::begin_of_bucket(whole), whole);
}

TEST(Histogram, TellsTheBucketOfARank) {
  Histogram histogram;
  histogram.add(std::vector{-4.0, 1.0, 1.0 + 0x1p-20, 3.0, 3.0});

  const auto ranges = histogram.ranges_of(std::vector<std::uint64_t>{1, 2, 3, 5});

  ASSERT_EQ(ranges.size(), 4u);
  EXPECT_EQ(ranges[1], ranges[2]);
  EXPECT_EQ(ranges[1], (KeyRange{order_key(1.0), 42, 1, 2}));
  EXPECT_EQ(ranges[3], (KeyRange{order_key(3.0), 42, 3, 2}));
  EXPECT_TRUE(ranges[1].holds(order_key(1.0)));
  EXPECT_TRUE(ranges[1].holds(order_key(std::nextafter(1.0 + 0x1p-10, 0.0))));
  EXPECT_FALSE(ranges[1].holds(order_key(1.0 + 0x1p-10)));
  EXPECT_FALSE(ranges[1].holds(order_key(std::nextafter(1.0, 0.0))));
}

}  // namespace
}  // namespace millrace
