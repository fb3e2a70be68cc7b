// SPDX-License-Identifier: Apache-2.0
//
// What a push costs from C beside one from C++, in one run: one record a call, in place, and a hundred a call.
//
//   bench_c_push --benchmark_repetitions=7 --benchmark_enable_random_interleaving=true
//
// Bursts of 4,000 records, which the ring holds, with the aggregator asleep most of the time; between bursts it
// catches up, untimed.
#include <chrono>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "millrace/millrace.hpp"

#include "millrace.h"

namespace millrace {
namespace {

constexpr std::int64_t kBurst = 4'000;
constexpr std::int64_t kMany = 100;

template <typename CatchUp, typename Push>
void time_bursts(benchmark::State& state, CatchUp&& catch_up, Push&& push) {
  for (auto _ : state) {
    catch_up();
    const auto begin = std::chrono::steady_clock::now();
    push();
    state.SetIterationTime(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  state.counters["ns"] =
      benchmark::Counter(static_cast<double>(state.iterations() * kBurst) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

enum class How { push, claim, many };

template <typename T, How how>
void from_cpp(benchmark::State& state) {
  auto engine = Engine::open({.idle = Idle::sleep, .exact_memory_bytes = 0}).value();
  auto worker = engine.stream<T>("bench").value().worker().value();
  time_bursts(
      state, [&] { (void)engine.flush(); },
      [&] {
        for (std::int64_t i = 0; i < kBurst; ++i) {
          if constexpr (how == How::push) {
            T record{};
            record.start_ns = i;
            record.end_ns = i + 1'000;
            worker.push(record);
          } else if (T* room = worker.claim()) {
            room->start_ns = i;
            room->end_ns = i + 1'000;
            worker.commit();
          }
        }
      });
  state.counters["refused"] = static_cast<double>(worker.rejected().total());
}

template <typename T, How how>
void from_c(benchmark::State& state, int schema_of, void (*init)(T*)) {
  millrace_options options;
  millrace_options_init(&options, sizeof options);
  options.idle = MILLRACE_IDLE_SLEEP;
  options.exact_memory_bytes = 0;
  millrace_engine* engine = nullptr;
  millrace_schema* schema = nullptr;
  millrace_stream* stream = nullptr;
  millrace_worker* worker = nullptr;
  if (millrace_open(&options, &engine, nullptr) != MILLRACE_OK ||
      millrace_schema_builtin(schema_of, &schema, nullptr) != MILLRACE_OK ||
      millrace_stream_open(engine, "bench", schema, nullptr, &stream, nullptr) != MILLRACE_OK ||
      millrace_worker_open(stream, sizeof(T), &worker, nullptr) != MILLRACE_OK) {
    state.SkipWithError("no engine");
    return;
  }
  T blank;
  init(&blank);
  std::vector<T> many(kMany, blank);
  time_bursts(
      state, [&] { millrace_flush(engine, nullptr); },
      [&] {
        for (std::int64_t i = 0; i < kBurst; ++i) {
          if constexpr (how == How::push) {
            T record = blank;
            record.start_ns = i;
            record.end_ns = i + 1'000;
            millrace_push(worker, &record);
          } else if constexpr (how == How::claim) {
            auto* room = static_cast<T*>(millrace_claim(worker));
            if (room == nullptr) continue;
            room->start_ns = i;
            room->end_ns = i + 1'000;
            millrace_commit(worker);
          } else {
            T& record = many[static_cast<std::size_t>(i % kMany)];
            record = blank;
            record.start_ns = i;
            record.end_ns = i + 1'000;
            if (i % kMany == kMany - 1) millrace_push_many(worker, many.data(), kMany);
          }
        }
      });
  millrace_rejected rejected{};
  rejected.struct_size = sizeof rejected;
  millrace_worker_rejected(worker, &rejected, nullptr);
  state.counters["refused"] = static_cast<double>(rejected.full);
  millrace_worker_close(worker);
  millrace_schema_free(schema);
  millrace_close(engine);
}

template <How how>
void requests(benchmark::State& state) {
  from_c<millrace_request_record, how>(state, MILLRACE_RECORD_REQUEST,
                                       millrace_request_record_init);
}
template <How how>
void generations(benchmark::State& state) {
  from_c<millrace_generation_record, how>(state, MILLRACE_RECORD_GENERATION,
                                          millrace_generation_record_init);
}

BENCHMARK(from_cpp<RequestRecord, How::push>)->Name("c_push/64B/cpp/push")->UseManualTime();
BENCHMARK(requests<How::push>)->Name("c_push/64B/c/push")->UseManualTime();
BENCHMARK(from_cpp<RequestRecord, How::claim>)
    ->Name("c_push/64B/cpp/claim_commit")
    ->UseManualTime();
BENCHMARK(requests<How::claim>)->Name("c_push/64B/c/claim_commit")->UseManualTime();
BENCHMARK(requests<How::many>)->Name("c_push/64B/c/push_many")->UseManualTime();
BENCHMARK(from_cpp<GenerationRecord, How::push>)
    ->Name("c_push/GenerationRecord/cpp/push")
    ->UseManualTime();
BENCHMARK(generations<How::push>)->Name("c_push/GenerationRecord/c/push")->UseManualTime();

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
