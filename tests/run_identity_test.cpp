// SPDX-License-Identifier: Apache-2.0
//
// Which process and boot a run names, read from the kernel in ways of the test's own.
#include "record/run_identity.hpp"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace millrace {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Counted from the end of the line. How many fields there are behind the name is told by a process
// with a harmless name: this one, see NamedProcess::SetUp().
std::uint64_t field_22(const std::string& stat, std::size_t fields_behind_name) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : stat) {
    if (c == ' ' || c == '\n') {
      if (!word.empty()) words.push_back(std::exchange(word, {}));
    } else {
      word += c;
    }
  }
  EXPECT_GT(words.size(), fields_behind_name);
  // Behind the name: fields 3 to 2 + fields_behind_name.
  return std::stoull(words[words.size() - fields_behind_name + (22 - 3)]);
}

std::size_t fields_behind_plain_name() {
  const std::string stat = content("/proc/self/stat");
  return static_cast<std::size_t>(std::count(stat.begin(), stat.end(), ' ')) + 1 - 2;
}

class NamedProcess : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    ASSERT_EQ(::prctl(PR_GET_NAME, before_), 0);
    ASSERT_EQ(::prctl(PR_SET_NAME, "plain"), 0);
    fields_ = fields_behind_plain_name();
    ASSERT_EQ(::prctl(PR_SET_NAME, GetParam()), 0);
  }
  void TearDown() override { ::prctl(PR_SET_NAME, before_); }
  std::size_t fields_ = 0;
  char before_[16] = {};
};

TEST_P(NamedProcess, StartsWhenField22OfItsStatSays) {
  const std::string stat = content("/proc/self/stat");
  ASSERT_NE(stat.find(GetParam()), std::string::npos) << stat;
  const RunIdentity run = RunIdentity::make({});
  EXPECT_NE(run.pid_start, 0u);
  EXPECT_EQ(run.pid_start, field_22(stat, fields_)) << stat;
}

INSTANTIATE_TEST_SUITE_P(Names, NamedProcess,
                         ::testing::Values("plain", "two words", ") (", "a) S 1 (b", "((",
                                           "))) 7 8", "fifteen) bytes "));

TEST(RunIdentity, NamesThisProcess) {
  EXPECT_EQ(RunIdentity::make({}).pid, static_cast<std::uint32_t>(::getpid()));
}

// In clock ticks since boot: not before this machine was up, and not later than now.
TEST(RunIdentity, StartsBetweenBootAndNow) {
  timespec now{};
  ASSERT_EQ(::clock_gettime(CLOCK_BOOTTIME, &now), 0);
  const auto ticks = static_cast<std::uint64_t>(now.tv_sec + 1) *
                     static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  EXPECT_LE(RunIdentity::make({}).pid_start, ticks);
}

TEST(RunIdentity, OfALaterProcessStartsLater) {
  const RunIdentity parent = RunIdentity::make({});
  // Ticks are 10 ms apart: the child waits out two of them before it is made.
  ::usleep(25'000);
  const pid_t child = ::fork();
  if (child == 0) {
    const RunIdentity here = RunIdentity::make({});
    const bool good = here.pid == static_cast<std::uint32_t>(::getpid()) &&
                      here.pid != parent.pid && here.pid_start > parent.pid_start &&
                      here.boot_id == parent.boot_id;
    ::_exit(good ? 0 : 1);
  }
  ASSERT_GT(child, 0);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(RunIdentity, NamesTheKernelsBoot) {
  std::string text = content("/proc/sys/kernel/random/boot_id");
  std::erase_if(text, [](char c) { return c == '-' || c == '\n'; });
  ASSERT_EQ(text.size(), 32u);
  EXPECT_EQ(hex(this_boot()), text);
  EXPECT_EQ(RunIdentity::make({}).boot_id, this_boot());
  EXPECT_NE(this_boot(), Id128{});
}

TEST(RunIdentity, KeepsItsLogAndIsAnotherRunEachTime) {
  const Id128 log = random_id();
  std::set<std::uint64_t> runs;
  for (int i = 0; i < 1'000; ++i) {
    const RunIdentity run = RunIdentity::make(log);
    EXPECT_EQ(run.log_id, log);
    EXPECT_NE(run.run, 0u);
    runs.insert(run.run);
  }
  EXPECT_EQ(runs.size(), 1'000u);
}

TEST(RunIdentity, DiffersInAnyPart) {
  const RunIdentity one = RunIdentity::make(random_id());
  RunIdentity other = one;
  EXPECT_EQ(other, one);
  other.log_id[15] ^= 1;
  EXPECT_NE(other, one);
  other = one;
  ++other.run;
  EXPECT_NE(other, one);
  other = one;
  other.boot_id[0] ^= 1;
  EXPECT_NE(other, one);
  other = one;
  ++other.pid;
  EXPECT_NE(other, one);
  other = one;
  ++other.pid_start;
  EXPECT_NE(other, one);
}

TEST(RandomId, IsAnotherOneEachTime) {
  std::set<Id128> ids;
  for (int i = 0; i < 1'000; ++i) ids.insert(random_id());
  EXPECT_EQ(ids.size(), 1'000u);
}

// All 16 bytes: one that stays would do so in all of 64 with a chance of 256^-63.
TEST(RandomId, IsRandomInEachByte) {
  const Id128 first = random_id();
  std::set<std::size_t> changed;
  for (int i = 0; i < 64; ++i) {
    const Id128 id = random_id();
    for (std::size_t at = 0; at < id.size(); ++at) {
      if (id[at] != first[at]) changed.insert(at);
    }
  }
  EXPECT_EQ(changed.size(), first.size());
}

TEST(Hex, HasTwoDigitsAByteInTheirOrder) {
  Id128 id{};
  EXPECT_EQ(hex(id), "00000000000000000000000000000000");
  for (std::uint8_t i = 0; i < 16; ++i) id[i] = static_cast<std::uint8_t>(i * 17);
  EXPECT_EQ(hex(id), "00112233445566778899aabbccddeeff");
  id = {};
  id[0] = 0x0A;
  id[15] = 0xF0;
  EXPECT_EQ(hex(id), "0a0000000000000000000000000000f0");
}

TEST(Hex, OfANumberHasSixteenDigitsTheGreatestFirst) {
  EXPECT_EQ(hex(std::uint64_t{0}), "0000000000000000");
  EXPECT_EQ(hex(std::uint64_t{0x0123456789ABCDEF}), "0123456789abcdef");
  EXPECT_EQ(hex(~std::uint64_t{0}), "ffffffffffffffff");
}

}  // namespace
}  // namespace millrace
