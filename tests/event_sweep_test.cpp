// SPDX-License-Identifier: Apache-2.0
#include "stats/event_sweep.hpp"

#include <algorithm>
#include <deque>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "memory_spill.hpp"

namespace millrace {
namespace {

using Events = std::vector<std::pair<std::uint64_t, std::int64_t>>;  // key and weight

class Noting final : public EventMeter {
 public:
  void add(std::span<const Weighted> events) override {
    EXPECT_FALSE(events.empty() || finished);
    for (const Weighted& event : events) {
      EXPECT_TRUE(noted.empty() || noted.back().first <= event.key);
      noted.emplace_back(event.key, static_cast<std::int64_t>(event.weight));
    }
  }
  void finish() override { finished = true; }
  Events noted;
  bool finished = false;
};

TEST(Sweep, GivesEachMeterTheEventsOfItsTimelinesInTheirOrder) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    const TimeAxis axis(
        0, round % 2 == 0 ? TimeAxis::Arithmetic::exact : TimeAxis::Arithmetic::seconds);
    SortRoom room(1, std::make_unique<MemorySpill>());
    const std::uint64_t grid = 1 + (std::uint64_t{1} << (random() % 40));
    std::deque<Timeline> timelines;
    std::vector<Events> expected(5);
    for (Events& events : expected) {
      Timeline& timeline = timelines.emplace_back(axis, room);
      for (std::size_t n = random() % 3 == 0 ? 0 : random() % 20'000; n-- > 0;) {
        const auto ns = static_cast<std::int64_t>(random() % grid);
        const auto weight = static_cast<std::int64_t>(random() % 5) - 2;
        timeline.add(ns, weight);
        events.emplace_back(*axis.key(ns), weight);
        if (random() % 10 != 0) continue;
        timeline.add_spread(ns, ns + 4'096, 4, 1);  // a step of 1,024 ns, which no rounding moves
        for (std::int64_t i = 1; i <= 4; ++i) {
          const double first = seconds_of(ns), step = (seconds_of(ns + 4'096) - first) / 4;
          events.emplace_back(axis.arithmetic() == TimeAxis::Arithmetic::exact
                                  ? *axis.key(ns + i * 1'024)
                                  : order_key(first + static_cast<double>(i) * step),
                              1);
        }
      }
    }
    std::deque<Noting> meters;
    std::vector<MeterFeed> feeds;
    std::vector<Events> of_feeds;
    for (int feed = 0; feed < 4; ++feed) {
      MeterFeed& made = feeds.emplace_back(MeterFeed{{}, meters.emplace_back()});
      Events& all = of_feeds.emplace_back();
      for (std::size_t i = 0; i < timelines.size(); ++i) {
        if (random() % 2 == 0) continue;
        made.timelines.push_back(&timelines[i]);
        all.insert(all.end(), expected[i].begin(), expected[i].end());
      }
      std::ranges::sort(all);
    }
    for (int again = 0; again < 2; ++again) {
      sweep(feeds);
      for (std::size_t i = 0; i < feeds.size(); ++i) {
        EXPECT_TRUE(meters[i].finished);
        std::ranges::sort(meters[i].noted);
        ASSERT_EQ(meters[i].noted, of_feeds[i]);
        meters[i].noted.clear();
        meters[i].finished = false;
      }
    }
  }
}

TEST(Sweep, OfNothingFinishesItsMeters) {
  Noting meter;
  sweep(std::vector<MeterFeed>{{{}, meter}});
  EXPECT_TRUE(meter.finished);
}

}  // namespace
}  // namespace millrace
