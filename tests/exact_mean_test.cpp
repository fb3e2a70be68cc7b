// SPDX-License-Identifier: Apache-2.0
//
// ExactMean: the nearest double to the rational mean. tests/python_values_test.py holds it against Python's
// statistics.mean for random doubles of all exponents.
#include "stats/exact_mean.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace millrace {
namespace {

constexpr double kMax = std::numeric_limits<double>::max();
constexpr double kLeast = std::numeric_limits<double>::denorm_min();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

ExactMean::Result mean_of(const std::vector<double>& values) {
  ExactMean mean;
  for (const double value : values) mean.add(value);
  return mean.result();
}

TEST(ExactMean, OfNothingIsNaN) { EXPECT_TRUE(std::isnan(mean_of({}).value)); }

TEST(ExactMean, OfOneValueIsTheValueWhateverItsExponent) {
  for (const double value :
       {0.0, 1.5, -7.25, kMax, -kMax, kLeast, -kLeast, 0x1p-1022, 0x1.fffffp-1023}) {
    EXPECT_EQ(mean_of({value}).value, value);
    EXPECT_FALSE(mean_of({value}).rounded);
  }
}

TEST(ExactMean, DoesNotOverflowWhereASumWould) {
  EXPECT_EQ(mean_of({kMax, kMax, kMax}).value, kMax);
}

TEST(ExactMean, KeepsWhatCancels) {
  EXPECT_EQ(mean_of({1e308, 1.0, -1e308}).value, 1.0 / 3);
  EXPECT_EQ(mean_of({kMax, kLeast, -kMax, kLeast}).value, 0);  // half of the least double: to even
  EXPECT_TRUE(mean_of({kMax, kLeast, -kMax, kLeast}).rounded);
}

TEST(ExactMean, RoundsOnceToTheNearestAndHalvesToEven) {
  EXPECT_EQ(mean_of({0.1, 0.2, 0.3}).value, 0.2);  // summed as doubles it is 0.20000000000000004
  EXPECT_EQ(mean_of({1.0, 1.0 + 0x1p-52}).value, 1.0);
  EXPECT_EQ(mean_of({1.0 + 0x1p-52, 1.0 + 0x1p-51}).value, 1.0 + 0x1p-51);
  EXPECT_EQ(mean_of({-1.0, -1.0 - 0x1p-52}).value, -1.0);
  EXPECT_EQ(mean_of({kLeast, 3 * kLeast, 3 * kLeast}).value, 2 * kLeast);
}

TEST(ExactMean, SaysWhetherItIsExact) {
  EXPECT_FALSE(mean_of({1, 2, 3, 6}).rounded);
  EXPECT_TRUE(mean_of({1, 2, 2}).rounded);
}

TEST(ExactMean, InfinitiesAreInfiniteAndOfBothSignsNaN) {
  EXPECT_EQ(mean_of({1, kInfinity}).value, kInfinity);
  EXPECT_EQ(mean_of({-kInfinity, 1}).value, -kInfinity);
  EXPECT_TRUE(std::isnan(mean_of({kInfinity, -kInfinity}).value));
}

TEST(ExactMean, MergedPartsGiveTheBitsOfTheWhole) {
  std::mt19937_64 random(20261122);
  for (int round = 0; round < 200; ++round) {
    ExactMean whole, left, right;
    for (int i = 0; i < 100; ++i) {
      const double value = std::bit_cast<double>(random());
      if (std::isnan(value)) continue;
      whole.add(value);
      (random() % 2 == 0 ? left : right).add(value);
    }
    left.merge(right);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(left.result().value),
              std::bit_cast<std::uint64_t>(whole.result().value));
    EXPECT_EQ(left.count(), whole.count());
  }
}

}  // namespace
}  // namespace millrace
