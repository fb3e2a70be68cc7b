// SPDX-License-Identifier: Apache-2.0
//
// What the aggregator and replay do with a slice, without transport and log: records of 64 bytes with five
// metrics, beside touching their memory, and beside Boost.Accumulators for the same five metrics alone.
//
//   bench_accumulate --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true
//
// One iteration: 2^22 records (256 MiB, more than the caches) in slices of 511. accumulate: counts, sums,
// moments to the fourth, min, max, histogram, times, and absent values told from present ones; with
// `exact` each value is kept, too. Unit: ns_per_record. Excluded: making the records.
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>

#include "boost_moments.hpp"
#include "five.hpp"
#include "stats/stream_stats.hpp"
#include "switches.hpp"

namespace millrace {
namespace {

constexpr std::uint32_t kRecords = 1u << 22;
constexpr std::uint32_t kSlice = 511;

const std::vector<Five>& records() {
  static const std::vector<Five> all = [] {
    std::vector<Five> made(kRecords);
    std::mt19937_64 random(1);
    std::lognormal_distribution<double> latency(16, 0.6);
    for (std::uint32_t i = 0; i < kRecords; ++i) {
      Five& r = made[i];
      r.start_ns = std::int64_t{i} * 1000;
      r.first_ns = r.start_ns + static_cast<std::int64_t>(latency(random));
      r.end_ns = r.first_ns + static_cast<std::int64_t>(latency(random));
      r.bytes = static_cast<std::int64_t>(random() % 65'536);
      r.score = latency(random);
    }
    return made;
  }();
  return all;
}

void per_record(benchmark::State& state) {
  state.counters["ns_per_record"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * 1e-9 * kRecords,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// One word of each cache line.
void touch(benchmark::State& state) {
  const Switches switches(state);
  const auto& all = records();
  for (auto _ : state) {
    std::int64_t sum = 0;
    for (const Five& r : all) sum += r.bytes;
    benchmark::DoNotOptimize(sum);
  }
  per_record(state);
}

void accumulate(benchmark::State& state) {
  const Switches switches(state);
  const auto& all = records();
  const bool exact = state.range(0) != 0;
  for (auto _ : state) {
    const auto memory = std::make_shared<ExactMemory>(std::size_t{exact ? 4u : 0u} << 30);
    memory->exact = exact;
    StreamStats stats(RecordTraits<Five>::schema().value(), memory, {}, {});
    for (std::uint32_t i = 0; i < kRecords; i += kSlice) {
      stats.accumulate({.records = reinterpret_cast<const std::byte*>(all.data() + i),
                        .count = std::min(kSlice, kRecords - i),
                        .record_size = sizeof(Five)},
                       {});
    }
    benchmark::DoNotOptimize(stats.figures(0, {}).mean);
  }
  per_record(state);
}

void boost(benchmark::State& state) {
  const Switches switches(state);
  const auto& all = records();
  for (auto _ : state) {
    BoostMoments latency, first, rest, bytes, score;
    for (const Five& r : all) {
      latency(static_cast<double>(r.end_ns - r.start_ns));
      first(static_cast<double>(r.first_ns - r.start_ns));
      rest(static_cast<double>(r.end_ns - r.first_ns));
      bytes(static_cast<double>(r.bytes));
      score(r.score);
    }
    benchmark::DoNotOptimize(latency);
    benchmark::DoNotOptimize(first);
    benchmark::DoNotOptimize(rest);
    benchmark::DoNotOptimize(bytes);
    benchmark::DoNotOptimize(score);
  }
  per_record(state);
}

BENCHMARK(touch)->Unit(benchmark::kMillisecond);
BENCHMARK(accumulate)->Arg(0)->Arg(1)->ArgName("exact")->Unit(benchmark::kMillisecond);
BENCHMARK(boost)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
