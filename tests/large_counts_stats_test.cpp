// SPDX-License-Identifier: Apache-2.0
//
// Statistics of more than 2^32 values: made by merging statistics with themselves, so that every count is
// known. Counts, sums of integers and order statistics stay exact.
#include <cmath>

#include <gtest/gtest.h>

#include "millrace/summary.hpp"

#include "made_up_stream.hpp"
#include "stats/coarse_histogram.hpp"
#include "stats/histogram.hpp"
#include "stats/moments.hpp"
#include "stats/sum.hpp"

namespace millrace {
namespace {

constexpr int kDoublings = 40;
constexpr std::uint64_t kTimes = std::uint64_t{1} << kDoublings;
constexpr std::uint64_t k32 = std::uint64_t{1} << 32;

template <typename T>
T doubled(T figure) {
  for (int i = 0; i < kDoublings; ++i) {
    T same;
    same.merge(figure);
    figure.merge(same);
  }
  return figure;
}

template <typename H>
void check_ranks(const H& histogram) {
  EXPECT_EQ(histogram.count(), 8 * kTimes);
  const auto at = [&](std::uint64_t rank) { return histogram.order_statistic(rank); };
  EXPECT_EQ(at(5 * kTimes), at(1));
  EXPECT_EQ(at(k32), at(1)) << "of 32 bits the count of a bucket would be 0";
  EXPECT_EQ(at(5 * kTimes + 1), at(8 * kTimes));
  EXPECT_NEAR(at(1), 1, 0.05);
  EXPECT_NEAR(at(8 * kTimes), 1000, 50);
  const std::uint64_t ranks[] = {1, k32 - 1, k32, 5 * kTimes, 5 * kTimes + 1, 8 * kTimes};
  EXPECT_EQ(histogram.ranges_of(ranks).size(), 6u);
}

TEST(LargeCountsStats, AHistogramCountsBeyond32Bits) {
  Histogram histogram;
  histogram.add(std::vector<double>{1, 1, 1, 1, 1, 1000, 1000, 1000});
  check_ranks(doubled(std::move(histogram)));
}
TEST(LargeCountsStats, ACoarseHistogramCountsBeyond32Bits) {
  CoarseHistogram histogram;
  histogram.add(std::vector<double>{1, 1, 1, 1, 1, 1000, 1000, 1000});
  check_ranks(doubled(std::move(histogram)));
}

TEST(LargeCountsStats, MomentsCountBeyond32Bits) {
  const Moments moments = doubled(Moments::of(std::vector<double>{1, 2, 3, 6}));
  EXPECT_EQ(moments.count, 4 * kTimes);
  EXPECT_EQ(moments.mean, 3.0);
  EXPECT_EQ(moments.variance(), 3.5);
  EXPECT_EQ(moments.min, 1.0);
  EXPECT_EQ(moments.max, 6.0);
}

TEST(LargeCountsStats, ASumOfIntegersIsExactBeyond64Bits) {
  constexpr std::int64_t kGreat = (std::int64_t{1} << 62) + 1;
  Sum sum;
  sum.add(std::vector<std::int64_t>{kGreat, kGreat, -3});
  const Sum all = doubled(sum);
  EXPECT_TRUE(all.integer() == (Int128{2} * kGreat - 3) * kTimes);
  EXPECT_EQ(all.value(), std::ldexp(0x1p63 - 1, kDoublings));
}

// Two that are merged into one another in turn grow as Fibonacci's numbers.
TEST(LargeCountsStats, AStreamCountsBeyond32BitsByStatusLabelAndError) {
  using made_up::Sample;
  std::vector<Sample> samples(4, Sample{.start_ns = 10, .end_ns = 30, .score = 1, .tokens = 3});
  samples[1].label = 2;
  samples[2].status = Status::error;
  samples[2].error_class = 3;
  samples[3].end_ns = 5;  // a negative duration
  samples[3].score = std::nan("");
  auto a = made_up::stats_of({}, false), b = made_up::stats_of({}, false);
  for (auto* stats : {a.get(), b.get()}) {
    stats->accumulate(made_up::slice_of(samples), {});
    stats->end_segment();
  }
  std::uint64_t n = 1, other = 1;
  while (n < kTimes) {
    ASSERT_TRUE(a->merge(*b, {}));
    std::swap(a, b);
    n = std::exchange(other, n + other);
  }
  const auto latency = a->figures(0, {});
  EXPECT_EQ(a->count({}), 4 * n);
  EXPECT_EQ(a->count({Status::error, {}}), n);
  EXPECT_EQ(a->count({{}, std::uint16_t{2}}), n);
  EXPECT_EQ(a->error_count(3), n);
  EXPECT_EQ(a->good(), 2 * n);
  EXPECT_EQ(latency.moments.count, 3 * n);
  EXPECT_EQ(latency.invalid, n);
  EXPECT_EQ(latency.sum, 60.0 * static_cast<double>(n));
  EXPECT_EQ(a->figures(1, {}).absent, n);
  const auto half = a->percentiles(0, {}, std::vector<double>{0, 50, 100}, Rule::nearest_rank);
  for (const auto& percentile : half) EXPECT_NEAR(percentile->value, 20, 0.02);
}

TEST(LargeCountsStats, AccountsAddUpBeyond32BitsAndStayAtTheTop) {
  Accounting one{.accepted = k32 - 5,
                 .aggregated = k32 - 6,
                 .rejected_full = k32 + 7,
                 .rejected_closed = 1,
                 .rejected_reentrant = k32};
  Accounting all;
  for (int i = 0; i < 33; ++i) all += one;
  EXPECT_EQ(all.accepted, 33 * (k32 - 5));
  EXPECT_EQ(all.in_flight(), 33u);
  EXPECT_EQ(all.attempted(), 33 * (k32 - 5 + k32 + 7 + 1 + k32));
  for (int i = 0; i < 70; ++i) all += Accounting(all);
  EXPECT_EQ(all.accepted, (std::uint64_t{1} << 62) - 1);
  EXPECT_EQ(all.attempted(), ~std::uint64_t{0} - 3);
}

}  // namespace
}  // namespace millrace
