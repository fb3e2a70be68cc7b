// SPDX-License-Identifier: Apache-2.0
//
// LogTotals: the numbers of several runs together, and of each run what its files tell.
//
//   PartNumbers part = LogTotals::accumulate(log_part, rules);     // any thread, one a part
//   totals.merge(part, log_part);                                  // in the order of the parts
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/options.hpp"
#include "millrace/result.hpp"

#include "engine/log_part.hpp"
#include "engine/log_selection.hpp"
#include "engine/names.hpp"
#include "engine/summary_builder.hpp"
#include "log/run_scan.hpp"
#include "replay/log_window.hpp"
#include "stats/stream_stats.hpp"

namespace millrace {

/// The numbers of one part, by the run's numbers of streams.
struct PartNumbers {
  log::PartScan scan;
  std::vector<std::unique_ptr<StreamStats>> streams;
};

class LogTotals {
 public:
  struct Rules {
    std::optional<std::vector<Limit>> goodput = {};  // instead of the logged limits
    StreamWindows windows = {};                      // of streams that have one
    bool logged_phases = true;                       // and the log's own, of the others
  };

  explicit LogTotals(Rules rules) : rules_(std::move(rules)) {}

  /// Of one stream, without values. A part does not know the numbers of its results: it has no range.
  static std::unique_ptr<StreamStats> make_stats(const log::StreamText& text, const Rules& rules,
                                                 bool part);
  static PartNumbers accumulate(const LogPart& part, const Rules& rules);
  /// In order; all parts of a run come together. `index`: of the segment in its run.
  Result<void> merge(const PartNumbers& numbers, const LogPart& part,
                     std::optional<std::uint64_t> index);

  [[nodiscard]] const log::RunScan& scan(std::size_t run) const { return scans_[run]; }
  [[nodiscard]] std::size_t runs() const noexcept { return scans_.size(); }
  [[nodiscard]] const std::vector<RunNumbers>& numbers() const noexcept { return runs_; }
  /// Streams, names and workers; elapsed times are the caller's.
  [[nodiscard]] SummaryParts summary() const;

 private:
  Result<void> learn(const log::RunNames& names, RunNumbers& run);
  Result<std::size_t> stream(const log::StreamText& text);

  Rules rules_;
  std::vector<log::RunScan> scans_;  // by run
  std::vector<RunNumbers> runs_;
  std::vector<NamedStats> streams_;
  std::vector<log::StreamText> texts_;  // by stream
  Names labels_{Names::kNamesMax}, errors_{Names::kNamesMax};
};

}  // namespace millrace
