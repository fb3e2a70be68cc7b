// SPDX-License-Identifier: Apache-2.0
//
// Distributions over time, and the whole of guidellm's summary.
//
//   bench_distributions --benchmark_repetitions=3
//
// levels and rates: of `requests` requests, from adding their starts and ends to the distribution; by_end 1: in
// the order in which they ended, as in a log, else in random order. summary: GenerationRecords by the profile of
// guidellm 0.7.3, its 16 metrics by four statuses, `tokens` of them each with an own time; room_mb: memory for
// sorting, 0: all that there is. long_prompts: by that of guidellm 0.2.1, which has an event for each token of the
// prompt, too: tokens counts both.
// Units: s_per_request, and s_per_token, of processor time. Excluded: making the requests.
// Several repetitions: the first pays for memory that a virtual machine has given back to its host.
#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "replay/spill_file.hpp"
#include "stats/distribution.hpp"
#include "stats/generation_summary.hpp"
#include "stats/timeline.hpp"

namespace millrace {
namespace {

struct Interval {
  std::int64_t start_ns, end_ns;
};

// 1,000 a second, of about 300 ms each.
std::vector<Interval> intervals(std::size_t n, bool by_end = false) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> length(19.5, 0.6);
  std::vector<Interval> all(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto start = static_cast<std::int64_t>(i * 1'000'000 + random() % 1'000'000);
    all[i] = {start, start + static_cast<std::int64_t>(length(random))};
  }
  if (by_end) {
    std::ranges::sort(all, {}, &Interval::end_ns);
  } else {
    std::shuffle(all.begin(), all.end(), random);
  }
  return all;
}

void per_request(benchmark::State& state, std::int64_t requests, std::int64_t tokens = 0) {
  using benchmark::Counter;
  const auto inverted =
      static_cast<Counter::Flags>(Counter::kIsIterationInvariantRate | Counter::kInvert);
  state.counters["s_per_request"] = Counter(static_cast<double>(requests), inverted);
  if (tokens != 0) state.counters["s_per_token"] = Counter(static_cast<double>(tokens), inverted);
}

void concurrency_levels(benchmark::State& state) {
  const auto all = intervals(static_cast<std::size_t>(state.range(0)), state.range(1) != 0);
  for (auto _ : state) {
    SortRoom room;
    const TimeAxis axis(0);
    Timeline changes(axis, room);
    for (const Interval& one : all) {
      changes.add(one.start_ns, kOne);
      changes.add(one.end_ns, -kOne);
    }
    WeightedSorter levels(room);
    add_levels(std::array{&changes}, {}, levels);
    benchmark::DoNotOptimize(distribution_of({&levels}, {}).mean);
  }
  per_request(state, state.range(0));
}

void completion_rates(benchmark::State& state) {
  const auto all = intervals(static_cast<std::size_t>(state.range(0)), state.range(1) != 0);
  for (auto _ : state) {
    SortRoom room;
    const TimeAxis axis(0);
    Timeline ends(axis, room);
    for (const Interval& one : all) ends.add(one.end_ns, kOne);
    WeightedSorter rates(room);
    add_rates(std::array{&ends}, {.near_seconds = 1e-4}, rates);
    benchmark::DoNotOptimize(distribution_of({&rates}, {}).mean);
  }
  per_request(state, state.range(0));
}

struct Tokens {
  std::int32_t prompt, output;
};

std::uint64_t summary_of(const std::vector<Interval>& all, const char* profile,
                         const Tokens& tokens, SortRoom& room) {
  GenerationSummarizer summarizer(*generation_profile(profile), 0, room);
  for (std::size_t i = 0; i < all.size(); ++i) {
    GenerationRecord r;
    r.status = i % 50 == 0 ? Status::error : Status::ok;
    r.start_ns = all[i].start_ns;
    r.end_ns = r.last_token_ns = all[i].end_ns;
    r.first_token_ns = r.start_ns + (r.end_ns - r.start_ns) / 5;
    r.input_tokens = tokens.prompt != 0 ? tokens.prompt : static_cast<std::int32_t>(i % 1'000);
    r.output_tokens = tokens.output;
    summarizer.add(r);
  }
  const GenerationSummary summary = summarizer.finish({});
  benchmark::DoNotOptimize(summary.metrics[0].total.mean);
  return room.spilled_bytes();
}

void guidellm_summary(benchmark::State& state) {
  const auto all = intervals(static_cast<std::size_t>(state.range(0)));
  const auto tokens = static_cast<std::int32_t>(state.range(1));
  const std::size_t room_bytes = static_cast<std::size_t>(state.range(2)) << 20;
  std::uint64_t spilled = 0;
  for (auto _ : state) {
    SortRoom room =
        room_bytes == 0 ? SortRoom() : SortRoom(room_bytes, std::make_unique<SpillFile>(""));
    spilled = summary_of(all, "guidellm-0.7.3", {.prompt = 0, .output = tokens}, room);
    if (!room.failed().empty()) return state.SkipWithError(room.failed().c_str());
  }
  per_request(state, state.range(0), state.range(0) * tokens);
  state.counters["spilled_mb"] = static_cast<double>(spilled) / 1e6;
}

void long_prompts(benchmark::State& state) {
  const auto all = intervals(static_cast<std::size_t>(state.range(0)));
  const auto prompt = static_cast<std::int32_t>(state.range(1));
  constexpr std::int32_t kOutput = 100;
  for (auto _ : state) {
    SortRoom room;
    (void)summary_of(all, "guidellm-0.2.1", {.prompt = prompt, .output = kOutput}, room);
  }
  per_request(state, state.range(0), state.range(0) * (prompt + kOutput));
}

void both_orders(benchmark::internal::Benchmark* benchmark) {
  for (const int by_end : {0, 1}) benchmark->Args({10'000'000, by_end});
  benchmark->ArgNames({"requests", "by_end"})->Unit(benchmark::kMillisecond);
}

BENCHMARK(concurrency_levels)->Apply(both_orders);
BENCHMARK(completion_rates)->Apply(both_orders);
BENCHMARK(guidellm_summary)
    ->Args({1'000'000, 1, 0})
    ->Args({1'000'000, 65, 0})
    ->Args({1'000'000, 65, 256})
    ->ArgNames({"requests", "tokens", "room_mb"})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);
BENCHMARK(long_prompts)
    ->Args({60'000, 800})
    ->ArgNames({"requests", "prompt"})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
