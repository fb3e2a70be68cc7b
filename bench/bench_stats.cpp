// SPDX-License-Identifier: Apache-2.0
//
// The estimators of src/stats beside what one would write by hand. One iteration: 10 M values,
// added in slices of 500 (what an aggregator's turn hands over), or one query of a store that holds
// them. Unit: the counter ns_per_value, or the time of the query. Excluded: making the values; for
// exact stores freeing the memory, but not the kernel's clearing of it (1.3 ns a value).
// Beware: the queries are warm, and a mean over runs on a shared machine says little: compare lines
// of one run, with --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <boost/accumulators/accumulators.hpp>
#include <boost/accumulators/statistics.hpp>

#include "stats/exact_store.hpp"
#include "stats/histogram.hpp"
#include "stats/moments.hpp"
#include "stats/rank_selection.hpp"
#include "stats/sum.hpp"
#include "switches.hpp"

namespace millrace {
namespace {

using Values = std::vector<double>;
constexpr std::size_t kValues = 10'000'000;
constexpr std::size_t kSlice = 500;
constexpr std::size_t kArenaBytes = std::size_t{4} << 30;

enum Kind : std::int64_t { continuous, half_equal, whole_numbers };

const Values& values_of(std::int64_t kind) {
  static const Values lognormal = [] {
    std::mt19937_64 random(1);
    std::lognormal_distribution<double> distribution(3, 0.5);
    Values values(kValues);
    for (double& value : values) value = distribution(random);
    return values;
  }();
  static const Values half = [] {
    Values values = lognormal;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i * 2'654'435'761u >> 31 & 1) values[i] = 20.5;
    }
    return values;
  }();
  static const Values whole = [] {
    Values values = lognormal;
    for (double& value : values) value = std::round(value * 10);
    return values;
  }();
  return kind == continuous ? lognormal : kind == half_equal ? half : whole;
}

void per_value(benchmark::State& state) {
  state.counters["ns_per_value"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * 1e-9 * kValues,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

template <typename Use>
void for_each_slice(std::span<const double> values, Use&& use) {
  for (std::size_t i = 0; i < values.size(); i += kSlice) use(values.subspan(i, kSlice));
}

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
  namespace acc = boost::accumulators;
  using Set =
      acc::accumulator_set<double,
                           acc::stats<acc::tag::mean, acc::tag::variance, acc::tag::skewness,
                                      acc::tag::kurtosis, acc::tag::min, acc::tag::max>>;
  for (auto _ : state) {
    Set set;
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

void histogram_query(benchmark::State& state) {
  const Switches switches(state);
  Histogram histogram;
  histogram.add(values_of(continuous));
  const std::uint64_t ranks[] = {kValues / 2, kValues / 10 * 9, kValues / 20 * 19,
                                 kValues / 100 * 99, kValues / 1000 * 999};
  for (auto _ : state) benchmark::DoNotOptimize(histogram.order_statistics(ranks));
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

// 20 M records of five doubles in memory, and 20 percentiles of each: by passes over the records, as
// over a log, and by sorting the columns (taken out of the records beforehand).
constexpr std::size_t kRecords = 20'000'000;
constexpr std::size_t kMetrics = 5;
constexpr std::uint32_t kRecordSlice = 1'000;

class Records {
 public:
  explicit Records(std::int64_t kind) : doubles_(kRecords * kMetrics) {
    std::mt19937_64 random(3);
    std::lognormal_distribution<double> distribution(3, 0.5);
    for (double& value : doubles_) {
      value = distribution(random);
      if (kind == half_equal && random() % 2 == 0) value = 20.5;
      if (kind == whole_numbers) value = std::round(value * 10);
    }
    schema_.name = "five";
    schema_.record_size = kMetrics * sizeof(double);
    for (std::uint32_t i = 0; i < kMetrics; ++i) {
      const Field field{i * 8, FieldType::f64};
      schema_.metrics.push_back({std::string(1, static_cast<char>('a' + i)),
                                 Unit::none,
                                 {Operation::field, field, {}, {}},
                                 Domain::number,
                                 false});
    }
  }
  template <typename Use>
  void for_each_slice(Use&& use) const {
    for (std::size_t i = 0; i < kRecords; i += kRecordSlice) {
      use(Slice{.records = reinterpret_cast<const std::byte*>(&doubles_[i * kMetrics]),
                .count = kRecordSlice,
                .record_size = schema_.record_size});
    }
  }
  [[nodiscard]] Values column(std::size_t metric) const {
    Values values(kRecords);
    for (std::size_t i = 0; i < kRecords; ++i) values[i] = doubles_[i * kMetrics + metric];
    return values;
  }
  [[nodiscard]] const Schema& schema() const { return schema_; }

 private:
  Values doubles_;
  Schema schema_;
};

Values twenty_percentiles() {
  Values ps{1, 2, 99.5, 99.9, 99.99};
  for (double p = 5; p < 80; p += 7.5) ps.push_back(p);
  ps.insert(ps.end(), {85, 90, 95, 97, 99});
  return ps;
}

void selection_of_records(benchmark::State& state) {
  const Switches switches(state);
  const Records records(state.range(0));
  auto memory = std::make_shared<ExactMemory>(0);
  memory->exact = false;
  StreamStats totals(records.schema(), memory, {}, {});
  records.for_each_slice([&](const Slice& slice) { totals.accumulate(slice, {}); });
  const Values ps = twenty_percentiles();
  const Rule rule = Rule::nearest_rank;
  int passes = 0;
  for (auto _ : state) {
    RankSelection selection(totals, totals.wanted_for(ps, {&rule, 1}, false, false));
    while (!selection.done()) {
      records.for_each_slice([&](const Slice& slice) { selection.part(0).accumulate(slice, {}); });
      selection.end_pass();
    }
    benchmark::DoNotOptimize(selection.values(0));
    passes = selection.passes();
  }
  state.counters["passes"] = passes;
  state.counters["percentiles"] = static_cast<double>(ps.size());
}

void sort_of_columns(benchmark::State& state) {
  const Switches switches(state);
  const Records records(state.range(0));
  for (auto _ : state) {
    for (std::size_t metric = 0; metric < kMetrics; ++metric) {
      state.PauseTiming();
      Values values = records.column(metric);
      state.ResumeTiming();
      std::sort(values.begin(), values.end());
      benchmark::DoNotOptimize(values.data());
    }
  }
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
BENCHMARK(histogram_query)->Unit(benchmark::kMicrosecond);
BENCHMARK(nth_element_of_copy)
    ->ArgNames({"p", "kind"})
    ->ArgsProduct({{50, 99}, {continuous, half_equal}})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(sort_of_copy)
    ->ArgName("kind")
    ->Arg(continuous)
    ->Arg(half_equal)
    ->Unit(benchmark::kMillisecond);

BENCHMARK(selection_of_records)
    ->ArgName("kind")
    ->Arg(continuous)
    ->Arg(half_equal)
    ->Arg(whole_numbers)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(sort_of_columns)
    ->ArgName("kind")
    ->Arg(continuous)
    ->Arg(half_equal)
    ->Arg(whole_numbers)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
