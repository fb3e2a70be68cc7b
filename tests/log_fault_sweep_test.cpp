// SPDX-License-Identifier: Apache-2.0
//
// Each system call of the log fails once, at its first, second, .. call, until a run passes without it:
// no crash, no record unaccounted for, no descriptor, mapping or file left behind. MILLRACE_FAULTS=full: at
// every call, else at the first few.
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "fault_preload.hpp"
#include "log_run.hpp"
#include "own_process.hpp"

namespace millrace::log {
namespace {

struct Sweep {
  const char* call;
  const char* what;
};
constexpr Sweep kSweeps[] = {
    {"openat", "EMFILE"},    {"openat", "ENOSPC"},    {"openat", "EINTR"},
    {"fstat", "EIO"},        {"fallocate", "ENOSPC"}, {"fallocate", "EOPNOTSUPP"},
    {"fallocate", "EINTR"},  {"fallocate", "EIO"},    {"fallocate", "EFBIG"},
    {"ftruncate", "EIO"},    {"ftruncate", "EINTR"},  {"mmap", "ENOMEM"},
    {"mmap", "ENODEV"},      {"mmap", "EAGAIN"},      {"madvise", "ENOMEM"},
    {"madvise", "EINVAL"},   {"madvise", "EFAULT"},   {"pwrite", "ENOSPC"},
    {"pwrite", "EIO"},       {"pwrite", "EDQUOT"},    {"pwrite", "EINTR"},
    {"pwrite", "short"},     {"fdatasync", "EIO"},    {"fdatasync", "ENOSPC"},
    {"fdatasync", "EINTR"},  {"fsync", "EIO"},        {"renameat2", "EEXIST"},
    {"renameat2", "EINVAL"}, {"renameat2", "EIO"},    {"renameat2", "EINTR"},
    {"unlinkat", "EACCES"},  {"munmap", "EINVAL"},    {"pthread_create", "EAGAIN"},
};

bool full() { return std::getenv("MILLRACE_FAULTS") != nullptr; }

// Of segments: what the test does itself maps none.
std::size_t mapped_segments() {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) {
    if (line.find(".mlr") != std::string::npos) ++count;
  }
  return count;
}

class LogFaultSweep : public testing::TestWithParam<std::tuple<bool, LogSync>> {};
INSTANTIATE_TEST_SUITE_P(, LogFaultSweep,
                         testing::Combine(testing::Bool(),
                                          testing::Values(LogSync::never, LogSync::on_flush)),
                         [](const auto& parameter) {
                           return std::string(std::get<0>(parameter.param) ? "Mapped" : "Pwrite") +
                                  (std::get<1>(parameter.param) == LogSync::never ? "" : "Synced");
                         });

void write_four_segments(LogRun& run) {
  run.writer->name(NameKind::stream, 3, "{}");
  for (int i = 0; i < 16; ++i) {
    run.append(700);
    if (i % 4 == 0) (void)run.writer->sync();
    // The next one is made meanwhile, or fails: most runs go the same way.
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

void check(const LogRun& run, bool closed, bool may_leave_file) {
  const LogStatus status = run.writer->status();
  EXPECT_EQ(status.logged, run.accepted);
  EXPECT_EQ(status.unlogged, run.refused);
  EXPECT_LE(status.durable, status.logged);
  EXPECT_TRUE(run.refused == 0 || !status.error.empty());
  const Walked walked = walk_run(run.options.dir, run.refused == 0 && !may_leave_file);
  EXPECT_EQ(walked.faults, std::vector<std::string>{});
  EXPECT_EQ(walked.records, run.accepted);
  if (!closed) return;
  EXPECT_EQ(walked.unlogged, run.refused);
  EXPECT_TRUE(walked.final || may_leave_file);
}

// One run with one fault. True: the fault came.
bool one_run(const std::string& spec, WriterOptions options) {
  SCOPED_TRACE(spec);
  // In memory where that is possible: hundreds of runs, and no disk is asked about.
  const TemporaryFolder dir(::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : nullptr);
  options.dir = dir.str();
  const std::size_t mapped_before = mapped_segments();
  const std::size_t open_before = descriptors();
  const bool may_leave_file = spec.starts_with("unlinkat");
  bool came = false;
  {
    auto fault = std::make_unique<Fault>(spec.c_str());
    // From here on the calls are those of the test again.
    const auto over = [&] {
      came = fault->fired() != 0;
      fault.reset();
    };
    LogRun run(options);
    const auto opened = run.open();
    if (!opened) {
      over();
      EXPECT_FALSE(opened.error().message.empty());
      EXPECT_TRUE(may_leave_file || dir.files().size() == 0);
    } else {
      write_four_segments(run);
      const auto closed = run.writer->close(true, 5);
      over();
      check(run, closed.has_value(), may_leave_file);
    }
  }
  EXPECT_EQ(descriptors(), open_before);
  // A munmap that fails leaves its mapping; nothing can be done about that.
  EXPECT_TRUE(spec.starts_with("munmap") || mapped_segments() == mapped_before);
  return came;
}

TEST_P(LogFaultSweep, EachCallFailsOnceAtEachPlace) {
  const auto [mapped, sync] = GetParam();
  const WriterOptions options{.dir = {},
                              .segment_bytes = kSegmentBytesMin,
                              .mapped = mapped,
                              .sync = sync,
                              .sync_every = {}};
  // Of one call; pwrite has one a frame, and they are alike.
  const int places = full() ? std::numeric_limits<int>::max() : 6;
  int faults = 0;
  for (const Sweep& sweep : kSweeps) {
    for (int n = 1; n <= places; ++n) {
      const std::string spec = std::string(sweep.call) + ":" + sweep.what + ":" + std::to_string(n);
      if (!one_run(spec, options)) break;
      ++faults;
      if (HasFailure()) return;
    }
  }
  EXPECT_GE(faults, 100);
  RecordProperty("faults", faults);
  std::printf("%d faults\n", faults);
}

TEST_P(LogFaultSweep, EachCallFailsForGoodFromEachPlaceOn) {
  const auto [mapped, sync] = GetParam();
  const WriterOptions options{.dir = {},
                              .segment_bytes = kSegmentBytesMin,
                              .mapped = mapped,
                              .sync = sync,
                              .sync_every = {}};
  int faults = 0;
  for (const Sweep& sweep : kSweeps) {
    const std::string what = sweep.what;
    if (what == "EINTR") continue;  // for ever interrupted is for ever tried
    if (std::string(sweep.call) == "munmap") continue;
    // By default from the first, second and fourth on.
    for (int n = 1; full() || n <= 4; n += full() ? 1 : n) {
      const std::string spec = std::string(sweep.call) + ":" + what + ":" + std::to_string(n) + "+";
      if (!one_run(spec, options)) break;
      ++faults;
      if (HasFailure()) return;
    }
  }
  EXPECT_GE(faults, 30);
  std::printf("%d faults\n", faults);
}

}  // namespace
}  // namespace millrace::log
