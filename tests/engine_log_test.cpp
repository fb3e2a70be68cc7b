// SPDX-License-Identifier: Apache-2.0
//
// The engine with a log: what a program that embeds it meets. Rows of the failure model that need a whole
// engine are cases here and in engine_process_test; those of the writer are in log_fault_test.
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "millrace/millrace.hpp"

#include "replayed.hpp"
#include "temporary_folder.hpp"

namespace millrace {

/// Knows nothing of the library but the header.
struct DiskRead {
  std::int64_t start_ns = 0, end_ns = 0;
  std::int32_t bytes = 0;
  std::uint16_t device = 0;
  Status status = Status::ok;
  std::uint8_t unused = 0;
  std::uint16_t error = 0;
  std::uint16_t rest[3] = {};
};
template <>
struct RecordTraits<DiskRead> {
  static Result<Schema> schema() {
    Schema by_hand;  // an array has no pointers to its members
    by_hand.name = "disk_read";
    by_hand.record_size = sizeof(DiskRead);
    const Field start{0, FieldType::i64}, end{8, FieldType::i64}, bytes{16, FieldType::i32};
    by_hand.start = start;
    by_hand.end = end;
    by_hand.label = Field{20, FieldType::u16};
    by_hand.status = Field{22, FieldType::u8};
    by_hand.error_class = Field{24, FieldType::u16};
    by_hand.fields = {{"start_ns", start},
                      {"end_ns", end},
                      {"bytes", bytes},
                      {"device", *by_hand.label},
                      {"status", *by_hand.status},
                      {"unused", {23, FieldType::u8}},
                      {"error", *by_hand.error_class},
                      {"rest0", {26, FieldType::u16}},
                      {"rest1", {28, FieldType::u16}},
                      {"rest2", {30, FieldType::u16}}};
    by_hand.metrics = {
        {"latency",
         Unit::nanoseconds,
         {Operation::difference, end, start, {}},
         Domain::duration,
         false},
        {"bytes", Unit::bytes, {Operation::field, bytes, {}, {}}, Domain::number, true}};
    if (auto valid = by_hand.validate(); !valid) return tl::unexpected(valid.error());
    return by_hand;
  }
};

namespace {

TEST(EngineLog, ReplayNeedsNoCodeOfTheUsers) {
  TemporaryFolder folder;
  auto engine = Engine::open({.log_dir = folder / "run"}).value();
  auto reads = engine.stream<DiskRead>("reads").value();
  auto worker = reads.worker().value();
  const std::uint16_t disk = engine.label("sda"), broken = engine.error_class("EIO");
  for (int i = 0; i < 5000; ++i) {
    DiskRead read{.start_ns = i, .end_ns = i + 100 + i % 7, .bytes = 4096, .device = disk};
    if (i % 100 == 0) {
      read.status = Status::error;
      read.error = broken;
    }
    ASSERT_TRUE(worker.push(read));
  }
  const Summary live = engine.finish().value();
  const LogReplay replayed = replay_of(folder / "run");
  EXPECT_TRUE(replayed.whole());
  EXPECT_EQ(replayed.summary.digest(), live.digest());
  EXPECT_EQ(replayed.summary["reads"].schema().name, "disk_read");
  EXPECT_EQ(replayed.summary["reads"].labels(), std::vector<std::string>{"sda"});
  using Errors = std::vector<std::pair<std::string, std::uint64_t>>;
  EXPECT_EQ(replayed.summary["reads"].errors(), (Errors{{"EIO", 50}}));
}

TEST(EngineLog, TwoWritersInOneFolderAreRefusedByName) {
  TemporaryFolder folder;
  auto first = Engine::open({.log_dir = folder / "run"});
  ASSERT_TRUE(first);
  auto second = Engine::open({.log_dir = folder / "run", .append_log = true});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos)
      << second.error().message;
}

TEST(EngineLog, AFolderThatHoldsARunTakesAnotherOnlyWhenAsked) {
  TemporaryFolder folder;
  for (const int value : {1, 2}) {
    auto engine = Engine::open({.log_dir = folder / "run", .append_log = value == 2}).value();
    auto worker = engine.stream<SampleRecord>("values").value().worker().value();
    ASSERT_TRUE(worker.push({.value = static_cast<double>(value)}));
    (void)engine.finish().value();
  }
  auto refused = Engine::open({.log_dir = folder / "run"});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("append_log"), std::string::npos);
  EXPECT_EQ(replay_of(folder / "run").summary["values"].metric("value").max(), 2.0);
  const LogReplay both = replay_of(folder / "run", "all");
  EXPECT_EQ(both.summary["values"].count(), 2u);
  EXPECT_EQ(both.summary["values"].metric("value").min(), 1.0);
}

TEST(EngineLog, OptionsThatCannotBeServedAreErrors) {
  TemporaryFolder folder;
  const std::string run = folder / "run";
  for (const EngineOptions& options :
       {EngineOptions{.log_dir = run, .segment_bytes = 1000},
        EngineOptions{.log_dir = run, .by_place = true}, EngineOptions{.low_memory = true},
        EngineOptions{.log_dir = folder / "no/such/folder"},
        EngineOptions{.log_dir = run, .percentiles = {101}},
        EngineOptions{.log_dir = run, .ring_dir = folder / "none"}}) {
    auto engine = Engine::open(options);
    EXPECT_FALSE(engine);
    EXPECT_TRUE(engine || !engine.error().message.empty());
  }
}

TEST(EngineLog, RetentionKeepsTheNewestAndAllNumbersAreOfThem) {
  TemporaryFolder folder;
  auto engine = Engine::open({.overflow = Overflow::wait,
                              .log_dir = folder / "run",
                              .segment_bytes = 1 << 20,
                              .log_bytes_max = 4 << 20})
                    .value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  constexpr std::uint64_t kPushes = 200'000;
  for (std::uint64_t i = 0; i < kPushes; ++i) {
    ASSERT_TRUE(worker.push({.start_ns = 0, .end_ns = static_cast<std::int64_t>(i)}));
  }
  const Summary live = engine.finish().value();
  ASSERT_TRUE(live.log());
  EXPECT_GT(live.log()->dropped, 0u);
  const auto latency = live["requests"].metric("latency");
  EXPECT_EQ(latency.count(), kPushes - live.log()->dropped);
  EXPECT_EQ(latency.min(), static_cast<double>(live.log()->dropped));
  EXPECT_EQ(latency.percentile(0)->value, latency.min());
  EXPECT_EQ(live.accounting().accepted, kPushes);
  const LogReplay replayed = replay_of(folder / "run");
  EXPECT_FALSE(replayed.whole());
  EXPECT_EQ(replayed.runs.at(0).dropped, live.log()->dropped);
  EXPECT_EQ(replayed.runs.at(0).missing, 0u);
  EXPECT_EQ(replayed.summary["requests"].metric("latency").percentile(50)->value,
            latency.percentile(50)->value);
}

TEST(EngineLog, FlushBringsAcceptedRecordsToTheDiskWhenAsked) {
  TemporaryFolder folder;
  auto engine = Engine::open({.log_dir = folder / "run", .log_sync = LogSync::on_flush}).value();
  auto worker = engine.stream<SampleRecord>("values").value().worker().value();
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(worker.push({.value = 1.0 * i}));
  EXPECT_EQ(engine.snapshot().log->durable, 0u);
  ASSERT_TRUE(engine.flush());
  EXPECT_EQ(engine.snapshot().log->durable, 3000u);
  EXPECT_EQ(engine.snapshot().log->logged, 3000u);
}

}  // namespace
}  // namespace millrace
