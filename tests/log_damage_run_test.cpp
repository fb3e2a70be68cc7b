// SPDX-License-Identifier: Apache-2.0
//
// Bit flips in a run of several segments, 1 MiB in all: each is noticed, costs its frame and nothing else,
// and what it costs is counted by the run's numbers to the record. MILLRACE_DAMAGE=full: every one of the
// 8,388,608; else some, from a random one on.
//
// A flip can only change what is read of its own segment, since a reader keeps nothing from one to the
// next: that segment is written and read anew each time, and joined with the parts that were read of the
// others.
#include <cstdlib>
#include <optional>
#include <random>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "log/run_scan.hpp"
#include "segment_fixture.hpp"

namespace millrace::log {
namespace {

constexpr std::size_t kSegments = 8;
constexpr std::size_t kSegmentBytes = 128 << 10;  // two stripes each

struct Part {
  PartScan scan;
  std::vector<std::uint64_t> data;  // record_no of the frames that were taken
  std::size_t damages = 0;
};

class LogDamageRun : public testing::Test {
 protected:
  LogDamageRun() {
    std::uint64_t seq[3] = {}, records = 0;
    std::uint32_t size = 0;
    for (std::size_t s = 0; s < kSegments; ++s) {
      LogBytes log({.segment = s + 1, .run_index = s, .segment_bytes = kSegmentBytes});
      log.records_of_run = records;
      log.stream(1, 24).name(2, 1, "chat").name(3, 1, "timeout");
      for (std::uint32_t worker = 1; worker < 3; ++worker) log.account(worker, seq[worker]);
      while (log.bytes.size() + 2'000 < kSegmentBytes) {
        const std::uint32_t worker = 1 + size % 2, n = 5 + ++size * 7 % 70;
        log.data(worker, seq[worker], n);
        seq[worker] += n;
      }
      const bool last = s + 1 == kSegments;
      log.end(last, last ? 0 : s + 2).zeros(kSegmentBytes);
      records = log.records_of_run;
      logs_.push_back(std::move(log));
      paths_.push_back(folder_ / segment_name(s + 1));
      write_file(paths_.back(), logs_.back().bytes);
      whole_.push_back(read(s).value());
    }
    records_ = records;
  }

  // nullopt: its header is refused.
  std::optional<Part> read(std::size_t s) const {
    const auto reader = SegmentReader::open(paths_[s]);
    if (!reader) return std::nullopt;
    Part part;
    while (const auto frame = (*reader)->next()) {
      if (part.scan.add(*frame, paths_[s])) part.data.push_back(frame->header.record_no);
    }
    part.scan.close(**reader);
    part.damages = (*reader)->damages().size() + part.scan.damages.size();
    return part;
  }
  RunScan join(std::size_t changed, const std::optional<Part>& part) const {
    RunScan run;
    for (std::size_t s = 0; s < kSegments; ++s) {
      if (s != changed) run.add(whole_[s].scan, s, paths_[s]);
      if (s == changed && part) run.add(part->scan, s, paths_[s]);
    }
    return run;
  }
  void check(std::size_t s, std::size_t at, const std::optional<Part>& part) const {
    const RunScan run = join(s, part);
    const bool last = s + 1 == kSegments;
    ASSERT_EQ(part.has_value(), at >= LogBytes::kHeader);
    if (!part) {
      // The folder tells the damage; of the last segment nothing tells how much it held.
      ASSERT_EQ(run.records + run.missing + run.dropped,
                last ? logs_[s - 1].records_of_run : records_);
      ASSERT_EQ(run.final, !last);
      return;
    }
    const LogBytes::Made* hit = nullptr;
    std::vector<std::uint64_t> expected;
    for (const auto& made : logs_[s].frames) {
      const bool here = at >= made.offset && at < made.offset + made.bytes;
      if (here) hit = &made;
      if (!here && made.type == LogBytes::kData) expected.push_back(made.record_no);
    }
    const bool schema = hit == &logs_[s].frames[0];  // without it no record is to be read
    ASSERT_EQ(part->data, schema ? std::vector<std::uint64_t>() : expected);
    ASSERT_GE(part->damages, 1u);
    ASSERT_EQ(run.records + run.missing, records_);
    ASSERT_EQ(run.dropped + run.segments_missing, 0u);
    ASSERT_EQ(run.final, !(last && hit != nullptr && hit->type == LogBytes::kEnd));
  }
  // All eight bits of a byte, or one.
  void flip(std::size_t s, std::size_t at, std::optional<unsigned> only) const {
    const int fd = ::open(paths_[s].c_str(), O_WRONLY | O_CLOEXEC);
    for (unsigned bit = only.value_or(0); bit < (only ? *only + 1 : 8); ++bit) {
      SCOPED_TRACE(testing::Message() << "segment " << s + 1 << ", byte " << at << ", bit " << bit);
      const char flipped = static_cast<char>(logs_[s].bytes[at] ^ (1 << bit));
      ASSERT_EQ(::pwrite(fd, &flipped, 1, static_cast<off_t>(at)), 1);
      check(s, at, read(s));
      if (HasFatalFailure()) break;
    }
    ASSERT_EQ(::pwrite(fd, &logs_[s].bytes[at], 1, static_cast<off_t>(at)), 1);
    ::close(fd);
  }

  const TemporaryFolder folder_;
  std::vector<LogBytes> logs_;
  std::vector<std::string> paths_;
  std::vector<Part> whole_;
  std::uint64_t records_ = 0;
};

TEST_F(LogDamageRun, ABitFlipAnywhereCostsItsFrameAndIsCountedByTheRun) {
  const RunScan run = join(kSegments, std::nullopt);
  ASSERT_EQ(run.records, records_);
  ASSERT_TRUE(run.final && run.damages.empty());
  if (std::getenv("MILLRACE_DAMAGE") == nullptr) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    for (int i = 0; i < 10'000 && !HasFatalFailure(); ++i) {
      flip(random() % kSegments, random() % kSegmentBytes, random() % 8);
    }
    return;
  }
  std::size_t flips = 0;
  for (std::size_t s = 0; s < kSegments; ++s) {
    for (std::size_t at = 0; at < kSegmentBytes; ++at, flips += 8) {
      flip(s, at, std::nullopt);
      if (HasFatalFailure()) return;
    }
  }
  std::printf("%zu flips, all noticed and counted\n", flips);
}

}  // namespace
}  // namespace millrace::log
