// SPDX-License-Identifier: Apache-2.0
//
// Reading a log back: its numbers, its percentiles, beside touching the memory and sorting the columns.
//
//   MILLRACE_BENCH_DIR=/mnt/disk bench_replay --benchmark_repetitions=5
//
// One iteration: `records` records of 64 bytes with five metrics, in the page cache. Units and files as in
// bench_log. replay_numbers: every frame checked, counts, moments and histograms; replay_whole: percentiles
// and the digest, too; replay_percentiles: the passes for 20 exact percentiles of each metric alone.
#include <memory>
#include <thread>

#include "engine/log_selection.hpp"
#include "five.hpp"
#include "log/segment_reader.hpp"
#include "log_rows.hpp"
#include "replay/log_replay.hpp"
#include "replay/log_totals.hpp"
#include "switches.hpp"

namespace millrace {
namespace {

// One log for all rows of as many records. `ties`: half of the latencies are equal. Empty: not made.
std::string log_of(std::size_t records, bool ties) {
  const std::string dir = folder().file(fmt::format("log-{}-{}", records, ties).c_str());
  if (std::filesystem::exists(dir)) return dir;
  EngineOptions options;
  options.overflow = Overflow::wait;
  options.log_dir = dir;
  options.low_memory = true;
  options.percentiles = {};
  auto engine = Engine::open(options);
  if (!engine) return {};
  auto worker = engine->stream<Five>("five").value().worker().value();
  std::mt19937_64 random(3);
  std::lognormal_distribution<double> latency(16, 0.6);
  for (std::size_t i = 0; i < records; ++i) {
    const auto start = static_cast<std::int64_t>(i * 1000);
    const auto first = static_cast<std::int64_t>(latency(random));
    const std::int64_t rest =
        ties && i % 2 == 0 ? 1'000'000 : static_cast<std::int64_t>(latency(random));
    worker.push({.start_ns = start,
                 .first_ns = ties && i % 2 == 0 ? start + 500'000 : start + first,
                 .end_ns = ties && i % 2 == 0 ? start + 1'500'000 : start + first + rest,
                 .bytes = static_cast<std::int64_t>(random() % 65'536),
                 .score = latency(random)});
  }
  return engine->finish() ? dir : std::string{};
}

std::vector<LogPart> parts_of(const std::string& dir) {
  auto folder = log::LogFolder::list(dir);
  if (!folder || folder->runs.empty()) return {};
  return parts_of_run(dir, folder->runs.back().identity.run).value_or(std::vector<LogPart>{});
}

// Frames checked, one word of each record looked at.
void verify_frames(benchmark::State& state) {
  const Switches switches(state);
  const auto parts = parts_of(log_of(static_cast<std::size_t>(state.range(0)), false));
  if (parts.empty()) return skip(state, "no log");
  Stretches watch;
  for (auto _ : state) {
    std::uint64_t sum = 0;
    watch.start();
    for (const LogPart& part : parts) {
      log::PartScan scan;
      visit_part(part, scan, [&](const log::Frame&, const Slice& slice) {
        for (std::uint32_t i = 0; i < slice.count; ++i) {
          std::uint64_t word;
          std::memcpy(&word, slice.records + std::size_t{i} * kRecordBytes, sizeof word);
          sum += word;
        }
      });
    }
    benchmark::DoNotOptimize(sum);
    watch.stop();
    watch.report(state);
  }
  watch.per_record(state, state.range(0));
}

void replay_numbers(benchmark::State& state) {
  const Switches switches(state);
  const auto parts = parts_of(log_of(static_cast<std::size_t>(state.range(0)), false));
  if (parts.empty()) return skip(state, "no log");
  Stretches watch;
  for (auto _ : state) {
    watch.start();
    std::vector<PartNumbers> numbers(parts.size());
    each_in_parallel(
        parts.size(), static_cast<unsigned>(state.range(1)),
        [&](std::size_t i, unsigned) { numbers[i] = LogTotals::accumulate(parts[i], {}); });
    LogTotals totals{{}};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!totals.merge(numbers[i], parts[i], i)) return skip(state, "the parts do not merge");
    }
    watch.stop();
    if (totals.scan(0).records != static_cast<std::uint64_t>(state.range(0))) {
      return skip(state, "records are missing");
    }
    watch.report(state);
  }
  watch.per_record(state, state.range(0));
}

void replay_whole(benchmark::State& state) {
  const Switches switches(state);
  const std::string dir = log_of(static_cast<std::size_t>(state.range(0)), false);
  if (dir.empty()) return skip(state, "no log");
  LogReplayOptions options;
  options.threads = static_cast<unsigned>(state.range(1));
  Stretches watch;
  for (auto _ : state) {
    watch.start();
    auto replay = replay_logs(std::vector<std::string>{dir}, options);
    watch.stop();
    if (!replay || !replay->whole()) return skip(state, "the log is not whole");
    watch.report(state);
  }
  watch.per_record(state, state.range(0));
}

void replay_percentiles(benchmark::State& state) {
  const Switches switches(state);
  const bool ties = state.range(2) != 0;
  const auto parts = parts_of(log_of(static_cast<std::size_t>(state.range(0)), ties));
  if (parts.empty()) return skip(state, "no log");
  std::vector<double> ps;
  for (int i = 1; i <= 20; ++i) ps.push_back(i < 20 ? i * 5.0 : 99.9);
  const Rule rules[] = {Rule::nearest_rank};
  const auto threads = static_cast<unsigned>(state.range(1));
  Stretches watch;
  double passes = 0;
  for (auto _ : state) {
    LogTotals totals{{}};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!totals.merge(LogTotals::accumulate(parts[i], {}), parts[i], i)) {
        return skip(state, "the parts do not merge");
      }
    }
    const auto streams = totals.summary().streams;
    const auto selection =
        std::make_shared<LogSelection>(parts, totals.numbers(), streams, threads);
    watch.start();
    selection->prepare(ps, rules, false);
    watch.stop();
    passes = selection->passes();
    watch.report(state);
  }
  watch.per_record(state, state.range(0));
  state.counters["passes"] = passes;
}

MILLRACE_LOG_ROW(verify_frames)->Arg(10'000'000)->ArgName("records");
MILLRACE_LOG_ROW(replay_numbers)
    ->Args({10'000'000, 1})
    ->Args({10'000'000, 2})
    ->ArgNames({"records", "threads"});
MILLRACE_LOG_ROW(replay_whole)
    ->Args({10'000'000, 1})
    ->Args({10'000'000, 2})
    ->ArgNames({"records", "threads"});
MILLRACE_LOG_ROW(replay_percentiles)
    ->Args({10'000'000, 1, 0})
    ->Args({10'000'000, 2, 0})
    ->Args({10'000'000, 1, 1})
    ->ArgNames({"records", "threads", "ties"});

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
