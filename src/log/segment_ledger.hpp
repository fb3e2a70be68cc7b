// SPDX-License-Identifier: Apache-2.0
//
// SegmentLedger: the segments of a run from their making on: which are on the disk, how many records
// that covers, and which are removed because there are too many.
//
// Durable   Records logged before a sync began, once every segment that holds them is synced. The
//           count is taken before the segments are listed, and those before they are synced. After
//           the first error, or loss, it stays where it is: a later sync that succeeds may have
//           lost pages.
// Lost      Records of a segment that somebody cut or removed while it was written.
// Threads   Any; what takes time is done outside of the lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "millrace/result.hpp"

#include "log/segment_file.hpp"
#include "log/writer_options.hpp"

namespace millrace::log {

class SegmentLedger {
 public:
  /// `logged`: records of the run, counted after their frames are visible.
  SegmentLedger(int dir_fd, const WriterOptions& options, const std::atomic<std::uint64_t>& logged);

  /// So that add() finds room: a file without an entry would be left behind.
  void expect();
  /// Before the writer may have it.
  void add(std::shared_ptr<SegmentFile> segment);
  /// One that was never begun: it goes, with its file.
  void discard(const SegmentFile* segment) noexcept;
  /// All that were never begun, or all that are not settled.
  void discard_all(bool begun_too) noexcept;

  /// Segments that are not settled, oldest first.
  [[nodiscard]] std::vector<std::shared_ptr<SegmentFile>> open_segments() const;
  /// Cuts finished, unmapped ones to size; syncs them first if there is a policy.
  void settle();
  /// Removes the oldest until `bytes` more stay within WriterOptions::bytes_max.
  void make_room(std::uint64_t bytes) noexcept;

  Result<void> sync();

  [[nodiscard]] std::uint64_t durable() const noexcept;
  [[nodiscard]] std::uint64_t dropped() const noexcept;
  [[nodiscard]] std::uint64_t lost() const noexcept;
  /// What the first sync that failed said, or how the first records were lost; empty: all is well.
  [[nodiscard]] std::string error() const;

 private:
  struct Settled {
    std::string name;
    FileId id;
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
    bool synced = false;
  };
  [[nodiscard]] bool sync_one(SegmentFile& segment);
  [[nodiscard]] bool sync_settled(const Settled& settled);
  bool fail(const std::string& path, const char* why);
  void fail() noexcept;
  void note(std::string text) noexcept;
  void settle_one(const std::shared_ptr<SegmentFile>& segment);

  const int dir_fd_;
  const std::string dir_;
  const LogSync policy_;
  const std::uint64_t bytes_max_;
  const std::atomic<std::uint64_t>& logged_;

  std::mutex sync_mutex_;     // one sync at a time; taken before mutex_
  mutable std::mutex mutex_;  // the lists and the error
  std::vector<std::shared_ptr<SegmentFile>> open_;
  std::deque<Settled> settled_;
  std::string error_;
  std::atomic<bool> failed_{false};
  std::atomic<std::uint64_t> durable_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace millrace::log
