// SPDX-License-Identifier: Apache-2.0
#include "stats/sum.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace millrace {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Sum of(const std::vector<double>& values) {
  Sum sum;
  sum.add(values);
  return sum;
}
Sum of_integers(const std::vector<std::int64_t>& values) {
  Sum sum;
  sum.add(values);
  return sum;
}

TEST(Sum, OfNothingIsZero) {
  EXPECT_EQ(Sum().value(), 0.0);
  EXPECT_EQ(Sum().integer(), 0);
}

TEST(Sum, OfIntegersIsExactBeyond64Bits) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const Sum sum = of_integers(std::vector<std::int64_t>(1'000, kMost));
  EXPECT_TRUE(sum.integer() == Int128{kMost} * 1'000);
  EXPECT_EQ(sum.value(), 0x1p63 * 1'000);

  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  EXPECT_TRUE(of_integers({kLeast, kLeast, 5}).integer() == Int128{kLeast} * 2 + 5);
}

TEST(Sum, OfIntegersIsRoundedOnce) {
  // 2^53 + 1 + 1: rounded at each step it would stay 2^53.
  EXPECT_EQ(of_integers({std::int64_t{1} << 53, 1, 1}).value(), 0x1p53 + 2);
}

TEST(Sum, KeepsWhatRoundingWouldLose) {
  EXPECT_EQ(of({1.0, 1e100, 1.0, -1e100}).value(), 2.0);  // Neumaier's example
  std::vector<double> tenths(1'000'000, 0.1);
  EXPECT_EQ(of(tenths).value(), 100'000.0);  // plain addition: 100000.00000133288
}

TEST(Sum, IsTheLongDoubleSumOfRandomValues) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    std::lognormal_distribution<double> lognormal(0, 3);
    std::vector<double> values(10'000);
    long double expected = 0;
    for (double& value : values) expected += value = lognormal(random);

    const double sum = of(values).value();

    EXPECT_LE(std::abs(static_cast<long double>(sum) - expected), 3e-16L * expected);
  }
}

TEST(Sum, OfPartsIsTheSumOfTheWhole) {
  std::vector<double> values;
  for (int i = 0; i < 100; ++i) values.insert(values.end(), {1e16, 3.14159, -1e16});
  const std::span<const double> whole(values);
  Sum first, second;
  first.add(whole.first(100));
  second.add(whole.subspan(100));

  first.merge(second);

  EXPECT_DOUBLE_EQ(first.value(), 314.159);
}

TEST(Sum, MergingAnEmptyOneChangesNothing) {
  Sum sum = of({0.1, 0.2, 1e20}), empty;
  const double before = sum.value();
  sum.merge(empty);
  EXPECT_EQ(sum.value(), before);
  empty.merge(sum);
  EXPECT_EQ(empty.value(), before);
}

TEST(Sum, AddsIntegersAndDoublesTogether) {
  Sum sum = of_integers(std::vector<std::int64_t>{40});
  sum.add(std::vector<double>{2.5});
  EXPECT_EQ(sum.value(), 42.5);
}

TEST(Sum, OfInfinitiesIsInfiniteOrNaN) {
  EXPECT_EQ(of({1.0, kInfinity, 2.0}).value(), kInfinity);
  EXPECT_EQ(of({1.0, -kInfinity, 2.0}).value(), -kInfinity);
  EXPECT_TRUE(std::isnan(of({kInfinity, -kInfinity}).value()));
}

}  // namespace
}  // namespace millrace
