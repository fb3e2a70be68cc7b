// SPDX-License-Identifier: Apache-2.0
//
// Limits of frames: each case is a frame whose checksums are right and whose claims are not, and the
// nearest one that is good.
#include "log/frame_check.hpp"

#include <gtest/gtest.h>

#include "segment_fixture.hpp"

namespace millrace::log {
namespace {

class FrameCheckTest : public SegmentFixture {};

TEST_F(FrameCheckTest, FramesThatClaimWhatCannotBeAreDamage) {
  using Claims = LogBytes::Claims;
  const auto outcome = [&](const Claims& claims, std::size_t payload, std::size_t length) {
    LogBytes log;
    log.stream(1, 24).raw(claims, std::string(payload, 'x'), length);
    log.data(1, 0, 3);
    const Read seen = read(log.bytes);
    EXPECT_EQ(seen.payloads.back().substr(0, 24), LogBytes::record(1, 0, 24))
        << "goes on behind it";
    return seen.first_damage();
  };
  const auto data = [](std::uint32_t n, std::uint32_t size) {
    return Claims{.worker = 1, .stream = 1, .n = n, .record_size = size};
  };
  const std::string size = "a frame's records are not of 16 to 512 bytes, a multiple of 8";
  EXPECT_EQ(outcome(data(2, 8), 16, 128), size);
  EXPECT_EQ(outcome(data(2, 16), 32, 128), "");
  EXPECT_EQ(outcome(data(1, 512), 512, 64 + 512), "");
  EXPECT_EQ(outcome(data(1, 520), 520, 64 + 576), size);
  EXPECT_EQ(outcome(data(2, 20), 40, 128), size);
  EXPECT_EQ(outcome(data(0, 24), 0, 64), "a frame does not hold 1 to 2,048 records");
  EXPECT_EQ(outcome(data(2048, 16), 32768, 64 + 32768), "");
  EXPECT_EQ(outcome(data(2049, 16), 32784, 64 + 32832), "a frame does not hold 1 to 2,048 records");
  EXPECT_EQ(outcome(data(~0u, 512), 512, 64 + 512), "a frame does not hold 1 to 2,048 records");
  Claims far = data(2, 24);
  far.record_no = far.worker_seq = std::uint64_t{1} << 62;
  EXPECT_EQ(outcome(far, 48, 128), "");
  for (auto number : {&Claims::record_no, &Claims::worker_seq}) {
    Claims beyond = data(2, 24);
    beyond.*number = (std::uint64_t{1} << 62) + 1;
    EXPECT_EQ(outcome(beyond, 48, 128), "a frame's record numbers leave their range");
  }
  for (unsigned type : {0u, 6u, 15u}) {
    Claims other = data(2, 24);
    other.type = static_cast<LogBytes::Type>(type);
    EXPECT_EQ(outcome(other, 48, 128), "a frame of a type that does not exist");
  }
  Claims flagged = data(2, 24);
  flagged.flags = 0xFFFC;
  EXPECT_EQ(outcome(flagged, 48, 128), "") << "flags of a later minor version";
}

TEST_F(FrameCheckTest, EntriesStayInTheirFrame) {
  using Claims = LogBytes::Claims;
  const auto outcome = [&](const Claims& claims, const std::string& payload) {
    LogBytes log;
    return read(log.frame(claims, payload).data(1, 0, 1).bytes).first_damage();
  };
  const auto names = [](std::uint32_t n) { return Claims{.type = LogBytes::kNames, .n = n}; };
  const std::string entry = LogBytes::entry(2, 1, std::string(48, 'n'));  // 56 bytes
  std::string longer = entry, longest = entry;
  LogBytes::put_in(longer, 4, 57, 4);
  LogBytes::put_in(longest, 4, ~0u, 4);
  EXPECT_EQ(outcome(names(1), entry), "");
  EXPECT_EQ(outcome(names(0), entry), "a frame is too short for its entries");
  EXPECT_EQ(outcome(names(9), entry), "a frame is too short for its entries");
  EXPECT_EQ(outcome(names(3), entry), "a frame's entries leave the frame");
  EXPECT_EQ(outcome(names(1), longer), "a frame's entries leave the frame");
  EXPECT_EQ(outcome(names(1), longest), "a frame's entries leave the frame");
  const auto accounts = [](std::uint32_t n) { return Claims{.type = LogBytes::kAccount, .n = n}; };
  EXPECT_EQ(outcome(accounts(1), std::string(40, '\1')), "");
  EXPECT_EQ(outcome(accounts(2), std::string(40, '\1')), "a frame is too short for its entries");
  EXPECT_EQ(outcome(accounts(0), std::string(40, '\1')), "a frame is too short for its entries");
  EXPECT_EQ(outcome(accounts(1u << 31), std::string(40, '\1')),
            "a frame is too short for its entries");
  EXPECT_EQ(outcome({.type = LogBytes::kEnd}, std::string(128, '\0')),
            "an END frame of another length");
}

TEST_F(FrameCheckTest, FramesNeverCrossTheirStripe) {
  for (const std::size_t lines : {1u, 8u, 9u}) {
    LogBytes log;
    log.stream(1, 504);
    while (LogBytes::kStripe - log.bytes.size() % LogBytes::kStripe > 9 * 64) {
      log.raw({.type = LogBytes::kPad}, "", 64);
    }
    const std::uint32_t size = 504;  // a frame of nine lines ends with the stripe
    log.raw({.type = lines < 9 ? LogBytes::kPad : LogBytes::kData,
             .n = lines < 9 ? 0u : 1u,
             .record_size = lines < 9 ? 0u : size},
            lines < 9 ? "" : std::string(size, 'x'), lines * 64);
    if (lines < 9) log.raw({.n = 1, .record_size = size}, std::string(size, 'x'), 9 * 64);
    const Read seen = read(log.bytes);
    EXPECT_EQ(seen.first_damage(),
              lines < 9 ? "a frame's length crosses the end of its stripe" : "");
    EXPECT_EQ(seen.records(), lines < 9 ? 0u : 1u);
  }
}

TEST_F(FrameCheckTest, WhatMustBeZeroIsLookedAt) {
  for (const bool pad : {false, true}) {
    LogBytes log;
    log.stream(1, 24).data(1, 0, 1).pad_stripe().data(1, 1, 1);
    const auto& frame = log.frames[pad ? 2 : 1];
    log.put(frame.offset + frame.bytes - 1, 1, 1);
    const Read seen = read(log.bytes);
    EXPECT_EQ(seen.first_damage(),
              pad ? "a PAD frame is not zero" : "bytes behind a frame's payload are not zero");
    EXPECT_EQ(seen.damages.front().bytes, frame.bytes);
    EXPECT_EQ(seen.records(), pad ? 2u : 1u);
  }
}

TEST_F(FrameCheckTest, FramesOfAnotherPlaceDoNotCheck) {
  const auto second_frame = [](const LogBytes& log) {
    return log.bytes.substr(log.frames[1].offset, log.frames[1].bytes);
  };
  const LogBytes log = three_frames();
  LogBytes::File other_log, other_segment;
  other_log.log_id = 'M';
  other_segment.segment = 2;
  for (const auto& file : {other_log, other_segment}) {
    LogBytes other(file);
    other.stream(1, 24).data(1, 0, 10);
    std::string bytes = log.bytes;
    bytes.replace(log.frames[1].offset, log.frames[1].bytes, second_frame(other));
    const Read seen = read(bytes);
    EXPECT_EQ(seen.first_damage(), "a frame's header does not match its checksum");
    EXPECT_EQ(seen.records(), 50u);
  }
  std::string moved = log.bytes;
  moved.insert(log.frames[1].offset, second_frame(log));
  EXPECT_EQ(read(moved).records(), 10u) << "only the copy that stands where the frame was";
}

TEST_F(FrameCheckTest, TotalsOfTheEndFrameAreHeldAgainstTheFrames) {
  const auto outcome = [&](std::size_t at, std::size_t of_header) {
    LogBytes log = three_frames();
    const std::size_t end = log.frames.back().offset;
    if (of_header != 0) log.put(end + of_header, 3, 1);
    if (of_header == 0) log.put(end + 64 + at, 3, 1);
    log.put(end + 56, crc32c(log.bytes.data() + end + 64, 64), 4);
    log.seal_frame(end);
    const Read seen = read(log.bytes);
    EXPECT_EQ(seen.tail, Tail::final);
    EXPECT_EQ(seen.frames.size(), 5u);
    return seen.first_damage();
  };
  const std::string frames = "the frames are not those that the END frame counts";
  const std::string records = "the records are not those that the END frame counts";
  EXPECT_EQ(outcome(32, 0), frames);
  EXPECT_EQ(outcome(36, 0), frames);
  EXPECT_EQ(outcome(0, 0), records);
  EXPECT_EQ(outcome(8, 0), records);
  EXPECT_EQ(outcome(16, 0), records);
  EXPECT_EQ(outcome(0, 8), records) << "the header's record number";
  EXPECT_EQ(outcome(0, 48), records) << "the header's unlogged count";
  EXPECT_EQ(outcome(24, 0), "") << "the finish time is nobody else's";
}

}  // namespace
}  // namespace millrace::log
