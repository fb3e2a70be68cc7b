// SPDX-License-Identifier: Apache-2.0
//
// Recovery: the log has afterwards what replay would have taken from segments and rings together, once,
// however often the recovery itself is killed.
#include "log/recovery.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log_fixture.hpp"

namespace millrace {
namespace {

using log::Recovered;
using log::RecoveryOptions;
using log::RecoveryStep;

Result<Recovered> recover(const std::string& dir, const RecoveryOptions& options = {}) {
  auto lock = log::FolderLock::acquire(dir, log::FolderLock::Kind::exclusive);
  if (!lock || !*lock) return failure(Errc::io, "no lock");
  auto folder = log::LogFolder::list(dir, options.ring_dir);
  if (!folder) return tl::unexpected(folder.error());
  return log::recover(*folder, options);
}

std::vector<std::string> files_that_end(const std::string& dir, std::string_view end) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    if (entry.path().string().ends_with(end)) found.push_back(entry.path().filename().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// One worker with records in the log and in its ring, one that has retired, one with all in its ring.
struct Busy {
  Busy(const std::string& dir, const RunIdentity& identity, std::uint64_t segment = 1,
       detail::RingKind kind = detail::RingKind::file)
      : run(dir, identity, {.blocks = 4, .kind = kind}, segment) {
    ports.push_back(run.rings.worker().value());
    {
      auto retired = run.rings.worker().value();
      run.rings.push(retired, 600);
      run.turn(400, 1);
    }
    ports.push_back(run.rings.worker().value());
    run.rings.push(ports[0], 1'000);
    run.turn(300, 2);
    run.rings.push(ports[1], 20);
    run.crash();
  }
  DeadRun run;
  std::vector<detail::Port> ports;
};
constexpr std::uint64_t kBusyRecords = 1'620;

std::uint64_t log_records(const std::string& dir) {
  std::uint64_t records = 0;
  const auto folder = log::LogFolder::list(dir).value();
  for (const log::RunFiles& run : folder.runs) {
    const LogContent content = read_log(run);
    EXPECT_TRUE(content.in_order());
    EXPECT_EQ(content.wrong, 0u);
    EXPECT_EQ(told(content.scan.damages), "");
    records += content.records;
  }
  return records;
}

// What a reader accumulates: the slices, in order.
std::vector<std::tuple<std::uint32_t, std::uint64_t, std::uint32_t>> slices_of(
    const log::RunFiles& run) {
  std::vector<std::tuple<std::uint32_t, std::uint64_t, std::uint32_t>> slices;
  log::RunScan scan;
  const auto read = [&](log::FrameSource& source, std::optional<std::uint64_t> index) {
    log::PartScan part;
    while (const auto frame = source.next()) {
      if (!part.add(*frame, "")) continue;
      slices.emplace_back(frame->header.worker, frame->header.worker_seq, frame->header.n);
    }
    scan.add(part, index);
  };
  for (const log::SegmentPath& path : run.segments) {
    read(*log::SegmentReader::open(path.path).value(), path.header.run_index);
  }
  if (!run.rings.empty()) read(*log::RingReader::open(run, scan).value(), std::nullopt);
  return slices;
}

TEST(Recovery, WritesWhatTheLogLacksAndTakesTheRingsAway) {
  const TemporaryFolder dir;
  const Busy busy(dir.str(), some_run());
  const auto before = slices_of(only_run(dir.str()));
  const auto done = recover(dir.str());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->runs, 1u);
  EXPECT_EQ(done->records, kBusyRecords - busy.run.logged);
  EXPECT_EQ(done->workers, 3u);
  EXPECT_EQ(done->lost, 0u);
  EXPECT_EQ(done->rings_refused, 0u);
  EXPECT_EQ(done->next_segment, 3u);
  EXPECT_EQ(told(done->damages), "");
  EXPECT_TRUE(files_that_end(dir.str(), ".mln").empty());

  const log::RunFiles run = only_run(dir.str());
  EXPECT_EQ(slices_of(run), before) << "replay takes the same slices before and after";
  const LogContent content = read_log(run);
  EXPECT_EQ(content.of(1), 1'000u);
  EXPECT_EQ(content.of(2), 600u);
  EXPECT_EQ(content.of(3), 20u);
  EXPECT_TRUE(content.in_order());
  EXPECT_EQ(content.wrong, 0u);
  EXPECT_TRUE(content.scan.final);
  EXPECT_EQ(content.scan.lost(), 0u);
  EXPECT_EQ(content.scan.accounts.at(2).accepted, 600u);
  EXPECT_EQ(content.scan.names.labels.at(2), "a label");
  EXPECT_EQ(told(content.scan.damages), "");
}

TEST(Recovery, TheSegmentIsCutBehindItsEndAndItsTotalsHold) {
  const TemporaryFolder dir;
  const Busy busy(dir.str(), some_run());
  ASSERT_TRUE(recover(dir.str()));
  const log::SegmentPath segment = only_run(dir.str()).segments.at(1);
  EXPECT_EQ(segment.header.segment, 2u);
  EXPECT_EQ(segment.header.run_index, 1u);
  auto reader = log::SegmentReader::open(segment.path).value();
  log::PartScan part;
  std::uint64_t end_of_last = 0;
  std::vector<log::FrameType> types;
  while (const auto frame = reader->next()) {
    part.add(*frame, "");
    if (types.empty() || types.back() != frame->type()) types.push_back(frame->type());
    EXPECT_TRUE(frame->header.flags & log::kRecovered);
    end_of_last = frame->offset + log::bytes_of(frame->header.commit);
  }
  EXPECT_EQ(types, (std::vector{log::FrameType::names, log::FrameType::account,
                                log::FrameType::data, log::FrameType::end}));
  EXPECT_EQ(reader->tail(), log::SegmentReader::Tail::final);
  EXPECT_EQ(segment.file_bytes, end_of_last);
  EXPECT_EQ(segment.header.segment_bytes, log::kSegmentBytesMin);
  EXPECT_EQ(told(reader->damages()), "");
  ASSERT_TRUE(part.end);
  EXPECT_EQ(part.end->records_of_run, kBusyRecords);
  EXPECT_EQ(part.end->records_in_segment, kBusyRecords - busy.run.logged);
}

TEST(Recovery, AgainItFindsNothingToDo) {
  const TemporaryFolder dir;
  const Busy busy(dir.str(), some_run());
  ASSERT_TRUE(recover(dir.str()));
  const auto files = files_that_end(dir.str(), "");
  const auto again = recover(dir.str());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->runs, 0u);
  EXPECT_EQ(again->records, 0u);
  EXPECT_EQ(again->next_segment, 3u);
  EXPECT_EQ(files_that_end(dir.str(), ""), files);
}

// At each step of each of two recoveries: the second finds what the first has left.
TEST(Recovery, KilledAtAnyStepItCanBeRunAgain) {
  const TemporaryFolder count_dir;
  std::uint64_t steps = 0;
  {
    const Busy busy(count_dir.str(), some_run());
    std::ofstream(count_dir.str() + "/00000000000000000002.mlr.tmp") << "of one that was killed";
    ASSERT_TRUE(recover(count_dir.str(), {.before = [&](RecoveryStep) { ++steps; }}));
  }
  ASSERT_EQ(steps, 8u);
  for (std::uint64_t first = 0; first < steps; ++first) {
    for (std::uint64_t second = 0; second <= steps; second += 3) {
      SCOPED_TRACE("killed before step " + std::to_string(first) + ", then " +
                   std::to_string(second));
      const TemporaryFolder dir("/dev/shm");
      const Busy busy(dir.str(), some_run());
      std::ofstream(dir.str() + "/00000000000000000002.mlr.tmp") << "of one that was killed";
      for (const std::uint64_t dies_at : {first, second}) {
        const pid_t child = ::fork();
        if (child == 0) {
          std::uint64_t step = 0;
          const auto done = recover(dir.str(), {.before = [&](RecoveryStep) {
                                      if (step++ == dies_at) ::raise(SIGKILL);
                                    }});
          ::_exit(done ? 0 : 1);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) != 0) << status;
        EXPECT_EQ(log_records(dir.str()), kBusyRecords);
      }
      const auto done = recover(dir.str());
      ASSERT_TRUE(done) << done.error().message;
      EXPECT_EQ(log_records(dir.str()), kBusyRecords);
      EXPECT_EQ(files_that_end(dir.str(), ".mlr").size(), 2u);
      EXPECT_TRUE(files_that_end(dir.str(), ".tmp").empty());
      EXPECT_TRUE(files_that_end(dir.str(), ".mln").empty());
      if (HasFailure()) return;
    }
  }
}

TEST(Recovery, TwoDeadRunsInAFolderKeepTheirWorkersApart) {
  const TemporaryFolder dir;
  const RunIdentity first = some_run();
  const Busy one(dir.str(), first, 1);
  const Busy two(dir.str(), RunIdentity::make(first.log_id), 2);
  const auto done = recover(dir.str());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->runs, 2u);
  EXPECT_EQ(done->next_segment, 5u);
  const auto folder = log::LogFolder::list(dir.str()).value();
  ASSERT_EQ(folder.runs.size(), 2u);
  for (const log::RunFiles& run : folder.runs) {
    EXPECT_EQ(run.segments.size(), 2u);
    EXPECT_EQ(read_log(run).records, kBusyRecords);
  }
  EXPECT_EQ(log_records(dir.str()), 2 * kBusyRecords);
}

TEST(Recovery, ARunWithoutRingFilesGetsItsLossCounted) {
  const TemporaryFolder dir;
  const Busy busy(dir.str(), some_run(), 1, detail::RingKind::counted);
  const auto done = recover(dir.str());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->records, 0u);
  EXPECT_EQ(done->lost, kBusyRecords - busy.run.logged);
  const LogContent content = read_log(only_run(dir.str()));
  EXPECT_TRUE(content.scan.final);
  EXPECT_EQ(content.records, busy.run.logged);
  EXPECT_EQ(content.scan.lost(), kBusyRecords - busy.run.logged);
}

TEST(Recovery, OfAClosedRunOnlyTheLeftoversGo) {
  const TemporaryFolder dir;
  Busy busy(dir.str(), some_run());
  busy.run.turn();
  busy.run.segment().end(log::kFinal);
  busy.run.crash();  // between the END frame and the removal of the rings
  EXPECT_EQ(read_log(only_run(dir.str())).from_rings, 0u);
  const auto done = recover(dir.str());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->runs, 0u);
  EXPECT_EQ(files_that_end(dir.str(), ".mlr").size(), 1u);
  EXPECT_TRUE(files_that_end(dir.str(), ".mln").empty());
}

TEST(Recovery, RingsOfAnotherBootAreReportedLeftAloneAndNotTaken) {
  const TemporaryFolder dir;
  RunIdentity identity = some_run();
  identity.boot_id = random_id();
  const Busy busy(dir.str(), identity);
  const auto rings = files_that_end(dir.str(), ".mln").size() - 1;
  for (int round = 0; round < 2; ++round) {
    const auto done = recover(dir.str());
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->records, 0u);
    EXPECT_EQ(done->rings_refused, rings);
    EXPECT_NE(told(done->damages).find("another boot"), std::string::npos);
    EXPECT_EQ(files_that_end(dir.str(), ".mln").size(), rings);
  }
  EXPECT_EQ(read_log(only_run(dir.str())).records, busy.run.logged);
}

TEST(Recovery, ARunOfAProcessWhoseNumberLivesAgainIsRecoveredAllTheSame) {
  const TemporaryFolder dir;
  RunIdentity identity = some_run();
  identity.pid = 1;  // lives, and is another one
  const Busy busy(dir.str(), identity);
  const auto done = recover(dir.str());
  ASSERT_TRUE(done);
  EXPECT_EQ(log_records(dir.str()), kBusyRecords);
}

TEST(Recovery, RingsOfAnotherLogInTheSameRingDirStay) {
  const TemporaryFolder dir, shared;
  const RunIdentity mine = some_run();
  Busy busy(dir.str(), mine);
  const Busy other(shared.path(), some_run());
  for (const std::string& name : files_that_end(dir.str(), ".mln")) {
    std::filesystem::rename(dir.str() + '/' + name, shared.str() + '/' + name);
  }
  const auto theirs = files_that_end(shared.path(), ".mln").size();
  const auto done = recover(dir.str(), {.ring_dir = shared.path()});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->records, kBusyRecords - busy.run.logged);
  EXPECT_EQ(files_that_end(shared.path(), ".mln").size(), theirs / 2);
  EXPECT_EQ(log_records(shared.path()), kBusyRecords);
}

TEST(Recovery, RingsInAFolderThatWasNotNamedAreAnErrorThatNamesIt) {
  const TemporaryFolder dir;
  const Busy busy(dir.str(), some_run());
  for (const std::string& name : files_that_end(dir.str(), ".mln")) {
    std::filesystem::remove(dir.str() + '/' + name);
  }
  const std::string segment = dir.str() + '/' + log::segment_name(1);
  auto header = peek<log::SegmentHeader>(segment, 0);
  header.rings = log::RingPlace::ring_dir;
  std::strcpy(header.ring_dir, "/the/ring/dir");
  log::seal(header);
  poke(segment, 0, header);
  const auto done = recover(dir.str());
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("/the/ring/dir"), std::string::npos) << done.error().message;
  EXPECT_EQ(files_that_end(dir.str(), ".mlr").size(), 1u);
  const auto gone = recover(dir.str(), {.without_rings = true});
  ASSERT_TRUE(gone) << gone.error().message;
  EXPECT_EQ(read_log(only_run(dir.str())).records, busy.run.logged);
}

TEST(Recovery, ARingThatCannotBeReadStopsItBeforeAnythingIsChanged) {
  const TemporaryFolder dir;
  const Busy busy(dir.str(), some_run());
  auto folder = log::LogFolder::list(dir.str()).value();
  folder.runs.at(0).rings.push_back(dir.str() + "/ring-that-is-gone");
  const auto files = files_that_end(dir.str(), "");
  const auto done = log::recover(folder);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("ring-that-is-gone"), std::string::npos);
  EXPECT_EQ(files_that_end(dir.str(), ""), files);
}

TEST(Recovery, ADamagedRingGivesWhatIsGoodOfItAndStays) {
  const TemporaryFolder dir;
  const Busy busy(dir.str(), some_run());
  poke<std::uint32_t>(busy.run.ring_path(0), block_at(1) + offsetof(detail::BlockHeader, slot), 9);
  for (int round = 0; round < 2; ++round) {
    const auto done = recover(dir.str());
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->rings_refused, 1u);
    EXPECT_TRUE(std::filesystem::exists(busy.run.ring_path(0)));
    EXPECT_FALSE(std::filesystem::exists(busy.run.ring_path(1)));
  }
  const log::RunFiles run = only_run(dir.str());
  const LogContent content = read_log(run);
  EXPECT_EQ(content.of(1), 511u);
  EXPECT_EQ(content.of(2), 600u);
  EXPECT_EQ(content.wrong, 0u);
  EXPECT_EQ(content.scan.lost(), 0u) << "nothing else has told how many its worker had";
}

TEST(Recovery, WithoutRoomForTheSegmentAllStaysAsItWas) {
  const TemporaryFolder dir;
  const Busy busy(dir.str(), some_run());
  const auto files = files_that_end(dir.str(), "");
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit limit{40'000, 40'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto done = recover(dir.str());
    ::_exit(!done && done.error().message.find("room") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  auto now = files_that_end(dir.str(), "");
  std::erase_if(now, [](const std::string& name) { return name == "LOCK"; });
  EXPECT_EQ(now, files);
  ASSERT_TRUE(recover(dir.str()));
  EXPECT_EQ(log_records(dir.str()), kBusyRecords);
}

TEST(Recovery, ManyStripesOfRecordsAreReadBackAsTheyWere) {
  const TemporaryFolder dir;
  DeadRun run(dir.str(), some_run(), {.blocks = 64});
  std::vector<detail::Port> ports;
  for (int i = 0; i < 5; ++i) ports.push_back(run.rings.worker().value());
  for (auto& port : ports) ASSERT_EQ(run.rings.push(port, 64 * 511), 64u * 511);
  run.crash();
  const auto done = recover(dir.str());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->records, 5u * 64 * 511);
  EXPECT_EQ(log_records(dir.str()), 5u * 64 * 511);
  EXPECT_GE(only_run(dir.str()).segments.at(1).header.segment_bytes, 10u << 20);
}

}  // namespace
}  // namespace millrace
