// SPDX-License-Identifier: Apache-2.0
//
// End to end: records a second from push to exact statistics of five metrics, and what replay of a
// generated responses.jsonl of 344 MB takes.
//
//   bench_engine --benchmark_repetitions=5
//
// The file is made once, in $TMPDIR or /tmp, and removed at the end.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <concurrentqueue/concurrentqueue.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/accumulators/accumulators.hpp>
#include <boost/accumulators/statistics.hpp>

#include "millrace/millrace.hpp"

#include "five.hpp"
#include "ingest/file_replay.hpp"
#include "ingest/llmeter_format.hpp"
#include "responses.hpp"

namespace millrace {

namespace {

// Log-normal-like latencies from a table, as cheap as copying.
std::vector<Five> made_up_records() {
  std::vector<Five> records(1 << 14);
  std::uint64_t x = 88172645463325252u;
  for (std::size_t i = 0; i < records.size(); ++i) {
    double sum = 0;
    for (int k = 0; k < 8; ++k) {
      x ^= x << 13, x ^= x >> 7, x ^= x << 17;
      sum += static_cast<double>(x % 1'000'003) / 1'000'003 - 0.5;
    }
    const double scale = std::exp(sum);
    Five& r = records[i];
    r.start_ns = static_cast<std::int64_t>(i) * 1'000;
    r.first_ns =
        r.start_ns + static_cast<std::int64_t>(20e6 * scale) + static_cast<std::int64_t>(x % 977);
    r.end_ns = r.first_ns + static_cast<std::int64_t>(200e6 * scale) +
               static_cast<std::int64_t>(x % 99'991);
    r.bytes = static_cast<std::int64_t>(x % 65'536);
    r.score = scale + 1e-9 * static_cast<double>(x % 1'000'000);
  }
  return records;
}

// The values move on each round, so that no bucket fills with one value.
Five varied(const std::vector<Five>& records, std::uint64_t i) {
  Five r = records[i % records.size()];
  r.end_ns += static_cast<std::int64_t>(i >> 14) * 37;
  r.first_ns += static_cast<std::int64_t>(i >> 14) * 11;
  r.score += static_cast<double>(i >> 14) * 1e-7;
  return r;
}

void end_to_end(benchmark::State& state) {
  const auto records = made_up_records();
  const auto n = static_cast<std::uint64_t>(state.range(0));
  const auto workers = static_cast<std::uint64_t>(state.range(1));
  for (auto _ : state) {
    auto engine =
        Engine::open({.overflow = Overflow::wait, .exact_memory_bytes = std::size_t{4} << 30})
            .value();
    auto stream = engine.stream<Five>("requests").value();
    std::vector<std::jthread> threads;
    for (std::uint64_t w = 0; w < workers; ++w) {
      threads.emplace_back([&] {
        auto worker = stream.worker().value();
        for (std::uint64_t i = 0; i < n / workers; ++i) worker.push(varied(records, i));
      });
    }
    threads.clear();
    const Summary summary = engine.finish().value();
    const auto latency = summary["requests"].metric("latency");
    if (!latency.exact() || latency.count() != n) state.SkipWithError("not exact or not all");
    benchmark::DoNotOptimize(latency.percentile(99));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// The obvious build: a queue of records with a token, one loop, Boost.Accumulators; no percentiles.
void obvious_build(benchmark::State& state) {
  namespace ba = boost::accumulators;
  using Set =
      ba::accumulator_set<double, ba::stats<ba::tag::mean, ba::tag::variance, ba::tag::skewness,
                                            ba::tag::kurtosis, ba::tag::min, ba::tag::max>>;
  const auto records = made_up_records();
  const auto n = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    moodycamel::ConcurrentQueue<Five> queue(64 * 1024);
    std::vector<Set> sets(5);
    std::uint64_t taken = 0;
    std::jthread worker([&] {
      moodycamel::ProducerToken token(queue);
      for (std::uint64_t i = 0; i < n; ++i) {
        while (queue.size_approx() > 32'768) std::this_thread::yield();
        queue.enqueue(token, varied(records, i));
      }
    });
    std::vector<Five> batch(2048);
    while (taken < n) {
      const std::size_t got = queue.try_dequeue_bulk(batch.data(), batch.size());
      for (std::size_t i = 0; i < got; ++i) {
        const Five& r = batch[i];
        sets[0](static_cast<double>(r.end_ns - r.start_ns));
        sets[1](static_cast<double>(r.first_ns - r.start_ns));
        sets[2](static_cast<double>(r.end_ns - r.first_ns));
        sets[3](static_cast<double>(r.bytes));
        sets[4](r.score);
      }
      taken += got;
      if (got < 256) std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    benchmark::DoNotOptimize(ba::mean(sets[0]));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// Made once, and removed at the end.
class ResponsesFile {
 public:
  ResponsesFile() {
    const char* dir = std::getenv("TMPDIR");
    path_ = fmt::format("{}/millrace_bench_{}.jsonl", dir == nullptr ? "/tmp" : dir, ::getpid());
    write_responses(path_, kResponses);
  }
  ~ResponsesFile() { std::remove(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

ResponsesFile& responses() {
  static ResponsesFile file;
  return file;
}

void replay(benchmark::State& state) {
  const std::string& path = responses().path();
  FileReplayOptions options;
  options.threads = static_cast<unsigned>(state.range(0));
  for (auto _ : state) {
    const auto result = replay_files({path}, llmeter_format(false), options);
    if (!result || result->records != kResponses) state.SkipWithError("replay failed");
    benchmark::DoNotOptimize(
        result->summary["requests"].metric("time_to_first_token").percentile(99));
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(std::filesystem::file_size(path)));
}

// The limit: reading the file into a buffer.
void read_only(benchmark::State& state) {
  const std::string& path = responses().path();
  std::vector<char> buffer(256 << 10);
  for (auto _ : state) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    while (::read(file, buffer.data(), buffer.size()) > 0) benchmark::ClobberMemory();
    ::close(file);
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(std::filesystem::file_size(path)));
}

BENCHMARK(end_to_end)
    ->Args({10'000'000, 1})
    ->Args({10'000'000, 2})
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond)
    ->ArgNames({"records", "workers"});
BENCHMARK(obvious_build)
    ->Arg(10'000'000)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond)
    ->ArgName("records");
BENCHMARK(read_only)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(replay)
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond)
    ->ArgName("parsers");

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
