// SPDX-License-Identifier: Apache-2.0
//
// LogWindow: from when to when a run is measured, once all of it is known: without warmup and cooldown.
//
//   auto windows = windows_of(parts, totals, phases);       // by stream
//
// Of        Each stream whose schema has a start or an end; by its own records.
// Warmup    By time: until the first start and the phase. By requests k: until the start of the (k+1)-th
//           result, in the order of the log, which is that of completion.
// Cooldown  By time: from the maximum less the phase. By requests k: from the end of the result that leaves
//           k + 1.
// Maximum   What the phases name, else what the run was: its results, and first start to last end.
// Source    guidellm 0.7.3, TransientPhaseConfig.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

#include "millrace/result.hpp"

#include "engine/log_part.hpp"
#include "record/record_filter.hpp"
#include "stats/phase_size.hpp"

namespace millrace {

class LogTotals;

struct LogPhases {
  PhaseSize warmup = {};
  PhaseSize cooldown = {};
  std::optional<std::int64_t> from_ns = {};
  std::optional<std::int64_t> to_ns = {};  // since the first start; beside the phases
  RunMaximum maximum = {};
  [[nodiscard]] bool none() const noexcept {
    return warmup.none() && cooldown.none() && !from_ns && !to_ns;
  }
};

using StreamWindows = std::map<std::string, TimeWindow>;

/// `totals`: of all the parts, which are of one run.
Result<StreamWindows> windows_of(std::span<const LogPart> parts, const LogTotals& totals,
                                 const LogPhases& phases);

}  // namespace millrace
