// SPDX-License-Identifier: Apache-2.0
//
// How the cost of a record grows with the number of records, of workers, of metrics and of labels.
//
//   bench_growth --benchmark_repetitions=5
//
// records, workers: from push to the summary, through an engine, records of 64 bytes with five metrics;
// exact: each value is kept. metrics: records of 256 bytes, slices of 127 accumulated by one thread. labels:
// records of 64 bytes with five metrics and a label, slices of 511 by one thread, each value kept; labels are
// drawn uniformly or by Zipf's law (exponent 1). Unit: ns_per_record, on the wall.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "five.hpp"
#include "stats/stream_stats.hpp"
#include "switches.hpp"

namespace millrace {
namespace {

void per_record(benchmark::State& state, std::int64_t records) {
  state.counters["ns_per_record"] =
      benchmark::Counter(static_cast<double>(state.iterations() * records) * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void engine_run(benchmark::State& state, std::int64_t records, std::int64_t workers, bool exact) {
  const Switches switches(state);
  for (auto _ : state) {
    auto engine = Engine::open({.overflow = Overflow::wait,
                                .exact_memory_bytes = std::size_t{exact ? 8u : 0u} << 30})
                      .value();
    auto stream = engine.stream<Five>("five").value();
    std::vector<std::jthread> threads;
    for (std::int64_t w = 0; w < workers; ++w) {
      threads.emplace_back([&, w] {
        auto worker = stream.worker().value();
        for (std::int64_t i = w; i < records; i += workers) worker.push(five_of(i));
      });
    }
    threads.clear();
    const Summary summary = engine.finish().value();
    if (summary.accounting().aggregated != static_cast<std::uint64_t>(records)) {
      state.SkipWithError("records are missing");
    }
  }
  per_record(state, records);
}

void with_records(benchmark::State& state) {
  engine_run(state, state.range(0), 1, state.range(1) != 0);
}

void with_workers(benchmark::State& state) { engine_run(state, 1 << 22, state.range(0), false); }

// Slices of `slice` records, all of `bytes`, as often as benchmark likes.
void accumulate(benchmark::State& state, const Schema& schema, std::span<const std::byte> bytes,
                std::uint32_t slice, bool exact) {
  const Switches switches(state);
  const auto size = static_cast<std::uint32_t>(schema.record_size);
  const auto records = static_cast<std::uint32_t>(bytes.size() / size);
  const StatsLimits limits{.labels_max = 20'000, .label_memory_bytes = std::size_t{8} << 30};
  for (auto _ : state) {
    const auto memory = std::make_shared<ExactMemory>(std::size_t{exact ? 4u : 0u} << 30);
    memory->exact = exact;
    StreamStats stats(schema, memory, limits, {});
    for (std::uint32_t i = 0; i < records; i += slice) {
      stats.accumulate({.records = bytes.data() + std::size_t{i} * size,
                        .count = std::min(slice, records - i),
                        .record_size = size},
                       {});
    }
    benchmark::DoNotOptimize(stats.figures(0, {}).mean);
    state.PauseTiming();  // freeing is not what grows
    memory->arena.release_all();
    state.ResumeTiming();
  }
  per_record(state, records);
}

void with_metrics(benchmark::State& state) {
  Schema schema;
  schema.name = "wide";
  schema.record_size = 256;
  for (std::uint32_t i = 0; i < 32; ++i) {
    const Field field{8 * i, FieldType::i64};
    schema.fields.push_back({fmt::format("f{}", i), field});
    if (i >= state.range(0)) continue;
    schema.metrics.push_back({fmt::format("m{}", i),
                              Unit::none,
                              {Operation::field, field, {}, {}},
                              Domain::number,
                              false});
  }
  static const std::vector<std::int64_t> words = [] {
    std::vector<std::int64_t> made(std::size_t{1} << 23);  // 64 MiB
    std::mt19937_64 random(1);
    std::lognormal_distribution<double> latency(16, 0.6);
    for (auto& word : made) word = static_cast<std::int64_t>(latency(random));
    return made;
  }();
  accumulate(state, schema, std::as_bytes(std::span(words)), 127, false);
}

enum Draw : std::int64_t { kUniform, kZipf };

void with_labels(benchmark::State& state) {
  Schema schema = RecordTraits<Five>::schema().value();
  schema.fields.pop_back();
  schema.fields.push_back({"label", {56, FieldType::u16}});
  schema.label = Field{56, FieldType::u16};
  const auto labels = static_cast<std::size_t>(state.range(0));
  std::vector<double> weights(labels, 1);
  for (std::size_t i = 0; i < labels && state.range(1) == kZipf; ++i) {
    weights[i] = 1 / static_cast<double>(i + 1);
  }
  std::discrete_distribution<std::uint16_t> label(weights.begin(), weights.end());
  std::mt19937_64 random(1);
  std::vector<Five> records(std::size_t{1} << 21);
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i] = five_of(static_cast<std::int64_t>(i));
    records[i].spare_2 = 2 + label(random);
  }
  accumulate(state, schema, std::as_bytes(std::span(records)), 511, true);
}

BENCHMARK(with_records)
    ->Name("growth/records")
    ->ArgsProduct({{1'000'000, 10'000'000, 100'000'000}, {0, 1}})
    ->ArgNames({"n", "exact"})
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(with_workers)
    ->Name("growth/workers")
    ->RangeMultiplier(2)
    ->Range(1, 64)
    ->ArgName("n")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(with_metrics)
    ->Name("growth/metrics")
    ->RangeMultiplier(2)
    ->Range(1, 32)
    ->ArgName("n")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(with_labels)
    ->Name("growth/labels")
    ->ArgsProduct({{1, 10, 100, 1'000, 10'000}, {kUniform, kZipf}})
    ->ArgNames({"n", "zipf"})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
