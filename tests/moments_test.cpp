// SPDX-License-Identifier: Apache-2.0
//
// Moments against Boost.Accumulators and against two passes in long double.
#include "stats/moments.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <boost/accumulators/accumulators.hpp>
#include <boost/accumulators/statistics.hpp>

namespace millrace {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Expected {
  long double mean = 0, variance = 0, skewness = 0, kurtosis = 0;
};

Expected two_pass(std::span<const double> values) {
  const auto n = static_cast<long double>(values.size());
  Expected expected;
  for (const double value : values) expected.mean += value / n;
  long double m2 = 0, m3 = 0, m4 = 0;
  for (const double value : values) {
    const long double d = value - expected.mean;
    m2 += d * d;
    m3 += d * d * d;
    m4 += d * d * d * d;
  }
  expected.variance = m2 / n;
  expected.skewness = std::sqrt(n) * m3 / (m2 * std::sqrt(m2));
  expected.kurtosis = n * m4 / (m2 * m2) - 3;
  return expected;
}

Moments in_slices(std::span<const double> values, std::size_t slice) {
  Moments all;
  for (std::size_t i = 0; i < values.size(); i += slice) {
    all.merge(Moments::of(values.subspan(i, std::min(slice, values.size() - i))));
  }
  return all;
}

void expect_near(const Moments& moments, std::span<const double> values, double relative) {
  const Expected expected = two_pass(values);
  const auto bound = [&](long double x) { return relative * static_cast<double>(std::abs(x)); };
  EXPECT_EQ(moments.count, values.size());
  EXPECT_EQ(moments.min, *std::ranges::min_element(values));
  EXPECT_EQ(moments.max, *std::ranges::max_element(values));
  EXPECT_NEAR(moments.mean, static_cast<double>(expected.mean),
              bound(expected.mean) + relative * std::sqrt(static_cast<double>(expected.variance)));
  EXPECT_NEAR(moments.variance(), static_cast<double>(expected.variance), bound(expected.variance));
  EXPECT_NEAR(moments.deviation(), std::sqrt(static_cast<double>(expected.variance)),
              relative * moments.deviation());
  EXPECT_NEAR(moments.skewness(), static_cast<double>(expected.skewness),
              bound(expected.skewness) + relative);
  EXPECT_NEAR(moments.kurtosis(), static_cast<double>(expected.kurtosis),
              bound(expected.kurtosis) + 10 * relative);
}

std::vector<double> lognormal(std::size_t n, std::uint32_t seed, double offset = 0) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> distribution(0, 0.7);
  std::vector<double> values(n);
  for (double& value : values) value = offset + distribution(random);
  return values;
}

bool same_bits(const Moments& a, const Moments& b) {
  const auto bits = [](double x) { return std::bit_cast<std::uint64_t>(x); };
  return a.count == b.count && bits(a.mean) == bits(b.mean) && bits(a.m2) == bits(b.m2) &&
         bits(a.m3) == bits(b.m3) && bits(a.m4) == bits(b.m4) && bits(a.min) == bits(b.min) &&
         bits(a.max) == bits(b.max);
}

TEST(Moments, OfNothingAreNaN) {
  const Moments empty = Moments::of({});
  EXPECT_EQ(empty.count, 0u);
  EXPECT_TRUE(std::isnan(empty.variance()));
  EXPECT_TRUE(std::isnan(empty.deviation()));
  EXPECT_TRUE(std::isnan(empty.skewness()));
  EXPECT_TRUE(std::isnan(empty.kurtosis()));
}

TEST(Moments, OfOneValueAreThatValueWithoutSpread) {
  const Moments one = Moments::of(std::vector{42.5});
  EXPECT_EQ(one.mean, 42.5);
  EXPECT_EQ(one.min, 42.5);
  EXPECT_EQ(one.max, 42.5);
  EXPECT_EQ(one.variance(), 0.0);
  EXPECT_TRUE(std::isnan(one.skewness()));
}

TEST(Moments, OfTwoValuesAreExact) {
  const Moments two = Moments::of(std::vector{7.0, 1.0});
  EXPECT_EQ(two.mean, 4.0);
  EXPECT_EQ(two.variance(), 9.0);
  EXPECT_EQ(two.skewness(), 0.0);
  EXPECT_EQ(two.kurtosis(), -2.0);
  EXPECT_EQ(two.min, 1.0);
  EXPECT_EQ(two.max, 7.0);
}

TEST(Moments, OfEverySmallSizeAreThoseOfTwoPasses) {
  for (std::size_t n = 2; n <= 40; ++n) {
    SCOPED_TRACE(testing::Message() << "n " << n);
    const auto values = lognormal(n, static_cast<std::uint32_t>(n));
    expect_near(Moments::of(values), values, 1e-13);
  }
}

TEST(Moments, AreThoseOfTwoPassesForAMillionValues) {
  const auto values = lognormal(1'000'000, 7);
  expect_near(Moments::of(values), values, 1e-12);
  expect_near(in_slices(values, 500), values, 1e-12);
}

TEST(Moments, AreThoseOfTwoPassesWithTies) {
  std::mt19937 random(5);
  std::vector<double> values(10'000);
  for (double& value : values) value = static_cast<double>(random() % 7);
  expect_near(in_slices(values, 333), values, 1e-12);
}

TEST(Moments, KeepTheirDigitsBesideALargeOffset) {
  // Formulas with sums of squares fail here: "numerically stable" means these two.
  EXPECT_EQ(Moments::of(std::vector{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}).variance(), 22.5);
  const auto values = lognormal(20'000, 3, 1e9);
  expect_near(in_slices(values, 500), values, 1e-7);  // the mean's own last place is 1.2e-7
}

TEST(Moments, AgreeWithBoostAccumulators) {
  namespace acc = boost::accumulators;
  using Set =
      acc::accumulator_set<double,
                           acc::stats<acc::tag::mean, acc::tag::variance, acc::tag::skewness,
                                      acc::tag::kurtosis, acc::tag::min, acc::tag::max>>;
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const auto values = lognormal(5'000, seed);
    Set set;
    for (const double value : values) set(value);

    const Moments moments = in_slices(values, 100 + seed);

    EXPECT_EQ(moments.count, acc::count(set));
    EXPECT_NEAR(moments.mean, acc::mean(set), 1e-12 * acc::mean(set));
    EXPECT_NEAR(moments.variance(), acc::variance(set), 1e-11 * acc::variance(set));
    EXPECT_NEAR(moments.skewness(), acc::skewness(set), 1e-9 * acc::skewness(set));
    EXPECT_NEAR(moments.kurtosis(), acc::kurtosis(set), 1e-9 * acc::kurtosis(set));
    EXPECT_EQ(moments.min, acc::min(set));
    EXPECT_EQ(moments.max, acc::max(set));
  }
}

TEST(Moments, OfEqualValuesHaveNoSpreadToTheLastBit) {
  for (const std::size_t n : {3u, 8u, 9u, 1'000u}) {
    const std::vector<double> values(n, 0.1);
    const Moments moments = in_slices(values, 77);
    EXPECT_EQ(moments.mean, 0.1);
    EXPECT_EQ(moments.m2, 0.0);
    EXPECT_TRUE(std::isnan(moments.skewness()));
    EXPECT_TRUE(std::isnan(moments.kurtosis()));
  }
}

TEST(Moments, MergingAnEmptyOneChangesNothing) {
  const Moments some = Moments::of(lognormal(100, 1));
  Moments left = some, right;
  left.merge({});
  right.merge(some);
  EXPECT_TRUE(same_bits(left, some));
  EXPECT_TRUE(same_bits(right, some));
  Moments both;
  both.merge({});
  EXPECT_EQ(both.count, 0u);
  EXPECT_TRUE(std::isnan(both.variance()));
}

TEST(Moments, CanBeMergedWithThemselves) {
  const auto values = lognormal(1'000, 2);
  auto twice = values;
  twice.insert(twice.end(), values.begin(), values.end());
  Moments moments = Moments::of(values);
  moments.merge(moments);
  expect_near(moments, twice, 1e-12);
}

TEST(Moments, MergedInAnyGroupingStayWithinTheSameError) {
  const auto values = lognormal(30'000, 9);
  for (const std::size_t slice : {1u, 2u, 3u, 8u, 511u, 29'999u}) {
    SCOPED_TRACE(testing::Message() << "slice " << slice);
    expect_near(in_slices(values, slice), values, 1e-11);
  }
}

// The lanes and their order are part of the format: a log replayed by another build must give
// these. Computed by this code with g++ 12 -O2; clang 14 and 19, -O0 and -O3 and AVX-512 gave the
// same.
TEST(Moments, HaveTheBitsOfEveryOtherBuild) {
  std::vector<double> values(1'003);
  std::uint64_t state = 1;
  for (double& value : values) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    value = static_cast<double>(state >> 11) * 0x1p-53 + 0.1;
  }
  const Moments moments = in_slices(values, 250);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(moments.mean), 0x3fe36fcee9c48c23u);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(moments.m2), 0x405500868fe7cfd3u);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(moments.m3), 0xbfe483c6d708460du);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(moments.m4), 0x40295b2136bfe628u);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(moments.skewness()), 0xbf9b0052e91f8d22u);
}

TEST(Moments, OfInfinitiesAreInfiniteOrNaN) {
  for (const std::size_t finite : {0u, 1u, 5u, 20u}) {
    SCOPED_TRACE(testing::Message() << finite << " finite values");
    std::vector<double> values(finite, 3.0);
    values.push_back(kInfinity);
    EXPECT_EQ(Moments::of(values).mean, kInfinity);
    EXPECT_TRUE(std::isnan(Moments::of(values).variance()));
    EXPECT_TRUE(std::isnan(Moments::of(values).skewness()));

    Moments merged = Moments::of(std::vector{1.0, 2.0});
    merged.merge(Moments::of(values));
    EXPECT_EQ(merged.mean, kInfinity);
    EXPECT_EQ(merged.max, kInfinity);
    merged.merge(merged);
    EXPECT_EQ(merged.mean, kInfinity);

    values.push_back(-kInfinity);
    EXPECT_TRUE(std::isnan(Moments::of(values).mean));
    EXPECT_EQ(Moments::of(values).min, -kInfinity);
  }
}

}  // namespace
}  // namespace millrace
