// SPDX-License-Identifier: Apache-2.0
//
// Rings of dead processes: every accepted record that the log lacks, once, and nothing else, whatever
// the file says.
#include <random>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_fixture.hpp"

namespace millrace {
namespace {

using detail::BlockHeader;
using detail::kBlockBytes;
using detail::kRingBlocksAt;
using detail::kRingPageBytes;
using detail::RingFileHeader;
using detail::RingKind;
using detail::RingWords;

TEST(RingReader, GivesWhatTheLogLacksOfAPartlyFilledBlock) {
  const TemporaryFolder dir;
  DeadRun run(dir.str(), some_run(), {});
  auto port = run.rings.worker().value();
  run.rings.push(port, 100);
  run.turn(70);
  run.rings.push(port, 50);
  run.crash();
  const LogContent content = read_log(only_run(dir.str()));
  EXPECT_EQ(content.of(1), 150u);
  EXPECT_EQ(content.from_rings, 50u) << "all 100 of the first turn were logged";
  EXPECT_TRUE(content.in_order());
  EXPECT_EQ(content.wrong, 0u);
  EXPECT_EQ(content.scan.lost(), 0u);
  EXPECT_EQ(told(content.scan.damages), "");
  EXPECT_EQ(content.scan.names.labels.at(2), "a label");
}

TEST(RingReader, FramesAreTheRestsOfBlocksNumberedOn) {
  const TemporaryFolder dir;
  DeadRun run(dir.str(), some_run(), {});
  auto first = run.rings.worker().value();
  auto second = run.rings.worker().value();
  run.rings.push(second, 10);
  run.turn();
  run.rings.push(first, 600);
  run.rings.push(second, 5);
  run.crash();
  const log::RunFiles files = only_run(dir.str());
  log::RunScan scan;
  log::PartScan part;
  auto segment = log::SegmentReader::open(files.segments.at(0).path).value();
  while (const auto frame = segment->next()) part.add(*frame, "");
  scan.add(part, 0);
  auto rings = log::RingReader::open(files, scan).value();
  EXPECT_EQ(rings->records(), 605u);
  struct Expected {
    std::uint32_t worker;
    std::uint64_t seq, record_no;
    std::uint32_t n;
  };
  std::vector<Expected> expected = {{1, 0, 10, 511}, {1, 511, 521, 89}, {2, 10, 610, 5}};
  std::vector<log::FrameType> types;
  while (const auto frame = rings->next()) {
    if (types.empty() || types.back() != frame->type()) types.push_back(frame->type());
    EXPECT_EQ(frame->header.flags, log::kRecovered);
    if (frame->type() != log::FrameType::data) continue;
    ASSERT_FALSE(expected.empty());
    EXPECT_EQ(frame->header.worker, expected.front().worker);
    EXPECT_EQ(frame->header.worker_seq, expected.front().seq);
    EXPECT_EQ(frame->header.record_no, expected.front().record_no);
    EXPECT_EQ(frame->header.n, expected.front().n);
    EXPECT_EQ(frame->header.taken_ns, 0);
    expected.erase(expected.begin());
  }
  EXPECT_TRUE(expected.empty());
  EXPECT_EQ(types,
            (std::vector{log::FrameType::names, log::FrameType::account, log::FrameType::data}));
  EXPECT_EQ(rings->logged_until(), 615u);
}

TEST(RingReader, WorkersThatFollowedInASlotKeepTheirRecordsApart) {
  const TemporaryFolder dir;
  DeadRun run(dir.str(), some_run(), {.blocks = 4, .workers_max = 1});
  for (const std::uint64_t n : {700u, 3u, 400u}) {
    auto port = run.rings.worker().value();
    ASSERT_EQ(run.rings.push(port, n), n);
  }
  run.crash();
  const LogContent content = read_log(only_run(dir.str()));
  EXPECT_EQ(content.of(1), 700u);
  EXPECT_EQ(content.of(2), 3u);
  EXPECT_EQ(content.of(3), 400u);
  EXPECT_TRUE(content.in_order());
  EXPECT_EQ(content.wrong, 0u);
  EXPECT_EQ(content.scan.accounts.at(1).accepted, 700u);
  EXPECT_EQ(content.scan.lost(), 0u);
}

// All that can be done with rings, at random, and a kill at any moment.
TEST(RingReader, NothingIsLostTwiceThereOrInventedWheneverTheProcessDies) {
  const auto seed = std::random_device{}();
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
    const TemporaryFolder dir("/dev/shm");
    const std::uint32_t blocks = std::vector<std::uint32_t>{2, 3, 8}[random() % 3];
    DeadRun run(dir.str(), some_run(), {.blocks = blocks, .workers_max = 3});
    std::map<std::uint32_t, std::uint64_t> accepted;
    std::vector<detail::Port> ports;
    const auto steps = random() % 60;
    for (unsigned step = 0; step < steps; ++step) {
      switch (random() % 6) {
        case 0:
          if (auto port = run.rings.worker()) ports.push_back(std::move(*port));
          break;
        case 1:
          if (!ports.empty())
            ports.erase(ports.begin() + static_cast<std::ptrdiff_t>(random() % ports.size()));
          break;
        case 2:
          run.turn(static_cast<std::uint32_t>(random() % 300 + 1), random() % 4);
          break;
        default:
          if (!ports.empty()) {
            detail::Port& port = ports[random() % ports.size()];
            run.rings.push(port, random() % 700);
            accepted[port.id()] = port.accepted();
          }
      }
    }
    run.crash();
    const LogContent content = read_log(only_run(dir.str()));
    EXPECT_TRUE(content.in_order());
    EXPECT_EQ(content.wrong, 0u);
    for (const auto& [worker, n] : accepted)
      EXPECT_EQ(content.of(worker), n) << "worker " << worker;
    EXPECT_EQ(content.scan.lost(), 0u);
    EXPECT_EQ(told(content.scan.damages), "");
    if (HasFailure()) return;
  }
}

TEST(RingReader, WhatTheStoppedLogLeftOutIsCountedAndWhatWaitedIsThere) {
  const TemporaryFolder dir;
  DeadRun run(dir.str(), some_run(), {.blocks = 2});
  auto port = run.rings.worker().value();
  run.rings.push(port, 300);
  run.turn();
  for (int i = 0; i < 5; ++i) {  // the ring wraps while nothing is logged
    run.rings.push(port, 511);
    run.turn(~0u, ~std::size_t{0}, false);
  }
  run.rings.push(port, 40);
  run.crash();
  const std::uint64_t accepted = port.accepted();
  const LogContent content = read_log(only_run(dir.str()));
  EXPECT_EQ(content.wrong, 0u);
  ASSERT_GT(content.of(1), 339u);
  EXPECT_EQ(content.workers.at(1).back(), accepted - 1);
  EXPECT_TRUE(std::is_sorted(content.workers.at(1).begin(), content.workers.at(1).end()));
  EXPECT_EQ(content.scan.lost(), accepted - content.records);
}

TEST(RingReader, ABlockThatWasGivenBackGivesWhatTheLogsBrokenTailLost) {
  const TemporaryFolder dir;
  DeadRun run(dir.str(), some_run(), {.blocks = 4});
  auto port = run.rings.worker().value();
  run.rings.push(port, 511);
  run.turn(400);  // frames of 400 and 111; the block goes back
  run.rings.push(port, 20);
  auto& bytes = run.segment().bytes();
  bytes[bytes.size() - 200] = static_cast<char>(bytes[bytes.size() - 200] ^ 1);
  run.crash();
  const LogContent content = read_log(only_run(dir.str()));
  EXPECT_EQ(content.of(1), 531u);
  EXPECT_TRUE(content.in_order());
  EXPECT_EQ(content.wrong, 0u);
}

TEST(RingReader, RecordsThatRetentionRemovedDoNotComeBackFromGivenBackBlocks) {
  const TemporaryFolder dir;
  DeadRun run(dir.str(), some_run(), {.blocks = 4});
  auto port = run.rings.worker().value();
  run.rings.push(port, 511);
  run.turn();
  run.segment() = [&] {  // the segment that had them is gone
    log::SegmentHeader header = log::make_header(run.rings.identity(), log::FileKind::segment);
    header.segment = 1;
    header.run_index = 1;
    TestSegment later(header);
    later.name(log::NameKind::stream, 0, log::to_text(stamp_stream()));
    return later;
  }();
  run.crash();
  EXPECT_EQ(read_log(only_run(dir.str())).records, 0u);
}

// The stores of Port::open_block() one by one, over a block that another worker had filled.
TEST(RingReader, AHeaderThatWasBeingWrittenAnewInventsNothing) {
  const TemporaryFolder dir;
  DeadRun run(dir.str(), some_run(), {.blocks = 2, .workers_max = 1});
  {
    auto port = run.rings.worker().value();
    run.rings.push(port, 511);
  }
  run.turn();
  auto port = run.rings.worker().value();
  run.rings.push(port, 511);  // block 1
  run.crash();
  const std::string path = run.ring_path();
  ASSERT_EQ(peek<std::uint32_t>(path, block_at(0) + offsetof(BlockHeader, state)), detail::kFree);
  const auto check = [&](const char* after) {
    const LogContent content = read_log(only_run(dir.str()));
    EXPECT_EQ(content.wrong, 0u) << after;
    EXPECT_EQ(content.of(1), 511u) << after;
    EXPECT_EQ(content.of(2), 511u) << after;
    EXPECT_TRUE(content.in_order()) << after;
    EXPECT_EQ(told(content.scan.damages), "") << after;
  };
  check("nothing");
  poke<std::uint32_t>(path, block_at(0) + offsetof(BlockHeader, published), 0);
  check("published");
  poke<std::uint32_t>(path, block_at(0) + offsetof(BlockHeader, worker), 2);
  check("worker");
  poke<std::uint64_t>(path, block_at(0) + offsetof(BlockHeader, first), 511);
  check("first");
  poke<std::uint32_t>(path, block_at(0) + offsetof(BlockHeader, state), detail::kOpen);
  check("state");
  const Stamp next = Stamp::of(run.rings.identity().run, 2, 511);
  poke(path, block_at(0) + 64, next);
  check("a record");
  poke<std::uint32_t>(path, block_at(0) + offsetof(BlockHeader, published), 1);
  EXPECT_EQ(read_log(only_run(dir.str())).of(2), 512u);
}

TEST(RingReader, ARecordThatTheCloserDecidedAgainstIsNotTaken) {
  const TemporaryFolder dir;
  DeadRun run(dir.str(), some_run(), {});
  auto port = run.rings.worker().value();
  run.rings.push(port, 30);
  run.crash();
  poke<std::uint64_t>(run.ring_path(), kRingPageBytes + offsetof(RingWords, fate), 29);
  EXPECT_EQ(read_log(only_run(dir.str())).of(1), 29u);
}

TEST(RingReader, CountedRingsTellHowManyWereLost) {
  const TemporaryFolder dir;
  DeadRun run(dir.str(), some_run(), {.kind = RingKind::counted});
  auto port = run.rings.worker().value();
  auto other = std::make_unique<detail::Port>(run.rings.worker().value());
  run.rings.push(port, 200);
  run.turn();
  run.rings.push(port, 77);
  run.rings.push(*other, 33);
  other.reset();
  run.crash();
  const LogContent content = read_log(only_run(dir.str()));
  EXPECT_EQ(content.records, 200u);
  EXPECT_EQ(content.scan.lost(), 110u);
  EXPECT_EQ(content.scan.accounts.at(1).accepted, 277u);
  EXPECT_EQ(content.scan.accounts.at(2).accepted, 33u);
}

TEST(RingReader, AccountsOfWorkersBeyondTheKeptOnesAreOneSumWithEachInItOnce) {
  const TemporaryFolder dir;
  DeadRun run(dir.str(), some_run(), {.blocks = 2, .workers_max = 2});
  std::uint64_t beyond = 0;
  for (std::uint32_t i = 1; i <= 1'030; ++i) {
    auto port = run.rings.worker().value();
    const std::uint64_t n = run.rings.push(port, i % 9);
    if (i > 1'024) beyond += n;
    if (i < 1'028) run.turn();
  }
  auto live = run.rings.worker().value();
  beyond += run.rings.push(live, 20);
  run.crash();
  const LogContent content = read_log(only_run(dir.str()));
  EXPECT_EQ(content.scan.accounts.size(), 1'025u);
  EXPECT_EQ(content.scan.accounts.at(0).accepted, beyond);
  EXPECT_EQ(content.scan.lost(), 0u);
}

TEST(RingReader, RejectedPushesAreCountedFromTheRing) {
  const TemporaryFolder dir;
  DeadRun run(dir.str(), some_run(), {.blocks = 2});
  auto port = run.rings.worker().value();
  run.rings.push(port, 1'022 + 13);
  run.crash();
  const LogContent content = read_log(only_run(dir.str()));
  EXPECT_EQ(content.scan.accounts.at(1).rejected_full, 13u);
  EXPECT_EQ(content.scan.accounts.at(1).accepted, 1'022u);
}

TEST(RingReader, WithoutItsNamesFileARingGetsTheNamesOfTheSegments) {
  const TemporaryFolder dir;
  DeadRun run(dir.str(), some_run(), {});
  auto port = run.rings.worker().value();
  run.rings.push(port, 10);
  run.crash();
  std::filesystem::remove(run.names_path());
  const LogContent content = read_log(only_run(dir.str()));
  EXPECT_EQ(content.of(1), 10u);
  EXPECT_EQ(content.scan.accounts.at(1).accepted, 10u);
}

}  // namespace
}  // namespace millrace
