// SPDX-License-Identifier: Apache-2.0
//
// Warmup and cooldown of a stream while it runs, and when its log is replayed.
#include <string>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

#include "replayed.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

using std::chrono::nanoseconds;

// 1,000 results, the i-th from i to i + 10; after every tenth a notice.
struct MeasuredRun {
  explicit MeasuredRun(const Phases& phases, bool low_memory = false)
      : engine(Engine::open({.log_dir = folder / "run", .low_memory = low_memory}).value()) {
    auto stream = engine.stream<GenerationRecord>("requests", {.phases = phases});
    auto worker = stream.value().worker().value();
    for (std::int64_t i = 1; i <= 1'000; ++i) {
      EXPECT_TRUE(worker.push({.start_ns = i, .end_ns = i + 10, .output_tokens = 3}));
      if (i % 10 != 0) continue;
      EXPECT_TRUE(worker.push({.event = Event::started, .start_ns = i}));
    }
    EXPECT_TRUE(engine.flush());
    snapshot = engine.snapshot();
    summary = engine.finish().value();
  }
  TemporaryFolder folder;
  Engine engine;
  Snapshot snapshot;
  Summary summary;
};

struct Counts {
  std::uint64_t results, before, after;
  bool operator==(const Counts&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Counts& c) {
  return out << c.results << " results, " << c.before << " before, " << c.after << " after";
}

void expect(const Phases& phases, const Counts& expected) {
  for (const bool low_memory : {false, true}) {
    MeasuredRun run(phases, low_memory);
    const LogReplay replayed = replay_of(run.folder / "run");
    EXPECT_EQ(replayed.summary.digest(), run.summary.digest());
    for (const Summary& summary : {run.summary, replayed.summary}) {
      const StreamSummary& stream = summary["requests"];
      const LeftOut out = stream.left_out();
      EXPECT_EQ((Counts{stream.count(), out.before, out.after}), expected);
      EXPECT_EQ(out.notices, 100u);
      EXPECT_EQ(stream.metric("time_to_last_token").count(), expected.results);
      EXPECT_EQ(stream.running()->find("output_tokens")->total, 3'000) << "of all results";
      EXPECT_EQ(summary.accounting().aggregated, 1'100u);
      if (expected.results != 0) {
        EXPECT_EQ(stream.metric("time_to_last_token").percentile(50)->value, 10);
      }
    }
    const StreamSnapshot& live = *run.snapshot.stream("requests");
    EXPECT_EQ((Counts{live.count, live.left_out.before, live.left_out.after}), expected);
  }
}

TEST(Phases, ByTimeKeepWhatOverlapsTheTimeBetween) {
  // Over at 110, the 100th touches the time that begins then.
  expect({.warmup = nanoseconds(110), .start_ns = 0}, {901, 99, 0});
  expect({.warmup = nanoseconds(110), .start_ns = -1}, {902, 98, 0});
  expect({.cooldown = nanoseconds(100), .time_max = nanoseconds(1'000), .start_ns = 0},
         {900, 0, 100});
  expect({.warmup = nanoseconds(110),
          .cooldown = nanoseconds(100),
          .time_max = nanoseconds(1'000),
          .start_ns = 0},
         {801, 99, 100});
}

TEST(Phases, ByNumberKeepTheResultsBetween) {
  expect({.warmup_results = 100}, {900, 100, 0});
  expect({.warmup_results = 999}, {1, 999, 0});
  expect({.warmup_results = 1'000}, {0, 1'000, 0});
  expect({.warmup_results = ~std::uint64_t{0}}, {0, 1'000, 0});
  expect({.cooldown_results = 100, .results_max = 1'000}, {900, 0, 100});
  expect({.cooldown_results = 100, .results_max = 1'100}, {1'000, 0, 0});
  expect({.cooldown_results = 1'000, .results_max = 1'000}, {0, 0, 1'000});
  expect({.warmup_results = 1, .cooldown_results = 1, .results_max = 1'000}, {998, 1, 1});
}

TEST(Phases, OfBothKindsLeaveOutWhatEitherLeavesOut) {
  expect({.warmup = nanoseconds(110), .warmup_results = 200, .start_ns = 0}, {800, 200, 0});
  expect({.warmup = nanoseconds(310), .warmup_results = 200, .start_ns = 0}, {701, 299, 0});
}

TEST(Phases, BeginAtTheStreamsOwnTimeByTheSteadyClock) {
  auto engine = Engine::open({}).value();
  auto worker =
      engine.stream<RequestRecord>("requests", {.phases = {.warmup = std::chrono::hours(1)}})
          .value()
          .worker()
          .value();
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  ASSERT_TRUE(worker.push({.start_ns = now.count(), .end_ns = now.count()}));
  const auto later = (now + std::chrono::hours(1)).count();
  ASSERT_TRUE(worker.push({.start_ns = later, .end_ns = later}));
  const Summary summary = engine.finish().value();
  EXPECT_EQ(summary["requests"].count(), 1u);
  EXPECT_EQ(summary["requests"].left_out().before, 1u);
}

TEST(Phases, AreShownWhileTheyLast) {
  auto engine = Engine::open({}).value();
  const Phases phases{.warmup_results = 1, .cooldown_results = 1, .results_max = 3};
  auto worker = engine.stream<SampleRecord>("samples", {.phases = phases}).value().worker().value();
  const auto phase = [&] {
    EXPECT_TRUE(engine.flush());
    return engine.snapshot().stream("samples")->phase;
  };
  EXPECT_EQ(phase(), Phase::pending);
  for (const Phase expected : {Phase::warmup, Phase::active, Phase::cooldown}) {
    ASSERT_TRUE(worker.push({.value = 1}));
    EXPECT_EQ(phase(), expected);
  }
}

TEST(Phases, ThatCannotBeMeantAreRefused) {
  const auto refused = [](const Phases& phases, const char* word, EngineOptions options = {}) {
    auto engine = Engine::open(std::move(options)).value();
    const auto stream = engine.stream<RequestRecord>("requests", {.phases = phases});
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().code, Errc::invalid_argument);
    EXPECT_NE(stream.error().message.find(word), std::string::npos) << stream.error().message;
  };
  refused({.cooldown = nanoseconds(1)}, "time_max");
  refused({.cooldown_results = 1}, "results_max");
  refused({.warmup = nanoseconds(-1)}, "negative");
  TemporaryFolder folder;
  refused({.warmup_results = 1}, "log_bytes_max",
          {.log_dir = folder / "run", .log_bytes_max = 1 << 20});
}

TEST(Phases, ChosenAtReplayReplaceThoseOfTheRun) {
  MeasuredRun run({.warmup_results = 900});
  const std::vector<std::string> dirs{run.folder / "run"};
  LogReplayOptions options;
  options.phases.warmup = phase_size("100").value();
  const auto replayed = replay_logs(dirs, options);
  ASSERT_TRUE(replayed) << replayed.error().message;
  EXPECT_FALSE(replayed->summary["requests"].range());
  // From the start of the 101st: what ended before that is out.
  EXPECT_EQ(replayed->summary["requests"].left_out().before, 90u);
}

TEST(Phases, ByNumberAreOfOneRun) {
  TemporaryFolder folder;
  for (int i = 0; i < 2; ++i) {
    auto engine = Engine::open({.log_dir = folder / "run", .append_log = true}).value();
    const StreamOptions options{.phases = {.warmup_results = 1}};
    auto worker = engine.stream<SampleRecord>("samples", options).value().worker().value();
    ASSERT_TRUE(worker.push({.value = 1}));
    ASSERT_TRUE(worker.push({.value = 2}));
    EXPECT_EQ(engine.finish().value()["samples"].count(), 1u);
  }
  const std::vector<std::string> dirs{folder / "run"};
  const auto all = replay_logs(dirs, {.run = "all"});
  ASSERT_FALSE(all);
  EXPECT_NE(all.error().message.find("--run"), std::string::npos) << all.error().message;
  EXPECT_EQ(replay_of(folder / "run").summary["samples"].count(), 1u);
}

}  // namespace
}  // namespace millrace
