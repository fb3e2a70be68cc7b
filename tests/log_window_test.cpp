// SPDX-License-Identifier: Apache-2.0
//
// Warmup and cooldown in the replay of a log, beside counting by hand.
#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

#include "replayed.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

struct Request {
  std::int64_t start, end;
};

// In this order; some segments, so that numbers of results cross them.
void write_log(const std::string& dir, const std::vector<Request>& requests) {
  auto engine = Engine::open({.log_dir = dir, .segment_bytes = 256 << 10}).value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  for (const Request& r : requests) {
    ASSERT_TRUE(worker.push({.start_ns = r.start, .end_ns = r.end}));
  }
  ASSERT_TRUE(engine.finish());
}

LogReplay replay_with(const std::string& dir, const LogPhases& phases) {
  LogReplayOptions options;
  options.phases = phases;
  auto replayed = replay_logs(std::vector<std::string>{dir}, options);
  EXPECT_TRUE(replayed) << replayed.error().message;
  return replayed ? std::move(*replayed) : LogReplay{};
}

void expect_window(const LogReplay& replayed, const std::vector<Request>& requests,
                   const TimeWindow& window) {
  const StreamSummary& stream = replayed.summary["requests"];
  ASSERT_EQ(stream.window(), window);
  std::vector<double> kept;
  LeftOut left_out;
  for (const Request& r : requests) {
    if (r.end < window.begin_ns) {
      ++left_out.before;
    } else if (r.start > window.end_ns) {
      ++left_out.after;
    } else {
      kept.push_back(static_cast<double>(r.end - r.start));
    }
  }
  std::sort(kept.begin(), kept.end());
  const MetricSummary latency = stream.metric("latency");
  EXPECT_EQ(stream.left_out().before, left_out.before);
  EXPECT_EQ(stream.left_out().after, left_out.after);
  ASSERT_EQ(latency.count(), kept.size());
  if (kept.empty()) return;
  for (const double p : {0.0, 50.0, 99.0, 100.0}) {
    const auto n = static_cast<double>(kept.size());
    const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(p / 100 * n)));
    EXPECT_EQ(latency.percentile(p)->value, kept[rank - 1]) << p;
    EXPECT_EQ(latency.percentile(p)->relative_error, 0);
  }
}

TEST(LogWindow, PhasesByTimeByNumberByPartAndInAllModes) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  TemporaryFolder folder;
  std::vector<Request> requests;
  for (int i = 0; i < 20'000; ++i) {
    const auto start = static_cast<std::int64_t>(random() % (100 * kSecond));
    requests.push_back({start, start + static_cast<std::int64_t>(random() % kSecond)});
  }
  std::sort(requests.begin(), requests.end(),
            [](const Request& a, const Request& b) { return a.end < b.end; });
  write_log(folder / "run", requests);
  std::int64_t first = requests[0].start, last = 0;
  for (const Request& r : requests) {
    first = std::min(first, r.start);
    last = std::max(last, r.end);
  }
  const auto expect = [&](const LogPhases& phases, const TimeWindow& window) {
    expect_window(replay_with(folder / "run", phases), requests, window);
  };
  const auto phase = [](const char* text) { return phase_size(text).value(); };
  expect({.warmup = phase("30s"), .cooldown = phase("10s")},
         {first + 30 * kSecond, last - 10 * kSecond});
  expect({.warmup = phase("100"), .cooldown = phase("200")},
         {requests[100].start, requests[20'000 - 200 - 2].end});
  const std::int64_t tenth = std::llround(0.1 * static_cast<double>(last - first));
  expect({.warmup = phase("10%"), .cooldown = phase("10%")}, {first + tenth, last - tenth});
  expect({.warmup = phase("10%:requests")}, {requests[2'000].start, last});
  expect({.cooldown = phase("10%:both")},
         {first, std::min(last - tenth, requests[20'000 - 2'000 - 2].end)});
  expect({.from_ns = 5 * kSecond, .to_ns = 6 * kSecond},
         {first + 5 * kSecond, first + 6 * kSecond});
  expect({.cooldown = phase("10%"), .maximum = {.ns = 50 * kSecond}},
         {first, first + 45 * kSecond});
  expect({.warmup = phase("30000")}, {last + 1, last});
}

TEST(LogWindow, OfSeveralRunsIsAnError) {
  TemporaryFolder folder;
  for (int i = 0; i < 2; ++i) {
    auto engine = Engine::open({.log_dir = folder / "run", .append_log = true}).value();
    auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
    ASSERT_TRUE(worker.push({.start_ns = 1, .end_ns = 2}));
    ASSERT_TRUE(engine.finish());
  }
  LogReplayOptions options{.run = "all"};
  options.phases.warmup = phase_size("1s").value();
  const auto replayed = replay_logs(std::vector<std::string>{folder / "run"}, options);
  ASSERT_FALSE(replayed);
  EXPECT_NE(replayed.error().message.find("--run"), std::string::npos);
}

TEST(LogWindow, WithoutAnyTimesIsAnError) {
  TemporaryFolder folder;
  auto engine = Engine::open({.log_dir = folder / "run"}).value();
  auto worker = engine.stream<SampleRecord>("values").value().worker().value();
  ASSERT_TRUE(worker.push({.value = 1}));
  ASSERT_TRUE(engine.finish());
  LogReplayOptions options;
  options.phases.warmup = phase_size("5").value();
  const auto replayed = replay_logs(std::vector<std::string>{folder / "run"}, options);
  ASSERT_FALSE(replayed);
  EXPECT_EQ(replayed.error().code, Errc::invalid_argument);
}

TEST(LogWindow, StreamsWithoutTimesAreWholeBesideOthers) {
  TemporaryFolder folder;
  auto engine = Engine::open({.log_dir = folder / "run"}).value();
  auto worker = engine.stream<SampleRecord>("values").value().worker().value();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(worker.push({.value = 1.0 * i}));
  auto timed = engine.stream<RequestRecord>("requests").value().worker().value();
  ASSERT_TRUE(timed.push({.start_ns = 1, .end_ns = 2}));
  ASSERT_TRUE(engine.finish());
  const LogReplay replayed = replay_with(folder / "run", {.warmup = phase_size("5").value()});
  EXPECT_EQ(replayed.summary["values"].count(), 10u);
  EXPECT_FALSE(replayed.summary["values"].window());
}

}  // namespace
}  // namespace millrace
