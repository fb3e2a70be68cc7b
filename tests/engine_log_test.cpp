// SPDX-License-Identifier: Apache-2.0
//
// The engine with a log: what a program that embeds it meets. Rows of the failure model that need a whole
// engine are cases here; those of the writer are in log_fault_test.
#include <cfenv>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "millrace/millrace.hpp"

#include "replay/log_replay.hpp"
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

LogReplay replay_of(const std::string& dir, const std::string& run = "last") {
  auto replayed = replay_logs(std::vector<std::string>{dir}, {.run = run});
  EXPECT_TRUE(replayed) << replayed.error().message;
  return replayed ? std::move(*replayed) : LogReplay{};
}

// What the parent's threads hold is out of reach in a child, and no leak of it.
bool in_child = false;

// What the child does must end it.
int in_a_child(const std::function<void()>& child) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    in_child = true;
    child();
    ::_exit(99);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return status;
}

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

TEST(EngineLog, DiskFullUnderWayStopsTheLogAndNotTheHostAndCountsToTheRecord) {
  TemporaryFolder folder;
  const std::string run = folder / "run";
  // In a child: the limit is the process's. 3 MiB a file: the fourth segment of 1 MiB is not the
  // trouble, a larger one is, so segments are of 4 MiB and the first is made before the limit comes.
  const int status = in_a_child([&] {
    auto engine =
        Engine::open({.overflow = Overflow::wait, .log_dir = run, .segment_bytes = 4 << 20});
    if (!engine) ::_exit(1);
    auto worker = engine->stream<RequestRecord>("requests").value().worker();
    if (!worker) ::_exit(2);
    const rlimit limit{.rlim_cur = 3 << 20, .rlim_max = 3 << 20};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(3);
    constexpr std::uint64_t kPushes = 400'000;
    for (std::uint64_t i = 0; i < kPushes; ++i) {
      if (!worker->push({.start_ns = 0, .end_ns = static_cast<std::int64_t>(i)})) ::_exit(4);
    }
    auto summary = engine->finish();
    if (!summary || !summary->log()) ::_exit(5);
    const LogAccount& log = *summary->log();
    if (summary->accounting().aggregated != kPushes) ::_exit(6);
    if (log.logged + log.unlogged != kPushes || log.unlogged == 0) ::_exit(7);
    if (log.error.empty()) ::_exit(8);
    ::_exit(0);
  });
  ASSERT_TRUE(WIFEXITED(status)) << "a signal: " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const LogReplay replayed = replay_of(run);
  EXPECT_FALSE(replayed.whole());
  EXPECT_GT(replayed.runs.at(0).records, 0u);
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

TEST(EngineLog, ForkedChildrenLeaveTheLogAlone) {
  TemporaryFolder folder;
  auto engine = Engine::open({.log_dir = folder / "run"});
  ASSERT_TRUE(engine);
  {
    auto worker = engine->stream<SampleRecord>("values").value().worker().value();
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(worker.push({.value = 1.0}));
    for (const bool by_exit : {false, true}) {
      const int status = in_a_child([&] {
        if (worker.push({.value = 2.0})) ::_exit(1);
        (void)engine->finish();
        (void)engine->label("of the child");
        if (by_exit) std::exit(0);
        ::_exit(0);
      });
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(worker.push({.value = 1.0}));
  }
  const Summary live = engine->finish().value();
  EXPECT_EQ(live.accounting().aggregated, 2000u);
  const LogReplay replayed = replay_of(folder / "run");
  EXPECT_TRUE(replayed.whole());
  EXPECT_EQ(replayed.summary.digest(), live.digest());
}

TEST(EngineLog, ExitClosesTheLogAndAbortLeavesWhatRecoveryNeeds) {
  for (const bool by_exit : {true, false}) {
    TemporaryFolder folder;
    const std::string run = folder / "run";
    const int status = in_a_child([&] {
      static auto engine = Engine::open({.log_dir = run});
      if (!engine) ::_exit(1);
      static auto worker = engine->stream<SampleRecord>("values").value().worker().value();
      for (int i = 0; i < 10'000; ++i) {
        if (!worker.push({.value = 1.0 * i})) ::_exit(2);
      }
      if (by_exit) std::exit(0);
      std::signal(SIGABRT, SIG_DFL);
      std::abort();
    });
    EXPECT_EQ(by_exit, WIFEXITED(status) && WEXITSTATUS(status) == 0);
    const LogReplay replayed = replay_of(run);
    EXPECT_EQ(replayed.summary["values"].count(), 10'000u);
    EXPECT_EQ(replayed.runs.at(0).closed, by_exit);
    EXPECT_TRUE(replayed.whole());
  }
}

TEST(EngineLog, WithoutRingFilesTheLossOfAKillIsCounted) {
  TemporaryFolder folder;
  const std::string run = folder / "run";
  constexpr std::uint64_t kPushes = 5000;
  const int status = in_a_child([&] {
    // An aggregator that looks once in a while: much is in the rings when the process dies.
    auto engine = Engine::open({.idle = Idle::sleep,
                                .flush_interval = std::chrono::seconds(10),
                                .log_dir = run,
                                .ring_files = false});
    if (!engine || engine->notice().find("ring files") == std::string::npos) ::_exit(1);
    auto worker = engine->stream<SampleRecord>("values").value().worker().value();
    for (std::uint64_t i = 0; i < kPushes; ++i) {
      if (!worker.push({.value = 1.0})) ::_exit(2);
    }
    std::raise(SIGKILL);
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  const LogReplay replayed = replay_of(run);
  EXPECT_EQ(replayed.runs.at(0).records + replayed.runs.at(0).lost, kPushes);
  EXPECT_EQ(replayed.summary.accounting().accepted, kPushes);
}

TEST(EngineLog, TheHostsFloatingPointEnvironmentChangesNoNumber) {
  std::vector<double> values;
  for (int i = 1; i < 20'000; ++i) values.push_back(1.0 / i + 1e-310 * i);
  std::fenv_t usual;
  ASSERT_EQ(std::fegetenv(&usual), 0);
  for (const int rounding : {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD}) {
    TemporaryFolder folder;
    ASSERT_EQ(std::fesetround(rounding), 0);
    auto engine = Engine::open({.log_dir = folder / "run"}).value();
    auto worker = engine.stream<SampleRecord>("values").value().worker().value();
    for (const double value : values) ASSERT_TRUE(worker.push({.value = value}));
    const Summary live = engine.finish().value();
    const std::uint64_t digest = live.digest();
    const double mean = live["values"].metric("value").mean();
    const double p99 = live["values"].metric("value").percentile(99, Rule::linear)->value;
    const LogReplay replayed = replay_of(folder / "run");
    EXPECT_EQ(std::fegetround(), rounding) << "the host's own stays as it was";
    std::fesetenv(&usual);
    EXPECT_EQ(replayed.summary.digest(), digest);
    EXPECT_EQ(live.digest(), digest);
    EXPECT_EQ(live["values"].metric("value").mean(), mean);
    EXPECT_EQ(live["values"].metric("value").percentile(99, Rule::linear)->value, p99);
  }
}

TEST(EngineLog, AWorkerMayOutliveItsEngineAndItsLog) {
  TemporaryFolder folder;
  auto engine = std::make_unique<Engine>(Engine::open({.log_dir = folder / "run"}).value());
  auto worker = engine->stream<SampleRecord>("values").value().worker().value();
  ASSERT_TRUE(worker.push({.value = 1.0}));
  engine.reset();
  EXPECT_FALSE(worker.push({.value = 2.0}));
  const LogReplay replayed = replay_of(folder / "run");
  EXPECT_TRUE(replayed.whole());
  EXPECT_TRUE(replayed.runs.at(0).closed);
  EXPECT_EQ(replayed.summary["values"].count(), 1u);
}

}  // namespace
}  // namespace millrace

// Asked by AddressSanitizer's leak check when a process ends.
extern "C" int __lsan_is_turned_off() { return millrace::in_child ? 1 : 0; }
