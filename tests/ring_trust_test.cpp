// SPDX-License-Identifier: Apache-2.0
//
// Files that are not the rings that they say they are: told, and never trusted.
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

void edit_header(const std::string& path, void (*edit)(RingFileHeader&), bool sealed = true) {
  auto header = peek<RingFileHeader>(path, 0);
  edit(header);
  if (sealed) header.crc = header_crc(header);
  poke(path, 0, header);
}

// Each way of not being this run's ring, and the word for it.
struct Fault {
  const char* name;
  const char* what;
  void (*make)(const std::string& path);
  std::uint64_t records;  // that are taken all the same
};

class RefusedRing : public testing::TestWithParam<Fault> {};

TEST_P(RefusedRing, IsToldAndNotTrusted) {
  const TemporaryFolder dir;
  DeadRun run(dir.str(), some_run(), {.blocks = 2});
  auto port = run.rings.worker().value();
  run.rings.push(port, 600);
  run.crash();
  GetParam().make(run.ring_path());
  const LogContent content = read_log(only_run(dir.str()));
  EXPECT_EQ(content.records, GetParam().records);
  EXPECT_EQ(content.wrong, 0u);
  const std::string damages = told(content.scan.damages);
  EXPECT_NE(damages.find(GetParam().what), std::string::npos) << damages;
  EXPECT_NE(damages.find(run.ring_path()), std::string::npos) << damages;
}

const Fault kFaults[] = {
    {"AnotherLog", "another log",
     [](const std::string& p) { edit_header(p, [](RingFileHeader& h) { h.log_id[0] ^= 1; }); }, 0},
    {"AnotherRun", "another run",
     [](const std::string& p) { edit_header(p, [](RingFileHeader& h) { ++h.run; }); }, 0},
    {"AnotherBoot", "another boot",
     [](const std::string& p) { edit_header(p, [](RingFileHeader& h) { h.boot_id[15] ^= 128; }); },
     0},
    {"AReusedPid", "another process",
     [](const std::string& p) { edit_header(p, [](RingFileHeader& h) { ++h.pid_start; }); }, 0},
    {"AnotherPid", "another process",
     [](const std::string& p) { edit_header(p, [](RingFileHeader& h) { ++h.pid; }); }, 0},
    {"AnotherVersion", "another version",
     [](const std::string& p) { edit_header(p, [](RingFileHeader& h) { ++h.version; }); }, 0},
    {"AnotherByteOrder", "byte order",
     [](const std::string& p) { edit_header(p, [](RingFileHeader& h) { h.endian = 0x04030201; }); },
     0},
    {"NoMagic", "no ring",
     [](const std::string& p) { edit_header(p, [](RingFileHeader& h) { h.magic[0] = 0; }); }, 0},
    {"AFlippedBit", "checksum",
     [](const std::string& p) {
       edit_header(
           p, [](RingFileHeader& h) { h.zeros[99] = 1; }, false);
     },
     0},
    {"MoreBlocksThanItHas", "as long as",
     [](const std::string& p) { edit_header(p, [](RingFileHeader& h) { ++h.blocks; }); }, 0},
    {"BlocksOfAnotherSize", "another size",
     [](const std::string& p) { edit_header(p, [](RingFileHeader& h) { h.block_bytes *= 2; }); },
     0},
    {"Cut", "as long as", [](const std::string& p) { ASSERT_EQ(::truncate(p.c_str(), 40'000), 0); },
     0},
    {"CutInItsHeader", "too short",
     [](const std::string& p) { ASSERT_EQ(::truncate(p.c_str(), 100), 0); }, 0},
    {"WritableByOthers", "by others",
     [](const std::string& p) { ASSERT_EQ(::chmod(p.c_str(), 0622), 0); }, 0},
    {"HardLinked", "hard link",
     [](const std::string& p) { ASSERT_EQ(::link(p.c_str(), (p + ".2").c_str()), 0); }, 0},
    {"ABlockOfAnotherRun", "another run",
     [](const std::string& p) {
       poke<std::uint64_t>(p, block_at(1) + offsetof(BlockHeader, run), 1);
     },
     511},
    {"ABlockOfAnotherRing", "another ring",
     [](const std::string& p) {
       poke<std::uint32_t>(p, block_at(1) + offsetof(BlockHeader, slot), 1);
     },
     511},
    {"ABlockWithoutWorker", "no worker",
     [](const std::string& p) {
       poke<std::uint32_t>(p, block_at(1) + offsetof(BlockHeader, worker), 0);
     },
     511},
    {"ABlockOfNoStream", "stream does not",
     [](const std::string& p) {
       poke<std::uint32_t>(p, block_at(1) + offsetof(BlockHeader, stream), 65'536);
     },
     511},
    {"ABlockOfAnotherStream", "another ring, stream",
     [](const std::string& p) {
       poke<std::uint32_t>(p, block_at(1) + offsetof(BlockHeader, stream), 1);
     },
     511},
    {"ARecordSizeOfNothing", "16 to 512",
     [](const std::string& p) {
       poke<std::uint32_t>(p, block_at(1) + offsetof(BlockHeader, record_size), 0);
     },
     511},
    {"ARecordSizeTooLarge", "16 to 512",
     [](const std::string& p) {
       poke<std::uint32_t>(p, block_at(1) + offsetof(BlockHeader, record_size), 520);
     },
     511},
    {"AnotherRecordSize", "record size",
     [](const std::string& p) {
       poke<std::uint32_t>(p, block_at(1) + offsetof(BlockHeader, record_size), 56);
     },
     511},
    {"MoreRecordsThanFit", "can hold",
     [](const std::string& p) { poke<std::uint32_t>(p, block_at(1), 512); }, 511},
    {"AStateThatIsNone", "state",
     [](const std::string& p) {
       poke<std::uint32_t>(p, block_at(1) + offsetof(BlockHeader, state), 2);
     },
     511},
    {"NumbersOutOfRange", "range",
     [](const std::string& p) {
       poke<std::uint64_t>(p, block_at(1) + offsetof(BlockHeader, first), ~0ull);
     },
     511},
    {"NumbersThatOverlap", "another block holds",
     [](const std::string& p) {
       poke<std::uint64_t>(p, block_at(1) + offsetof(BlockHeader, first), 510);
     },
     511},
};
INSTANTIATE_TEST_SUITE_P(Faults, RefusedRing, testing::ValuesIn(kFaults),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(RingTrust, ACopyOfARingUnderAnotherNameGivesNothingTwice) {
  const TemporaryFolder dir;
  DeadRun run(dir.str(), some_run(), {.blocks = 2});
  auto port = run.rings.worker().value();
  run.rings.push(port, 600);
  run.crash();
  std::filesystem::copy_file(run.ring_path(0), run.ring_path(1));
  const LogContent content = read_log(only_run(dir.str()));
  EXPECT_EQ(content.records, 600u);
  EXPECT_NE(told(content.scan.damages).find("another ring"), std::string::npos);
}

TEST(RingTrust, AFileThatWasBeingMadeIsNoDamage) {
  for (const std::uint64_t bytes : {0u, 100u, 4'096u, 8'192u, 100'000u}) {
    const TemporaryFolder dir;
    DeadRun run(dir.str(), some_run(), {.blocks = 2});
    run.crash();
    std::ofstream(run.ring_path(0)) << std::string(bytes, '\0');
    std::filesystem::permissions(run.ring_path(0), std::filesystem::perms::owner_all);
    const log::RunFiles files = only_run(dir.str());
    ASSERT_EQ(files.rings.size(), 1u);
    auto rings = log::RingReader::open(files, {}).value();
    EXPECT_TRUE(rings->rings().at(0).sound) << bytes;
    EXPECT_EQ(told(rings->damages()), "");
  }
}

TEST(RingTrust, ARingThatIsGoneOrUnreadableIsSaidToBeSo) {
  const TemporaryFolder dir;
  DeadRun run(dir.str(), some_run(), {.blocks = 2});
  run.crash();
  log::RunFiles files = only_run(dir.str());
  files.rings = {dir.str() + "/ring-that-is-not-there"};
  auto rings = log::RingReader::open(files, {}).value();
  EXPECT_FALSE(rings->rings().at(0).readable);
  EXPECT_FALSE(rings->rings().at(0).sound);
}

// A file's bytes at random: never more than it can hold, never what nobody pushed, if the header holds.
TEST(RingTrust, FlippedBitsAnywhereNeverCrashOrLeaveTheBounds) {
  const auto seed = std::random_device{}();
  std::mt19937_64 random(seed);
  const TemporaryFolder dir("/dev/shm");
  DeadRun run(dir.str(), some_run(), {.blocks = 3});
  auto port = run.rings.worker().value();
  run.rings.push(port, 1'200);
  run.crash();
  const std::string path = run.ring_path();
  for (int round = 0; round < 1'000; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
    const std::uint64_t part = random() % 3;
    const std::uint64_t offset = part == 0   ? random() % kRingBlocksAt
                                 : part == 1 ? block_at(random() % 3) + random() % 64
                                             : random() % block_at(3);
    const auto before = peek<std::uint8_t>(path, offset);
    poke<std::uint8_t>(path, offset, static_cast<std::uint8_t>(before ^ (1u << random() % 8)));
    const LogContent content = read_log(only_run(dir.str()));
    EXPECT_LE(content.records, 3u * 511);
    if (offset < kRingPageBytes) {
      EXPECT_EQ(content.records, 0u);
    }
    poke<std::uint8_t>(path, offset, before);
    if (HasFailure()) return;
  }
  EXPECT_EQ(read_log(only_run(dir.str())).records, 1'200u);
}

}  // namespace
}  // namespace millrace
