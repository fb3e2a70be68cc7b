// SPDX-License-Identifier: Apache-2.0
//
// The engine while the log's next segment is not there yet.
#include <chrono>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

#include "fault_preload.hpp"
#include "replayed.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

constexpr std::uint64_t kRecords = 20'000;  // five segments

class LateLog : public testing::TestWithParam<bool> {};

TEST_P(LateLog, FlushesAndSnapshotsCoverWhatWaitsForIt) {
  const bool flushed = GetParam();
  TemporaryFolder folder;
  auto engine =
      Engine::open(
          {.overflow = Overflow::wait, .log_dir = folder / "run", .segment_bytes = 256 << 10})
          .value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  const Fault late("renameat2:delay300:1+");
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    ASSERT_TRUE(worker.push({.start_ns = static_cast<std::int64_t>(i)}));
  }
  ASSERT_TRUE(!flushed || engine.flush());
  const Snapshot snapshot = engine.snapshot();
  EXPECT_GT(late.fired(), 0u);
  EXPECT_EQ(snapshot.accounting.aggregated, kRecords);
  EXPECT_EQ(snapshot.log->logged, kRecords);
  EXPECT_EQ(snapshot.log->unlogged, 0u);
  const Summary live = engine.finish().value();
  EXPECT_EQ(replay_of(folder / "run").summary.digest(), live.digest());
}

INSTANTIATE_TEST_SUITE_P(, LateLog, testing::Bool());

}  // namespace
}  // namespace millrace
