// SPDX-License-Identifier: Apache-2.0
//
// The wall's clock jumps by decades, back and forth, from one reading to the next. It is a label of a run
// and nothing else: durations, order and waiting are by the monotonic clock. And clocks of the host's
// own that go backwards: such durations are counted as invalid, and their records stay.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "millrace/millrace.hpp"

#include "log/log_folder.hpp"
#include "replay/log_info.hpp"
#include "replay/log_replay.hpp"
#include "report/log_info_report.hpp"
#include "temporary_folder.hpp"

namespace {

constexpr long kYear = 31'556'952;  // seconds
// 2070 and before 1970 among them.
constexpr long kSteps[] = {0, 45 * kYear, -60 * kYear, 10 * kYear, -1, -30 * kYear};
std::atomic<unsigned> readings{0};
std::atomic<bool> jumps{false};

}  // namespace

// Before libc's, which libstdc++ would call.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long failed = ::syscall(SYS_clock_gettime, clock, time);
  const bool wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (failed == 0 && wall && jumps) time->tv_sec += kSteps[readings++ % std::size(kSteps)];
  return static_cast<int>(failed);
}
extern "C" time_t time(time_t* seconds) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (seconds != nullptr) *seconds = now.tv_sec;
  return now.tv_sec;
}
extern "C" int gettimeofday(timeval* now, void*) noexcept {
  timespec exact{};
  clock_gettime(CLOCK_REALTIME, &exact);
  *now = {exact.tv_sec, exact.tv_nsec / 1000};
  return 0;
}

namespace millrace {
namespace {

using Clock = std::chrono::steady_clock;

class ClockSteps : public testing::Test {
 protected:
  ClockSteps() { jumps = true; }
  ~ClockSteps() override { jumps = false; }
  const TemporaryFolder folder_;
};

LogReplay replay_of(const std::string& dir, const std::string& run = "last") {
  return replay_logs(std::vector<std::string>{dir}, {.run = run, .threads = 2}).value();
}

TEST_F(ClockSteps, TheWallsClockOfThisTestJumps) {
  std::set<int> years;
  for (int i = 0; i < 12; ++i) {
    const auto now = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    years.insert(static_cast<int>(std::chrono::year_month_day(now).year()));
  }
  EXPECT_GT(*years.rbegin() - *years.begin(), 100);
}

TEST_F(ClockSteps, DurationsOfARunAndItsReplayAreThoseOfTheMonotonicClock) {
  const auto begin = Clock::now();
  const auto since_begin = [&] { return (Clock::now() - begin) / std::chrono::nanoseconds(1); };
  auto engine = Engine::open({.log_dir = folder_.str(),
                              .segment_bytes = 256 << 10,
                              .log_sync = LogSync::interval,
                              .log_sync_interval = std::chrono::milliseconds(5)})
                    .value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  std::int64_t last = 0;
  for (std::int64_t i = 0; i < 20'000; ++i) {
    while (!worker.push({.start_ns = i, .end_ns = i + 100})) std::this_thread::yield();
    if (i % 1000 != 0) continue;
    const Snapshot snapshot = engine.snapshot();
    EXPECT_GE(snapshot.elapsed_ns, last);
    EXPECT_LE(snapshot.elapsed_ns, since_begin());
    last = snapshot.elapsed_ns;
  }
  ASSERT_TRUE(engine.flush());
  // Its interval and its wait are by the monotonic clock, too.
  while (engine.snapshot().log->durable != 20'000 && since_begin() < 60'000'000'000) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(engine.snapshot().log->durable, 20'000u);
  const Summary live = engine.finish().value();
  EXPECT_GE(live.elapsed_ns(), last);
  EXPECT_LE(live.elapsed_ns(), since_begin());
  EXPECT_EQ(live["requests"].metric("latency").max(), 100.0);
  const LogReplay replayed = replay_of(folder_.str());
  EXPECT_TRUE(replayed.whole());
  EXPECT_EQ(replayed.summary.digest(), live.digest());
  EXPECT_EQ(replayed.summary.elapsed_ns(), live.elapsed_ns());
}

TEST_F(ClockSteps, RunsStandInTheOrderInWhichTheyWereWritten) {
  std::vector<std::int64_t> elapsed;
  for (int run = 0; run < 7; ++run) {
    auto engine = Engine::open({.log_dir = folder_.str(), .append_log = true}).value();
    auto worker = engine.stream<SampleRecord>("values").value().worker().value();
    ASSERT_TRUE(worker.push({.value = static_cast<double>(run)}));
    elapsed.push_back(engine.finish().value().elapsed_ns());
  }
  EXPECT_EQ(replay_of(folder_.str()).summary["values"].metric("value").max(), 6.0);
  const LogReplay all = replay_of(folder_.str(), "all");
  const LogInfo info = log_info(folder_.str(), "").value();
  ASSERT_EQ(all.runs.size(), 7u);
  ASSERT_EQ(info.runs.size(), 7u);
  EXPECT_TRUE(info.damages.empty());
  std::set<std::int64_t> labels;
  for (std::size_t run = 0; run < 7; ++run) {
    EXPECT_EQ(info.runs[run].identity.run, all.runs[run].identity.run);
    EXPECT_EQ(info.runs[run].opened_real_ns, all.runs[run].opened_real_ns);
    EXPECT_EQ(info.runs[run].duration_ns, elapsed[run]);
    labels.insert(info.runs[run].opened_real_ns);
  }
  EXPECT_LT(*labels.begin(), 0) << "a label before 1970";
  EXPECT_GT(*labels.rbegin() - *labels.begin(), 90 * kYear * 1'000'000'000);
  EXPECT_NE(log_info_text(info).find("opened 19"), std::string::npos) << log_info_text(info);
}

TEST_F(ClockSteps, ADurationOfTheHostsThatIsNegativeIsInvalidAndItsRecordStays) {
  auto engine = Engine::open({.overflow = Overflow::wait, .log_dir = folder_.str()}).value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  // Taken from the jumping clock by a host that does not know better.
  std::uint64_t negative = 0;
  constexpr std::uint64_t kPushes = 10'000;
  for (std::uint64_t i = 0; i < kPushes; ++i) {
    const auto now = [] { return std::chrono::system_clock::now().time_since_epoch().count(); };
    const std::int64_t start = now(), end = now();
    negative += end < start ? 1u : 0u;
    ASSERT_TRUE(worker.push({.start_ns = start, .end_ns = end}));
  }
  ASSERT_GT(negative, 1000u);
  ASSERT_LT(negative, 9000u);
  const Snapshot snapshot = engine.snapshot();
  EXPECT_EQ(snapshot.stream("requests")->metric("latency")->invalid, negative);
  const Summary live = engine.finish().value();
  const LogReplay replayed = replay_of(folder_.str());
  EXPECT_EQ(replayed.summary.digest(), live.digest());
  EXPECT_EQ(replayed.runs.at(0).records, kPushes);
  for (const Summary* summary : {&live, &replayed.summary}) {
    const MetricSummary latency = (*summary)["requests"].metric("latency");
    EXPECT_EQ((*summary)["requests"].count(), kPushes);
    EXPECT_EQ(latency.invalid(), negative);
    EXPECT_EQ(latency.count(), kPushes - negative);
    EXPECT_GE(latency.min(), 0.0);
  }
}

}  // namespace
}  // namespace millrace
