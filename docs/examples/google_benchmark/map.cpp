// SPDX-License-Identifier: Apache-2.0
//
// How long each insertion into a map takes, when four threads share it, and not how long the mean one does.
//
//   c++ -std=c++20 -O2 map.cpp -o map $(pkg-config --cflags --libs --static millrace) -lbenchmark -lpthread
//   ./map --millrace_log=runs && millrace replay runs/insert
#include <map>
#include <mutex>

#include <benchmark/benchmark.h>

#include <millrace/google_benchmark.hpp>

namespace {

std::mutex mutex;
std::map<std::uint64_t, std::uint64_t> map;

void insert(benchmark::State& state) {
  millrace::BenchmarkRecorder recorder(state, "insert");
  auto key = static_cast<std::uint64_t>(state.thread_index()) << 40;
  for (auto _ : state) {
    auto lap = recorder.time();
    const std::lock_guard lock(mutex);
    map.emplace(key++ * 0x9e3779b97f4a7c15u, key);
  }
}
BENCHMARK(insert)->Threads(4);

}  // namespace

MILLRACE_BENCHMARK_MAIN();
