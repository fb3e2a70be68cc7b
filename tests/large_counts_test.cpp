// SPDX-License-Identifier: Apache-2.0
//
// Counts and numbers beyond 32 bits, wherever a log, a ring or an account holds one: from 2^32 - 5 on all
// is as it is from 0 on. What a file claims beyond 2^62 is damage or an error, and no sum of claims
// starts anew at 0.
#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

#include "log/log_writer.hpp"
#include "log/recovery.hpp"
#include "log_bytes.hpp"
#include "log_fixture.hpp"
#include "record/counts.hpp"
#include "replay/log_replay.hpp"
#include "report/log_report.hpp"

namespace millrace {
namespace {

using log::LogBytes;

constexpr std::uint64_t k32 = std::uint64_t{1} << 32;
constexpr std::uint64_t kFirst = k32 - 5;
constexpr std::uint64_t kMost = ~std::uint64_t{0};

LogReplay replay_of(const std::string& dir) {
  return replay_logs(std::vector<std::string>{dir}, {.run = "all", .threads = 1}).value();
}

void save(const TemporaryFolder& folder, std::uint64_t segment, const std::string& bytes) {
  log::write_file(folder / log::segment_name(segment), bytes);
}

// The second segment of a run whose first held records up to the number kFirst.
LogBytes late_segment(std::uint64_t index = 1) {
  LogBytes log({.segment = 2, .run_index = index});
  log.records_of_run = kFirst;
  log.stream(1, 24);
  return log;
}

TEST(LargeCounts, ASegmentsNumbersGoOnBeyond32Bits) {
  const TemporaryFolder folder;
  LogBytes log = late_segment();
  log.data(1, kFirst, 10).data(2, 3 * k32, 7);
  log.records_of_run += 100;  // a gap across nothing: its count is exact all the same
  log.data(1, kFirst + 10, 3).account(1, kFirst + 13, k32 + 1).account(2, 3 * k32 + 7).end(true);
  save(folder, 2, log.bytes);
  const LogReplay read = replay_of(folder.str());
  const RunReport& run = read.runs.at(0);
  EXPECT_EQ(run.records, 20u);
  EXPECT_EQ(run.missing, 100u);
  EXPECT_EQ(run.dropped, kFirst);
  EXPECT_TRUE(run.closed);
  EXPECT_TRUE(run.damages.empty()) << run.damages.front().what;
  ASSERT_EQ(read.summary.workers().size(), 2u);
  EXPECT_EQ(read.summary.workers()[0].accounting.accepted, kFirst + 13);
  EXPECT_EQ(read.summary.workers()[0].accounting.rejected_full, k32 + 1);
  EXPECT_EQ(read.summary.workers()[1].accounting.accepted, 3 * k32 + 7);
  EXPECT_EQ(read.summary.accounting().attempted(), kFirst + 13 + k32 + 1 + 3 * k32 + 7);
  EXPECT_EQ(run.lost, kFirst + 13 + 3 * k32 + 7 - 20 - 100 - kFirst);
}

TEST(LargeCounts, RecordsThatComeTwiceAreNoticedAcross32Bits) {
  const TemporaryFolder folder;
  LogBytes log = late_segment();
  log.data(1, kFirst, 10).data(1, kFirst + 9, 3).data(1, 4, 2);  // of 32 bits the last would go on
  save(folder, 2, log.bytes);
  const RunReport run = replay_of(folder.str()).runs.at(0);
  EXPECT_EQ(run.records, 10u);
  EXPECT_EQ(run.damages.size(), 2u);
}

TEST(LargeCounts, UnloggedRecordsAndPlacesInTheRunCountBeyond32Bits) {
  const TemporaryFolder folder;
  LogBytes log = late_segment(kFirst);
  log.frame({.record_no = kFirst,
             .worker = 1,
             .stream = 1,
             .n = 1,
             .record_size = 24,
             .unlogged = k32 + 3},
            LogBytes::record(1, 0, 24));
  save(folder, 2, log.bytes);
  LogBytes later({.segment = 3, .run_index = kFirst + k32});
  later.records_of_run = kFirst + 1;
  later.stream(1, 24).data(1, 1, 4);
  save(folder, 3, later.bytes);
  const RunReport run = replay_of(folder.str()).runs.at(0);
  EXPECT_EQ(run.unlogged, k32 + 3);
  EXPECT_EQ(run.segments_missing, k32 - 1);
  EXPECT_EQ(run.records, 5u);
  EXPECT_EQ(run.missing, 0u);
}

TEST(LargeCounts, ClaimsBeyond62BitsAreDamageAndNothingIsLostOfWhatIsGood) {
  const TemporaryFolder folder;
  LogBytes log({.segment = 1});
  log.stream(1, 24).data(1, 0, 10).account(1, 10);
  for (const std::uint64_t beyond : {kCountMax, kMost, kMost - 4}) {
    log.account(1, beyond).account(1, 10, beyond).account(7, beyond);
  }
  log.frame({.record_no = 10,
             .worker_seq = 10,
             .worker = 1,
             .stream = 1,
             .n = 1,
             .record_size = 24,
             .unlogged = kMost - 4},
            LogBytes::record(1, 10, 24));
  save(folder, 1, log.bytes);
  const LogReplay read = replay_of(folder.str());
  EXPECT_EQ(read.runs.at(0).records, 10u);
  EXPECT_EQ(read.runs.at(0).damages.size(), 9u + 1);
  EXPECT_EQ(read.runs.at(0).unlogged, 0u);
  EXPECT_EQ(read.summary.accounting().accepted, 10u);
  EXPECT_EQ(read.summary.accounting().rejected(), 0u);
}

TEST(LargeCounts, SumsOfGreatClaimsStayAtTheTop) {
  const TemporaryFolder folder;
  LogBytes log({.segment = 1});
  log.stream(1, 24).data(1, 0, 10);
  // Six of 64 bits would be 2^63 and more, eight 2^64: one that starts anew is less than ten.
  for (std::uint32_t worker = 2; worker < 10; ++worker)
    log.account(worker, kCountMax - 1, kCountMax - 1);
  log.end(true);
  save(folder, 1, log.bytes);
  const LogReplay read = replay_of(folder.str());
  EXPECT_EQ(read.summary.accounting().accepted, kCountMax - 1);
  EXPECT_GT(read.summary.accounting().attempted(), kCountMax);
  EXPECT_GT(read.runs.at(0).lost, kCountMax);
  RunReport run;
  run.missing = run.dropped = run.unlogged = run.lost = run.segments_missing = kMost - 4;
  const std::vector<RunReport> runs(6, run);
  const LogLosses losses = losses_of(runs, {});
  EXPECT_EQ(
      losses.missing & losses.dropped & losses.unlogged & losses.lost & losses.segments_missing,
      kMost);
}

TEST(LargeCounts, ATimeThatNoClockHasIsNotTaken) {
  for (const std::int64_t opened : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-5}}) {
    const TemporaryFolder folder;
    LogBytes log({.segment = 1});
    log.put(96, static_cast<std::uint64_t>(opened), 8);
    log.seal_header();
    log.stream(1, 24);
    log.frame({.worker = 1,
               .stream = 1,
               .n = 1,
               .record_size = 24,
               .taken_ns = std::numeric_limits<std::int64_t>::max()},
              LogBytes::record(1, 0, 24));
    save(folder, 1, log.bytes);
    EXPECT_EQ(replay_of(folder.str()).summary.elapsed_ns(), 0);
  }
}

TEST(LargeCounts, ASegmentsPlaceBeyond62BitsIsRefused) {
  const TemporaryFolder folder;
  save(folder, 1, LogBytes({.segment = 1}).stream(1, 24).data(1, 0, 10).end(false, 2).bytes);
  for (const std::uint64_t index : {kCountMax + 1, kMost}) {
    save(folder, 2, LogBytes({.segment = 2, .run_index = index}).stream(1, 24).bytes);
    const LogReplay read = replay_of(folder.str());
    EXPECT_EQ(read.runs.at(0).records, 10u);
    ASSERT_EQ(read.damages.size(), 1u);
    EXPECT_NE(read.damages[0].what.find("place"), std::string::npos) << read.damages[0].what;
  }
}

TEST(LargeCounts, AFolderWhoseSegmentNumbersAreUsedUpTakesNoFurtherRun) {
  for (const std::uint64_t number : {kFirst, kCountMax}) {
    const TemporaryFolder folder;
    save(folder, number, LogBytes({.segment = number}).stream(1, 24).data(1, 0, 3).end(true).bytes);
    auto engine = Engine::open({.log_dir = folder.str(), .append_log = true});
    EXPECT_EQ(engine.has_value(), number == kFirst);
    if (!engine) {
      EXPECT_EQ(engine.error().code, Errc::limit) << engine.error().message;
    }
    engine = failure(Errc::closed, "");
    const LogReplay read = replay_of(folder.str());
    EXPECT_TRUE(read.whole());
    EXPECT_EQ(read.runs.size(), number == kFirst ? 2u : 1u);
    EXPECT_EQ(read.runs.at(0).records, 3u);
  }
}

TEST(LargeCounts, TheWriterNumbersAWorkersRecordsBeyond32Bits) {
  const TemporaryFolder folder;
  log::SegmentHeader header = log::make_header(some_run(), log::FileKind::segment);
  auto writer =
      log::LogWriter::open({.dir = folder.str(), .segment_bytes = 256 << 10}, header, kFirst)
          .value();
  writer->name(log::NameKind::stream, 0, log::to_text(stamp_stream()));
  const std::vector<Stamp> stamps(4, Stamp::of(1, 1, 1));
  for (std::uint64_t seq = kFirst; seq < kFirst + 12; seq += 4) {
    ASSERT_GE(writer->reserve(sizeof(Stamp), 1), 4u);
    ASSERT_TRUE(writer->append({.records = reinterpret_cast<const std::byte*>(stamps.data()),
                                .count = 4,
                                .record_size = sizeof(Stamp),
                                .worker = 1,
                                .worker_seq = seq},
                               1));
  }
  log::AccountEntry account{};
  account.worker = 1;
  account.accepted = kFirst + 12;
  writer->account(account);
  ASSERT_TRUE(writer->close(true, 2));
  const log::RunFiles run = only_run(folder.str());
  EXPECT_EQ(run.segments.at(0).header.segment, kFirst);
  const LogContent content = read_log(run);
  EXPECT_EQ(told(content.scan.damages), "");
  EXPECT_EQ(content.workers.at(1).front(), kFirst);
  EXPECT_EQ(content.workers.at(1).back(), kFirst + 11);
  EXPECT_EQ(content.scan.accounts.at(1).accepted, kFirst + 12);
}

// A worker that has had kFirst records, in real rings: taken, then killed, then recovered.
TEST(LargeCounts, AWorkersNumbersGoThroughItsRingBeyond32Bits) {
  const TemporaryFolder folder;
  DeadRun run(folder.str(), some_run(), {});
  auto port = run.rings.worker().value();
  detail::PortAccess::begin_at(port, kFirst);
  EXPECT_EQ(run.rings.push(port, 900), 900u);
  run.turn(700, 1);
  EXPECT_EQ(run.rings.push(port, 300), 300u);
  EXPECT_EQ(port.accepted(), kFirst + 1200);
  run.crash();
  for (const bool recovered : {false, true}) {
    if (recovered) {
      const log::LogFolder there = log::LogFolder::list(folder.str()).value();
      EXPECT_EQ(log::recover(there, {}).value().records, 1200 - run.logged);
    }
    const LogContent content = read_log(only_run(folder.str()));
    EXPECT_EQ(told(content.scan.damages), "");
    EXPECT_EQ(content.wrong, 0u);
    EXPECT_EQ(content.of(1), 1200u);
    EXPECT_EQ(content.workers.at(1).front(), kFirst);
    EXPECT_EQ(content.workers.at(1).back(), kFirst + 1199);
    EXPECT_EQ(content.from_rings == 0, recovered);
  }
}

TEST(LargeCounts, ARingThatClaimsMoreThan62BitsIsRefused) {
  for (const bool counter : {true, false}) {
    const TemporaryFolder folder;
    DeadRun run(folder.str(), some_run(), {});
    auto port = run.rings.worker().value();
    run.rings.push(port, 100);
    run.crash();
    const std::uint64_t at =
        counter ? detail::kRingPageBytes : block_at(0) + offsetof(detail::BlockHeader, first);
    poke<std::uint64_t>(run.ring_path(), at, kMost - 4);
    const LogContent content = read_log(only_run(folder.str()));
    EXPECT_NE(told(content.scan.damages).find("leave their range"), std::string::npos);
    EXPECT_EQ(content.of(1), counter ? 100u : 0u);
    EXPECT_FALSE(content.scan.accounts.contains(1) &&
                 content.scan.accounts.at(1).rejected_full > 100);
  }
}

TEST(LargeCounts, WorkersWhoseNumbersAreUsedUpAreRefused) {
  const TemporaryFolder folder;
  RingRun run(folder.str(), some_run(), {});
  detail::RingSetAccess::workers_made(run.rings(), ~std::uint32_t{0} - 1);
  EXPECT_EQ(run.worker().value().id(), ~std::uint32_t{0});
  const auto beyond = run.worker();
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, Errc::limit);
}

}  // namespace
}  // namespace millrace
