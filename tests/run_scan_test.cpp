// SPDX-License-Identifier: Apache-2.0
//
// PartScan and RunScan: what is missing, counted twice, lost or dropped, from the numbers of frames.
#include "log/run_scan.hpp"

#include <random>

#include <gtest/gtest.h>

#include "segment_fixture.hpp"

namespace millrace::log {
namespace {

class RunScanTest : public SegmentFixture {
 protected:
  PartScan scan(const std::string& bytes) {
    write_file(folder_ / "part", bytes);
    const auto reader = SegmentReader::open(folder_ / "part").value();
    PartScan part;
    accumulated_.clear();
    while (const auto frame = reader->next()) {
      if (part.add(*frame, reader->name())) accumulated_.push_back(frame->header.worker_seq);
    }
    part.close(*reader);
    return part;
  }
  std::vector<std::uint64_t> accumulated_;  // worker_seq of the frames that were
};

LogBytes begun(std::uint64_t index = 0, std::uint64_t records_of_run = 0) {
  LogBytes log({.segment = index + 1, .run_index = index});
  log.records_of_run = records_of_run;
  log.stream(1, 24).name(2, 5, "chat").name(3, 6, "timeout");
  return log;
}

TEST_F(RunScanTest, AWholeRunHasItsNumbersAndNames) {
  LogBytes first = begun();
  first.data(1, 0, 10).data(2, 0, 5).account(2, 5, 3).end(false, 2);
  LogBytes second = begun(1, 15);
  second.data(1, 10, 7).account(1, 17).account(2, 5, 4).end(true);
  RunScan run;
  run.add(scan(first.bytes), 0);
  run.add(scan(second.bytes), 1);
  EXPECT_EQ(run.records, 22u);
  EXPECT_EQ(run.logged, (std::map<std::uint32_t, std::uint64_t>{{1, 17}, {2, 5}}));
  EXPECT_EQ(run.logged_until, run.logged);
  EXPECT_EQ(run.stream_of, (std::map<std::uint32_t, std::uint32_t>{{1, 1}, {2, 1}}));
  EXPECT_EQ(run.names.streams.at(1).name, "stream of 24");
  EXPECT_EQ(run.names.labels.at(5), "chat");
  EXPECT_EQ(run.names.error_classes.at(6), "timeout");
  EXPECT_EQ(run.accounts.at(2).rejected_full, 4u);
  EXPECT_TRUE(run.final);
  EXPECT_EQ(run.finished_ns, 9'000);
  EXPECT_EQ(run.last_taken_ns, 2'015);
  EXPECT_EQ(run.missing + run.dropped + run.segments_missing + run.lost(), 0u);
  EXPECT_TRUE(run.damages.empty());
}

TEST_F(RunScanTest, ASegmentThatWasPreparedAndNeverUsedChangesNothing) {
  LogBytes log = begun();
  log.data(1, 0, 10).end(true);
  RunScan run;
  run.add(scan(log.bytes), 0);
  run.add(scan(LogBytes({.segment = 2, .run_index = 1}).zeros(100'000).bytes), 1);
  EXPECT_TRUE(run.final);
  EXPECT_EQ(run.finished_ns, 9'000);
  EXPECT_TRUE(run.damages.empty());
}

TEST_F(RunScanTest, MissingRecordsAreCountedWhereverTheyStood) {
  const auto missing = [&](int bad, bool header) {
    LogBytes log = begun();
    log.data(1, 0, 10).data(1, 10, 20).data(1, 30, 40).end(true);
    const std::size_t at = log.frames[static_cast<std::size_t>(bad)].offset;
    log.put(at + (header ? 9 : 70), 0x77, 1);
    RunScan run;
    run.add(scan(log.bytes), 0);
    EXPECT_EQ(run.records + run.missing, 70u) << bad;
    EXPECT_TRUE(run.final);
    return run.missing;
  };
  for (const bool header : {false, true}) {
    EXPECT_EQ(missing(3, header), 10u) << "the first";
    EXPECT_EQ(missing(4, header), 20u);
    EXPECT_EQ(missing(5, header), 40u) << "the last: END tells";
  }
}

TEST_F(RunScanTest, MissingRecordsAreCountedBehindTheLastGoodFrame) {
  LogBytes log = begun();
  log.data(1, 0, 10).data(1, 10, 20);
  log.put(log.frames[4].offset + 70, 0x77, 1);
  EXPECT_EQ(scan(log.bytes).missing, 20u);
  log.put(log.frames[3].offset + 70, 0x77, 1);
  RunScan run;
  run.add(scan(log.bytes), 0);
  EXPECT_EQ(run.missing, 30u) << "no good frame of records at all";
}

TEST_F(RunScanTest, ASegmentThatIsNotThereIsAnExactRange) {
  LogBytes first = begun();
  first.data(1, 0, 10).end(false, 2);
  LogBytes third = begun(2, 110);
  third.data(1, 110, 5).end(true);
  RunScan run;
  run.add(scan(first.bytes), 0, "1.mlr");
  run.add(scan(third.bytes), 2, "3.mlr");
  EXPECT_EQ(run.segments_missing, 1u);
  EXPECT_EQ(run.missing, 100u);
  EXPECT_EQ(run.dropped, 0u);
  ASSERT_EQ(run.damages.size(), 1u);
  EXPECT_EQ(run.damages[0].file, "3.mlr");
  EXPECT_EQ(run.damages[0].what, "records 10 to 109 of the run were logged and are not here");
}

TEST_F(RunScanTest, SegmentsBeforeTheFirstAreDropped) {
  LogBytes third = begun(2, 110);
  third.data(1, 110, 5).account(1, 115).end(true);
  RunScan run;
  run.add(scan(third.bytes), 2);
  EXPECT_EQ(run.dropped, 110u);
  EXPECT_EQ(run.missing + run.segments_missing + run.lost(), 0u);
  EXPECT_TRUE(run.damages.empty());
  RunScan whole;
  LogBytes first = begun(0, 4);  // the run's first, but its numbers begin at 4
  whole.add(scan(first.data(1, 4, 1).bytes), 0);
  EXPECT_EQ(whole.dropped, 0u);
  EXPECT_EQ(whole.missing, 4u);
}

TEST_F(RunScanTest, NumbersThatComeTwiceAreRefused) {
  LogBytes log = begun();
  log.data(1, 0, 10).data(1, 5, 10).data(1, 10, 10).end(true);
  const PartScan part = scan(log.bytes);
  EXPECT_EQ(accumulated_, (std::vector<std::uint64_t>{0, 10}));
  EXPECT_EQ(part.records, 20u);
  ASSERT_EQ(part.damages.size(), 1u);
  EXPECT_EQ(part.damages[0].what, "records 5 to 14 of worker 1 come twice: 10 is next");
}

TEST_F(RunScanTest, OneRecordThatComesTwiceIsEnough) {
  LogBytes log = begun();
  log.data(1, 0, 10).data(1, 9, 10).data(1, 10, 1).data(1, 10, 1).data(1, 11, 1);
  EXPECT_EQ(scan(log.bytes).records, 12u);
  EXPECT_EQ(accumulated_, (std::vector<std::uint64_t>{0, 10, 11}));
}

TEST_F(RunScanTest, RecordNumbersThatGoBackAreRefused) {
  LogBytes log = begun();
  log.data(1, 0, 10).data(1, 10, 10);
  log.records_of_run = 12;
  log.data(1, 20, 10);
  const PartScan part = scan(log.bytes);
  EXPECT_EQ(part.records, 20u);
  EXPECT_NE(part.damages.at(0).what.find("numbers go back"), std::string::npos);
}

TEST_F(RunScanTest, PartsThatOverlapAreDamage) {
  LogBytes first = begun();
  first.data(1, 0, 10).end(false, 2);
  LogBytes again = begun(1, 10);
  again.data(1, 4, 10).end(true);
  RunScan run;
  run.add(scan(first.bytes), 0);
  run.add(scan(again.bytes), 1, "b");
  ASSERT_EQ(run.damages.size(), 1u);
  EXPECT_EQ(run.damages[0].what, "records 4 to 9 of worker 1 come twice");
  run.add(scan(again.bytes), 1, "b");
  EXPECT_EQ(run.damages[1].what, "segment 1 of its run comes behind segment 1");
}

TEST_F(RunScanTest, RecordsWithoutASchemaAreMissingAndSaidSo) {
  LogBytes log;
  log.data(1, 0, 10).stream(1, 24).data(1, 10, 5).data(2, 0, 3, 32).data(3, 0, 2, 24, 9).end(true);
  const PartScan part = scan(log.bytes);
  EXPECT_EQ(part.records, 5u);
  EXPECT_EQ(part.missing, 15u);
  EXPECT_EQ(part.damages.size(), 3u);
  EXPECT_EQ(accumulated_, (std::vector<std::uint64_t>{10}));
}

TEST_F(RunScanTest, AWorkerHasOneStream) {
  LogBytes log;
  log.stream(1, 24).stream(2, 32).data(1, 0, 10).data(1, 10, 5, 32, 2).data(2, 0, 5, 32, 2);
  const PartScan part = scan(log.bytes);
  EXPECT_EQ(part.records, 15u);
  EXPECT_EQ(part.missing, 5u);
  EXPECT_EQ(part.damages.size(), 1u);
}

TEST_F(RunScanTest, TheFirstNameOfANumberCounts) {
  LogBytes log = begun();
  log.name(2, 5, "chat").name(2, 5, "embed").stream(1, 24).stream(1, 32).name(1, 2, "{no schema");
  const PartScan part = scan(log.bytes);
  EXPECT_EQ(part.names.labels.at(5), "chat");
  EXPECT_EQ(part.names.streams.at(1).schema.record_size, 24u);
  EXPECT_EQ(part.names.streams.count(2), 0u);
  EXPECT_EQ(part.damages.size(), 3u);
}

TEST_F(RunScanTest, NamesAreBounded) {
  LogBytes log({.segment_bytes = 128 << 20});
  const std::string big(32'600, 'n');  // two in a stripe
  const std::size_t most = kNameTextMax / big.size();
  for (std::uint16_t i = 0; i < most + 3; ++i) log.name(2, i, big);
  const PartScan part = scan(log.bytes);
  EXPECT_EQ(part.names.labels.size(), most);
  EXPECT_EQ(part.damages.size(), 3u);
}

TEST_F(RunScanTest, NamesFilesNumberNoRecords) {
  LogBytes names({.segment = 0, .kind = 2});
  names.stream(1, 24).account(1, 30);
  LogBytes rings;
  rings.records_of_run = 100;
  rings.data(1, 20, 10);
  PartScan part = scan(names.bytes);
  write_file(folder_ / "rings", rings.bytes);
  const auto reader = SegmentReader::open(folder_ / "rings").value();
  while (const auto frame = reader->next()) EXPECT_TRUE(part.add(*frame, "rings"));
  EXPECT_EQ(part.missing, 0u);
  EXPECT_EQ(part.first_record_no, 100u);
}

TEST_F(RunScanTest, LostIsWhatNothingElseExplains) {
  LogBytes log = begun();
  log.data(1, 0, 10).data(2, 0, 10).data(3, 0, 10);
  log.account(1, 14).account(2, 7);  // 2: older than its last frame; 3: none yet
  RunScan run;
  run.add(scan(log.bytes), 0);
  EXPECT_EQ(run.lost(), 4u);
  run.unlogged = 3;
  EXPECT_EQ(run.lost(), 1u);
  run.dropped = 3;
  EXPECT_EQ(run.lost(), 0u);
}

TEST_F(RunScanTest, WorkerZeroStandsForThoseWithoutAnAccount) {
  LogBytes log = begun();
  log.data(1, 0, 10).data(2, 0, 10).data(3, 0, 10).account(1, 10).account(0, 25);
  RunScan run;
  run.add(scan(log.bytes), 0);
  EXPECT_EQ(run.lost(), 5u);
}

TEST_F(RunScanTest, FiguresOfAHostileLogDoNotWrap) {
  RunScan run;
  const std::uint64_t most = std::uint64_t{1} << 62;
  for (int i = 0; i < 9; ++i) {
    LogBytes log = begun();
    log.data(1, 0, 1).account(1, ~0ull).account(2, ~0ull);
    log.records_of_run = most;
    log.account(3, ~0ull);
    run.add(scan(log.bytes), 0);
  }
  EXPECT_EQ(run.missing, ~std::uint64_t{0});
  EXPECT_EQ(run.lost(), 0u);
}

}  // namespace
}  // namespace millrace::log
