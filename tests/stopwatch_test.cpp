// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

namespace millrace {
namespace {

using namespace std::chrono_literals;

class StopwatchTest : public testing::Test {
 protected:
  MetricSummary time(const Selection& selection = {}) {
    return engine.finish().value()["work"].metric("time", selection);
  }
  Engine engine = Engine::open().value();
  Stream<SampleRecord> stream = Stopwatch::stream(engine, "work").value();
  Stopwatch watch{stream.worker().value()};
};

TEST_F(StopwatchTest, ALapIsFromItsMakingToItsEndInNanoseconds) {
  const auto begin = Stopwatch::Clock::now();
  {
    auto lap = watch.time();
    std::this_thread::sleep_for(2ms);
  }
  const std::chrono::nanoseconds around = Stopwatch::Clock::now() - begin;
  const auto lap = time();
  EXPECT_EQ(lap.count(), 1u);
  EXPECT_GE(lap.max(), 2e6);
  EXPECT_LE(lap.max(), static_cast<double>(around.count()));
  EXPECT_EQ(lap.metric().unit, Unit::nanoseconds);
}

TEST_F(StopwatchTest, ABatchIsOneSampleOfItsMean) {
  EXPECT_TRUE(watch.record(1000ns, 8));
  EXPECT_TRUE(watch.record(3us));
  EXPECT_TRUE(watch.record(1us, 0)) << "of no operations there is no sample";
  const auto laps = time();
  EXPECT_EQ(laps.count(), 2u);
  EXPECT_EQ(laps.min(), 125.0);
  EXPECT_EQ(laps.max(), 3000.0);
}

TEST_F(StopwatchTest, AFailedLapIsAnErrorAndACancelledOneNothing) {
  { const auto lap = watch.time(); }
  {
    auto lap = watch.time();
    lap.failed();
  }
  {
    auto lap = watch.time();
    lap.cancel();
  }
  EXPECT_EQ(watch.accepted(), 2u);
  EXPECT_EQ(time({.status = Status::ok, .label = {}}).count(), 1u);
  EXPECT_EQ(time({.status = Status::error, .label = {}}).count(), 1u);
}

TEST_F(StopwatchTest, LapsMayOverlap) {
  {
    auto outer = watch.time();
    auto inner = watch.time();
  }
  EXPECT_EQ(time().count(), 2u);
}

TEST_F(StopwatchTest, WhatIsRefusedIsCounted) {
  EXPECT_EQ(time().count(), 0u);
  EXPECT_FALSE(watch.record(1us));
  EXPECT_EQ(watch.rejected().closed, 1u);
}

TEST(StopwatchClock, AddsLessThanAMillisecond) {
  const double clock = Stopwatch::clock_ns();
  EXPECT_GE(clock, 0.0);
  EXPECT_LT(clock, 1e6);
}

}  // namespace
}  // namespace millrace
