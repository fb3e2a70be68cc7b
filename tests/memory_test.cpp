// SPDX-License-Identifier: Apache-2.0
//
// What push allocates (nothing), and what a stalled aggregator and many labels may take.
#include <atomic>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <malloc.h>

#include "millrace/millrace.hpp"

#include "stats/stream_stats.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MILLRACE_SANITIZED 1
#else
#define MILLRACE_SANITIZED 0
#endif

namespace {
thread_local bool watched = false;
thread_local std::uint64_t allocations = 0;
}  // namespace

#if !MILLRACE_SANITIZED
// The whole of malloc passes here: the queue allocates with malloc, not with new.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* malloc(std::size_t n) {
  if (watched) ++allocations;
  return __libc_malloc(n);
}
void* calloc(std::size_t n, std::size_t m) {
  if (watched) ++allocations;
  return __libc_calloc(n, m);
}
void* realloc(void* p, std::size_t n) {
  if (watched) ++allocations;
  return __libc_realloc(p, n);
}
}
#endif

namespace millrace {
namespace {

// kB of a line of /proc/self/status: VmRSS, VmHWM.
std::size_t status_kb(const char* key) {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  char line[256];
  std::size_t kb = 0;
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (std::strncmp(line, key, std::strlen(key)) == 0)
      kb = std::strtoul(line + std::strlen(key) + 1, nullptr, 10);
  }
  std::fclose(file);
  return kb;
}

TEST(Memory, PushAllocatesNothingAfterRegistration) {
  if (MILLRACE_SANITIZED) GTEST_SKIP() << "sanitizers bring their own malloc";
  for (const Overflow overflow : {Overflow::reject, Overflow::wait}) {
    auto engine = Engine::open({.overflow = overflow}).value();
    auto stream = engine.stream<GenerationRecord>("requests").value();
    std::jthread([&] {
      auto worker = stream.worker().value();
      watched = true;
      for (int i = 0; i < 500'000; ++i) {
        worker.push({.start_ns = i, .end_ns = i + 5});
        if (GenerationRecord* record = worker.claim()) {
          record->end_ns = i;
          worker.commit();
        }
      }
      watched = false;
      EXPECT_EQ(allocations, 0u);
      // The counter does count.
      watched = true;
      void* volatile p = std::malloc(100);
      watched = false;
      std::free(p);
      EXPECT_EQ(allocations, 1u);
      allocations = 0;
    }).join();
  }
}

TEST(Memory, AStalledAggregatorCannotGrowIt) {
  auto engine = Engine::open().value();
  auto stream = engine.stream<RequestRecord>("requests").value();
  auto worker = stream.worker().value();
  std::atomic<bool> go{false}, stalled{false};
  ASSERT_TRUE(engine.observe("requests", "latency", [&](std::span<const double>) {
    stalled = true;
    while (!go) std::this_thread::yield();
  }));
  worker.push({.start_ns = 0, .end_ns = 1});
  while (!stalled) std::this_thread::yield();
  const std::size_t before = status_kb("VmRSS:");

  std::uint64_t accepted = 0;
  for (int i = 0; i < 10'000'000; ++i)
    accepted += worker.push({.start_ns = 0, .end_ns = i}) ? 1u : 0u;

  const std::size_t after = status_kb("VmRSS:");
  go = true;
  EXPECT_LT(after, before + 4'096) << "kB: ten million pushes against a ring that is 2 MiB";
  EXPECT_LT(accepted, 33'000u);
  const Summary summary = engine.finish().value();
  EXPECT_EQ(summary.accounting().aggregated, accepted + 1);
}

TEST(Memory, TenThousandLabelsOfFiveMetricsStayUnderOneGiB) {
  if (MILLRACE_SANITIZED) GTEST_SKIP() << "sanitizers multiply memory";
  // What is admitted is paid for in the worst case, values over 32 octaves in every status.
  auto engine = Engine::open({.overflow = Overflow::wait,
                              .labels_max = 10'000,
                              .label_memory_bytes = std::size_t{2} << 30})
                    .value();
  auto stream = engine.stream<GenerationRecord>("requests").value();
  std::vector<std::uint16_t> labels;
  for (int i = 0; i < 10'000; ++i) labels.push_back(engine.label("label" + std::to_string(i)));
  {
    auto worker = stream.worker().value();
    std::uint64_t x = 88172645463325252u;
    for (int i = 0; i < 4'000'000; ++i) {
      x ^= x << 13, x ^= x >> 7, x ^= x << 17;
      const auto latency = static_cast<std::int64_t>(1'000'000 + x % 1'000'000'000);
      worker.push({.label = labels[x % labels.size()],
                   .start_ns = 0,
                   .first_token_ns = latency / 4,
                   .end_ns = latency,
                   .input_tokens = static_cast<std::int32_t>(x % 4'000),
                   .output_tokens = static_cast<std::int32_t>(2 + x % 500)});
    }
  }

  const Summary summary = engine.finish().value();

  EXPECT_EQ(summary["requests"].labels().size(), 10'000u);
  EXPECT_EQ(summary["requests"].count(), 4'000'000u);
  EXPECT_TRUE(summary["requests"].metric("time_to_last_token").exact());
  EXPECT_LT(status_kb("VmHWM:"), 1'024u * 1'024u);
}

TEST(Memory, LabelsBeyondTheirMemoryAreCountedUnderOther) {
  auto engine =
      Engine::open(
          {.overflow = Overflow::wait, .labels_max = 60'000, .label_memory_bytes = 1 << 20})
          .value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  for (int i = 0; i < 50'000; ++i) {
    RequestRecord record{.start_ns = 0, .end_ns = i};
    record.label = engine.label("label" + std::to_string(i));
    worker.push(record);
  }

  const Summary summary = engine.finish().value();

  EXPECT_LT(summary["requests"].labels().size(), 5'000u);
  EXPECT_GT(summary["requests"].count({.status = {}, .label = "other"}), 40'000u);
  EXPECT_EQ(summary["requests"].count(), 50'000u);
}

TEST(Memory, LabelsStayWithinTheirMemoryWhateverTheirValues) {
  if (MILLRACE_SANITIZED) GTEST_SKIP() << "sanitizers bring their own malloc";
  Schema schema = RecordTraits<SampleRecord>::schema().value();
  schema.metrics.front().domain = Domain::any;
  constexpr StatsLimits kLimits{.labels_max = 60'000, .label_memory_bytes = 4 << 20};
  std::vector<SampleRecord> records;
  std::mt19937_64 random(1);
  for (int i = 0; i < 400'000; ++i) {
    SampleRecord record{.value = std::bit_cast<double>(random())};
    record.status = static_cast<Status>(random() % kStatusCount);
    records.push_back(record);
  }
  for (const bool exact : {true, false}) {
    SCOPED_TRACE(exact ? "values held, then dropped" : "values never held");
    auto memory = std::make_shared<ExactMemory>(std::size_t{64} << 20);
    memory->exact = exact;
    StreamStats stats(schema, memory, kLimits, {});
    const auto accumulate = [&] {
      for (std::uint32_t i = 0; i < records.size(); i += 1'000) {
        stats.accumulate({.records = reinterpret_cast<const std::byte*>(&records[i]),
                          .count = 1'000,
                          .record_size = sizeof(SampleRecord)},
                         {});
      }
    };
    for (SampleRecord& record : records) record.label = 0;
    accumulate();  // what is not the labels'
    const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (SampleRecord& record : records)
      record.label = static_cast<std::uint16_t>(2 + random() % 500);

    accumulate();
    stats.drop_values();
    memory->arena.release_all();

    const std::size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
    EXPECT_EQ(stats.labels_room(),
              kLimits.label_memory_bytes / StreamStats::label_bytes(schema) - 2);
    EXPECT_EQ(stats.labels().size(), stats.labels_room() + 2u) << R"("" and "other" beside them)";
    EXPECT_LT(after - before, kLimits.label_memory_bytes);
    EXPECT_GT(after - before, kLimits.label_memory_bytes / 2) << "the bound is no idle one";
  }
}

}  // namespace
}  // namespace millrace
