// SPDX-License-Identifier: Apache-2.0
//
// RunLog: the log of an engine's run: its folder and lock, the names file, the writer; and what must
// stand in the log before a slice does: the names that the slice's records carry.
//
// Threads   open() and stream(): set-up; name() and retired(): any thread; the rest: the aggregator.
// Close     Rings and names file go only when the log holds every accepted record and its END frame says
//           so; else they stay for `millrace recover` and the next open.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "millrace/options.hpp"
#include "millrace/result.hpp"
#include "millrace/summary.hpp"
#include "millrace/worker.hpp"

#include "engine/names.hpp"
#include "log/log_folder.hpp"
#include "log/log_writer.hpp"
#include "log/names_file.hpp"
#include "log/stream_text.hpp"
#include "record/run_identity.hpp"
#include "record/slice.hpp"

namespace millrace {

class RunLog {
 public:
  /// Makes and locks the folder, takes what dead runs left in their rings, begins a run. `opened_ns`:
  /// the engine's clock reading.
  static Result<std::unique_ptr<RunLog>> open(const EngineOptions& options, std::int64_t opened_ns);
  /// The engine is open. Before that a log that is destroyed leaves no file of its run.
  void begun() noexcept { begun_ = true; }
  ~RunLog();

  [[nodiscard]] const RunIdentity& identity() const noexcept { return identity_; }
  [[nodiscard]] const std::string& dir() const noexcept { return dir_; }
  /// What was found and done at open; may be empty.
  [[nodiscard]] const std::string& notice() const noexcept { return notice_; }

  /// Before the number is given to anybody.
  void name(log::NameKind kind, std::uint16_t number, std::string_view text);
  void retired(std::uint32_t worker, std::uint32_t stream, std::uint64_t accepted,
               const Rejected& rejected) noexcept;
  /// Called by the aggregator when it has made the stream, before the stream's first worker.
  /// An error: the log knows no such stream, and the number is free.
  Result<void> stream(std::uint16_t number, const log::StreamText& text);

  /// Room for the next slice: records; 0: not now, they wait in their block.
  [[nodiscard]] std::uint32_t reserve(std::uint32_t record_size, std::int64_t now_ns) noexcept {
    return writer_->reserve(record_size, now_ns);
  }
  [[nodiscard]] bool rotated() noexcept { return writer_->rotated(); }
  /// The slice's numbers of names were given out before its records were published, so all names
  /// that it needs are known by now.
  void append(const Slice& slice, std::int64_t taken_ns, const Names& labels, const Names& errors);

  /// `whole`: every accepted record has been appended.
  Result<void> close(bool whole, const std::vector<log::AccountEntry>& workers,
                     std::int64_t finished_ns);

  [[nodiscard]] LogAccount account() const;
  Result<void> sync() { return writer_->sync(); }

 private:
  RunLog() = default;
  void note(Error why) noexcept;
  void append_names(log::NameKind kind, const Names& names, std::size_t& known);

  std::string dir_;
  RunIdentity identity_;
  std::optional<log::FolderLock> lock_;
  std::unique_ptr<log::NamesFile> names_;
  std::unique_ptr<log::LogWriter> writer_;
  std::string notice_;
  std::size_t labels_known_ = 2;  // 0 and 1 are no names
  std::size_t errors_known_ = 2;
  bool begun_ = false;
  bool closed_ = false;
  mutable std::mutex mutex_;
  std::string names_error_;  // the names file could not be written: names are in the log only
};

}  // namespace millrace
