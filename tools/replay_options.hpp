// SPDX-License-Identifier: Apache-2.0
//
// What was given to `millrace replay`, for files and for logs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "millrace/result.hpp"

#include "guidellm_flags.hpp"
#include "ingest/replay_input.hpp"
#include "phase_options.hpp"
#include "report/rates.hpp"
#include "report_options.hpp"

namespace millrace {

inline constexpr std::size_t kLineBytesMax = 16 << 20;  // unless the flags say so

struct ReplayOptions {
  std::vector<std::string> inputs;
  ReportOptions report;
  InputFlags input;
  PhaseFlags phases;
  GuidellmFlags guidellm;
  std::string profile;
  std::string end_time, total_test_time;
  std::optional<std::uint64_t> total_requests;
  std::string save;
  std::string log;  // --log, of files
  std::optional<std::size_t> line_bytes_max;
  unsigned threads = 0;
  bool lazy = false;
  bool quiet = false;
  std::string run;       // --run, of logs
  std::string ring_dir;  // --ring-dir, of logs

  /// --end-time, --total-requests, --total-test-time.
  [[nodiscard]] Result<GivenWindow> window() const;
};

struct Imported;
/// The exit code. `imported`: the log is what foreign files held.
int replay_log(const ReplayOptions& options, const Imported* imported = nullptr);

}  // namespace millrace
