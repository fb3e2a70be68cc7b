// SPDX-License-Identifier: Apache-2.0
//
// LogFolder and FolderLock: what stands in a folder, whatever somebody did to it, and who may write.
#include "log/log_folder.hpp"

#include <atomic>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log_bytes.hpp"
#include "temporary_folder.hpp"

namespace millrace::log {
namespace {

namespace fs = std::filesystem;

class LogFolderTest : public testing::Test {
 protected:
  std::string make(LogBytes::File file, std::string name = {}) const {
    LogBytes log(file);
    log.stream(1, 24).data(1, 0, 5).end(true);
    if (name.empty()) name = segment_name(file.segment);
    write_file(folder_ / name, log.bytes);
    return folder_ / name;
  }
  // Run 7 has the segments 1 to 4, run 8 has 5 and 6.
  void make_two_runs() const {
    for (std::uint64_t n = 1; n <= 4; ++n) make({.segment = n, .run = 7, .run_index = n - 1});
    for (std::uint64_t n = 5; n <= 6; ++n) make({.segment = n, .run = 8, .run_index = n - 5});
  }
  LogFolder list() const { return LogFolder::list(folder_.str()).value(); }
  static std::vector<std::uint64_t> numbers(const RunFiles& run) {
    std::vector<std::uint64_t> all;
    for (const SegmentPath& s : run.segments) all.push_back(s.header.segment);
    return all;
  }
  using Numbers = std::vector<std::uint64_t>;

  TemporaryFolder folder_;
};

TEST_F(LogFolderTest, SegmentsAreGroupedByRunInTheirOrder) {
  make_two_runs();
  const LogFolder log = list();
  ASSERT_EQ(log.runs.size(), 2u);
  EXPECT_EQ(numbers(log.runs[0]), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(numbers(log.runs[1]), (Numbers{5, 6}));
  EXPECT_EQ(log.runs[1].identity.run, 8u);
  EXPECT_EQ(log.runs[0].segments[2].file_bytes, fs::file_size(folder_ / segment_name(3)));
  EXPECT_EQ(log.log_id[3], 'L');
  EXPECT_EQ(log.next_segment, 7u);
  EXPECT_TRUE(log.damages.empty());
  EXPECT_TRUE(log.notes.empty());
}

TEST_F(LogFolderTest, AFolderWithoutSegmentsIsAnErrorUnlessItMayBe) {
  EXPECT_EQ(LogFolder::list(folder_.str()).error().code, Errc::not_found);
  EXPECT_EQ(LogFolder::list(folder_ / "none").error().code, Errc::not_found);
  EXPECT_EQ(LogFolder::list(folder_ / "none", {}, true).error().code, Errc::not_found);
  const auto empty = LogFolder::list(folder_.str(), {}, true);
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->next_segment, 1u);
  EXPECT_TRUE(empty->runs.empty());
  write_file(folder_ / segment_name(3), "");
  EXPECT_NE(LogFolder::list(folder_.str()).error().message.find("is empty"), std::string::npos);
}

// The row "segment missing / duplicated / renamed / reordered / from another log".
TEST_F(LogFolderTest, SegmentMissing) {
  make_two_runs();
  fs::remove(folder_ / segment_name(2));
  fs::remove(folder_ / segment_name(3));
  const LogFolder log = list();
  EXPECT_EQ(numbers(log.runs[0]), (Numbers{1, 4}));
  ASSERT_EQ(log.damages.size(), 1u);
  EXPECT_EQ(log.damages[0].what,
            "2 segments of run 0000000000000007 are missing between "
            "'00000000000000000001.mlr' and '00000000000000000004.mlr'");
  fs::remove(folder_ / segment_name(1));
  EXPECT_TRUE(list().damages.empty()) << "before the first: retention; RunScan counts the records";
}

TEST_F(LogFolderTest, SegmentDuplicated) {
  make_two_runs();
  fs::copy_file(folder_ / segment_name(2), folder_ / "0.mlr");
  const LogFolder log = list();
  EXPECT_EQ(numbers(log.runs[0]), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(log.runs[0].segments[1].path, folder_ / segment_name(2));
  ASSERT_EQ(log.damages.size(), 1u);
  EXPECT_EQ(log.damages[0].file, folder_ / "0.mlr");
  EXPECT_NE(log.damages[0].what.find("is a second segment 2"), std::string::npos);
}

TEST_F(LogFolderTest, SegmentRenamedOrReordered) {
  make_two_runs();
  fs::rename(folder_ / segment_name(1), folder_ / "x.mlr");
  fs::rename(folder_ / segment_name(3), folder_ / segment_name(1));
  const LogFolder log = list();
  EXPECT_EQ(numbers(log.runs[0]), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(log.runs[0].segments[0].path, folder_ / "x.mlr");
  EXPECT_TRUE(log.damages.empty());
  ASSERT_EQ(log.notes.size(), 2u);
  EXPECT_NE(log.notes[0].find("segment 1 has another name: '" + (folder_ / "x.mlr")),
            std::string::npos);
}

TEST_F(LogFolderTest, SegmentOfAnotherLog) {
  make_two_runs();
  make({.log_id = 'M', .segment = 7, .run = 9});
  const LogFolder log = list();
  EXPECT_EQ(log.runs.size(), 2u);
  ASSERT_EQ(log.damages.size(), 1u);
  EXPECT_NE(log.damages[0].what.find("of another log (4d4d4d"), std::string::npos);
  EXPECT_EQ(log.next_segment, 8u) << "its name is taken all the same";
}

TEST_F(LogFolderTest, OfTwoLogsWithAsManySegmentsTheOneWithTheFirstNumberCounts) {
  make({.log_id = 'M', .segment = 4});
  make({.log_id = 'A', .segment = 5});
  EXPECT_EQ(list().log_id[0], 'M');
}

TEST_F(LogFolderTest, APlaceInTheRunThatDoesNotFollowIsDamage) {
  make({.segment = 1, .run_index = 0});
  make({.segment = 2, .run_index = 0});
  EXPECT_NE(list().damages.at(0).what.find("has the place 0"), std::string::npos);
}

TEST_F(LogFolderTest, FifoDeviceFolderOrLinkNamedLikeASegmentIsRefusedAtOnce) {
  make_two_runs();
  ASSERT_EQ(::mkfifo((folder_ / "a.mlr").c_str(), 0600), 0);
  fs::create_directory(folder_ / "b.mlr");
  fs::create_symlink(folder_ / segment_name(1), folder_ / "c.mlr");
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (folder_ / "d.mlr").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  fs::create_symlink(folder_ / segment_name(1), folder_ / "e.mlr.tmp");
  const std::string ring = "ring-" + hex(list().log_id) + "-0000000000000007-0.mln";
  ASSERT_EQ(::mkfifo((folder_ / ring).c_str(), 0600), 0);
  const LogFolder log = list();
  EXPECT_EQ(numbers(log.runs[0]), (Numbers{1, 2, 3, 4}));
  EXPECT_TRUE(log.runs[0].rings.empty());
  EXPECT_TRUE(log.unfinished.empty());
  std::string all;
  for (const Damage& d : log.damages) all += d.what + "\n";
  EXPECT_EQ(log.damages.size(), 6u) << all;
  for (const char* word : {"FIFO", "folder", "symbolic link", "device or socket"}) {
    EXPECT_NE(all.find(word), std::string::npos) << word;
  }
}

TEST_F(LogFolderTest, FilesThatAreNoSegmentsAreDamageAndUnfinishedOnesAreListed) {
  make({.segment = 1});
  make({.segment = 0, .kind = 2}, "names.mlr");
  write_file(folder_ / "b.mlr", std::string(5000, 'x'));
  write_file(folder_ / (segment_name(9) + ".tmp"), "");
  write_file(folder_ / "readme.txt", "hello");
  const LogFolder log = list();
  ASSERT_EQ(log.damages.size(), 2u);
  EXPECT_NE(log.damages[0].what.find("looks like text"), std::string::npos);
  EXPECT_EQ(log.damages[1].what, "is a names file under another name");
  EXPECT_EQ(log.unfinished, std::vector<std::string>{folder_ / (segment_name(9) + ".tmp")});
  EXPECT_EQ(log.next_segment, 10u);
}

TEST_F(LogFolderTest, RingsAndNamesGoToTheRunThatTheirNamesTell) {
  make_two_runs();
  fs::create_directory(folder_ / "rings");
  const std::string log_id = hex(list().log_id);
  const auto put = [&](const std::string& name) { write_file(folder_ / name, "x"); };
  put("names-" + log_id + "-0000000000000008.mln");
  put("ring-" + log_id + "-0000000000000008-10.mln");
  put("ring-" + log_id + "-0000000000000008-9.mln");
  put("ring-" + log_id + "-0000000000000009-0.mln");                // of no run that is here
  put("ring-" + std::string(32, '0') + "-0000000000000008-0.mln");  // of another log
  put("ring-" + log_id + "-0000000000000008.mln");
  put("names-" + log_id + "-0000000000000008-1.mln");
  put("rings/ring-" + log_id + "-0000000000000007-0.mln");
  const LogFolder here = list();
  EXPECT_EQ(here.runs[1].names_file, folder_ / ("names-" + log_id + "-0000000000000008.mln"));
  ASSERT_EQ(here.runs[1].rings.size(), 2u);
  EXPECT_TRUE(here.runs[1].rings[0].ends_with("-9.mln"));
  EXPECT_TRUE(here.runs[0].rings.empty());
  ASSERT_EQ(here.notes.size(), 1u);
  EXPECT_NE(here.notes[0].find("of a run without segments"), std::string::npos);
  const LogFolder both = LogFolder::list(folder_.str(), folder_ / "rings").value();
  EXPECT_EQ(both.runs[0].rings.size(), 1u);
  EXPECT_EQ(both.runs[1].rings.size(), 2u);
  EXPECT_FALSE(LogFolder::list(folder_.str(), folder_ / "nowhere"));
}

TEST_F(LogFolderTest, AFolderThatChangesWhileItIsReadIsReadAllTheSame) {
  make({.segment = 1});
  std::atomic<bool> stop{false};
  std::thread other([&] {
    // order: relaxed; the flag carries no data.
    for (std::uint64_t n = 2; !stop.load(std::memory_order_relaxed); ++n) {
      make({.segment = n, .run_index = n - 1});
      if (n > 4) fs::remove(folder_ / segment_name(n - 3));
    }
  });
  for (int i = 0; i < 300; ++i) {
    const auto log = LogFolder::list(folder_.str());
    ASSERT_TRUE(log);
    for (const SegmentPath& s : log->runs.at(0).segments) {
      EXPECT_EQ(s.header.run_index + 1, s.header.segment);
    }
  }
  stop.store(true, std::memory_order_relaxed);  // order: relaxed; as above
  other.join();
}

using Kind = FolderLock::Kind;

TEST_F(LogFolderTest, OneWriterOrManyReadersHaveTheLock) {
  const std::string dir = folder_.str();
  EXPECT_EQ(FolderLock::holder(dir), 0u);
  {
    auto writer = FolderLock::acquire(dir, Kind::exclusive).value();
    ASSERT_TRUE(writer);
    EXPECT_FALSE(FolderLock::acquire(dir, Kind::exclusive).value());
    EXPECT_FALSE(FolderLock::acquire(dir, Kind::shared).value());
    EXPECT_EQ(FolderLock::holder(dir), static_cast<std::uint32_t>(::getpid()));
    FolderLock moved = *std::move(writer);
    EXPECT_FALSE(FolderLock::acquire(dir, Kind::shared).value());
  }
  const auto reader = FolderLock::acquire(dir, Kind::shared).value();
  const auto another = FolderLock::acquire(dir, Kind::shared).value();
  EXPECT_TRUE(reader && another);
  EXPECT_FALSE(FolderLock::acquire(dir, Kind::exclusive).value());
  struct stat about {};
  ASSERT_EQ(::stat((folder_ / "LOCK").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(LogFolderTest, TheLockOfAProcessThatForkedGoesWithIt) {
  auto lock = FolderLock::acquire(folder_.str(), Kind::exclusive).value();
  int hold[2], up[2];
  ASSERT_EQ(::pipe2(hold, O_CLOEXEC) | ::pipe2(up, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(hold[1]);
    // A descriptor that stands where the lock's stood is not the lock's to close.
    const int mine = ::open("/dev/null", O_RDONLY);
    lock.reset();
    const bool good = mine >= 0 && ::fcntl(mine, F_GETFD) >= 0;
    char byte = 1;
    (void)!::write(up[1], &byte, 1);
    (void)!::read(hold[0], &byte, 1);  // lives until the parent has looked
    ::_exit(good ? 0 : 1);
  }
  char byte;
  ASSERT_EQ(::read(up[0], &byte, 1), 1);
  EXPECT_FALSE(FolderLock::acquire(folder_.str(), Kind::shared).value()) << "still ours";
  lock.reset();
  EXPECT_TRUE(FolderLock::acquire(folder_.str(), Kind::exclusive).value());
  ::close(hold[1]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  for (const int fd : {hold[0], up[0], up[1]}) ::close(fd);
}

TEST_F(LogFolderTest, ALockThatIsNoFileIsRefused) {
  write_file(folder_ / "target", "");
  fs::create_symlink(folder_ / "target", folder_ / "LOCK");
  EXPECT_FALSE(FolderLock::acquire(folder_.str(), Kind::exclusive));
  EXPECT_FALSE(FolderLock::acquire(folder_.str(), Kind::shared));
  fs::remove(folder_ / "LOCK");
  ASSERT_EQ(::mkfifo((folder_ / "LOCK").c_str(), 0600), 0);
  EXPECT_FALSE(FolderLock::acquire(folder_.str(), Kind::exclusive));
  EXPECT_FALSE(FolderLock::acquire(folder_.str(), Kind::shared));
  EXPECT_EQ(FolderLock::holder(folder_.str()), 0u);
  EXPECT_EQ(FolderLock::acquire(folder_ / "none", Kind::shared).error().code, Errc::not_found);
}

TEST_F(LogFolderTest, AWrongTextInLockIsNoHolder) {
  for (const char* text : {"", "\n", "12", "x12\n", "99999999999999\n", "-5\n"}) {
    write_file(folder_ / "LOCK", text);
    EXPECT_EQ(FolderLock::holder(folder_.str()), 0u) << text;
  }
  write_file(folder_ / "LOCK", "12\n");
  EXPECT_EQ(FolderLock::holder(folder_.str()), 12u);
}

// In a child that is nobody: root may write anywhere.
TEST_F(LogFolderTest, AReaderOfAFolderItMayNotWriteToNeedsNoFile) {
  ASSERT_EQ(::chmod(folder_.str().c_str(), 0555), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    const auto shared = FolderLock::acquire(folder_.str(), Kind::shared);
    const auto exclusive = FolderLock::acquire(folder_.str(), Kind::exclusive);
    ::_exit(shared && *shared && !exclusive ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  ASSERT_EQ(::chmod(folder_.str().c_str(), 0755), 0);
  EXPECT_FALSE(fs::exists(folder_ / "LOCK"));
}

}  // namespace
}  // namespace millrace::log
