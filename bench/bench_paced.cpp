// SPDX-License-Identifier: Apache-2.0
//
// What one push costs a worker that is no busier than a load generator, and what an engine costs that has
// nothing to do.
//
//   bench_paced --benchmark_repetitions=5
//
// paced: 200,000 pushes, one a microsecond; percentiles of single pushes in ns, the timer's own median
// subtracted (counter timer_ns). idle: CPU of the process in percent of a core, over a second in which
// nothing is pushed, the back-off strategy; and how long after a push its record is in a snapshot, median and
// worst of 50, in ms, after 20 ms of silence each.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <x86intrin.h>

#include "millrace/millrace.hpp"

#include "pin.hpp"
#include "queue_peer.hpp"
#include "switches.hpp"

namespace millrace {
namespace {

using Clock = std::chrono::steady_clock;

RequestRecord record_of(std::int64_t i) {
  return {.start_ns = i, .end_ns = i + 1'000 + (i & 1023)};
}

double ticks_a_ns() {
  const auto begin_time = Clock::now();
  const std::uint64_t begin = __rdtsc();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto ticks = static_cast<double>(__rdtsc() - begin);
  return ticks / std::chrono::duration<double, std::nano>(Clock::now() - begin_time).count();
}

template <typename Push>
void paced(benchmark::State& state, Push push) {
  constexpr std::size_t kPushes = 200'000;
  const double per_ns = ticks_a_ns();
  const auto apart = static_cast<std::uint64_t>(1'000 * per_ns);
  std::vector<std::uint64_t> timer(kPushes), ticks(kPushes);
  const auto sample = [&](std::vector<std::uint64_t>& into, auto&& what) {
    std::uint64_t due = __rdtsc();
    for (std::size_t i = 0; i < kPushes; ++i) {
      while (__rdtsc() < due) _mm_pause();
      const std::uint64_t t0 = __rdtsc();
      what(static_cast<std::int64_t>(i));
      unsigned core;
      into[i] = __rdtscp(&core) - t0;
      due += apart;
    }
    std::sort(into.begin(), into.end());
  };
  for (auto _ : state) {
    const Switches switches(state);
    sample(timer, [](std::int64_t) { benchmark::ClobberMemory(); });
    sample(ticks, push);
  }
  const auto own = static_cast<double>(timer[kPushes / 2]);
  const auto at = [&](double p) {
    return (static_cast<double>(ticks[static_cast<std::size_t>(p * (kPushes - 1))]) - own) / per_ns;
  };
  state.counters["p50_ns"] = at(0.5);
  state.counters["p99_ns"] = at(0.99);
  state.counters["p99.9_ns"] = at(0.999);
  state.counters["timer_ns"] = own / per_ns;
}

void paced_push(benchmark::State& state) {
  unpin();
  auto engine = Engine::open({.idle = Idle::spin}).value();
  auto worker = engine.stream<RequestRecord>("bench").value().worker().value();
  pin(0);
  paced(state, [&](std::int64_t i) { worker.push(record_of(i)); });
}

template <typename Traits>
void paced_enqueue(benchmark::State& state) {
  pin(0);
  QueuePeer<RequestRecord, Traits> queue;
  paced(state, [&](std::int64_t i) { queue.enqueue(record_of(i)); });
}

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void idle_cpu(benchmark::State& state) {
  unpin();
  auto engine = Engine::open({}).value();
  auto worker = engine.stream<RequestRecord>("bench").value().worker().value();
  worker.push(record_of(0));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  for (auto _ : state) {
    const auto begin = Clock::now();
    const double before = cpu_seconds();
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const double used = cpu_seconds() - before;
    state.counters["percent_of_a_core"] =
        100 * used / std::chrono::duration<double>(Clock::now() - begin).count();
  }
}

void idle_until_seen(benchmark::State& state) {
  unpin();
  auto engine = Engine::open({}).value();
  auto worker = engine.stream<RequestRecord>("bench").value().worker().value();
  constexpr std::size_t kTimes = 50;
  for (auto _ : state) {
    std::vector<double> ms;
    for (std::size_t i = 0; i < kTimes; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      const auto begin = Clock::now();
      worker.push(record_of(static_cast<std::int64_t>(i)));
      const auto snapshot = engine.snapshot();
      const auto end = Clock::now();
      if (snapshot.accounting.aggregated <= i) {
        return state.SkipWithError("the record is not in the snapshot");
      }
      ms.push_back(std::chrono::duration<double, std::milli>(end - begin).count());
    }
    std::sort(ms.begin(), ms.end());
    state.counters["median_ms"] = ms[kTimes / 2];
    state.counters["worst_ms"] = ms.back();
  }
}

BENCHMARK(paced_push)->Name("paced/push")->Iterations(1);
BENCHMARK(paced_enqueue<moodycamel::ConcurrentQueueDefaultTraits>)
    ->Name("paced/enqueue_token")
    ->Iterations(1);
BENCHMARK(paced_enqueue<BestTraits>)->Name("paced/enqueue_best")->Iterations(1);
BENCHMARK(idle_cpu)->Name("idle/cpu")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(idle_until_seen)->Name("idle/until_seen")->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
