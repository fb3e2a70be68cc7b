// SPDX-License-Identifier: Apache-2.0
//
// What one result with five metrics costs the thread that has it: millrace's push, beside prometheus-cpp's
// Histogram::Observe of each metric, and beside a line of spdlog's asynchronous logger.
//
//   bench_recording --benchmark_repetitions=7 --benchmark_enable_random_interleaving=true
//
// One iteration: a burst of 16,000 results, made up in the loop, the same in all rows. `ns_per_record`: wall
// time of the caller's thread, on core 0. Excluded: what is done elsewhere. millrace's aggregator and spdlog's
// writer run on core 1 meanwhile, and have queues that hold a burst; between bursts they catch up, untimed.
// Observe leaves nothing for later: eleven buckets, no percentile. recording/made_up: the results alone, stored
// where the last one was, which every row has in it. On one core the threads take turns, and the figures are
// those of the scheduler.
//
// spdlog writes the number of the worker, that of the result, its start and the five values: to a sink that
// forgets, and to a file in $TMPDIR or /tmp, which is removed. A peer that was not there when the tree was
// configured has no rows.
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <random>
#include <thread>

#include <benchmark/benchmark.h>
#include <unistd.h>
#ifdef MILLRACE_HAS_PROMETHEUS
#include <prometheus/histogram.h>
#endif
#ifdef MILLRACE_HAS_SPDLOG
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/null_sink.h>
#endif

#include "millrace/millrace.hpp"

#include "five.hpp"
#include "pin.hpp"
#include "switches.hpp"

namespace millrace {
namespace {

constexpr std::int64_t kBurst = 16'000;

// In microseconds, around a fifth of a second. As many as a core's nearest cache holds beside the rest: too many
// for its branches to be learnt.
class Latencies {
 public:
  Latencies() {
    std::mt19937_64 random(1);
    std::lognormal_distribution<double> latency(std::log(200e3), 0.6);
    for (std::uint32_t& us : us_) us = static_cast<std::uint32_t>(latency(random));
  }
  [[nodiscard]] std::int64_t operator[](std::int64_t i) const {
    return us_[static_cast<std::size_t>(i) % us_.size()];
  }

 private:
  std::array<std::uint32_t, 4096> us_;
};

Five result_of(const Latencies& latencies, std::int64_t i) {
  const std::int64_t start_ns = i * 1'000;
  const std::int64_t first_ns = start_ns + latencies[i + 1] * 250;
  return {.start_ns = start_ns,
          .first_ns = first_ns,
          .end_ns = first_ns + latencies[i] * 1'000,
          .bytes = latencies[i + 2] / 16,
          .score = static_cast<double>(latencies[i + 3]) * 1e-6};
}

// Its metrics in the units that the peers are given: seconds, bytes.
struct Metrics {
  double latency, first, rest, bytes, score;
};
[[maybe_unused]] Metrics metrics_of(const Five& five) {
  return {static_cast<double>(five.end_ns - five.start_ns) * 1e-9,
          static_cast<double>(five.first_ns - five.start_ns) * 1e-9,
          static_cast<double>(five.end_ns - five.first_ns) * 1e-9, static_cast<double>(five.bytes),
          five.score};
}

// catch_up() and record(i) for each burst.
template <typename CatchUp, typename Record>
void bursts(benchmark::State& state, CatchUp catch_up, Record record) {
  const Switches switches(state);
  std::int64_t i = 0;
  for (auto _ : state) {
    catch_up();
    const auto begin = std::chrono::steady_clock::now();
    for (const std::int64_t end = i + kBurst; i < end; ++i) record(i);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    state.SetIterationTime(seconds.count());
  }
  state.counters["ns_per_record"] =
      benchmark::Counter(static_cast<double>(state.iterations() * kBurst) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void made_up(benchmark::State& state) {
  const Latencies latencies;
  pin(0);
  bursts(
      state, [] {},
      [&](std::int64_t i) {
        Five five = result_of(latencies, i);
        benchmark::DoNotOptimize(five);
      });
  unpin();
}
BENCHMARK(made_up)->Name("recording/made_up")->UseManualTime();

void millrace_push(benchmark::State& state) {
  const Latencies latencies;
  pin(1);  // the aggregator stays where its engine was opened
  auto engine = Engine::open({.idle = Idle::spin, .exact_memory_bytes = 0}).value();
  auto stream = engine.stream<Five>("results").value();
  pin(0);
  auto worker = stream.worker().value();
  bursts(
      state, [&] { (void)engine.flush(); },
      [&](std::int64_t i) { worker.push(result_of(latencies, i)); });
  if (worker.rejected().total() != 0) state.SkipWithError("the ring did not hold a burst");
  unpin();
}
BENCHMARK(millrace_push)->Name("recording/millrace")->UseManualTime();

#ifdef MILLRACE_HAS_PROMETHEUS
void prometheus_observe(benchmark::State& state) {
  const Latencies latencies;
  // What its clients in most languages have where nothing is chosen.
  const prometheus::Histogram::BucketBoundaries seconds{.005, .01, .025, .05, .1, .25,
                                                        .5,   1,   2.5,  5,   10};
  const prometheus::Histogram::BucketBoundaries bytes{
      256, 512, 1'024, 2'048, 4'096, 8'192, 16'384, 32'768, 65'536, 131'072, 262'144};
  prometheus::Histogram latency(seconds), first(seconds), rest(seconds), size(bytes),
      score(seconds);
  pin(0);
  bursts(
      state, [] {},
      [&](std::int64_t i) {
        const Metrics metrics = metrics_of(result_of(latencies, i));
        latency.Observe(metrics.latency);
        first.Observe(metrics.first);
        rest.Observe(metrics.rest);
        size.Observe(metrics.bytes);
        score.Observe(metrics.score);
      });
  benchmark::DoNotOptimize(latency.Collect());
  unpin();
}
BENCHMARK(prometheus_observe)->Name("recording/prometheus")->UseManualTime();
#endif

#ifdef MILLRACE_HAS_SPDLOG
void spdlog_lines(benchmark::State& state, const spdlog::sink_ptr& sink) {
  const Latencies latencies;
  const auto pool = std::make_shared<spdlog::details::thread_pool>(2 * kBurst, 1, [] { pin(1); });
  const auto logger = std::make_shared<spdlog::async_logger>("results", sink, pool,
                                                             spdlog::async_overflow_policy::block);
  pin(0);
  bursts(
      state,
      [&] {
        while (pool->queue_size() != 0) std::this_thread::yield();
      },
      [&](std::int64_t i) {
        const Five five = result_of(latencies, i);
        const Metrics metrics = metrics_of(five);
        logger->info("{} {} {} {} {} {} {} {}", 1, i, five.start_ns, metrics.latency, metrics.first,
                     metrics.rest, metrics.bytes, metrics.score);
      });
  unpin();
}

void spdlog_null(benchmark::State& state) {
  spdlog_lines(state, std::make_shared<spdlog::sinks::null_sink_mt>());
}

void spdlog_file(benchmark::State& state) {
  const auto path = std::filesystem::temp_directory_path() /
                    fmt::format("millrace_bench_recording_{}.log", ::getpid());
  spdlog_lines(state, std::make_shared<spdlog::sinks::basic_file_sink_mt>(path.string(), true));
  std::filesystem::remove(path);
}
BENCHMARK(spdlog_null)->Name("recording/spdlog_async/null")->UseManualTime();
BENCHMARK(spdlog_file)->Name("recording/spdlog_async/file")->UseManualTime();
#endif

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
