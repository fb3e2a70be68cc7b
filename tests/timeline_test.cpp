// SPDX-License-Identifier: Apache-2.0
#include "stats/timeline.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace millrace {
namespace {

struct Interval {
  std::int64_t start, end;
};

constexpr double kNanosecond = 1e-9;
constexpr std::int64_t kAbsent = std::numeric_limits<std::int64_t>::min();

// Value and weight of all items of a sorter, equal values together.
std::map<double, std::uint64_t> weights_of(WeightedSorter& sorter) {
  std::map<double, std::uint64_t> weights;
  visit_sorted({&sorter}, [&](std::span<const Weighted> items) {
    for (const Weighted& item : items) weights[item.value()] += item.weight;
  });
  return weights;
}

std::map<double, std::uint64_t> in_ns(std::map<double, std::uint64_t> ticks) {
  for (auto& [value, weight] : ticks) {
    EXPECT_EQ(weight % kTicksPerNs, 0u);
    weight /= kTicksPerNs;
  }
  return ticks;
}

struct Near {
  double seconds = 0;
  std::optional<Interval> window = {};
};

// Levels and for how many ns they held.
std::map<double, std::uint64_t> levels_of(const std::vector<Interval>& intervals,
                                          const Near& near = {}) {
  SortRoom room;
  const TimeAxis axis(0);
  Timeline changes(axis, room);
  for (const Interval& one : intervals) {
    changes.add(one.start, kOne);
    changes.add(one.end, -kOne);
  }
  TimelineRule rule{.near_seconds = near.seconds};
  if (near.window) rule.window = {*axis.key(near.window->start), *axis.key(near.window->end)};
  WeightedSorter levels(room);
  add_levels(std::array{&changes}, rule, levels);
  return in_ns(weights_of(levels));
}

std::vector<Interval> random_intervals(std::mt19937_64& random) {
  std::vector<Interval> intervals(random() % 40);
  const std::uint64_t grid = 1 + random() % 100;  // coarse ones have many equal times
  for (Interval& one : intervals) {
    one.start = static_cast<std::int64_t>(random() % grid) - 20;
    one.end = one.start + static_cast<std::int64_t>(random() % (1 + grid / 3));
  }
  return intervals;
}

TEST(Timeline, LevelsAgreeWithCountingAtEveryTick) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 3'000; ++round) {
    const auto intervals = random_intervals(random);
    Near near;
    std::int64_t begin = 1'000, end = -1'000;
    for (const Interval& one : intervals) {
      begin = std::min(begin, one.start);
      end = std::max(end, one.end);
    }
    if (random() % 2 == 0) {
      begin = static_cast<std::int64_t>(random() % 60) - 20;
      end = begin + static_cast<std::int64_t>(random() % 60);
      near.window = Interval{begin, end};
    }
    std::map<double, std::uint64_t> expected;
    for (std::int64_t t = begin; t < end; ++t) {
      const auto running = [&](const Interval& one) { return one.start <= t && t < one.end; };
      ++expected[static_cast<double>(std::count_if(intervals.begin(), intervals.end(), running))];
    }
    ASSERT_EQ(levels_of(intervals, near), expected);
  }
}

TEST(Timeline, NearEventsAreTakenInByTheFirstAndNotByOneAnother) {
  SortRoom room;
  const TimeAxis axis(0);
  Timeline events(axis, room);
  for (const std::int64_t t : {0, 9, 18, 27, 40}) events.add(t, kOne);  // each 9 from the last
  WeightedSorter rates(room);
  const RateTotals totals =
      add_rates(std::array{&events}, {.near_seconds = 10 * kNanosecond}, rates);
  EXPECT_EQ(totals.events, 3u) << "0 with 9, 18 with 27, 40";
  EXPECT_EQ(totals.count(), 5u);
  const std::map<double, std::uint64_t> merged = weights_of(rates);
  EXPECT_EQ(merged.count(2 / (18 * kNanosecond / 2)), 1u);
  EXPECT_EQ(merged.count(2 / (40 * kNanosecond / 2)), 1u);
}

TEST(Timeline, TheEdgeOfTheThresholdIsWithinIt) {
  for (const std::int64_t gap : {10, 11}) {
    SortRoom room;
    const TimeAxis axis(0);
    Timeline events(axis, room);
    for (const std::int64_t t : {std::int64_t{0}, gap, std::int64_t{100}}) events.add(t, kOne);
    WeightedSorter rates(room);
    EXPECT_EQ(add_rates(std::array{&events}, {.near_seconds = 10 * kNanosecond}, rates).events,
              gap == 10 ? 2u : 3u);
  }
}

TEST(Timeline, RatesAreWeightOverHalfTheWayToTheNeighbours) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  constexpr std::int64_t kLast = 2'000;
  for (int round = 0; round < 1'000; ++round) {
    SortRoom room;
    const TimeAxis axis(0);
    Timeline events(axis, room);
    std::map<std::int64_t, std::int64_t> at;  // time and weight
    TimelineRule rule;
    if (random() % 2 == 0) rule.window = {*axis.key(20'000'000), *axis.key(70'000'000)};
    for (std::size_t i = random() % 20; i-- > 0;) {
      const auto t = static_cast<std::int64_t>(random() % 90) * 1'000'000;
      const auto weight = static_cast<std::int64_t>(random() % 4);
      events.add(t, weight * kOne);
      if (!rule.window || (t >= 20'000'000 && t <= 70'000'000)) at[t] += weight;
    }
    if (rule.window) at[20'000'000], at[70'000'000];
    std::map<double, std::uint64_t> expected;
    std::uint64_t weight = 0;
    for (auto i = at.begin(); i != at.end(); ++i) {
      weight += static_cast<std::uint64_t>(i->second);
      if (at.size() < 2) break;
      const bool first = i == at.begin(), last = std::next(i) == at.end();
      const std::int64_t from = first ? i->first : std::prev(i)->first;
      const std::int64_t to = last ? i->first : std::next(i)->first;
      const std::int64_t twice = last ? std::max(to - from, kLast) : to - from;
      expected[static_cast<double>(i->second) /
               (static_cast<double>(twice * kTicksPerNs) * kTickSeconds / 2)] +=
          static_cast<std::uint64_t>(twice);
    }
    WeightedSorter rates(room);
    const RateTotals totals = add_rates(std::array{&events}, rule, rates);
    EXPECT_EQ(totals.events, at.size());
    EXPECT_EQ(totals.count(), weight);
    ASSERT_EQ(in_ns(weights_of(rates)), expected);
  }
}

TEST(Timeline, SpreadEventsEndWhereTheyShouldAndLoseNothing) {
  SortRoom room;
  const TimeAxis axis(0);
  Timeline tokens(axis, room);
  const std::int64_t first = 5, last = 5 + 1'000'003;
  tokens.add_spread(first, last, 7, kOne);
  tokens.add_spread(first, first, 3, kOne);  // no time between
  tokens.add_spread(first, last, 0, kOne);
  WeightedSorter rates(room);
  const RateTotals totals = add_rates(std::array{&tokens}, {}, rates);
  EXPECT_EQ(totals.count(), 10u);
  EXPECT_EQ(totals.events, 8u);
}

TEST(Timeline, ManyTimelinesAreOne) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 300; ++round) {
    const auto intervals = random_intervals(random);
    SortRoom room;
    const TimeAxis axis(0);
    Timeline parts[] = {Timeline(axis, room), Timeline(axis, room), Timeline(axis, room)};
    for (const Interval& one : intervals) {
      Timeline& part = parts[random() % 3];
      part.add(one.start, kOne);
      part.add(one.end, -kOne);
    }
    WeightedSorter levels(room);
    add_levels(std::array{&parts[0], &parts[1], &parts[2]}, {}, levels);
    ASSERT_EQ(in_ns(weights_of(levels)), levels_of(intervals));
  }
}

TEST(Timeline, TimesBeyondTheAxisAreRefusedAndThoseOnItKeepTheirOrder) {
  const std::int64_t day = 86'400'000'000'000;
  const TimeAxis axis(1'700'000'000'000'000'000);
  SortRoom room;
  Timeline events(axis, room);
  EXPECT_TRUE(events.add(1'700'000'000'000'000'000 - 52 * day, kOne));
  EXPECT_TRUE(events.add(1'700'000'000'000'000'000 + 52 * day, kOne));
  EXPECT_FALSE(events.add(0, kOne));
  EXPECT_FALSE(events.add_spread(1'700'000'000'000'000'000, kAbsent, 3, kOne));
  EXPECT_LT(axis.key(1'699'999'999'999'999'999), axis.key(1'700'000'000'000'000'000));
  const TimeAxis seconds(0, TimeAxis::Arithmetic::seconds);
  EXPECT_LT(seconds.key(-1), seconds.key(0));
  EXPECT_LT(seconds.key(0), seconds.key(1));
}

TEST(Timeline, SecondsAreReadAsPythonReadsTheirDecimals) {
  EXPECT_EQ(seconds_of(1'767'225'600'000'123'500), 1767225600.0001235);
  EXPECT_EQ(seconds_of(1'000'132'920'000), 1000.13292);
  EXPECT_EQ(seconds_of(-1'000'000'000), -1.0);
}

TEST(Timeline, TheOldSeedAddsLevelsOfNearEventsAndWeDoNot) {
  const std::vector<Interval> two = {{0, 1'000}, {5, 1'000}};
  SortRoom room;
  const TimeAxis axis(0);
  Timeline changes(axis, room);
  for (const Interval& one : two) {
    changes.add(one.start, kOne);
    changes.add(one.end, -kOne);
  }
  WeightedSorter levels(room);
  add_levels_0_2_1(std::array{&changes}, 10 * kNanosecond, levels);
  EXPECT_EQ(in_ns(weights_of(levels)), (std::map<double, std::uint64_t>{{3, 1'000}}));
  EXPECT_EQ(levels_of(two, {.seconds = 10 * kNanosecond}),
            (std::map<double, std::uint64_t>{{2, 1'000}}));
}

}  // namespace
}  // namespace millrace
