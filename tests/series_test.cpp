// SPDX-License-Identifier: Apache-2.0
//
// A run interval by interval, live and replayed, against an oracle that sorts what it was given.
#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

#include "replay/series_replay.hpp"
#include "replayed.hpp"
#include "stats/live_series.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

constexpr std::int64_t kEvery = 1'000'000;  // the least that there is

Series replayed_series(const std::string& dir, std::size_t sort_bytes = std::size_t{256} << 20) {
  SeriesReplay visitor({.every_ns = kEvery, .sort_bytes = sort_bytes});
  const auto replayed = replay_logs(std::vector<std::string>{dir}, {.visitors = {&visitor}});
  EXPECT_TRUE(replayed) << replayed.error().message;
  auto series = visitor.series();
  EXPECT_TRUE(series) << series.error().message;
  return series ? series->at("requests") : Series{};
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void expect_same(const Series& a, const Series& b) {
  EXPECT_EQ(a.every_ns, b.every_ns);
  EXPECT_EQ(a.percentiles, b.percentiles);
  EXPECT_EQ(a.untimed, b.untimed);
  ASSERT_EQ(a.rows.size(), b.rows.size());
  for (std::size_t i = 0; i < a.rows.size(); ++i) {
    SCOPED_TRACE(testing::Message() << "row " << i);
    const SeriesRow &x = a.rows[i], &y = b.rows[i];
    EXPECT_EQ(x.begin_ns, y.begin_ns);
    EXPECT_TRUE(std::ranges::equal(x.by_status, y.by_status));
    EXPECT_EQ(x.late, y.late);
    ASSERT_EQ(x.metrics.size(), y.metrics.size());
    for (std::size_t m = 0; m < x.metrics.size(); ++m) {
      const SeriesFigures &f = x.metrics[m], &g = y.metrics[m];
      EXPECT_EQ(f.count, g.count);
      EXPECT_TRUE(same(f.mean, g.mean) && same(f.min, g.min) && same(f.max, g.max));
      EXPECT_TRUE(std::ranges::equal(f.percentiles, g.percentiles, same));
    }
  }
}

std::int64_t floor_of(std::int64_t ns) {
  return static_cast<std::int64_t>(
      std::floor(static_cast<double>(ns) / static_cast<double>(kEvery)));
}

// Of latencies, the first metric of RequestRecord.
void expect_oracle(const Series& series, const std::vector<RequestRecord>& records) {
  std::map<std::int64_t, std::vector<double>> latencies;
  std::map<std::int64_t, std::array<std::uint64_t, kStatusCount>> counts;
  std::uint64_t untimed = 0;
  for (const RequestRecord& r : records) {
    const std::int64_t at = r.end_ns != kAbsentTime ? r.end_ns : r.start_ns;
    if (at == kAbsentTime) {
      ++untimed;
      continue;
    }
    ++counts[floor_of(at)][static_cast<std::size_t>(r.status)];
    auto& values = latencies[floor_of(at)];
    if (r.start_ns != kAbsentTime && r.end_ns != kAbsentTime && r.end_ns >= r.start_ns) {
      values.push_back(static_cast<double>(r.end_ns - r.start_ns));
    }
  }
  EXPECT_EQ(series.untimed, untimed);
  ASSERT_FALSE(counts.empty());
  const std::int64_t first = counts.begin()->first, last = counts.rbegin()->first;
  ASSERT_EQ(series.rows.size(), static_cast<std::size_t>(last - first + 1));
  for (std::int64_t i = first; i <= last; ++i) {
    const SeriesRow& row = series.rows[static_cast<std::size_t>(i - first)];
    EXPECT_EQ(row.begin_ns, i * kEvery);
    EXPECT_TRUE(std::ranges::equal(row.by_status, counts[i])) << i;
    std::vector<double> values = latencies[i];
    std::ranges::sort(values);
    const SeriesFigures& figures = row.metrics[0];
    ASSERT_EQ(figures.count, values.size()) << i;
    if (values.empty()) continue;
    EXPECT_EQ(figures.min, values.front());
    EXPECT_EQ(figures.max, values.back());
    double sum = 0;
    for (const double value : values) sum += value;
    EXPECT_DOUBLE_EQ(figures.mean, sum / static_cast<double>(values.size()));
    for (std::size_t p = 0; p < series.percentiles.size(); ++p) {
      const double rank =
          std::ceil(series.percentiles[p] / 100 * static_cast<double>(values.size()) - 1e-9);
      EXPECT_EQ(figures.percentiles[p], values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1]);
    }
  }
}

std::vector<RequestRecord> random_records(std::mt19937_64& random, std::size_t n) {
  const auto below = [&](std::int64_t m) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(m));
  };
  std::vector<RequestRecord> records(n);
  for (RequestRecord& r : records) {
    r.start_ns = below(50 * kEvery) - 10 * kEvery;
    if (below(3) == 0) r.start_ns = r.start_ns / kEvery * kEvery;  // at a border
    r.end_ns = r.start_ns + (below(2) == 0 ? below(100) : kEvery * below(3));
    if (below(10) == 0) r.end_ns = kAbsentTime;
    if (below(10) == 0) r.start_ns = kAbsentTime;
    r.status = static_cast<Status>(below(3));
    r.bytes_sent = below(2) == 0 ? kAbsentTime : below(1'000);
  }
  return records;
}

TEST(Series, LiveReplayedAndInLittleMemoryIsThatOfAnObviousOracle) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (const std::size_t n : {1u, 2u, 10u, 1'000u, 30'000u}) {
    SCOPED_TRACE(testing::Message() << n << " records");
    const TemporaryFolder folder;
    std::vector<RequestRecord> records = random_records(random, n);
    if (n < 3) records[0] = {.start_ns = -1, .end_ns = 0};
    auto engine = Engine::open({.overflow = Overflow::wait, .log_dir = folder / "run"}).value();
    auto stream =
        engine.stream<RequestRecord>("requests", {.every = std::chrono::nanoseconds(kEvery)});
    {
      std::vector<std::jthread> threads;
      for (std::size_t w = 0; w < 2; ++w) {
        threads.emplace_back([&, w] {
          auto worker = stream.value().worker().value();
          for (std::size_t i = w; i < n; i += 2) worker.push(records[i]);
        });
      }
    }
    const Summary summary = engine.finish().value();
    const Series& live = summary["requests"].series();
    expect_oracle(live, records);
    expect_same(live, replayed_series(folder / "run"));
    expect_same(live, replayed_series(folder / "run", 64 << 10));
  }
}

TEST(Series, OfResultsInOneIntervalNeedsNoMoreMemoryThanItsRoom) {
  const TemporaryFolder folder;
  auto engine =
      Engine::open({.overflow = Overflow::wait, .log_dir = folder / "run", .low_memory = true})
          .value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  constexpr std::int64_t kResults = 1'300'000;  // more than an interval holds in memory
  for (std::int64_t i = 0; i < kResults; ++i) {
    ASSERT_TRUE(worker.push({.start_ns = 0, .end_ns = i * 7'919 % kResults}));
  }
  ASSERT_TRUE(engine.finish());
  SeriesReplay visitor({.every_ns = 10 * kEvery, .percentiles = {50, 99}, .sort_bytes = 1 << 20});
  ASSERT_TRUE(replay_logs(std::vector<std::string>{folder / "run"}, {.visitors = {&visitor}}));
  const Series series = visitor.series().value().at("requests");
  ASSERT_EQ(series.rows.size(), 1u);
  const SeriesFigures& latency = series.rows[0].metrics[0];
  EXPECT_EQ(latency.count, static_cast<std::uint64_t>(kResults));
  EXPECT_EQ(latency.min, 0);
  EXPECT_EQ(latency.max, kResults - 1);
  EXPECT_EQ(latency.percentiles, (std::vector<double>{kResults / 2 - 1, kResults * 99 / 100 - 1}));
}

TEST(Series, SnapshotsHaveTheLastRowsWithoutTheNewest) {
  auto engine = Engine::open({}).value();
  auto worker =
      engine.stream<RequestRecord>("requests", {.every = std::chrono::nanoseconds(kEvery)})
          .value()
          .worker()
          .value();
  const auto rows = [&] {
    EXPECT_TRUE(engine.flush());
    return engine.snapshot().stream("requests")->series.rows;
  };
  EXPECT_TRUE(rows().empty());
  ASSERT_TRUE(worker.push({.start_ns = 0, .end_ns = 5}));
  EXPECT_TRUE(rows().empty());
  ASSERT_TRUE(worker.push({.start_ns = 0, .end_ns = 3 * kEvery}));
  ASSERT_EQ(rows().size(), 3u);
  EXPECT_EQ(rows()[0].metrics[0].max, 5);
  EXPECT_EQ(rows()[1].results(), 0u);
  ASSERT_TRUE(worker.push({.start_ns = 0, .end_ns = 7}));
  ASSERT_TRUE(worker.push({.start_ns = 0, .end_ns = 100 * kEvery}));
  const auto last = rows();
  ASSERT_EQ(last.size(), 60u);
  EXPECT_EQ(last.back().begin_ns, 99 * kEvery);
  const auto all = engine.finish().value()["requests"].series().rows;
  ASSERT_EQ(all.size(), 101u);
  EXPECT_EQ(all[0].metrics[0].max, 7) << "what comes later counts";
}

TEST(Series, ResultsBehindAllOpenIntervalsAreLateAndCounted) {
  const Schema schema = RecordTraits<RequestRecord>::schema().value();
  LiveSeries series(schema, {.every_ns = kEvery, .percentiles = {50}});
  FieldColumns fields(schema);
  Column column;
  const auto add = [&](std::int64_t end_ns) {
    const RequestRecord record{.start_ns = end_ns - 10, .end_ns = end_ns};
    const Slice slice{.records = reinterpret_cast<const std::byte*>(&record),
                      .count = 1,
                      .record_size = sizeof record};
    series.begin(slice);
    fields.load(slice);
    for (std::size_t m = 0; m < schema.metrics.size(); ++m) {
      column.evaluate(schema.metrics[m], fields);
      series.add(m, column);
    }
    series.end();
  };
  constexpr auto kOpen = static_cast<std::int64_t>(LiveSeries::kOpenMax);
  for (std::int64_t i = 0; i < kOpen; ++i) add(i * kEvery);
  add(1);  // the first one is open still
  add(kOpen * kEvery);
  add(2);  // and now it is not
  const Series all = series.rows(~std::size_t{0}, true);
  ASSERT_EQ(all.rows.size(), LiveSeries::kOpenMax + 1);
  EXPECT_EQ(all.rows[0].results(), 3u);
  EXPECT_EQ(all.rows[0].late, 1u);
  EXPECT_EQ(all.rows[0].metrics[0].count, 2u);
  EXPECT_EQ(all.rows[1].late, 0u);
}

TEST(Series, OfMoreIntervalsThanThereIsRoomForIsAnErrorThatSaysWhatToDo) {
  const TemporaryFolder folder;
  auto engine = Engine::open({.log_dir = folder / "run"}).value();
  auto worker =
      engine.stream<RequestRecord>("requests", {.every = std::chrono::nanoseconds(kEvery)})
          .value()
          .worker()
          .value();
  ASSERT_TRUE(worker.push({.start_ns = 0, .end_ns = 5}));
  ASSERT_TRUE(worker.push({.start_ns = 0, .end_ns = 1'000'000 * kEvery}));
  EXPECT_EQ(engine.finish().value()["requests"].series().rows.size(), 2u)
      << "without what is between";
  SeriesReplay visitor({.every_ns = kEvery});
  ASSERT_TRUE(replay_logs(std::vector<std::string>{folder / "run"}, {.visitors = {&visitor}}));
  const auto series = visitor.series();
  ASSERT_FALSE(series);
  EXPECT_NE(series.error().message.find("--from"), std::string::npos) << series.error().message;
}

TEST(Series, WhatIsOutOfThePhasesIsInNoInterval) {
  const TemporaryFolder folder;
  auto engine = Engine::open({.log_dir = folder / "run"}).value();
  const StreamOptions options{.phases = {.warmup_results = 2},
                              .every = std::chrono::nanoseconds(kEvery)};
  auto worker = engine.stream<RequestRecord>("requests", options).value().worker().value();
  for (std::int64_t i = 0; i < 5; ++i)
    ASSERT_TRUE(worker.push({.start_ns = 0, .end_ns = i * kEvery}));
  const Summary summary = engine.finish().value();
  ASSERT_EQ(summary["requests"].series().rows.size(), 3u);
  EXPECT_EQ(summary["requests"].series().rows[0].begin_ns, 2 * kEvery);
  expect_same(summary["requests"].series(), replayed_series(folder / "run"));
}

TEST(Series, NeedsAMillisecondAndTimes) {
  auto engine = Engine::open({}).value();
  const auto refused = engine.stream<RequestRecord>("a", {.every = std::chrono::microseconds(999)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  ASSERT_TRUE(engine.stream<SampleRecord>("b", {.every = std::chrono::seconds(1)}));
  EXPECT_TRUE(engine.finish().value()["b"].series().rows.empty());
}

}  // namespace
}  // namespace millrace
