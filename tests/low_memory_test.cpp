// SPDX-License-Identifier: Apache-2.0
//
// Low-memory mode: no value is held, and the final percentiles are those of the values held, to the
// bit. MILLRACE_RECORDS sets how many records the flat-memory case pushes (2,000,000).
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

#include "own_process.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

constexpr double kLadder[] = {0, 0.1, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100};
constexpr Rule kRules[] = {Rule::nearest_rank, Rule::linear, Rule::exclusive,
                           Rule::exclusive_clamped};

Summary summary_of(EngineOptions options, std::uint64_t records,
                   const std::function<SampleRecord(std::uint64_t, Engine&)>& make) {
  options.overflow = Overflow::wait;
  auto engine = Engine::open(std::move(options)).value();
  auto worker = engine.stream<SampleRecord>("values").value().worker().value();
  for (std::uint64_t i = 0; i < records; ++i) EXPECT_TRUE(worker.push(make(i, engine)));
  return engine.finish().value();
}

void compare_modes(std::uint64_t records,
                   const std::function<double(std::uint64_t, std::mt19937_64&)>& value) {
  TemporaryFolder folder;
  const auto make = [&](std::mt19937_64& random) {
    return [&](std::uint64_t i, Engine& engine) {
      SampleRecord record{.value = value(i, random)};
      if (i % 7 == 3) record.status = Status::error;
      if (i % 5 != 0) record.label = engine.label(i % 5 == 1 ? "a" : "b");
      return record;
    };
  };
  std::mt19937_64 first(7), second(7);
  const Summary held = summary_of({.log_dir = folder / "held"}, records, make(first));
  const Summary low =
      summary_of({.log_dir = folder / "low", .low_memory = true, .segment_bytes = 1 << 20}, records,
                 make(second));
  // Moments depend on the slices, and these on timing: what is compared here are order statistics. The
  // digest of each is compared with its replay in live_replayed_test.
  const auto compare = [&](const Selection& selection) {
    const MetricSummary a = held["values"].metric("value", selection);
    const MetricSummary b = low["values"].metric("value", selection);
    ASSERT_EQ(a.count(), b.count());
    if (a.count() == 0) return;
    for (const Rule rule : kRules) {
      low.prepare(kLadder, rule, true);
      for (const double p : kLadder) {
        EXPECT_EQ(a.percentile(p, rule)->value, b.percentile(p, rule)->value)
            << "p" << p << " of " << a.count();
        EXPECT_EQ(b.percentile(p, rule)->relative_error, 0.0) << "p" << p;
      }
    }
  };
  compare({});
  compare({.status = Status::ok, .label = {}});
  compare({.status = Status::error, .label = {}});
  for (const std::string& label : held["values"].labels()) compare({.status = {}, .label = label});
}

TEST(LowMemory, PercentilesOfContinuousValuesAreThoseOfTheValuesHeld) {
  compare_modes(200'000, [](std::uint64_t, std::mt19937_64& random) {
    return std::lognormal_distribution<double>(3, 1)(random);
  });
}
TEST(LowMemory, PercentilesAreExactWhenHalfOfTheValuesAreEqual) {
  compare_modes(400'000, [](std::uint64_t i, std::mt19937_64& random) {
    return i % 2 == 0 ? 256.0 : static_cast<double>(random() % 100'000) / 13;
  });
}
TEST(LowMemory, PercentilesAreExactWhenAllValuesAreEqual) {
  compare_modes(300'000, [](std::uint64_t, std::mt19937_64&) { return 0.125; });
}
TEST(LowMemory, PercentilesAreExactOfFewValues) {
  for (std::uint64_t n = 0; n <= 5; ++n) {
    compare_modes(n, [](std::uint64_t i, std::mt19937_64&) { return static_cast<double>(i) - 2; });
  }
}

TEST(LowMemory, WithoutALogItIsAnError) {
  auto engine = Engine::open({.low_memory = true});
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, Errc::invalid_argument);
  EXPECT_NE(engine.error().message.find("log_dir"), std::string::npos);
}

TEST(LowMemory, LivePercentilesAreWithinTheirStatedError) {
  TemporaryFolder folder;
  auto engine =
      Engine::open({.overflow = Overflow::wait, .log_dir = folder / "run", .low_memory = true})
          .value();
  auto worker = engine.stream<SampleRecord>("values").value().worker().value();
  for (int i = 1; i <= 100'000; ++i) ASSERT_TRUE(worker.push({.value = i * 0.001}));
  const Snapshot live = engine.snapshot();
  EXPECT_FALSE(live.exact);
  const auto& percentiles = live.streams.at(0).metrics.at(0).percentiles;
  ASSERT_FALSE(percentiles.empty());
  for (const auto& [p, value] : percentiles) {
    EXPECT_GT(value.relative_error, 0);
    EXPECT_NEAR(value.value, p, p * value.relative_error + 0.001);
  }
  ASSERT_TRUE(live.log);
  EXPECT_EQ(live.log->logged, 100'000u);
}

TEST(LowMemory, AnonymousMemoryStaysFlatWhateverTheNumberOfRecords) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer's own memory grows with what is touched";
#endif
  const char* wanted = std::getenv("MILLRACE_RECORDS");
  const std::uint64_t records = wanted == nullptr ? 2'000'000 : std::strtoull(wanted, nullptr, 10);
  TemporaryFolder folder;
  auto engine = Engine::open({.overflow = Overflow::wait,
                              .log_dir = folder / "run",
                              .low_memory = true,
                              .segment_bytes = 8 << 20})
                    .value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  std::mt19937_64 random(1);
  std::size_t at_first = 0;
  std::size_t most = 0;
  const std::uint64_t first = records / 10;
  for (std::uint64_t i = 0; i < records; ++i) {
    const auto start = static_cast<std::int64_t>(i * 1000);
    ASSERT_TRUE(
        worker.push({.start_ns = start,
                     .first_byte_ns = start + static_cast<std::int64_t>(random() % 50'000'000),
                     .end_ns = start + static_cast<std::int64_t>(random() % 900'000'000),
                     .bytes_sent = static_cast<std::int64_t>(random() % 4096),
                     .bytes_received = static_cast<std::int64_t>(random() % 65'536)}));
    if (i == first) {
      ASSERT_TRUE(engine.flush());
      at_first = anonymous_memory();
    }
    if (i % (records / 20) == 0) most = std::max(most, anonymous_memory());
  }
  ASSERT_TRUE(engine.flush());
  most = std::max(most, anonymous_memory());
  // Histogram pages of octaves that come late, the allocator's slack: not what grows by the record.
  EXPECT_LT(most, at_first + (4 << 20)) << "after " << first << " records: " << at_first;
  const Summary summary = engine.finish().value();
  EXPECT_EQ(summary.accounting().aggregated, records);
  EXPECT_EQ(summary["requests"].metric("latency").percentile(50)->relative_error, 0.0);
  const MemoryBound bound = engine.memory_bound();
  EXPECT_LT(most, bound.total());
  EXPECT_EQ(bound.log_pages, std::size_t{2} * (8 << 20));
  EXPECT_NE(engine.notice().find("16 MiB of log pages"), std::string::npos) << engine.notice();
  RecordProperty("anonymous_bytes", std::to_string(most));
}

}  // namespace
}  // namespace millrace
