// SPDX-License-Identifier: Apache-2.0
//
// Twenty percentiles of each of five metrics of 20 M records in memory: by passes over the records, as over a log,
// and by sorting the columns, which are taken out of the records beforehand. Unit: the time of all of it.
// Beware: a mean over runs on a shared machine says little: compare lines of one run, with
// --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include <benchmark/benchmark.h>

#include "made_values.hpp"
#include "stats/rank_selection.hpp"
#include "switches.hpp"

namespace millrace {
namespace {

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
