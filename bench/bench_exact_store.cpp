// SPDX-License-Identifier: Apache-2.0
//
// The store of all values beside a vector of them, sorted when it is asked. One iteration: 10 M values, added in
// slices of 500, or one query of a store that holds them, warm. Unit: the counter ns_per_value, or the time of
// the query. Excluded: making the values, and freeing the memory, but not the kernel's clearing of it.
// Beware: a mean over runs on a shared machine says little: compare lines of one run, with
// --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>

#include "made_values.hpp"
#include "stats/exact_store.hpp"
#include "stats/histogram.hpp"
#include "stats/moments.hpp"
#include "switches.hpp"

namespace millrace {
namespace {

constexpr std::size_t kArenaBytes = std::size_t{4} << 30;

// Metrics take turns, slice by slice; together they hold kValues.
struct Stores {
  explicit Stores(std::int64_t metrics) : arena(kArenaBytes) {
    for (std::int64_t i = 0; i < metrics; ++i) stores.emplace_back(arena);
  }
  void add(const Values& values) {
    const std::size_t each = values.size() / stores.size();
    for (std::size_t i = 0; i < each; i += kSlice) {
      for (std::size_t metric = 0; metric < stores.size(); ++metric) {
        benchmark::DoNotOptimize(stores[metric].add(
            std::span(values).subspan(metric * each + i, std::min(kSlice, each - i))));
      }
    }
  }
  Arena arena;
  std::deque<ExactStore> stores;
};

void exact_insert(benchmark::State& state) {
  const Switches switches(state);
  double bytes = 0;
  for (auto _ : state) {
    auto stores = std::make_unique<Stores>(state.range(0));
    stores->add(values_of(state.range(1)));
    state.PauseTiming();
    bytes = static_cast<double>(stores->arena.bytes());
    for (const ExactStore& store : stores->stores)
      bytes += static_cast<double>(store.memory_bytes());
    stores.reset();
    state.ResumeTiming();
  }
  per_value(state);
  state.counters["bytes_per_value"] = bytes / kValues;
}

void growing_vector(benchmark::State& state) {
  const Switches switches(state);
  for (auto _ : state) {
    Values held;
    for (const double value : values_of(continuous)) held.push_back(value);
    benchmark::DoNotOptimize(held.data());
    state.PauseTiming();
    Values().swap(held);
    state.ResumeTiming();
  }
  per_value(state);
}

void moments_histogram_and_exact(benchmark::State& state) {
  const Switches switches(state);
  for (auto _ : state) {
    auto stores = std::make_unique<Stores>(1);
    Moments moments;
    Histogram histogram;
    for_each_slice(values_of(continuous), [&](auto slice) {
      moments.merge(Moments::of(slice));
      histogram.add(slice);
      benchmark::DoNotOptimize(stores->stores.front().add(slice));
    });
    benchmark::DoNotOptimize(moments);
    state.PauseTiming();
    stores.reset();
    state.ResumeTiming();
  }
  per_value(state);
}

void exact_query(benchmark::State& state) {
  const Switches switches(state);
  Stores stores(1);
  stores.add(values_of(state.range(1)));
  const ExactStore* store = &stores.stores.front();
  const std::uint64_t rank = kValues / 100 * static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(ExactStore::order_statistics({&store, 1}, {&rank, 1}));
  }
}

// 10,000 keys of 1,000 values: plain lists, of which a total over all labels is the union.
void exact_query_of_union(benchmark::State& state) {
  const Switches switches(state);
  Stores stores(10'000);
  stores.add(values_of(continuous));
  std::vector<const ExactStore*> all;
  for (const ExactStore& store : stores.stores) all.push_back(&store);
  const std::uint64_t ranks[] = {kValues / 2, kValues / 10 * 9, kValues / 100 * 99};
  for (auto _ : state) benchmark::DoNotOptimize(ExactStore::order_statistics(all, ranks));
}

void nth_element_of_copy(benchmark::State& state) {
  const Switches switches(state);
  for (auto _ : state) {
    state.PauseTiming();
    Values copy = values_of(state.range(1));
    state.ResumeTiming();
    const auto place = copy.begin() + static_cast<std::ptrdiff_t>(kValues / 100) * state.range(0);
    std::nth_element(copy.begin(), place, copy.end());
    benchmark::DoNotOptimize(*place);
  }
}

void sort_of_copy(benchmark::State& state) {
  const Switches switches(state);
  for (auto _ : state) {
    state.PauseTiming();
    Values copy = values_of(state.range(0));
    state.ResumeTiming();
    std::sort(copy.begin(), copy.end());
    benchmark::DoNotOptimize(copy.data());
  }
  per_value(state);
}

BENCHMARK(exact_insert)
    ->ArgNames({"metrics", "kind"})
    ->ArgsProduct({{1, 5, 5'000}, {continuous}})
    ->Args({1, half_equal})
    ->Args({1, whole_numbers})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(growing_vector)->Unit(benchmark::kMillisecond);
BENCHMARK(moments_histogram_and_exact)->Unit(benchmark::kMillisecond);
BENCHMARK(exact_query)
    ->ArgNames({"p", "kind"})
    ->ArgsProduct({{50, 99}, {continuous, half_equal, whole_numbers}})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(exact_query_of_union)->Unit(benchmark::kMillisecond);
BENCHMARK(nth_element_of_copy)
    ->ArgNames({"p", "kind"})
    ->ArgsProduct({{50, 99}, {continuous, half_equal}})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(sort_of_copy)
    ->ArgName("kind")
    ->Arg(continuous)
    ->Arg(half_equal)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
