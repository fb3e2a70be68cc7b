// SPDX-License-Identifier: Apache-2.0
//
// Replay of logs: their records through the same statistics, to the same Summary.
//
//   auto replay = replay_logs({"run"}, {}).value();
//   replay.summary["requests"].metric("latency").percentile(99);
//   replay.whole();                                            // or what is missing, run by run
//
// Method    Threads take whole segments, check and accumulate them, and their numbers are merged in the
//           order of the segments: the order in which the live aggregator merged them, so that the
//           bits are the same. Percentiles by further passes (LogSelection), so that memory is
//           bounded whatever the log's size.
// Dead runs The rings of a run whose process has died are read in place, as its last segment. Nothing is
//           written. Those of a run under way are not looked at.
// Threads   One call uses LogReplayOptions::threads; the summary is then as any other.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/options.hpp"
#include "millrace/percentile.hpp"
#include "millrace/result.hpp"
#include "millrace/summary.hpp"

#include "log/frame_source.hpp"
#include "record/run_identity.hpp"
#include "replay/log_window.hpp"
#include "replay/result_visitor.hpp"

namespace millrace {

struct LogReplayOptions {
  std::string run =
      "last";  // of each folder: "last", "all", or a run's 16 digits (or their beginning)
  std::string ring_dir = {};  // where rings are that are not in the folder
  unsigned threads = 0;       // 0: one a core
  std::vector<double> percentiles = {50, 90, 95, 99, 99.9};
  Rule rule = Rule::nearest_rank;
  bool by_label = false;                                     // percentiles of each label, too
  std::optional<std::vector<Limit>> goodput = std::nullopt;  // instead of the log's own
  LogPhases phases = {};  // what is left out; of one run, and costs a second reading
  std::vector<ResultVisitor*> visitors = {};  // a further reading, when all is known
  const std::atomic<bool>* stop = nullptr;
  std::function<void(std::uint64_t bytes, std::uint64_t records)> progress = nullptr;
};

/// What became of one run, as its files tell.
struct RunReport {
  std::string dir;
  RunIdentity identity;
  std::int64_t opened_real_ns = 0;
  std::uint64_t segments = 0, bytes = 0;
  std::uint64_t records = 0;     // read
  std::uint64_t from_rings = 0;  // of them: pushed, and not in a segment
  std::uint64_t missing = 0;     // logged, and not readable
  std::uint64_t dropped = 0;     // in segments before the first that is there
  std::uint64_t unlogged = 0;    // aggregated while the log had stopped
  std::uint64_t lost = 0;        // accepted, and died with the process
  std::uint64_t segments_missing = 0;
  bool closed = false;          // by finish() or by recovery
  bool alive = false;           // a process is writing it
  std::string rings_elsewhere;  // the rings of a dead run are in this folder, which was not given
  std::vector<log::Damage> damages;

  [[nodiscard]] bool whole() const noexcept {
    return damages.empty() && missing == 0 && dropped == 0 && unlogged == 0 && lost == 0 &&
           segments_missing == 0 && rings_elsewhere.empty();
  }
};

struct LogRun;
namespace log {
class RunScan;
}
/// What `scan`, of all of the run's parts, says about it.
RunReport report_of(const LogRun& run, const log::RunScan& scan, std::uint64_t from_rings);

struct LogReplay {
  Summary summary;
  std::vector<RunReport> runs;
  std::vector<log::Damage> damages;  // of the folders
  unsigned threads = 0;
  unsigned passes = 0;    // over the log, for percentiles
  StreamWindows windows;  // as LogReplayOptions::phases have them
  bool interrupted = false;

  [[nodiscard]] bool whole() const noexcept;
};

/// True for a folder with a LOCK or a segment, and for a segment.
bool looks_like_log(const std::string& path);

Result<LogReplay> replay_logs(std::span<const std::string> dirs, const LogReplayOptions& options);

}  // namespace millrace
