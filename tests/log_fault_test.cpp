// SPDX-License-Identifier: Apache-2.0
//
// What happens to the log when there is no room, a limit, or a folder that cannot be written; one case
// a fault. Always: the host lives, and what was appended is in a file or counted as unlogged.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "log_fault_fixture.hpp"
#include "mounted.hpp"

namespace millrace::log {
namespace {

// ---- no room

TEST_P(LogFaultBoth, DiskFullBeforeOpenLeavesNoFile) {
  const Mounted disk("tmpfs", "tmpfs", "size=1m");
  SKIP_WITHOUT(disk);
  const std::uint64_t before = disk.free_bytes();
  WriterOptions opts = options(disk.dir.str());
  opts.segment_bytes = 4 * kMiB;
  LogRun run(opts);
  const auto opened = run.open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("No space left"), std::string::npos)
      << opened.error().message;
  EXPECT_NE(opened.error().message.find(disk.dir.str()), std::string::npos);
  EXPECT_EQ(disk.dir.files().size(), 0u);
  EXPECT_EQ(disk.free_bytes(), before);
}

// A failed fallocate keeps what it got on ext4.
TEST_P(LogFaultBoth, DiskFullBeforeOpenGivesExt4ItsBlocksBack) {
  const std::string image = dir.str() + "/image";
  const std::string make = "truncate -s 16M '" + image + "' && mkfs.ext4 -q '" + image +
                           "' 2>/dev/null && losetup -f --show '" + image + "' 2>/dev/null";
  std::string device;
  if (FILE* pipe = ::popen(make.c_str(), "r")) {
    char line[64] = {};
    if (::fgets(line, sizeof line, pipe) != nullptr) device = line;
    ::pclose(pipe);
  }
  if (device.empty()) GTEST_SKIP() << "needs a loop device and mkfs.ext4";
  device.pop_back();
  {
    const Mounted disk(device, "ext4", "");
    if (disk) {
      std::filesystem::remove(disk.dir.path() / "lost+found");
      const std::uint64_t before = disk.free_bytes();
      WriterOptions opts = options(disk.dir.str());
      opts.segment_bytes = 64 * kMiB;
      EXPECT_FALSE(LogRun(opts).open());
      EXPECT_EQ(disk.dir.files().size(), 0u);
      EXPECT_EQ(disk.free_bytes(), before);
    }
  }
  (void)std::system(("losetup -d " + device).c_str());
}

TEST_P(LogFaultBoth, DiskFullAtRotationCountsAndGoesOnWhenThereIsRoom) {
  const Mounted disk("tmpfs", "tmpfs", "size=8m");
  SKIP_WITHOUT(disk);
  LogRun run(options(disk.dir.str()));
  ASSERT_TRUE(run.open());
  ASSERT_TRUE(run.next_is_there());  // the next one is there
  disk.fill(0);
  while (!run.writer->status().stopped) run.append(300);
  const LogStatus stopped = run.writer->status();
  EXPECT_NE(stopped.error.find("No space left"), std::string::npos) << stopped.error;
  EXPECT_EQ(stopped.segments, 2u);
  run.append(5000);
  EXPECT_EQ(run.writer->status().unlogged, run.refused);
  EXPECT_GE(run.refused, 5000u);

  disk.drop_ballast();
  ASSERT_TRUE(eventually([&] {
    run.append(1);
    return !run.writer->status().stopped;
  }));
  run.append(1000);
  ASSERT_TRUE(run.writer->close(true, 0));

  EXPECT_GE(run.writer->status().logged, run.accepted);
  EXPECT_FALSE(run.writer->status().error.empty());  // it stays
  const Walked walked = walk_run(disk.dir.path());
  EXPECT_EQ(walked.faults, std::vector<std::string>{});
  EXPECT_EQ(walked.records, run.accepted);
  EXPECT_EQ(walked.unlogged, run.refused);  // the file tells it, too
  EXPECT_TRUE(walked.final);
}

TEST_P(LogFaultBoth, DiskFullInsideASegmentDoesNotHappen) {
  const Mounted disk("tmpfs", "tmpfs", "size=8m");
  SKIP_WITHOUT(disk);
  WriterOptions opts = options(disk.dir.str());
  opts.segment_bytes = 2 * kMiB;
  LogRun run(opts);
  ASSERT_TRUE(run.open());
  ASSERT_TRUE(run.next_is_there());
  disk.fill(0);
  while (run.rotations == 0) run.append(300);
  EXPECT_EQ(run.refused, 0u);  // nothing of 2 MiB
  ASSERT_TRUE(run.writer->close(true, 0));
  run.check();
}

TEST_P(LogFaultBoth, FallocateThatIsNotSupportedIsDoneByHand) {
  const Fault fault("fallocate:EOPNOTSUPP:1+");
  LogRun run(options());
  ASSERT_TRUE(run.open());
  struct stat about {};
  ASSERT_EQ(::stat((dir.str() + "/" + segment_name(1)).c_str(), &about), 0);
  EXPECT_EQ(about.st_size, static_cast<off_t>(kSegmentBytesMin));
  // Mapped: real blocks, or a store could find none.
  EXPECT_TRUE(!run.writer->status().mapped || about.st_blocks * 512 >= about.st_size);
  for (int i = 0; i < 30; ++i) run.append(1000);
  EXPECT_GT(fault.fired(), 1u);
  ASSERT_TRUE(run.writer->close(true, 0));
  if (run.refused == 0) run.check();
}

TEST(LogFault, RamfsWhichHasNoFallocateIsMapped) {
  const Mounted disk("ramfs", "ramfs", "");
  SKIP_WITHOUT(disk);
  LogRun run({.dir = disk.dir.str(), .segment_bytes = kSegmentBytesMin});
  ASSERT_TRUE(run.open());
  EXPECT_TRUE(run.writer->status().mapped);
  run.append(2000);
  ASSERT_TRUE(run.writer->close(true, 0));
  run.check();
}

TEST(LogFault, AFileSystemThatIsNotKnownIsWrittenByPwrite) {
  const Mounted lower("tmpfs", "tmpfs", "size=8m");
  SKIP_WITHOUT(lower);
  for (const char* name : {"lower", "upper", "work"}) {
    std::filesystem::create_directory(lower.dir.path() / name);
  }
  const std::string in = lower.dir.str();
  const Mounted disk("overlay", "overlay",
                     "lowerdir=" + in + "/lower,upperdir=" + in + "/upper,workdir=" + in + "/work");
  if (!disk) GTEST_SKIP() << "this kernel has no overlayfs";
  LogRun run({.dir = disk.dir.str(), .segment_bytes = kSegmentBytesMin, .mapped = true});
  ASSERT_TRUE(run.open());
  EXPECT_FALSE(run.writer->status().mapped);
  run.append(2000);
  ASSERT_TRUE(run.writer->close(true, 0));
  run.check();
}

// ---- limits

class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

bool file_size_signal_waits() {
  sigset_t waiting;
  ::sigpending(&waiting);
  return sigismember(&waiting, SIGXFSZ) == 1;
}

TEST_P(LogFaultBoth, FileSizeLimitAtOpenIsAnErrorAndNoSignal) {
  const FileSizeLimit limit(100'000);
  const auto opened = LogRun(options()).open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("too large"), std::string::npos) << opened.error().message;
  EXPECT_EQ(dir.files().size(), 0u);
  EXPECT_FALSE(file_size_signal_waits());
}

TEST_P(LogFaultBoth, FileSizeLimitUnderWayStopsTheLogAndNotTheHost) {
  LogRun run(options());
  ASSERT_TRUE(run.open());
  run.append(100);
  ASSERT_TRUE(run.next_is_there());
  {
    // Inside a frame, at an odd place: whatever is written of it must not be seen.
    const FileSizeLimit limit(100'003);
    for (int i = 0; i < 40; ++i) run.append(500);
    EXPECT_TRUE(run.writer->status().stopped);
    EXPECT_NE(run.writer->status().error.find("too large"), std::string::npos);
    EXPECT_FALSE(file_size_signal_waits());
  }
  ASSERT_TRUE(eventually([&] {
    run.clock += 1'000'000'000;
    run.append(1);
    return !run.writer->status().stopped;
  }));
  run.append(50);
  ASSERT_TRUE(run.writer->close(true, 0));
  run.check(false);
}

// ---- a folder that cannot be written

TEST(LogFault, OpenTellsPathAndReasonAndLeavesNothing) {
  TemporaryFolder dir;
  std::ofstream(dir.path() / "file") << "x";
  std::filesystem::create_directory_symlink(dir.path() / "loop", dir.path() / "loop");
  const struct {
    std::string path;
    const char* says;
  } cases[] = {
      {dir.str() + "/none", "No such file"},
      {dir.str() + "/file", "Not a directory"},
      {dir.str() + "/file/below", "Not a directory"},
      {dir.str() + "/loop", "symbolic links"},
      {dir.str() + "/" + std::string(300, 'n'), "too long"},
      {"", "No such file"},
  };
  for (const auto& c : cases) {
    const auto opened = LogRun({.dir = c.path, .segment_bytes = kSegmentBytesMin}).open();
    ASSERT_FALSE(opened) << c.path;
    EXPECT_EQ(opened.error().code, Errc::io);
    EXPECT_NE(opened.error().message.find(c.says), std::string::npos) << opened.error().message;
    EXPECT_NE(opened.error().message.find("'" + c.path), std::string::npos);
  }
  EXPECT_EQ(dir.files().size(), 2u);
}

TEST(LogFault, AReadOnlyFolderIsAnError) {
  const Mounted disk("tmpfs", "tmpfs", "size=8m");
  SKIP_WITHOUT(disk);
  ASSERT_EQ(::mount(nullptr, disk.dir.str().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  const auto opened = LogRun({.dir = disk.dir.str(), .segment_bytes = kSegmentBytesMin}).open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("Read-only"), std::string::npos) << opened.error().message;
}

TEST(LogFault, AFolderOfSomebodyElseIsAnError) {
  TemporaryFolder dir;
  const Fault fault("openat:EACCES:2");  // root is refused by nobody; the first opens the folder
  const auto opened = LogRun({.dir = dir.str(), .segment_bytes = kSegmentBytesMin}).open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("Permission denied"), std::string::npos);
}

TEST_P(LogFaultBoth, ASegmentThatIsThereIsNeverOverwritten) {
  std::ofstream(dir.path() / segment_name(5)) << "somebody's";
  EXPECT_FALSE(LogRun(options()).open(5));
  LogRun run(options());
  ASSERT_TRUE(run.open(4));  // the next number is taken: it is passed over
  while (run.rotations < 3) run.append(1000);
  ASSERT_TRUE(run.writer->close(true, 0));
  std::ifstream file(dir.path() / segment_name(5));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "somebody's");
  std::filesystem::remove(dir.path() / segment_name(5));
  run.check(run.refused == 0);
}

TEST_P(LogFaultBoth, ALinkUnderTheTemporaryNameIsNotFollowed) {
  const std::string name = dir.str() + "/" + segment_name(1) + ".000000000000002a.tmp";
  const std::string target = dir.str() + "/target";
  ASSERT_EQ(::symlink(target.c_str(), name.c_str()), 0);
  EXPECT_FALSE(LogRun(options()).open());
  EXPECT_FALSE(std::filesystem::exists(target));
}

}  // namespace
}  // namespace millrace::log
