// SPDX-License-Identifier: Apache-2.0
//
// LogInfo: what is in a log's folder, told by its headers and by the last segment of each run, which
// repeats the run's names: quick, whatever the log's size. Whether all of it can be read says `verify`.
//
//   auto info = log_info("run", {}).value();
//   for (const RunInfo& run : info.runs) ...;
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "millrace/result.hpp"

#include "log/frame_source.hpp"
#include "log/run_scan.hpp"
#include "log/stream_text.hpp"
#include "record/run_identity.hpp"

namespace millrace {

struct LogRun;

struct RunInfo {
  RunIdentity identity;
  bool closed = false;
  bool alive = false;      // and not closed: a process is writing it
  std::string written_by;  // name and version, as the header has it
  std::vector<log::StreamText> streams;
  std::uint64_t labels = 0, error_classes = 0;
  std::uint64_t segments = 0, bytes = 0;
  std::uint64_t first_segment = 0, last_segment = 0;  // their numbers
  std::uint64_t records = 0;                          // logged, as its last frame numbers them
  std::int64_t opened_real_ns = 0;
  std::int64_t duration_ns = 0;  // to the last slice, or to the end
  std::uint64_t rings = 0;       // files
  std::string ring_dir;          // empty: the folder itself
  bool names_file = false;
};

struct LogInfo {
  std::string dir;
  Id128 log_id{};
  std::vector<RunInfo> runs;
  std::uint32_t writer = 0;             // process that holds the lock; 0: none, or unknown
  bool locked = false;                  // by a writer
  std::vector<std::string> unfinished;  // files that a killed maker left
  std::vector<log::Damage> damages;
};

Result<LogInfo> log_info(const std::string& dir, const std::string& ring_dir);

/// Of the last segment that holds something. Damages in it are its own.
log::PartScan scan_of_last_segment(const LogRun& run);

}  // namespace millrace
