// SPDX-License-Identifier: Apache-2.0
//
// The bytes that LogWriter writes, read by an independent walker; by both backends.
#include "log/log_writer.hpp"

#include <random>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log_run.hpp"

// Counts what this thread allocates while it is watched.
namespace {
thread_local bool watched = false;
thread_local std::uint64_t allocations = 0;
}  // namespace

__attribute__((noinline)) void* operator new(std::size_t bytes) {
  if (watched) ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
__attribute__((noinline)) void operator delete(void* memory) noexcept { std::free(memory); }
__attribute__((noinline)) void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace millrace::log {
namespace {

class LogWriterBoth : public testing::TestWithParam<bool> {
 protected:
  WriterOptions options() const {
    return {
        .dir = dir.str(), .segment_bytes = kSegmentBytesMin, .mapped = GetParam(), .wait = true};
  }
  TemporaryFolder dir;
};
INSTANTIATE_TEST_SUITE_P(, LogWriterBoth, testing::Values(true, false), [](const auto& parameter) {
  return parameter.param ? "Mapped" : "Pwrite";
});

TEST_P(LogWriterBoth, HoldsWhatWasAppendedInOrder) {
  LogRun run(options());
  ASSERT_TRUE(run.open());
  run.append(100);
  run.append(1);
  run.append(2000, 2);
  ASSERT_TRUE(run.writer->close(true, 77));

  run.check();
  const Walked walked = walk_run(dir.path());
  EXPECT_EQ(walked.finished_ns, 77);
  EXPECT_EQ(walked.data[0].n, 100u);
  EXPECT_EQ(walked.data[0].stream, 3u);
  EXPECT_EQ(walked.data[0].worker, 1u);
  EXPECT_EQ(walked.data[0].taken_ns, 1'000'000'000);
  EXPECT_EQ(dir.files().size(), 1u);  // the next segment was not needed, and is gone
}

TEST_P(LogWriterBoth, AFrameIsVisibleWhenAppendReturns) {
  LogRun run(options());
  ASSERT_TRUE(run.open());
  for (std::uint64_t i = 1; i <= 50; ++i) {
    run.append(7);
    Walked walked;
    const Walker walker(walked, dir.str() + "/" + segment_name(1), false);
    ASSERT_EQ(walked.records, 7 * i);
    ASSERT_EQ(walked.faults, std::vector<std::string>{});
  }
}

TEST_P(LogWriterBoth, RandomSlicesNamesAndAccountsSurviveManySegments) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (const std::uint32_t record_size : {16u, 64u, 184u, 512u}) {
    TemporaryFolder folder;
    WriterOptions opts = options();
    opts.dir = folder.str();
    LogRun run(opts, record_size);
    ASSERT_TRUE(run.open(9));
    std::vector<std::string> labels;
    std::map<std::uint32_t, AccountEntry> accounts;
    while (run.appended() * record_size < 3'000'000) {
      if (random() % 8 == 0) {
        labels.push_back(std::string(random() % 300, 'a') + std::to_string(labels.size()));
        run.writer->name(NameKind::label, static_cast<std::uint16_t>(labels.size() - 1),
                         labels.back());
      }
      if (random() % 8 == 0) {
        const auto worker = static_cast<std::uint32_t>(1 + random() % 20);
        AccountEntry& account = accounts[worker];
        account.worker = worker;
        account.accepted += random() % 100;
        run.writer->account(account);
      }
      run.append(static_cast<std::uint32_t>(1 + random() % 700),
                 static_cast<std::uint32_t>(1 + random() % 5));
    }
    ASSERT_TRUE(run.writer->close(true, run.clock));

    run.check();
    const Walked walked = walk_run(folder.path());
    EXPECT_GE(walked.segments, 11u);
    EXPECT_EQ(walked.segments, run.rotations + 1);
    EXPECT_EQ(run.writer->status().segments, walked.segments);
    // Every segment repeats the names that came before it, in their order.
    std::size_t begun = 0;
    for (const auto& [segment, names] : walked.names_of_segment) {
      EXPECT_GE(names, begun) << "segment " << segment;
      begun = names;
    }
    ASSERT_GE(walked.names.size(), labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto& [kind, name] = walked.names[walked.names.size() - labels.size() + i];
      EXPECT_EQ(kind, 2);
      EXPECT_EQ(name.first, static_cast<int>(i));
      EXPECT_EQ(name.second, labels[i]);
    }
    for (const auto& [worker, account] : accounts) {
      EXPECT_EQ(walked.accounts.at(worker)[0], account.accepted);
    }
  }
}

TEST(LogWriter, BothBackendsWriteTheSameBytes) {
  TemporaryFolder folders[2];
  for (int i = 0; i < 2; ++i) {
    LogRun run({.dir = folders[i].str(),
                .segment_bytes = kSegmentBytesMin,
                .mapped = i == 0,
                .wait = true});
    ASSERT_TRUE(run.open());
    run.writer->name(NameKind::stream, 3, "{}");
    for (std::uint32_t n = 1; n < 300; ++n) {
      if (n % 50 == 0) run.writer->name(NameKind::label, static_cast<std::uint16_t>(n), "label");
      if (n % 70 == 0) run.writer->account(test_account(n, n));
      run.clock_stands = true;  // it must not depend on how long a segment took to make
      run.clock += n;
      run.append(n);
    }
    ASSERT_TRUE(run.writer->close(true, 5));
    EXPECT_EQ(run.writer->status().mapped, i == 0);
  }
  ASSERT_GT(folders[0].files().size(), 3u);
  ASSERT_EQ(folders[0].files().size(), folders[1].files().size());
  for (const auto& entry : std::filesystem::directory_iterator(folders[0].path())) {
    std::string bytes[2];
    for (int i = 0; i < 2; ++i) {
      std::ifstream file(folders[i].path() / entry.path().filename(), std::ios::binary);
      bytes[i].assign(std::istreambuf_iterator<char>(file), {});
    }
    ASSERT_GT(bytes[0].size(), kHeaderBytes);
    EXPECT_TRUE(bytes[0] == bytes[1]) << entry.path().filename();
  }
}

TEST_P(LogWriterBoth, NothingIsAllocatedUnderWayNorAtARotation) {
  LogRun run(options());
  ASSERT_TRUE(run.open());
  for (std::uint16_t i = 0; i < 100; ++i) run.writer->name(NameKind::label, i, "label");
  for (std::uint32_t i = 1; i < 100; ++i) run.writer->account(test_account(i, i));
  const auto records = run.records_from(0, 1000);
  std::uint64_t seq = 0;
  int rotations = 0;
  while (rotations < 6) {
    watched = true;
    const std::uint32_t room = run.writer->reserve(64, ++run.clock);
    rotations += run.writer->rotated() ? 1 : 0;
    const std::uint32_t n = std::min(room, 1000u);
    if (n != 0) {
      run.writer->append({.records = records.data(),
                          .count = n,
                          .record_size = 64,
                          .worker = 1,
                          .worker_seq = seq},
                         run.clock);
    }
    watched = false;
    seq += n;
    if (n == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(allocations, 0u);
  EXPECT_EQ(run.writer->status().logged, seq);
}

TEST_P(LogWriterBoth, NoFrameIsTinyBecauseAStripeIsNearlyFull) {
  LogRun run(options(), 512);
  ASSERT_TRUE(run.open());
  for (int i = 0; i < 200; ++i) run.append(63);  // what a block holds of them
  ASSERT_TRUE(run.writer->close(true, 0));

  run.check();
  const Walked walked = walk_run(dir.path());
  EXPECT_EQ(walked.data.size(), 200u);  // none was cut in two
  EXPECT_GT(walked.pads, 0u);
}

TEST_P(LogWriterBoth, NamesThatComeBehindReserveStandBeforeTheSlice) {
  LogRun run(options());
  ASSERT_TRUE(run.open());
  const std::string text(1000, 'x');
  std::uint16_t number = 0;
  for (int i = 0; i < 300; ++i) {
    const std::uint32_t room = run.writer->reserve(64, run.clock += 1000);
    if (room == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    for (int k = 0; k < 3; ++k) run.writer->name(NameKind::label, number++, text);
    const auto records = run.records_from(static_cast<std::uint64_t>(i), 1);
    ASSERT_TRUE(run.writer->append(
        {.records = records.data(), .count = 1, .record_size = 64, .stream = number, .worker = 1},
        run.clock));
  }
  ASSERT_TRUE(run.writer->close(true, 0));

  // Each slice carries the number of names before it in its stream field.
  Walked walked = walk_run(dir.path());
  EXPECT_EQ(walked.faults, std::vector<std::string>{});
  ASSERT_GE(walked.segments, 3u);
  EXPECT_EQ(walked.names_of_segment.rbegin()->second % 3, 0u);
  for (const auto& [segment, names] : walked.names_of_segment) {
    const auto first = std::find_if(walked.data.begin(), walked.data.end(),
                                    [s = segment](const auto& d) { return d.segment == s; });
    ASSERT_NE(first, walked.data.end());
    EXPECT_GE(names, first->stream);
  }
}

TEST_P(LogWriterBoth, ASegmentGrowsWhenNamesWouldFillIt) {
  LogRun run(options());
  ASSERT_TRUE(run.open());
  const std::string text(kNameBytesMax, 'n');
  for (std::uint16_t i = 0; i < 40; ++i) {  // 1.25 MiB of names; a segment is 256 KiB
    run.writer->name(NameKind::label, i, text);
    run.append(500);
  }
  for (int i = 0; i < 40; ++i) run.append(2000);
  ASSERT_TRUE(run.writer->close(true, 0));

  run.check();
  const Walked walked = walk_run(dir.path());
  EXPECT_EQ(walked.names_of_segment.rbegin()->second, 40u);
  EXPECT_LT(walked.segments, 30u);
}

TEST_P(LogWriterBoth, NamesAndAccountsAloneAreWrittenAtClose) {
  LogRun run(options());
  ASSERT_TRUE(run.open());
  run.writer->name(NameKind::stream, 0, "{\"stream\":\"s\"}");
  run.writer->name(NameKind::error_class, 65'535, "");
  run.writer->account(test_account(9, 0, 4));
  ASSERT_TRUE(run.writer->close(true, 0));

  run.check();
  const Walked walked = walk_run(dir.path());
  ASSERT_EQ(walked.names.size(), 2u);
  EXPECT_EQ(walked.names[1].second.first, 65'535);
  EXPECT_EQ(walked.accounts.at(9)[1], 4u);
}

TEST_P(LogWriterBoth, TheLastNamesGetAnotherSegmentIfTheyNeedOne) {
  LogRun run(options());
  ASSERT_TRUE(run.open());
  run.append(2000);
  for (std::uint16_t i = 0; i < 20; ++i) {
    run.writer->name(NameKind::label, i, std::string(kNameBytesMax, 'n'));
  }
  ASSERT_TRUE(run.writer->close(true, 0));
  run.check();
  EXPECT_EQ(walk_run(dir.path()).names_of_segment.size(), 1u);
  EXPECT_GE(walk_run(dir.path()).names.size(), 20u);
}

TEST_P(LogWriterBoth, WithoutCloseTheSegmentHasNoEndAndNothingIsLost) {
  LogRun run(options());
  ASSERT_TRUE(run.open());
  run.append(1000);
  run.writer.reset();
  const Walked walked = walk_run(dir.path());
  EXPECT_EQ(walked.faults, std::vector<std::string>{});
  EXPECT_EQ(walked.records, 1000u);
  EXPECT_EQ(walked.ended, 0u);
  EXPECT_EQ(dir.files().size(), 1u);
}

TEST_P(LogWriterBoth, ACloseThatIsNotFinalSaysSo) {
  LogRun run(options());
  ASSERT_TRUE(run.open());
  run.append(10);
  ASSERT_TRUE(run.writer->close(false, 99));
  const Walked walked = walk_run(dir.path());
  EXPECT_EQ(walked.ended, 1u);
  EXPECT_FALSE(walked.final);
  EXPECT_EQ(walked.finished_ns, 1'000'000'000);  // of the last slice
  EXPECT_FALSE(run.writer->close(true, 99));     // the last call
}

TEST_P(LogWriterBoth, RetentionRemovesTheOldestAndCountsThem) {
  WriterOptions opts = options();
  opts.bytes_max = 4 * kSegmentBytesMin;
  LogRun run(opts);
  ASSERT_TRUE(run.open());
  run.writer->name(NameKind::label, 1, "kept");
  for (int i = 0; i < 100; ++i) run.append(500);  // 3.2 MB
  ASSERT_TRUE(run.writer->close(true, 0));

  const LogStatus status = run.writer->status();
  EXPECT_GT(status.dropped, 0u);
  EXPECT_EQ(status.logged, 50'000u);
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    bytes += entry.file_size();
  }
  EXPECT_LE(bytes, opts.bytes_max);
  const Walked walked = walk_run(dir.path());
  EXPECT_EQ(walked.faults, std::vector<std::string>{});
  EXPECT_EQ(walked.records + status.dropped, 50'000u);
  EXPECT_EQ(walked.data.front().record_no, status.dropped);
  EXPECT_EQ(walked.names.front().second.second, "kept");
}

TEST_P(LogWriterBoth, SyncCoversWhatWasAppendedBefore) {
  for (const LogSync policy : {LogSync::never, LogSync::interval, LogSync::on_flush}) {
    TemporaryFolder folder;
    WriterOptions opts = options();
    opts.dir = folder.str();
    opts.sync = policy;
    opts.sync_every = std::chrono::hours{1};
    LogRun run(opts);
    ASSERT_TRUE(run.open());
    EXPECT_EQ(run.writer->status().durable, 0u);
    for (int i = 0; i < 30; ++i) run.append(500);
    ASSERT_TRUE(run.writer->sync());
    EXPECT_EQ(run.writer->status().durable, 15'000u);
    run.append(5);
    EXPECT_EQ(run.writer->status().durable, 15'000u);
    ASSERT_TRUE(run.writer->close(true, 0));
    EXPECT_EQ(run.writer->status().durable, policy == LogSync::never ? 15'000u : 15'005u);
    run.check();
  }
}

TEST_P(LogWriterBoth, AnIntervalSyncsWithoutBeingAsked) {
  WriterOptions opts = options();
  opts.sync = LogSync::interval;
  opts.sync_every = std::chrono::milliseconds{2};
  LogRun run(opts);
  ASSERT_TRUE(run.open());
  run.append(123);
  EXPECT_TRUE(eventually([&] { return run.writer->status().durable == 123; }));
}

TEST_P(LogWriterBoth, FilesAreTheOwnersAlone) {
  const mode_t before = ::umask(0777);
  LogRun run(options());
  const bool opened = run.open().has_value();
  ::umask(before);
  ASSERT_TRUE(opened);
  struct stat about {};
  ASSERT_EQ(::stat((dir.str() + "/" + segment_name(1)).c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0600u);
}

TEST_P(LogWriterBoth, AForkedChildWritesNothingAndHangsNowhere) {
  LogRun run(options());
  ASSERT_TRUE(run.open());
  run.append(10);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(10);  // a hang is a failure, not a wait
    const bool refused = !run.writer->close(true, 0) && !run.writer->sync();
    run.writer.reset();
    ::_exit(refused ? 0 : 1);
  }
  int how = 0;
  ASSERT_EQ(::waitpid(child, &how, 0), child);
  EXPECT_EQ(how, 0);
  run.append(10);
  ASSERT_TRUE(run.writer->close(true, 0));
  run.check();
}

TEST(LogWriter, RefusesSegmentsOfNoUse) {
  TemporaryFolder dir;
  for (const std::uint64_t bytes : {kSegmentBytesMin - 1, kSegmentBytesMax + 1, std::uint64_t{0}}) {
    EXPECT_FALSE(LogWriter::open({.dir = dir.str(), .segment_bytes = bytes}, test_header(), 1));
  }
  EXPECT_FALSE(LogWriter::open({.dir = dir.str()}, test_header(), 0));
  EXPECT_EQ(dir.files().size(), 0u);
}

}  // namespace
}  // namespace millrace::log
