// SPDX-License-Identifier: Apache-2.0
//
// What happens to the log when somebody works on its files, a sync fails or is slow, or a call does
// half of its work; one case a fault. As in log_fault_test.cpp nothing is lost without being counted.
#include <gtest/gtest.h>
#include <unistd.h>

#include "log_fault_fixture.hpp"

namespace millrace::log {
namespace {

// ---- somebody works on the files

std::string segment_path(const LogRun& run, std::uint64_t segment) {
  return run.options.dir + "/" + segment_name(segment);
}

TEST_P(LogFaultBoth, FileTruncatedUnderTheWriterIsSurvivedAndCounted) {
  for (const off_t left : {0L, 100L, 4096L, 30'000L, 65'536L, 100'000L}) {
    TemporaryFolder folder;
    WriterOptions opts = options(folder.str());
    opts.segment_bytes = kMiB;
    LogRun run(opts);
    ASSERT_TRUE(run.open());
    ASSERT_TRUE(run.next_is_there());
    for (int i = 0; i < 10; ++i) run.append(200);  // 128 KB
    ASSERT_EQ(::truncate(segment_path(run, 1).c_str(), left), 0);
    ASSERT_TRUE(eventually([&] {  // at the next fault, or at the look that is taken each second
      run.append(100);
      return run.rotations != 0 || run.writer->status().stopped;
    }));
    for (int i = 0; i < 10; ++i) run.append(200);
    ASSERT_TRUE(run.writer->close(true, 0));
    const LogStatus status = run.writer->status();
    EXPECT_NE(status.error.find("cut"), std::string::npos) << left << status.error;
    EXPECT_GT(status.unlogged, 0u) << left;
    EXPECT_GT(status.logged, 0u) << left;
    // What the folder holds is what is said; the cut file may end inside a frame.
    EXPECT_EQ(status.logged + status.unlogged, run.appended());
    EXPECT_EQ(records_left(folder.path()), status.logged) << left;
  }
}

TEST_P(LogFaultBoth, FileCutAndMadeLongAgainIsNoticed) {
  LogRun run(options());
  ASSERT_TRUE(run.open());
  run.append(100);
  ASSERT_EQ(::truncate(segment_path(run, 1).c_str(), 0), 0);
  ASSERT_EQ(::truncate(segment_path(run, 1).c_str(), kSegmentBytesMin), 0);
  ASSERT_TRUE(eventually([&] {
    run.append(1);
    return run.rotations != 0;
  }));
  ASSERT_TRUE(run.writer->close(true, 0));
  std::filesystem::remove(segment_path(run, 1));  // it has no header any more
  run.check(false);
}

TEST_P(LogFaultBoth, FileRemovedOrReplacedUnderTheWriterIsCounted) {
  for (const bool replaced : {false, true}) {
    TemporaryFolder folder;
    LogRun run(options(folder.str()));
    ASSERT_TRUE(run.open());
    run.append(700);
    if (replaced) {
      std::ofstream(folder.path() / "other") << "other";
      std::filesystem::rename(folder.path() / "other", segment_path(run, 1));
    } else {
      std::filesystem::remove(segment_path(run, 1));
    }
    ASSERT_TRUE(eventually([&] {
      run.append(1);
      return run.rotations != 0;
    }));
    EXPECT_NE(run.writer->status().error.find("removed or replaced"), std::string::npos);
    run.append(10);
    ASSERT_TRUE(run.writer->close(true, 0));
    EXPECT_GE(run.writer->status().unlogged, 700u);
    if (replaced) std::filesystem::remove(segment_path(run, 1));
    run.check(false);
  }
}

TEST_P(LogFaultBoth, FileMovedUnderTheWriterKeepsItsRecords) {
  LogRun run(options());
  ASSERT_TRUE(run.open());
  ASSERT_TRUE(run.next_is_there());
  run.append(700);
  std::filesystem::rename(segment_path(run, 1), dir.path() / "000.mlr");
  ASSERT_TRUE(eventually([&] {
    run.append(1);
    return run.rotations != 0;
  }));
  EXPECT_NE(run.writer->status().error.find("moved"), std::string::npos);
  ASSERT_TRUE(run.writer->close(true, 0));
  EXPECT_EQ(run.writer->status().unlogged, run.refused);
  run.check(false);
}

// ---- syncs

TEST_P(LogFaultBoth, SyncErrorIsStickyAndDurableStaysWhereItWas) {
  WriterOptions opts = options();
  opts.segment_bytes = kMiB;
  opts.sync = LogSync::on_flush;
  LogRun run(opts);
  ASSERT_TRUE(run.open());
  ASSERT_TRUE(run.next_is_there());  // its fdatasync is over
  run.append(10);
  ASSERT_TRUE(run.writer->sync());
  run.append(10);
  {
    const Fault fault("fdatasync:EIO:1");
    EXPECT_FALSE(run.writer->sync());
    EXPECT_EQ(fault.fired(), 1u);
  }
  // The kernel would say that all is well now. It is not believed.
  for (int i = 0; i < 3; ++i) {
    const auto again = run.writer->sync();
    ASSERT_FALSE(again);
    EXPECT_NE(again.error().message.find("Input/output error"), std::string::npos);
  }
  EXPECT_EQ(run.writer->status().durable, 10u);
  EXPECT_FALSE(run.writer->status().stopped);
  // The poisoned segment is left once the run's clock has gone on by a second and a next one is there.
  ASSERT_TRUE(eventually([&] {
    run.clock += 1'000'000'000;
    run.append(1);
    return run.rotations == 1;
  }));
  EXPECT_FALSE(run.writer->close(true, 0));
  EXPECT_EQ(run.writer->status().durable, 10u);
  EXPECT_NE(run.writer->status().error.find("cannot sync"), std::string::npos);
  run.check();  // all is there as far as this process can see
}

TEST_P(LogFaultBoth, AFailedSegmentIsNotSyncedAgain) {
  WriterOptions opts = options();
  opts.sync = LogSync::on_flush;
  LogRun run(opts);
  ASSERT_TRUE(run.open());
  ASSERT_TRUE(run.next_is_there());
  run.append(10);
  const Fault fault("fdatasync:EIO:1+");
  EXPECT_FALSE(run.writer->sync());
  EXPECT_FALSE(run.writer->sync());
  EXPECT_FALSE(run.writer->sync());
  EXPECT_EQ(fault.fired(), 1u);
}

TEST_P(LogFaultBoth, SlowSyncDoesNotStopAppends) {
  WriterOptions opts = options();
  opts.sync = LogSync::interval;
  opts.sync_every = std::chrono::milliseconds{1};
  LogRun run(opts);
  ASSERT_TRUE(run.open());
  ASSERT_TRUE(run.next_is_there());
  // Only the syncs of the segment under way hang: a new one is made durable by the maker, whose
  // fdatasync comes later than the first.
  const Fault fault("fdatasync:delay3000:1");
  ASSERT_TRUE(eventually([&] { return fault.fired() == 1; }));
  run.clock_stands = true;                      // lateness cannot be what ends the waiting
  while (run.rotations < 5) run.append(500);    // more than the two segments that were there
  EXPECT_EQ(run.writer->status().durable, 0u);  // the sync has not come back
  EXPECT_EQ(run.refused, 0u);
  ASSERT_TRUE(run.writer->close(true, 0));
  run.check();
}

TEST_P(LogFaultBoth, ASegmentThatIsLateIsWaitedFor100MsAndThenLeftOut) {
  for (const bool wait : {false, true}) {
    TemporaryFolder folder;
    WriterOptions opts = options(folder.str());
    opts.wait = wait;
    LogRun run(opts);
    ASSERT_TRUE(run.open());
    ASSERT_TRUE(run.next_is_there());
    const Fault fault("renameat2:delay600:1");
    run.clock_stands = true;
    std::uint32_t room;
    while ((room = run.writer->reserve(64, run.clock)) != 0) {
      const auto records = run.records_from(0, room);
      ASSERT_TRUE(run.writer->append(
          {.records = records.data(), .count = room, .record_size = 64, .worker = 1}, run.clock));
    }
    EXPECT_EQ(run.writer->reserve(64, run.clock + 99'999'999), 0u);
    EXPECT_FALSE(run.writer->status().stopped);
    const std::uint32_t later = run.writer->reserve(64, run.clock + 100'000'000);
    EXPECT_EQ(run.writer->status().stopped, !wait);
    EXPECT_EQ(later, wait ? 0u : kSliceRecordsMax);
    ASSERT_TRUE(eventually([&] {
      const std::uint32_t n = run.writer->reserve(64, run.clock + 200'000'000);
      return n != 0 && !run.writer->status().stopped;
    }));
    EXPECT_TRUE(run.writer->rotated());
  }
}

// ---- calls that do half of it

TEST(LogFault, InterruptedAndShortWritesAreContinued) {
  TemporaryFolder dir;
  const Fault fault(
      "pwrite:EINTR:3,pwrite:short:4+,fdatasync:EINTR:1,fdatasync:EINTR:2,"
      "openat:EINTR:1,fallocate:EINTR:1,ftruncate:EINTR:1");
  LogRun run({.dir = dir.str(),
              .segment_bytes = kSegmentBytesMin,
              .mapped = false,
              .sync = LogSync::on_flush,
              .wait = true});
  ASSERT_TRUE(run.open());
  for (int i = 0; i < 20; ++i) run.append(500);
  ASSERT_TRUE(run.writer->sync());
  ASSERT_TRUE(run.writer->close(true, 0));
  EXPECT_GT(fault.fired(), 100u);
  run.check();
}

}  // namespace
}  // namespace millrace::log
