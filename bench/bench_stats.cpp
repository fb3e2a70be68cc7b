// SPDX-License-Identifier: Apache-2.0
//
// The estimators of src/stats beside what one would write by hand. One iteration: 10 M values, added in slices
// of 500, or one query of what holds them. Unit: the counter ns_per_value, or the time of the query. Excluded:
// making the values.
// Beware: a mean over runs on a shared machine says little: compare lines of one run, with
// --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true.
#include <bit>
#include <cstdint>

#include <benchmark/benchmark.h>

#include "boost_moments.hpp"
#include "made_values.hpp"
#include "stats/histogram.hpp"
#include "stats/moments.hpp"
#include "stats/sum.hpp"
#include "switches.hpp"

namespace millrace {
namespace {

void read_only(benchmark::State& state) {
  const Switches switches(state);
  for (auto _ : state) {
    std::uint64_t bits = 0;  // integers, so that the compiler may vectorise the loop
    for (const double value : values_of(continuous)) bits += std::bit_cast<std::uint64_t>(value);
    benchmark::DoNotOptimize(bits);
  }
  per_value(state);
}

void sum(benchmark::State& state) {
  const Switches switches(state);
  for (auto _ : state) {
    Sum sum;
    for_each_slice(values_of(continuous), [&](auto slice) { sum.add(slice); });
    benchmark::DoNotOptimize(sum.value());
  }
  per_value(state);
}

void moments(benchmark::State& state) {
  const Switches switches(state);
  for (auto _ : state) {
    Moments moments;
    for_each_slice(values_of(continuous), [&](auto slice) { moments.merge(Moments::of(slice)); });
    benchmark::DoNotOptimize(moments);
  }
  per_value(state);
}

void boost_moments(benchmark::State& state) {
  const Switches switches(state);
  for (auto _ : state) {
    BoostMoments set;
    for (const double value : values_of(continuous)) set(value);
    benchmark::DoNotOptimize(set);
  }
  per_value(state);
}

void histogram(benchmark::State& state) {
  const Switches switches(state);
  Histogram histogram;
  for (auto _ : state) {
    for_each_slice(values_of(state.range(0)), [&](auto slice) { histogram.add(slice); });
  }
  benchmark::DoNotOptimize(histogram.count());
  per_value(state);
}

void histogram_query(benchmark::State& state) {
  const Switches switches(state);
  Histogram histogram;
  histogram.add(values_of(continuous));
  const std::uint64_t ranks[] = {kValues / 2, kValues / 10 * 9, kValues / 20 * 19,
                                 kValues / 100 * 99, kValues / 1000 * 999};
  for (auto _ : state) benchmark::DoNotOptimize(histogram.order_statistics(ranks));
}

BENCHMARK(read_only)->Unit(benchmark::kMillisecond);
BENCHMARK(sum)->Unit(benchmark::kMillisecond);
BENCHMARK(moments)->Unit(benchmark::kMillisecond);
BENCHMARK(boost_moments)->Unit(benchmark::kMillisecond);
BENCHMARK(histogram)
    ->ArgName("kind")
    ->Arg(continuous)
    ->Arg(half_equal)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(histogram_query)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
