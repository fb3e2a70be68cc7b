// SPDX-License-Identifier: Apache-2.0
//
// SegmentReader: what it shows of good files, what it says of others, and how it goes on behind damage.
#include "log/segment_reader.hpp"

#include <filesystem>
#include <functional>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "segment_fixture.hpp"

namespace millrace::log {
namespace {

class SegmentReaderTest : public SegmentFixture {};

TEST_F(SegmentReaderTest, ShowsEveryFrameAsItWasMade) {
  const LogBytes log = three_frames();
  const Read seen = read(log.bytes);
  ASSERT_EQ(seen.frames.size(), log.frames.size());
  for (std::size_t i = 0; i < log.frames.size(); ++i) {
    const auto& made = log.frames[i];
    const FrameHeader& header = seen.frames[i].header;
    EXPECT_EQ(seen.frames[i].offset, made.offset);
    EXPECT_EQ(static_cast<unsigned>(seen.frames[i].type()), made.type);
    EXPECT_EQ(header.n, made.n);
    EXPECT_EQ(header.record_no, made.record_no);
    EXPECT_EQ(header.worker, made.worker);
    EXPECT_EQ(header.worker_seq, made.worker_seq);
  }
  EXPECT_EQ(seen.frames[3].header.taken_ns, 2'030);
  EXPECT_EQ(seen.payloads[0], LogBytes::entry(1, 1, LogBytes::stream_text(24)));
  EXPECT_EQ(seen.payloads[2].size(), 20u * 24);
  EXPECT_EQ(seen.payloads[2].substr(24, 24), LogBytes::record(2, 1, 24));
  EXPECT_TRUE(seen.damages.empty());
  EXPECT_EQ(seen.tail, Tail::final);
  EXPECT_EQ(seen.logged_until, 60u);
}

TEST_F(SegmentReaderTest, PassesOverPadFramesAndWindowsOfManyStripes) {
  LogBytes log;
  log.stream(1, 512);
  std::uint64_t seq = 0;
  for (; log.bytes.size() < 900'000; seq += 37) log.data(3, seq, 37, 512);  // 3 in a stripe
  log.end(false, 2);
  const Read seen = read(log.bytes);
  EXPECT_EQ(seen.records(), seq);
  EXPECT_TRUE(seen.damages.empty());
  EXPECT_EQ(seen.tail, Tail::end);
}

TEST_F(SegmentReaderTest, TakesAHeaderFromItsBytes) {
  LogBytes log({.log_id = 'x', .segment = 12, .run = 34, .run_index = 5, .segment_bytes = 1 << 18});
  write_file(folder_ / "a", log.bytes);
  const auto reader = SegmentReader::open(folder_ / "a").value();
  const SegmentHeader& header = reader->header();
  EXPECT_EQ(header.log_id[15], 'x');
  EXPECT_EQ(header.segment, 12u);
  EXPECT_EQ(header.run, 34u);
  EXPECT_EQ(header.run_index, 5u);
  EXPECT_EQ(header.segment_bytes, 1u << 18);
  EXPECT_EQ(header.opened_ns, 1'000);
  EXPECT_EQ(header.pid, 4242u);
  EXPECT_EQ(header.pid_start, 99u);
  EXPECT_EQ(header.kind, FileKind::segment);
  EXPECT_EQ(header.rings, RingPlace::none);
  EXPECT_STREQ(header.engine, "log_bytes 1");
}

TEST_F(SegmentReaderTest, EmptyAndShortFilesAreToldSo) {
  EXPECT_NE(read("").error.find("is empty"), std::string::npos);
  const std::string whole = LogBytes().bytes;
  for (const std::size_t bytes : {1u, 4u, 8u, 9u, 4095u}) {
    EXPECT_NE(
        read(whole.substr(0, bytes))
            .error.find("ends inside its header: " + std::to_string(bytes) + " bytes of 4096"),
        std::string::npos)
        << bytes;
  }
  const Read only_header = read(whole);
  EXPECT_EQ(only_header.error, "");
  EXPECT_EQ(only_header.tail, Tail::unfinished);
  EXPECT_TRUE(only_header.damages.empty());
}

TEST_F(SegmentReaderTest, OtherFilesAreToldForWhatTheyLookLike) {
  const std::string log = LogBytes().bytes;
  std::string mangled = log, stripped = log;
  mangled.replace(0, 8, "\x89MLR\n\x1A\n\n");
  stripped[0] = 9;
  const std::pair<std::string, const char*> cases[] = {
      {"\x1F\x8B\x08" + std::string(100, 'x'), "gzip"},
      {"\x28\xB5\x2F\xFD" + std::string(5000, 'x'), "zstd"},
      {"\xFF\xFE{\0" + std::string(20, '\0'), "UTF-16"},
      {"\xFE\xFF" + std::string(20, '\0'), "UTF-16"},
      {"{\"latency\": 1}\n{\"latency\": 2}\n", "text"},
      {std::string(5000, 'a'), "text"},
      {std::string("\x89MLN\r\n\x1A\n") + std::string(5000, '\0'), "ring file"},
      {mangled, "line ends"},
      {stripped, "8th bits"},
      {std::string(4096, '\0'), "zeros"},
      {std::string("\x7F"
                   "ELF\2\1\1\0",
                   8) +
           std::string(9000, '\3'),
       "is no segment of a log"},
  };
  for (const auto& [bytes, word] : cases) {
    const std::string error = read(bytes).error;
    EXPECT_NE(error.find(word), std::string::npos) << word << ": " << error;
    EXPECT_NE(error.find("file.mlr"), std::string::npos);
  }
}

TEST_F(SegmentReaderTest, HeadersThatCannotBeReadAreToldWhy) {
  const auto changed = [&](const std::function<void(LogBytes&)>& change, bool seal = true) {
    LogBytes log;
    change(log);
    if (seal) log.seal_header();
    return read(log.bytes).error;
  };
  const auto expect = [](const std::string& error, const std::string& words) {
    EXPECT_NE(error.find(words), std::string::npos) << error;
  };
  expect(changed([](LogBytes& l) { l.put(12, 0x04030201, 4); }), "big-endian");
  expect(changed([](LogBytes& l) { l.put(12, 0x01020305, 4); }), "byte order");
  expect(changed([](LogBytes& l) { l.put(8, 2, 2); }), "format version 2.0; this reader knows 1.0");
  expect(changed([](LogBytes& l) { l.put(4000, 1, 1); }, false), "checksum");
  expect(changed([](LogBytes& l) { l.put(32, 0x10, 8); }), "feature bits 0x10");
  expect(changed([](LogBytes& l) { l.put(16, 8192, 4); }), "header of 8192 bytes");
  expect(changed([](LogBytes& l) { l.put(20, 4096, 4); }), "stripes of 4096");
  expect(changed([](LogBytes& l) { l.put(124, 3, 4); }), "kind 3");
  expect(changed([](LogBytes& l) { l.put(64, 0, 8); }), "segment number 0");
  expect(changed([](LogBytes& l) { l.put(64, (1ull << 62) + 1, 8); }), "segment number");
  expect(changed([](LogBytes& l) { l.put(24, 4096, 8); }), "segment of 4096 bytes");
  expect(changed([](LogBytes& l) { l.put(24, (1ull << 34) + 1, 8); }), "16 GiB");
  expect(changed([](LogBytes& l) { l.bytes.replace(144, 256, 256, 'd'); }), "does not end");
  expect(changed([](LogBytes& l) { l.bytes.replace(400, 32, 32, 'e'); }), "does not end");

  EXPECT_EQ(changed([](LogBytes& l) { l.put(10, 9, 2); }), "") << "a later minor version";
  EXPECT_EQ(changed([](LogBytes& l) { l.put(40, ~0ull, 8); }), "") << "compatible bits";
  EXPECT_EQ(changed([](LogBytes& l) { l.put(3000, 1, 1); }), "") << "fields to come";
  EXPECT_EQ(changed([](LogBytes& l) { l.put(64, 1ull << 62, 8); }), "");
  EXPECT_EQ(changed([](LogBytes& l) { l.put(24, 1ull << 34, 8); }), "");
}

TEST_F(SegmentReaderTest, WhatIsNoRegularFileIsRefusedAtOnce) {
  const auto error_of = [&](const std::string& name) { return read_path(folder_ / name).error; };
  ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  std::filesystem::create_directory(folder_ / "folder");
  write_file(folder_ / "file", three_frames().bytes);
  std::filesystem::create_symlink(folder_ / "file", folder_ / "link");
  EXPECT_NE(error_of("fifo").find("FIFO"), std::string::npos);
  EXPECT_NE(error_of("folder").find("directory"), std::string::npos);
  EXPECT_NE(error_of("link").find("symbolic link"), std::string::npos);
  EXPECT_NE(error_of("none").find("No such file"), std::string::npos);
  EXPECT_NE(read_path("/dev/zero").error.find("device"), std::string::npos);
  EXPECT_NE(read_path("/dev/tty").error, "");
  EXPECT_EQ(error_of("file"), "");
}

TEST_F(SegmentReaderTest, ANamesFileHasItsKindAndNoRecords) {
  LogBytes names({.segment = 0, .segment_bytes = 0, .kind = 2});
  names.stream(1, 24).name(2, 1, "chat").account(1, 100);
  write_file(folder_ / "n", names.bytes);
  const auto reader = SegmentReader::open(folder_ / "n").value();
  EXPECT_EQ(reader->header().kind, FileKind::names);
  const Read seen = read(names.bytes);
  EXPECT_EQ(seen.frames.size(), 3u);
  EXPECT_EQ(seen.tail, Tail::unfinished);

  names.data(1, 0, 5).account(1, 105);
  const Read with_records = read(names.bytes);
  EXPECT_EQ(with_records.frames.size(), 4u);
  EXPECT_EQ(with_records.records(), 0u);
  EXPECT_EQ(with_records.first_damage(), "a frame of records in a names file");
}

TEST_F(SegmentReaderTest, AFrameBehindADamagedHeaderIsFound) {
  LogBytes log = three_frames();
  log.put(log.frames[1].offset + 8, 77, 1);
  const Read seen = read(log.bytes);
  EXPECT_EQ(seen.records(), 50u);
  ASSERT_EQ(seen.damages.size(), 1u);
  EXPECT_EQ(seen.damages[0].offset, log.frames[1].offset);
  EXPECT_EQ(seen.damages[0].bytes, log.frames[1].bytes);
  EXPECT_EQ(seen.tail, Tail::final);
}

TEST_F(SegmentReaderTest, ADamagedPayloadCostsItsFrameAndIsCounted) {
  LogBytes log = three_frames();
  const auto& last = log.frames[3];
  log.put(last.offset + 100, 77, 1);
  const Read seen = read(log.bytes);
  EXPECT_EQ(seen.records(), 30u);
  EXPECT_EQ(seen.first_damage(), "a frame's payload does not match its checksum");
  EXPECT_EQ(seen.logged_until, 60u);
  // Behind it nothing need be good.
  EXPECT_EQ(read(log.bytes.substr(0, log.frames[4].offset)).logged_until, 60u);
}

TEST_F(SegmentReaderTest, ZerosAreAHoleOnlyIfAFrameFollows) {
  LogBytes log;
  log.stream(1, 24);
  for (std::uint64_t seq = 0; log.bytes.size() < 400'000; seq += 50) log.data(1, seq, 50);
  const auto& first = log.frames[5];
  const auto& next = log.frames[200];
  std::string holed = log.bytes;
  holed.replace(first.offset, next.offset - first.offset, next.offset - first.offset, '\0');
  const Read seen = read(holed);
  ASSERT_EQ(seen.damages.size(), 1u);
  EXPECT_EQ(seen.damages[0].what, "zeros where frames were");
  EXPECT_EQ(seen.damages[0].offset, first.offset);
  EXPECT_EQ(seen.damages[0].bytes, next.offset - first.offset);
  EXPECT_EQ(seen.records() + next.record_no - first.record_no, log.records);

  const Read tail = read(holed.substr(0, next.offset));
  EXPECT_TRUE(tail.damages.empty());
  EXPECT_EQ(tail.records(), first.record_no);
  EXPECT_EQ(tail.tail, Tail::unfinished);
}

TEST_F(SegmentReaderTest, ATornTailIsNoDamage) {
  LogBytes log;
  log.stream(1, 24).data(1, 0, 10).data(1, 10, 10);
  log.put(log.frames[2].offset, 0, 8);  // all but the commit word, which goes last
  log.zeros(300'000);
  const Read seen = read(log.bytes);
  EXPECT_EQ(seen.records(), 10u);
  EXPECT_TRUE(seen.damages.empty());
  EXPECT_EQ(seen.tail, Tail::unfinished);
}

TEST_F(SegmentReaderTest, AFileThatEndsInsideAFrameIsCut) {
  LogBytes log;
  log.stream(1, 24).data(1, 0, 10).data(1, 10, 10);
  const auto& last = log.frames[2];
  for (const std::size_t left : {1u, 8u, 63u, 64u, 303u}) {
    const Read seen = read(log.bytes.substr(0, last.offset + left));
    EXPECT_EQ(seen.records(), 10u);
    ASSERT_EQ(seen.damages.size(), 1u) << left;
    EXPECT_EQ(seen.damages[0].what, "the file ends inside a frame");
    EXPECT_EQ(seen.damages[0].bytes, left);
    EXPECT_EQ(seen.tail, Tail::unfinished);
    EXPECT_EQ(seen.logged_until, left < 64 ? 10u : 20u);
  }
  // The zeros behind the last payload, 240 bytes of 256, may be missing.
  for (const std::size_t left : {64u + 240u, 64u + 255u, 320u}) {
    const Read seen = read(log.bytes.substr(0, last.offset + left));
    EXPECT_EQ(seen.records(), 20u);
    EXPECT_TRUE(seen.damages.empty()) << left;
  }
}

TEST_F(SegmentReaderTest, BytesBehindTheEndAreDamageAndZerosAreNot) {
  LogBytes log = three_frames();
  const std::size_t end = log.bytes.size();
  EXPECT_TRUE(read(log.zeros(600'000).bytes).damages.empty());
  for (const std::size_t at : {end, end + 63, std::size_t{599'999}}) {
    LogBytes other = log;
    other.put(at, 1, 1);
    const Read seen = read(other.bytes);
    EXPECT_EQ(seen.first_damage(), "bytes behind the END frame");
    EXPECT_EQ(seen.damages.at(0).offset, at);
    EXPECT_EQ(seen.tail, Tail::final);
    EXPECT_EQ(seen.records(), 60u);
  }
}

TEST_F(SegmentReaderTest, AFileLongerThanItsSegmentIsDamage) {
  LogBytes log({.segment_bytes = 300'000});
  log.stream(1, 24).data(1, 0, 10);
  EXPECT_TRUE(read(log.zeros(300'000).bytes).damages.empty());
  const Read seen = read(log.zeros(300'001).bytes);
  EXPECT_EQ(seen.first_damage(), "bytes behind the segment's end");
  EXPECT_EQ(seen.records(), 10u);
}

TEST_F(SegmentReaderTest, TheListOfDamagesIsBounded) {
  LogBytes log({.segment_bytes = 4 << 20});
  for (std::uint64_t i = 0; i < 3000; ++i) log.data(1, i, 2);
  for (const auto& frame : log.frames) {
    if (frame.type == LogBytes::kData && frame.worker_seq % 2) log.put(frame.offset + 70, 1, 1);
  }
  const Read seen = read(log.bytes);
  EXPECT_EQ(seen.records(), 3000u);
  EXPECT_EQ(seen.damages.size(), kDamagesMax);
  EXPECT_EQ(seen.damages.back().bytes, 501u * 128);
}

}  // namespace
}  // namespace millrace::log
