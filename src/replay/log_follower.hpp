// SPDX-License-Identifier: Apache-2.0
//
// LogFollower: the numbers of a run that another process is writing, as its log grows.
//
//   auto follower = LogFollower::open("run").value();
//   while (!follower->closed() && !follower->orphaned()) {
//     if (!follower->advance()) std::this_thread::sleep_for(20ms);
//     show(follower->snapshot());
//   }
//
// Order     Segment by segment as the writer goes on; a segment that retention removes while it is read
//           is read to its end, one that is gone before is counted (skipped()).
// Numbers   What is logged: records that still wait in a block or ring come later. Moments and counts
//           are those of the log, percentiles come from histograms.
// Memory    No values. Writes nothing.
// Threads   One.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "millrace/result.hpp"
#include "millrace/snapshot.hpp"
#include "millrace/summary.hpp"

#include "log/log_folder.hpp"
#include "log/run_scan.hpp"
#include "log/segment_reader.hpp"
#include "stats/stream_stats.hpp"

namespace millrace {

class LogFollower {
 public:
  /// The last run of the folder.
  static Result<std::unique_ptr<LogFollower>> open(const std::string& dir);

  /// Takes what has come, for some ten milliseconds at most. False: there was nothing new.
  Result<bool> advance();
  /// Whether nobody holds the folder's lock any more and the log was read to where it ends: the
  /// writer died. Asks the lock; call it about once a second.
  Result<bool> orphaned();
  /// The run's last END frame has been read.
  [[nodiscard]] bool closed() const noexcept { return closed_; }

  [[nodiscard]] const RunIdentity& run() const noexcept { return run_; }
  /// Records that retention had removed before they were read.
  [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_; }
  /// Records that a damage took.
  [[nodiscard]] std::uint64_t missing() const noexcept { return missing_; }
  /// Aggregated by the writer while its log had stopped.
  [[nodiscard]] std::uint64_t unlogged() const noexcept { return unlogged_; }
  [[nodiscard]] std::uint64_t damages() const noexcept;
  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }

  /// Nearest rank, from histograms.
  [[nodiscard]] Snapshot snapshot(std::span<const double> percentiles) const;
  /// Of what was read so far; percentiles as in the snapshot.
  [[nodiscard]] Summary summary() const;

 private:
  LogFollower(std::string dir, const log::SegmentPath& first);
  Result<void> open_segment(const std::string& path);
  Result<bool> open_next();
  Result<bool> open_after_silence();
  void take(const log::Frame& frame);
  void number(const log::FrameHeader& header, std::uint64_t& gap);
  StreamStats& stats_of(std::uint16_t stream);
  [[nodiscard]] Accounting accounting() const;

  std::string dir_;
  RunIdentity run_;
  std::int64_t opened_ns_;
  std::unique_ptr<log::SegmentReader> reader_;
  log::PartScan scan_;  // of the segment under way
  log::RunNames names_;
  std::map<std::uint32_t, log::AccountEntry> accounts_;
  std::map<std::uint32_t, std::uint64_t> read_;                    // records, by worker
  std::map<std::uint16_t, std::shared_ptr<StreamStats>> streams_;  // by number
  std::uint64_t records_ = 0, next_record_no_ = 0;
  std::uint64_t skipped_ = 0, missing_ = 0, unlogged_ = 0;
  std::uint64_t damages_before_ = 0;  // in segments that are done
  std::int64_t last_taken_ns_ = 0;
  bool behind_removed_ = false;  // the segment's first frame, and those before it were removed
  bool quiet_ = false;           // orphaned() was asked once, and nothing came since
  bool closed_ = false;
};

}  // namespace millrace
