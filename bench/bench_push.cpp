// SPDX-License-Identifier: Apache-2.0
//
// What one push costs its thread, beside a bare store that nobody reads, beside the same push into blocks
// that are given back unread, and beside moodycamel's own enqueue: without a token, with one, and with one
// and the best settings that we found. One run, with
//
//   bench_push --benchmark_repetitions=7 --benchmark_enable_random_interleaving=true
//
// Bursts of 16,000 records, which the ring holds, while the aggregator takes them on another core;
// between bursts it catches up, untimed: so the worker's own cost is seen, not the aggregator's.
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <thread>

#include <benchmark/benchmark.h>
#include <sys/mman.h>
#include <x86intrin.h>

#include "millrace/millrace.hpp"

#include "pin.hpp"
#include "queue_peer.hpp"
#include "switches.hpp"
#include "transport/core.hpp"
#include "transport/lane.hpp"

namespace millrace::detail {

struct PortAccess {
  static Port open(const std::shared_ptr<Core>& core, Ring& ring) { return Port(core, ring); }
};

}  // namespace millrace::detail

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

// Bursts of pushes, timed; before each one `catch_up`, untimed.
template <typename CatchUp, typename Push>
void time_bursts(benchmark::State& state, CatchUp&& catch_up, Push&& push) {
  for (auto _ : state) {
    catch_up();
    const auto begin = std::chrono::steady_clock::now();
    for (std::int64_t i = 0; i < kBurst; ++i) push(i);
    state.SetIterationTime(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  state.counters["ns"] =
      benchmark::Counter(static_cast<double>(state.iterations() * kBurst) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// 4 MiB of huge pages written round and round: the machine's limit.
template <typename T>
void bare_store(benchmark::State& state) {
  pin(0);
  const Switches switches(state);
  constexpr std::size_t kBytes = 4 << 20;
  void* memory =
      ::mmap(nullptr, 2 * kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ::madvise(memory, 2 * kBytes, MADV_HUGEPAGE);
  std::memset(memory, 1, 2 * kBytes);
  auto* const ring = static_cast<T*>(memory);
  const std::size_t n = kBytes / sizeof(T);
  std::size_t at = 0;
  time_bursts(
      state, [] {},
      [&](std::int64_t i) {
        ring[at] = record_of<T>(i);
        benchmark::ClobberMemory();
        at = at + 1 == n ? 0 : at + 1;
      });
  ::munmap(memory, 2 * kBytes);
}

enum class How { push, claim };

template <typename T, How how>
void engine_push(benchmark::State& state) {
  static std::unique_ptr<Engine> engine;
  static std::unique_ptr<Stream<T>> stream;
  const Switches switches(state);
  if (state.thread_index() == 0) {
    unpin();  // the aggregator inherits where its engine is opened
    engine = std::make_unique<Engine>(
        Engine::open({.idle = Idle::spin, .exact_memory_bytes = 0}).value());
    stream = std::make_unique<Stream<T>>(engine->stream<T>("bench").value());
  }
  std::unique_ptr<Worker<T>> worker;
  time_bursts(
      state,
      [&] {
        if (!worker) {
          worker = std::make_unique<Worker<T>>(stream->worker().value());
          if (state.threads() == 1) pin(0);
        }
        (void)engine->flush();
      },
      [&](std::int64_t i) {
        if constexpr (how == How::push) {
          worker->push(record_of<T>(i));
        } else if (T* record = worker->claim()) {
          record->start_ns = i;
          record->end_ns = i + 1'000 + (i & 1023);
          worker->commit();
        }
      });
  state.counters["refused"] = static_cast<double>(worker->rejected().total());
  worker.reset();
  if (state.thread_index() == 0) {
    (void)engine->finish();
    stream.reset();
    engine.reset();
  }
}

// The same push, into blocks that are given back when they are full, and never read.
template <typename T>
void push_unread(benchmark::State& state) {
  pin(0);
  const Switches switches(state);
  const auto core = std::make_shared<detail::Core>(
      EngineOptions{}, detail::Gate::open().value(),
      detail::RingFiles{detail::RingKind::anonymous, {}, RunIdentity::make(random_id())});
  auto acquired = core->rings.acquire(0, sizeof(T)).value();
  std::atomic<std::uint64_t> given_back{0};
  std::jthread consumer([&](std::stop_token stop) {
    pin(1);
    detail::Lane lane(acquired.ring->blocks());
    std::uint64_t n = 0;
    while (!stop.stop_requested()) {
      detail::BlockHeader* block = nullptr;
      while (core->rings.queue().take(&block, 1) != 0) {
        if (block != nullptr) lane.open(*block);
      }
      for (auto front = lane.front(); front.block != nullptr && front.available != 0;
           front = lane.front()) {
        n += front.available;
        lane.done(front);
      }
      // order: release; pairs with the load below: the blocks are free for the worker.
      given_back.store(n, std::memory_order_release);
      const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(20);
      while (std::chrono::steady_clock::now() < until) _mm_pause();
    }
  });
  auto port = detail::PortAccess::open(core, *acquired.ring);
  std::uint64_t pushed = 0;
  time_bursts(
      state,
      [&] {
        // order: acquire; pairs with the store above.
        while (given_back.load(std::memory_order_acquire) != pushed) std::this_thread::yield();
      },
      [&](std::int64_t i) {
        if (std::byte* room = port.enter()) {
          new (room) T(record_of<T>(i));
          port.publish(sizeof(T));
          ++pushed;
        }
      });
}

enum class Token { none, one };

template <typename T, Token token, typename Traits = moodycamel::ConcurrentQueueDefaultTraits>
void queue_enqueue(benchmark::State& state) {
  pin(0);
  const Switches switches(state);
  QueuePeer<T, Traits> queue;
  std::int64_t pushed = 0;
  time_bursts(
      state, [&] { queue.wait_for(pushed); },
      [&](std::int64_t i) {
        if constexpr (token == Token::none) {
          queue.enqueue_without_token(record_of<T>(i));
        } else {
          queue.enqueue(record_of<T>(i));
        }
        ++pushed;
      });
}

#define MILLRACE_PUSH_ROW(name, ...) BENCHMARK(__VA_ARGS__)->Name(name)->UseManualTime()

MILLRACE_PUSH_ROW("push/64B/bare_store", bare_store<RequestRecord>);
MILLRACE_PUSH_ROW("push/64B/unread", push_unread<RequestRecord>);
MILLRACE_PUSH_ROW("push/64B/push", engine_push<RequestRecord, How::push>);
MILLRACE_PUSH_ROW("push/64B/claim_commit", engine_push<RequestRecord, How::claim>);
MILLRACE_PUSH_ROW("push/64B/enqueue", queue_enqueue<RequestRecord, Token::none>);
MILLRACE_PUSH_ROW("push/64B/enqueue_token", queue_enqueue<RequestRecord, Token::one>);
MILLRACE_PUSH_ROW("push/64B/enqueue_best", queue_enqueue<RequestRecord, Token::one, BestTraits>);
MILLRACE_PUSH_ROW("push/256B/bare_store", bare_store<Large>);
MILLRACE_PUSH_ROW("push/256B/push", engine_push<Large, How::push>);
MILLRACE_PUSH_ROW("push/256B/enqueue_token", queue_enqueue<Large, Token::one>);
MILLRACE_PUSH_ROW("push/GenerationRecord/bare_store", bare_store<GenerationRecord>);
MILLRACE_PUSH_ROW("push/GenerationRecord/push", engine_push<GenerationRecord, How::push>);
MILLRACE_PUSH_ROW("push/GenerationRecord/claim_commit", engine_push<GenerationRecord, How::claim>);
MILLRACE_PUSH_ROW("push/64B/push/2_workers", engine_push<RequestRecord, How::push>)->Threads(2);

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
