// SPDX-License-Identifier: Apache-2.0
//
// A run that a test writes: a folder of its own, records that tell their number, and what became of
// each as the writer said.
#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "log/log_writer.hpp"
#include "log_walker.hpp"
#include "temporary_folder.hpp"

namespace millrace {

inline log::SegmentHeader test_header() {
  RunIdentity identity;
  identity.log_id.fill(7);
  identity.run = 42;
  return log::make_header(identity, log::FileKind::segment);
}

inline log::AccountEntry test_account(std::uint32_t worker, std::uint64_t accepted,
                                      std::uint64_t rejected_full = 0) {
  log::AccountEntry entry{};
  entry.worker = worker;
  entry.accepted = accepted;
  entry.rejected_full = rejected_full;
  return entry;
}

class LogRun {
 public:
  explicit LogRun(log::WriterOptions opts, std::uint32_t record_size = 64)
      : options(std::move(opts)), record_size_(record_size) {}

  Result<void> open(std::uint64_t segment = 1) {
    auto opened = log::LogWriter::open(options, test_header(), segment);
    if (!opened) return tl::unexpected(opened.error());
    writer = std::move(*opened);
    return {};
  }

  /// Records of one slice; what does not fit goes into further ones. The clock moves 1 us a slice, and
  /// with the wall's when the log is late, so that lateness counts.
  void append(std::uint32_t count, std::uint32_t worker = 1) {
    while (count != 0) {
      const std::uint32_t room = writer->reserve(record_size_, clock);
      rotations += writer->rotated() ? 1u : 0u;
      if (room == 0) {
        ++late;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (!clock_stands) clock += 1'000'000;
        continue;
      }
      ASSERT_LE(room, kSliceRecordsMax);
      const std::uint32_t n = std::min(room, count);
      const std::vector<std::byte> records = records_from(next_, n);
      const bool logged = writer->append({.records = records.data(),
                                          .count = n,
                                          .record_size = record_size_,
                                          .stream = 3,
                                          .worker = worker,
                                          .worker_seq = next_},
                                         clock);
      (logged ? accepted : refused) += n;
      next_ += n;
      count -= n;
      if (!clock_stands) clock += 1'000;
    }
  }

  /// Record i begins with the number i, the rest follows from it.
  [[nodiscard]] std::vector<std::byte> records_from(std::uint64_t first, std::uint32_t n) const {
    std::vector<std::byte> bytes(std::size_t{n} * record_size_);
    for (std::uint32_t i = 0; i < n; ++i) {
      for (std::size_t at = 0; at < record_size_; at += 8) {
        const std::uint64_t word = at == 0 ? first + i : (first + i) * 0x9E3779B97F4A7C15U + at;
        std::memcpy(bytes.data() + std::size_t{i} * record_size_ + at, &word, 8);
      }
    }
    return bytes;
  }

  /// What the folder holds, against what append() was told. `whole`: nothing was lost or left out.
  void check(bool whole = true) const {
    const Walked run = walk_run(options.dir, whole);
    EXPECT_EQ(run.faults, std::vector<std::string>{});
    const log::LogStatus status = writer->status();
    EXPECT_EQ(status.logged + status.unlogged, appended());
    EXPECT_EQ(status.logged, run.records + status.dropped);
    for (const Walked::Data& frame : run.data) {
      const auto expected = records_from(frame.worker_seq, frame.n);
      ASSERT_EQ(frame.payload.size(), expected.size());
      EXPECT_EQ(std::memcmp(frame.payload.data(), expected.data(), expected.size()), 0);
    }
    if (!whole) return;
    EXPECT_EQ(run.records, appended());
    EXPECT_TRUE(run.final);
    EXPECT_EQ(run.ended, run.segments);
    EXPECT_EQ(run.not_cut, 0u);
  }
  /// Until the segment behind the one being written is made. False: it never was.
  [[nodiscard]] bool next_is_there() const {
    const std::string name = log::segment_name(1 + writer->status().segments);
    for (int i = 0; i < 60'000; ++i) {
      if (std::filesystem::exists(options.dir + "/" + name)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
  [[nodiscard]] std::uint64_t appended() const { return accepted + refused; }

  log::WriterOptions options;
  std::unique_ptr<log::LogWriter> writer;
  std::uint64_t accepted = 0, refused = 0;
  std::uint64_t late = 0, rotations = 0;
  std::int64_t clock = 1'000'000'000;
  bool clock_stands = false;

 private:
  std::uint32_t record_size_;
  std::uint64_t next_ = 0;
};

/// Waits for what another thread does; false after a minute.
template <typename Done>
bool eventually(const Done& done) {
  for (int i = 0; i < 60'000; ++i) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

}  // namespace millrace
