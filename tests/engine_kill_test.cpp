// SPDX-License-Identifier: Apache-2.0
//
// A run that is killed before any one of its system calls, from open to finish. kill_test.py does it at
// random moments between them.
#include <csignal>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "millrace/millrace.hpp"

#include "fault_preload.hpp"
#include "replayed.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

constexpr int kRecords = 2'000;
bool in_child = false;

// 0: the run was finished.
int run(const EngineOptions& options) {
  auto engine = Engine::open(options);
  if (!engine) return 1;
  auto stream = engine->stream<SampleRecord>("values");
  if (!stream) return 2;
  auto worker = stream->worker();
  if (!worker) return 3;
  for (int i = 0; i < kRecords; ++i) {
    if (!worker->push({.value = 1.0 * i, .label = engine->label(i % 2 == 0 ? "even" : "odd")})) {
      return 4;
    }
  }
  return engine->finish() ? 0 : 5;
}

// Whether the run was over before its n-th call.
bool survives(const EngineOptions& options, const std::string& spec) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    in_child = true;
    const Fault fault(spec.c_str());
    ::_exit(run(options));
  }
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  if (WIFSIGNALED(status)) {
    EXPECT_EQ(WTERMSIG(status), SIGKILL) << spec;
    return false;
  }
  EXPECT_EQ(WEXITSTATUS(status), 0) << spec;
  return true;
}

std::size_t segments_in(const std::string& dir) {
  std::size_t n = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    if (entry.path().extension() == ".mlr") ++n;
  }
  return n;
}

class KilledBefore : public testing::TestWithParam<bool> {};

TEST_P(KilledBefore, AnyOfItsCallsARunLeavesNoDamageAndTheNextOneOpens) {
  for (int n = 1;; ++n) {
    TemporaryFolder folder;
    const TemporaryFolder rings;
    EngineOptions options{
        .log_dir = folder / "run", .append_log = true, .segment_bytes = 256 << 10};
    options.log_sync = LogSync::on_flush;
    if (GetParam()) options.ring_dir = rings.str();
    const std::string spec = "any:kill:" + std::to_string(n);
    const bool survived = survives(options, spec);
    SCOPED_TRACE(spec);
    if (std::filesystem::exists(options.log_dir) && segments_in(options.log_dir) != 0) {
      auto seen = replay_logs(std::vector<std::string>{options.log_dir}, {.run = "all"});
      ASSERT_TRUE(seen) << seen.error().message;
      EXPECT_TRUE(seen->damages.empty());
      for (const RunReport& report : seen->runs) {
        EXPECT_TRUE(report.damages.empty());
        EXPECT_EQ(report.missing + report.lost + report.unlogged, 0u);
      }
    }
    ASSERT_EQ(run(options), 0) << "the next one";
    const LogReplay last = replay_of(options.log_dir);
    EXPECT_TRUE(last.whole());
    EXPECT_EQ(last.summary["values"].count(), static_cast<std::uint64_t>(kRecords));
    EXPECT_TRUE(replay_of(options.log_dir, "all").whole()) << "the killed one is recovered";
    EXPECT_EQ(rings.files().size(), 0u) << "nothing of the killed one is left";
    if (survived) {
      EXPECT_GT(n, 30);
      return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EngineKill, KilledBefore, testing::Bool(), [](const auto& rings) {
  return rings.param ? "RingsElsewhere" : "RingsInTheFolder";
});

}  // namespace
}  // namespace millrace

// Asked by AddressSanitizer's leak check when a process ends.
extern "C" int __lsan_is_turned_off() { return millrace::in_child ? 1 : 0; }
