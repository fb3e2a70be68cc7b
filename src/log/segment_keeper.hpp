// SPDX-License-Identifier: Apache-2.0
//
// SegmentKeeper: two helper threads, so that the writer of a log never waits for a disk.
//
//   millrace-log    makes the next segment ahead (one at most), fills it with pages ahead of the
//                   writer, unmaps finished ones, removes what is too old, looks once a second
//                   whether the segment is still the file that it made
//   millrace-sync   only with a sync policy: syncs at its interval, and finished segments
//
// They are two because a sync may take half a minute, and the writer then needs a next segment.
// At most two segments are mapped: the one being written, and the next or the last.
//
// Failing   A segment that cannot be made is tried again after 100 ms, as long as it is missing.
// Threads   take(), refuse(), ring(), entries_bytes(): the writer, without a lock or a wait. The rest
//           any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "millrace/result.hpp"

#include "log/bell.hpp"
#include "log/segment_file.hpp"
#include "log/segment_ledger.hpp"
#include "log/writer_options.hpp"
#include "record/file_descriptor.hpp"

namespace millrace::log {

class SegmentKeeper {
 public:
  static constexpr std::chrono::milliseconds kRetry{100};

  /// Makes the first segment, and starts the threads. Errors leave nothing behind.
  static Result<std::unique_ptr<SegmentKeeper>> open(const WriterOptions& options,
                                                     const SegmentHeader& header,
                                                     std::uint64_t segment,
                                                     const std::atomic<std::uint64_t>& logged);
  /// Stops the threads; what is unfinished stays so. A next segment that nobody took goes.
  ~SegmentKeeper();

  /// The next segment; nullptr: there is none yet.
  [[nodiscard]] SegmentFile* take() noexcept;
  /// Gives back what take() gave: it is too small for the entries. Another one is made.
  void refuse(SegmentFile* segment) noexcept;
  void ring() noexcept { maker_bell_.ring(); }
  /// Whether the last try to make one failed.
  [[nodiscard]] bool failing() const noexcept;
  [[nodiscard]] std::string why_failing() const;
  void entries_bytes(std::uint64_t bytes) noexcept;

  /// Stops the threads and removes what is not settled.
  void abandon() noexcept;
  /// Stops the threads, syncs if there is a policy, cuts what is finished to size.
  Result<void> close();
  [[nodiscard]] SegmentLedger& ledger() noexcept { return ledger_; }
  [[nodiscard]] const SegmentLedger& ledger() const noexcept { return ledger_; }

 private:
  using Clock = std::chrono::steady_clock;
  SegmentKeeper(FileDescriptor dir, const WriterOptions& options, const SegmentHeader& header,
                std::uint64_t segment, const std::atomic<std::uint64_t>& logged);
  [[nodiscard]] Result<void> start();
  void stop() noexcept;
  [[nodiscard]] Result<std::shared_ptr<SegmentFile>> make_one();
  void make_and_keep() noexcept;
  void sync_now_and_then() noexcept;
  [[nodiscard]] bool stopping() const noexcept;
  [[nodiscard]] bool turn(Clock::time_point now);
  void make_next(Clock::time_point now);
  void take_back_refused() noexcept;
  void note_failure(std::string why) noexcept;

  const FileDescriptor dir_;  // files go before the folder that they are in
  const WriterOptions options_;
  SegmentHeader header_;   // of the next
  std::uint64_t segment_;  // number of the next
  SegmentLedger ledger_;

  Bell maker_bell_;
  Bell sync_bell_;
  std::thread maker_;
  std::thread syncer_;
  std::atomic<bool> stopping_{false};
  std::atomic<SegmentFile*> ready_{nullptr};
  std::atomic<SegmentFile*> refused_{nullptr};
  std::atomic<std::uint64_t> entries_bytes_{0};
  std::atomic<bool> failing_{false};
  mutable std::mutex why_mutex_;
  std::string why_;
  Clock::time_point retry_at_{};
  Clock::time_point check_at_{};
};

}  // namespace millrace::log
