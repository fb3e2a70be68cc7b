// SPDX-License-Identifier: Apache-2.0
//
// A column of doubles in memory: exact p50, p90 and p99, mean, deviation, skewness, least and greatest value.
//
//   bench_columns --benchmark_repetitions=5
//   MILLRACE_BENCH_VALUES=FILE bench_columns      # the values are left in FILE, 400 MB, and read from there
//   node bench/duckdb_columns.mjs ...             # the same by DuckDB, in turn with this program
//
// One iteration: 50 million log-normal values, as replay goes about a log of as many records without keeping
// one: slices of records of one double are counted part by part, the parts are merged in order, and passes find
// the percentiles that the histogram points at. Wall time; the counters have the numbers, and how many passes
// it took. Excluded: making the values, and comparing the percentiles with nth_element, once.
// A log has records of 16 bytes at least, and checksums: bench_replay has what these cost.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/log_part.hpp"
#include "pin.hpp"
#include "stats/rank_selection.hpp"
#include "stats/stream_stats.hpp"
#include "switches.hpp"

namespace millrace {
namespace {

constexpr std::size_t kValues = 50'000'000;
constexpr std::size_t kPartValues = std::size_t{1} << 22;  // 32 MiB: half a segment of a log
constexpr std::array kPercentiles{50.0, 90.0, 99.0};
constexpr std::array kRules{Rule::nearest_rank};

// ---- The values ------------------------------------------------------------------------------------

bool read_values(const char* path, std::vector<double>& values) {
  std::error_code none;
  if (std::filesystem::file_size(path, none) != values.size() * sizeof(double) || none)
    return false;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path, "rb"), std::fclose);
  return file && std::fread(values.data(), sizeof(double), kValues, file.get()) == kValues;
}

void write_values(const char* path, const std::vector<double>& values) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path, "wb"), std::fclose);
  if (!file || std::fwrite(values.data(), sizeof(double), kValues, file.get()) != kValues) {
    std::fprintf(stderr, "bench_columns: '%s' could not be written\n", path);
  }
}

const std::vector<double>& values() {
  static const std::vector<double> values = [] {
    std::vector<double> made(kValues);
    const char* path = std::getenv("MILLRACE_BENCH_VALUES");
    if (path != nullptr && read_values(path, made)) return made;
    std::mt19937_64 random(1);
    std::lognormal_distribution<double> latency(3, 0.5);
    for (double& value : made) value = latency(random);
    if (path != nullptr) write_values(path, made);
    return made;
  }();
  return values;
}

// ---- The numbers -----------------------------------------------------------------------------------

struct Numbers {
  Moments moments;
  std::array<double, kPercentiles.size()> percentiles{};
  int passes = 0;
};

std::unique_ptr<StreamStats> without_values() {
  Schema schema;
  schema.name = "column";
  schema.record_size = sizeof(double);
  schema.metrics = {{"value",
                     Unit::none,
                     {Operation::field, {0, FieldType::f64}, {}, {}},
                     Domain::number,
                     false}};
  auto memory = std::make_shared<ExactMemory>(0);
  memory->exact = false;
  return std::make_unique<StreamStats>(schema, memory, StatsLimits{},
                                       std::vector<StreamStats::Bound>{});
}

template <typename Use>
void for_each_slice(std::size_t part, Use&& use) {
  const std::size_t end = std::min(kValues, (part + 1) * kPartValues);
  for (std::size_t at = part * kPartValues; at < end; at += kSliceRecordsMax) {
    const std::size_t count = std::min<std::size_t>(kSliceRecordsMax, end - at);
    use(Slice{.records = reinterpret_cast<const std::byte*>(values().data() + at),
              .count = static_cast<std::uint32_t>(count),
              .record_size = sizeof(double)});
  }
}

// What LogTotals and LogSelection do with the parts of a log. Nothing: parts that do not merge, or a rank that
// was not found.
std::optional<Numbers> numbers_of_column(unsigned threads) {
  std::vector<std::unique_ptr<StreamStats>> parts((kValues + kPartValues - 1) / kPartValues);
  each_in_parallel(parts.size(), threads, [&](std::size_t part, unsigned) {
    parts[part] = without_values();
    for_each_slice(part, [&](const Slice& slice) { parts[part]->accumulate(slice, {}); });
    parts[part]->end_segment();
  });
  const auto totals = without_values();
  for (const auto& part : parts) {
    if (!totals->merge(*part, {})) return std::nullopt;
  }
  RankSelection selection(*totals, totals->wanted_for(kPercentiles, kRules, false, false),
                          {.parts = threads});
  while (!selection.done()) {
    each_in_parallel(parts.size(), threads, [&](std::size_t part, unsigned thread) {
      for_each_slice(part,
                     [&](const Slice& slice) { selection.part(thread).accumulate(slice, {}); });
    });
    selection.end_pass();
  }
  Numbers numbers{totals->figures(0, {}).moments, {}, selection.passes()};
  const auto found = selection.values(0);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) return std::nullopt;
    numbers.percentiles[i] = *found[i];
  }
  return numbers;
}

// By the definition: of n values the ceil(p/100 n)th.
bool percentiles_are(const std::array<double, kPercentiles.size()>& found) {
  static const auto expected = [] {
    std::array<double, kPercentiles.size()> of{};
    std::vector<double> sorted = values();
    for (std::size_t i = 0; i < of.size(); ++i) {
      const auto rank = static_cast<std::size_t>(kPercentiles[i]) * kValues / 100;
      const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(rank - 1);
      std::nth_element(sorted.begin(), at, sorted.end());
      of[i] = *at;
    }
    return of;
  }();
  return found == expected;
}
static_assert(kValues % 100 == 0);  // so that the rank needs no rounding

void column(benchmark::State& state) {
  const auto threads = static_cast<unsigned>(state.range(0));
  (void)values();
  if (threads == 1) pin(0);
  std::optional<Numbers> numbers;
  {
    const Switches switches(state);
    for (auto _ : state) numbers = numbers_of_column(threads);
  }
  unpin();
  if (!numbers || !percentiles_are(numbers->percentiles)) {
    return state.SkipWithError("the percentiles are not those of nth_element");
  }
  state.counters["ns_per_record"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kValues / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["passes"] = numbers->passes;
  state.counters["p50"] = numbers->percentiles[0];
  state.counters["p90"] = numbers->percentiles[1];
  state.counters["p99"] = numbers->percentiles[2];
  state.counters["mean"] = numbers->moments.mean;
  state.counters["deviation"] = numbers->moments.deviation();
  state.counters["skewness"] = numbers->moments.skewness();
  state.counters["min"] = numbers->moments.min;
  state.counters["max"] = numbers->moments.max;
}
BENCHMARK(column)
    ->Name("columns/millrace")
    ->Arg(1)
    ->Arg(2)
    ->ArgName("threads")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
