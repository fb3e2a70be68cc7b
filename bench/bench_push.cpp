// SPDX-License-Identifier: Apache-2.0
//
// What one push costs its thread, beside a bare store that nobody reads, beside the same loop into
// blocks that are given back unread, and beside moodycamel's own enqueue, in one run.
//
//   bench_push --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true
//
// Bursts of 16,000 records, which the ring holds, while the aggregator takes them on another core;
// between bursts it catches up, untimed: so the worker's own cost is seen, not the aggregator's.
// Paced: one record a microsecond; percentiles of single pushes, the timer's own cost subtracted.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <concurrentqueue/concurrentqueue.h>
#include <sys/mman.h>
#include <x86intrin.h>

#include "millrace/millrace.hpp"

#include "pin.hpp"

namespace millrace {
namespace {

struct Large {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  std::int64_t rest[30] = {};
};
static_assert(sizeof(Large) == 256);

}  // namespace

template <>
struct RecordTraits<Large> {
  static Result<Schema> schema() {
    Schema schema;
    schema.name = "large";
    schema.record_size = sizeof(Large);
    for (std::uint32_t i = 0; i < 32; ++i) {
      schema.fields.push_back({"f" + std::to_string(i), {i * 8, FieldType::i64}});
    }
    schema.metrics.push_back({"latency",
                              Unit::nanoseconds,
                              {Operation::difference, {8, FieldType::i64}, {0, FieldType::i64}, {}},
                              Domain::duration,
                              false});
    return schema;
  }
};

namespace {

constexpr std::int64_t kBurst = 16'000;

template <typename T>
T record_of(std::int64_t i) {
  T record{};
  record.start_ns = i;
  record.end_ns = i + 1'000 + (i & 1023);
  return record;
}

// 4 MiB of huge pages written round and round: the machine's limit.
template <typename T>
void bare_store(benchmark::State& state) {
  pin(0);
  constexpr std::size_t kBytes = 4 << 20;
  void* memory =
      ::mmap(nullptr, 2 * kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ::madvise(memory, 2 * kBytes, MADV_HUGEPAGE);
  std::memset(memory, 1, 2 * kBytes);
  auto* const ring = static_cast<T*>(memory);
  const std::size_t n = kBytes / sizeof(T);
  std::size_t at = 0;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::int64_t i = 0; i < kBurst; ++i) {
      ring[at] = record_of<T>(i);
      benchmark::ClobberMemory();
      at = at + 1 == n ? 0 : at + 1;
    }
    state.SetIterationTime(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  state.counters["ns"] =
      benchmark::Counter(static_cast<double>(state.iterations() * kBurst) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  ::munmap(memory, 2 * kBytes);
}

enum class How { push, claim };

template <typename T, How how>
void engine_push(benchmark::State& state) {
  static std::unique_ptr<Engine> engine;
  static std::unique_ptr<Stream<T>> stream;
  if (state.thread_index() == 0) {
    unpin();  // the aggregator inherits where its engine is opened
    engine = std::make_unique<Engine>(
        Engine::open({.idle = Idle::spin, .exact_memory_bytes = 0}).value());
    stream = std::make_unique<Stream<T>>(engine->stream<T>("bench").value());
  }
  std::unique_ptr<Worker<T>> worker;
  std::uint64_t refused = 0;
  for (auto _ : state) {
    if (!worker) {
      worker = std::make_unique<Worker<T>>(stream->worker().value());
      if (state.threads() == 1) pin(0);
    }
    (void)engine->flush();
    const auto begin = std::chrono::steady_clock::now();
    for (std::int64_t i = 0; i < kBurst; ++i) {
      if constexpr (how == How::push) {
        worker->push(record_of<T>(i));
      } else if (T* record = worker->claim()) {
        record->start_ns = i;
        record->end_ns = i + 1'000 + (i & 1023);
        worker->commit();
      }
    }
    state.SetIterationTime(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  refused = worker->rejected().total();
  worker.reset();
  state.counters["ns"] =
      benchmark::Counter(static_cast<double>(state.iterations() * kBurst) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["refused"] = static_cast<double>(refused);
  if (state.thread_index() == 0) {
    (void)engine->finish();
    stream.reset();
    engine.reset();
  }
}

// The obvious build: records through the queue, with a token, drained by one thread that stays away
// 20 us after a short drain, as our aggregator does.
template <typename T>
void queue_enqueue(benchmark::State& state) {
  pin(0);
  moodycamel::ConcurrentQueue<T> queue(64 * 1024);
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> taken{0};
  std::jthread consumer([&] {
    pin(1);
    std::vector<T> batch(2048);
    std::int64_t sum = 0;
    while (!stop.load(std::memory_order_relaxed)) {
      const std::size_t n = queue.try_dequeue_bulk(batch.data(), batch.size());
      for (std::size_t i = 0; i < n; ++i) sum += batch[i].end_ns - batch[i].start_ns;
      taken.fetch_add(static_cast<std::int64_t>(n), std::memory_order_release);
      if (n < 256) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(20);
        while (std::chrono::steady_clock::now() < until) _mm_pause();
      }
    }
    benchmark::DoNotOptimize(sum);
  });
  moodycamel::ProducerToken token(queue);
  std::int64_t pushed = 0;
  for (auto _ : state) {
    while (taken.load(std::memory_order_acquire) != pushed) std::this_thread::yield();
    const auto begin = std::chrono::steady_clock::now();
    for (std::int64_t i = 0; i < kBurst; ++i) queue.enqueue(token, record_of<T>(i));
    state.SetIterationTime(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    pushed += kBurst;
  }
  state.counters["ns"] =
      benchmark::Counter(static_cast<double>(state.iterations() * kBurst) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  stop.store(true, std::memory_order_relaxed);
}

// One push a microsecond; p50, p99 and p99.9 in nanoseconds without the timer.
template <typename Push>
void paced(benchmark::State& state, Push push) {
  constexpr std::size_t kPushes = 200'000;
  const std::uint64_t begin_ns =
      static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  const std::uint64_t begin = __rdtsc();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const double ticks_a_ns =
      static_cast<double>(__rdtsc() - begin) /
      static_cast<double>(
          static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) -
          begin_ns);
  const auto apart = static_cast<std::uint64_t>(1'000 * ticks_a_ns);
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
    sample(timer, [](std::int64_t) { benchmark::ClobberMemory(); });
    sample(ticks, push);
  }
  const double own = static_cast<double>(timer[kPushes / 2]);
  const auto at = [&](double p) {
    return (static_cast<double>(ticks[static_cast<std::size_t>(p * (kPushes - 1))]) - own) /
           ticks_a_ns;
  };
  state.counters["p50_ns"] = at(0.5);
  state.counters["p99_ns"] = at(0.99);
  state.counters["p99.9_ns"] = at(0.999);
}

void paced_push(benchmark::State& state) {
  unpin();
  auto engine = Engine::open({.idle = Idle::spin}).value();
  auto worker = engine.stream<RequestRecord>("bench").value().worker().value();
  pin(0);
  paced(state, [&](std::int64_t i) { worker.push(record_of<RequestRecord>(i)); });
}

void paced_enqueue(benchmark::State& state) {
  pin(0);
  moodycamel::ConcurrentQueue<RequestRecord> queue(64 * 1024);
  std::atomic<bool> stop{false};
  std::jthread consumer([&] {
    pin(1);
    std::vector<RequestRecord> batch(2048);
    while (!stop.load(std::memory_order_relaxed)) {
      if (queue.try_dequeue_bulk(batch.data(), batch.size()) < 256) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(20);
        while (std::chrono::steady_clock::now() < until) _mm_pause();
      }
    }
  });
  moodycamel::ProducerToken token(queue);
  paced(state, [&](std::int64_t i) { queue.enqueue(token, record_of<RequestRecord>(i)); });
  stop.store(true, std::memory_order_relaxed);
}

BENCHMARK(bare_store<RequestRecord>)->Name("bare_store/64B")->UseManualTime();
BENCHMARK(engine_push<RequestRecord, How::push>)->Name("push/64B")->UseManualTime();
BENCHMARK(engine_push<RequestRecord, How::claim>)->Name("claim_commit/64B")->UseManualTime();
BENCHMARK(queue_enqueue<RequestRecord>)->Name("moodycamel_enqueue_token/64B")->UseManualTime();
BENCHMARK(bare_store<Large>)->Name("bare_store/256B")->UseManualTime();
BENCHMARK(engine_push<Large, How::push>)->Name("push/256B")->UseManualTime();
BENCHMARK(queue_enqueue<Large>)->Name("moodycamel_enqueue_token/256B")->UseManualTime();
BENCHMARK(engine_push<GenerationRecord, How::push>)->Name("push/GenerationRecord")->UseManualTime();
BENCHMARK(engine_push<GenerationRecord, How::claim>)
    ->Name("claim_commit/GenerationRecord")
    ->UseManualTime();
BENCHMARK(engine_push<RequestRecord, How::push>)
    ->Name("push/64B/2_workers")
    ->Threads(2)
    ->UseManualTime();
BENCHMARK(engine_push<Large, How::push>)->Name("push/256B/2_workers")->Threads(2)->UseManualTime();
BENCHMARK(paced_push)->Iterations(1);
BENCHMARK(paced_enqueue)->Iterations(1);

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
