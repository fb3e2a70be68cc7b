// SPDX-License-Identifier: Apache-2.0
//
// fork() while threads push: the parent loses nothing, the child's pushes are refused and counted in
// the child alone, and nothing hangs. MILLRACE_STRESS_ROUNDS scales the number of rounds (1.0).
#include <atomic>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "millrace/millrace.hpp"

namespace millrace {
namespace {

int rounds(int usual) {
  const char* scale = std::getenv("MILLRACE_STRESS_ROUNDS");
  return std::max(1, static_cast<int>(usual * (scale == nullptr ? 1.0 : std::atof(scale))));
}

#if defined(__SANITIZE_ADDRESS__)
// In a child no stack but its own is looked at: what the aggregator was about to store is no leak.
bool is_child = false;
extern "C" int __lsan_is_turned_off() { return is_child ? 1 : 0; }
#endif

// What the child does after fork(), and how it ends; the parent goes on and loses nothing.
class Fork : public testing::TestWithParam<const char*> {};

TEST_P(Fork, LeavesTheParentsNumbersAlone) {
  const std::string_view child_does = GetParam();
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  if (child_does == "opens its own") {
    // AddressSanitizer's allocator may be locked by another thread at the fork, for ever.
    GTEST_SKIP() << "the sanitizers' runtimes do not support new threads in a forked child";
  }
#endif
  for (int round = 0; round < rounds(20); ++round) {
    auto engine = std::make_unique<Engine>(Engine::open({.overflow = Overflow::wait}).value());
    auto stream = engine->stream<SampleRecord>("samples").value();
    auto worker = std::make_unique<Worker<SampleRecord>>(stream.worker().value());
    std::atomic<bool> stop{false};
    std::uint64_t pushed = 0;
    std::jthread load([&] {
      auto other = stream.worker().value();
      while (!stop) pushed += other.push({.value = 1}) ? 1u : 0u;
    });
    for (int i = 0; i < 100; ++i) worker->push({.value = 1});

    const pid_t child = ::fork();
    if (child == 0) {
#if defined(__SANITIZE_ADDRESS__)
      is_child = true;
#endif
      ::alarm(10);  // a hang is a failure, not a wait
      bool good = true;
      if (child_does == "pushes") {
        for (int i = 0; i < 5; ++i) good = good && !worker->push({.value = 1'000});
        good = good && worker->claim() == nullptr && worker->rejected().forked == 6;
      } else if (child_does == "asks") {
        good = engine->snapshot().accounting.accepted == 0 && !engine->flush() &&
               !engine->finish() && !stream.worker();
      } else if (child_does == "destroys") {
        worker.reset();
        engine.reset();
      } else if (child_does == "opens its own") {
        auto own = Engine::open().value();
        auto w = own.stream<SampleRecord>("samples").value().worker().value();
        w.push({.value = 1});
        good = own.finish().value()["samples"].count() == 1;
      }
      if (child_does == "exits") std::exit(0);
      ::_exit(good ? 0 : 1);
    }
    ASSERT_GT(child, 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
    for (int i = 0; i < 100; ++i) worker->push({.value = 1});
    stop = true;
    load.join();

    const Summary summary = engine->finish().value();

    EXPECT_EQ(summary.accounting().accepted, pushed + 200);
    EXPECT_EQ(summary.accounting().aggregated, pushed + 200);
    EXPECT_EQ(summary.accounting().rejected(), 0u) << "the child's refusals are its own";
    EXPECT_EQ(summary["samples"].metric("value").max(), 1.0);
  }
}

INSTANTIATE_TEST_SUITE_P(Child, Fork,
                         testing::Values("pushes", "asks", "destroys", "opens its own", "exits",
                                         "does nothing"));

}  // namespace
}  // namespace millrace
