// SPDX-License-Identifier: Apache-2.0
//
// read_logs: every record of the runs that are meant, in the order of the log, with its names: for
// `verify`, which looks at nothing but the losses, for `export`, and for the C interface.
//
//   auto reading = read_logs(dirs, {}, [&](const LoggedSlice& slice) -> Result<void> { .. });
//   reading->whole();                                 // or what is missing, run by run
//
// Order     By run, segment and frame; the rings of a dead run come last.
// Memory    One slice, and the names.
// Writes    Nothing.
// Threads   One.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/result.hpp"

#include "log/run_scan.hpp"
#include "log/stream_text.hpp"
#include "record/slice.hpp"
#include "replay/log_replay.hpp"

namespace millrace {

/// Valid during the visit.
struct LoggedSlice {
  const RunIdentity& run;
  std::int64_t opened_real_ns;  // of the run: since 1970, and by CLOCK_MONOTONIC
  std::int64_t opened_ns;
  const log::StreamText& stream;
  const log::RunNames& names;    // of this part of the log
  const log::RunNames& earlier;  // of the parts before it
  Slice slice;
  std::int64_t taken_ns;    // the aggregator's clock; 0 of records that come from rings
  const std::string& file;  // "": in a ring
  std::uint64_t offset;     // of the first record, in the file

  /// "" of number 0; "other" of one whose name is not there.
  [[nodiscard]] std::string_view label(std::uint16_t number) const;
  [[nodiscard]] std::string_view error_class(std::uint16_t number) const;
};

struct LogReadingOptions {
  std::string run = "all";  // as in LogReplayOptions
  std::string ring_dir;
  const std::atomic<bool>* stop = nullptr;
  std::function<void(std::uint64_t bytes, std::uint64_t records)> progress;  // after each segment
};

struct LogReading {
  std::vector<RunReport> runs;
  std::vector<log::RunNames> names;  // by run
  std::vector<log::Damage> damages;  // of the folders
  std::uint64_t records = 0;
  bool interrupted = false;
};

/// An error of `visit` ends the reading and is returned.
Result<LogReading> read_logs(std::span<const std::string> dirs, const LogReadingOptions& options,
                             const std::function<Result<void>(const LoggedSlice&)>& visit);

/// The streams that the runs name, by name; of several with one name the first.
Result<std::vector<log::StreamText>> streams_of_logs(std::span<const std::string> dirs,
                                                     const std::string& run,
                                                     const std::string& ring_dir);

}  // namespace millrace
