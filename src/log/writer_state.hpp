// SPDX-License-Identifier: Apache-2.0
//
// WriterState: what LogWriter is made of: where it writes, what it has counted, why it stopped.
//
//   writing   frames.segment() is there, and not stopped
//   late      the segment is full and the next one is not there: reserve() gives 0
//   stopped   records are counted as unlogged; each reserve() looks whether a next segment is there.
//             The full segment is kept, for its END; one that cannot be written is given back.
//
// Threads   As LogWriter.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include <sys/types.h>

#include "millrace/result.hpp"

#include "log/run_entries.hpp"
#include "log/segment_frames.hpp"
#include "log/segment_keeper.hpp"
#include "log/writer_options.hpp"
#include "record/slice.hpp"

namespace millrace::log {

struct WriterState {
  explicit WriterState(const WriterOptions& opts);
  Result<void> open(const SegmentHeader& header, std::uint64_t segment);

  std::uint32_t reserve(std::uint32_t record_size, std::int64_t now_ns) noexcept;
  bool append(const Slice& slice, std::int64_t taken_ns) noexcept;
  Result<void> close(bool final, std::int64_t finished_ns);
  [[nodiscard]] LogStatus status() const;
  [[nodiscard]] bool mine() const noexcept;  // false in a forked child

  RunEntries entries;
  std::unique_ptr<SegmentKeeper> keeper;
  bool rotated = false;

 private:
  using Step = SegmentFrames::Step;

  [[nodiscard]] bool writing(std::int64_t now_ns) noexcept;
  [[nodiscard]] bool stopped() const noexcept;
  [[nodiscard]] FrameHeader counts() const noexcept;
  [[nodiscard]] Step write_entries(std::uint64_t limit, std::uint32_t keep) noexcept;
  [[nodiscard]] std::uint32_t records_here(std::uint32_t record_size, Step& step) noexcept;
  [[nodiscard]] Step append_data(const Slice& slice, std::int64_t taken_ns) noexcept;
  [[nodiscard]] bool rotate() noexcept;
  void begin(SegmentFile& segment) noexcept;
  void leave_room_late(std::int64_t now_ns) noexcept;
  void leave_segment(std::int64_t now_ns) noexcept;
  void stop(const std::string& why) noexcept;
  bool not_logged(std::uint32_t records) noexcept;
  void count_bytes() noexcept;
  [[nodiscard]] EndPayload totals(std::int64_t at_ns) const noexcept;
  [[nodiscard]] Step write_last_entries();
  [[nodiscard]] bool wait_for_next();

  const WriterOptions options_;
  const pid_t owner_;
  SegmentFrames frames_;
  bool closed_ = false;
  std::uint64_t logged_ = 0;
  std::uint64_t unlogged_ = 0;
  std::int64_t last_taken_ns_ = 0;
  std::int64_t began_ns_ = 0;       // the segment; 0: not asked since
  std::int64_t late_since_ns_ = 0;  // 0: not late
  std::int64_t resume_at_ns_ = 0;
  std::uint64_t rung_at_ = 0;         // bytes of the segment written when the keeper was told
  std::uint64_t finished_bytes_ = 0;  // of segments before this one

  // Shown by status().
  std::atomic<std::uint64_t> shown_logged_{0};
  std::atomic<std::uint64_t> shown_unlogged_{0};
  std::atomic<std::uint64_t> shown_segments_{0};
  std::atomic<std::uint64_t> shown_bytes_{0};
  std::atomic<bool> shown_stopped_{false};
  std::atomic<bool> shown_mapped_{false};
  std::atomic<bool> has_error_{false};
  mutable std::mutex error_mutex_;
  std::string error_;
};

}  // namespace millrace::log
