// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "load/arrivals.hpp"

namespace millrace::load {
namespace {

constexpr std::int64_t kBegin = 1'000'000'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kOverslept =
    kSecond / 20;  // who wakes up so late may still send what was due

std::vector<std::int64_t> times(Arrivals& arrivals, std::size_t count) {
  arrivals.begin(kBegin);
  std::vector<std::int64_t> at;
  while (at.size() < count) {
    const auto claim = arrivals.claim(kBegin);
    if (!claim) break;
    EXPECT_EQ(claim->id, at.size());
    at.push_back(claim->intended_ns - kBegin);
  }
  return at;
}

TEST(LoadArrivals, AConstantRateIsAMultipleOfItsGapHoweverLongItRuns) {
  Arrivals arrivals({.arrival = Arrival::constant, .rate = 3});
  const auto at = times(arrivals, 3'000'001);
  ASSERT_EQ(at.size(), 3'000'001u);
  EXPECT_EQ(at[0], 0);
  EXPECT_EQ(at[1], 333'333'333);
  EXPECT_NEAR(static_cast<double>(at[3'000'000]), 1e15, 1);  // 11.6 days, to a nanosecond
}

TEST(LoadArrivals, PoissonGapsHaveTheMeanTheVarianceAndTheTailOfTheExponential) {
  for (const std::uint64_t seed : {1u, 2u, 77u}) {
    SCOPED_TRACE(seed);
    constexpr std::size_t kCount = 200'000;
    Arrivals arrivals({.arrival = Arrival::poisson, .rate = 1000, .seed = seed});
    const auto at = times(arrivals, kCount + 1);
    double sum = 0, squares = 0;
    std::size_t beyond = 0;
    for (std::size_t i = 0; i < kCount; ++i) {
      const double gap = static_cast<double>(at[i + 1] - at[i]) / 1e6;  // of a mean of 1
      ASSERT_GE(gap, 0);
      sum += gap;
      squares += gap * gap;
      beyond += gap > 3;
    }
    // Five standard errors: 1/sqrt(n) of the mean, sqrt(20/n) of the second moment, sqrt(p(1-p)/n).
    const double n = kCount, tail = std::exp(-3);
    EXPECT_NEAR(sum / n, 1, 5 / std::sqrt(n));
    EXPECT_NEAR(squares / n, 2, 5 * std::sqrt(20 / n));
    EXPECT_NEAR(static_cast<double>(beyond) / n, tail, 5 * std::sqrt(tail * (1 - tail) / n));
  }
}

TEST(LoadArrivals, TheSameSeedGivesTheSameTimesAndAnotherSeedGivesOthers) {
  const auto of = [](std::uint64_t seed) {
    Arrivals arrivals({.arrival = Arrival::poisson, .rate = 50, .seed = seed});
    return times(arrivals, 100);
  };
  EXPECT_EQ(of(5), of(5));
  EXPECT_NE(of(5), of(6));
}

TEST(LoadArrivals, ThreadsShareOneScheduleWithoutALossOrADouble) {
  Arrivals arrivals({.arrival = Arrival::poisson, .rate = 1e6, .seed = 3, .requests = 40'000});
  Arrivals alone({.arrival = Arrival::poisson, .rate = 1e6, .seed = 3, .requests = 40'000});
  const auto expected = times(alone, 50'000);
  arrivals.begin(kBegin);
  std::vector<std::vector<Claim>> taken(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : taken) {
      threads.emplace_back([&] {
        while (auto claim = arrivals.claim(kBegin)) mine.push_back(*claim);
      });
    }
  }
  std::vector<Claim> all;
  for (const auto& mine : taken) all.insert(all.end(), mine.begin(), mine.end());
  std::sort(all.begin(), all.end(), [](const Claim& a, const Claim& b) { return a.id < b.id; });
  ASSERT_EQ(all.size(), 40'000u);
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i].id, i);
    ASSERT_EQ(all[i].intended_ns - kBegin, expected[i]);
  }
}

TEST(LoadArrivals, WhatWasDueBeforeTheEndAndNotClaimedIsToldToTheRequest) {
  Arrivals arrivals({.arrival = Arrival::constant, .rate = 10, .duration_ns = kSecond});
  arrivals.begin(kBegin);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(arrivals.claim(kBegin));
  EXPECT_FALSE(arrivals.claim(kBegin + kSecond + kOverslept)) << "the end is no time to send at";
  std::vector<std::uint64_t> unsent;
  while (auto left = arrivals.unsent()) {
    EXPECT_LT(left->intended_ns, kBegin + kSecond);
    unsent.push_back(left->id);
  }
  EXPECT_EQ(unsent, (std::vector<std::uint64_t>{4, 5, 6, 7, 8, 9}));
}

TEST(LoadArrivals, WhoOversleptTheEndSendsWhatWasDueBeforeItAndNothingElse) {
  Arrivals arrivals({.arrival = Arrival::constant, .rate = 2, .duration_ns = kSecond});
  arrivals.begin(kBegin);
  ASSERT_TRUE(arrivals.claim(kBegin));
  const auto last = arrivals.claim(kBegin + kSecond + kOverslept - 1);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->intended_ns, kBegin + kSecond / 2);
  EXPECT_FALSE(arrivals.claim(kBegin + kSecond + kOverslept - 1));
  Arrivals closed({.duration_ns = kSecond});
  closed.begin(kBegin);
  EXPECT_FALSE(closed.claim(kBegin + kSecond));
}

TEST(LoadArrivals, AStopEndsTheScheduleAtOnceAndALaterOneDoesNotLengthenIt) {
  Arrivals arrivals({.arrival = Arrival::constant, .rate = 10});
  arrivals.begin(kBegin);
  ASSERT_TRUE(arrivals.claim(kBegin));
  arrivals.stop(kBegin + kSecond / 4);
  arrivals.stop(kBegin + kSecond);
  EXPECT_EQ(arrivals.end_ns(), kBegin + kSecond / 4);
  EXPECT_FALSE(arrivals.claim(kBegin + kSecond / 4 + kOverslept));
  EXPECT_EQ(arrivals.unsent()->intended_ns, kBegin + kSecond / 10);
  EXPECT_EQ(arrivals.unsent()->intended_ns, kBegin + kSecond / 5);
  EXPECT_FALSE(arrivals.unsent()) << "0.3 s is after the end";
}

TEST(LoadArrivals, AClosedLoopCountsRequestsAndMeansNoTime) {
  Arrivals arrivals({.requests = 2});
  arrivals.begin(kBegin);
  EXPECT_EQ(arrivals.claim(kBegin)->intended_ns, kAbsentTime);
  EXPECT_EQ(arrivals.claim(kBegin)->id, 1u);
  EXPECT_FALSE(arrivals.claim(kBegin));
  EXPECT_FALSE(arrivals.unsent());
}

}  // namespace
}  // namespace millrace::load
