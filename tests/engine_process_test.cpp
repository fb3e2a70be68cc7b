// SPDX-License-Identifier: Apache-2.0
//
// The engine with a log, and what its process does: fork, exec, exit, abort, be killed, compute otherwise.
#include <cfenv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "millrace/millrace.hpp"

#include "replayed.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

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

TEST(EngineProcess, DiskFullUnderWayStopsTheLogAndNotTheHostAndCountsToTheRecord) {
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

TEST(EngineProcess, ForkedChildrenLeaveTheLogAlone) {
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

TEST(EngineProcess, AnExecutedProgramInheritsNoFile) {
  TemporaryFolder folder;
  auto engine = Engine::open({.log_dir = folder / "run"}).value();
  auto worker = engine.stream<SampleRecord>("values").value().worker().value();
  ASSERT_NE(engine.label("a name"), 0);  // its file is made by the first
  ASSERT_TRUE(worker.push({.value = 1.0}));
  ASSERT_TRUE(engine.flush());
  const auto open_files = [&](const std::string& link) {
    return link.find(folder.str()) != std::string::npos;
  };
  std::size_t ours = 0;
  for (const auto& fd : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (open_files(std::filesystem::read_symlink(fd, gone).string())) ++ours;
  }
  ASSERT_GT(ours, 0u) << "the log itself has files open";
  std::FILE* listing = ::popen("ls -l /proc/self/fd", "r");  // by posix_spawn
  ASSERT_NE(listing, nullptr);
  std::string all;
  char line[512];
  while (std::fgets(line, sizeof line, listing) != nullptr) all += line;
  EXPECT_EQ(::pclose(listing), 0);
  EXPECT_NE(all.find("/proc/"), std::string::npos) << all;
  EXPECT_FALSE(open_files(all)) << all;
  EXPECT_TRUE(engine.finish());
}

TEST(EngineProcess, ExitClosesTheLogAndAbortLeavesWhatRecoveryNeeds) {
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

TEST(EngineProcess, WithoutRingFilesTheLossOfAKillIsCounted) {
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

TEST(EngineProcess, TheHostsFloatingPointEnvironmentChangesNoNumber) {
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

TEST(EngineProcess, AWorkerMayOutliveItsEngineAndItsLog) {
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
