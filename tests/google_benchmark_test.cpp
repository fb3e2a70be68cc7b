// SPDX-License-Identifier: Apache-2.0
#include "millrace/google_benchmark.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

#include "replay/log_replay.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

using namespace std::chrono_literals;
using Runs = std::vector<benchmark::BenchmarkReporter::Run>;

// Keeps what Google Benchmark would print.
class Keeper : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const Runs& report) override {
    runs.insert(runs.end(), report.begin(), report.end());
  }
  Runs runs;
};

Runs run(const char* name, const std::function<void(benchmark::State&)>& function,
         const std::function<void(benchmark::internal::Benchmark&)>& set_up) {
  benchmark::ClearRegisteredBenchmarks();
  set_up(*benchmark::RegisterBenchmark(name, function));
  Keeper keeper;
  benchmark::RunSpecifiedBenchmarks(&keeper, ".");
  return keeper.runs;
}

double nearest_rank(const std::vector<double>& sorted, std::size_t per_mille) {
  return sorted[(per_mille * sorted.size() + 999) / 1000 - 1];
}

// The samples of thread `thread`, in nanoseconds.
std::vector<std::int64_t> samples(int thread, std::int64_t n, unsigned seed) {
  std::mt19937_64 random(seed + static_cast<unsigned>(thread));
  std::lognormal_distribution<double> ns(10 + thread, 0.5);
  std::vector<std::int64_t> all(static_cast<std::size_t>(n));
  for (auto& sample : all) sample = static_cast<std::int64_t>(ns(random));
  return all;
}

TEST(GoogleBenchmark, PercentilesOfAnyThreadsAndRepetitionsAreOfAllThreadsSamplesTogether) {
  constexpr std::int64_t kIterations = 3'000;
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  for (const int threads : {1, 2, 4, 7}) {
    SCOPED_TRACE(testing::Message() << threads << " threads");
    const Runs runs = run(
        "pooled",
        [&](benchmark::State& state) {
          BenchmarkRecorder recorder(state, "pooled");
          const auto own = samples(state.thread_index(), kIterations, seed);
          std::size_t i = 0;
          for (auto _ : state) recorder.record(std::chrono::nanoseconds(own[i++]));
        },
        [&](auto& benchmark) {
          benchmark.Threads(threads)->Iterations(kIterations)->Repetitions(2);
        });
    std::vector<double> pooled;
    for (int thread = 0; thread < threads; ++thread) {
      for (const std::int64_t ns : samples(thread, kIterations, seed)) {
        pooled.push_back(static_cast<double>(ns) / 1e9);
      }
    }
    std::sort(pooled.begin(), pooled.end());
    std::size_t repetitions = 0;
    for (const auto& one : runs) {
      if (one.run_type != benchmark::BenchmarkReporter::Run::RT_Iteration) continue;
      ++repetitions;
      EXPECT_DOUBLE_EQ(one.counters.at("p50"), nearest_rank(pooled, 500));
      EXPECT_DOUBLE_EQ(one.counters.at("p90"), nearest_rank(pooled, 900));
      EXPECT_DOUBLE_EQ(one.counters.at("p99"), nearest_rank(pooled, 990));
      EXPECT_DOUBLE_EQ(one.counters.at("p99.9"), nearest_rank(pooled, 999));
      EXPECT_DOUBLE_EQ(one.counters.at("max"), pooled.back());
      EXPECT_GT(one.counters.at("clock"), 0.0);
    }
    EXPECT_EQ(repetitions, 2u);
  }
}

TEST(GoogleBenchmark, TwoRecordersAreTwoSetsOfSamplesAndTheOuterOnesCountersBearItsName) {
  const Runs runs = run(
      "two",
      [](benchmark::State& state) {
        BenchmarkRecorder outer(state, "outer");
        BenchmarkRecorder inner(state, "inner");
        for (auto _ : state) {
          outer.record(40us);
          inner.record(30us);
        }
      },
      [](auto& benchmark) { benchmark.Iterations(10)->Threads(2); });
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_DOUBLE_EQ(runs[0].counters.at("max"), 30e-6);
  EXPECT_DOUBLE_EQ(runs[0].counters.at("p99"), 30e-6);
  EXPECT_DOUBLE_EQ(runs[0].counters.at("outer.max"), 40e-6);
  EXPECT_DOUBLE_EQ(runs[0].counters.at("outer.p99"), 40e-6);
}

TEST(GoogleBenchmark, AShortOperationIsSaidToBeOne) {
  for (const auto lap : {1ns, 1'000'000ns}) {
    const Runs runs = run(
        "short",
        [&](benchmark::State& state) {
          BenchmarkRecorder recorder(state, "short");
          for (auto _ : state) recorder.record(lap);
        },
        [](auto& benchmark) { benchmark.Iterations(10); });
    ASSERT_EQ(runs.size(), 1u);
    EXPECT_EQ(runs[0].counters.contains("short"), lap == 1ns);
    EXPECT_EQ(runs[0].report_label, "");
  }
}

TEST(GoogleBenchmark, WithoutSamplesThereAreNoCounters) {
  const Runs runs = run(
      "none",
      [](benchmark::State& state) {
        BenchmarkRecorder recorder(state, "none");
        for (auto _ : state) {
        }
      },
      [](auto& benchmark) { benchmark.Iterations(10)->Threads(3); });
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_FALSE(runs[0].error_occurred);
  EXPECT_EQ(runs[0].counters.count("p50"), 0u);
}

// The runs of the log, each as many records as the invocation had iterations.
class GoogleBenchmarkLog : public testing::Test {
 protected:
  GoogleBenchmarkLog() { detail::BenchmarkRuns::one().log_dir(folder / "logs"); }
  ~GoogleBenchmarkLog() override { detail::BenchmarkRuns::one().log_dir({}); }
  static void timed(benchmark::State& state, const std::string& name) {
    BenchmarkRecorder recorder(state, name);
    for (auto _ : state) auto lap = recorder.time();
  }
  const TemporaryFolder folder = TemporaryFolder::in_memory();
};

TEST_F(GoogleBenchmarkLog, HoldsEachRepetitionAndNothingOfTheSearchForIterations) {
  const Runs runs = run(
      "searched", [](benchmark::State& state) { timed(state, "put/threads:2"); },
      [](auto& benchmark) { benchmark.Threads(2)->MinTime(0.01)->Repetitions(3); });
  std::uint64_t reported = 0;
  for (const auto& one : runs) {
    if (one.run_type != benchmark::BenchmarkReporter::Run::RT_Iteration) continue;
    ASSERT_FALSE(one.error_occurred) << one.error_message;
    reported += static_cast<std::uint64_t>(one.iterations);  // of both threads
  }
  EXPECT_GT(reported, 3u);
  const auto replay =
      replay_logs(std::vector<std::string>{folder / "logs/put_threads_2"}, {.run = "all"}).value();
  EXPECT_TRUE(replay.whole());
  EXPECT_EQ(replay.summary["put/threads:2"].count(), reported);
}

TEST_F(GoogleBenchmarkLog, RefusesANameThatIsNoFolderOfItsOwn) {
  const std::filesystem::path stays = folder / "stays";
  std::filesystem::create_directories(stays);
  for (const char* name : {"", ".", ".."}) {
    const Runs runs = run(
        "dots", [&](benchmark::State& state) { timed(state, name); },
        [](auto& benchmark) { benchmark.MinTime(0.01); });
    ASSERT_EQ(runs.size(), 1u);
    EXPECT_TRUE(runs[0].error_occurred) << name;
  }
  EXPECT_TRUE(std::filesystem::exists(stays));
}

TEST_F(GoogleBenchmarkLog, LeavesAFolderAloneThatWasThereBefore) {
  std::filesystem::create_directories(folder / "logs/older");
  const Runs runs = run(
      "older", [](benchmark::State& state) { timed(state, "older"); },
      [](auto& benchmark) { benchmark.Threads(2)->Iterations(10); });
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_TRUE(runs[0].error_occurred);
  EXPECT_NE(runs[0].error_message.find("logs/older' was there before; name another folder"),
            std::string::npos)
      << runs[0].error_message;
  EXPECT_TRUE(std::filesystem::is_empty(folder / "logs/older"));
}

TEST_F(GoogleBenchmarkLog, OfTwoNamesWithOneFolderRefusesTheSecond) {
  for (const char* name : {"a/b", "a_b"}) {
    const Runs runs = run(
        "twins", [&](benchmark::State& state) { timed(state, name); },
        [](auto& benchmark) { benchmark.Iterations(10); });
    ASSERT_EQ(runs.size(), 1u);
    EXPECT_EQ(runs[0].error_occurred, name == std::string_view("a_b")) << runs[0].error_message;
  }
}

TEST(GoogleBenchmarkFlags, TakeOursAndLeaveTheRest) {
  std::string words[] = {"bench", "--benchmark_filter=x", "--millrace_log=there", "rest"};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  int argc = 4;
  EXPECT_TRUE(take_benchmark_flags(&argc, argv));
  detail::BenchmarkRuns::one().log_dir({});
  ASSERT_EQ(argc, 3);
  EXPECT_STREQ(argv[1], "--benchmark_filter=x");
  EXPECT_STREQ(argv[2], "rest");
  EXPECT_EQ(argv[3], nullptr);
  words[2] = "--millrace_log=";
  char* empty[] = {words[0].data(), words[2].data(), nullptr};
  argc = 2;
  EXPECT_FALSE(take_benchmark_flags(&argc, empty));
}

}  // namespace
}  // namespace millrace
