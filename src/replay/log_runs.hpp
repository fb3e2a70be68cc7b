// SPDX-License-Identifier: Apache-2.0
//
// LogRuns: the runs that a reader means, their parts in order, and who is still writing them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/result.hpp"

#include "engine/log_part.hpp"
#include "log/log_folder.hpp"

namespace millrace {

struct LogRun {
  std::string dir;
  log::RunFiles files;
  bool alive = false;

  [[nodiscard]] LogPart segment(std::size_t index, std::size_t run) const;
  /// What names file and rings have beyond `logged`; only of a dead run.
  [[nodiscard]] LogPart rings(const log::RunScan& logged, std::size_t run) const;
  [[nodiscard]] bool has_rings() const noexcept {
    return !alive && (!files.rings.empty() || !files.names_file.empty());
  }
};

struct LogRuns {
  std::vector<LogRun> runs;
  std::vector<log::Damage> damages;
  std::vector<log::FolderLock> locks;  // shared: nobody recovers while we read

  /// `which`: "last", "all", or the beginning of a run's number in hex.
  static Result<LogRuns> open(std::span<const std::string> dirs, const std::string& which,
                              const std::string& ring_dir);
};

}  // namespace millrace
