// SPDX-License-Identifier: Apache-2.0
//
// Threads that come, push a few records and go, without a flush, ten thousand of them and more: every
// record is accounted for, and what the engine holds does not grow with their number: memory, slots and
// ring files are those of the workers that live at once. MILLRACE_THREADS sets the number (10,000).
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

#include "own_process.hpp"
#include "replay/log_replay.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

constexpr unsigned kAtOnce = 8;
constexpr std::uint64_t kAccountsKept = 1'024;  // docs/architecture.md, section 7

std::uint64_t threads_wanted() {
  const char* wanted = std::getenv("MILLRACE_THREADS");
  return wanted == nullptr ? 10'000 : std::strtoull(wanted, nullptr, 10);
}

struct Files {
  std::size_t rings = 0;
  std::uint64_t names_bytes = 0;
};
Files files_of(const TemporaryFolder& folder) {
  Files files;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    const std::string name = entry.path().filename().string();
    files.rings += name.starts_with("ring-") ? 1u : 0u;
    if (name.starts_with("names-")) files.names_bytes = entry.file_size();
  }
  return files;
}

struct Total {
  std::atomic<std::uint64_t> attempted{0}, accepted{0}, refused{0}, sum{0};
};

void live_shortly(const Stream<SampleRecord>& stream, std::uint64_t number, Total& total) {
  auto made = stream.worker();
  ASSERT_TRUE(made) << made.error().message;
  for (std::uint64_t i = 0; i <= number % 5; ++i) {
    ++total.attempted;
    if (!made->push({.value = static_cast<double>(number)})) continue;
    total.sum += number;
  }
  total.accepted += made->accepted();
  total.refused += made->rejected().total();
}

class ShortLived : public testing::TestWithParam<Overflow> {
 protected:
  // kAtOnce threads live at a time; `watch` is called between generations.
  template <typename Watch>
  void live(Engine& engine, std::uint64_t first, std::uint64_t last, const Watch& watch) {
    if (!stream_) stream_ = engine.stream<SampleRecord>("values").value();
    for (std::uint64_t n = first; n < last; n += kAtOnce) {
      std::vector<std::jthread> threads;
      for (unsigned t = 0; t < kAtOnce; ++t) {
        threads.emplace_back([&, number = n + t] { live_shortly(*stream_, number, total_); });
      }
      threads.clear();
      if (n % 1000 < kAtOnce) watch();
    }
  }
  void check(const Summary& summary, std::uint64_t threads) const {
    const Accounting& all = summary.accounting();
    EXPECT_EQ(total_.attempted, total_.accepted + total_.refused);
    EXPECT_EQ(all.accepted, total_.accepted);
    EXPECT_EQ(all.aggregated, total_.accepted);
    EXPECT_EQ(all.attempted(), total_.attempted);
    EXPECT_EQ(summary["values"].count(), total_.accepted);
    EXPECT_EQ(summary["values"].metric("value").sum(), static_cast<double>(total_.sum));
    EXPECT_TRUE(GetParam() == Overflow::reject || total_.refused == 0);
    ASSERT_EQ(summary.workers().size(), kAccountsKept + 1);
    EXPECT_EQ(summary.workers().back().worker, 0u) << "all others together";
    for (std::uint32_t worker = 1; worker <= kAccountsKept; ++worker) {
      const WorkerAccount& account = summary.workers()[worker - 1];
      EXPECT_EQ(account.worker, worker);
      EXPECT_EQ(account.accounting.in_flight(), 0u);
    }
    EXPECT_GT(threads, 2 * kAccountsKept) << "too few to tell";
  }

  Total total_;
  std::optional<Stream<SampleRecord>> stream_;
};
INSTANTIATE_TEST_SUITE_P(, ShortLived, testing::Values(Overflow::reject, Overflow::wait),
                         [](const auto& parameter) {
                           return parameter.param == Overflow::wait ? "Waiting" : "Rejecting";
                         });

TEST_P(ShortLived, ThreadsAreAccountedForAndLeaveNothingInMemory) {
  const std::uint64_t threads = threads_wanted();
  // Values equal to one another take room by the value as well: no exact values here.
  auto engine = Engine::open({.overflow = GetParam(),
                              .ring_blocks = 4,
                              .ring_records_min = 0,
                              .exact_memory_bytes = 0})
                    .value();
  std::size_t most = 0;
  const auto watch = [&] { most = std::max(most, anonymous_memory()); };
  live(engine, 0, 2 * kAccountsKept, watch);
  const std::size_t at_first = anonymous_memory();
  most = at_first;
  live(engine, 2 * kAccountsKept, threads, watch);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(most, at_first + (2 << 20)) << "at first " << at_first;
#endif
  check(engine.finish().value(), threads);
}

TEST_P(ShortLived, ThreadsWithALogLeaveOneAccountEachAndNoRings) {
  const std::uint64_t threads = threads_wanted();
  const TemporaryFolder folder;
  auto engine = Engine::open({.overflow = GetParam(),
                              .ring_blocks = 4,
                              .ring_records_min = 0,
                              .log_dir = folder.str(),
                              .low_memory = true})
                    .value();
  Files most;
  live(engine, 0, threads, [&] {
    const Files now = files_of(folder);
    most.rings = std::max(most.rings, now.rings);
    most.names_bytes = std::max(most.names_bytes, now.names_bytes);
  });
  EXPECT_GE(most.rings, 1u);
  EXPECT_LE(most.rings, kAtOnce);
  // docs/log-format.md: an account is a frame of 128 bytes; a stripe may end in a PAD frame.
  EXPECT_LE(most.names_bytes, 8192 + threads * 129);
  const Summary live = engine.finish().value();
  check(live, threads);
  const Files after = files_of(folder);
  EXPECT_EQ(after.rings + after.names_bytes, 0u);
  const LogReplay replayed = replay_logs(std::vector<std::string>{folder.str()}, {}).value();
  EXPECT_TRUE(replayed.whole());
  EXPECT_EQ(replayed.summary.digest(), live.digest());
  check(replayed.summary, threads);
}

}  // namespace
}  // namespace millrace
